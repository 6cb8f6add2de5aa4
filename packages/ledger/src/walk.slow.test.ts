/** A hundred thousand random steps against the model; QUN_FUZZ_FROM chooses the seed, QUN_FUZZ_COUNT the steps. */
import { seeded } from '@qun/testing'
import { expect, test } from 'vitest'
import { startLab } from './fixtures.ts'
import { walk } from './walk.ts'

const seed = Number(process.env['QUN_FUZZ_FROM'] ?? Math.floor(Math.random() * 1e9))
const steps = Number(process.env['QUN_FUZZ_COUNT'] ?? 100_000)

test(`[LDG14] ${steps} steps from seed ${seed}`, async () => {
  await using lab = await startLab()
  await walk(lab, steps, seeded(seed))
  expect(await lab.differences()).toEqual([])
})
