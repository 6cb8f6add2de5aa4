/** The life of places and teams under the card's lock: kept, paid, full, over, given back. Knows no request. */
import type { MineOf, StateOf, UserId } from '@qun/contract'
import type { CardCall } from '@qun/core'
import { facesShown, type groupBuy, holdMs, type Team, teamsShown } from './contract.ts'
import { authorisedFen, capacityOf, isAlone, piecesFault, stepAt, teamFault, untilOf } from './rules.ts'
import {
  addPlace,
  addTeam,
  closeTeam,
  facesOf,
  findTeam,
  heldPlaces,
  instruct,
  type Offered,
  openTeams,
  paidPlaces,
  type Place,
  setPlaces,
  setTeam,
  type StoredTeam,
} from './store.ts'

export type OfferCall = CardCall<typeof groupBuy>
export type OfferState = StateOf<typeof groupBuy>
type Mine = MineOf<typeof groupBuy>
type Why = 'deadline' | 'full' | 'withdrawn' | 'cancelled' | 'empty' | 'void'
/** What became of a payment. */
export interface Paid {
  readonly placeId: string
  readonly teamNo: number | null
  readonly status: 'paid' | 'won' | 'lost' | 'refunded'
}

const nothing: Mine = { place: null, boughtCount: 0 }
export const mineOf = async (call: OfferCall, userId: UserId): Promise<Mine> => (await call.mineOf(userId)) ?? nothing
export const placeIdOf = (call: OfferCall): string => `place_${call.randomHex(12)}`
/** [MER6] Whose offer it is, and who posted it. */
export const behindOf = ({ body, senderId }: Pick<OfferCall, 'body' | 'senderId'>) => ({
  // Recalled, it has no body any more.
  merchantId: (body as OfferCall['body'] | null)?.merchant?.merchantId ?? null,
  staffId: (senderId as string) === '' ? null : senderId,
})
/** [MER6] Asks, when it matters, whether the group may not sell it any more. */
export type VoidCheck = () => Promise<boolean>
/** True while places may be taken: the clock decides, also while the job that ends the offer is late. */
export const isOn = (call: OfferCall): boolean =>
  call.state.phase === 'on' && call.now < call.body.endsAt && !call.disbanded

function change(call: OfferCall, patch: Partial<OfferState>, pieces = 0): void {
  const { left } = call.state
  call.setState({ ...call.state, ...patch, ...(left === undefined ? {} : { left: left + pieces }) })
}

