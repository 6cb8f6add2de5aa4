/** Points with an end date that are given away in a packet: they lapse on the day they always did. */
import { DAY, HOUR } from '@qun/contract'
import { lotsOf, transfer } from '@qun/ledger'
import type { World } from '@qun/testing'
import { expect, test } from 'vitest'
import { asLedger, balance, grab, open, post } from './fixtures.ts'

const grant = (world: World, ref: string, amount: number, expiresAt: number) =>
  asLedger(world, (call) =>
    transfer(call, {
      ...{ ref, currency: 'points', reason: 'test' },
      legs: [
        { account: 'issuer/test', amount: -amount },
        { account: 'user/wang', amount, expiresAt },
      ],
    }),
  )
const lots = (world: World, who: string) =>
  asLedger(world, async (call) => {
    const found = await lotsOf(call, { account: `user/${who}`, currency: 'points', limit: 9 })
    return found.map(({ expiresAt, remaining }) => [expiresAt, remaining])
  })

test('[LDG12] what is opened keeps its end date, and so does what comes back to the sender', async () => {
  await using world = await open({ watching: [] })
  const [soon, late] = [world.time.now() + 5 * DAY, world.time.now() + 50 * DAY]
  await grant(world, 'late', 150, late)
  await grant(world, 'soon', 100, soon)
  const at = await post(world, { split: 'equal', amount: 300, count: 3 })
  expect(await lots(world, 'wang')).toEqual([])
  for (const who of ['li', 'zhao']) await grab(world, at, who)
  expect([await lots(world, 'li'), await lots(world, 'zhao')]).toEqual([[[soon, 100]], [[late, 100]]])
  await world.jump(25 * HOUR)
  expect(await lots(world, 'wang')).toEqual([[late, 50]])
  expect(await balance(world, 'user/wang')).toBe(1_000_050)
})
