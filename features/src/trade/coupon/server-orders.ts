/** Serves what orders do with coupons: prices, holds, use, release, return; asked by the host or told by its orders. */
import { mainMerchant, type UserId } from '@qun/contract'
import {
  giverNamed,
  issuerNamed,
  serveEndpoint,
  type Call,
  type CardCall,
  type Reaction,
  type ReactionCall,
} from '@qun/core'
import {
  coupon,
  lockCoupons,
  quoteBasket,
  redeemCoupon,
  releaseCoupons,
  returnCoupons,
  useCoupons,
  voidCoupon,
  type Basket,
  type Quote,
  type Stacking,
} from './contract.ts'
import { giveBack, lock, redeem, release, revoke, stateAt, take, takeFault, use, type Verdict } from './rules.ts'
import { quote, stackFault } from './rules-price.ts'
import { movedTo, moveAll, originOf, viewOf, whatOf, type Moved } from './server-parts.ts'
import * as store from './store-items.ts'
import type { LockedOrder, StoredCoupon } from './store-items.ts'
import { hasSeveralMerchants } from './store-merchants.ts'
import { keepStacking, readStacking } from './store-stacking.ts'

interface Wanted {
  readonly userId: UserId
  readonly couponIds: readonly string[]
  readonly basket: Basket
}
/** [CP15] [V8] Refuses `coupon.threshold`, `coupon.scope`, `coupon.not_stackable`, naming the coupon. */
function price(call: Call, coupons: readonly StoredCoupon[], basket: Basket, stacking: Stacking): Quote {
  const priced = stackFault(coupons, stacking) ?? quote(coupons, basket)
  if (!('code' in priced)) return priced
  const pointer = `/couponIds/${coupons.findIndex(({ couponId }) => couponId === priced.couponId)}`
  return call.fail(priced.code, { errors: [{ pointer, code: priced.code }] })
}
/**
 * [MER3] Coupons of the seller, of those it belongs to, and the host's own. A basket that says no seller is the host's,
 * unless there is one merchant alone: then it is that one's.
 */
async function checkSeller(call: Call, coupons: readonly StoredCoupon[], { merchantId }: Basket): Promise<void> {
  if (merchantId === undefined && !(await hasSeveralMerchants(call))) return
  const { path } = await issuerNamed(call, merchantId)
  const fits = [mainMerchant, ...path]
  const at = coupons.findIndex((stored) => !fits.includes(stored.merchantId))
  if (at !== -1) call.fail('coupon.scope', { errors: [{ pointer: `/couponIds/${at}`, code: 'coupon.scope' }] })
}
/** [MER10] A suspended merchant gives nothing; what an order holds already is used. Refuses `merchant.suspended`. */
async function checkGiving(call: Call, coupons: readonly StoredCoupon[]): Promise<void> {
  for (const merchantId of new Set(coupons.map((stored) => stored.merchantId))) await giverNamed(call, merchantId)
}
/** Whose list says how many go together: the seller's; where nobody was named, the one whose coupons all are. */
function listOwner(coupons: readonly StoredCoupon[], basket: Basket | undefined): string {
  const [first, ...others] = new Set(coupons.map((stored) => stored.merchantId))
  return basket?.merchantId ?? (others.length === 0 ? first : undefined) ?? mainMerchant
}
/** In the order in which they were asked for. [CP17] Another person's coupon is not found. */
function sameAsAsked(call: Call, { couponIds }: Wanted, found: readonly StoredCoupon[]): StoredCoupon[] {
  const byId = new Map(found.map((stored) => [stored.couponId, stored]))
  return couponIds.map((couponId) => byId.get(couponId) ?? call.fail('coupon.not_found'))
}

const quoteOnly = serveEndpoint(quoteBasket, async (call) => {
  const { body, tx, appId, now } = call
  const coupons = sameAsAsked(call, body, await store.findItems(tx, appId, body.userId, body.couponIds))
  for (const stored of coupons) {
    const fault = takeFault(stored, now)
    if (fault !== undefined) call.fail(fault)
  }
  await checkGiving(call, coupons)
  await checkSeller(call, coupons, body.basket)
  return price(call, coupons, body.basket, await readStacking(tx, appId, listOwner(coupons, body.basket)))
})

