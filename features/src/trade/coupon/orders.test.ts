/** What orders do with coupons, through a whole world: held, used, let go, returned, redeemed, reminded. */
import { DAY, HOUR, MINUTE, type UserId } from '@qun/contract'
import { refusalOf, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  codeLifeMs,
  lockMs,
  myCoupons,
  quoteBasket,
  redeemCoupon,
  showCode,
  voidCoupon,
  type Basket,
} from './contract.ts'
import {
  type Ask,
  basket,
  body,
  claimed,
  factsOf,
  freightOff,
  freightToo,
  host,
  lock,
  open,
  release,
  stateOf,
  use,
} from './fixtures-orders.ts'

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
