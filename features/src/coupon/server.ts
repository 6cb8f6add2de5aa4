/** Serves coupon cards: offers, claims, what falls due. Glue between the contract, the rules and the store. */
import type { StateOf, UserId } from '@qun/contract'
import {
  defineFeature,
  serveCard,
  type ActionCall,
  type CardCall,
  type Guard,
  type OpenCall,
  type Reaction,
} from '@qun/core'
import { audits } from './store-audits.ts'
import { coupon, couponRefusals, heldCoupon, type Terms } from './contract.ts'
import { dayKeyOf, expire, isEligible, remindAt, stateAt, validityOf, windowFault } from './rules.ts'
import { stackGroupOf } from './rules-price.ts'
import { hostEndpoints } from './server-host.ts'
import { mineEndpoints } from './server-mine.ts'
import { onOrder, orderEndpoints } from './server-orders.ts'
import {
  changed,
  checkTerms,
  firstDueAt,
  makeStock,
  moveAll,
  statusOf,
  supplyFault,
  viewOf,
  whatOf,
  type Moved,
} from './server-parts.ts'
import { onStockChanged, refresh } from './server-stock.ts'
import {
  addOffer,
  claimItem,
  dropOffer,
  findStock,
  keepLevel,
  levelOf,
  lockStock,
  migrations,
  saveStock,
  type Claimed,
  type StoredStock,
} from './store.ts'
import { adoptItems, lockDue, nextDueAt, orphanItems, type StoredCoupon } from './store-items.ts'

type State = StateOf<typeof coupon>
type OfferCall = CardCall<typeof coupon>
/** Coupons one job looks at: few, so that claims do not wait for it. */
const sweepMax = 200
/** When those somebody was working on are looked at again, in milliseconds. */
const againMs = 1_000

// ── offering ──
/** [CP10] An offer of the host's stock gets its terms from the stock; nobody writes them by hand. */
const fillTerms: Guard = {
  name: 'coupon.terms',
  kinds: [coupon.kind],
  refusals: couponRefusals,
  async post(attempt) {
    const { title, stockId, terms } = attempt.body as { title: string; stockId?: string; terms?: Terms }
    if (stockId === undefined) return undefined
    if ((await attempt.readRole()) !== 'server') attempt.fail('coupon.not_found')
    if (terms !== undefined) attempt.fail('coupon.invalid')
    const stock = await attempt.decide((tx) => findStock(tx, attempt.appId, stockId))
    return stock === undefined ? attempt.fail('coupon.not_found') : { title, stockId, terms: stock.terms }
  },
}

async function open(call: OpenCall<typeof coupon>): Promise<State> {
  const { title, stockId, terms } = call.body
  const stock = stockId === undefined ? await openOwn(call, title, terms) : await openHosts(call, stockId)
  const groups = stock.terms.audience?.groupIds
  if (groups !== undefined && !groups.includes(call.groupId)) call.fail('coupon.not_eligible')
  await addOffer(call.tx, call.appId, stock.stockId, call)
  if (stockId !== undefined) await adoptItems(call.tx, call.appId, stockId, call)
  const sweepAt = stockId === undefined ? null : await nextDueAt(call.tx, call.appId, call)
  if (sweepAt !== null) call.schedule(sweepAt, 'sweep')
  const { total, issued, perDay, claimUntil } = stock
  return {
    stockId: stock.stockId,
    status: statusOf(stock),
    total,
    left: total - issued,
    claimedCount: 0,
    perDay,
    day: null,
    claimUntil,
    sweepAt,
  }
}
async function openOwn(call: OpenCall<typeof coupon>, title: string, terms: Terms | undefined): Promise<StoredStock> {
  if (terms === undefined) return call.fail('coupon.invalid')
  checkTerms(call, title, terms)
  const stockId = await makeStock(call, { title: title.trim(), terms, status: 'active', groupId: call.groupId })
  return (await findStock(call.tx, call.appId, stockId)) ?? call.fail('coupon.not_found')
}
async function openHosts(call: OpenCall<typeof coupon>, stockId: string): Promise<StoredStock> {
  const stock = await lockStock(call.tx, call.appId, stockId)
  if (stock === undefined || stock.status === 'deleted' || stock.groupId !== null) return call.fail('coupon.not_found')
  if (stock.status === 'draft' || stock.status === 'ended') call.fail('coupon.state')
  return stock
}