/** What the rules decided for each; refuses the first that may not. */
function decideAll(
  call: Pick<Call, 'fail' | 'now'>,
  coupons: readonly StoredCoupon[],
  rule: (stored: StoredCoupon) => Verdict,
): Moved[] {
  return coupons.flatMap((stored) => {
    const { to, fault } = rule(stored)
    if (fault !== undefined) call.fail(fault)
    return to === undefined ? [] : [movedTo(stored, to, call.now)]
  })
}
/** [C4] The order's row is locked first, so that one order never takes two sets side by side. */
async function lockFor(call: Call, orderId: string, { userId, couponIds, basket }: Asked): Promise<Locked> {
  const { tx, appId, now } = call
  const order = await store.lockOrder(tx, appId, { orderId, userId }, now)
  if (order.userId !== userId) call.fail('coupon.not_found')
  if (order.isEnded) call.fail('coupon.order_ended')
  const before = await store.lockItemsOfOrder(tx, appId, orderId)
  const holds = before.some((stored) => isTaken(stored, now))
  // [V8] An order that holds something is judged by the list it took that by: asked again it answers alike.
  const { isPaid } = order
  if (holds && order.stacking !== null) return { before, isPaid, stacking: order.stacking }
  const asked = await store.findItems(tx, appId, userId, couponIds)
  const stacking = await readStacking(tx, appId, listOwner(asked, basket))
  await keepStacking(tx, appId, orderId, stacking)
  return { before, isPaid, stacking }
}
/** What is asked of an order; a counter may tell no basket. */
interface Asked {
  readonly userId: string
  readonly couponIds: readonly string[]
  readonly basket?: Basket | undefined
}
interface Locked {
  readonly before: readonly StoredCoupon[]
  readonly isPaid: boolean
  readonly stacking: Stacking
}
const isTaken = (stored: StoredCoupon, now: number) => ['locked', 'used'].includes(stateAt(stored, now))
/** What else the order holds or used by now; holds that lapsed are let go, so that they stand in nobody's way. */
async function heldBeside(
  call: Call,
  before: readonly StoredCoupon[],
  { orderId, couponIds }: { readonly orderId: string; readonly couponIds: readonly string[] },
): Promise<StoredCoupon[]> {
  const others = before.filter(({ couponId }) => !couponIds.includes(couponId))
  const isHeld = (stored: StoredCoupon) => isTaken(stored, call.now)
  const lapsed = others.filter((stored) => !isHeld(stored))
  await moveAll(
    call,
    decideAll(call, lapsed, (stored) => release(stored, orderId, call.now)),
  )
  return others.filter(isHeld)
}
const hold = serveEndpoint(lockCoupons, async (call) => {
  const { body, tx, appId, now } = call
  const { orderId } = call.params
  const { before, isPaid, stacking } = await lockFor(call, orderId, body)
  const others = await heldBeside(call, before, { orderId, couponIds: body.couponIds })
  // Another choice for the same order begins by letting the first go.
  if (others.length > 0) call.fail('coupon.state')
  const coupons = sameAsAsked(call, body, await store.lockItems(tx, appId, body.userId, body.couponIds))
  await checkSeller(call, coupons, body.basket)
  const rule = isPaid ? take : lock
  const moves = decideAll(call, coupons, (stored) => rule(stored, orderId, now))
  const fresh = moves.filter(({ from }) => from.orderId !== orderId || stateAt(from, now) !== 'locked')
  await checkGiving(
    call,
    fresh.map(({ from }) => from),
  )
  const priced = price(call, coupons, body.basket, stacking)
  await apply(call, moves, orderId)
  await store.keepPriced(tx, appId, orderId, body.couponIds)
  const untils = coupons.map(
    (stored) => moves.find((move) => move.from === stored)?.to.lockedUntil ?? stored.lockedUntil,
  )
  return { quote: priced, lockedUntil: Math.min(...untils.map((until) => until ?? now)) }
})

/** [C4] All that an order was priced with, also what another has by now: it is used whole, or not at all. */
async function pricedOf(call: Call, order: LockedOrder | undefined): Promise<StoredCoupon[]> {
  const couponIds = order?.couponIds ?? []
  return couponIds.length === 0 ? [] : store.lockPriced(call.tx, call.appId, couponIds)
}
/**
 * What an order the host names took; what it let go counts only when that is all. Refuses an order it never told of.
 */
