/**
 * A long random walk of members, host and clock against a naive model that counts from lists; QUN_TEST_SEED repeats
 * one, QUN_COUPON_STEPS lengthens it.
 */
import { DAY, HOUR, MINUTE, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../message/server.ts'
import {
  changeStock,
  coupon,
  createStock,
  issueBatch,
  lockCoupons,
  lockMs,
  releaseCoupons,
  returnCoupons,
  stockOf,
  useCoupons,
  voidCoupon,
} from './contract.ts'
import feature from './server.ts'

const steps = Number(process.env['QUN_COUPON_STEPS'] ?? 1_500)
const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)
const people = ['wang', 'he', 'li', 'zhao', 'sun']
const perUser = 4
const lifeMs = 3 * DAY
const extendedMs = 7 * DAY

interface Item {
  readonly id: string
  readonly who: string
  state: 'free' | 'locked' | 'used' | 'expired' | 'voided'
  until: number
  /** Of the last order that took it. */
  orderId?: string
  lockedUntil: number
}
/** What should be, by the words of the README and without a counter. */
class Model {
  readonly items: Item[] = []
  total = 30
  isPaused = false
  now = 0

  free(item: Item): boolean {
    const isLapsed = item.state === 'locked' && this.now >= item.lockedUntil
    return (item.state === 'free' || isLapsed) && this.now < item.until
  }
  claim(who: string): string | null {
    if (this.isPaused) return 'coupon.paused'
    if (this.items.filter((item) => item.who === who).length >= perUser) return 'coupon.limit'
    return this.items.length >= this.total ? 'coupon.sold_out' : null
  }
  lock(item: Item, orderId: string): string | null {
    const isHeld = item.state === 'locked' && this.now < item.lockedUntil
    if (isHeld && item.orderId === orderId) return null
    if (item.state === 'used' || isHeld) return 'coupon.already_used'
    if (item.state === 'voided') return 'coupon.state'
    if (!this.free(item)) return 'coupon.expired'
    Object.assign(item, { state: 'locked', orderId, lockedUntil: Math.min(this.now + lockMs, item.until) })
    return null
  }
  /** Each item has orders of its own, so that an order is its item. */
  of(orderId: string): Item | undefined {
    return this.items.find((item) => item.orderId === orderId)
  }
  use(orderId: string): boolean {
    const item = this.of(orderId)
    if (item?.state === 'used') return true
    if (item?.state !== 'locked' || this.now >= item.until) return false
    item.state = 'used'
    return true
  }
  release(orderId: string): void {
    const item = this.of(orderId)
    if (item?.state === 'locked') item.state = this.now < item.until ? 'free' : 'expired'
  }
  giveBack(orderId: string): void {
    const item = this.of(orderId)
    if (item?.state !== 'used') return this.release(orderId)
    item.until = Math.max(item.until, this.now + extendedMs)
    item.state = 'free'
  }
}

