/** What the host tells of an order decides what it does with coupons, whichever comes first. */
import { DAY, MINUTE } from '@qun/contract'
import type { World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { tell } from '../order/fixtures.ts'
import { lockMs, myCoupons, setStacking } from './contract.ts'
import {
  claimed,
  factsOf,
  freightOff,
  freightToo,
  giveBack,
  host,
  lock,
  open,
  release,
  stateOf,
  use,
} from './fixtures-orders.ts'

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
