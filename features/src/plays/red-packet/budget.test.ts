/** What a packet of the shop counts against: the poster's day, a campaign, the days of who opens it. */
import { campaignBudget, HOUR, memberDay, staffDay, type BudgetKey } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { refusalOf, type World, shopIssuer } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { crowd } from '../../people/membership/fixtures.ts'
import { redPacket } from './contract.ts'
import { appId, asLedger, balance, fund, grab, id, open, post } from './fixtures.ts'
import { createRedPacket } from './server.ts'

const points = 'points'
const cap = (world: World, scope: string, amount: number | null) =>
  asLedger(world, (call) => setBudget(call, { scope, currency: points, cap: amount }))
const spentOf = async (world: World, key: BudgetKey) =>
  (await asLedger(world, (call) => budgetOf(call, { ...key, currency: points }))).spent
const ofShop = { budget: 'spring', campaign: 'spring', split: 'equal' } as const

test('[RP2] [RP11] a packet counts against the day and the campaign at posting; what comes back no longer, once', async () => {
  await using world = await open()
  await fund(world, 'budget/camellia/spring', 5_000)
  await cap(world, 'campaign/spring', 1_500)
  const day = staffDay(shopIssuer, id('wang'), world.time.now())
  const at = await post(world, { ...ofShop, amount: 900 })
  expect(await refusalOf(post(world, { ...ofShop, amount: 900 }))).toBe('budget.exhausted')
  expect(await refusalOf(post(world, { ...ofShop, campaign: 'summer', amount: 900 }))).toBe(null)
  expect(await spentOf(world, day)).toBe(1_800)
  await grab(world, at, 'li')
  // Ending late, on another day, gives back to the day that was counted.
  await world.jump(24 * HOUR)
  expect([await spentOf(world, day), await spentOf(world, campaignBudget(shopIssuer.merchantId, 'spring'))]).toEqual([
    300, 300,
  ])
  expect(await refusalOf(post(world, { ...ofShop, amount: 1_200 }))).toBe(null)
})
test('[RP11] the host has no day; a campaign without a budget of the shop is nobody’s to use up', async () => {
  await using world = await open()
  await fund(world, 'budget/camellia/spring', 5_000)
  expect(await refusalOf(post(world, { campaign: 'spring' }))).toBe('redpacket.budget_forbidden')
  const at = await world.core.post({
    ...{ appId, groupId: world.groupId, senderId: id(''), asServer: true, clientId: 'host-1' },
    ...{ kind: redPacket.kind, body: { ...ofShop, currency: points, amount: 300, count: 3 } },
  })
  expect(await spentOf(world, campaignBudget(shopIssuer.merchantId, 'spring'))).toBe(300)
  await grab(world, { groupId: world.groupId, seq: at.seq }, 'li')
  expect(await spentOf(world, memberDay(shopIssuer, id('li'), world.time.now()))).toBe(100)
  const own = await post(world, { amount: 300, split: 'equal' })
  await grab(world, own, 'li')
  expect(await spentOf(world, memberDay(shopIssuer, id('li'), world.time.now()))).toBe(100)
})
test('[RP11] at the cap of their day nobody opens a share; it stays for others, and a repeat counts once', async () => {
  await using world = await open()
  await fund(world, 'budget/camellia/spring', 5_000)
  await cap(world, 'member-day', 250)
  const first = await post(world, { ...ofShop, amount: 600 })
  const second = await post(world, { ...ofShop, amount: 200, count: 2 })
  await grab(world, first, 'li')
  await grab(world, first, 'li')
  expect(await spentOf(world, memberDay(shopIssuer, id('li'), world.time.now()))).toBe(200)
  expect(await refusalOf(grab(world, second, 'li'))).toBe('budget.exhausted')
  expect(await world.read(second, redPacket)).toMatchObject({ phase: 'open', claimedCount: 0 })
  await grab(world, second, 'sun')
  await grab(world, second, 'zhao')
  expect(await world.read(second, redPacket)).toMatchObject({ phase: 'finished', claimedCount: 2 })
  expect(await balance(world, 'user/li')).toBe(200)
  const third = await post(world, { ...ofShop, amount: 100, count: 2 })
  expect(await refusalOf(grab(world, third, 'li'))).toBe(null)
})
test('[RP5] [RP11] a try that the day refuses uses its ticket up', async () => {
  await using world = await open({ packets: createRedPacket({ tickets: true }) })
  await fund(world, 'budget/camellia/spring', 5_000)
  await cap(world, 'member-day', 10)
  const at = await post(world, { ...ofShop, amount: 300 })
  await world.as('li').act(at, redPacket, 'ticket', {})
  const ticket = (await world.as('li').mine<typeof redPacket>(at))?.ticket ?? ''
  expect(await refusalOf(grab(world, at, 'li', { ticket }))).toBe('budget.exhausted')
  expect(await refusalOf(grab(world, at, 'li', { ticket }))).toBe('redpacket.ticket_invalid')
})
test('[RP11] a crowd on several packets at once: each person gets what their day has room for, and the figures are the shares', async () => {
  await using world = await open()
  const { groupId, names } = await crowd(world, 12)
  await fund(world, 'budget/camellia/spring', 100_000)
  await cap(world, 'member-day', 25)
  const packets = await Promise.all(
    [0, 1, 2, 3].map(() => post(world, { ...ofShop, amount: 120, count: 12 }, 'wang', groupId)),
  )
  const tries = packets.flatMap((at) => names.map((name) => refusalOf(grab(world, at, name))))
  const said = await Promise.all(tries)
  expect(said.filter((code) => code === null)).toHaveLength(2 * names.length)
  expect(new Set(said)).toEqual(new Set([null, 'budget.exhausted']))
  const { rows } = await world.store.reading(appId, (tx) =>
    sql<{ subject: string; spent: number }>`SELECT s.subject, s.spent FROM ledger_spent s
      JOIN (SELECT user_id, sum(amount) AS amount FROM red_packet_shares WHERE status = 'claimed' GROUP BY 1) t
        ON s.scope = 'member-day@camellia' AND split_part(s.subject, '/', 1) = t.user_id AND s.spent = t.amount
      WHERE s.spent = 20`.execute(tx),
  )
  expect(rows).toHaveLength(names.length)
})