// ── teams as the card shows them ──
/** A place of an offer where people have names. */
interface Named extends Offered {
  findMembers(userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, { readonly name: string }>>
}
export async function teamsFrom(call: Named, stored: readonly StoredTeam[]): Promise<Team[]> {
  if (stored.length === 0) return []
  const faces = await facesOf(call, stored, facesShown)
  const leaders = await call.findMembers(stored.map(({ leaderId }) => leaderId))
  return stored.map(({ teamNo, leaderId, until, heldCount, paidCount }) => {
    const leaderName = leaders.get(leaderId)?.name ?? leaderId
    return { teamNo, leaderId, leaderName, faces: faces.get(teamNo) ?? [], paidCount, heldCount, until }
  })
}
/** An open team; from the card when it is shown there. */
export async function findOpenTeam(call: OfferCall, teamNo: number): Promise<Team | 'over' | undefined> {
  const shown = call.state.teams.find((team) => team.teamNo === teamNo)
  if (shown !== undefined) return shown
  if (teamNo > call.state.teamCount) return undefined
  const stored = await findTeam(call, teamNo)
  if (stored?.status !== 'open') return stored === undefined ? undefined : 'over'
  return { ...stored, leaderName: '', faces: [] }
}
/** [GB14] Counts of the table and of the card move together. */
async function changeTeam(call: OfferCall, team: Team): Promise<void> {
  await setTeam(call, team.teamNo, team)
  change(call, { teams: call.state.teams.map((shown) => (shown.teamNo === team.teamNo ? team : shown)) })
}
/** [GB14] The oldest open teams are shown; when one goes, the next takes its line. */
async function hideTeam(call: OfferCall, teamNo: number): Promise<void> {
  const teams = call.state.teams.filter((team) => team.teamNo !== teamNo)
  const openCount = call.state.openCount - 1
  const after = teams.at(-1)?.teamNo ?? 0
  const missing = Math.min(teamsShown, openCount) - teams.length
  const next = missing > 0 ? await teamsFrom(call, await openTeams(call, { after, limit: missing })) : []
  change(call, { teams: [...teams, ...next], openCount })
}

// ── keeping a place ──
/** [GB1] [GB2] [GB3] Keeps a place for somebody to pay: of a team, or of one they will lead. */
export async function keepPlace(
  call: OfferCall,
  { userId, quantity, teamNo }: Pick<Place, 'userId' | 'quantity' | 'teamNo'>,
  { isVoid, isPaused }: { readonly isVoid: VoidCheck; readonly isPaused: VoidCheck },
): Promise<void> {
  const { body } = call
  const mine = await mineOf(call, userId)
  const isStanding = mine.place !== null && (mine.place.status === 'paid' || call.now < mine.place.until)
  if (mine.place !== null && isStanding) {
    if (mine.place.teamNo === teamNo) return
    call.fail('group_buy.already_in')
  }
  if (call.state.void === true) call.fail('group_buy.void')
  if (!isOn(call)) call.fail('group_buy.ended')
  const team = teamNo === null ? null : await findOpenTeam(call, teamNo)
  if (team === undefined) return call.fail('group_buy.team_not_found')
  if (team === 'over') return call.fail('group_buy.team_over')
  if (mine.place !== null) await giveBack(call, [{ ...mine.place, userId }])
  const free = team === null ? null : ((await findOpenTeam(call, team.teamNo)) as Team)
  const fault =
    (free === null ? undefined : teamFault(body.ladder, free, call.now)) ??
    piecesFault(body.perMember, quantity, mine.boughtCount, call.state.left)
  if (fault !== undefined) call.fail(fault)
  if (await isVoid()) call.fail('group_buy.void')
  if (await isPaused()) call.fail('product.gone')
  const placeId = placeIdOf(call)
  const until = call.now + holdMs
  const place = { placeId, userId, teamNo, quantity, amountFen: authorisedFen(body.ladder, quantity), until }
  await addPlace(call, place, call.now)
  // All places are kept equally long, so the first is due first: while one stands, the sweep is planned already.
  if (call.state.heldCount === 0) call.schedule(until, 'sweep')
  if (free !== null) await changeTeam(call, { ...free, heldCount: free.heldCount + 1 })
  change(call, { heldCount: call.state.heldCount + 1 }, -quantity)
  call.setMine(userId, { ...withoutOutcome(mine), place: { placeId, teamNo, quantity, status: 'held', until } })
}
const withoutOutcome = ({ boughtCount }: Mine): Mine => ({ place: null, boughtCount })

type Kept = Pick<Place, 'placeId' | 'userId' | 'teamNo' | 'quantity'>
/** [GB4] Unpaid places go back; the caller has seen that they are still kept. */
export async function giveBack(call: OfferCall, places: readonly Kept[]): Promise<void> {
  await setPlaces(
    call,
    places.map((place) => place.placeId),
    { status: 'returned' },
  )
  for (const { placeId, userId, teamNo, quantity } of places) {
    const team = teamNo === null ? undefined : await findOpenTeam(call, teamNo)
    if (team !== undefined && team !== 'over') await changeTeam(call, { ...team, heldCount: team.heldCount - 1 })
    change(call, { heldCount: call.state.heldCount - 1 }, quantity)
    const mine = await mineOf(call, userId)
    if (mine.place?.placeId === placeId) call.setMine(userId, { ...mine, place: null })
  }
}

// ── paying for it ──
/** [GB9] [GB10] Takes the payment of a place that was not paid before. */
export async function pay(call: OfferCall, asked: Place, orderId: string, isVoid: VoidCheck): Promise<Paid> {
  let place = asked
  if (await isVoid()) {
    if (place.status === 'held') await giveBack(call, [place])
    return refuseMoney(call, { ...place, status: 'returned' }, orderId, 'void')
  }
  if (place.teamNo !== null) {
    const team = await findDueTeam(call, place.teamNo)
    if (team !== undefined) {
      await settleTeam(call, team, 'deadline', isVoid)
      if (place.status === 'held') place = { ...place, status: 'returned' }
    }
  }
  const mine = await mineOf(call, place.userId)
  if (mine.place !== null && mine.place.placeId !== place.placeId) {
    if (mine.place.status === 'paid') return refuseMoney(call, place, orderId)
    await giveBack(call, [{ ...mine.place, userId: place.userId }])
  }
  const seat = await seatFor(call, place)
  if (place.status === 'held' && (seat === undefined || (seat === 'new' && place.teamNo !== null))) {
    await giveBack(call, [place])
    place = { ...place, status: 'returned' }
  }
  if (seat === undefined) return refuseMoney(call, place, orderId)
  return seat === 'new' ? openTeam(call, place, orderId) : sit(call, place, seat, orderId)
}
async function findDueTeam(call: OfferCall, teamNo: number): Promise<Team | undefined> {
  if (call.body === null) return undefined
  const team = await findOpenTeam(call, teamNo)
  return team !== undefined && team !== 'over' && call.now >= team.until ? team : undefined
}
/** [GB9] The team a payment comes into: its own, a new one, or none. */
async function seatFor(call: OfferCall, place: Place): Promise<Team | 'new' | undefined> {
  const { body, state } = call
  if (!isOn(call)) return undefined
  const isHeld = place.status === 'held'
  const { boughtCount } = await mineOf(call, place.userId)
  const left = state.left === undefined ? undefined : state.left + (isHeld ? place.quantity : 0)
  if (piecesFault(body.perMember, place.quantity, boughtCount, left) !== undefined) return undefined
  if (place.teamNo === null && isHeld) return 'new'
  const team = place.teamNo === null ? undefined : await findOpenTeam(call, place.teamNo)
  if (team !== undefined && team !== 'over') {
    const free = { ...team, heldCount: team.heldCount - (isHeld ? 1 : 0) }
    if (teamFault(body.ladder, free, call.now) === undefined) return team
  }
  return body.late === 'new-team' ? 'new' : undefined
}
/** Counts of kept places and free pieces after a place, kept or not, is paid. */
function countPaid(call: OfferCall, place: Place): void {
  const isHeld = place.status === 'held'
  change(call, { heldCount: call.state.heldCount - (isHeld ? 1 : 0) }, isHeld ? 0 : -place.quantity)
}
/** [GB5] The leader has paid: the team begins. */
async function openTeam(call: OfferCall, place: Place, orderId: string): Promise<Paid> {
  const { placeId, userId, quantity } = place
  const teamNo = call.state.teamCount + 1
  const until = untilOf(call.body, call.now)
  await addTeam(call, { teamNo, leaderId: userId, until }, call.now)
  await setPlaces(call, [placeId], { status: 'paid', orderId, teamNo, paidAt: call.now })
  countPaid(call, place)
  const { teams, openCount } = call.state
  const leaderName = (await call.findMember(userId))?.name ?? userId
  const team: Team = { teamNo, leaderId: userId, leaderName, faces: [userId], paidCount: 1, heldCount: 0, until }
  const isShown = teams.length === openCount && teams.length < teamsShown
  change(call, { teamCount: teamNo, openCount: openCount + 1, teams: isShown ? [...teams, team] : teams })
  // Teams last equally long, so the first is due first: while one is open, its end is planned already.
  if (openCount === 0) call.schedule(until, 'settle')
  const mine = await mineOf(call, userId)
  call.setMine(userId, { ...withoutOutcome(mine), place: { placeId, teamNo, quantity, status: 'paid', until } })
  call.record('group-buy.team-opened', { ...behindOf(call), seq: call.seq, teamNo, userId, until })
  call.record('group-buy.joined', { ...behindOf(call), seq: call.seq, teamNo, userId, orderId, paidCount: 1 })
  return { placeId, teamNo, status: 'paid' }
}
/** [GB6] The last free place completes the team. */
async function sit(call: OfferCall, place: Place, team: Team, orderId: string): Promise<Paid> {
  const { placeId, userId, quantity } = place
  const { teamNo, until } = team
  const paidCount = team.paidCount + 1
  await setPlaces(call, [placeId], { status: 'paid', orderId, paidAt: call.now })
  const faces = team.faces.length < facesShown ? [...team.faces, userId] : team.faces
  const seated = { ...team, faces, paidCount, heldCount: team.heldCount - (place.status === 'held' ? 1 : 0) }
  await changeTeam(call, seated)
  countPaid(call, place)
  const mine = await mineOf(call, userId)
  call.setMine(userId, { ...withoutOutcome(mine), place: { placeId, teamNo, quantity, status: 'paid', until } })
  call.record('group-buy.joined', { ...behindOf(call), seq: call.seq, teamNo, userId, orderId, paidCount })
  if (paidCount < capacityOf(call.body.ladder)) return { placeId, teamNo, status: 'paid' }
  await settleTeam(call, seated, 'full', isNever)
  return { placeId, teamNo, status: 'won' }
}
/**
 * [GB9] What comes too late goes back; of a place that is paid already, a second order does; and what was paid by an
 * order the host had ended, which leaves its place to others.
 */
export async function refuseMoney(
  call: OfferCall,
  place: Place,
  orderId: string,
  why: 'late' | 'host' | 'void' = 'late',
): Promise<Paid> {
  const { userId, quantity, amountFen, until } = place
  let { placeId } = place
  if (place.status === 'returned' && why !== 'host') {
    await setPlaces(call, [placeId], { status: 'lost', orderId, paidAt: call.now })
  } else {
    placeId = placeIdOf(call)
    await addPlace(
      call,
      { placeId, userId, teamNo: null, quantity, amountFen, until, status: 'lost', orderId },
      call.now,
    )
  }
  await instruct(call, 'void', [{ orderId, userId, amountFen }], call.now)
  const mine = await mineOf(call, userId)
  if (mine.place === null) call.setMine(userId, { ...mine, outcome: { teamNo: null, what: 'refunded', amountFen } })
  call.record('group-buy.refunded', { ...behindOf(call), seq: call.seq, userId, orderId, amountFen, why })
  return { placeId, teamNo: null, status: 'lost' }
}

// ── the end of a team ──
/**
 * [GB6] [GB7] Ends an open team, once: it buys at the step it reached, or everybody gets their money back. [MER6] At
 * its deadline it buys nothing of an offer that is void by then; a payment that fills a team saw to that before.
 */
export async function settleTeam(call: OfferCall, team: Team, reason: Why, isVoid: VoidCheck): Promise<void> {
  const { teamNo } = team
  const why = reason === 'deadline' && (await isVoid()) ? 'void' : reason
  if (team.heldCount > 0) await giveBack(call, await heldPlaces(call, teamNo))
  const places = await paidPlaces(call, teamNo)
  const step = why === 'deadline' || why === 'full' ? stepAt(call.body.ladder, places.length) : undefined
  const status = step === undefined ? 'failed' : 'completed'
  await closeTeam(call, teamNo, { status, why, priceFen: step?.priceFen ?? null })
  if (step === undefined) await fail(call, teamNo, places, why as Exclude<Why, 'full'>)
  else await complete(call, teamNo, places, step.priceFen)
  await hideTeam(call, teamNo)
}
const isNever: VoidCheck = async () => false
async function complete(call: OfferCall, teamNo: number, places: readonly Place[], priceFen: number): Promise<void> {
  const { seq } = call
  await setPlaces(
    call,
    places.map((place) => place.placeId),
    { status: 'won' },
  )
  const orders = places.map((place) => ({
    orderId: place.orderId as string,
    userId: place.userId,
    amountFen: priceFen * place.quantity,
  }))
  await instruct(call, 'capture', orders, call.now)
  let pieces = 0
  for (const { userId, quantity } of places) {
    pieces += quantity
    const { boughtCount } = await mineOf(call, userId)
    const outcome = { teamNo, what: 'completed', amountFen: priceFen } as const
    call.setMine(userId, { place: null, boughtCount: boughtCount + quantity, outcome })
  }
  const { completedCount, soldCount } = call.state
  change(call, { completedCount: completedCount + 1, soldCount: soldCount + pieces })
  const userIds = places.map((place) => place.userId)
  call.record('group-buy.completed', { ...behindOf(call), seq, teamNo, priceFen, userIds })
}
async function fail(
  call: OfferCall,
  teamNo: number,
  places: readonly Place[],
  why: Exclude<Why, 'full'>,
): Promise<void> {
  const { seq } = call
  await setPlaces(
    call,
    places.map((place) => place.placeId),
    { status: 'lost' },
  )
  const orders = places.map(({ orderId, userId, amountFen }) => ({ orderId: orderId as string, userId, amountFen }))
  await instruct(call, 'void', orders, call.now)
  call.record('group-buy.failed', { ...behindOf(call), seq, teamNo, why })
  for (const { userId, quantity, amountFen, orderId } of places) {
    const { boughtCount } = await mineOf(call, userId)
    call.setMine(userId, { place: null, boughtCount, outcome: { teamNo, what: 'refunded', amountFen } })
    change(call, {}, quantity)
    const reason = why === 'empty' ? 'host' : why
    const told = { ...behindOf(call), seq, userId, orderId: orderId as string, amountFen, why: reason }
    call.record('group-buy.refunded', told)
  }
}
/** [GB8] */
export async function withdraw(call: OfferCall, userId: UserId, isVoid: VoidCheck): Promise<void> {
  const { place } = await mineOf(call, userId)
  if (place?.status !== 'paid' || place.teamNo === null) return call.fail('group_buy.no_place')
  const team = await findOpenTeam(call, place.teamNo)
  if (team === undefined || team === 'over') return call.fail('group_buy.no_place')
  if (team.leaderId !== userId || !isAlone(team)) return call.fail('group_buy.not_alone')
  await settleTeam(call, team, call.now >= team.until ? 'deadline' : 'withdrawn', isVoid)
}
/** [GB12] The host gave an order back while its team is open: its place is free again, the longest standing leads. */
export async function unseat(call: OfferCall, place: Place): Promise<void> {
  const { placeId, userId, quantity } = place
  await setPlaces(call, [placeId], { status: 'refunded' })
  change(call, {}, quantity)
  await forget(call, place)
  const team = await findOpenTeam(call, place.teamNo as number)
  if (team === undefined || team === 'over') return
  const rest = await paidPlaces(call, team.teamNo)
  const [first] = rest
  if (first === undefined) return settleTeam(call, { ...team, paidCount: 0 }, 'empty', isNever)
  const isLeader = team.leaderId === userId
  const leaderId = isLeader ? first.userId : team.leaderId
  const leaderName = isLeader ? ((await call.findMember(leaderId))?.name ?? leaderId) : team.leaderName
  const others = rest.map((other) => other.userId).filter((other) => other !== leaderId)
  const faces = [leaderId, ...others].slice(0, facesShown)
  await changeTeam(call, { ...team, leaderId, leaderName, faces, paidCount: rest.length })
}
/** [GB12] The host gave an order of a completed team back. */
export async function returnSold(call: OfferCall, place: Place): Promise<void> {
  await setPlaces(call, [place.placeId], { status: 'refunded' })
  change(call, { soldCount: call.state.soldCount - place.quantity }, place.quantity)
  await forget(call, place)
}
async function forget(call: OfferCall, { userId, quantity, amountFen, status, teamNo, orderId }: Place): Promise<void> {
  const mine = await mineOf(call, userId)
  const boughtCount = mine.boughtCount - (status === 'won' ? quantity : 0)
  const place = status === 'paid' ? null : mine.place
  call.setMine(userId, { place, boughtCount, outcome: { teamNo, what: 'refunded', amountFen } })
  const told = { ...behindOf(call), seq: call.seq, userId, orderId: orderId as string, amountFen, why: 'host' } as const
  call.record('group-buy.refunded', told)
}
