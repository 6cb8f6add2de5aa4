/** A random walk of the host, its checkout, orders and clock against the model; QUN_TEST_SEED repeats another. */
import { seeded, walking } from '@qun/testing'
import { test } from 'vitest'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)
const people = ['wang', 'he', 'li', 'zhao', 'sun']

test(`[PO1] [PO2] [PO3] [PO5] [PO6] [PO10] 500 movements end as the model says (seed ${seed})`, async () => {
  await using world = await openWorld()
  const walk = new Walk(world, seeded(seed), people)
  await walk.begin()
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < 500) await walk.step()
      await walk.compare()
    },
  )
}, 120_000)
