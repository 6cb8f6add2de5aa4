/** What a host lets go together, what stocks must say, and what the auditor tells, through a whole world. */
import { campaignBudget, mainMerchant, DAY, memberDay, staffDay, type UserId } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, startWorld, type World, shopIssuer } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { tell, teller } from '../order/fixtures.ts'
import {
  changeStock,
  coupon,
  createStock,
  faceMaxFen,
  issueBatch,
  lockCoupons,
  quoteBasket,
  redeemCoupon,
  releaseCoupons,
  setStacking,
  stackingOf,
  type Basket,
  type Stacking,
  type Terms,
} from './contract.ts'
import feature from './server.ts'
import { stackingMigrations } from './store-stacking.ts'

const id = (name: string) => name as UserId
const open = () => startWorld({ features: [message, membership, teller, feature], watching: ['wang', 'li'] })
const people = ['li', 'zhao', 'sun', 'he', 'wang']
const list = (most: number, ...groups: readonly (readonly [string, number])[]): Stacking => ({
  groups: [{ name: 'default', most: 1 }, ...groups.map(([name, each]) => ({ name, most: each }))],
  most,
})
const set = (world: World, body: Stacking) => world.asServer().call(setStacking, { body })
function termsAt(world: World, patch: Partial<Terms> = {}): Terms {
  const now = world.time.now()
  return {
    ...{ kind: 'direct', amountFen: 2_000, total: 100, perUser: 5 },
    claim: { from: now, until: now + 30 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 7 },
    ...patch,
  }
}
/** Without the amount of the others. */
function freeAt(world: World, patch: Partial<Terms>): Terms {
  const { amountFen: _, ...rest } = termsAt(world)
  return { ...rest, ...patch }
}
const make = (world: World, terms: Terms) => world.asServer().call(createStock, { body: { title: '券', terms } })
const offer = (world: World, terms: Terms) =>
  world.as('wang').post(world.groupId, coupon, { title: '券', contact: '店内', terms })
async function claim(world: World, terms: Terms, name = 'li'): Promise<string> {
  const at = await offer(world, terms)
  await world.as(name).act(at, coupon, 'claim', {})
  return (await world.as(name).mine<typeof coupon>(at))?.coupons[0]?.couponId ?? ''
}
const goods: Basket = { lines: [{ lineId: 'a', sku: 'latte', unitFen: 10_000, quantity: 1 }], shippingFen: 1_200 }
const ask = (couponIds: readonly string[], userId = 'li', basket = goods) => ({
  body: { userId: id(userId), couponIds: [...couponIds], basket },
})
const lock = (world: World, orderId: string, couponIds: readonly string[]) =>
  refusalOf(world.asServer().call(lockCoupons, { params: { orderId }, ...ask(couponIds) }))
/** What the auditor tells of a planted breach, and that the world’s end tells it too. */
async function differencesAfter(world: World, auditId: string, plant: ReturnType<typeof sql>): Promise<string[]> {
  const audit = feature.audits?.find((one) => one.id === auditId)
  const find = () => world.store.reading('*', (tx) => audit?.find(tx, world.time.now()) ?? Promise.resolve(['none']))
  expect(await find()).toEqual([])
  await world.store.transaction('*', (tx) => plant.execute(tx))
  const found = await find()
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow(`audit ${auditId}`)
  return found.map(String)
}

describe('one price', () => {
  test('[V7] the same two coupons in the baskets of five people, claimed in either order: one price', async () => {
    await using world = await open()
    await set(world, list(2, ['gift', 1]))
    const share = freeAt(world, { kind: 'percent', offBp: 2_000, capFen: 5_000 })
    const less = termsAt(world, { kind: 'full', amountFen: 1_000, thresholdFen: 10_000, stackGroup: 'gift' })
    for (const [at, name] of people.entries()) {
      const first = await claim(world, at % 2 === 0 ? share : less, name)
      await world.pass(1)
      const second = await claim(world, at % 2 === 0 ? less : share, name)
      for (const couponIds of [
        [first, second],
        [second, first],
      ]) {
        const quoted = await world.asServer().call(quoteBasket, ask(couponIds, name))
        expect([name, quoted.payableFen]).toEqual([name, 7_200 + 1_200])
      }
    }
  })
})

