/** What orders do with coupons, through a whole world: held, used, let go, returned, redeemed, reminded. */
import { DAY, HOUR, MINUTE, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { tell, teller } from '../order/fixtures.ts'
import {
  codeLifeMs,
  coupon,
  lockCoupons,
  lockMs,
  myCoupons,
  quoteBasket,
  redeemCoupon,
  releaseCoupons,
  returnCoupons,
  setStacking,
  showCode,
  useCoupons,
  voidCoupon,
  type Basket,
  type Terms,
} from './contract.ts'
import feature from './server.ts'

const open = () => startWorld({ features: [message, membership, teller, feature], watching: ['li'] })
const host = (world: World) => world.asServer()
/** Freight and a group `x` beside the default, one coupon each. */
const freightToo = (world: World) =>
  host(world).call(setStacking, {
    body: { groups: ['default', 'shipping', 'x'].map((name) => ({ name, most: 1 })), most: 3 },
  })
const freightOff = { kind: 'shipping', stackGroup: 'shipping' } as const
async function claimed(world: World, patch: Partial<Terms> = {}, name = 'li'): Promise<{ id: string; at: At }> {
  const now = world.time.now()
  const terms: Terms = {
    kind: 'direct',
    amountFen: 500,
    total: 30,
    perUser: 5,
    claim: { from: now, until: now + 30 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 3 },
    ...patch,
  }
  const at = await world.as('wang').post(world.groupId, coupon, { title: '老友券', contact: '店内', terms })
  await world.as(name).act(at, coupon, 'claim', {})
  return { at, id: (await world.as(name).mine<typeof coupon>(at))?.coupons[0]?.couponId ?? '' }
}
const basket: Basket = { lines: [{ lineId: 'a', sku: 'latte', unitFen: 3_000, quantity: 2 }], shippingFen: 600 }
interface Ask {
  readonly userId?: string
  readonly basket?: Basket
}
const body = (couponIds: readonly string[], { userId = 'li', basket: goods = basket }: Ask = {}) => ({
  userId: userId as UserId,
  couponIds: [...couponIds],
  basket: goods,
})
const lock = (world: World, orderId: string, ids: readonly string[], ask?: Ask) =>
  refusalOf(host(world).call(lockCoupons, { params: { orderId }, body: body(ids, ask) }))
const settle = (endpoint: typeof useCoupons) =>
  async function ask(world: World, orderId: string): Promise<string> {
    try {
      const { coupons } = await host(world).call(endpoint, { params: { orderId }, body: {} })
      return coupons.map((one) => one.state).join()
    } catch (error) {
      return (error as { code: string }).code
    }
  }
const use = settle(useCoupons)
const release = settle(releaseCoupons)
const giveBack = settle(returnCoupons)
async function stateOf(world: World, id: string, name = 'li'): Promise<string | undefined> {
  for (const list of ['available', 'used', 'over'] as const) {
    const { coupons } = await world.as(name).call(myCoupons, { query: { list, limit: 100 } })
    const found = coupons.find((one) => one.couponId === id)
    if (found !== undefined) return found.state
  }
  return undefined
}
const factsOf = async (world: World, name: string) => {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ n: number }>`SELECT count(*) AS n FROM facts WHERE name = ${name}`.execute(tx),
  )
  return rows[0]?.n
}
const heldStates = (world: World) =>
  [...(world.as('li').client?.records.get().values() ?? [])].map((row) => (row.body as { state: string }).state)

describe('prices', () => {
  test('[C5] (CPN-06) (CPN-08) a quote holds nothing and says why a coupon does not fit', async () => {
    await using world = await open()
    const { id } = await claimed(world, { kind: 'full', amountFen: 1_000, thresholdFen: 6_000 })
    const other = await claimed(world, { scope: { skus: ['mocha'] } })
    const quote = (ids: readonly string[], ask?: Ask) => host(world).call(quoteBasket, { body: body(ids, ask) })
    expect(await quote([id])).toMatchObject({ goodsFen: 6_000, discountFen: 1_000, payableFen: 5_600 })
    const small: Basket = { lines: [{ lineId: 'a', sku: 'latte', unitFen: 5_999, quantity: 1 }] }
    expect(await refusalOf(quote([id], { basket: small }))).toBe('coupon.threshold')
    expect(await refusalOf(quote([other.id]))).toBe('coupon.scope')
    expect(await refusalOf(quote([id], { userId: 'zhao' }))).toBe('coupon.not_found')
    expect(await lock(world, 'o1', [id], { userId: 'zhao' })).toBe('coupon.not_found')
    expect(
      await refusalOf(host(world).call(voidCoupon, { params: { couponId: id }, body: { userId: 'sun' as UserId } })),
    ).toBe('coupon.not_found')
    expect(await stateOf(world, id)).toBe('issued')
  })
})

