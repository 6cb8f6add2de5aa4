/** Serves coupon cards: offers, claims, what falls due. Glue between the contract, the rules and the store. */
import { mainMerchant, refuse, type BodyOf, type StateOf, type UserId } from '@qun/contract'
import {
  defineFeature,
  giverNamed,
  issuerOfGroup,
  serveCard,
  zoneOfGroup,
  type ActionCall,
  type CardCall,
  type GroupIssuer,
  type Guard,
  type OpenCall,
  type PostAttempt,
  type Reaction,
} from '@qun/core'
import { ledgerAudits } from '@qun/ledger'
import { coupon, couponRefusals, heldCoupon, type Terms } from './contract.ts'
import {
  dayKeyOf,
  expire,
  gapsOf,
  isEligible,
  remindAt,
  shownTerms,
  stateAt,
  windowFault,
  withPeople,
} from './rules.ts'
import { spendFor } from './server-budget.ts'
import { hostEndpoints } from './server-host.ts'
import { mineEndpoints } from './server-mine.ts'
import { onOrder, orderEndpoints } from './server-orders.ts'
import {
  changed,
  checkTerms,
  freshCoupon,
  freshItem,
  makeStock,
  moveAll,
  statusOf,
  supplyFault,
  viewOf,
  whatOf,
  withStack,
  withZone,
  type Moved,
} from './server-parts.ts'
import { onStockChanged, refresh } from './server-stock.ts'
import { onPackets } from './server-vouchers.ts'
import { audits } from './store-audits.ts'
import {
  addOffer,
  claimItem,
  dropOffer,
  findStock,
  isNamed,
  keepLevel,
  keepNamed,
  levelOf,
  lockStock,
  migrations,
  saveStock,
  takeNamed,
  type Claimed,
  type StoredStock,
} from './store.ts'
import { adoptItems, lockDue, nextDueAt, orphanItems, type StoredCoupon } from './store-items.ts'
import { merchantNamed, merchantOfGroup } from './store-merchants.ts'
import { readStacking, stackingAudits, stackingMigrations } from './store-stacking.ts'
import { voucherAudits, voucherMigrations } from './store-vouchers.ts'

type State = StateOf<typeof coupon>
type OfferCall = CardCall<typeof coupon>
/** Coupons one job looks at: few, so that claims do not wait for it. */
const sweepMax = 200
/** When those somebody was working on are looked at again, in milliseconds. */
const againMs = 1_000

// ── offering ──
/**
 * [CP10] An offer of the host's stock gets its terms from the stock; nobody writes them by hand. [CP22] People by name
 * never reach the log: it says how many there are.
 */
const fillTerms: Guard = {
  name: 'coupon.terms',
  kinds: [coupon.kind],
  refusals: couponRefusals,
  async post(attempt) {
    const { title, stockId, terms: asked, contact } = attempt.body as BodyOf<typeof coupon>
    const told = { title, ...(contact === undefined ? {} : { contact }) }
    const terms = asked === undefined ? undefined : await withGroupZone(attempt, asked)
    const { userIds, userCount, namedId } = terms?.audience ?? {}
    if (userCount !== undefined || namedId !== undefined) attempt.fail('coupon.invalid')
    const { appId, senderId, now } = attempt
    if (stockId === undefined) {
      // That nobody is named is for the rules to refuse, with the field.
      if (terms === undefined) return undefined
      const merchant = await attempt.decide((tx) => merchantOfGroup({ tx, appId }, attempt.groupId))
      const offered = { ...told, ...(merchant === undefined ? {} : { merchant }) }
      if (userIds === undefined || userIds.length === 0) return { ...offered, terms: withStack(terms) }
      const kept = await attempt.decide((tx) => keepNamed(tx, { appId, senderId, at: now }, userIds))
      const shown = shownTerms(withStack(terms))
      return { ...offered, terms: { ...shown, audience: { ...shown.audience, namedId: kept } } }
    }
    if ((await attempt.readRole()) !== 'server') attempt.fail('coupon.not_found')
    if (terms !== undefined) attempt.fail('coupon.invalid')
    const stock = await attempt.decide((tx) => findStock(tx, appId, stockId))
    if (stock === undefined) return attempt.fail('coupon.not_found')
    const merchant = await attempt.decide((tx) => merchantNamed({ tx, appId }, stock.merchantId))
    return { ...told, merchant, stockId, terms: shownTerms(stock.terms) }
  },
}

