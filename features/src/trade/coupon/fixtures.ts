/** What the random walks share: moves of members, the host and its checkout, each compared with the model. */
import { campaignBudget, DAY, HOUR, mainMerchant, MINUTE, type UserId } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import {
  actTogether,
  again,
  type Answer,
  appId,
  type At,
  type Deed,
  refusalOf,
  startWorld,
  type World,
} from '@qun/testing'
import { expect } from 'vitest'
import { tell, teller } from '../order/fixtures.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  changeStock,
  coupon,
  createStock,
  issueBatch,
  lockCoupons,
  myCoupons,
  quoteBasket,
  releaseCoupons,
  returnCoupons,
  stockOf,
  useCoupons,
  voidCoupon,
} from './contract.ts'
import { memberDayFen, Model, perUser, worthFen, type Item } from './fixtures-model.ts'
import feature from './server.ts'

const currency = 'CNY'
const basket = { lines: [{ lineId: 'a', sku: 'x', unitFen: 900, quantity: 1 }] }

export const openWorld = () => startWorld({ features: [message, membership, teller, feature], watching: [] })
export class Walk {
  readonly model = new Model()
  readonly #random: () => number
  readonly #people: readonly string[]
  readonly #total: number
  #answers: { readonly at: At; readonly told: Answer[] }[] = []
  #orders = 0
  #round = 0
  #campaigns = 0
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
    const campaign = `walk-${++this.#campaigns}`
    const terms = {
      kind: 'direct' as const,
      amountFen: worthFen,
      campaign,
      total: this.#total,
      perUser,
      claim: { from: now, until: now + 500 * DAY },
      validity: { mode: 'relative' as const, afterDays: 0, forDays: 3 },
      refund: 'extend' as const,
    }
    const { stockId } = await world.asServer().call(createStock, { body: { title: '券', terms } })
    // Now the budget is used up first, now the stock.
    const capFen = Math.floor(this.#total * this.#pick([0.8, 2])) * worthFen
    await this.#budgets((call) => setBudget(call, { scope: `campaign/${campaign}`, currency, cap: capFen }))
    await this.#budgets((call) => setBudget(call, { scope: 'member-day', currency, cap: memberDayFen }))
    Object.assign(this, { stockId, offers: [] })
    model.now = now
    model.begin()
    Object.assign(model, { total: this.#total, capFen, isPaused: false })
    this.#answers = []
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
  #budgets<T>(ask: (call: Parameters<typeof budgetOf>[0]) => Promise<T>): Promise<T> {
    return this.world.store.transaction(appId, (tx) => ask({ tx, appId }))
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T
  }
  async step(): Promise<void> {
    this.model.now = this.world.time.now()
    const moves = [this.claim, this.claim, ...this.#checkout]
    const rare = [this.change, this.batch, this.revoke, this.time, this.time, this.pause, this.useAtEnd, this.claimBoth]
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
    model.add(who, (await world.as(who).mine<typeof coupon>(at))?.coupons.at(-1)?.couponId)
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
  /** Everybody who may claims one of the last at once, on two cards: as many have one as there are. */
  async claimBoth(): Promise<void> {
    const { model, world } = this
    if (model.isPaused) return
    const asking = this.#people.filter((who) => !model.isAtLimit(who) && !model.isDayFull(who))
    // A few more than there were, so that it is about the last.
    const total = Math.max(5, model.items.length + 1 + this.#below(3))
    await world.asServer().call(changeStock, { params: { stockId: this.stockId }, body: { total } })
    model.total = total
    await this.settle()
    const told = await Promise.all(
      asking.map((who, n) =>
        world
          .as(who)
          .act(this.offers[n % 2] as At, coupon, 'claim', {})
          .catch((error: unknown) => String((error as { code?: unknown }).code ?? error)),
      ),
    )
    for (const [n, answer] of told.entries()) {
      if (typeof answer === 'string') continue
      expect(model.supplyFault()).toBe(null)
      const mine = answer.mine as { coupons: { couponId: string }[] } | undefined
      model.add(asking[n] ?? '', mine?.coupons.at(-1)?.couponId)
    }
    const refused = told.filter((answer) => typeof answer === 'string')
    expect(refused).toEqual(refused.map(() => model.supplyFault()))
    await this.settle()
  }
  #claimOne(who: string): Deed {
    const { model } = this
    const code = model.claim(who)
    if (code === null) model.add(who)
    const isBoth = code === 'coupon.limit' && model.items.length >= model.total
    const expected = isBoth ? ['coupon.limit', 'coupon.sold_out'] : code
    return { who, action: 'claim', input: {}, expected }
  }
  /** One call of the host, or time goes by. */
  async hostStep(): Promise<void> {
    this.model.now = this.world.time.now()
    const rare = [this.change, this.batch, this.revoke, this.time, this.pause, this.useAtEnd, this.claimBoth]
    await (this.#below(5) === 0 ? this.#pick(rare) : this.#pick(this.#checkout)).call(this)
  }
  /** A new order, the last that took it, one that took it before, or one that was only told of. */
  #orderFor(item: Item): string {
    const dice = this.#below(5)
    if (dice === 4) return this.#toldOrder() ?? this.#newOrder()
    if (dice === 0) return [...this.model.orders].find(([, of]) => of === item)?.[0] ?? this.#newOrder()
    return dice === 1 && item.orderId !== undefined ? item.orderId : this.#newOrder()
  }
  /** One that was told of and took nothing yet, whosever it is. */
  #toldOrder(): string | undefined {
    const told = [...this.model.people.keys()].filter((orderId) => !this.model.orders.has(orderId))
    return told.length === 0 ? undefined : this.#pick(told)
  }
  #newOrder = () => `walk-${this.#round}-${++this.#orders}`
  #ask = (item: Item) => ({ userId: item.who as UserId, couponIds: [item.id], basket })
  #lockAs = (item: Item, orderId: string) =>
    refusalOf(this.world.asServer().call(lockCoupons, { params: { orderId }, body: this.#ask(item) }))
  async quote(): Promise<void> {
    if (this.model.items.length === 0) return
    const item = this.#pick(this.model.items)
    const asked = this.world.asServer().call(quoteBasket, { body: this.#ask(item) })
    expect(await refusalOf(asked)).toBe(this.model.takeFault(item))
    if (this.model.takeFault(item) === null) expect((await asked).discountFen).toBe(worthFen)
  }
  async lock(): Promise<void> {
    if (this.model.items.length === 0) return
    const item = this.#pick(this.model.items)
    const orderId = this.#orderFor(item)
    const told = await this.#lockAs(item, orderId)
    expect(told).toBe(this.model.lock(item, orderId))
  }
  /** An order is told of, mostly as whose the coupon is, before it asks for the coupon. */
  async lockTold(): Promise<void> {
    if (this.model.items.length === 0) return
    const item = this.#pick(this.model.items)
    const orderId = this.#newOrder()
    const who = this.#below(4) === 0 ? this.#pick(this.#people) : item.who
    await this.#tell(orderId, this.#pick(['paid', 'received']), who)
    await this.settle()
    this.model.hear(orderId, who, false)
    const told = await this.#lockAs(item, orderId)
    expect(told).toBe(this.model.lock(item, orderId))
  }
  /** Several orders ask for one coupon at once: whichever is first, one has it. */
  async lockTogether(): Promise<void> {
    if (this.model.items.length === 0) return
    const item = this.#pick(this.model.items)
    const orderIds = [1, 2, 3].map(this.#newOrder)
    const told = await Promise.all(orderIds.map((orderId) => this.#lockAs(item, orderId)))
    const first = Math.max(0, told.indexOf(null))
    const inOrder = [first, ...[0, 1, 2].filter((n) => n !== first)]
    for (const n of inOrder) expect(told[n]).toBe(this.model.lock(item, orderIds[n] ?? ''))
  }
  /** One that has a coupon or had one; each is told of late and repeatedly. */
  #order(): string | undefined {
    return this.model.orders.size === 0 ? undefined : this.#pick([...this.model.orders.keys()])
  }
  #useAs = (orderId: string) => refusalOf(this.world.asServer().call(useCoupons, { params: { orderId }, body: {} }))
  async use(): Promise<void> {
    const orderId = this.#order()
    if (orderId !== undefined) expect(await this.#useAs(orderId)).toBe(this.model.use(orderId))
  }
  /** A coupon that an order holds ends; whether a job was there by then or not, it is used no more. */
  async useAtEnd(): Promise<void> {
    const held = this.model.items.filter((item) => item.state === 'locked' && item.until > this.model.now)
    const item = held.length === 0 ? undefined : this.#pick(held)
    if (item?.orderId === undefined) return
    this.world.time.moveTo(item.until)
    this.model.now = item.until
    expect(await this.#useAs(item.orderId)).toBe(this.model.use(item.orderId))
    await this.settle()
  }
  async release(): Promise<void> {
    const orderId = this.#order()
    if (orderId === undefined) return
    const asked = this.world.asServer().call(releaseCoupons, { params: { orderId }, body: {} })
    expect(await refusalOf(asked)).toBe(this.model.release(orderId))
  }
  async back(): Promise<void> {
    const orderId = this.#order()
    if (orderId === undefined) return
    this.model.giveBack(orderId)
    await this.world.asServer().call(returnCoupons, { params: { orderId }, body: {} })
  }
  /** What an order did, heard by itself, also of one that never asked for a coupon. */
  async hear(): Promise<void> {
    const orderId = this.#below(4) === 0 ? this.#newOrder() : this.#order()
    if (orderId === undefined) return
    const status = this.#pick(['paid', 'received', 'cancelled', 'refunded'])
    const who = this.model.people.get(orderId) ?? this.#pick(this.#people)
    await this.#tell(orderId, status, who)
    await this.settle()
    this.model.hear(orderId, who, status === 'cancelled' || status === 'refunded')
  }
  #tell(orderId: string, status: string, userId = this.model.people.get(orderId)) {
    return this.world.asServer().call(tell, { body: { orderId, status, userId } })
  }
  /** An order ends while the checkout reports it as paid: whichever is first, nothing stays used. */
  async useWhileEnding(): Promise<void> {
    const orderId = this.#order()
    if (orderId === undefined) return
    const ending = this.#tell(orderId, 'cancelled')
    const [told] = await Promise.all([this.#useAs(orderId), ending.then(() => this.world.core.settle())])
    // What is refused for the end came after it; anything else came first.
    if (told !== 'coupon.order_ended') expect(told).toBe(this.model.use(orderId))
    this.model.end(orderId)
  }
  readonly #checkout = [
    ...[this.quote, this.lock, this.lock, this.lock, this.lockTold, this.lockTogether],
    ...[this.use, this.use, this.release, this.back, this.hear, this.useWhileEnding],
  ]
  async settle(): Promise<void> {
    await this.world.core.settle()
    this.model.now = this.world.time.now()
    this.model.settle()
  }
  async change(): Promise<void> {
    const total = 5 + this.#below(this.#total + 10)
    const isFit = total >= this.model.items.length
    const params = { stockId: this.stockId }
    const code = await refusalOf(this.world.asServer().call(changeStock, { params, body: { total } }))
    expect(code).toBe(isFit ? null : 'coupon.stock_below_issued')
    if (isFit) this.model.total = total
    await this.settle()
  }
  async pause(): Promise<void> {
    this.model.isPaused = !this.model.isPaused
    const body = { status: this.model.isPaused ? ('paused' as const) : ('active' as const) }
    await this.world.asServer().call(changeStock, { params: { stockId: this.stockId }, body })
    await this.settle()
  }
  async batch(): Promise<void> {
    const who = this.#pick(this.#people)
    const { model, stockId } = this
    const params = { stockId, batchId: `b${++this.#orders}` }
    const body = { userIds: [who as UserId] }
    // Whoever has all they may, of the stock or of their day, is left out of a batch that goes on.
    const isOut = model.isAtLimit(who) || model.isDayFull(who)
    const code = await refusalOf(this.world.asServer().call(issueBatch, { params, body }))
    expect(code).toBe(isOut ? null : model.claim(who))
    await this.settle()
    if (isOut || code !== null) return
    const { coupons } = await this.world.as(who).call(myCoupons, { query: { list: 'available', limit: 100 } })
    const known = new Set(model.items.map((item) => item.id))
    model.add(who, coupons.find((one) => one.stockId === stockId && !known.has(one.couponId))?.couponId)
  }
  async revoke(): Promise<void> {
    if (this.model.items.length === 0) return
    const held = this.model.items.filter((one) => one.state === 'locked')
    const item = this.#pick(held.length > 0 && this.#below(2) === 0 ? held : this.model.items)
    const expected = this.model.free(item) || item.state === 'voided' ? null : 'coupon.state'
    const body = { userId: item.who as UserId }
    const asked = this.world.asServer().call(voidCoupon, { params: { couponId: item.id }, body })
    expect(await refusalOf(asked)).toBe(expected)
    if (expected === null) item.state = 'voided'
  }
  async time(): Promise<void> {
    // Or to shortly before one ends, when a hold would last longer than it.
    const ends = this.model.items.map((item) => item.until - 10 * MINUTE).filter((at) => at > this.model.now)
    const nearEnd = ends.length === 0 ? DAY : this.#pick(ends) - this.model.now
    await this.world.jump(this.#pick([MINUTE, 20 * MINUTE, 20 * MINUTE, 5 * HOUR, DAY, nearEnd, nearEnd]))
    await this.settle()
  }
  /** The store's own counts against the lists of the model; no cap and no limit is passed. */
  async compare(): Promise<void> {
    await this.settle()
    const { items, now, total } = this.model
    const stock = await this.world.asServer().call(stockOf, { params: { stockId: this.stockId } })
    expect([stock.issued, stock.available]).toEqual([items.length, total - items.length])
    const count = (is: (item: Item) => boolean) => items.filter(is).length
    const { counts } = stock
    expect(counts.used).toBe(count((item) => item.state === 'used'))
    expect(counts.locked).toBe(count((item) => item.state === 'locked' && now < item.lockedUntil))
    expect(counts.issued + counts.returned).toBe(count((item) => this.model.free(item)))
    expect(counts.expired).toBe(count((item) => item.state === 'expired'))
    for (const at of this.offers) expect((await this.world.read(at, coupon)).total).toBe(total)
    const budget = campaignBudget(mainMerchant, `walk-${this.#campaigns}`)
    const { cap, spent } = await this.#budgets((call) => budgetOf(call, { ...budget, currency }))
    expect([cap, spent]).toEqual([this.model.capFen, this.model.worth(items)])
    expect(spent).toBeLessThanOrEqual(this.model.capFen)
    for (const who of this.#people) expect(count((item) => item.who === who)).toBeLessThanOrEqual(perUser)
  }
}