describe('what goes together', () => {
  test('[V8] a stack group that is not on the list is refused, on a card and for a stock of the host', async () => {
    await using world = await open()
    expect(await world.asServer().call(stackingOf, {})).toEqual(list(1))
    const own = termsAt(world, { stackGroup: 'mine' })
    expect(await refusalOf(offer(world, own))).toBe('coupon.stack_unknown')
    expect(await refusalOf(make(world, own))).toBe('coupon.stack_unknown')
    await set(world, list(2, ['mine', 2]))
    expect(await refusalOf(offer(world, own))).toBe(null)
    expect(await refusalOf(make(world, own))).toBe(null)
    expect(await refusalOf(set(world, { groups: [{ name: 'mine', most: 1 }], most: 1 }))).toBe(
      'coupon.stacking_invalid',
    )
    expect(await refusalOf(set(world, list(2, ['x', 1], ['x', 2])))).toBe('coupon.stacking_invalid')
    expect(await world.asServer().call(stackingOf, {})).toEqual(list(2, ['mine', 2]))
  })
  test('[V8] five coupons of ¥20 on ¥100: a basket takes as many as the list says', async () => {
    await using world = await open()
    const groups = ['a', 'b', 'c', 'd', 'e'] as const
    await set(world, list(4, ...groups.map((name) => [name, 1] as const)))
    const held: string[] = []
    for (const stackGroup of groups) held.push(await claim(world, termsAt(world, { stackGroup })))
    await set(world, list(2, ['a', 1], ['b', 1]))
    expect(await refusalOf(world.asServer().call(quoteBasket, ask(held)))).toBe('coupon.not_stackable')
    expect(await lock(world, 'o1', held.slice(0, 3))).toBe('coupon.not_stackable')
    expect(await lock(world, 'o1', held.slice(0, 2))).toBe(null)
    const { payableFen } = await world.asServer().call(quoteBasket, ask(held.slice(2, 3)))
    expect(payableFen).toBe(8_000 + 1_200)
  })
  test('[V8] an order keeps the list it took its coupons by; a receipt takes one after the other up to it', async () => {
    await using world = await open()
    await set(world, list(2, ['gift', 2]))
    const [one, two, three] = [1, 2, 3].map(() => claim(world, termsAt(world, { stackGroup: 'gift' })))
    const ids = [await one, await two, await three].map(String)
    expect(await lock(world, 'o1', ids.slice(0, 2))).toBe(null)
    await set(world, list(1))
    expect(await lock(world, 'o1', ids.slice(0, 2))).toBe(null)
    await world.asServer().call(releaseCoupons, { params: { orderId: 'o1' }, body: {} })
    expect(await lock(world, 'o1', ids.slice(0, 2))).toBe('coupon.not_stackable')
    await set(world, list(2, ['gift', 2]))
    const redeem = (couponId = '') =>
      refusalOf(world.asServer().call(redeemCoupon, { body: { couponId, userId: id('li'), orderId: 'r1' } }))
    expect([await redeem(ids[0]), await redeem(ids[1]), await redeem(ids[2])]).toEqual([
      ...[null, null, 'coupon.not_stackable'],
    ])
  })
  test('[V8] stocks made before there was a list are claimed, changed and used as before, one of each level', async () => {
    await using world = await open()
    const first = await claim(world, termsAt(world))
    const freight = await claim(world, termsAt(world, { kind: 'shipping', amountFen: 600 }))
    // As an older release wrote them, and what the migration gives an app that has stocks.
    await world.store.transaction('*', async (tx) => {
      await sql`UPDATE coupon_stocks SET terms = terms - 'stackGroup', bounded = false`.execute(tx)
      await sql`UPDATE coupon_items
        SET stack_group = CASE coupon_id WHEN ${first} THEN 'shop' ELSE 'shipping' END`.execute(tx)
    })
    const given = stackingMigrations[0]?.up.find((one) => one.startsWith('INSERT')) ?? ''
    await world.store.transaction('*', (tx) => sql.raw(given).execute(tx))
    const levels = ['item', 'shop', 'platform', 'shipping'] as const
    expect(await world.asServer().call(stackingOf, {})).toEqual(list(4, ...levels.map((name) => [name, 1] as const)))
    expect(await lock(world, 'o1', [first, freight])).toBe(null)
    expect(await world.asServer().call(quoteBasket, ask([await claim(world, termsAt(world))]))).toMatchObject({
      discountFen: 2_000,
    })
  })
  test('[V8] the audit tells of an order that took more than its list said', async () => {
    const world = await open()
    await set(world, list(3, ['gift', 2]))
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.push(await claim(world, termsAt(world, { stackGroup: 'gift' })))
    expect(await lock(world, 'o1', ids.slice(0, 2))).toBe(null)
    const plant = sql`UPDATE coupon_items SET state = 'locked', order_id = 'o1', locked_until = valid_until
      WHERE coupon_id = ${ids[2]}`
    expect(await differencesAfter(world, 'V8', plant)).toEqual([expect.stringContaining('o1: 3 of gift, may have 2')])
  })
  test('[V8] the audit tells of an order with more in all than its list said', async () => {
    const world = await open()
    await set(world, list(1, ['gift', 1]))
    const ids = [await claim(world, termsAt(world, { stackGroup: 'gift' })), await claim(world, termsAt(world))]
    expect(await lock(world, 'o1', ids.slice(0, 1))).toBe(null)
    const plant = sql`UPDATE coupon_items SET state = 'locked', order_id = 'o1', locked_until = valid_until
      WHERE coupon_id = ${ids[1]}`
    expect(await differencesAfter(world, 'V8', plant)).toEqual([expect.stringContaining('o1: 2 in all, may have 1')])
  })
  test('[I3] an order that is reported paid while its coupons are being held waits for them', async () => {
    await using world = await open()
    const couponId = await claim(world, termsAt(world))
    const order = { orderId: 'o1', userId: 'li', shopId: 's1', status: 'paid', at: world.time.now(), items: [] }
    await Promise.all([lock(world, 'o1', [couponId]), world.asServer().call(tell, { body: order })])
    await world.settle()
    await lock(world, 'o1', [couponId])
    expect(await lock(world, 'o2', [couponId])).toBe('coupon.already_used')
  })
})

