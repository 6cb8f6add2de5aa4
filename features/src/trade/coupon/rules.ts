/** What terms may say, who may claim when, and which way a coupon goes: pure, no clock, no storage, no chance. */
import {
  dayIn,
  isTimeZone,
  extendMs,
  faceMaxFen,
  levelMax,
  lifeMaxMs,
  lockMs,
  mainMerchant,
  perUserMax,
  remindMs,
  stockMax,
  type CouponState,
  type StockStatus,
  type Terms,
} from './contract.ts'

const dayMs = 86_400_000
const isWithin = (value: number, low: number, high: number) => value >= low && value <= high
const isWithinOr = (value: number | undefined, low: number, high: number) =>
  value === undefined || isWithin(value, low, high)

// ── terms ──
/** Where terms do not fit, as a JSON pointer; undefined when they do. `now`: a window that is over makes no sense. */
export function termsFault(terms: Terms, now: number): string | undefined {
  return faceFault(terms) ?? countFault(terms) ?? timeFault(terms, now)
}
/** Each kind names what it takes off, and nothing that is another kind's. */
function faceFault({ kind, amountFen, offBp, capFen, thresholdFen = 0, exchange, scope }: Terms): string | undefined {
  const isFixed = kind === 'full' || kind === 'direct'
  if (isFixed && amountFen === undefined) return '/amountFen'
  if (amountFen !== undefined && !(isFixed || kind === 'shipping')) return '/amountFen'
  if (!isWithinOr(amountFen, 1, faceMaxFen)) return '/amountFen'
  if ((kind === 'percent') !== (offBp !== undefined) || !isWithinOr(offBp, 1, 10_000)) return '/offBp'
  if ((capFen !== undefined && kind !== 'percent' && kind !== 'exchange') || !isWithinOr(capFen, 1, faceMaxFen))
    return '/capFen'
  if ((kind === 'exchange') !== (exchange !== undefined)) return '/exchange'
  if (!isWithin(thresholdFen, kind === 'full' ? (amountFen ?? 1) : 0, 10 * faceMaxFen)) return '/thresholdFen'
  const lists = [scope?.skus, scope?.categories, scope?.stores]
  return lists.some((list) => list?.length === 0) ? '/scope' : undefined
}
function countFault({ total, perDay, perUser, audience, timeZone }: Terms): string | undefined {
  if (!isWithin(total, 1, stockMax)) return '/total'
  if (perDay !== undefined && perDay !== null && !isWithin(perDay, 1, total)) return '/perDay'
  if (!isWithin(perUser, 1, perUserMax)) return '/perUser'
  if (audience !== undefined && !isAudience(audience)) return '/audience'
  return timeZone !== undefined && !isTimeZone(timeZone) ? '/timeZone' : undefined
}
/** [CP12] [CP20] Somebody can be meant by it. */
function isAudience({ memberDays, newDays, levelMin, groupIds, userIds, userCount, namedId }: Audience): boolean {
  // What stands in place of people is the server's to write.
  if (userCount !== undefined || namedId !== undefined) return false
  if (!isWithinOr(memberDays, 1, 3_650) || !isWithinOr(newDays, 1, 3_650)) return false
  if (!isWithinOr(levelMin, 2, levelMax) || groupIds?.length === 0 || userIds?.length === 0) return false
  return newDays === undefined || newDays >= (memberDays ?? 0)
}
function timeFault({ claim, validity }: Terms, now: number): string | undefined {
  if (claim.from >= claim.until || claim.until <= now || claim.until > now + lifeMaxMs) return '/claim'
  if (validity.mode === 'relative') {
    return isWithin(validity.afterDays, 0, 365) && isWithin(validity.forDays, 1, 365) ? undefined : '/validity'
  }
  const { from, until } = validity
  // Whoever claims last can still use it.
  return from < until && until >= claim.until && until <= now + lifeMaxMs ? undefined : '/validity'
}

// ── what must be told ──
/** [CP28] [E-22] JSON pointers of what must be told beside the terms and is missing or blank. */
export function gapsOf(body: {
  readonly contact?: string
  readonly merchant?: { readonly merchantId: string; readonly name: string }
}): string[] {
  const { contact = '', merchant } = body
  // What the host gives in no merchant's name is the platform's.
  const isNamed = merchant !== undefined && (merchant.merchantId === mainMerchant || merchant.name.trim() !== '')
  return [...(contact.trim() === '' ? ['/contact'] : []), ...(isNamed ? [] : ['/merchant'])]
}

