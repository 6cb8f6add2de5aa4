/** What tests of flash sales share: a world with orders, its calls, and a walk beside a naive model that counts. */
import { MINUTE, type MineOf, type UserId } from '@qun/contract'
import type { Feature } from '@qun/core'
import { refusalOf, startWorld, type At, type World, type WorldOptions } from '@qun/testing'
import { expect } from 'vitest'
import { tell, teller } from '../../trade/order/fixtures.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import product, { offeredProducts } from '../../trade/product/server.ts'
import { cancelHold, flashSale, holdForHost, holdMs, payHold, saleForHost, takeForHost } from './contract.ts'
import { createFlashSale } from './server.ts'

const feature = createFlashSale({ products: [offeredProducts] })
export const openWorld = async (
  watching: ('wang' | 'li')[] = [],
  more: readonly Feature[] = [],
  options: Partial<WorldOptions> = {},
) => {
  const features = [message, membership, teller, product, feature, ...more]
  return aProduct(await startWorld({ features, watching, ...options }), 'guji')
}
/** A sale that begins in a minute, for everybody else in an hour, and lasts two. */
export const start = (world: World, patch: object = {}, groupId = world.groupId): Promise<At> => {
  const now = world.time.now()
  return world.as('wang').post(groupId, flashSale, {
    ...{ productId: 'guji', priceFen: 5_800, stock: 3, perMember: 2, refunds: '七天内可退' },
    ...{ startsAt: now + MINUTE, publicStartsAt: now + 60 * MINUTE, endsAt: now + 120 * MINUTE },
    ...patch,
  })
}
export const take = (world: World, name: string, at: At, quantity = 1) =>
  refusalOf(world.as(name).act(at, flashSale, 'take', { quantity }))
export const release = (world: World, name: string, at: At) =>
  refusalOf(world.as(name).act(at, flashSale, 'release', {}))
export const mineOf = (world: World, name: string, at: At) => world.as(name).mine<typeof flashSale>(at)
export const holdOf = async (world: World, name: string, at: At) => (await mineOf(world, name, at))?.hold?.holdId ?? ''
/** Takes and tells the hold. */
export const hold = async (world: World, name: string, at: At, quantity = 1) => {
  expect(await take(world, name, at, quantity)).toBe(null)
  return holdOf(world, name, at)
}
export const pay = (world: World, at: At, holdId: string, orderId: string) =>
  refusalOf(world.asServer().call(payHold, { params: { ...at, holdId }, body: { orderId } }))
export const cancel = (world: World, at: At, holdId: string) =>
  refusalOf(world.asServer().call(cancelHold, { params: { ...at, holdId }, body: {} }))
export const tellOrder = (world: World, orderId: string, status: string) =>
  world.asServer().call(tell, { body: { orderId, status } })

// ── the model ──
type State = 'held' | 'lapsed' | 'released' | 'cancelled' | 'sold' | 'refunded'
interface Hold {
  readonly holdId: string
  readonly at: At
  readonly who: string
  readonly quantity: number
  readonly until: number
  state: State
  orderId?: string
}
/** What should be, by the words of the README and without a counter. */
class Model {
  holds: Hold[] = []
  /** Of orders, across sales: which hold each paid for, and which ended. */
  readonly bound = new Map<string, Hold>()
  readonly ended = new Set<string>()
  now = 0
  phase: 'on' | 'ended' = 'on'
  readonly terms = { stock: 0, perMember: 0, publicStartsAt: 0, endsAt: 0 }

