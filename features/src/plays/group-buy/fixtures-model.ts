/** What the random walks are compared with: a naive model of group buys that counts from lists. */
import type { BodyOf } from '@qun/contract'
import { expect } from 'vitest'
import { holdMs, type groupBuy } from './contract.ts'

export const ladder = [
  { size: 2, priceFen: 1_900 },
  { size: 3, priceFen: 1_500 },
]
export type Body = BodyOf<typeof groupBuy>

export interface Place {
  readonly who: string
  teamNo: number | null
  readonly quantity: number
  readonly until: number
  status: 'held' | 'returned' | 'paid' | 'won' | 'lost' | 'refunded'
  orderId?: string
}
/** What was told of an order. */
interface Order {
  readonly who: string
  place?: Place
  isPaid: boolean
  isEnded: boolean
}
interface Team {
  readonly teamNo: number
  readonly until: number
  isOpen: boolean
}
/** What should be, by the words of the README and without a counter. */
export class Model {
  readonly places: Place[] = []
  readonly teams: Team[] = []
  readonly orders = new Map<string, Order>()
  instructions: string[] = []
  /** All there ever were, also those the host carried out. */
  readonly everInstructed = new Set<string>()
  phase: 'on' | 'ended' | 'cancelled' = 'on'
  readonly body: Body

  constructor(body: Body) {
    this.body = body
  }
  count = (status: Place['status'], teamNo?: number) =>
    this.places.filter((one) => one.status === status && (teamNo === undefined || one.teamNo === teamNo))
  pieces = (all: readonly Place[]) => all.reduce((sum, one) => sum + one.quantity, 0)
  left = () => this.body.stock - this.pieces([...this.count('held'), ...this.count('paid'), ...this.count('won')])
  live = (who: string) => this.places.find((one) => one.who === who && (one.status === 'held' || one.status === 'paid'))
  bought = (who: string) => this.pieces(this.count('won').filter((one) => one.who === who))
  isFull = (teamNo: number) => this.count('held', teamNo).length + this.count('paid', teamNo).length >= 3
  isOn = (now: number) => this.phase === 'on' && now < this.body.endsAt

