/** A random walk of members and clock against the model; QUN_TEST_SEED repeats another. */
import { seeded, walking } from '@qun/testing'
import { test } from 'vitest'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)

test(`[CI1] [CI2] [CI3] [CI4] [CI5] [CI6] [CI8] [CI9] [CI10] 600 moves end as the model says (seed ${seed})`, async () => {
  await using world = await openWorld()
  const walk = new Walk(world, seeded(seed), ['wang', 'he', 'li', 'zhao', 'sun'])
  await walk.begin()
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < 600) await walk.round(6)
      await walk.compare()
    },
  )
}, 120_000)
