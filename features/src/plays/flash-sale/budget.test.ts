/** What a sale counts against the merchant's caps: all it may cut while it lasts, and what was sold once it is over. */
import {
  campaignBudget,
  merchantDay,
  merchantMonth,
  MINUTE,
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
import { removeProduct } from '../../trade/product/contract.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import { flashSale, holdForHost, holdMs, saleForHost } from './contract.ts'
import { cancel, hold, openWorld, pay, release, start, take, tellOrder } from './fixtures.ts'

const currency = 'CNY'
/** What a piece of 88 yuan is cut at 58. */
const piece = 3_000
const open = () => openWorld([], [merchants])
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
/** On at once, of nine pieces. */
const startNow = (world: World, patch: object = {}) =>
  start(world, { startsAt: world.time.now(), stock: 9, perMember: 9, ...patch })
const told = (world: World, patch: object = {}) => refusalOf(startNow(world, patch))
let keys = 0
const byHost = (world: World, patch: object = {}) => {
  const now = world.time.now()
  const body = { productId: 'guji', priceFen: 5_800, stock: 9, perMember: 1, refunds: '可退', startsAt: now, ...patch }
  const post = { appId, groupId: world.groupId, kind: flashSale.kind, clientId: `b-${++keys}` }
  const request = { ...post, body: { endsAt: now + MINUTE, ...body }, senderId: '' as UserId, asServer: true }
  return refusalOf(world.core.post(request))
}
const rowsOf = async (world: World) => {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ n: number }>`SELECT (SELECT count(*) FROM messages WHERE kind = 'flash-sale')
      + (SELECT count(*) FROM flash_sale_offers) + (SELECT count(*) FROM ledger_spendings) AS n`.execute(tx),
  )
  return rows[0]?.n
}

