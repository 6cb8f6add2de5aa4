/** What the random walks share: a naive model of one stock that counts from lists, and moves compared with it. */
import { DAY, HOUR, MINUTE, type UserId } from '@qun/contract'
import { actTogether, again, type Answer, type At, type Deed, refusalOf, startWorld, type World } from '@qun/testing'
import { expect } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  changeStock,
  coupon,
  createStock,
  issueBatch,
  lockCoupons,
  lockMs,
  myCoupons,
  releaseCoupons,
  returnCoupons,
  stockOf,
  useCoupons,
  voidCoupon,
} from './contract.ts'
import feature from './server.ts'

const perUser = 4
const lifeMs = 3 * DAY
const extendedMs = 7 * DAY

interface Item {
  id: string
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
  total = 0
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

export const openWorld = () => startWorld({ features: [message, membership, feature], watching: [] })
export class Walk {
  readonly model = new Model()
  readonly #random: () => number
  readonly #people: readonly string[]
  readonly #total: number
  #answers: { readonly at: At; readonly told: Answer[] }[] = []
  #orders = 0
  #round = 0
  offers: At[] = []
  stockId = ''
  readonly world: World

  constructor(world: World, random: () => number, people: readonly string[], total: number) {
    this.world = world
    this.#random = random
    this.#people = people
    this.#total = total
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  /** A fresh stock on two cards; what the former made stays for the audits. */
  async begin(): Promise<void> {
    const { world, model } = this
    const now = world.time.now()
    const terms = {
      kind: 'direct' as const,
      amountFen: 500,
      total: this.#total,
      perUser,
      claim: { from: now, until: now + 500 * DAY },
      validity: { mode: 'relative' as const, afterDays: 0, forDays: 3 },
      refund: 'extend' as const,
    }
    const { stockId } = await world.asServer().call(createStock, { body: { title: '券', terms } })
    Object.assign(this, { stockId, offers: [] })
    Object.assign(model, { total: this.#total, isPaused: false })
    this.#answers = []
    model.items.length = 0
    for (const n of [1, 2]) {
      const { seq } = await world.core.post({
        appId: 'shop' as never,
        groupId: world.groupId,
        senderId: '' as UserId,
        asServer: true,
        kind: coupon.kind,
        body: { title: '券', contact: '店内', stockId },
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
    const who = this.#pick(this.#people)
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
  /** Many claims on one card at once, some of them repeated; returns how many. */
  async claimMany(): Promise<number> {
    const { model, world } = this
    model.now = world.time.now()
    const at = this.#pick(this.offers)
    const count = 60 + this.#below(120)
    const before = this.#answers.filter((one) => one.at === at).flatMap((one) => one.told)
    const deeds: Deed[] = []
    for (let i = 0; i < count; i++) {
      if (before.length > 0 && this.#random() < 0.08) deeds.push(again(this.#pick(before), this.#random() < 0.7))
      else deeds.push(this.#claimOne(this.#pick(this.#people)))
    }
    const told = (await actTogether(world, at, deeds)).filter(({ result }) => result !== undefined)
    this.#answers.push({ at, told: told.slice(0, 3) })
    const known = new Set(model.items.map((item) => item.id))
    for (const { deed, result } of told) {
      const mine = result?.mine as { coupons: { couponId: string; validUntil: number }[] } | undefined
      for (const { couponId, validUntil } of mine?.coupons ?? []) {
        if (known.has(couponId)) continue
        const item = model.items.find((one) => one.who === deed.who && one.id === '')
        expect(item?.until).toBe(validUntil)
        Object.assign(item as Item, { id: couponId })
        known.add(couponId)
      }
    }
    expect(model.items.filter((item) => item.id === '')).toEqual([])
    return count
  }
  #claimOne(who: string): Deed {
    const { model } = this
    const code = model.claim(who)
    if (code === null) model.items.push({ id: '', who, state: 'free', until: model.now + lifeMs, lockedUntil: 0 })
    const isBoth = code === 'coupon.limit' && model.items.length >= model.total
    const expected = isBoth ? ['coupon.limit', 'coupon.sold_out'] : code
    return { who, action: 'claim', input: {}, expected }
  }
  /** One call of the host, or time goes by. */
  async hostStep(): Promise<void> {
    this.model.now = this.world.time.now()
    const often = [this.lock, this.lock, this.use, this.release, this.back]
    const rare = [this.change, this.batch, this.revoke, this.time, this.pause]
    await (this.#below(5) === 0 ? this.#pick(rare) : this.#pick(often)).call(this)
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
    const total = 5 + this.#below(this.#total + 10)
    const isFit = total >= this.model.items.length
    const params = { stockId: this.stockId }
    const code = await refusalOf(this.world.asServer().call(changeStock, { params, body: { total } }))
    expect(code).toBe(isFit ? null : 'coupon.stock_below_issued')
    if (isFit) this.model.total = total
    await this.world.core.settle()
  }
  async pause(): Promise<void> {
    this.model.isPaused = !this.model.isPaused
    const body = { status: this.model.isPaused ? ('paused' as const) : ('active' as const) }
    await this.world.asServer().call(changeStock, { params: { stockId: this.stockId }, body })
    await this.world.core.settle()
  }
  async batch(): Promise<void> {
    const who = this.#pick(this.#people)
    const { model, stockId } = this
    const params = { stockId, batchId: `b${++this.#orders}` }
    const body = { userIds: [who as UserId] }
    const isAtLimit = model.items.filter((item) => item.who === who).length >= perUser
    const code = await refusalOf(this.world.asServer().call(issueBatch, { params, body }))
    expect(code).toBe(isAtLimit ? null : model.claim(who))
    await this.world.core.settle()
    if (isAtLimit || code !== null) return
    const { coupons } = await this.world.as(who).call(myCoupons, { query: { list: 'available', limit: 100 } })
    const known = new Set(model.items.map((item) => item.id))
    const id = coupons.find((one) => one.stockId === stockId && !known.has(one.couponId))?.couponId ?? ''
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
    await this.world.core.settle()
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
