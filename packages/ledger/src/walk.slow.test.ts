/** A hundred thousand random steps against the model; QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS sets it. */
import { announce, lengthOf, seeded, walking } from '@qun/testing'
import { test } from 'vitest'
import { startLab } from './fixtures.ts'
import { walk } from './walk.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? Math.floor(Math.random() * 1e9))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 0))

test(`[LDG14] ${steps} steps from seed ${seed}`, async () => {
  announce(import.meta.filename, steps, seed)
  await using lab = await startLab()
  let done = 0
  await walking(
    seed,
    () => done,
    () => walk(lab, steps, seeded(seed), (step) => (done = step)),
  )
})
