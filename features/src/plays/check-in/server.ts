/** Serves check-in programmes: glue between the contract, the rules, the days and the ledger. */
import { givenBy, memberDay, refuse, type BodyOf, type StateOf, type UserId } from '@qun/contract'
import {
  defineFeature,
  issuerOfGroup,
  serveCard,
  serveEndpoint,
  zoneOfGroup,
  type ActionCall,
  type CardCall,
  type Feature,
  type Guard,
  type OpenCall,
} from '@qun/core'
import { ledgerAudits, transferAll, trySpend } from '@qun/ledger'
import { boardOf, checkIn, makeUpSpanMs, topMax, type CheckInMine } from './contract.ts'
import { hasProof, localTime, mayMakeUp, milestonesReached, mineOf, programmeFault, proofKey, zoneOf } from './rules.ts'
import { audits, pictureAudit } from './store-audits.ts'
import { addDay, listDays, listStandings, migrations, takePicture, type StoredDay } from './store.ts'

type State = StateOf<typeof checkIn>
type Acting = ActionCall<typeof checkIn>
/** Own words looked back at, to see repetition. */
const wordsCompared = 7

/** Where a picture is shown and by whom; handed to who keeps it, within the decision. */
type Showing = Pick<Acting, 'tx' | 'appId' | 'now' | 'groupId' | 'seq'> & { readonly senderId: UserId }
/** Who keeps the pictures of a group. Called within the check-in's decision; neither feature names the other. */
export interface PictureKeeper {
  /** Ties a picture to the programme; false when `senderId` did not upload it here, or it is none. */
  show(place: Showing, picture: { readonly mediaId: string; readonly seq?: number | undefined }): Promise<boolean>
  /** All that are shown, for the auditor. */
  readonly shown: Parameters<typeof pictureAudit>[0]
}
export interface CheckInOptions {
  /** Without it no programme asks for pictures. */
  readonly pictures?: PictureKeeper
}

function open(call: OpenCall<typeof checkIn>, keeper: PictureKeeper | undefined): State {
  const { body, now } = call
  const fault = programmeFault(body)
  if (fault !== undefined) call.fail(fault)
  if (body.proof === 'photo' && keeper === undefined) call.fail('check_in.photo_unavailable')
  if (body.endsAt !== undefined) {
    if (body.endsAt <= now) call.fail('check_in.window_invalid')
    call.schedule(body.endsAt, 'end')
  }
  return { phase: 'open', today: localTime(now, zoneOf(body)).day, todayCount: 0, memberCount: 0, top: [] }
}
/** [CI9] By the state, and by the clock where the job comes late. */
function checkOpen(call: Acting): void {
  const { state, body, now } = call
  if (state.phase === 'ended' || (body.endsAt !== undefined && now >= body.endsAt)) call.fail('check_in.ended')
}

interface Given {
  readonly text?: string
  readonly mediaId?: string
  readonly mediaSeq?: number
  readonly place?: unknown
}
/** [V9] The member's own picture of this group, which proved nothing before; it is kept as long as the programme is. */
async function takeProof(call: Acting, given: Given, day: string, keeper: PictureKeeper | undefined): Promise<void> {
  const { mediaId, mediaSeq: shownAt } = given
  if (call.body.proof !== 'photo' || mediaId === undefined) return
  if (!(await takePicture(call, call.actorId, day, mediaId))) call.fail('check_in.photo_used')
  const { tx, appId, now, groupId, seq, actorId } = call
  const place: Showing = { tx, appId, now, groupId, seq, senderId: actorId }
  if ((await keeper?.show(place, { mediaId, seq: shownAt })) !== true) call.fail('check_in.photo_unknown')
}
/** What is kept of the proof: a picture only where one is asked for and was looked at. */
function keptOf({ mediaId, mediaSeq, ...rest }: Given, proof: string): Given {
  if (proof !== 'photo' || mediaId === undefined) return rest
  return { ...rest, mediaId, ...(mediaSeq !== undefined && { mediaSeq }) }
}
async function check(call: Acting, given: Given, keeper: PictureKeeper | undefined): Promise<void> {
  const { body, actorId, now } = call
  checkOpen(call)
  const { day, minute } = localTime(now, zoneOf(body))
  const mine = await call.mineOf(actorId)
  if (mine?.days.includes(day) === true) return // [CI1]
  if (minute < body.opens || minute >= body.closes) call.fail('check_in.window') // [CI2]
  if (!hasProof(body.proof, given)) call.fail('check_in.proof_missing') // [CI7]
  await takeProof(call, given, day, keeper)
  const key = given.text === undefined ? null : proofKey(given.text)
  await count(call, mine, { day, at: now, madeUp: false, proofKey: key }, keptOf(given, body.proof))
}
async function makeUp(call: Acting, day: string): Promise<void> {
  const { body, actorId, now } = call
  checkOpen(call)
  const today = localTime(now, zoneOf(body)).day
  const mine = await call.mineOf(actorId)
  if (mine?.madeUp.includes(day) === true) return
  const since = localTime(call.at, zoneOf(body)).day
  if (!mayMakeUp(day, today, since, mine?.days ?? [])) call.fail('check_in.day_invalid') // [CI4]
  await count(call, mine, { day, at: now, madeUp: true, proofKey: null }, undefined)
}

