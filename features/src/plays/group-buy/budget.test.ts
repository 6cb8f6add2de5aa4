/** What a group buy counts against the merchant's caps: all it may cut while it lasts, then what its teams bought. */
import {
  campaignBudget,
  HOUR,
  MINUTE,
  merchantDay,
  merchantMonth,
  staffDay,
  type BudgetKey,
  type UserId,
} from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, shopId, shopIssuer, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { suspendMerchant } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import { tell, teller } from '../../trade/order/fixtures.ts'
import { removeProduct } from '../../trade/product/contract.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import { groupBuy, holdMs, payPlace } from './contract.ts'
import { startShop } from './fixtures.ts'

const currency = 'CNY'
/** What a piece of 29 yuan is cut in a team of two, and in a full one of three. */
const [two, full] = [1_000, 1_400]
const stock = 10
const open = () => startShop([teller, merchants], { watching: [] })
const cap = (world: World, scope: string, amount: number) =>
  world.store.transaction(appId, (tx) => setBudget({ tx, appId }, { scope, currency, cap: amount }))
const spent = async (world: World, key: BudgetKey) =>
  (await world.store.transaction(appId, (tx) => budgetOf({ tx, appId }, { ...key, currency }))).spent
const month = (world: World) => spent(world, merchantMonth(shopIssuer, world.time.now()))
const keysAt = (world: World) => {
  const now = world.time.now()
  const mine = [staffDay(shopIssuer, 'wang' as UserId, now), campaignBudget(shopId, 'spring')]
  return [...mine, merchantDay(shopIssuer, now), merchantMonth(shopIssuer, now)]
}
const bodyAt = (world: World, patch: object = {}) => ({
  ...{ productId: 'roll', refunds: '七天内可退', stock, perMember: 2, teamMs: HOUR },
  ladder: [
    { size: 2, priceFen: 1_900 },
    { size: 3, priceFen: 1_500 },
  ],
  ...{ endsAt: world.time.now() + 4 * HOUR, late: 'refund' as const, ...patch },
})
const offer = (world: World, patch: object = {}): Promise<At> =>
  world.as('wang').post(world.groupId, groupBuy, bodyAt(world, patch))
const told = (world: World, patch: object = {}) => refusalOf(offer(world, patch))
const act = (world: World, at: At, who: string, action: 'start' | 'join', quantity = 1, teamNo = 1) =>
  action === 'start'
    ? refusalOf(world.as(who).act(at, groupBuy, 'start', { quantity }))
    : refusalOf(world.as(who).act(at, groupBuy, 'join', { teamNo, quantity }))
const paid = async (world: World, at: At, who: string, orderId = `o-${who}`) => {
  const body = { userId: who as UserId, orderId }
  return (await world.asServer().call(payPlace, { params: at, body, key: `p-${orderId}` })).status
}
/** A team with these people in it, each with one piece. */
async function team(world: World, at: At, teamNo: number, people: readonly string[]): Promise<void> {
  for (const [n, who] of people.entries()) {
    expect(await act(world, at, who, n === 0 ? 'start' : 'join', 1, teamNo)).toBeNull()
    await paid(world, at, who)
  }
}
const refund = async (world: World, who: string, status = 'refunded') => {
  await world.asServer().call(tell, { body: { orderId: `o-${who}`, status } })
  await world.settle()
}
let keys = 0
const byHost = (world: World, patch: object = {}) => {
  const post = { appId, groupId: world.groupId, kind: groupBuy.kind, clientId: `b-${++keys}` }
  return refusalOf(world.core.post({ ...post, body: bodyAt(world, patch), senderId: '' as UserId, asServer: true }))
}