async function ofOrder(call: Call, orderId: string, order: LockedOrder | undefined): Promise<StoredCoupon[]> {
  const coupons = order === undefined ? [] : await store.lockItemsOfOrder(call.tx, call.appId, orderId)
  const taken = coupons.filter(({ state }) => state === 'locked' || state === 'used')
  if (coupons.length === 0) call.fail('coupon.not_found')
  return taken.length === 0 ? coupons : taken
}
const settled = (coupons: readonly StoredCoupon[], moves: readonly Moved[], now: number) => ({
  coupons: coupons.map((stored) => ({
    couponId: stored.couponId,
    state: stateAt(moves.find((move) => move.from === stored)?.to ?? stored, now),
  })),
})
async function apply(call: Call, moves: readonly Moved[], orderId: string): Promise<void> {
  await moveAll(call, moves)
  for (const { from, to } of moves) {
    if (to.state === 'locked') call.recordForApp('coupon.locked', { ...whatOf(to), orderId })
    else if (to.state === 'used') call.recordForApp('coupon.used', { ...whatOf(to), orderId })
    else if (from.state === 'used') call.recordForApp('coupon.returned', { ...whatOf(to), orderId, state: to.state })
    if (to.state === 'expired') call.recordForApp('coupon.expired', whatOf(to))
  }
}
const useAll = serveEndpoint(useCoupons, async (call) => {
  const { orderId } = call.params
  const order = await store.lockKnownOrder(call.tx, call.appId, orderId)
  if (order?.isEnded === true) call.fail('coupon.order_ended')
  const priced = await pricedOf(call, order)
  const coupons = priced.length > 0 ? priced : await ofOrder(call, orderId, order)
  const moves = decideAll(call, coupons, (stored) => use(stored, orderId, call.now))
  await apply(call, moves, orderId)
  return settled(coupons, moves, call.now)
})
const releaseAll = serveEndpoint(releaseCoupons, async (call) => {
  const { orderId } = call.params
  const coupons = await ofOrder(call, orderId, await store.lockKnownOrder(call.tx, call.appId, orderId))
  const moves = decideAll(call, coupons, (stored) => release(stored, orderId, call.now))
  await apply(call, moves, orderId)
  await store.keepPriced(call.tx, call.appId, orderId, [])
  return settled(coupons, moves, call.now)
})

type Cards = Pick<ReactionCall, 'card'>
/** [CP13] The cards come first, as everywhere: one that lives longer moves its card's job. */
async function returnAll(call: Call & Cards, orderId: string): Promise<{ coupons: StoredCoupon[]; moves: Moved[] }> {
  const cards = new Map<string, CardCall<typeof coupon>>()
  for (const place of await store.placesOfOrder(call.tx, call.appId, orderId))
    cards.set(`${place.groupId}/${place.seq}`, await call.card(coupon, place))
  const coupons = await store.lockItemsOfOrder(call.tx, call.appId, orderId)
  const moves = decideAll(call, coupons, (stored) =>
    giveBack(stored, orderId, { policy: stored.terms.refund ?? 'return', now: call.now }),
  )
  await apply(call, moves, orderId)
  await store.keepPriced(call.tx, call.appId, orderId, [])
  for (const { from, to } of moves) {
    const card = cards.get(`${to.groupId}/${to.seq}`)
    if (card === undefined || to.dueAt === null || to.dueAt === from.dueAt) continue
    if (card.state.sweepAt !== null && card.state.sweepAt <= to.dueAt) continue
    card.setState({ ...card.state, sweepAt: to.dueAt })
    card.schedule(to.dueAt, 'sweep')
  }
  return { coupons, moves }
}
const giveAllBack = serveEndpoint(returnCoupons, async (call) => {
  const { orderId } = call.params
  if ((await store.lockKnownOrder(call.tx, call.appId, orderId)) === undefined) call.fail('coupon.not_found')
  const { coupons, moves } = await returnAll(call, orderId)
  return settled(coupons, moves, call.now)
})

