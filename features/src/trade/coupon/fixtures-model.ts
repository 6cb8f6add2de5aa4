/** What the random walks are compared with: a naive model of one stock that counts from lists. */
import { DAY, dayIn, defaultZone } from '@qun/contract'
import { lockMs } from './contract.ts'

export const perUser = 4
/** What each counts for, and what a person may be given on a day: three of them, of whatever stock. */
export const worthFen = 500
export const memberDayFen = 1_600
const lifeMs = 3 * DAY
const extendedMs = 7 * DAY

export interface Item {
  id: string
  readonly who: string
  state: 'free' | 'locked' | 'used' | 'expired' | 'voided'
  until: number
  /** Of the last order that took it. */
  orderId?: string
  lockedUntil: number
  /** The day on which it was given. */
  readonly day: string
}
/** What should be, by the words of the README and without a counter. */
export class Model {
  items: Item[] = []
  /** Of former stocks: they count for their holders' days. */
  readonly former: Item[] = []
  /** Orders and what each was given to hold, the latest last: nothing is known of one that was refused. */
  readonly orders = new Map<string, Item>()
  /** Whose each order is: who asked first, or whom the host told. */
  readonly people = new Map<string, string>()
  /** Orders that were told paid: what they take is used. */
  readonly paid = new Set<string>()
  /** Orders that let nothing of what they were priced with go. */
  readonly priced = new Set<string>()
  /** Orders that were cancelled or refunded: they take nothing any more. */
  readonly ended = new Set<string>()
  total = 0
  capFen = 0
  isPaused = false
  now = 0

  day = () => dayIn(defaultZone, this.now)
  add(who: string, id = ''): void {
    const until = this.now + lifeMs
    this.items.push({ id, who, state: 'free', until, lockedUntil: 0, day: this.day() })
  }
  free(item: Item): boolean {
    const isLapsed = item.state === 'locked' && this.now >= item.lockedUntil
    return (item.state === 'free' || isLapsed) && this.now < item.until
  }
  /** What was given counts until it is lost: what was used was given. */
  worth = (items: readonly Item[]) =>
    items.filter(({ state }) => state !== 'expired' && state !== 'voided').length * worthFen
  isDayFull(who: string): boolean {
    const today = this.day()
    const given = [...this.former, ...this.items].filter((item) => item.who === who && item.day === today)
    return this.worth(given) + worthFen > memberDayFen
  }
  isAtLimit = (who: string) => this.items.filter((item) => item.who === who).length >= perUser
  supplyFault(): string | null {
    if (this.items.length >= this.total) return 'coupon.sold_out'
    return this.worth(this.items) + worthFen > this.capFen ? 'budget.exhausted' : null
  }
  claim(who: string): string | null {
    if (this.isPaused) return 'coupon.paused'
    if (this.isAtLimit(who)) return 'coupon.limit'
    return this.supplyFault() ?? (this.isDayFull(who) ? 'budget.exhausted' : null)
  }
  /** Why an order that has no part in it may not take it. */
  takeFault(item: Item): string | null {
    if (item.state === 'used' || (item.state === 'locked' && this.now < item.lockedUntil)) return 'coupon.already_used'
    if (item.state === 'voided') return 'coupon.state'
    return this.free(item) ? null : 'coupon.expired'
  }
  lock(item: Item, orderId: string): string | null {
    if ((this.people.get(orderId) ?? item.who) !== item.who) return 'coupon.not_found'
    if (this.ended.has(orderId)) return 'coupon.order_ended'
    const isPaid = this.paid.has(orderId)
    if (isPaid && item.state === 'used' && item.orderId === orderId) return null
    const isHeld = item.state === 'locked' && this.now < item.lockedUntil
    const isOwn = isHeld && item.orderId === orderId
    if (isOwn && !isPaid) return null
    const fault = isOwn ? null : this.takeFault(item)
    if (fault !== null) return fault
    this.orders.set(orderId, item)
    this.people.set(orderId, item.who)
    this.priced.add(orderId)
    if (isPaid) {
      Object.assign(item, { state: 'used', orderId, lockedUntil: 0 })
      return null
    }
    Object.assign(item, { state: 'locked', orderId, lockedUntil: Math.min(this.now + lockMs, item.until) })
    return null
  }
  /** Each item has orders of its own; the last that took it has it. */
  of(orderId: string): Item | undefined {
    const item = this.orders.get(orderId)
    return item?.orderId === orderId ? item : undefined
  }
  use(orderId: string): string | null {
    if (this.ended.has(orderId)) return 'coupon.order_ended'
    const priced = this.orders.get(orderId)
    const item = this.of(orderId)
    if (item === undefined)
      return priced === undefined || !this.priced.has(orderId)
        ? 'coupon.not_found'
        : (this.takeFault(priced) ?? 'coupon.state')
    if (item.state === 'used') return null
    if (item.state === 'locked' && this.now < item.until) {
      item.state = 'used'
      return null
    }
    return item.state !== 'voided' && this.now >= item.until ? 'coupon.expired' : 'coupon.state'
  }
  release(orderId: string): string | null {
    const item = this.of(orderId)
    if (item === undefined) return 'coupon.not_found'
    if (item.state === 'used') return 'coupon.state'
    this.priced.delete(orderId)
    if (item.state === 'locked') item.state = this.now < item.until ? 'free' : 'expired'
    return null
  }
  /** The host tells of an order: from then on it is that person's. */
  hear(orderId: string, who: string, isEnd: boolean): void {
    this.people.set(orderId, who)
    if (isEnd) return this.end(orderId)
    this.paid.add(orderId)
    this.use(orderId)
  }
  end(orderId: string): void {
    this.ended.add(orderId)
    this.giveBack(orderId)
  }
  giveBack(orderId: string): void {
    this.priced.delete(orderId)
    const item = this.of(orderId)
    if (item?.state !== 'used') return void this.release(orderId)
    item.until = Math.max(item.until, this.now + extendedMs)
    item.state = 'free'
  }
  /** What jobs do by now. */
  settle(): void {
    for (const item of [...this.former, ...this.items])
      if ((item.state === 'free' || item.state === 'locked') && this.now >= item.until) item.state = 'expired'
  }
  begin(): void {
    const today = this.day()
    // Older ones count on no day that is still to come, and no order of theirs is told of any more.
    const kept = [...this.former, ...this.items].filter((item) => item.day === today)
    this.former.splice(0, Infinity, ...kept)
    this.items = []
    this.orders.clear()
    this.ended.clear()
    this.people.clear()
    this.paid.clear()
    this.priced.clear()
  }
}
