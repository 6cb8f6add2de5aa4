/** [V7] [V8] One basket with the same coupons has one price, and takes as many as the list says. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Basket, Quote, Stacking, Terms } from './contract.ts'
import {
  isListed,
  isStacking,
  levelOf,
  levels,
  quote,
  stackFault,
  type Priced,
  type PriceFault,
} from './rules-price.ts'

const common = {
  total: 100,
  perUser: 5,
  claim: { from: 0, until: 1 },
  validity: { mode: 'relative', afterDays: 0, forDays: 7 },
} as const
const fen = (min: number, max: number) => fc.integer({ min, max })
const scopes: fc.Arbitrary<Terms['scope']> = fc.constantFrom<Terms['scope'][]>(
  undefined,
  { skus: ['a'] },
  { skus: ['b', 'c'] },
  { categories: ['cake'] },
)
const withScope = (terms: Terms, scope: Terms['scope']): Terms => (scope === undefined ? terms : { ...terms, scope })
const funders = fc.constantFrom('shop' as const, 'platform' as const)
/** Every kind, with thresholds that some orders reach and others do not. */
const anyTerms: fc.Arbitrary<Terms> = fc.oneof<fc.Arbitrary<Terms>[]>(
  fc.tuple(fen(1, 4_000), fen(0, 6_000), funders).map(([amountFen, more, funder]) => ({
    ...common,
    kind: 'full',
    amountFen,
    thresholdFen: amountFen + more,
    funder,
  })),
  fc
    .tuple(fen(1, 4_000), scopes)
    .map(([amountFen, scope]) => withScope({ ...common, kind: 'direct', amountFen }, scope)),
  fc
    .tuple(fen(1, 10_000), fen(1, 5_000), fen(0, 12_000), funders, scopes)
    .map(([offBp, capFen, thresholdFen, funder, scope]) =>
      withScope({ ...common, kind: 'percent', offBp, capFen, thresholdFen, funder }, scope),
    ),
  fen(1, 900).map((amountFen) => ({ ...common, kind: 'shipping', amountFen })),
  fen(1, 5_000).map((capFen) => ({ ...common, kind: 'exchange', exchange: { sku: 'a', name: '茶' }, capFen })),
)
const anyBasket: fc.Arbitrary<Basket> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fen(1, 6_000), fen(1, 3)), { minLength: 1, maxLength: 4 }),
    fen(0, 1_200),
  )
  .map(([shapes, shippingFen]) => ({
    lines: shapes.map(([sku, unitFen, quantity], at) => ({
      ...{ lineId: `l${at}`, sku, unitFen, quantity },
      categories: sku === 'b' ? ['cake'] : [],
    })),
    shippingFen,
  }))
const isFault = (found: Quote | PriceFault): found is PriceFault => 'code' in found
function* ordersOf<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length === 0) yield []
  for (const [at, one] of list.entries()) for (const rest of ordersOf(list.toSpliced(at, 1))) yield [one, ...rest]
}
/** One after the other as they come: by issue, when each is of an instant of its own. */
const inGivenOrder = (terms: readonly Terms[]): Priced[] =>
  terms.map((one, at) => ({ couponId: `cpn${at}`, terms: one, claimedAt: at }))
/** The price and the lines, without which coupon is called what. */
const priceOf = (found: Quote | PriceFault) =>
  isFault(found) ? found.code : { ...found, coupons: found.coupons.map(({ couponId: _, ...rest }) => rest) }
const anyCase = fc.tuple(fc.array(anyTerms, { minLength: 1, maxLength: 4 }), anyBasket)

