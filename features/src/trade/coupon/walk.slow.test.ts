/**
 * A hundred thousand random steps of fifteen people, of the host with its checkout and orders, and of the clock,
 * against the model, many claims at a time; QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import type { UserId } from '@qun/contract'
import { announce, lengthOf, seeded, walking } from '@qun/testing'
import { test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 8))
const guests = Array.from({ length: 10 }, (_, i) => `m${i}` as UserId)
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]

test(`[C1] [C2] [C3] [C4] [C6] [C7] [CP13] [CP17] [CP18] [CP21] ${steps} steps end as the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  const random = seeded(seed)
  await using world = await openWorld()
  for (const userId of guests) await world.core.putUser('shop' as never, { userId, name: userId })
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: guests } })
  const walk = new Walk(world, random, people, 50)
  let [done, round, proveAt] = [0, 0, 25_000]
  await walking(
    seed,
    () => done,
    async () => {
      while (done < steps) {
        // A fresh stock now and then; what the former made stays for the audits.
        if (round++ % 25 === 0) await walk.begin()
        if (random() < 0.8) done += await walk.claimMany()
        const calls = Math.floor(random() * 24)
        for (let i = 0; i < calls; i++) await walk.hostStep()
        done += calls
        if (round % 5 === 0) await walk.compare()
        if (done < proveAt) continue
        await world.prove()
        proveAt += 25_000
      }
      await walk.compare()
      await world.prove()
    },
  )
})