/** [MER8] Also without a limit by days: it may be set later. */
async function withGroupZone({ appId, groupId, now, decide }: PostAttempt, terms: Terms): Promise<Terms> {
  if (terms.timeZone !== undefined) return terms
  return withZone(terms, await decide((tx) => zoneOfGroup({ tx, appId, now }, groupId)))
}

/** [CP28] [E-22] Nothing people must know is empty: the rest of it is in the terms, which have rules of their own. */
function checkDisclosed(call: OpenCall<typeof coupon>): void {
  const gaps = gapsOf(call.body)
  const code = 'coupon.undisclosed'
  if (gaps.length > 0) call.fail(code, { errors: gaps.map((pointer) => ({ pointer, code })) })
}
async function open(call: OpenCall<typeof coupon>): Promise<State> {
  const { title, stockId, terms } = call.body
  const issuer = await issuerOfGroup(call, call.groupId)
  if (issuer === undefined) throw refuse('merchant.not_issuer')
  const stock =
    stockId === undefined ? await openOwn(call, issuer, title, terms) : await openHosts(call, issuer, stockId)
  checkDisclosed(call)
  const groups = stock.terms.audience?.groupIds
  if (groups !== undefined && !groups.includes(call.groupId)) call.fail('coupon.not_eligible')
  await addOffer(call.tx, call.appId, stock.stockId, call)
  if (stockId !== undefined) await adoptItems(call.tx, call.appId, stockId, call)
  const sweepAt = stockId === undefined ? null : await nextDueAt(call.tx, call.appId, call)
  if (sweepAt !== null) call.schedule(sweepAt, 'sweep')
  const { total, issued, perDay, claimUntil } = stock
  return {
    stockId: stock.stockId,
    ...(stock.merchantId === mainMerchant ? {} : { merchantId: stock.merchantId }),
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
async function openOwn(
  call: OpenCall<typeof coupon>,
  { merchantId }: GroupIssuer,
  title: string,
  shown: Terms | undefined,
): Promise<StoredStock> {
  if (shown === undefined) return call.fail('coupon.invalid')
  const { namedId } = shown.audience ?? {}
  const userIds = namedId === undefined ? undefined : await takeNamed(call.tx, call.appId, namedId)
  const terms = userIds === undefined ? shown : withPeople(shown, userIds)
  checkTerms(call, title, terms, await readStacking(call.tx, call.appId, merchantId))
  const of = { groupId: call.groupId, merchantId }
  const stockId = await makeStock(call, { title: title.trim(), terms, status: 'active', ...of })
  return (await findStock(call.tx, call.appId, stockId)) ?? call.fail('coupon.not_found')
}
/** [MER3] A merchant's coupons are offered in its groups and in those of who belongs to it; the host's in any. */
async function openHosts(call: OpenCall<typeof coupon>, { path }: GroupIssuer, stockId: string): Promise<StoredStock> {
  const stock = await lockStock(call.tx, call.appId, stockId)
  if (stock === undefined || stock.status === 'deleted' || stock.groupId !== null) return call.fail('coupon.not_found')
  if (![mainMerchant, ...path].includes(stock.merchantId)) call.fail('coupon.not_found')
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
/** [CP20] Last, since it asks the store: only for offers to some, and while there is some left. */
async function checkAudience(call: ActionCall<typeof coupon>, { audience = {} }: Terms): Promise<void> {
  const { tx, appId, groupId, actorId } = call
  const { levelMin, userCount } = audience
  if (userCount !== undefined && !(await isNamed(tx, appId, call.state.stockId, actorId)))
    call.fail('coupon.not_eligible')
  if (levelMin !== undefined && (await levelOf(tx, appId, { groupId, userId: actorId })) < levelMin)
    call.fail('coupon.not_eligible')
}
/** [C1] [C2] The store is the judge; what it says is kept on the card, so that it need not be asked again. */
async function claim(call: ActionCall<typeof coupon>): Promise<void> {
  const { actorId, now, groupId, seq, senderId } = call
  const terms = call.body.terms ?? call.fail('coupon.not_found')
  const heldBefore = (await call.mineOf(actorId))?.coupons ?? []
  checkClaim(call, terms, heldBefore.length)
  await checkAudience(call, terms)
  const { stockId, merchantId = mainMerchant } = call.state
  const item = freshItem(call, terms, { stockId, userId: actorId, staffId: senderId, place: { groupId, seq } })
  const claimed = await claimItem(call.tx, call.appId, item, { now, day: dayKeyOf(now, terms.timeZone) })
  if (claimed === 'limit') return call.fail('coupon.limit')
  if (claimed === undefined) return refuseBySupply(call)
  // After the stock said yes: a refusal by supply is kept, with whatever was written before it.
  const giver = { userId: senderId, campaign: terms.campaign }
  await spendFor(call, [item], giver, await giverNamed(call, merchantId))
  count(call, claimed, item.dueAt)
  const { couponId, validFrom, validUntil } = item
  call.setMine(actorId, { coupons: [...heldBefore, { couponId, validFrom, validUntil }] })
  const fresh = freshCoupon(item, { title: call.body.title, terms, batchId: null, merchantId, now })
  call.putUserRecord(actorId, heldCoupon, couponId, viewOf(fresh, now))
  call.record('coupon.claimed', { ...whatOf(fresh), validUntil })
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

// ── managing ──
async function manage(call: ActionCall<typeof coupon>, change: Parameters<typeof changed>[2]): Promise<void> {
  const stock = await lockStock(call.tx, call.appId, call.state.stockId)
  if (stock === undefined || stock.groupId !== call.groupId) return call.fail('group.permission')
  const next = changed(call, stock, change)
  await saveStock(call.tx, call.appId, next)
  refresh(call, next)
  const { stockId, status, total } = next
  call.record('coupon.managed', { stockId, byId: call.actorId, status, total })
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

async function recalled(call: OfferCall): Promise<void> {
  const { stockId } = call.state
  await dropOffer(call.tx, call.appId, stockId, call)
  await orphanItems(call.tx, call.appId, call)
  call.cancelJob('sweep')
  const stock = await lockStock(call.tx, call.appId, stockId)
  if (stock?.groupId === call.groupId) await saveStock(call.tx, call.appId, { ...stock, status: 'ended' })
}

/** [CP20] Levels are known from what is told of them. */
const onLevel: Reaction = {
  name: 'coupon.level',
  on: 'member-level.reached',
  async handle({ tx, appId, fact }) {
    const { userId, level } = fact.data as { userId: UserId; level: number }
    await keepLevel(tx, appId, { groupId: fact.groupId, userId }, level)
  },
}

const card = serveCard(coupon, {
  open,
  actions: { claim: (call) => claim(call), manage: (call, change) => manage(call, change) },
  jobs: { sweep: (call) => sweep(call) },
  recallable: (state) => (state.claimedCount > 0 ? 'coupon.in_use' : true),
  recalled,
})
export default defineFeature({
  name: 'coupon',
  migrations: [...migrations, ...voucherMigrations, ...stackingMigrations],
  cards: [card],
  records: [heldCoupon],
  guards: [fillTerms],
  endpoints: [...hostEndpoints, ...orderEndpoints, ...mineEndpoints],
  reactions: [onOrder, onLevel, ...onStockChanged, ...onPackets],
  audits: [...ledgerAudits, ...audits, ...voucherAudits, ...stackingAudits],
})
export { couponVouchers } from './server-vouchers.ts'