  pieces = (state: State, who?: string) =>
    this.holds
      .filter((one) => one.state === state && (who === undefined || one.who === who))
      .reduce((sum, one) => sum + one.quantity, 0)
  left = () => this.terms.stock - this.pieces('held') - this.pieces('sold')
  live = (who: string) => this.holds.find((one) => one.who === who && one.state === 'held')
  isOver = () => this.phase === 'ended' || this.now >= this.terms.endsAt
  /** What a person's hold that is over by the clock becomes, unless what it made room for is refused. */
  #anew(who: string, quantity: number): string | null {
    const live = this.live(who)
    const isDue = live !== undefined && this.now >= live.until
    if (isDue) live.state = 'lapsed'
    const taken = this.pieces('sold', who) + this.pieces('held', who)
    const fault =
      taken + quantity > this.terms.perMember
        ? 'flash_sale.limit'
        : quantity > this.left()
          ? 'flash_sale.sold_out'
          : null
    if (fault !== null && isDue) live.state = 'held'
    return fault
  }
  /** `same` is the hold that stands. */
  take(who: string, quantity: number): { fault: string | null; same?: Hold } {
    const live = this.live(who)
    if (live !== undefined && this.now < live.until) return { fault: null, same: live }
    if (this.isOver()) return { fault: 'flash_sale.ended' }
    if (who === 'zhou' && this.now < this.terms.publicStartsAt) return { fault: 'flash_sale.not_started' }
    return { fault: this.#anew(who, quantity) }
  }
  release(who: string): string | null {
    const live = this.live(who)
    if (live === undefined) return 'flash_sale.no_hold'
    live.state = 'released'
    return null
  }
  pay(hold: Hold, orderId: string): string | null {
    if (hold.state === 'sold' && hold.orderId === orderId) return null
    if (this.ended.has(orderId)) return 'flash_sale.order_ended'
    if ((this.bound.get(orderId) ?? hold) !== hold) return 'flash_sale.order_used'
    if (hold.state === 'sold') return 'flash_sale.hold_paid'
    if (hold.state !== 'held' && hold.state !== 'lapsed') return 'flash_sale.hold_over'
    if (hold.state === 'lapsed' || this.now >= hold.until) {
      const fault = this.isOver() ? 'flash_sale.ended' : this.#anew(hold.who, hold.quantity)
      if (fault !== null) return fault
    }
    Object.assign(hold, { state: 'sold', orderId })
    this.bound.set(orderId, hold)
    return null
  }
  cancel(hold: Hold): string | null {
    if (hold.state === 'sold') return 'flash_sale.hold_paid'
    if (hold.state === 'held' || hold.state === 'lapsed') hold.state = 'cancelled'
    return null
  }
  end(orderId: string): void {
    this.ended.add(orderId)
    const hold = this.bound.get(orderId)
    if (hold?.state === 'sold') hold.state = 'refunded'
  }
  /** What jobs do by now. */
  settle(): void {
    for (const one of this.holds) if (one.state === 'held' && this.now >= one.until) one.state = 'lapsed'
    if (this.now >= this.terms.endsAt) this.phase = 'ended'
  }
}

/** Moves of members, host, orders and clock by chance, each compared with the model. `zhou` is no member. */
export class Walk {
  readonly model = new Model()
  /** Codes and states met, to see that the walk comes everywhere. */
  readonly seen = new Set<string>()
  readonly #random: () => number
  readonly #people: readonly string[]
  readonly world: World
  #at: At = { groupId: '' as At['groupId'], seq: 0 }
  #orders = 0

