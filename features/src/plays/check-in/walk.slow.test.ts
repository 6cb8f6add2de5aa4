/**
 * A hundred thousand random steps of nine people through days and programmes against the model, many at a time;
 * QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import type { UserId } from '@qun/contract'
import { announce, lengthOf, seeded, walking } from '@qun/testing'
import { expect, test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 3))
const guests = ['m1', 'm2', 'm3', 'm4'] as UserId[]
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]

test(`[CI1] [CI2] [CI3] [CI4] [CI5] [CI6] [CI8] [CI9] [CI10] ${steps} steps end as the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  await using world = await openWorld()
  for (const userId of guests) await world.core.putUser('shop' as never, { userId, name: userId })
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: guests } })
  const walk = new Walk(world, seeded(seed), people)
  await walk.begin()
  let proveAt = 20_000
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < steps) {
        await walk.round(30)
        if (walk.done < proveAt) continue
        await world.prove()
        proveAt += 20_000
      }
      await walk.compare()
      await world.prove()
    },
  )
  const codes = ['null', 'check_in.window', 'check_in.ended', 'check_in.day_invalid', 'check_in.make_up_none']
  if (steps >= 20_000) expect([...walk.seen]).toEqual(expect.arrayContaining(codes))
})