// ── claiming ──
/** Everything that can be decided without asking the store; a refusal of a crowd costs no statement. */
function checkClaim(call: ActionCall<typeof coupon>, terms: Terms, heldCount: number): void {
  const { state, actor, now } = call
  const late = windowFault({ status: state.status, from: terms.claim.from, until: state.claimUntil }, now)
  if (late !== undefined) call.fail(late)
  if (heldCount >= terms.perUser) call.fail('coupon.limit')
  if (actor === undefined || !isEligible(terms, actor, now)) call.fail('coupon.not_eligible')
  if (state.left === 0) call.fail('coupon.sold_out')
  if (state.perDay !== null && state.day?.left === 0 && state.day.key >= dayKeyOf(now, terms.timeZone))
    call.fail('coupon.day_sold_out')
}
/** [CP20] Last, since it asks the store: only for offers that want a level, and while there is some left. */
async function checkLevel({ tx, appId, groupId, actorId, fail }: ActionCall<typeof coupon>, terms: Terms) {
  const { levelMin } = terms.audience ?? {}
  if (levelMin === undefined) return
  if ((await levelOf(tx, appId, { groupId, userId: actorId })) < levelMin) fail('coupon.not_eligible')
}
/** [C1] [C2] The store is the judge; what it says is kept on the card, so that it need not be asked again. */
async function claim(call: ActionCall<typeof coupon>): Promise<void> {
  const { actorId, now, groupId, seq } = call
  const terms = call.body.terms ?? call.fail('coupon.not_found')
  const heldBefore = (await call.mineOf(actorId))?.coupons ?? []
  checkClaim(call, terms, heldBefore.length)
  await checkLevel(call, terms)
  const { from: validFrom, until: validUntil } = validityOf(terms, now)
  const couponId = `cpn_${call.randomHex(12)}`
  const { stockId } = call.state
  const item = {
    couponId,
    stockId,
    userId: actorId,
    validFrom,
    validUntil,
    stackGroup: stackGroupOf(terms),
    dueAt: firstDueAt(validUntil, now),
    place: { groupId, seq },
  }
  const claimed = await claimItem(call.tx, call.appId, item, { now, day: dayKeyOf(now, terms.timeZone) })
  if (claimed === 'limit') return call.fail('coupon.limit')
  if (claimed === undefined) return refuseBySupply(call)
  count(call, claimed, item.dueAt)
  call.setMine(actorId, { coupons: [...heldBefore, { couponId, validFrom, validUntil }] })
  call.putUserRecord(actorId, heldCoupon, couponId, viewOf(fresh(item, call, terms), now))
  call.record('coupon.claimed', { couponId, stockId, userId: actorId, seq, validUntil })
}
function count(call: ActionCall<typeof coupon>, { issued, total, dayKey, dayIssued }: Claimed, dueAt: number): void {
  const { state } = call
  const isEarlier = state.sweepAt === null || dueAt < state.sweepAt
  call.setState({
    ...state,
    total,
    left: total - issued,
    claimedCount: state.claimedCount + 1,
    day: state.perDay === null ? null : { key: dayKey, left: Math.max(0, state.perDay - dayIssued) },
    sweepAt: isEarlier ? dueAt : state.sweepAt,
  })
  if (isEarlier) call.schedule(dueAt, 'sweep')
  if (issued === total) call.record('coupon.sold-out', { stockId: state.stockId })
}
/** The card did not know what the store knows: another card of the stock gave the last, or the host changed it. */
async function refuseBySupply(call: ActionCall<typeof coupon>): Promise<never> {
  const stock = await findStock(call.tx, call.appId, call.state.stockId)
  if (stock === undefined) return call.fail('coupon.not_found')
  refresh(call, stock)
  const late = windowFault({ status: statusOf(stock), from: stock.claimFrom, until: stock.claimUntil }, call.now)
  return call.failKeeping(late ?? supplyFault(stock, 1, call.now) ?? 'coupon.sold_out')
}
type Item = Parameters<typeof claimItem>[2]
function fresh(item: Item, { body, now, actorId }: ActionCall<typeof coupon>, terms: Terms): StoredCoupon {
  const { place, stackGroup: _, ...rest } = item
  return {
    ...rest,
    ...place,
    userId: actorId,
    title: body.title,
    terms,
    state: 'issued',
    orderId: null,
    lockedUntil: null,
    claimedAt: now,
    usedAt: null,
    isReminded: false,
    batchId: null,
    codeHash: null,
    codeUntil: null,
  }
}