describe('orders', () => {
  test('[C4] (CPN-05) one coupon, five orders at once: one holds it', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    const codes = await Promise.all(['o1', 'o2', 'o3', 'o4', 'o5'].map((orderId) => lock(world, orderId, [id])))
    expect(codes.filter((code) => code === null)).toHaveLength(1)
    expect(codes.filter((code) => code === 'coupon.already_used')).toHaveLength(4)
    expect(await factsOf(world, 'coupon.locked')).toBe(1)
    const orderId = `o${codes.indexOf(null) + 1}`
    expect(await lock(world, orderId, [id])).toBe(null)
    expect(await use(world, orderId)).toBe('used')
    expect(await use(world, orderId)).toBe('used')
    expect(await factsOf(world, 'coupon.used')).toBe(1)
    expect(await lock(world, 'o6', [id])).toBe('coupon.already_used')
    await world.settle()
    expect(heldStates(world)).toEqual([])
  })
  test('[C4] one of each stack group, all or none, also when two of them come at once for one order', async () => {
    await using world = await open()
    await freightToo(world)
    const [first, second, freight] = [await claimed(world), await claimed(world), await claimed(world, freightOff)]
    expect(await lock(world, 'o1', [first.id, second.id])).toBe('coupon.not_stackable')
    expect(await stateOf(world, first.id)).toBe('issued')
    const codes = await Promise.all([first, second].map(({ id }) => lock(world, 'o1', [id])))
    expect(codes.toSorted()).toEqual(['coupon.state', null].toSorted())
    expect(await release(world, 'o1')).toBe('issued')
    expect(await lock(world, 'o1', [second.id, freight.id])).toBe(null)
    expect(await lock(world, 'o1', [first.id])).toBe('coupon.state')
    expect(await lock(world, 'o1', [freight.id], { userId: 'zhao' })).toBe('coupon.not_found')
    expect(await use(world, 'o1')).toBe('used,used')
  })
  test('[C6] (CPN-10) let go once; not after it was used', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    await lock(world, 'o1', [id])
    expect(heldStates(world)).toEqual(['locked'])
    expect(await release(world, 'o1')).toBe('issued')
    expect(await release(world, 'o1')).toBe('issued')
    expect(await use(world, 'o1')).toBe('coupon.state')
    await lock(world, 'o2', [id])
    expect(await release(world, 'o1')).toBe('coupon.not_found')
    expect(await use(world, 'o2')).toBe('used')
    expect(await release(world, 'o2')).toBe('coupon.state')
    expect(await release(world, 'nobody')).toBe('coupon.not_found')
  })
  test('[C6] [CP18] a hold lapses after half an hour: others may take it, its order may still pay while nobody did', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    await lock(world, 'o1', [id])
    world.time.moveTo(world.time.now() + lockMs - 1)
    expect(await lock(world, 'o2', [id])).toBe('coupon.already_used')
    world.time.moveTo(world.time.now() + 1)
    expect(await stateOf(world, id)).toBe('issued')
    expect(await lock(world, 'o2', [id])).toBe(null)
    expect(await use(world, 'o1')).toBe('coupon.already_used')
    world.time.moveTo(world.time.now() + 2 * lockMs)
    expect(await use(world, 'o2')).toBe('used')
  })
  test('[C6] a hold that lapsed stands in no other coupon’s way', async () => {
    await using world = await open()
    const [first, second] = [await claimed(world), await claimed(world)]
    await lock(world, 'o1', [first.id])
    world.time.moveTo(world.time.now() + lockMs)
    expect(await lock(world, 'o1', [second.id])).toBe(null)
    expect(await use(world, 'o1')).toBe('used')
    expect(await stateOf(world, first.id)).toBe('issued')
  })
  test('[C3] (CPN-15) use and release at once: used or let go, never both', async () => {
    await using world = await open()
    for (let n = 0; n < 4; n++) {
      const { id } = await claimed(world)
      const orderId = `race${n}`
      await lock(world, orderId, [id])
      world.time.moveTo(world.time.now() + lockMs - 1 + (n % 2))
      const [used, freed] = await Promise.all([use(world, orderId), release(world, orderId)])
      const state = await stateOf(world, id)
      expect([used, freed, state]).toEqual(
        state === 'used' ? ['used', 'coupon.state', 'used'] : ['coupon.state', 'issued', 'issued'],
      )
    }
  })
  test('[C6] (CPN-11) held when its time ends: over, whoever comes', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    world.time.moveTo(world.time.now() + 3 * DAY - MINUTE)
    expect(await lock(world, 'o1', [id])).toBe(null)
    world.time.moveTo(world.time.now() + MINUTE)
    expect(await use(world, 'o1')).toBe('coupon.expired')
    expect(await release(world, 'o1')).toBe('expired')
    expect(await lock(world, 'o2', [id])).toBe('coupon.expired')
    await world.settle()
    expect(await factsOf(world, 'coupon.expired')).toBe(1)
    expect(await stateOf(world, id)).toBe('expired')
  })
})

