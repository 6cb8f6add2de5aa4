/** What the card, the host's requests and the reactions share: a stored coupon as people see it, and how it moves. */
import { isSafeAddress, type AppId, type UserId } from '@qun/contract'
import type { Call } from '@qun/core'
import { unspendAll } from '@qun/ledger'
import type { Coupon, StockStatus, Terms } from './contract-terms.ts'
import { defaultStack, heldCoupon } from './contract-terms.ts'
import type { Stacking } from './contract-host.ts'
import { dayKeyOf, remindAt, shownTerms, stateAt, termsFault, validityOf, type Move } from './rules.ts'
import { capFault, isListed, stackGroupOf, worthOf } from './rules-price.ts'
import { addStock, type NewItem, type Place, type StoredStock } from './store.ts'
import { saveItems, type StoredCoupon } from './store-items.ts'

// ── a fresh coupon ──
/** What is written of one that is given now. */
export function freshItem(
  call: Pick<Call, 'randomHex' | 'now'>,
  terms: Terms,
  of: {
    readonly stockId: string
    readonly userId: UserId
    /** Who of the staff gives it; '' for the host itself. */
    readonly staffId: string
    readonly place: Place | undefined
  },
): NewItem & { readonly userId: UserId } {
  const { from: validFrom, until: validUntil } = validityOf(terms, call.now)
  return {
    ...of,
    couponId: `cpn_${call.randomHex(12)}`,
    validFrom,
    validUntil,
    stackGroup: stackGroupOf(terms),
    dueAt: firstDueAt(validUntil, call.now),
    worthFen: worthOf(terms),
  }
}
/** The same as it is read from then on. */
export function freshCoupon(
  item: ReturnType<typeof freshItem>,
  of: Pick<StoredCoupon, 'title' | 'terms' | 'batchId' | 'merchantId'> & { readonly now: number },
): StoredCoupon {
  const { place, stackGroup: _, worthFen: __, ...rest } = item
  const { title, terms, batchId, merchantId, now } = of
  return {
    ...rest,
    ...(place ?? { groupId: null, seq: null }),
    ...{ title, terms, batchId, merchantId },
    state: 'issued',
    orderId: null,
    lockedUntil: null,
    claimedAt: now,
    usedAt: null,
    isReminded: false,
    codeHash: null,
    codeUntil: null,
  }
}
/** [CP21] The key under which a coupon counts against budgets. */
export const spendingOf = (couponId: string): string => `coupon/${couponId}`

// ── coupons ──
export function viewOf(stored: StoredCoupon, now: number): Coupon {
  const { couponId, stockId, title, terms, validFrom, validUntil, orderId, lockedUntil, claimedAt, usedAt } = stored
  const state = stateAt(stored, now)
  return {
    couponId,
    stockId,
    title,
    terms: shownTerms(terms),
    state,
    validFrom,
    validUntil,
    orderId: state === 'locked' || state === 'used' ? orderId : null,
    lockedUntil: state === 'locked' ? lockedUntil : null,
    claimedAt,
    usedAt,
    isReminded: stored.isReminded,
    groupId: stored.batchId === null ? stored.groupId : null,
    merchantId: stored.merchantId,
  }
}
const isOver = ({ state }: Coupon) => state === 'used' || state === 'expired' || state === 'voided'
/** Keeps the holder's own list in step: what is over leaves it. */
export function tellHolder(call: Pick<Call, 'putUserRecord' | 'now'>, stored: StoredCoupon): void {
  const view = viewOf(stored, call.now)
  call.putUserRecord(stored.userId, heldCoupon, stored.couponId, isOver(view) ? null : view)
}
export interface Moved {
  readonly from: StoredCoupon
  readonly to: StoredCoupon
}
const isLost = ({ state }: StoredCoupon) => state === 'expired' || state === 'voided'
/** [C3] Writes moves the rules allowed and tells the holders. [CP21] What ends so costs nobody anything. */
export async function moveAll(
  call: Pick<Call, 'tx' | 'appId' | 'putUserRecord' | 'now'>,
  moves: readonly Moved[],
): Promise<void> {
  await saveItems(call.tx, call.appId, moves)
  const lost = moves.filter(({ from, to }) => isLost(to) && !isLost(from))
  await unspendAll(
    call,
    lost.map(({ to }) => ({ ref: spendingOf(to.couponId), keep: 0 })),
  )
  for (const { to } of moves) tellHolder(call, to)
}
export function movedTo(from: StoredCoupon, to: Move, now: number): Moved {
  const usedAt = to.state === 'used' ? now : from.usedAt
  const isLonger = to.validUntil !== from.validUntil
  return { from, to: { ...from, ...to, usedAt, dueAt: isLonger ? to.validUntil : from.dueAt } }
}
/** [MER6] */
export const originOf = ({ merchantId, groupId, seq, staffId, batchId }: StoredCoupon) => ({
  merchantId,
  // A batch was given on no card; one only looks after it.
  ...(batchId === null ? { groupId, seq } : { groupId: null, seq: null }),
  staffId: staffId === '' ? null : (staffId as UserId),
})
export const whatOf = (stored: StoredCoupon) => {
  const { couponId, stockId, userId } = stored
  return { couponId, stockId, userId, ...originOf(stored) }
}

