/** What a basket costs with coupons, to the fen: pure, no clock, no storage. Knows neither holders nor states. */
import { defaultStack, faceMaxFen, type Basket, type Quote, type Stacking, type Terms } from './contract.ts'

/** [CP15] The order in which discounts are applied (C-04). */
export const levels = ['item', 'shop', 'platform', 'shipping'] as const
export type Level = (typeof levels)[number]
/** A coupon for single goods is an item's discount; freight comes last; the others by who pays for them. */
export function levelOf({ kind, scope, funder = 'shop' }: Terms): Level {
  if (kind === 'shipping') return 'shipping'
  if (kind === 'exchange' || (kind === 'direct' && scope?.skus !== undefined)) return 'item'
  return funder
}
/** [V8] As the stock names it; one made before there was a list and that named none, by its level. */
export function stackGroupOf(terms: Terms): string {
  return terms.stackGroup ?? levelOf(terms)
}

export interface Priced {
  readonly couponId: string
  readonly terms: Terms
  readonly claimedAt: number
}
export interface PriceFault {
  readonly couponId: string
  readonly code: 'coupon.threshold' | 'coupon.scope' | 'coupon.not_stackable'
}
type Line = Basket['lines'][number]
interface Left {
  readonly line: Line
  /** What is still to pay of it after the discounts so far. */
  readonly fen: number
}
/** A basket on its way: what is left of it after the coupons applied so far. */
interface Stage {
  readonly left: readonly Left[]
  readonly freight: number
  readonly applied: Quote['coupons']
}
interface Ranked extends Priced {
  readonly level: number
  /** All that decides what it takes off: of two that say the same, either may go first. */
  readonly says: string
}

// ── the most it takes off ──
/** [V2] The term that is missing, as a JSON pointer: without it nobody could say what a coupon takes off at most. */
export function capFault({ kind, amountFen, capFen }: Terms): string | undefined {
  if (amountFen !== undefined || capFen !== undefined) return undefined
  return kind === 'shipping' ? '/amountFen' : '/capFen'
}
/**
 * [CP21] [V2] What a coupon counts for, in fen: the most it takes off. One that names no figure was offered before each
 * had to, and is worth what the dearest coupon may be.
 */
export function worthOf({ amountFen, capFen }: Terms): number {
  return amountFen ?? capFen ?? faceMaxFen
}

// ── which go together ──
/** [V8] A list is its groups, each once, with the one that takes whatever names none. */
export function isStacking({ groups }: Stacking): boolean {
  const names = groups.map(({ name }) => name)
  return names.includes(defaultStack) && new Set(names).size === names.length
}
export function isListed(terms: Terms, { groups }: Stacking): boolean {
  return terms.stackGroup === undefined || groups.some(({ name }) => name === terms.stackGroup)
}
/** [C4] [V8] The first coupon that is more than a basket takes, of its stack group or in all. */
export function stackFault(coupons: readonly Priced[], { groups, most }: Stacking): PriceFault | undefined {
  const taken = new Map<string, number>()
  const groupOf = (named: string) => groups.find(({ name }) => name === named)
  for (const [at, { couponId, terms }] of inOrder(coupons).entries()) {
    const group = groupOf(stackGroupOf(terms)) ?? groupOf(defaultStack) ?? { name: defaultStack, most: 1 }
    const count = (taken.get(group.name) ?? 0) + 1
    if (count > group.most || at >= most) return { couponId, code: 'coupon.not_stackable' }
    taken.set(group.name, count)
  }
  return undefined
}

// ── what they make it cost ──
/**
 * [C5] [CP15] [V7] Applies coupons level by level, each to what the ones before left, in the order that is best for the
 * customer; or says which one does not fit, when there is no order in which all do.
 */
export function quote(coupons: readonly Priced[], { lines, shippingFen = 0 }: Basket): Quote | PriceFault {
  const left = lines.map((line) => ({ line, fen: line.unitFen * line.quantity }))
  const goodsFen = sum(left.map(({ fen }) => fen))
  const found = cheapest({ left, freight: shippingFen, applied: [] }, inOrder(coupons))
  return 'code' in found ? found : totalOf(found.left, { ...found, goodsFen, shippingFen })
}
/** [V7] Of all orders within the levels the cheapest; of those that cost the same the first by issue. */
function cheapest(stage: Stage, rest: readonly Ranked[]): Stage | PriceFault {
  if (rest.length === 0) return stage
  let best: Stage | PriceFault | undefined
  for (const one of mayBeNext(rest)) {
    const next = apply(stage, one)
    const others = rest.filter((other) => other !== one)
    const end = 'code' in next ? next : cheapest(next, others)
    if (best === undefined || isCheaper(end, best)) best = end
  }
  return best as Stage | PriceFault
}
/** Those of the level that is next; of several that say the same the first alone. */
function mayBeNext(rest: readonly Ranked[]): Ranked[] {
  const level = rest.filter((one) => one.level === rest[0]?.level)
  return level.filter((one, at) => level.findIndex(({ says }) => says === one.says) === at)
}
function isCheaper(one: Stage | PriceFault, other: Stage | PriceFault): boolean {
  if ('code' in one) return false
  return 'code' in other || payableOf(one) < payableOf(other)
}
const payableOf = ({ left, freight }: Stage) => sum(left.map(({ fen }) => fen)) + freight