describe('told orders', () => {
  const say = async (world: World, orderId: string, status: string, userId = 'li') => {
    await host(world).call(tell, { body: { orderId, status, userId } })
    await world.settle()
  }
  const shortOf = async (world: World) => {
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{ data: object }>`SELECT data::jsonb AS data FROM facts WHERE name = 'coupon.order-short'`.execute(tx),
    )
    return rows.map(({ data }) => data)
  }
  test('[C4] [CP18] what an order asks for that was told to be paid before is used at once; asked again it answers alike', async () => {
    await using world = await open()
    const [first, second] = [await claimed(world), await claimed(world)]
    await say(world, 'o1', 'paid')
    for (let i = 0; i < 2; i++) expect(await lock(world, 'o1', [first.id])).toBe(null)
    expect(await stateOf(world, first.id)).toBe('used')
    expect([await factsOf(world, 'coupon.used'), await factsOf(world, 'coupon.locked')]).toEqual([1, 0])
    await world.jump(lockMs + MINUTE)
    expect(await lock(world, 'o2', [first.id])).toBe('coupon.already_used')
    // An order takes one set: another choice is none.
    expect(await lock(world, 'o1', [second.id])).toBe('coupon.state')
    await say(world, 'o1', 'refunded')
    expect(await stateOf(world, first.id)).toBe('returned')
    expect(await lock(world, 'o1', [first.id])).toBe('coupon.order_ended')
  })
  test('[C4] [CP18] told paid and asked for at once: used, whichever was first', async () => {
    await using world = await open()
    for (let n = 0; n < 6; n++) {
      const { id } = await claimed(world)
      const told = await Promise.all([lock(world, `race${n}`, [id]), say(world, `race${n}`, 'paid')])
      await world.settle()
      expect([told[0], await stateOf(world, id)]).toEqual([null, 'used'])
    }
  })
  test('[CP17] an order of one person takes no coupon of another, told before or after', async () => {
    await using world = await open()
    const [mine, theirs] = [await claimed(world), await claimed(world, {}, 'zhao')]
    const zhao = { userId: 'zhao' }
    await say(world, 'o1', 'paid')
    expect(await lock(world, 'o1', [theirs.id], zhao)).toBe('coupon.not_found')
    expect(await lock(world, 'o2', [theirs.id], zhao)).toBe(null)
    await say(world, 'o2', 'paid')
    expect(await stateOf(world, theirs.id, 'zhao')).toBe('issued')
    expect(await shortOf(world)).toEqual([{ orderId: 'o2', userId: 'li', couponIds: [theirs.id] }])
    expect(await lock(world, 'o2', [theirs.id], zhao)).toBe('coupon.not_found')
    expect(await lock(world, 'o2', [mine.id])).toBe(null)
    expect(await stateOf(world, mine.id)).toBe('used')
  })
  test('[C4] [CP18] an order priced with two coupons is used with both or none, by the host’s call and when it is told', async () => {
    await using world = await open()
    await host(world).call(setStacking, { body: { groups: [{ name: 'default', most: 2 }], most: 2 } })
    for (const [n, status] of ['asked', 'paid'].entries()) {
      const [taken, left] = [await claimed(world), await claimed(world)]
      const [order, other] = [`both${n}`, `other${n}`]
      expect(await lock(world, order, [taken.id, left.id])).toBe(null)
      world.time.moveTo(world.time.now() + lockMs)
      expect(await lock(world, other, [taken.id])).toBe(null)
      // While another holds it, and after that one used it.
      expect(await use(world, order)).toBe('coupon.already_used')
      expect(await use(world, other)).toBe('used')
      if (status === 'asked') expect(await use(world, order)).toBe('coupon.already_used')
      else {
        for (const each of ['paid', 'received']) await say(world, order, each)
        expect(await shortOf(world)).toEqual([{ orderId: order, userId: 'li', couponIds: [taken.id] }])
      }
      expect(await stateOf(world, left.id)).toBe('issued')
    }
    expect(await factsOf(world, 'coupon.used')).toBe(2)
  })
  test('[C4] what an order let go is none of what it is priced with: paid without, nothing is missing', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    await lock(world, 'o1', [id])
    await release(world, 'o1')
    await lock(world, 'o2', [id])
    await say(world, 'o1', 'paid')
    expect([await shortOf(world), await stateOf(world, id)]).toEqual([[], 'locked'])
  })
  test('[CP18] [CP13] paid uses, refunded gives back, each once; orders without coupons are passed over', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    await lock(world, 'o1', [id])
    await say(world, 'o1', 'paid')
    await say(world, 'o1', 'received')
    expect(await stateOf(world, id)).toBe('used')
    await say(world, 'o1', 'refunded')
    expect(await stateOf(world, id)).toBe('returned')
    await lock(world, 'o2', [id])
    await say(world, 'o1', 'refunded')
    expect(await stateOf(world, id)).toBe('locked')
    await say(world, 'o2', 'cancelled')
    await say(world, 'o2', 'cancelled')
    await say(world, 'unknown', 'paid')
    expect(await stateOf(world, id)).toBe('issued')
    expect([await factsOf(world, 'coupon.used'), await factsOf(world, 'coupon.returned')]).toEqual([1, 1])
  })
  test('[CP13] policies: extended by a week, voided, or over when its time was', async () => {
    await using world = await open()
    await freightToo(world)
    const longer = await claimed(world, { refund: 'extend' })
    const gone = await claimed(world, { ...freightOff, refund: 'void' })
    const plain = await claimed(world, { stackGroup: 'x' })
    await lock(world, 'o1', [longer.id, gone.id, plain.id])
    expect(await use(world, 'o1')).toBe('used,used,used')
    await world.jump(4 * DAY)
    const until = world.time.now() + 7 * DAY
    await giveBack(world, 'o1')
    expect([await stateOf(world, longer.id), await stateOf(world, gone.id), await stateOf(world, plain.id)]).toEqual([
      'returned',
      'voided',
      'expired',
    ])
    expect((await world.as('li').call(myCoupons, {})).coupons).toMatchObject([{ validUntil: until }])
    await world.jump(7 * DAY)
    expect(await factsOf(world, 'coupon.expired')).toBe(2)
    expect(await giveBack(world, 'o1')).toMatch(/expired/)
    expect(await giveBack(world, 'unknown')).toBe('coupon.not_found')
  })
})

