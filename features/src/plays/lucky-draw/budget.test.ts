/** What a draw counts against: the poster’s day and its campaign, until its prizes are given or forgone. */
import { campaignBudget, DAY, MINUTE, staffDay, type BudgetKey } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, type At, type World, shopIssuer } from '@qun/testing'
import { expect, test } from 'vitest'
import { luckyDraw } from './contract.ts'
import { bodyAt, enter, id, open, post } from './fixtures.ts'

const currency = 'CNY'
/** Two prizes, of 38 and 16 yuan. */
const all = 5_400
const cap = (world: World, scope: string, amount: number) =>
  world.store.transaction(appId, (tx) => setBudget({ tx, appId }, { scope, currency, cap: amount }))
const spent = async (world: World, key: BudgetKey) =>
  (await world.store.transaction(appId, (tx) => budgetOf({ tx, appId }, { ...key, currency }))).spent
const valueOf = (world: World, prize: number | undefined) => bodyAt(world).prizes[prize ?? -1]?.valueFen ?? 0
const claim = (world: World, at: At, who: string) => world.as(who).act(at, luckyDraw, 'claim', {})

test('[LD26] a draw that would pass the cap is not posted; a cancelled or recalled one counts no longer', async () => {
  await using world = await open()
  const day = staffDay(shopIssuer, id('wang'), world.time.now())
  await cap(world, 'staff-day', 2 * all + 1)
  await cap(world, 'campaign/spring', all)
  const first = await post(world, { campaign: 'spring' })
  expect(await refusalOf(post(world, { campaign: 'spring' }))).toBe('budget.exhausted')
  const second = await post(world)
  expect(await refusalOf(post(world))).toBe('budget.exhausted')
  expect([await spent(world, day), await spent(world, campaignBudget(shopIssuer.merchantId, 'spring'))]).toEqual([
    2 * all,
    all,
  ])
  await world.as('wang').act(first, luckyDraw, 'cancel', { reason: '改期' })
  expect([await spent(world, day), await spent(world, campaignBudget(shopIssuer.merchantId, 'spring'))]).toEqual([
    all,
    0,
  ])
  await world.as('wang').recall(second)
  expect(await spent(world, day)).toBe(0)
  await world.as('wang').recall(first)
  expect(await refusalOf(post(world, { campaign: 'spring' }))).toBe(null)
  expect(await spent(world, day)).toBe(all)
})
test('[LD26] of twelve draws posted at once, as many as the campaign has room for', async () => {
  await using world = await open()
  await cap(world, 'campaign/spring', 4 * all + 1)
  const said = await Promise.all(Array.from({ length: 12 }, () => refusalOf(post(world, { campaign: 'spring' }))))
  expect(said.filter((code) => code === null)).toHaveLength(4)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(8)
  expect(await spent(world, campaignBudget(shopIssuer.merchantId, 'spring'))).toBe(4 * all)
})
test('[LD26] the host has no day; prizes worth nothing count nothing', async () => {
  await using world = await open()
  await cap(world, 'staff-day', 0)
  const body = bodyAt(world, { campaign: 'spring' })
  await world.core.post({
    ...{ appId, groupId: world.groupId, senderId: id(''), asServer: true, kind: luckyDraw.kind, clientId: 'host-1' },
    body,
  })
  expect(await spent(world, campaignBudget(shopIssuer.merchantId, 'spring'))).toBe(all)
  expect(await refusalOf(post(world))).toBe('budget.exhausted')
  expect(await refusalOf(post(world, { prizes: [{ name: '拥抱', quantity: 3, valueFen: 0 }] }))).toBe(null)
})
test('[LD26] what nobody won counts no longer; a winner’s own day is not asked', async () => {
  await using world = await open()
  const day = staffDay(shopIssuer, id('wang'), world.time.now())
  await cap(world, 'member-day', 0)
  const at = await post(world)
  await enter(world, at, 'li')
  await world.pass(11 * MINUTE)
  const { winners } = await world.read(at, luckyDraw)
  expect(winners.map(({ userId }) => userId)).toEqual(['li'])
  expect(await spent(world, day)).toBe(valueOf(world, winners[0]?.prize))
  const empty = await post(world)
  await world.pass(11 * MINUTE)
  expect((await world.read(empty, luckyDraw)).winnerCount).toBe(0)
  expect(await spent(world, day)).toBe(valueOf(world, winners[0]?.prize))
})
test.each(['void', 'redraw'] as const)('[LD26] what nobody claimed in time counts no longer: %s', async (unclaimed) => {
  await using world = await open()
  const day = staffDay(shopIssuer, id('wang'), world.time.now())
  const at = await post(world, { claimDays: 7, unclaimed })
  for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
  await world.pass(11 * MINUTE)
  const { winners } = await world.read(at, luckyDraw)
  expect(await spent(world, day)).toBe(all)
  await claim(world, at, winners[1]?.userId ?? '')
  await world.jump(7 * DAY)
  const kept = valueOf(world, winners[1]?.prize)
  const { redraw } = await world.read(at, luckyDraw)
  expect(redraw?.winnerCount).toBe(unclaimed === 'redraw' ? 1 : undefined)
  expect(await spent(world, day)).toBe(unclaimed === 'redraw' ? all : kept)
  await world.jump(7 * DAY)
  expect(await spent(world, day)).toBe(kept)
})
