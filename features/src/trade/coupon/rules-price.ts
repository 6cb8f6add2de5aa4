/** What a basket costs with coupons, to the fen: pure, no clock, no storage. Knows neither holders nor states. */
import type { Basket, Quote, Terms } from './contract.ts'

/** [CP15] The order in which discounts are applied (C-04). */
export const levels = ['item', 'shop', 'platform', 'shipping'] as const
export type Level = (typeof levels)[number]
/** A coupon for single goods is an item's discount; freight comes last; the others by who pays for them. */
export function levelOf({ kind, scope, funder = 'shop' }: Terms): Level {
  if (kind === 'shipping') return 'shipping'
  if (kind === 'exchange' || (kind === 'direct' && scope?.skus !== undefined)) return 'item'
  return funder
}
/** [C4] An order takes one coupon of each stack group. */
export function stackGroupOf(terms: Terms): string {
  return terms.stackGroup ?? levelOf(terms)
}

export interface Priced {
  readonly couponId: string
  readonly terms: Terms
}
export interface PriceFault {
  readonly couponId: string
  readonly code: 'coupon.threshold' | 'coupon.scope' | 'coupon.not_stackable'
}
type Line = Basket['lines'][number]
interface Left {
  readonly line: Line
  /** What is still to pay of it after the discounts so far. */
  fen: number
}

/** [C5] [CP15] Applies coupons level by level, each to what the ones before left, or says which one does not fit. */
export function quote(coupons: readonly Priced[], { lines, shippingFen = 0 }: Basket): Quote | PriceFault {
  const groups = new Set<string>()
  for (const { couponId, terms } of coupons) {
    if (groups.has(stackGroupOf(terms))) return { couponId, code: 'coupon.not_stackable' }
    groups.add(stackGroupOf(terms))
  }
  const left = lines.map((line) => ({ line, fen: line.unitFen * line.quantity }))
  const goodsFen = sum(left.map(({ fen }) => fen))
  let freight = shippingFen
  const applied: Quote['coupons'] = []
  for (const { couponId, terms } of inOrder(coupons)) {
    const inScope = left.filter(({ line }) => isInScope(terms, line))
    const base = sum(inScope.map(({ fen }) => fen))
    if (inScope.length === 0) return { couponId, code: 'coupon.scope' }
    if (base < (terms.thresholdFen ?? 0)) return { couponId, code: 'coupon.threshold' }
    const isFreight = terms.kind === 'shipping'
    const discountFen = isFreight ? Math.min(terms.amountFen ?? freight, freight) : discountOf(terms, inScope, base)
    // What takes nothing off would be used up for nothing.
    if (discountFen === 0) return { couponId, code: 'coupon.scope' }
    if (isFreight) freight -= discountFen
    applied.push({ couponId, discountFen, shares: isFreight ? [] : takeOff(terms, inScope, discountFen) })
  }
  return totalOf(left, { goodsFen, shippingFen, freight, applied })
}
function totalOf(
  left: readonly Left[],
  sums: { goodsFen: number; shippingFen: number; freight: number; applied: Quote['coupons'] },
): Quote {
  const { goodsFen, shippingFen, freight, applied } = sums
  return {
    goodsFen,
    shippingFen,
    discountFen: sum(applied.map(({ discountFen }) => discountFen)),
    payableFen: sum(left.map(({ fen }) => fen)) + freight,
    lines: left.map(({ line, fen }) => ({
      lineId: line.lineId,
      discountFen: line.unitFen * line.quantity - fen,
      payableFen: fen,
    })),
    shipping: { discountFen: shippingFen - freight, payableFen: freight },
    coupons: applied,
  }
}
const sum = (parts: readonly number[]) => parts.reduce((total, part) => total + part, 0)
function inOrder(coupons: readonly Priced[]): Priced[] {
  return coupons.toSorted(
    (a, b) => levels.indexOf(levelOf(a.terms)) - levels.indexOf(levelOf(b.terms)) || (a.couponId < b.couponId ? -1 : 1),
  )
}
function isInScope({ kind, exchange, scope = {} }: Terms, line: Line): boolean {
  if (kind === 'exchange' && line.sku !== exchange?.sku) return false
  const { skus, categories, stores } = scope
  return (
    (skus === undefined || skus.includes(line.sku)) &&
    (categories === undefined || (line.categories ?? []).some((category) => categories.includes(category))) &&
    (stores === undefined || (line.storeId !== undefined && stores.includes(line.storeId)))
  )
}
/** Never more than there is to pay. A percentage is rounded down to the fen. */
function discountOf({ kind, amountFen = 0, offBp = 0, capFen }: Terms, inScope: readonly Left[], base: number): number {
  if (kind === 'exchange') return pieceOf(inScope).fen
  if (kind !== 'percent') return Math.min(amountFen, base)
  return Math.min(shareOf(base, offBp, 10_000), capFen ?? base)
}
/** The dearest single piece, at what is left to pay of its line. */
function pieceOf(inScope: readonly Left[]): { readonly at: Left; readonly fen: number } {
  const pieces = inScope.map((at) => ({ at, fen: Math.min(at.line.unitFen, at.fen) }))
  return pieces.reduce((best, piece) => (piece.fen > best.fen ? piece : best))
}
/** Takes a discount off the lines and tells each one's share. */
function takeOff(terms: Terms, inScope: readonly Left[], discountFen: number): Quote['coupons'][number]['shares'] {
  const shares =
    terms.kind === 'exchange'
      ? inScope.map((one) => (one === pieceOf(inScope).at ? discountFen : 0))
      : allocate(
          discountFen,
          inScope.map(({ fen }) => fen),
        )
  inScope.forEach((one, i) => (one.fen -= shares[i] as number))
  return inScope
    .map(({ line }, i) => ({ lineId: line.lineId, discountFen: shares[i] as number }))
    .filter((share) => share.discountFen > 0)
}
/**
 * [CP15] Splits an amount by weights with the largest remainder: parts add up exactly, none passes its weight (the
 * amount being at most their sum), and equal remainders go to earlier lines first.
 */
export function allocate(amount: number, weights: readonly number[]): number[] {
  const total = sum(weights)
  if (total === 0) return weights.map(() => 0)
  const parts = weights.map((weight) => shareOf(amount, weight, total))
  const rest = weights.map((weight, i) => ({ i, remainder: (BigInt(amount) * BigInt(weight)) % BigInt(total) }))
  rest.sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1))
  const missing = amount - sum(parts)
  for (const { i } of rest.slice(0, missing)) parts[i] = (parts[i] as number) + 1
  return parts
}
/** amount × part / whole, rounded down; exact beyond 2⁵³. */
function shareOf(amount: number, part: number, whole: number): number {
  return Number((BigInt(amount) * BigInt(part)) / BigInt(whole))
}