/** The same numbers for the same seed. */
function chance(start: number): (below: number) => number {
  let state = start % 2_147_483_647 || 1
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

class Walk {
  readonly model = new Model()
  readonly #below = chance(seed)
  #orders = 0
  #round = 0
  offers: At[] = []
  stockId = ''
  readonly world: World

  constructor(world: World) {
    this.world = world
  }
  /** A fresh stock on two cards; what the former made stays for the audits. */
  async begin(): Promise<void> {
    const { world, model } = this
    const now = world.time.now()
    const terms = {
      kind: 'direct' as const,
      amountFen: 500,
      total: 30,
      perUser,
      claim: { from: now, until: now + 500 * DAY },
      validity: { mode: 'relative' as const, afterDays: 0, forDays: 3 },
      refund: 'extend' as const,
    }
    const { stockId } = await world.asServer().call(createStock, { body: { title: '券', terms } })
    Object.assign(this, { stockId, offers: [] })
    Object.assign(model, { total: 30, isPaused: false })
    model.items.length = 0
    for (const n of [1, 2]) {
      const { seq } = await world.core.post({
        appId: 'shop' as never,
        groupId: world.groupId,
        senderId: '' as UserId,
        asServer: true,
        kind: coupon.kind,
        body: { title: '券', stockId },
        clientId: `offer-${++this.#round}-${n}`,
      })
      this.offers.push({ groupId: world.groupId, seq })
    }
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T
  }
  async step(): Promise<void> {
    this.model.now = this.world.time.now()
    const moves = [this.claim, this.claim, this.lock, this.lock, this.use, this.release, this.back]
    const rare = [this.change, this.batch, this.revoke, this.time, this.time, this.pause]
    await (this.#below(4) === 0 ? this.#pick(rare) : this.#pick(moves)).call(this)
  }
  async claim(): Promise<void> {
    const { world, model } = this
    const who = this.#pick(people)
    const at = this.#pick(this.offers)
    const expected = model.claim(who)
    const code = await refusalOf(world.as(who).act(at, coupon, 'claim', {}))
    // Who has all they may of a stock that is gone may be told either.
    const isBoth = expected === 'coupon.limit' && model.items.length >= model.total
    expect(isBoth ? ['coupon.limit', 'coupon.sold_out'] : [expected]).toContain(code)
    if (code !== null) return
    const id = (await world.as(who).mine<typeof coupon>(at))?.coupons.at(-1)?.couponId ?? ''
    model.items.push({ id, who, state: 'free', until: model.now + lifeMs, lockedUntil: 0 })
  }
  async lock(): Promise<void> {
    if (this.model.items.length === 0) return
    const item = this.#pick(this.model.items)
    const orderId =
      item.orderId !== undefined && this.#below(2) === 0 ? item.orderId : `walk-${this.#round}-${++this.#orders}`
    const expected = this.model.lock(item, orderId)
    const basket = { lines: [{ lineId: 'a', sku: 'x', unitFen: 900, quantity: 1 }] }
    const body = { userId: item.who as UserId, couponIds: [item.id], basket }
    expect(await refusalOf(this.world.asServer().call(lockCoupons, { params: { orderId }, body }))).toBe(expected)
  }
  #order(): string | undefined {
    const ordered = this.model.items.filter((item) => item.orderId !== undefined)
    return ordered.length === 0 ? undefined : this.#pick(ordered).orderId
  }
  async use(): Promise<void> {
    const orderId = this.#order()
    if (orderId === undefined) return
    const expected = this.model.use(orderId)
    const code = await refusalOf(this.world.asServer().call(useCoupons, { params: { orderId }, body: {} }))
    expect(code === null).toBe(expected)
  }
  async release(): Promise<void> {
    const orderId = this.#order()
    if (orderId === undefined) return
    this.model.release(orderId)
    await refusalOf(this.world.asServer().call(releaseCoupons, { params: { orderId }, body: {} }))
  }
  async back(): Promise<void> {
    const orderId = this.#order()
    if (orderId === undefined) return
    this.model.giveBack(orderId)
    await this.world.asServer().call(returnCoupons, { params: { orderId }, body: {} })
  }
  async change(): Promise<void> {
    const total = 5 + this.#below(40)
    const isFit = total >= this.model.items.length
    const params = { stockId: this.stockId }
    const code = await refusalOf(this.world.asServer().call(changeStock, { params, body: { total } }))
    expect(code).toBe(isFit ? null : 'coupon.stock_below_issued')
    if (isFit) this.model.total = total
    await this.world.settle()
  }
  async pause(): Promise<void> {
    this.model.isPaused = !this.model.isPaused
    const body = { status: this.model.isPaused ? ('paused' as const) : ('active' as const) }
    await this.world.asServer().call(changeStock, { params: { stockId: this.stockId }, body })
    await this.world.settle()
  }
  async batch(): Promise<void> {
    const who = this.#pick(people)
    const { model, stockId } = this
    const params = { stockId, batchId: `b${++this.#orders}` }
    const body = { userIds: [who as UserId] }
    const isAtLimit = model.items.filter((item) => item.who === who).length >= perUser
    const code = await refusalOf(this.world.asServer().call(issueBatch, { params, body }))
    expect(code).toBe(isAtLimit ? null : model.claim(who))
    await this.world.settle()
    if (isAtLimit || code !== null) return
    const held = this.world.as(who).client?.records.get().values() ?? []
    const known = new Set(model.items.map((item) => item.id))
    const fresh = [...held].map((row) => row.body as { couponId: string; stockId: string })
    const { couponId: id } = fresh.find((one) => one.stockId === stockId && !known.has(one.couponId)) ?? {
      couponId: '',
    }
    model.items.push({ id, who, state: 'free', until: model.now + lifeMs, lockedUntil: 0 })
  }
  async revoke(): Promise<void> {
    if (this.model.items.length === 0) return
    const item = this.#pick(this.model.items)
    const expected = this.model.free(item) || item.state === 'voided' ? null : 'coupon.state'
    const body = { userId: item.who as UserId }
    const asked = this.world.asServer().call(voidCoupon, { params: { couponId: item.id }, body })
    expect(await refusalOf(asked)).toBe(expected)
    if (expected === null) item.state = 'voided'
  }
  async time(): Promise<void> {
    await this.world.jump(this.#pick([MINUTE, 20 * MINUTE, 5 * HOUR, DAY]))
  }
  /** The store's own counts against the lists of the model. */
  async compare(): Promise<void> {
    await this.world.settle()
    this.model.now = this.world.time.now()
    const { items, now, total } = this.model
    const stock = await this.world.asServer().call(stockOf, { params: { stockId: this.stockId } })
    expect([stock.issued, stock.available]).toEqual([items.length, total - items.length])
    const count = (is: (item: Item) => boolean) => items.filter(is).length
    const { counts } = stock
    expect(counts.used).toBe(count((item) => item.state === 'used'))
    expect(counts.locked).toBe(count((item) => item.state === 'locked' && now < item.lockedUntil))
    expect(counts.issued + counts.returned).toBe(count((item) => this.model.free(item)))
    for (const at of this.offers) expect((await this.world.read(at, coupon)).total).toBe(total)
  }
}

test(
  `[C1] [C2] [C3] [C4] [C6] [C7] ${steps} moves of members, host and clock end as the model says`,
  async () => {
    await using world = await startWorld({ features: [message, membership, feature] })
    const walk = new Walk(world)
    await walk.begin()
    for (let n = 1; n <= steps; n++) {
      try {
        await walk.step()
      } catch (error) {
        throw new Error(`step ${n} of seed ${seed}`, { cause: error })
      }
      if (n % 50 === 0) await walk.compare()
      if (n % 250 === 0) await walk.begin()
      // Audits and clients are compared on the way as well.
      if (n % 5_000 === 0) await world.prove()
    }
  },
  60_000 + steps * 30,
)
