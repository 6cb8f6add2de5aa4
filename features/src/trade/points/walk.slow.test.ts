/**
 * A hundred thousand random movements of ten people's points, of the host with its checkout and orders, against the
 * model; QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import type { UserId } from '@qun/contract'
import { announce, lengthOf, seeded, walking } from '@qun/testing'
import { expect, test } from 'vitest'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 1))
const guests = ['m1', 'm2', 'm3', 'm4', 'm5'] as UserId[]
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]

test(`[PO1] [PO2] [PO3] [PO5] [PO6] [PO10] ${steps} movements end as the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  await using world = await openWorld()
  for (const userId of guests) await world.core.putUser('shop' as never, { userId, name: userId })
  const walk = new Walk(world, seeded(seed), people)
  await walk.begin()
  let proveAt = 5_000
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < steps) {
        await walk.step()
        if (walk.done < proveAt) continue
        await world.prove()
        // Its books grow large.
        await world.analyze()
        proveAt += 20_000
      }
      await walk.compare()
      await world.prove()
    },
  )
  const codes = ['points.order_invalid', 'budget.exhausted', 'ledger.already_reversed', 'ledger.insufficient_funds']
  if (steps >= 3_000) expect([...walk.seen]).toEqual(expect.arrayContaining(codes))
}, 900_000)