  constructor(world: World, random: () => number, people: readonly string[]) {
    this.world = world
    this.#random = random
    this.#people = people
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  #pick = <T>(from: readonly T[]): T | undefined => from[this.#below(from.length)]
  #agree(told: string | null, expected: string | null): void {
    expect(told).toBe(expected)
    this.seen.add(String(expected))
  }
  /** A fresh sale; orders of the former stay known. */
  async begin(): Promise<void> {
    const { model, world } = this
    const now = world.time.now()
    const terms = { stock: 8, perMember: 3, publicStartsAt: now + 10 * MINUTE, endsAt: now + 180 * MINUTE }
    this.#at = await start(world, { startsAt: now, ...terms })
    Object.assign(model.terms, terms)
    Object.assign(model, { holds: [], now, phase: 'on' })
  }
  async step(): Promise<void> {
    const { world, model } = this
    // Jobs are late now and then: what is due is decided by the clock all the same.
    if (this.#random() < 0.25) world.time.moveTo(world.time.now() + this.#below(9 * MINUTE))
    model.now = world.time.now()
    const kind = this.#random()
    if (kind < 0.38) await this.#take()
    else if (kind < 0.46) await this.#release()
    else if (kind < 0.72) await this.#pay()
    else if (kind < 0.76) await this.#payTogether()
    else if (kind < 0.8) await this.#payWhileEnding()
    else if (kind < 0.86) await this.#cancel()
    else if (kind < 0.95) await this.#tell()
    else if (kind < 0.97) await this.#read()
    else await this.compare()
  }
  async #take(): Promise<void> {
    const { world, model } = this
    const [who, quantity] = [this.#pick(this.#people) ?? '', 1 + this.#below(2)]
    const { fault, same } = model.take(who, quantity)
    const body = { userId: who as UserId, quantity }
    const isByHost = who === 'zhou' || this.#random() < 0.3
    const asked = () => world.asServer().call(takeForHost, { params: this.#at, body })
    this.#agree(isByHost ? await refusalOf(asked()) : await take(world, who, this.#at, quantity), fault)
    if (fault !== null) return
    // Asked again it is the same.
    const { holdId } = await asked()
    if (same !== undefined) return expect(holdId).toBe(same.holdId)
    model.holds.push({ holdId, at: this.#at, who, quantity, until: model.now + holdMs, state: 'held' })
  }
  async #release(): Promise<void> {
    const who = this.#pick(this.#people.filter((one) => one !== 'zhou')) ?? ''
    this.#agree(await release(this.world, who, this.#at), this.model.release(who))
  }
  /** A new order, one that paid, or one that ended, perhaps before anything else was told of it. */
  #order(): string {
    const { bound, ended } = this.model
    const known = this.#random() < 0.3 ? this.#pick([...bound.keys(), ...ended]) : undefined
    return known ?? `o-${++this.#orders}`
  }
  #hold = () => this.#pick(this.model.holds)
  async #pay(): Promise<void> {
    const hold = this.#hold()
    if (hold === undefined) return
    // Repeated with its own order now and then.
    const orderId = this.#random() < 0.2 ? (hold.orderId ?? this.#order()) : this.#order()
    const told = await pay(this.world, hold.at, hold.holdId, orderId)
    this.#agree(told, this.model.pay(hold, orderId))
    // What is answered so, the host captures.
    if (told === null) expect(this.model.ended.has(orderId)).toBe(false)
  }
  /** What the host's checkout asks before it takes money. */
  async #read(): Promise<void> {
    const { model, world } = this
    const sale = await world.asServer().call(saleForHost, { params: this.#at })
    expect(sale).toMatchObject({ left: model.left(), ended: model.isOver(), void: false })
    const hold = this.#hold()
    if (hold === undefined) return
    const told = await world.asServer().call(holdForHost, { params: { ...hold.at, holdId: hold.holdId } })
    const { who, quantity, until, orderId = null } = hold
    expect(told).toMatchObject({ userId: who, quantity, until, orderId, amountFen: 5_800 * quantity })
    // By the clock it is over, whether a sweep came by or not.
    const isDue = hold.state === 'held' && model.now >= until
    expect(isDue ? ['held', 'lapsed'] : [hold.state]).toContain(told.status)
  }
  /** Several orders for one hold at once: whichever is first, one counts. */
  async #payTogether(): Promise<void> {
    const hold = this.#hold()
    if (hold === undefined) return
    const orderIds = [1, 2, 3].map(() => `o-${++this.#orders}`)
    const told = await Promise.all(orderIds.map((orderId) => pay(this.world, hold.at, hold.holdId, orderId)))
    const first = Math.max(0, told.indexOf(null))
    this.#agree(told[first] ?? null, this.model.pay(hold, orderIds[first] ?? ''))
    for (const [n, code] of told.entries()) if (n !== first) this.#agree(code, this.model.pay(hold, orderIds[n] ?? ''))
  }
  /** An order ends while it is reported as paid: whichever is first, nothing stays sold. */
  async #payWhileEnding(): Promise<void> {
    // What is due is done first: else a job that runs beside the payment would decide what it finds.
    await this.compare()
    const hold = this.#hold()
    if (hold === undefined) return
    const orderId = `o-${++this.#orders}`
    const ending = tellOrder(this.world, orderId, 'cancelled').then(() => this.world.core.settle())
    const [told] = await Promise.all([pay(this.world, hold.at, hold.holdId, orderId), ending])
    if (told !== 'flash_sale.order_ended') this.#agree(told, this.model.pay(hold, orderId))
    this.model.end(orderId)
  }
  async #cancel(): Promise<void> {
    const hold = this.#hold()
    if (hold === undefined) return
    this.#agree(await cancel(this.world, hold.at, hold.holdId), this.model.cancel(hold))
  }
  async #tell(): Promise<void> {
    const orderId = this.#order()
    const status = this.#pick(['paid', 'received', 'refunded', 'cancelled']) ?? ''
    await tellOrder(this.world, orderId, status)
    if (status === 'refunded' || status === 'cancelled') this.model.end(orderId)
    await this.compare()
  }
  /** Runs what is due; then the card and everybody's own part say what the model counts. */
  async compare(): Promise<void> {
    const { world, model } = this
    await world.core.settle()
    model.now = world.time.now()
    model.settle()
    for (const one of model.holds) this.seen.add(one.state)
    const counts = { phase: model.phase, left: model.left(), soldCount: model.pieces('sold') }
    expect(await world.read(this.#at, flashSale)).toEqual(counts)
    expect(counts.soldCount + model.pieces('held')).toBeLessThanOrEqual(model.terms.stock)
    for (const who of this.#people)
      expect(model.pieces('held', who) + model.pieces('sold', who)).toBeLessThanOrEqual(model.terms.perMember)
    const who = this.#pick(this.#people.filter((one) => one !== 'zhou')) ?? ''
    const mine: MineOf<typeof flashSale> = (await mineOf(world, who, this.#at)) ?? { hold: null, boughtCount: 0 }
    expect([mine.hold?.holdId, mine.boughtCount]).toEqual([model.live(who)?.holdId, model.pieces('sold', who)])
  }
}