// ── days ──
/**
 * The local date of an instant, `2026-03-04`: what a daily limit counts by; empty for a zone this runtime lacks. Terms
 * without a zone were offered when all days were Shanghai’s [MER8].
 */
export function dayKeyOf(at: number, timeZone = 'Asia/Shanghai'): string {
  return isTimeZone(timeZone) ? dayIn(timeZone, at) : ''
}

// ── claiming ──
export interface Window {
  readonly status: StockStatus
  readonly from: number
  readonly until: number
}
/** [C8] The code with which a claim is refused at an instant, if it is. */
export function windowFault(
  { status, from, until }: Window,
  now: number,
): 'coupon.expired' | 'coupon.paused' | 'coupon.not_started' | undefined {
  if (status === 'ended' || now >= until) return 'coupon.expired'
  if (status !== 'active') return 'coupon.paused'
  return now < from ? 'coupon.not_started' : undefined
}
type Audience = NonNullable<Terms['audience']>
/** [CP12] [CP20] Whether the terms are for a member, as far as their row tells; the level is asked for after it. */
export function isEligible(
  { audience = {} }: Terms,
  { userId, joinedAt }: { readonly userId: string; readonly joinedAt: number },
  now: number,
): boolean {
  const { memberDays = 0, newDays = Infinity, userIds } = audience
  const memberMs = now - joinedAt
  const isOfAge = memberMs >= memberDays * dayMs && memberMs <= newDays * dayMs
  return isOfAge && (userIds === undefined || userIds.some((each) => each === userId))
}
/** [CP11] When a coupon claimed now can be used; days are 24 hours long. */
export function validityOf({ validity }: Terms, now: number): { readonly from: number; readonly until: number } {
  if (validity.mode === 'absolute') return { from: validity.from, until: validity.until }
  const from = now + validity.afterDays * dayMs
  return { from, until: from + validity.forDays * dayMs }
}
/** [CP14] When its holder is reminded: a day before its end; undefined when it lives no longer than that. */
export function remindAt(coupon: { readonly validUntil: number }, claimedAt: number): number | undefined {
  const at = coupon.validUntil - remindMs
  return at > claimedAt ? at : undefined
}

// ── people by name ──
/** [CP22] Terms as everybody may see them: how many people are named, not who. */
export function shownTerms(terms: Terms): Terms {
  if (terms.audience?.userIds === undefined) return terms
  const { userIds, ...audience } = terms.audience
  return { ...terms, audience: { ...audience, userCount: userIds.length } }
}
/** Terms as they were posted, with the people the server kept. */
export function withPeople(terms: Terms, userIds: NonNullable<Audience['userIds']>): Terms {
  const { userCount: _, namedId: __, ...audience } = terms.audience ?? {}
  return { ...terms, audience: { ...audience, userIds } }
}

// ── the way of one coupon ──
/** What decides which way a coupon may go. */
export interface Standing {
  readonly state: CouponState
  readonly validFrom: number
  readonly validUntil: number
  /** The order that holds or used it, or the last that let it go. */
  readonly orderId: string | null
  /** Until when its order holds it; null unless locked. A hold that is over counts as let go. */
  readonly lockedUntil: number | null
}
export type Move = Standing
type Fault = 'coupon.already_used' | 'coupon.expired' | 'coupon.not_started' | 'coupon.state'
/** Where it goes; `stay` when it is there already; or why not. */
export type Verdict =
  | { readonly to: Move; readonly fault?: never; readonly stay?: never }
  | { readonly stay: true; readonly to?: never; readonly fault?: never }
  | { readonly fault: Fault; readonly to?: never; readonly stay?: never }

/** [C6] What a stored state means at an instant: holds lapse and coupons end by the clock, also while a job is late. */
export function stateAt(coupon: Standing, now: number): CouponState {
  const { state, lockedUntil, validUntil } = coupon
  const isHeld = state === 'locked' && now < (lockedUntil ?? 0)
  if (state === 'used' || state === 'voided' || state === 'expired' || isHeld) return state
  if (now >= validUntil) return 'expired'
  return state === 'locked' ? 'issued' : state
}
const isFree = (state: CouponState) => state === 'issued' || state === 'returned'

