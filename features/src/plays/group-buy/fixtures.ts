/** What the random walks share: a naive model of group buys that counts from lists, and what it is compared with. */
import { HOUR, MINUTE, type BodyOf, type UserId } from '@qun/contract'
import { startWorld, type At, type World } from '@qun/testing'
import { expect } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { groupBuy, holdMs, instructionsForHost, payPlace } from './contract.ts'
import feature from './server.ts'

const ladder = [
  { size: 2, priceFen: 1_900 },
  { size: 3, priceFen: 1_500 },
]
type Body = BodyOf<typeof groupBuy>

interface Place {
  readonly who: string
  teamNo: number | null
  readonly quantity: number
  readonly until: number
  status: 'held' | 'returned' | 'paid' | 'won' | 'lost'
  orderId?: string
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
  readonly instructions: string[] = []
  phase: 'on' | 'ended' | 'cancelled' = 'on'
  readonly body: Body

  constructor(body: Body) {
    this.body = body
  }
  count = (status: Place['status'], teamNo?: number) =>
    this.places.filter((one) => one.status === status && (teamNo === undefined || one.teamNo === teamNo))
  pieces = (all: readonly Place[]) => all.reduce((sum, one) => sum + one.quantity, 0)
  left = () =>
    (this.body.stock ?? 0) - this.pieces([...this.count('held'), ...this.count('paid'), ...this.count('won')])
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
  /** The person's own place, as a host asks that names none. */
  pay(who: string, orderId: string, now: number): string {
    const known = this.places.find((one) => one.orderId === orderId)
    if (known !== undefined) return known.status
    const place = this.live(who) ?? this.places.findLast((one) => one.who === who)
    if (place === undefined) return 'group_buy.no_place'
    if (place.status !== 'held' && place.status !== 'returned') return this.#refuse(place, orderId)
    const team = this.teams.find((one) => one.teamNo === place.teamNo)
    if (team?.isOpen === true && now >= team.until) this.settleTeam(team.teamNo, true)
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
      this.instructions.push(`void ${orderId} ${1_900 * place.quantity}`)
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
  #refuse(of: Place, orderId: string): string {
    this.places.unshift({ ...of, teamNo: null, status: 'lost', orderId })
    this.instructions.push(`void ${orderId} ${1_900 * of.quantity}`)
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
      this.instructions.push(`${what} ${place.orderId} ${price * place.quantity}`)
    }
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

export const openWorld = () => startWorld({ features: [message, membership, feature], watching: [] })
export interface Offer {
  readonly at: At
  readonly model: Model
  readonly since: number
}
export async function newOffer(world: World, random: () => number, stock = 12): Promise<Offer> {
  const since = world.time.now()
  const body: Body = {
    title: '海盐卷',
    singlePriceFen: 2_900,
    ladder,
    stock,
    perMember: 3,
    teamMs: 40 * MINUTE,
    endsAt: since + 6 * HOUR,
    late: random() < 0.5 ? 'refund' : 'new-team',
  }
  return { at: await world.as('wang').post(world.groupId, groupBuy, body), model: new Model(body), since }
}
/** One action of a person by chance, and what the model says of it. */
export function oneOf(model: Model, who: string, random: () => number, now: number) {
  const quantity = random() < 0.8 ? 1 : 2
  const kind = random()
  if (kind < 0.35) {
    return { who, action: 'start', input: { quantity }, expected: model.keep(who, quantity, null, now) } as const
  }
  if (kind < 0.83) {
    const teamNo = Math.max(1, model.teams.length + 1 - Math.floor(random() * 4))
    const expected = model.keep(who, quantity, teamNo, now)
    return { who, action: 'join', input: { teamNo, quantity }, expected } as const
  }
  if (kind < 0.93) return { who, action: 'release', input: {}, expected: model.release(who) } as const
  return { who, action: 'withdraw', input: {}, expected: model.withdraw(who, now) } as const
}
/** A payment of the host for a person's place, of a new order or of one told before. */
export async function payOne(world: World, { at, model }: Offer, who: string, random: () => number, n: number) {
  const orders = model.places.flatMap((one) => (one.who === who && one.orderId !== undefined ? [one.orderId] : []))
  const known = orders[Math.floor(random() * orders.length)]
  const orderId = known !== undefined && random() < 0.15 ? known : `o-${n}`
  const expected = model.pay(who, orderId, world.time.now())
  const told = await world
    .asServer()
    .call(payPlace, { params: at, body: { userId: who as UserId, orderId }, key: `p-${n}` })
    .then(({ status }) => status as string)
    .catch((error: unknown) => (error as { code?: string }).code ?? String(error))
  expect(told).toBe(expected)
}
/** Runs what is due; then the card says what the model counts. */
export async function settleBoth(world: World, { at, model }: Offer): Promise<void> {
  await world.core.settle()
  model.settle(world.time.now())
  const { teams, ...state } = await world.read(at, groupBuy)
  const shown = teams.map(({ teamNo, until, paidCount, heldCount }) => ({ teamNo, until, paidCount, heldCount }))
  expect({ ...state, teams: shown }).toMatchObject(model.state())
}
/** The host is told to take or give back what the model says, each order once. */
export async function compareInstructions(world: World, { at, model, since }: Offer): Promise<void> {
  const found: string[] = []
  let after: { afterAt: number; afterOrderId: string } = { afterAt: since - 1, afterOrderId: '' }
  for (;;) {
    const { instructions } = await world.asServer().call(instructionsForHost, { query: { limit: 200, ...after } })
    for (const one of instructions) if (one.seq === at.seq) found.push(`${one.what} ${one.orderId} ${one.amountFen}`)
    const last = instructions.at(-1)
    if (last === undefined) break
    after = { afterAt: last.at, afterOrderId: last.orderId }
  }
  expect(found.toSorted()).toEqual(model.instructions.toSorted())
}
