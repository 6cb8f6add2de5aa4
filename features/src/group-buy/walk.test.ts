/**
 * A long random walk of buyers, host and clock against a naive model that counts from lists; QUN_TEST_SEED repeats one,
 * and QUN_GROUP_BUY_STEPS lengthens it: a hundred thousand moves take some twenty minutes.
 */
import { HOUR, MINUTE, type BodyOf, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../message/server.ts'
import { groupBuy, holdMs, instructionsForHost, payPlace } from './contract.ts'
import feature from './server.ts'

const steps = Number(process.env['QUN_GROUP_BUY_STEPS'] ?? 1_500)
const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)
const people = ['wang', 'he', 'li', 'zhao', 'sun']
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
class Model {
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

/** Mulberry32: small, even enough, and the same everywhere. */
function chanceOf(start: number): () => number {
  let at = start
  return () => {
    at = (at + 0x6d2b79f5) | 0
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
interface Walk {
  readonly world: World
  readonly at: At
  readonly model: Model
  readonly random: () => number
  readonly n: number
}
async function newOffer(world: World, random: () => number) {
  const body: Body = {
    title: '海盐卷',
    singlePriceFen: 2_900,
    ladder,
    stock: 12,
    perMember: 3,
    teamMs: 40 * MINUTE,
    endsAt: world.time.now() + 6 * HOUR,
    late: random() < 0.5 ? 'refund' : 'new-team',
  }
  return { at: await world.as('wang').post(world.groupId, groupBuy, body), model: new Model(body) }
}
async function move({ world, at, model, random, n }: Walk): Promise<void> {
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  const who = pick(people)
  const now = world.time.now()
  const quantity = random() < 0.8 ? 1 : 2
  const act = (action: 'start' | 'join' | 'release' | 'withdraw', input: object) =>
    refusalOf(world.as(who).act(at, groupBuy, action, input))
  const kind = random()
  if (kind < 0.2) expect(await act('start', { quantity })).toBe(model.keep(who, quantity, null, now))
  else if (kind < 0.48) {
    const teamNo = Math.max(1, model.teams.length + 1 - Math.floor(random() * 4))
    expect(await act('join', { teamNo, quantity })).toBe(model.keep(who, quantity, teamNo, now))
  } else if (kind < 0.54) expect(await act('release', {})).toBe(model.release(who))
  else if (kind < 0.58) expect(await act('withdraw', {})).toBe(model.withdraw(who, now))
  else if (kind < 0.59) {
    const refused = await refusalOf(world.as('he').act(at, groupBuy, 'cancel', { reason: '断货' }))
    expect(refused).toBe(model.cancel(now))
  } else {
    const orders = model.places.flatMap((one) => (one.who === who && one.orderId !== undefined ? [one.orderId] : []))
    const orderId = orders.length > 0 && random() < 0.15 ? pick(orders) : `o-${n}`
    const expected = model.pay(who, orderId, now)
    const body = { userId: who as UserId, orderId }
    const told = world.asServer().call(payPlace, { params: at, body, key: `p-${n}` })
    if (expected.includes('.')) expect(await refusalOf(told)).toBe(expected)
    else expect((await told).status).toBe(expected)
  }
}
async function compare({ world, at, model }: Omit<Walk, 'random' | 'n'>): Promise<void> {
  const { teams, ...state } = await world.read(at, groupBuy)
  const shown = teams.map(({ teamNo, until, paidCount, heldCount }) => ({ teamNo, until, paidCount, heldCount }))
  expect({ ...state, teams: shown }).toMatchObject(model.state())
}
async function listInstructions(world: World, seq: number): Promise<string[]> {
  const found: string[] = []
  let after: { afterAt: number; afterOrderId: string } | undefined
  for (;;) {
    const { instructions } = await world.asServer().call(instructionsForHost, { query: { limit: 200, ...after } })
    for (const one of instructions) if (one.seq === seq) found.push(`${one.what} ${one.orderId} ${one.amountFen}`)
    const last = instructions.at(-1)
    if (last === undefined) return found.toSorted()
    after = { afterAt: last.at, afterOrderId: last.orderId }
  }
}

const share = Math.min(steps, 5_000)
test.each(Array.from({ length: Math.ceil(steps / share) }, (_, i) => seed + i))(
  `[GB1] [GB2] [GB3] [GB6] [GB7] [GB9] [GB11] ${share} moves leave what the model says (seed %i)`,
  async (from) => {
    const random = chanceOf(from)
    await using world = await startWorld({ features: [message, membership, feature], watching: [] })
    let offer = await newOffer(world, random)
    const seen = new Set<string>()
    for (let n = 0; n < share; n++) {
      // Jobs are late now and then: what is due is decided by the clock all the same.
      if (random() < 0.15) world.time.moveTo(world.time.now() + Math.floor(random() * 20 * MINUTE))
      await move({ world, ...offer, random, n })
      if (random() < 0.5) continue
      await world.core.settle()
      offer.model.settle(world.time.now())
      await compare({ world, ...offer })
      for (const place of offer.model.places) seen.add(place.status)
      if (offer.model.phase === 'on') continue
      expect(await listInstructions(world, offer.at.seq)).toEqual(offer.model.instructions.toSorted())
      if (random() < 0.2) offer = await newOffer(world, random)
    }
    expect([...seen].toSorted()).toEqual(['held', 'lost', 'paid', 'returned', 'won'])
  },
  600_000,
)