test.each(['staff-day', 'campaign/spring', 'merchant-day', 'merchant-month'])(
  '[MER5] [FS12] a sale is posted exactly at the cap of %s; with one fen less room it is refused, and nothing changed',
  async (scope) => {
    await using world = await open()
    const spring = { campaign: 'spring' }
    await cap(world, scope, 9 * piece - 1)
    const before = await rowsOf(world)
    expect(await told(world, spring)).toBe('budget.exhausted')
    expect(await rowsOf(world)).toBe(before)
    for (const key of keysAt(world)) expect(await spent(world, key)).toBe(0)
    await cap(world, scope, 9 * piece)
    expect(await told(world, spring)).toBeNull()
    for (const key of keysAt(world)) expect(await spent(world, key)).toBe(9 * piece)
    expect(await told(world, { ...spring, stock: 1, priceFen: 8_799 })).toBe('budget.exhausted')
    for (const key of keysAt(world)) expect(await spent(world, key)).toBe(9 * piece)
  },
)
test('[MER5] [FS12] by the host’s own key it counts against the merchant and nobody of its staff', async () => {
  await using world = await open()
  await cap(world, 'staff-day', 0)
  expect(await told(world)).toBe('budget.exhausted')
  expect(await byHost(world)).toBeNull()
  const [staff, campaign, day, inMonth] = await Promise.all(keysAt(world).map((key) => spent(world, key)))
  expect([staff, campaign, day, inMonth]).toEqual([0, 0, 9 * piece, 9 * piece])
  await cap(world, 'merchant-day', 9 * piece)
  expect(await byHost(world, { priceFen: 8_799, stock: 1 })).toBe('budget.exhausted')
})
test('[MER5] [FS12] sixty-four at once: exactly as many as there is room for', async () => {
  await using world = await open()
  await cap(world, 'merchant-day', 5 * 9 * piece + 9 * piece - 1)
  const said = await Promise.all(Array.from({ length: 64 }, () => told(world)))
  expect(said.filter((code) => code === null)).toHaveLength(5)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(59)
  for (const key of [merchantDay(shopIssuer, world.time.now()), merchantMonth(shopIssuer, world.time.now())])
    expect(await spent(world, key)).toBe(5 * 9 * piece)
})
test('[MER5] [FS12] once it is over what was not sold counts no longer; a hold does until it lapses, a refund not', async () => {
  await using world = await open()
  const at = await startNow(world)
  const other = await startNow(world, { stock: 1, endsAt: world.time.now() + 600 * MINUTE })
  expect(await pay(world, at, await hold(world, 'li', at, 2), 'o1')).toBeNull()
  expect(await pay(world, at, await hold(world, 'zhao', at, 1), 'o2')).toBeNull()
  // While it lasts, what comes back is on sale again, and may be cut again.
  await tellOrder(world, 'o2', 'refunded')
  await world.settle()
  expect(await month(world)).toBe(10 * piece)
  await world.pass(120 * MINUTE - holdMs / 3)
  await hold(world, 'sun', at, 4)
  await hold(world, 'zhao', at, 2)
  await world.pass(holdMs / 3)
  expect((await world.read(at, flashSale)).phase).toBe('ended')
  expect(await month(world)).toBe((2 + 4 + 2 + 1) * piece)
  expect(await release(world, 'zhao', at)).toBeNull()
  expect(await month(world)).toBe((2 + 4 + 1) * piece)
  await world.pass(holdMs)
  expect(await month(world)).toBe((2 + 1) * piece)
  for (const status of ['refunded', 'cancelled', 'refunded']) {
    await tellOrder(world, 'o1', status)
    await world.settle()
    expect(await month(world)).toBe(piece)
  }
  expect(await world.read(other, flashSale)).toMatchObject({ phase: 'on', left: 1 })
})
test('[MER5] [FS12] what was held at the end and paid then goes on counting; room that came back is given once', async () => {
  await using world = await open()
  await cap(world, 'merchant-month', 9 * piece)
  const at = await startNow(world)
  await world.pass(120 * MINUTE - holdMs / 3)
  const held = await hold(world, 'li', at, 3)
  await world.pass(holdMs / 3)
  expect(await pay(world, at, held, 'o1')).toBeNull()
  expect(await cancel(world, at, held)).toBe('flash_sale.hold_paid')
  await world.pass(holdMs)
  expect(await month(world)).toBe(3 * piece)
  expect(await told(world, { stock: 7 })).toBe('budget.exhausted')
  expect(await told(world, { stock: 6 })).toBeNull()
  expect(await told(world, { stock: 1, priceFen: 8_799 })).toBe('budget.exhausted')
})
test('[MER5] [FS12] given up, refunded, lapsed and posted anew at once: the room is given back once, and never passed', async () => {
  await using world = await open()
  await cap(world, 'merchant-month', 9 * piece)
  const at = await startNow(world)
  const people = ['li', 'zhao', 'sun', 'he']
  for (const who of ['li', 'zhao']) expect(await pay(world, at, await hold(world, who, at, 2), `o-${who}`)).toBeNull()
  await world.pass(120 * MINUTE - holdMs / 3)
  for (const who of ['sun', 'he']) await hold(world, who, at, 2)
  world.time.moveTo(world.time.now() + holdMs / 3)
  const undo = people.flatMap((who) => [
    release(world, who, at),
    tellOrder(world, `o-${who}`, 'refunded').then(() => world.core.settle()),
  ])
  const posts = Array.from({ length: 12 }, () => told(world, { stock: 1 }))
  await Promise.all([world.core.settle(), ...undo])
  const said = await Promise.all(posts)
  await world.settle()
  const posted = said.filter((code) => code === null).length
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(12 - posted)
  expect(posted).toBeLessThanOrEqual(9)
  expect(await month(world)).toBe(posted * piece)
  expect(await world.read(at, flashSale)).toEqual({ phase: 'ended', left: 9, soldCount: 0 })
})
test('[MER5] [FS12] a recalled sale counts nothing, nor does a suspended merchant’s beyond what it sold', async () => {
  await using world = await open()
  const [recalled, live] = [await startNow(world), await startNow(world)]
  await world.as('wang').recall(recalled)
  expect(await month(world)).toBe(9 * piece)
  expect(await pay(world, live, await hold(world, 'li', live, 2), 'o1')).toBeNull()
  await world.asServer().call(suspendMerchant, { params: { merchantId: shopId }, body: { suspended: true } })
  await world.settle()
  expect(await month(world)).toBe(2 * piece)
  await world.asServer().call(suspendMerchant, { params: { merchantId: shopId }, body: { suspended: false } })
  await world.pass(120 * MINUTE)
  expect(await month(world)).toBe(2 * piece)
})