describe('reminders', () => {
  test('[CP14] a day before the end, once, only who did not use it; voided and held ones are passed over', async () => {
    await using world = await open()
    await freightToo(world)
    const [idle, used, held, taken] = [
      await claimed(world),
      await claimed(world),
      await claimed(world, { stackGroup: 'x' }),
      await claimed(world),
    ]
    await lock(world, 'o1', [used.id])
    await use(world, 'o1')
    await host(world).call(voidCoupon, { params: { couponId: taken.id }, body: { userId: 'li' as UserId } })
    world.time.moveTo(world.time.now() + 2 * DAY - MINUTE)
    await lock(world, 'o2', [held.id])
    await world.pass(MINUTE)
    expect(await factsOf(world, 'coupon.expiring')).toBe(1)
    const { coupons } = await world.as('li').call(myCoupons, {})
    expect(coupons.filter((one) => one.isReminded).map((one) => one.couponId)).toEqual([idle.id])
    await world.jump(lockMs)
    expect(await factsOf(world, 'coupon.expiring')).toBe(2)
    await world.jump(20 * HOUR)
    expect(await factsOf(world, 'coupon.expiring')).toBe(2)
    await world.jump(4 * HOUR)
    expect(await factsOf(world, 'coupon.expired')).toBe(2)
    expect([await stateOf(world, idle.id), await stateOf(world, used.id)]).toEqual(['expired', 'used'])
    await world.settle()
    expect(heldStates(world)).toEqual([])
  })
})

