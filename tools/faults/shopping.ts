/**
 * People who buy while a fault run breaks things: each order claims a coupon, holds a piece, locks, pays, uses, gets
 * points, and is confirmed, refunded or given up. It remembers what was answered and compares what is there with it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { engineEndpoints, HOUR, type GroupId, type UserId } from '@qun/contract'
import { createGroupForHost } from '@qun/features/people/membership/contract'
import { putMerchantEndpoint, putStaff } from '@qun/features/people/merchant/contract'
import { cancelHold, holdForHost, payHold, saleForHost, takeForHost } from '@qun/features/plays/flash-sale/contract'
import { lockCoupons, releaseCoupons, stockOf, useCoupons } from '@qun/features/trade/coupon/contract'
import { postOrderEvent } from '@qun/features/trade/order/contract'
import { grantPoints, pointsOf } from '@qun/features/trade/points/contract'
import { putProduct } from '@qun/features/trade/product/contract'
import { expect } from 'vitest'
import { inParallel, Refused } from '../bench/host-api.ts'
import type { FaultWorld } from './fault-world.ts'

const ordersEach = 10
const buyersAtOnce = 12
const pointsEach = 9
/** What follows from the last events is done within this time. */
const calmWithinMs = 30_000
const merchantId = 'shop'
const owner = 'owner'

interface Place {
  readonly groupId: GroupId
  readonly seq: number
}
interface Order {
  readonly orderId: string
  readonly userId: UserId
  readonly couponId: string | undefined
  readonly holdId: string
  /** Of its hold in the end. */
  readonly status: 'sold' | 'refunded' | 'cancelled'
}
/** Undefined when it was refused with the code that is expected of a crowd. */
async function unless<T>(code: string, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Refused && error.problem.code === code) return undefined
    throw error
  }
}

export class Shopping {
  readonly #world: FaultWorld
  readonly #buyers: readonly UserId[]
  readonly #sale: Place
  readonly #offer: Place
  readonly #stockId: string
  readonly #pieces: number
  readonly #orders: Order[] = []
  #claims = 0
  /** Orders that came to their end, and how many may begin by now. */
  done = 0
  admitted = 0
  readonly wanted: number

  /** A shop with fewer coupons and pieces than its people want. */
  static async open(world: FaultWorld, buyers: number): Promise<Shopping> {
    const userIds = Array.from({ length: buyers }, (_, n) => `buyer-${n}` as UserId)
    const { host } = world
    await inParallel([owner, ...userIds], 16, (userId) => host.putUser(userId, userId))
    await host.call(putMerchantEndpoint, { params: { merchantId }, body: { name: '山茶咖啡' } })
    const work = { post: '店长', abilities: ['issue' as const] }
    await host.call(putStaff, { params: { merchantId, userId: owner as UserId }, body: work })
    const body = { name: 'Shop', ownerId: owner as UserId, merchantId, memberIds: userIds }
    const { groupId } = await host.call(createGroupForHost, { body })
    const product = { merchantId, title: '古吉 200 克', priceFen: 8_800, floorFen: 5_000, url: '/p/guji' }
    await host.call(putProduct, { params: { productId: 'guji' }, body: product })
    return new Shopping(world, userIds, await postCards(world, groupId, buyers * ordersEach))
  }
  private constructor(world: FaultWorld, buyers: readonly UserId[], cards: Awaited<ReturnType<typeof postCards>>) {
    this.#world = world
    this.#buyers = buyers
    this.#sale = cards.sale
    this.#offer = cards.offer
    this.#stockId = cards.stockId
    this.#pieces = cards.pieces
    this.wanted = buyers.length * ordersEach
  }
  get said(): string {
    const count = (status: Order['status']) => this.#orders.filter((order) => order.status === status).length
    return `${this.#claims} coupons, ${count('sold')} sold, ${count('refunded')} refunded, ${count('cancelled')} given up`
  }