const leave = async (world: World, how: string) => {
  if (how === 'removed') await world.asServer().call(removeProduct, { params: { productId: 'guji' } })
  else {
    await world.store.transaction(appId, (tx) =>
      sql`INSERT INTO merchants (app_id, merchant_id, name, path, programme, created_at)
        SELECT app_id, 'other', '隔壁', ARRAY['other'], 'other', created_at FROM merchants WHERE merchant_id = ${shopId}
        ON CONFLICT DO NOTHING`.execute(tx),
    )
    await aProduct(world, 'guji', { merchantId: 'other' })
  }
  await world.settle()
}
test.each(['removed', 'moved'])(
  '[MER5] [MER6] [FS13] its product was %s: it ends for good, and only what was sold counts',
  async (how) => {
    await using world = await open()
    const at = await startNow(world)
    expect(await pay(world, at, await hold(world, 'li', at, 2), 'o1')).toBeNull()
    const held = await hold(world, 'zhao', at, 1)
    // A new price or a while off is none of it.
    for (const patch of [{ priceFen: 9_900 }, { state: 'off' as const }]) await aProduct(world, 'guji', patch)
    await world.settle()
    expect(await month(world)).toBe(9 * piece)
    await leave(world, how)
    expect(await world.read(at, flashSale)).toEqual({ phase: 'ended', void: true, left: 7, soldCount: 2 })
    expect(await month(world)).toBe(2 * piece)
    // Back again: the sale is not.
    await aProduct(world, 'guji')
    await world.settle()
    expect(await world.asServer().call(saleForHost, { params: at })).toMatchObject({ ended: true, void: true })
    expect(await take(world, 'sun', at)).toBe('flash_sale.void')
    expect(await pay(world, at, held, 'o2')).toBe('flash_sale.void')
    expect((await world.asServer().call(holdForHost, { params: { ...at, holdId: held } })).status).toBe('void')
    await world.pass(holdMs)
    expect(await month(world)).toBe(2 * piece)
    await world.pass(120 * MINUTE)
    expect(await month(world)).toBe(2 * piece)
  },
)
test('[MER6] [FS13] of many sales of a product that left each ends, in rounds; others go on', async () => {
  await using world = await open()
  await aProduct(world, 'kiva')
  const sales: At[] = []
  for (let n = 0; n < 52; n += 1) sales.push(await startNow(world, { stock: 1 }))
  const other = await startNow(world, { productId: 'kiva', stock: 1 })
  await leave(world, 'removed')
  for (const at of sales) expect(await world.read(at, flashSale)).toMatchObject({ phase: 'ended', void: true })
  expect((await world.read(other, flashSale)).phase).toBe('on')
  expect(await month(world)).toBe(piece)
  const { rows } = await world.store.reading('*', (tx) =>
    sql`SELECT 1 FROM facts WHERE name = 'flash-sale.voiding'`.execute(tx),
  )
  expect(rows).toHaveLength(2)
})
test.each([
  ['while it lasts', 'on', sql`UPDATE ledger_spendings SET amount = amount - 1`],
  ['as not counted', 'on', sql`DELETE FROM ledger_spendings`],
  ['once it is over', 'ended', sql`UPDATE flash_sale_holds SET quantity = 3 WHERE status = 'sold'`],
])('[MER9] [MER5] the audit tells of a sale that counts otherwise than it cuts: %s', async (_, phase, plant) => {
  const world = await open()
  const at = await startNow(world)
  expect(await pay(world, at, await hold(world, 'li', at, 2), 'o1')).toBeNull()
  if (phase === 'ended') await world.pass(120 * MINUTE)
  await world.store.transaction('*', (tx) => plant.execute(tx))
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('audit MER5')
})