// ── stocks ──
type Judge = Pick<Call, 'fail' | 'now'>
/** [V8] A stock keeps the group it is of, also when it named none. */
export const withStack = (terms: Terms): Terms => ({ ...terms, stackGroup: terms.stackGroup ?? defaultStack })
/** [MER8] Days of a stock are the merchant's unless it names a zone itself. */
export const withZone = (terms: Terms, timeZone: string): Terms => ({ ...terms, timeZone: terms.timeZone ?? timeZone })
/** Refuses terms that do not fit, naming the field. */
export function checkTerms(call: Judge, title: string, terms: Terms, stacking: Stacking): void {
  const fault = title.trim() === '' ? '/title' : prefixed(termsFault(terms, call.now))
  if (fault !== undefined) call.fail('coupon.invalid', { errors: [{ pointer: fault, code: 'coupon.invalid' }] })
  const missing = prefixed(capFault(terms)) // [V2]
  if (missing !== undefined)
    call.fail('coupon.cap_missing', { errors: [{ pointer: missing, code: 'coupon.cap_missing' }] })
  if (!isListed(terms, stacking)) call.fail('coupon.stack_unknown')
  if (terms.url !== undefined && !isSafeAddress(terms.url)) call.fail('card.url_scheme')
}
const prefixed = (fault: string | undefined) => (fault === undefined ? undefined : `/terms${fault}`)
export async function makeStock(
  call: Pick<Call, 'tx' | 'now' | 'randomHex'> & { readonly appId: AppId },
  stock: Pick<StoredStock, 'title' | 'terms' | 'status' | 'groupId' | 'merchantId'>,
): Promise<string> {
  const stockId = `cps_${call.randomHex(12)}`
  await addStock(call.tx, call.appId, { ...stock, stockId, createdAt: call.now })
  return stockId
}
export interface StockChange {
  readonly status?: 'active' | 'paused' | 'ended' | undefined
  readonly total?: number | undefined
  readonly perDay?: number | null | undefined
  readonly claimUntil?: number | undefined
}
/** [C7] What a stock is after a change; refuses one that does not fit what was given out. */
export function changed(call: Judge, stock: StoredStock, change: StockChange): StoredStock {
  const { status = stock.status, total = stock.total, perDay = stock.perDay, claimUntil = stock.claimUntil } = change
  if (stock.status === 'ended' && status !== 'ended') call.fail('coupon.state')
  if (stock.status === 'draft' && status === 'paused') call.fail('coupon.state')
  if (total >= 0 && total < stock.issued) call.fail('coupon.stock_below_issued')
  const terms = { ...termsOf(stock), total, perDay, claim: { from: stock.claimFrom, until: claimUntil } }
  // A window may be over already; only a new one must lie ahead.
  const now = change.claimUntil === undefined ? Math.min(call.now, claimUntil - 1) : call.now
  const fault = termsFault({ ...terms, perDay: perDay === null ? null : Math.min(perDay, total) }, now)
  if (fault !== undefined || (perDay ?? 1) < 1) {
    call.fail('coupon.invalid', { errors: [{ pointer: fault ?? '/perDay', code: 'coupon.invalid' }] })
  }
  return { ...stock, status, total, perDay, claimUntil }
}
/** Terms as they are now. */
export function termsOf({ terms, total, perDay, claimFrom, claimUntil }: StoredStock): Terms {
  return { ...terms, total, perDay, claim: { from: claimFrom, until: claimUntil } }
}
export function statusOf({ status }: StoredStock): StockStatus {
  return status === 'deleted' ? 'ended' : status
}
/** The code with which a stock gives out nothing more now, if it does. */
export function supplyFault(stock: StoredStock, wanted: number, now: number) {
  const { issued, total, perDay } = stock
  if (issued + wanted > total) return 'coupon.sold_out' as const
  const today = dayKeyOf(now, stock.terms.timeZone)
  const dayIssued = stock.dayKey < today ? 0 : stock.dayIssued
  return perDay !== null && dayIssued + wanted > perDay ? ('coupon.day_sold_out' as const) : undefined
}
/** When a job looks at a fresh coupon first. */
export function firstDueAt(validUntil: number, now: number): number {
  return remindAt({ validUntil }, now) ?? validUntil
}
