/** A random walk of members, host and clock against the model, one move at a time; QUN_TEST_SEED repeats another. */
import { seeded } from '@qun/testing'
import { test } from 'vitest'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)
const people = ['wang', 'he', 'li', 'zhao', 'sun']

test(`[C1] [C2] [C3] [C4] [C6] [C7] [CP13] [CP17] [CP18] [CP21] 500 moves of members, host and clock end as the model says (seed ${seed})`, async () => {
  await using world = await openWorld()
  const walk = new Walk(world, seeded(seed), people, 30)
  await walk.begin()
  for (let n = 1; n <= 500; n++) {
    try {
      await walk.step()
    } catch (error) {
      throw new Error(`step ${n} of seed ${seed}`, { cause: error })
    }
    if (n % 50 === 0) await walk.compare()
    if (n % 250 === 0) await walk.begin()
  }
}, 120_000)