test.each(['staff-day', 'campaign/spring', 'merchant-day', 'merchant-month'])(
  '[MER5] [GB17] an offer is posted exactly at the cap of %s; with a fen less room it is refused, and nothing changed',
  async (scope) => {
    await using world = await open()
    const spring = { campaign: 'spring' }
    await cap(world, scope, stock * full - 1)
    expect(await told(world, spring)).toBe('budget.exhausted')
    const { rows } = await world.store.reading('*', (tx) =>
      sql`SELECT seq FROM messages WHERE kind = 'group-buy' UNION ALL SELECT seq FROM group_buy_offers`.execute(tx),
    )
    expect(rows).toEqual([])
    for (const key of keysAt(world)) expect(await spent(world, key)).toBe(0)
    await cap(world, scope, stock * full)
    expect(await told(world, spring)).toBeNull()
    for (const key of keysAt(world)) expect(await spent(world, key)).toBe(stock * full)
    expect(await told(world, { ...spring, stock: 2, ladder: [{ size: 2, priceFen: 2_899 }] })).toBe('budget.exhausted')
  },
)
test('[MER5] [GB17] by the host’s own key it counts against the merchant and nobody of its staff', async () => {
  await using world = await open()
  await cap(world, 'staff-day', 0)
  expect(await told(world)).toBe('budget.exhausted')
  expect(await byHost(world)).toBeNull()
  const counted = await Promise.all(keysAt(world).map((key) => spent(world, key)))
  expect(counted).toEqual([0, 0, stock * full, stock * full])
})
test('[MER5] [GB17] sixty-four at once: exactly as many as there is room for', async () => {
  await using world = await open()
  await cap(world, 'merchant-month', 4 * stock * full - 1)
  const said = await Promise.all(Array.from({ length: 64 }, () => told(world)))
  expect(said.filter((code) => code === null)).toHaveLength(3)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(61)
  expect(await month(world)).toBe(3 * stock * full)
})
test('[MER5] [GB17] once it is over each team counts by the price it bought at, an open one by the lowest, others not', async () => {
  await using world = await open()
  const at = await offer(world, { endsAt: world.time.now() + 90 * MINUTE })
  await team(world, at, 1, ['li', 'zhao'])
  await world.pass(HOUR)
  expect(await world.read(at, groupBuy)).toMatchObject({ completedCount: 1, soldCount: 2 })
  // While it lasts the rest may still be cut.
  expect(await month(world)).toBe(stock * full)
  await team(world, at, 2, ['sun'])
  await act(world, at, 'he', 'start', 2)
  // Its time is over for all but the open team: that ends with it.
  await world.pass(30 * MINUTE)
  expect((await world.read(at, groupBuy)).phase).toBe('ended')
  expect(await month(world)).toBe(2 * two)
  for (const status of ['refunded', 'cancelled', 'refunded']) {
    await refund(world, 'li', status)
    expect(await month(world)).toBe(two)
  }
  await refund(world, 'zhao')
  expect(await month(world)).toBe(0)
})
test('[MER5] [GB17] a cancelled offer counts what was bought before; its open teams as long as they are', async () => {
  await using world = await open()
  const at = await offer(world)
  await team(world, at, 1, ['li', 'zhao', 'sun'])
  expect(await act(world, at, 'he', 'start', 2)).toBeNull()
  expect(await month(world)).toBe(stock * full)
  await world.as('wang').act(at, groupBuy, 'cancel', { reason: '缺货' })
  await world.settle()
  expect(await world.read(at, groupBuy)).toMatchObject({ phase: 'cancelled', soldCount: 3, heldCount: 0 })
  expect(await month(world)).toBe(3 * full)
  expect(await paid(world, at, 'he')).toBe('lost')
  expect(await month(world)).toBe(3 * full)
  await refund(world, 'sun')
  await world.pass(5 * HOUR)
  expect(await month(world)).toBe(2 * full)
})
test('[MER5] [GB17] room that came back is given once', async () => {
  await using world = await open()
  await cap(world, 'merchant-month', stock * full)
  const at = await offer(world)
  await team(world, at, 1, ['li', 'zhao', 'sun'])
  await world.pass(4 * HOUR)
  expect(await month(world)).toBe(3 * full)
  expect(await told(world, { stock: stock - 2 })).toBe('budget.exhausted')
  expect(await told(world, { stock: stock - 3 })).toBeNull()
  await world.pass(4 * HOUR)
  expect(await month(world)).toBe(3 * full)
})
test('[MER5] [GB17] a recalled offer counts nothing; a suspended merchant’s what its teams bought', async () => {
  await using world = await open()
  const [recalled, live] = [await offer(world), await offer(world)]
  await world.as('wang').recall(recalled)
  expect(await month(world)).toBe(stock * full)
  await team(world, live, 1, ['li', 'zhao', 'sun'])
  await team(world, live, 2, ['he'])
  await world.asServer().call(suspendMerchant, { params: { merchantId: shopId }, body: { suspended: true } })
  await world.settle()
  expect((await world.read(live, groupBuy)).phase).toBe('ended')
  expect(await month(world)).toBe(3 * full)
  await world.pass(HOUR)
  expect(await month(world)).toBe(3 * full)
})
test('[MER5] [MER6] [GB18] its product left: it ends for good, and what no team can buy counts no longer', async () => {
  await using world = await open()
  const [at, other] = [await offer(world), await offer(world, { stock: 2 })]
  await team(world, at, 1, ['li', 'zhao', 'sun'])
  await team(world, at, 2, ['he'])
  expect(await month(world)).toBe((stock + 2) * full)
  await world.asServer().call(removeProduct, { params: { productId: 'roll' } })
  await world.settle()
  expect(await world.read(at, groupBuy)).toMatchObject({ phase: 'ended', void: true, openCount: 0, soldCount: 3 })
  expect(await world.read(other, groupBuy)).toMatchObject({ phase: 'ended', void: true })
  // Money goes back at once, also should the product come back.
  expect(await month(world)).toBe(3 * full)
  await aProduct(world, 'roll', { title: '海盐卷', priceFen: 2_900 })
  await world.settle()
  expect(await act(world, at, 'zhou', 'start')).not.toBeNull()
  expect(await act(world, at, 'li', 'start')).toBe('group_buy.void')
  await world.pass(HOUR)
  expect(await world.read(at, groupBuy)).toMatchObject({ openCount: 0, completedCount: 1, soldCount: 3 })
  expect(await month(world)).toBe(3 * full)
  await world.pass(holdMs)
  expect(await month(world)).toBe(3 * full)
})
test.each([
  ['while it lasts', 'on', sql`UPDATE ledger_spendings SET amount = amount - 1`],
  ['once it is over', 'ended', sql`UPDATE group_buy_places SET quantity = 2 WHERE status = 'won'`],
])('[MER9] [MER5] the audit tells of an offer that counts otherwise than it cuts: %s', async (_, phase, plant) => {
  const world = await open()
  const at = await offer(world)
  await team(world, at, 1, ['li', 'zhao', 'sun'])
  if (phase === 'ended') await world.pass(4 * HOUR)
  await world.store.transaction('*', (tx) => plant.execute(tx))
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('audit MER5')
})