/** Adds a day, counts anew from all of them, and gives what was reached. */
async function count(call: Acting, mine: CheckInMine | undefined, added: StoredDay, proof: Given | undefined) {
  const { body, actorId, actor, now, seq, state } = call
  const before = await listDays(call, actorId)
  const usedMakeUps = before.filter((day) => day.madeUp && day.at > now - makeUpSpanMs).length + Number(added.madeUp)
  if (usedMakeUps > body.makeUps) call.fail('check_in.make_up_none')
  await addDay(call, actorId, added, proof)
  const all = [...before, added].toSorted((a, b) => (a.day < b.day ? -1 : 1))
  const today = localTime(now, zoneOf(body)).day
  const held = mine?.reached ?? []
  const counted = mineOf(all, today, { reached: held, makeUpsLeft: Math.max(0, body.makeUps - usedMakeUps) })
  // [CI6] A repetition is a day; what it would have earned waits for the next one that is not.
  const isRepeat = added.proofKey !== null && repeats(before, added.proofKey)
  const due = isRepeat ? [] : milestonesReached(body, counted, held)
  // [CI10] What the merchant's caps have no room for today is given with the next day that is checked.
  const fresh = (await give(call, due)) ? due : []
  call.setMine(actorId, { ...counted, reached: [...held, ...fresh.map(({ days }) => days)] })
  call.setState({
    ...state,
    ...(added.madeUp ? {} : { today, todayCount: state.today === today ? state.todayCount + 1 : 1 }),
    memberCount: state.memberCount + Number(before.length === 0),
    top: body.leaderboard
      ? topAfter(state.top, { userId: actorId, name: actor?.name ?? actorId, days: all.length })
      : [],
  })
  call.record('check-in.done', { seq, userId: actorId, day: added.day, streak: counted.streak, madeUp: added.madeUp })
}
function repeats(before: readonly StoredDay[], key: string): boolean {
  const spoken = before.filter((day) => day.proofKey !== null).toSorted((a, b) => b.at - a.at)
  return spoken.slice(0, wordsCompared).some((day) => day.proofKey === key)
}
/** [CI8] Most days first; whoever got there first stays ahead. */
function topAfter(top: State['top'], one: State['top'][number]): State['top'] {
  const others = top.filter(({ userId }) => userId !== one.userId)
  const place = others.findIndex(({ days }) => days < one.days)
  return others.toSpliced(place === -1 ? others.length : place, 0, one).slice(0, topMax)
}
/** [CI5] The ref is the promise that it happens once. False when a cap has no room for it: then nothing is given. */
async function give(
  call: Acting,
  reached: readonly { readonly days: number; readonly points: number }[],
): Promise<boolean> {
  if (reached.length === 0) return true
  const { groupId, seq, actorId, senderId, now } = call
  const issuer = await issuerOfGroup(call, groupId)
  if (issuer === undefined) throw refuse('merchant.not_issuer')
  const currency = issuer.points
  const refOf = (days: number) => `check-in/${groupId}/${seq}/${days}/${actorId}`
  // [CI10] [MER5] Against the day of who offers it, of the merchant, and of who is given it.
  const against = [...givenBy(issuer, { userId: senderId }, now), memberDay(issuer, actorId, now)]
  const spent = reached.map(({ days, points }) => ({ ref: refOf(days), currency, amount: points, against }))
  if (!(await trySpend(call, spent))) return false
  await transferAll(
    call,
    reached.map(({ days, points }) => ({
      ref: refOf(days),
      currency,
      legs: [
        { account: 'issuer/check-in', amount: -points },
        { account: `user/${actorId}`, amount: points },
      ],
      reason: 'check-in.milestone',
      groupId,
    })),
  )
  for (const { days, points } of reached) call.record('check-in.milestone', { seq, userId: actorId, days, points })
  return true
}

function end(call: CardCall<typeof checkIn>): void {
  if (call.state.phase === 'ended') return
  call.setState({ ...call.state, phase: 'ended' })
  call.cancelJob('end')
  call.record('check-in.ended', { seq: call.seq, memberCount: call.state.memberCount })
}

/** [MER8] A programme counts the merchant's days from its first to its last, unless it names a zone itself. */
const zoneGuard: Guard = {
  name: 'check-in.zone',
  kinds: [checkIn.kind],
  async post({ appId, groupId, now, body, decide }) {
    const asked = body as BodyOf<typeof checkIn>
    if (asked.timeZone !== undefined) return undefined
    return { ...asked, timeZone: await decide((tx) => zoneOfGroup({ tx, appId, now }, groupId)) }
  },
}
const cardWith = (keeper: PictureKeeper | undefined) =>
  serveCard(checkIn, {
    open: (call) => open(call, keeper),
    actions: {
      check: (call, given) => check(call, given, keeper),
      make_up: (call, { day }) => makeUp(call, day),
      end,
    },
    jobs: { end },
    recallable: (state) => (state.memberCount === 0 ? true : 'check_in.ended'),
    recalled: (call) => call.cancelJob('end'),
  })

const board = serveEndpoint(boardOf, async (call) => {
  const programme = await call.readCard(checkIn, call.params)
  if (!programme.body.leaderboard) return { standings: [], more: false } // [CI8]
  const { after = 0, limit = 50 } = call.query
  const found = await listStandings(programme, { after, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const members = await (await call.group(programme.groupId)).findMembers(shown.map(({ userId }) => userId))
  const standings = shown.map(({ userId, days }) => ({ userId, days, name: members.get(userId)?.name ?? userId }))
  return { standings, more: found.length > limit }
})

export function createCheckIn({ pictures }: CheckInOptions = {}): Feature {
  return defineFeature({
    name: 'check-in',
    migrations,
    cards: [cardWith(pictures)],
    endpoints: [board],
    guards: [zoneGuard],
    audits: [...ledgerAudits, ...audits, ...(pictures === undefined ? [] : [pictureAudit(pictures.shown)])],
  })
}
export default createCheckIn()