/** Why a coupon cannot be taken for an order now, if it cannot. */
export function takeFault(coupon: Standing, now: number): Fault | undefined {
  const state = stateAt(coupon, now)
  if (state === 'used' || state === 'locked') return 'coupon.already_used'
  if (state === 'expired') return 'coupon.expired'
  if (state === 'voided') return 'coupon.state'
  return now < coupon.validFrom ? 'coupon.not_started' : undefined
}
/** [C3] [C4] Held by one order at a time, never beyond its own end. */
export function lock(coupon: Standing, orderId: string, now: number): Verdict {
  if (stateAt(coupon, now) === 'locked' && coupon.orderId === orderId) return { stay: true }
  const fault = takeFault(coupon, now)
  if (fault !== undefined) return { fault }
  return { to: { ...coupon, state: 'locked', orderId, lockedUntil: Math.min(now + lockMs, coupon.validUntil) } }
}
/**
 * [C3] [C4] Paid: what the order holds is used. A hold that lapsed counts while nobody else took it; one that was
 * let go does not.
 */
export function use(coupon: Standing, orderId: string, now: number): Verdict {
  if (coupon.state === 'used') return coupon.orderId === orderId ? { stay: true } : { fault: 'coupon.already_used' }
  if (coupon.state === 'locked' && coupon.orderId === orderId && now < coupon.validUntil)
    return { to: { ...coupon, state: 'used', lockedUntil: null } }
  const state = stateAt(coupon, now)
  if (state === 'expired') return { fault: 'coupon.expired' }
  return { fault: state === 'locked' ? 'coupon.already_used' : 'coupon.state' }
}
/** [CP18] Taken by an order that was told paid before: used at once, whether it holds it by now or not. */
export function take(coupon: Standing, orderId: string, now: number): Verdict {
  const isOwn = coupon.orderId === orderId && stateAt(coupon, now) === 'locked'
  return isOwn ? use(coupon, orderId, now) : redeem(coupon, orderId, now)
}
/** [C3] Used at once, at a counter, for a receipt. */
export function redeem(coupon: Standing, orderId: string, now: number): Verdict {
  if (coupon.state === 'used' && coupon.orderId === orderId) return { stay: true }
  const fault = takeFault(coupon, now)
  return fault === undefined ? { to: { ...coupon, state: 'used', orderId, lockedUntil: null } } : { fault }
}
/** [C6] Let go before payment: free again, unless its time is over. */
export function release(coupon: Standing, orderId: string, now: number): Verdict {
  if (coupon.orderId !== orderId) return { stay: true }
  if (coupon.state === 'used') return { fault: 'coupon.state' }
  if (coupon.state !== 'locked') return { stay: true }
  return { to: { ...coupon, state: now < coupon.validUntil ? 'issued' : 'expired', lockedUntil: null } }
}
/** [CP13] Refunded: what the order used comes back once, as its policy says; what it held is let go. */
export function giveBack(
  coupon: Standing,
  orderId: string,
  { policy, now }: { readonly policy: NonNullable<Terms['refund']>; readonly now: number },
): Verdict {
  if (coupon.state !== 'used' || coupon.orderId !== orderId) return release(coupon, orderId, now)
  if (policy === 'void') return { to: { ...coupon, state: 'voided' } }
  const validUntil = policy === 'extend' ? Math.max(coupon.validUntil, now + extendMs) : coupon.validUntil
  return { to: { ...coupon, state: now < validUntil ? 'returned' : 'expired', validUntil } }
}
export function revoke(coupon: Standing, now: number): Verdict {
  if (coupon.state === 'voided') return { stay: true }
  return isFree(stateAt(coupon, now))
    ? { to: { ...coupon, state: 'voided', lockedUntil: null } }
    : { fault: 'coupon.state' }
}
/** [C6] At its end: for good. */
export function expire(coupon: Standing, now: number): Verdict {
  return coupon.state !== 'expired' && stateAt(coupon, now) === 'expired'
    ? { to: { ...coupon, state: 'expired', lockedUntil: null } }
    : { stay: true }
}
