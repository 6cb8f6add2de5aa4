/**
 * A hundred thousand random steps of eleven people, host, orders and clock against the model; QUN_TEST_SEED repeats a
 * walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import type { UserId } from '@qun/contract'
import { announce, lengthOf, seeded, walking } from '@qun/testing'
import { expect, test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 4))
const guests = ['m1', 'm2', 'm3', 'm4', 'm5'] as UserId[]
const people = ['wang', 'he', 'li', 'zhao', 'sun', 'zhou', ...guests]

test(`[V3] [FS2] [FS3] [FS5] [FS6] [FS7] [FS10] ${steps} steps end as the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  await using world = await openWorld()
  for (const userId of guests) await world.core.putUser('shop' as never, { userId, name: userId })
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: guests } })
  const walk = new Walk(world, seeded(seed), people)
  let n = 0
  await walking(
    seed,
    () => n,
    async () => {
      for (; n < steps; n++) {
        if (n % 200 === 0) await walk.begin()
        await walk.step()
        if (n % 5_000 !== 4_999) continue
        await walk.compare()
        await world.prove()
      }
      await walk.compare()
      await world.prove()
    },
  )
  if (steps >= 3_000) expect([...walk.seen]).toEqual(expect.arrayContaining(['flash_sale.ended', 'refunded']))
})
