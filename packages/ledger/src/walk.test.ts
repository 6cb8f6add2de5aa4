/** Two thousand random steps against the model; the slow run takes a hundred thousand. */
import { seeded } from '@qun/testing'
import { test } from 'vitest'
import { startLab } from './fixtures.ts'
import { walk } from './walk.ts'

test('[LDG14] [LDG1] [LDG3] random transfers, retries, reversals and expiries do what the model does', async () => {
  await using lab = await startLab()
  await walk(lab, 2_000, seeded(20_260_101))
})