/** [C10] By a code its holder shows, or by id and holder. */
const redeemOne = serveEndpoint(redeemCoupon, async (call) => {
  const { tx, appId, now } = call
  const { code, couponId, userId, orderId, basket } = call.body
  const hash = code === undefined ? undefined : store.hashOfCode(code.replaceAll(/\s/g, ''))
  const named =
    hash === undefined ? { couponId: couponId ?? '', userId: userId ?? '' } : await store.findByCode(tx, appId, hash)
  if (named === undefined || (hash === undefined && (couponId === undefined || userId === undefined)))
    return call.fail(hash === undefined ? 'coupon.invalid' : 'coupon.not_found')
  const asked = { userId: named.userId, couponIds: [named.couponId], basket }
  const { before, stacking } = await lockFor(call, orderId, asked)
  const [stored] = await store.lockItems(tx, appId, named.userId, [named.couponId])
  if (stored === undefined || (hash !== undefined && stored.codeHash !== hash)) return call.fail('coupon.not_found')
  const [move] = decideAll(call, [stored], (one) => redeem(one, orderId, now))
  if (move !== undefined) await checkGiving(call, [stored])
  if (move !== undefined && hash !== undefined && now >= (stored.codeUntil ?? 0)) call.fail('coupon.code_over')
  // One receipt may take several coupons, as many as the list says, priced together when the host tells the basket.
  const others = await heldBeside(call, before, { orderId, couponIds: [stored.couponId] })
  const all = [...others, stored]
  const fault = stackFault(all, stacking)
  if (fault !== undefined) call.fail(fault.code)
  if (basket !== undefined) await checkSeller(call, all, basket)
  const priced = basket === undefined ? null : price(call, all, basket, stacking)
  if (move !== undefined) await apply(call, [move], orderId)
  const ids = all.map((one) => one.couponId)
  await store.keepPriced(tx, appId, orderId, ids)
  const redeemed = move?.to ?? stored
  return { coupon: viewOf(redeemed, now), origin: originOf(redeemed), userId: stored.userId, quote: priced }
})

const voidOne = serveEndpoint(voidCoupon, async (call) => {
  const [stored] = await store.lockItems(call.tx, call.appId, call.body.userId, [call.params.couponId])
  if (stored === undefined) return call.fail('coupon.not_found')
  const moves = decideAll(call, [stored], (one) => revoke(one, call.now))
  await moveAll(call, moves)
  return { state: moves[0]?.to.state ?? stored.state }
})

/** [CP13] [CP18] [CP27] By the fact's name alone: a host that tells of no orders asks for use and return itself. */
export const onOrder: Reaction = {
  name: 'coupon.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status, userId } = call.fact.data as { orderId: string; status: string; userId: UserId }
    const { tx, appId, now } = call
    // Also of an order that took nothing yet: what is asked for it from now on is judged by what was told.
    const order = await store.lockOrder(tx, appId, { orderId, userId }, now)
    const isEnd = status === 'cancelled' || status === 'refunded'
    if (order.userId !== userId) await disown(call, orderId, userId)
    await store.keepTold(tx, appId, { orderId, userId, isEnd }, now)
    if (isEnd) await returnAll(call, orderId)
    else if (!order.isEnded && order.userId === userId) await usePaid(call, { orderId, userId, order })
  },
}
/** [CP17] The order is another person's than whose coupons it took: they go back, and the host is told of them. */
async function disown(call: ReactionCall, orderId: string, userId: UserId): Promise<void> {
  const { moves } = await returnAll(call, orderId)
  const couponIds = moves.map(({ from }) => from.couponId)
  if (couponIds.length > 0) call.recordForApp('coupon.order-short', { orderId, userId, couponIds })
}
interface PaidOrder {
  readonly orderId: string
  readonly userId: UserId
  readonly order: LockedOrder
}
/** [C4] [CP18] Uses all that the order was priced with; else nothing, and says once what is missing. */
async function usePaid(call: ReactionCall, { orderId, userId, order }: PaidOrder): Promise<void> {
  const priced = await pricedOf(call, order)
  const isKept = order.couponIds !== null
  const coupons = isKept ? priced : await store.lockItemsOfOrder(call.tx, call.appId, orderId)
  const verdicts = coupons.map((stored) => ({ stored, verdict: use(stored, orderId, call.now) }))
  const short = verdicts.filter(({ verdict }) => verdict.fault !== undefined)
  if (isKept && short.length > 0) {
    const couponIds = short.map(({ stored }) => stored.couponId)
    if (!order.isPaid) call.recordForApp('coupon.order-short', { orderId, userId, couponIds })
    return
  }
  const moves = verdicts.flatMap(({ stored, verdict: { to } }) =>
    to === undefined ? [] : [movedTo(stored, to, call.now)],
  )
  await apply(call, moves, orderId)
}
export const orderEndpoints = [quoteOnly, hold, useAll, releaseAll, giveAllBack, redeemOne, voidOne]