// ── managing ──
async function manage(call: ActionCall<typeof coupon>, change: Parameters<typeof changed>[2]): Promise<void> {
  const stock = await lockStock(call.tx, call.appId, call.state.stockId)
  if (stock === undefined || stock.groupId !== call.groupId) return call.fail('group.permission')
  const next = changed(call, stock, change)
  await saveStock(call.tx, call.appId, next)
  refresh(call, next)
}

// ── what falls due ──
/** [CP14] [C6] Reminds once of what ends within a day and was not used, and ends what is over. */
async function sweep(call: OfferCall): Promise<void> {
  const { tx, appId, now } = call
  const due = await lockDue(tx, appId, call, now, sweepMax)
  const moves = due.map((stored) => ({ from: stored, to: step(stored, now) }))
  await moveAll(call, moves)
  for (const move of moves) tell(call, move)
  const next = await nextDueAt(tx, appId, call)
  const sweepAt = next === null ? null : due.length === sweepMax ? now : Math.max(next, now + againMs)
  call.setState({ ...call.state, sweepAt })
  if (sweepAt !== null) call.schedule(sweepAt, 'sweep')
}
function step(stored: StoredCoupon, now: number): StoredCoupon {
  const ended = expire(stored, now).to
  if (ended !== undefined) return { ...stored, ...ended, dueAt: null }
  const { state, validUntil, lockedUntil, isReminded } = stored
  if (now >= validUntil) return { ...stored, dueAt: null }
  const standing = stateAt(stored, now)
  const wantsReminder = !isReminded && now >= (remindAt(stored, stored.claimedAt) ?? validUntil)
  // An order may let it go yet.
  if (wantsReminder && standing === 'locked') return { ...stored, dueAt: lockedUntil ?? validUntil }
  const reminds = wantsReminder && standing === 'issued' && state !== 'used'
  return { ...stored, isReminded: isReminded || reminds, dueAt: validUntil }
}
function tell(call: OfferCall, { from, to }: Moved): void {
  if (to.state === 'expired' && from.state !== 'expired') call.record('coupon.expired', whatOf(to))
  if (to.isReminded && !from.isReminded) call.record('coupon.expiring', { ...whatOf(to), validUntil: to.validUntil })
}

const card = serveCard(coupon, {
  open,
  actions: { claim: (call) => claim(call), manage: (call, change) => manage(call, change) },
  jobs: { sweep: (call) => sweep(call) },
  recallable: (state) => (state.claimedCount > 0 ? 'coupon.in_use' : true),
  async recalled(call) {
    const { stockId } = call.state
    await dropOffer(call.tx, call.appId, stockId, call)
    await orphanItems(call.tx, call.appId, call)
    call.cancelJob('sweep')
    const stock = await lockStock(call.tx, call.appId, stockId)
    if (stock?.groupId === call.groupId) await saveStock(call.tx, call.appId, { ...stock, status: 'ended' })
  },
})

/** [CP20] Levels are known from what is told of them. */
const onLevel: Reaction = {
  name: 'coupon.level',
  on: 'member-level.reached',
  async handle({ tx, appId, fact }) {
    const { userId, level } = fact.data as { userId: UserId; level: number }
    await keepLevel(tx, appId, { groupId: fact.groupId, userId }, level)
  },
}

export default defineFeature({
  name: 'coupon',
  migrations,
  cards: [card],
  records: [heldCoupon],
  guards: [fillTerms],
  endpoints: [...hostEndpoints, ...orderEndpoints, ...mineEndpoints],
  reactions: [onOrder, onLevel, ...onStockChanged],
  audits,
})
