/** What the random walk is compared with: wallets, orders and caps that count from lists. */
import { dayIn, defaultZone } from '@qun/contract'
import { grantsPerOrderMax } from './contract.ts'

/** [PO6] What a person is given on a day, a member of staff gives on a day, and a campaign gives in all. */
export const caps = { memberDay: 300, staffDay: 600, campaign: 1_500 } as const

/** Points that lapse at an instant; never, at Infinity. */
type Parts = Map<number, number>
export interface Grant {
  readonly ref: string
  readonly who: string
  readonly amount: number
  readonly expiresAt?: number
  readonly staffId?: string
  readonly campaign?: string
  readonly orderId?: string
}
interface Movement {
  readonly what: 'grant' | 'deduct'
  readonly grant: Grant
  readonly day: string
  /** What still counts against the caps. */
  counted: number
  /** Of a deduction: what comes back with its reversal. */
  readonly parts: Parts
  reversedBy?: string
  /** An ended order took back some of it. */
  isClawedBack?: boolean
}
interface Order {
  readonly who: string
  isEnded: boolean
  readonly grants: Movement[]
}
export class Model {
  now = 0
  readonly movements = new Map<string, Movement>()
  readonly orders = new Map<string, Order>()
  /** The same by what they count against, so that a long walk need not look at all of them. */
  readonly #ofDay = new Map<string, Movement[]>()
  readonly #ofCampaign = new Map<string, Movement[]>()
  readonly #purses = new Map<string, Parts>()

  #purse(who: string): Parts {
    const purse = this.#purses.get(who) ?? new Map<number, number>()
    this.#purses.set(who, purse)
    return purse
  }
  /** What lapses, soonest first, and what is left of each. */
  lots = (who: string) =>
    [...this.#purse(who)]
      .filter(([at, left]) => at > this.now && at < Infinity && left > 0)
      .toSorted(([a], [b]) => a - b)
      .map(([expiresAt, amount]) => ({ expiresAt, amount }))
  balance = (who: string) => [...this.#purse(who)].reduce((sum, [at, left]) => sum + (at > this.now ? left : 0), 0)
  #put(who: string, parts: Parts): void {
    const purse = this.#purse(who)
    for (const [at, amount] of parts) purse.set(at, (purse.get(at) ?? 0) + amount)
  }
  /** What lapses soonest goes first. */
  #take(who: string, amount: number): Parts {
    const purse = this.#purse(who)
    const taken: Parts = new Map()
    let wanted = amount
    for (const at of [...purse.keys()].filter((one) => one > this.now).toSorted((a, b) => a - b)) {
      const part = Math.min(wanted, purse.get(at) ?? 0)
      if (part === 0) continue
      purse.set(at, (purse.get(at) ?? 0) - part)
      taken.set(at, part)
      wanted -= part
    }
    return taken
  }

  // ── caps ──
  day = () => dayIn(defaultZone, this.now)
  spentOn(scope: keyof typeof caps, whose: string): number {
    const all = (scope === 'campaign' ? this.#ofCampaign.get(whose) : this.#ofDay.get(this.day())) ?? []
    const counts = ({ grant }: Movement) =>
      scope === 'campaign' || (scope === 'memberDay' ? grant.who : grant.staffId) === whose
    return all.filter(counts).reduce((sum, one) => sum + one.counted, 0)
  }
  #keep(movement: Movement): void {
    const { grant, day } = movement
    this.movements.set(grant.ref, movement)
    const { campaign } = grant
    this.#ofDay.set(day, [...(this.#ofDay.get(day) ?? []), movement])
    if (campaign !== undefined) this.#ofCampaign.set(campaign, [...(this.#ofCampaign.get(campaign) ?? []), movement])
  }
  #hasRoom({ who, amount, staffId, campaign }: Grant): boolean {
    const fits = (scope: keyof typeof caps, whose: string | undefined) =>
      whose === undefined || this.spentOn(scope, whose) + amount <= caps[scope]
    return fits('memberDay', who) && fits('staffDay', staffId) && fits('campaign', campaign)
  }

  // ── moving ──
  #again(what: Movement['what'], asked: Grant): string | null | undefined {
    const known = this.movements.get(asked.ref)
    if (known === undefined) return undefined
    const told = ({ who, amount, expiresAt }: Grant) => JSON.stringify([who, amount, expiresAt])
    return known.what === what && told(known.grant) === told(asked) ? null : 'idempotency.key_reused'
  }
  grant(grant: Grant): string | null {
    const again = this.#again('grant', grant)
    if (again !== undefined) return again
    const { who, amount, orderId, expiresAt = Infinity } = grant
    const order = orderId === undefined ? undefined : (this.orders.get(orderId) ?? { who, isEnded: false, grants: [] })
    if (order !== undefined && (order.isEnded || order.who !== who || order.grants.length >= grantsPerOrderMax))
      return 'points.order_invalid'
    if (!this.#hasRoom(grant)) return 'budget.exhausted'
    if (expiresAt <= this.now) return 'points.expiry_invalid'
    const movement: Movement = { what: 'grant', grant, day: this.day(), counted: amount, parts: new Map() }
    this.#keep(movement)
    if (order !== undefined && orderId !== undefined) {
      order.grants.push(movement)
      this.orders.set(orderId, order)
    }
    this.#put(who, new Map([[expiresAt, amount]]))
    return null
  }
  deduct(asked: Grant): string | null {
    const again = this.#again('deduct', asked)
    if (again !== undefined) return again
    if (this.balance(asked.who) < asked.amount) return 'ledger.insufficient_funds'
    const parts = this.#take(asked.who, asked.amount)
    this.#keep({ what: 'deduct', grant: asked, day: this.day(), counted: 0, parts })
    return null
  }
  reverse(ref: string, by: string): string | null {
    const movement = this.movements.get(ref)
    if (movement === undefined) return 'ledger.not_reversible'
    if (movement.reversedBy === by) return null
    if (movement.reversedBy !== undefined || movement.isClawedBack === true) return 'ledger.already_reversed'
    const { who, amount } = movement.grant
    if (movement.what === 'grant') {
      if (this.balance(who) < amount) return 'ledger.insufficient_funds'
      this.#take(who, amount)
    } else this.#put(who, movement.parts)
    movement.reversedBy = by
    movement.counted = 0
    return null
  }
  /** An order is told of: from then on it is that person's. */
  hear(orderId: string, who: string): void {
    if (!this.orders.has(orderId)) this.orders.set(orderId, { who, isEnded: false, grants: [] })
  }
  /** An order is refunded or cancelled: what was granted for it goes back, as far as it is there. */
  end(orderId: string, who: string): void {
    const order = this.orders.get(orderId) ?? { who, isEnded: false, grants: [] }
    this.orders.set(orderId, order)
    if (order.isEnded) return
    order.isEnded = true
    for (const movement of order.grants.toSorted((a, b) => (a.grant.ref < b.grant.ref ? -1 : 1))) {
      if (movement.reversedBy !== undefined) continue
      const left = Math.min(movement.grant.amount, this.balance(order.who))
      this.#take(order.who, left)
      movement.isClawedBack = left > 0
      // Of what had been spent it stays counted that it was given.
      movement.counted -= left
    }
  }
}