function apply({ left, freight, applied }: Stage, { couponId, terms }: Ranked): Stage | PriceFault {
  const inScope = left.filter(({ line }) => isInScope(terms, line))
  const base = sum(inScope.map(({ fen }) => fen))
  if (inScope.length === 0) return { couponId, code: 'coupon.scope' }
  if (base < (terms.thresholdFen ?? 0)) return { couponId, code: 'coupon.threshold' }
  const isFreight = terms.kind === 'shipping'
  const most = isFreight ? freight : discountOf(terms, inScope, base)
  const discountFen = Math.min(most, worthOf(terms))
  // What takes nothing off would be used up for nothing.
  if (discountFen === 0) return { couponId, code: 'coupon.scope' }
  const shares = isFreight ? new Map<Left, number>() : sharesOf(terms, inScope, discountFen)
  return {
    left: left.map((one) => ({ line: one.line, fen: one.fen - (shares.get(one) ?? 0) })),
    freight: isFreight ? freight - discountFen : freight,
    applied: [...applied, { couponId, discountFen, shares: toldShares(shares) }],
  }
}
function toldShares(shares: ReadonlyMap<Left, number>): Quote['coupons'][number]['shares'] {
  return [...shares]
    .map(([{ line }, discountFen]) => ({ lineId: line.lineId, discountFen }))
    .filter((share) => share.discountFen > 0)
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
/** [V7] By level, then by issue; ids decide last, between coupons that say the same, where it changes no price. */
function inOrder(coupons: readonly Priced[]): Ranked[] {
  return coupons
    .map((one) => ({ ...one, level: levels.indexOf(levelOf(one.terms)), says: saysOf(one.terms) }))
    .toSorted(
      (a, b) =>
        a.level - b.level || a.claimedAt - b.claimedAt || compare(a.says, b.says) || compare(a.couponId, b.couponId),
    )
}
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
function saysOf({ kind, amountFen, offBp, capFen, thresholdFen, exchange, scope = {} }: Terms): string {
  const lists = [scope.skus, scope.categories, scope.stores].map((list) => list?.toSorted())
  return JSON.stringify([kind, amountFen, offBp, capFen, thresholdFen, exchange?.sku, lists])
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
function discountOf({ kind, amountFen = 0, offBp = 0 }: Terms, inScope: readonly Left[], base: number): number {
  if (kind === 'exchange') return pieceOf(inScope).fen
  return kind === 'percent' ? shareOf(base, offBp, 10_000) : Math.min(amountFen, base)
}
/** The dearest single piece, at what is left to pay of its line. */
function pieceOf(inScope: readonly Left[]): { readonly at: Left; readonly fen: number } {
  const pieces = inScope.map((at) => ({ at, fen: Math.min(at.line.unitFen, at.fen) }))
  return pieces.reduce((best, piece) => (piece.fen > best.fen ? piece : best))
}
/** What each line is spared. */
function sharesOf({ kind }: Terms, inScope: readonly Left[], discountFen: number): Map<Left, number> {
  if (kind === 'exchange') return new Map([[pieceOf(inScope).at, discountFen]])
  const parts = allocate(
    discountFen,
    inScope.map(({ fen }) => fen),
  )
  return new Map(inScope.map((one, i) => [one, parts[i] as number]))
}
/**
 * [CP15] Splits an amount by weights with the largest remainder: parts add up exactly, none passes its weight (the
 * amount being at most their sum), and equal remainders go to earlier lines first.
 */
export function allocate(amount: number, weights: readonly number[]): number[] {
  const total = sum(weights)
  if (total === 0) return weights.map(() => 0)
  const parts = weights.map((weight) => shareOf(amount, weight, total))
  const rest = weights.map((weight, i) => ({ i, remainder: remainderOf(amount, weight, total) }))
  rest.sort((a, b) => b.remainder - a.remainder || a.i - b.i)
  const missing = amount - sum(parts)
  for (const { i } of rest.slice(0, missing)) parts[i] = (parts[i] as number) + 1
  return parts
}
/** amount × part / whole, rounded down; exact beyond 2⁵³. */
function shareOf(amount: number, part: number, whole: number): number {
  const product = amount * part
  // Most products are small enough to be exact as they are, and then a tenth of the work.
  if (Number.isSafeInteger(product)) return (product - (product % whole)) / whole
  return Number((BigInt(amount) * BigInt(part)) / BigInt(whole))
}
/** What `shareOf` rounded away, as a part of `whole`. */
function remainderOf(amount: number, part: number, whole: number): number {
  const product = amount * part
  if (Number.isSafeInteger(product)) return product % whole
  return Number((BigInt(amount) * BigInt(part)) % BigInt(whole))
}