  /** Everybody buys, one order after the other; `admitted` bounds how far they come. */
  async run(): Promise<void> {
    await inParallel(this.#buyers, buyersAtOnce, async (userId) => {
      for (let n = 0; n < ordersEach; n++) {
        while (this.done >= this.admitted) await pause(5)
        await this.#buy(userId, n)
        this.done += 1
      }
    })
  }
  async #buy(userId: UserId, n: number): Promise<void> {
    const { host } = this.#world
    const orderId = `${userId}-order-${n}`
    const couponId = await this.#claim(userId)
    const taking = host.call(takeForHost, { params: this.#sale, body: { userId, quantity: 1 } })
    const held = await unless('flash_sale.sold_out', taking)
    if (held === undefined) return
    const params = { ...this.#sale, holdId: held.holdId }
    const basket = { merchantId, lines: [{ lineId: 'a', sku: 'guji', unitFen: 5_800, quantity: 1 }] }
    const order = { orderId, userId, couponId, holdId: held.holdId }
    if (couponId !== undefined)
      await host.call(lockCoupons, { params: { orderId }, body: { userId, couponIds: [couponId as never], basket } })
    if (n % 5 === 2) {
      if (couponId !== undefined) await host.call(releaseCoupons, { params: { orderId }, body: {} })
      await host.call(cancelHold, { params, body: {} })
      this.#orders.push({ ...order, status: 'cancelled' })
      return
    }
    // Some checkouts report twice.
    for (let times = n % 5 === 4 ? 2 : 1; times > 0; times--) {
      await host.call(payHold, { params, body: { orderId } })
      if (couponId !== undefined) await host.call(useCoupons, { params: { orderId }, body: {} })
      const grant = { ref: orderId, userId, amount: pointsEach, orderId, merchantId }
      await host.call(grantPoints, { body: grant })
    }
    await this.#tell(order, 'paid')
    if (n % 5 === 3) await this.#tell(order, 'refunded')
    this.#orders.push({ ...order, status: n % 5 === 3 ? 'refunded' : 'sold' })
  }
  async #claim(userId: UserId): Promise<string | undefined> {
    const params = { ...this.#offer, action: 'claim' } as never
    const asked = this.#world.host.call(engineEndpoints.act, { params, body: {}, token: this.#world.token(userId) })
    const told = await unless('coupon.sold_out', asked)
    if (told === undefined) return undefined
    this.#claims += 1
    return (told.mine as { coupons: { couponId: string }[] }).coupons.at(-1)?.couponId
  }
  async #tell({ orderId, userId }: Pick<Order, 'orderId' | 'userId'>, kind: 'paid' | 'refunded'): Promise<void> {
    const event = { eventId: `${orderId}-${kind}`, kind, orderId, userId, shopId: merchantId, at: Date.now() }
    await this.#world.host.call(postOrderEvent, { body: event })
  }

  /** All that was answered is there, and nothing twice. */
  async prove(): Promise<void> {
    const until = performance.now() + calmWithinMs
    while (JSON.stringify(await this.#found()) !== JSON.stringify(this.#expected()) && performance.now() < until)
      await pause(200)
    expect(await this.#found()).toEqual(this.#expected())
    const { host } = this.#world
    await inParallel(this.#orders, 8, async ({ orderId, holdId, status }) => {
      const hold = await host.call(holdForHost, { params: { ...this.#sale, holdId } })
      const paidBy = status === 'cancelled' ? null : orderId
      expect({ status: hold.status, orderId: hold.orderId }).toEqual({ status, orderId: paidBy })
    })
    await inParallel(this.#buyers, 8, async (userId) => {
      const bought = this.#orders.filter((order) => order.userId === userId && order.status === 'sold').length
      const { balance } = await host.call(pointsOf, { params: { userId }, query: { merchantId } })
      expect(balance, userId).toBe(bought * pointsEach)
    })
  }
  async #found() {
    const { host } = this.#world
    const { issued, counts } = await host.call(stockOf, { params: { stockId: this.#stockId } })
    const { left } = await host.call(saleForHost, { params: this.#sale })
    return { left, issued, used: counts.used, locked: counts.locked, free: counts.issued + counts.returned }
  }
  #expected() {
    const sold = this.#orders.filter((order) => order.status === 'sold')
    const used = sold.filter((order) => order.couponId !== undefined).length
    return { left: this.#pieces - sold.length, issued: this.#claims, used, locked: 0, free: this.#claims - used }
  }
}

async function postCards(world: FaultWorld, groupId: GroupId, wanted: number) {
  const { host } = world
  const token = world.token(owner)
  const now = Date.now()
  const [coupons, pieces] = [Math.ceil(wanted * 0.8), Math.ceil(wanted * 0.5)]
  const terms = {
    ...{ kind: 'direct', amountFen: 500, total: coupons, perUser: ordersEach },
    claim: { from: now - HOUR, until: now + 24 * HOUR },
    validity: { mode: 'relative', afterDays: 0, forDays: 7 },
  }
  const sale = {
    ...{ productId: 'guji', priceFen: 5_800, stock: pieces, perMember: ordersEach, refunds: '七天内可退' },
    ...{ startsAt: now - HOUR, publicStartsAt: now - HOUR, endsAt: now + 24 * HOUR },
  }
  const post = async (kind: string, body: object) => {
    const posted = { clientId: kind, kind, body } as never
    const { seq } = await host.call(engineEndpoints.post, { params: { groupId }, body: posted, token })
    return { groupId, seq }
  }
  const offer = await post('coupon', { title: '券', contact: '店内', terms })
  const { message } = await host.call(engineEndpoints.message, { params: offer, token })
  const { stockId } = message.state as { stockId: string }
  return { offer, stockId, sale: await post('flash-sale', sale), pieces }
}