describe('the most it takes off', () => {
  const uncapped = (world: World) => ({
    percent: freeAt(world, { kind: 'percent', offBp: 10_000 }),
    exchange: freeAt(world, { kind: 'exchange', exchange: { sku: 'latte', name: '拿铁' } }),
    shipping: freeAt(world, { kind: 'shipping' }),
  })
  test('[V2] a stock that does not say what it takes off at most is refused, whoever makes it', async () => {
    await using world = await open()
    for (const terms of Object.values(uncapped(world))) {
      expect([terms.kind, await refusalOf(offer(world, terms))]).toEqual([terms.kind, 'coupon.cap_missing'])
      expect([terms.kind, await refusalOf(make(world, terms))]).toEqual([terms.kind, 'coupon.cap_missing'])
    }
  })
  test('[V2] each kind counts at the most it takes off against the giver, the campaign and the receiver', async () => {
    await using world = await open()
    const { percent, exchange, shipping } = uncapped(world)
    const kinds: readonly Terms[] = [
      { ...percent, capFen: 700 },
      { ...exchange, capFen: 1_100 },
      { ...shipping, amountFen: 1_300 },
      termsAt(world, { amountFen: 1_700 }),
      termsAt(world, { kind: 'full', amountFen: 1_900, thresholdFen: 5_000 }),
    ]
    const keys = [
      staffDay(shopIssuer, id('wang'), world.time.now()),
      campaignBudget(shopIssuer.merchantId, 'x'),
      memberDay(shopIssuer, id('li'), world.time.now()),
    ]
    const spent = () =>
      world.store.transaction(appId, (tx) =>
        Promise.all(keys.map(async (key) => (await budgetOf({ tx, appId }, { ...key, currency: 'CNY' })).spent)),
      )
    let sum = 0
    for (const terms of kinds) {
      const couponId = await claim(world, { ...terms, campaign: 'x' })
      const worth = terms.amountFen ?? terms.capFen ?? 0
      sum += worth
      expect([terms.kind, await spent()]).toEqual([terms.kind, [sum, sum, sum]])
      const { discountFen } = await world.asServer().call(quoteBasket, ask([couponId]))
      expect(discountFen).toBeLessThanOrEqual(worth)
    }
  })
  test('[V2] with caps of nothing nobody is given a percentage or an exchange; a batch counts the same', async () => {
    await using world = await open()
    const { percent, exchange } = uncapped(world)
    await world.store.transaction(appId, (tx) =>
      setBudget({ tx, appId }, { scope: 'staff-day', currency: 'CNY', cap: 699 }),
    )
    for (const terms of [percent, exchange].map((one) => ({ ...one, capFen: 700 }))) {
      const at = await offer(world, terms)
      expect(await refusalOf(world.as('li').act(at, coupon, 'claim', {}))).toBe('budget.exhausted')
      const { stockId } = await make(world, terms)
      const body = { userIds: [id('li')], staffId: id('he') }
      const params = { stockId, batchId: 'b' }
      expect(await refusalOf(world.asServer().call(issueBatch, { params, body }))).toBe('budget.exhausted')
    }
  })
  test('[V2] a stock from before each had a cap goes on, at what the dearest coupon is worth', async () => {
    await using world = await open()
    const { percent } = uncapped(world)
    const { stockId } = await make(world, { ...percent, capFen: 700 })
    await world.store.transaction('*', (tx) =>
      sql`UPDATE coupon_stocks SET terms = terms - 'capFen' - 'stackGroup', bounded = false`.execute(tx),
    )
    const host = world.asServer()
    // Worth more than a person's day has room for by default.
    await world.store.transaction(appId, (tx) =>
      setBudget({ tx, appId }, { scope: 'member-day', currency: 'CNY', cap: faceMaxFen }),
    )
    await host.call(issueBatch, { params: { stockId, batchId: 'b' }, body: { userIds: [id('li')] } })
    await host.call(changeStock, { params: { stockId }, body: { status: 'paused' } })
    const giver = { ...shopIssuer, merchantId: mainMerchant }
    const day = { ...memberDay(giver, id('li'), world.time.now()), currency: 'CNY' }
    expect(await world.store.transaction(appId, (tx) => budgetOf({ tx, appId }, day))).toMatchObject({
      spent: faceMaxFen,
    })
  })
  test('[V2] the audit tells of a stock without a cap, and of a coupon that counts for less than it takes off', async () => {
    const world = await open()
    const { percent } = uncapped(world)
    await claim(world, { ...percent, capFen: 700 })
    await make(world, { ...percent, capFen: 800 })
    const plant = sql`WITH one AS (UPDATE coupon_stocks SET terms = terms - 'capFen' WHERE issued = 0),
      two AS (UPDATE ledger_spendings SET amount = 1) UPDATE coupon_items SET worth_fen = 1`
    expect(await differencesAfter(world, 'V2', plant)).toEqual([
      expect.stringContaining('has no cap'),
      expect.stringContaining('is worth 1, takes off 700'),
    ])
  })
})