describe('one price', () => {
  test('[V7] whatever the order they are named in and the ids they have, the same price to the last line', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 6, maxLength: 6 }), { minLength: 4, maxLength: 4 })
    const instants = fc.array(fen(0, 2), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(anyCase, ids, ids, instants, ([terms, basket], some, others, at) => {
        const held = (named: readonly string[]) =>
          terms.map((one, i) => ({ couponId: named[i] as string, terms: one, claimedAt: at[i] as number }))
        const first = priceOf(quote(held(some), basket))
        for (const order of ordersOf(held(others))) expect(priceOf(quote(order, basket))).toEqual(first)
      }),
    )
  })
  test('[V7] whoever has them and since when, the same to pay', () => {
    fc.assert(
      fc.property(anyCase, ([terms, basket]) => {
        const toPay = new Set<number | string>()
        for (const order of ordersOf(terms)) {
          const found = quote(inGivenOrder(order), basket)
          toPay.add(isFault(found) ? 'refused' : found.payableFen)
        }
        expect(toPay.size).toBe(1)
      }),
    )
  })
  test('[V7] no other order within the levels is cheaper, and none is left out that would have fit', () => {
    fc.assert(
      fc.property(anyCase, ([terms, basket]) => {
        // A line is told as one piece from the second coupon on, so exchanges, which take a piece, are left out.
        const several = terms.filter(({ kind }) => kind !== 'exchange')
        if (several.length === 0) return
        const byHand = [...ordersOf(several)].filter(isByLevel).map((order) => oneByOne(order, basket))
        const fits = byHand.filter((payable) => payable !== undefined)
        const found = quote(inGivenOrder(several), basket)
        expect(isFault(found) ? undefined : found.payableFen).toBe(fits.length === 0 ? undefined : Math.min(...fits))
      }),
    )
  })
  test('[V7] what costs the same is applied by issue', () => {
    const direct = (amountFen: number): Terms => ({ ...common, kind: 'direct', amountFen })
    const basket = { lines: [{ lineId: 'a', sku: 'a', unitFen: 5_000, quantity: 1 }] }
    const found = quote(
      [
        { couponId: 'a', terms: direct(300), claimedAt: 7 },
        { couponId: 'b', terms: direct(500), claimedAt: 3 },
        { couponId: 'c', terms: direct(400), claimedAt: 5 },
      ],
      basket,
    )
    expect(isFault(found) ? [] : found.coupons.map(({ couponId }) => couponId)).toEqual(['b', 'c', 'a'])
  })
})
const rank = (terms: Terms) => levels.indexOf(levelOf(terms))
const isByLevel = (order: readonly Terms[]) =>
  order.every((one, at) => at === 0 || rank(order[at - 1] as Terms) <= rank(one))
/** What is to pay when each is priced alone on what those before left; undefined if one does not fit. */
function oneByOne(order: readonly Terms[], basket: Basket): number | undefined {
  let now = basket
  let payable = 0
  for (const terms of order) {
    const found = quote(inGivenOrder([terms]), now)
    if (isFault(found)) return undefined
    payable = found.payableFen
    now = {
      lines: now.lines.map((line, i) => ({ ...line, quantity: 1, unitFen: found.lines[i]?.payableFen ?? 0 })),
      shippingFen: found.shipping.payableFen,
    }
  }
  return payable
}

describe('how many go together', () => {
  const direct = (stackGroup?: string): Terms => ({
    ...{ ...common, kind: 'direct', amountFen: 2_000 },
    ...(stackGroup !== undefined && { stackGroup }),
  })
  const codeOf = (terms: readonly Terms[], list: Stacking) => stackFault(inGivenOrder(terms), list)?.code ?? null
  const one: Stacking = { groups: [{ name: 'default', most: 1 }], most: 1 }
  const more: Stacking = {
    groups: [
      { name: 'default', most: 1 },
      { name: 'gift', most: 2 },
      { name: 'shipping', most: 1 },
    ],
    most: 3,
  }
  test('[V8] five of five self-named groups are five of one', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map(direct)
    expect(codeOf(five, one)).toBe('coupon.not_stackable')
    expect(codeOf(five.slice(0, 2), more)).toBe('coupon.not_stackable')
    expect(codeOf(five.slice(0, 1), one)).toBe(null)
  })
  test('[C4] [V8] so many of each group, so many in all; what the list has not counts as the default', () => {
    expect(codeOf([direct('gift'), direct('gift')], more)).toBe(null)
    expect(codeOf([direct('gift'), direct('gift'), direct('gift')], more)).toBe('coupon.not_stackable')
    expect(codeOf([direct('gift'), direct('default'), direct('gift')], more)).toBe(null)
    const four = [direct('gift'), direct('gift'), direct('default'), direct('shipping')]
    expect(codeOf(four, more)).toBe('coupon.not_stackable')
    expect(codeOf([direct('left'), direct('default')], more)).toBe('coupon.not_stackable')
    // Made before there was a list: by its level, which this one has for freight alone.
    const freight: Terms = { ...common, kind: 'shipping', amountFen: 100 }
    expect(codeOf([freight, direct()], more)).toBe(null)
    expect(codeOf([freight, freight], more)).toBe('coupon.not_stackable')
  })
  test('[V8] a list has each group once, the default among them; a stock is of one of them', () => {
    expect([isStacking(one), isStacking(more)]).toEqual([true, true])
    expect(isStacking({ groups: [{ name: 'gift', most: 1 }], most: 1 })).toBe(false)
    expect(isStacking({ ...more, groups: [...more.groups, { name: 'gift', most: 1 }] })).toBe(false)
    expect([undefined, 'default', 'gift', 'x'].map((name) => isListed(direct(name), more))).toEqual([
      ...[true, true, true, false],
    ])
  })
})