describe('at a counter', () => {
  const redeem = (world: World, ask: object, orderId = 'r1') =>
    refusalOf(host(world).call(redeemCoupon, { body: { orderId, ...ask } }))
  test('[C10] a code is shown once, kept as a hash, lives ten minutes, and a fresh one ends the one before', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    const show = () => world.as('li').call(showCode, { params: { couponId: id }, body: {} })
    const first = await show()
    expect(first.code).toMatch(/^\d{20}$/)
    expect(first.expiresAt).toBe(world.time.now() + codeLifeMs)
    const { rows } = await world.store.reading('*', (tx) => sql<object>`SELECT i.* FROM coupon_items i`.execute(tx))
    expect(JSON.stringify(rows)).not.toContain(first.code)
    expect(rows).toMatchObject([{ code_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string }])
    expect(await refusalOf(world.as('zhao').call(showCode, { params: { couponId: id }, body: {} }))).toBe(
      'coupon.not_found',
    )
    const second = await show()
    expect(await redeem(world, { code: first.code })).toBe('coupon.not_found')
    world.time.moveTo(world.time.now() + codeLifeMs)
    expect(await redeem(world, { code: second.code })).toBe('coupon.code_over')
    const third = await show()
    const spaced = third.code.replaceAll(/(\d{4})/g, '$1 ')
    expect(await redeem(world, { code: spaced })).toBe(null)
    expect(await redeem(world, { code: spaced })).toBe(null)
    expect(await redeem(world, { code: spaced }, 'r2')).toBe('coupon.already_used')
    expect(await stateOf(world, id)).toBe('used')
    expect(await refusalOf(show())).toBe('coupon.already_used')
    expect(await factsOf(world, 'coupon.used')).toBe(1)
  })
  test('[C10] a code lies in no table, also when its request had a key; asked again under it, another is shown', async () => {
    await using world = await open()
    const { id } = await claimed(world)
    const show = () => world.as('li').call(showCode, { params: { couponId: id }, body: {}, key: 'k' })
    const [first, second] = [await show(), await show()]
    expect(second.code).not.toBe(first.code)
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{ kept: string }>`SELECT i::text AS kept FROM idempotency i`.execute(tx),
    )
    for (const { code } of [first, second]) expect(rows.map(({ kept }) => kept).join()).not.toContain(code)
    expect(await redeem(world, { code: first.code })).toBe('coupon.not_found')
    expect(await redeem(world, { code: second.code })).toBe(null)
  })
  test('[C4] [C10] by id and holder as well; a receipt takes one of each stack group, priced with its basket', async () => {
    await using world = await open()
    await freightToo(world)
    const [first, second, freight] = [await claimed(world), await claimed(world), await claimed(world, freightOff)]
    const own = (id: string) => ({ couponId: id, userId: 'li' as UserId })
    expect(await redeem(world, { couponId: first.id })).toBe('coupon.invalid')
    expect(await redeem(world, { couponId: first.id, userId: 'zhao' })).toBe('coupon.not_found')
    expect(await redeem(world, own(first.id))).toBe(null)
    expect(await redeem(world, own(second.id))).toBe('coupon.not_stackable')
    const answer = await host(world).call(redeemCoupon, { body: { ...own(freight.id), orderId: 'r1', basket } })
    expect(answer).toMatchObject({ userId: 'li', coupon: { state: 'used' }, quote: { discountFen: 1_000 } })
    await lock(world, 'o1', [second.id])
    expect(await redeem(world, own(second.id), 'r2')).toBe('coupon.already_used')
    const third = await claimed(world)
    expect(await redeem(world, own(third.id), 'o1')).toBe('coupon.not_stackable')
    world.time.moveTo(world.time.now() + lockMs)
    expect(await redeem(world, own(third.id), 'o1')).toBe(null)
  })
  test('[C3] not before its time, and not once it was taken away', async () => {
    await using world = await open()
    const early = await claimed(world, { validity: { mode: 'relative', afterDays: 1, forDays: 1 } })
    const own = { couponId: early.id, userId: 'li' as UserId }
    expect(await redeem(world, own)).toBe('coupon.not_started')
    expect(await lock(world, 'o1', [early.id])).toBe('coupon.not_started')
    await host(world).call(voidCoupon, { params: { couponId: early.id }, body: { userId: 'li' as UserId } })
    expect(await redeem(world, own)).toBe('coupon.state')
    const held = await claimed(world)
    await lock(world, 'o2', [held.id])
    const taken = host(world).call(voidCoupon, { params: { couponId: held.id }, body: { userId: 'li' as UserId } })
    expect(await refusalOf(taken)).toBe('coupon.state')
  })
})