  keep(who: string, quantity: number, teamNo: number | null, now: number): string | null {
    const live = this.live(who)
    if (live !== undefined && (live.status === 'paid' || now < live.until))
      return live.teamNo === teamNo ? null : 'group_buy.already_in'
    if (!this.isOn(now)) return 'group_buy.ended'
    const team = this.teams.find((one) => one.teamNo === teamNo)
    if (teamNo !== null && team === undefined) return 'group_buy.team_not_found'
    if (team?.isOpen === false || (team !== undefined && now >= team.until)) return 'group_buy.team_over'
    if (live !== undefined) live.status = 'returned'
    const fault = this.#keepFault(who, quantity, teamNo)
    if (fault !== null) {
      if (live !== undefined) live.status = 'held'
      return fault
    }
    this.places.push({ who, quantity, teamNo, until: now + holdMs, status: 'held' })
    return null
  }
  #keepFault(who: string, quantity: number, teamNo: number | null): string | null {
    if (teamNo !== null && this.isFull(teamNo)) return 'group_buy.team_full'
    if (this.bought(who) + quantity > this.body.perMember) return 'group_buy.limit'
    return quantity > this.left() ? 'group_buy.sold_out' : null
  }
  release(who: string): string | null {
    const live = this.live(who)
    if (live?.status !== 'held') return 'group_buy.no_place'
    live.status = 'returned'
    return null
  }
  withdraw(who: string, now: number): string | null {
    const live = this.live(who)
    if (live?.status !== 'paid' || live.teamNo === null) return 'group_buy.no_place'
    const team = live.teamNo
    if (this.count('paid', team).length > 1 || this.count('held', team).length > 0) return 'group_buy.not_alone'
    this.settleTeam(team, now >= (this.teams[team - 1]?.until ?? 0))
    return null
  }
  order(who: string, orderId: string): Order {
    const order = this.orders.get(orderId) ?? { who, isPaid: false, isEnded: false }
    this.orders.set(orderId, order)
    return order
  }
  #asked = (who: string, orderId: string) =>
    this.places.find((one) => one.orderId === orderId) ??
    this.order(who, orderId).place ??
    this.live(who) ??
    this.places.findLast((one) => one.who === who)
  /** The person's own place, as a host asks that names none. */
  pay(who: string, orderId: string, now: number): string {
    const place = this.#asked(who, orderId)
    if (place === undefined) return 'group_buy.no_place'
    return place.orderId === orderId ? place.status : this.#take(this.order(who, orderId), place, orderId, now)
  }
  bind(who: string, orderId: string, now: number): string | null {
    const order = this.order(who, orderId)
    if (order.isEnded) return 'group_buy.order_ended'
    const place = this.#asked(who, orderId)
    if (place === undefined) return 'group_buy.no_place'
    if (order.place !== undefined) return null
    if (place.orderId !== undefined) return 'group_buy.place_paid'
    order.place = place
    if (order.isPaid) this.#take(order, place, orderId, now)
    return null
  }
  /** An event of an order; it may be heard before anybody says what the order is for. */
  hear(orderId: string, who: string, isPaid: boolean, now: number): void {
    const order = this.order(who, orderId)
    if (isPaid) order.isPaid = true
    else order.isEnded = true
    const place = this.places.find((one) => one.orderId === orderId) ?? order.place
    if (place === undefined) return
    if (!isPaid) this.#giveUp(place, orderId)
    else if (place.orderId !== orderId) this.#take(order, place, orderId, now)
  }
  #giveUp(place: Place, orderId: string): void {
    const others = [...this.orders].filter(([id, one]) => id !== orderId && one.place === place && !one.isEnded)
    if (place.status === 'held' && others.length === 0) place.status = 'returned'
    if (place.orderId !== orderId) return
    const { status } = place
    if (status === 'paid' || status === 'won') place.status = 'refunded'
    this.instructions = this.instructions.filter((one) => one.split(' ')[1] !== orderId)
    const isEmpty = status === 'paid' && this.count('paid', place.teamNo ?? 0).length === 0
    if (isEmpty) this.settleTeam(place.teamNo ?? 0, false)
  }
  #take(order: Order, place: Place, orderId: string, now: number): string {
    if (order.isEnded) return this.#refuse(place, orderId)
    order.place ??= place
    if (place.status !== 'held' && place.status !== 'returned') return this.#refuse(place, orderId)
    const { who } = place
    const team = this.teams.find((one) => one.teamNo === place.teamNo)
    if (team?.isOpen === true && now >= team.until) this.settleTeam(team.teamNo, true)
    // Money that came stands above a place somebody only keeps.
    const other = this.live(who)
    if (other !== place && other?.status === 'held') other.status = 'returned'
    const isHeld = place.status === 'held'
    const backTo = place.status
    place.status = 'returned'
    const fits =
      this.isOn(now) &&
      place.quantity <= this.left() &&
      this.bought(who) + place.quantity <= this.body.perMember &&
      (isHeld || this.live(who) === undefined)
    const hasSeat = team?.isOpen === true && !this.isFull(team.teamNo)
    if (!fits || (!hasSeat && !(isHeld && place.teamNo === null) && this.body.late === 'refund')) {
      place.status = 'lost'
      place.orderId = orderId
      this.#instruct(`void ${orderId} ${1_900 * place.quantity}`)
      return 'lost'
    }
    expect(['held', 'returned']).toContain(backTo)
    if (!hasSeat) {
      place.teamNo = this.teams.length + 1
      this.teams.push({ teamNo: place.teamNo, until: Math.min(now + this.body.teamMs, this.body.endsAt), isOpen: true })
    }
    place.status = 'paid'
    place.orderId = orderId
    if (this.count('paid', place.teamNo as number).length === 3) this.settleTeam(place.teamNo as number, true)
    return statusOf(place)
  }
  #instruct(instruction: string): void {
    this.instructions.push(instruction)
    this.everInstructed.add(instruction)
  }
  #refuse(of: Place, orderId: string): string {
    this.places.unshift({ ...of, teamNo: null, status: 'lost', orderId })
    this.#instruct(`void ${orderId} ${1_900 * of.quantity}`)
    return 'lost'
  }
  settleTeam(teamNo: number, isBuying: boolean): void {
    const team = this.teams[teamNo - 1]
    if (team === undefined) return
    team.isOpen = false
    for (const place of this.count('held', teamNo)) place.status = 'returned'
    const paid = this.count('paid', teamNo)
    const step = isBuying ? ladder.findLast((one) => paid.length >= one.size) : undefined
    for (const place of paid) {
      place.status = step === undefined ? 'lost' : 'won'
      const [what, price] = step === undefined ? ['void', 1_900] : ['capture', step.priceFen]
      this.#instruct(`${what} ${place.orderId} ${price * place.quantity}`)
    }
  }
  /** The host carried it out. */
  carryOut(what: string, orderId: string): string | null {
    const isIt = (one: string) => one.startsWith(`${what} ${orderId} `)
    this.instructions = this.instructions.filter((one) => !isIt(one))
    return [...this.everInstructed].some(isIt) ? null : 'group_buy.no_place'
  }
  cancel(now: number): string | null {
    if (!this.isOn(now)) return 'group_buy.ended'
    this.phase = 'cancelled'
    return null
  }
  /** What jobs do by now. */
  settle(now: number): void {
    if (this.phase === 'on' && now >= this.body.endsAt) this.phase = 'ended'
    for (const team of this.teams)
      if (team.isOpen && (this.phase === 'cancelled' || now >= team.until))
        this.settleTeam(team.teamNo, this.phase !== 'cancelled')
    for (const place of this.count('held')) if (this.phase !== 'on' || now >= place.until) place.status = 'returned'
  }
  state() {
    const open = this.teams.filter((team) => team.isOpen)
    return {
      phase: this.phase,
      left: this.left(),
      heldCount: this.count('held').length,
      teamCount: this.teams.length,
      openCount: open.length,
      soldCount: this.pieces(this.count('won')),
      teams: open.slice(0, 10).map(({ teamNo, until }) => ({
        teamNo,
        until,
        paidCount: this.count('paid', teamNo).length,
        heldCount: this.count('held', teamNo).length,
      })),
    }
  }
}

/** Read anew: the team may have been settled meanwhile. */
const statusOf = (place: Place) => place.status
