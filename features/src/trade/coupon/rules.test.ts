/** Properties of the rules of coupons: terms, days, prices to the fen, and the way of one coupon. */
import { isSafeAddress, type UserId } from '@qun/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faceMaxFen, type Terms } from './contract.ts'
import {
  dayKeyOf,
  expire,
  giveBack,
  isEligible,
  lock,
  redeem,
  release,
  remindAt,
  revoke,
  stateAt,
  take,
  termsFault,
  use,
  validityOf,
  windowFault,
  type Standing,
  type Verdict,
} from './rules.ts'
import { allocate, capFault, levelOf, quote, stackGroupOf, worthOf, type Priced } from './rules-price.ts'

const day = 86_400_000
const now = Date.UTC(2026, 2, 4, 4, 0, 0)
const terms = (patch: Partial<Terms> = {}): Terms => ({
  kind: 'full',
  amountFen: 1_000,
  thresholdFen: 5_000,
  total: 100,
  perUser: 1,
  claim: { from: now, until: now + 7 * day },
  validity: { mode: 'relative', afterDays: 0, forDays: 7 },
  ...patch,
})
const direct = (patch: Partial<Terms> = {}): Terms => {
  const { thresholdFen: _, ...rest } = terms({ kind: 'direct', amountFen: 500 })
  return { ...rest, ...patch }
}
const percent = (offBp: number, patch: Partial<Terms> = {}): Terms => {
  const { amountFen: _a, thresholdFen: _t, ...rest } = terms({ kind: 'percent', offBp })
  return { ...rest, ...patch }
}
/** A coupon of some terms; its id and when it was claimed are for the tests that are about them. */
const priced = (of: Terms, couponId = 'x'): Priced => ({ couponId, terms: of, claimedAt: now })
const line = (lineId: string, unitFen: number, quantity = 1, more: object = {}) => ({
  lineId,
  sku: `sku-${lineId}`,
  unitFen,
  quantity,
  ...more,
})

describe('terms', () => {
  test('[CP12] (CPN-13) each field that does not fit is named', () => {
    expect(termsFault(terms(), now)).toBeUndefined()
    const bad: readonly [Partial<Terms>, string][] = [
      [{ amountFen: 0 }, '/amountFen'],
      [{ amountFen: -5 }, '/amountFen'],
      [{ amountFen: 1_000_000_000, thresholdFen: 1_000_000_000 }, '/amountFen'],
      [{ thresholdFen: 999 }, '/thresholdFen'],
      [{ offBp: 1_000 }, '/offBp'],
      [{ capFen: 1 }, '/capFen'],
      [{ kind: 'shipping', thresholdFen: 0, capFen: 1 }, '/capFen'],
      [{ exchange: { sku: 'a', name: 'b' } }, '/exchange'],
      [{ total: 0 }, '/total'],
      [{ total: 1_000_001 }, '/total'],
      [{ perDay: 101 }, '/perDay'],
      [{ perDay: 0 }, '/perDay'],
      [{ perUser: 0 }, '/perUser'],
      [{ perUser: 21 }, '/perUser'],
      [{ claim: { from: now + 2, until: now + 1 } }, '/claim'],
      [{ claim: { from: now - 2, until: now } }, '/claim'],
      [{ validity: { mode: 'absolute', from: now + 9 * day, until: now + 8 * day } }, '/validity'],
      [{ validity: { mode: 'absolute', from: now, until: now + 6 * day } }, '/validity'],
      [{ validity: { mode: 'relative', afterDays: -1, forDays: 1 } }, '/validity'],
      [{ validity: { mode: 'relative', afterDays: 0, forDays: 0 } }, '/validity'],
      [{ scope: { skus: [] } }, '/scope'],
      [{ timeZone: 'Mars/Olympus' }, '/timeZone'],
      [{ audience: { memberDays: 0 } }, '/audience'],
      [{ audience: { newDays: 0 } }, '/audience'],
      [{ audience: { newDays: 3, memberDays: 4 } }, '/audience'],
      [{ audience: { levelMin: 1 } }, '/audience'],
      [{ audience: { levelMin: 7 } }, '/audience'],
      [{ audience: { userIds: [] } }, '/audience'],
    ]
    for (const [patch, fault] of bad) expect([patch, termsFault(terms(patch), now)]).toEqual([patch, fault])
    expect(termsFault(percent(10_100), now)).toBe('/offBp')
    expect(termsFault(percent(0), now)).toBe('/offBp')
    expect(termsFault(percent(3_333, { capFen: 2_000 }), now)).toBeUndefined()
    expect(termsFault(percent(3_333, { amountFen: 1 }), now)).toBe('/amountFen')
    const { amountFen: _, thresholdFen: __, ...rest } = terms({ kind: 'shipping' })
    expect(termsFault(rest, now)).toBeUndefined()
    expect(termsFault({ ...rest, kind: 'exchange' }, now)).toBe('/exchange')
  })
  test('[CP12] places are https or a path of the host', () => {
    for (const url of ['https://shop.example/x', '/cart?from=qun']) expect(isSafeAddress(url)).toBe(true)
    for (const url of ['javascript:alert(1)', 'http://x', '//evil.example', '/\\evil', 'data:,', 'intent://x'])
      expect(isSafeAddress(url)).toBe(false)
  })
  test('[CP11] [CP14] validity counts from the claim; reminders come a day before the end, of longer lives only', () => {
    const three = terms({ validity: { mode: 'relative', afterDays: 1, forDays: 3 } })
    expect(validityOf(three, now)).toEqual({ from: now + day, until: now + 4 * day })
    expect(remindAt({ validUntil: now + 4 * day }, now)).toBe(now + 3 * day)
    expect(remindAt({ validUntil: now + day }, now)).toBeUndefined()
  })
  test('[CP19] days are those of Shanghai unless told', () => {
    const late = Date.UTC(2026, 2, 4, 15, 59, 59, 999)
    expect([dayKeyOf(late), dayKeyOf(late + 1)]).toEqual(['2026-03-04', '2026-03-05'])
    expect(dayKeyOf(late + 1, 'America/New_York')).toBe('2026-03-04')
  })
  test('[C8] [CP12] [CP20] the window is half open, days of membership are whole, names are exact', () => {
    const window = { status: 'active' as const, from: now, until: now + 10 }
    expect(windowFault(window, now - 1)).toBe('coupon.not_started')
    expect(windowFault(window, now)).toBeUndefined()
    expect(windowFault(window, now + 9)).toBeUndefined()
    expect(windowFault(window, now + 10)).toBe('coupon.expired')
    expect(windowFault({ ...window, status: 'paused' }, now)).toBe('coupon.paused')
    expect(windowFault({ ...window, status: 'ended' }, now)).toBe('coupon.expired')
    const old = terms({ audience: { memberDays: 3 } })
    const joined = (msAgo: number, name = 'li') => ({ userId: name as UserId, joinedAt: now - msAgo })
    expect([3 * day, 3 * day - 1].map((ms) => isEligible(old, joined(ms), now))).toEqual([true, false])
    const fresh = terms({ audience: { newDays: 3 } })
    expect([3 * day, 3 * day + 1].map((ms) => isEligible(fresh, joined(ms), now))).toEqual([true, false])
    const named = terms({ audience: { userIds: ['li', 'sun'] as UserId[] } })
    expect(['li', 'zhao'].map((name) => isEligible(named, joined(0, name), now))).toEqual([true, false])
  })
})

describe('prices', () => {
  const price = (coupons: readonly Priced[], lines: ReturnType<typeof line>[], shippingFen = 0) => {
    const found = quote(coupons, { lines, shippingFen })
    if ('code' in found) throw new Error(found.code)
    return found
  }
  test('[CP15] (CPN-20) three lines, 33.33 % off: shares add up, the rest goes to the largest remainder, ties to the earlier', () => {
    const three = [line('a', 1_000), line('b', 1_000), line('c', 1_000)]
    const found = price([priced(percent(3_333))], three)
    expect(found.discountFen).toBe(999)
    expect(found.coupons[0]?.shares.map((share) => share.discountFen)).toEqual([333, 333, 333])
    expect(allocate(100, [1, 1, 1])).toEqual([34, 33, 33])
    expect(allocate(1_000, [3_333, 3_333, 3_334])).toEqual([333, 333, 334])
    expect(allocate(5, [0, 0])).toEqual([0, 0])
  })
  test('[C5] parts of an amount add up to it and none passes its weight', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1_000_000_000_000 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (parts, share) => {
        const total = parts.reduce((sum, part) => sum + part, 0)
        const amount = Math.min(total, Math.floor(total * share))
        const shares = allocate(amount, parts)
        if (total === 0) return
        expect(shares.reduce((sum, part) => sum + part, 0)).toBe(amount)
        shares.forEach((part, i) => {
          expect(part).toBeLessThanOrEqual(parts[i] as number)
          expect(Math.abs(part - Number((BigInt(amount) * BigInt(parts[i] as number)) / BigInt(total)))).toBeLessThan(2)
        })
      }),
    )
  })
  const anyTerms = fc.oneof(
    fc.record({ amountFen: fc.integer({ min: 1, max: 20_000 }) }).map((patch) => direct(patch)),
    fc.integer({ min: 1, max: 10_000 }).map((offBp) => percent(offBp, { funder: 'platform' })),
    fc.integer({ min: 1, max: 3_000 }).map((amountFen) => direct({ kind: 'shipping', amountFen })),
    fc.constant(direct({ scope: { skus: ['sku-a'] }, amountFen: 700 })),
  )
  const anyLines = fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
    maxLength: 12,
  })
  test('[C5] [CP15] what is to pay is the price less the discounts, and lines say the same as coupons', () => {
    const coupons = fc.array(anyTerms, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(coupons, anyLines, fc.integer({ min: 0, max: 2_000 }), (chosen, shapes, shippingFen) => {
        const lines = shapes.map(([unitFen, quantity], i) => line('abcdefghijkl'[i] as string, unitFen, quantity))
        const found = quote(
          chosen.map((one, i) => priced(one, `c${i}`)),
          { lines, shippingFen },
        )
        if ('code' in found) return
        const sum = (parts: readonly number[]) => parts.reduce((total, part) => total + part, 0)
        expect(found.payableFen).toBe(found.goodsFen + found.shippingFen - found.discountFen)
        expect(found.payableFen).toBeGreaterThanOrEqual(0)
        const offLines = sum(found.lines.map((one) => one.discountFen)) + found.shipping.discountFen
        expect(offLines).toBe(found.discountFen)
        expect(sum(found.coupons.map((one) => one.discountFen))).toBe(found.discountFen)
        for (const one of found.lines) expect(one.payableFen).toBeGreaterThanOrEqual(0)
        for (const { discountFen, shares } of found.coupons)
          if (shares.length > 0) expect(sum(shares.map((share) => share.discountFen))).toBe(discountFen)
      }),
    )
  })
  test('[CP15] item before shop before platform before shipping, each on what is left', () => {
    const coupons: Priced[] = [
      priced(direct({ kind: 'shipping', amountFen: 800 }), 'ship'),
      priced(percent(1_000, { funder: 'platform' }), 'platform'),
      priced(terms({ thresholdFen: 9_000 }), 'shop'),
      priced(direct({ scope: { skus: ['sku-a'] }, amountFen: 1_000 }), 'item'),
    ]
    const found = price(coupons, [line('a', 5_000), line('b', 5_000)], 500)
    expect(found.coupons.map((one) => [one.couponId, one.discountFen])).toEqual([
      ['item', 1_000],
      ['shop', 1_000],
      ['platform', 800],
      ['ship', 500],
    ])
    expect(found.payableFen).toBe(10_000 - 2_800)
    const dear = quote([coupons[3] as Priced, priced(terms({ thresholdFen: 9_001 }), 'shop')], {
      lines: [line('a', 5_000), line('b', 5_000)],
    })
    expect(dear).toEqual({ couponId: 'shop', code: 'coupon.threshold' })
  })
  test('[C4] (CPN-06) scope and threshold are refused by their code', () => {
    const basket = { lines: [line('a', 4_999, 1, { storeId: 's1', categories: ['cake'] })] }
    const codeOf = (...chosen: Terms[]) => {
      const found = quote(
        chosen.map((one, i) => priced(one, `c${i}`)),
        basket,
      )
      return 'code' in found ? found.code : null
    }
    expect(codeOf(terms())).toBe('coupon.threshold')
    expect(codeOf(direct({ scope: { skus: ['other'] } }))).toBe('coupon.scope')
    expect(codeOf(direct({ scope: { stores: ['s2'] } }))).toBe('coupon.scope')
    expect(codeOf(direct({ scope: { categories: ['tea'] } }))).toBe('coupon.scope')
    expect(codeOf(direct({ scope: { stores: ['s1'], categories: ['cake'] } }))).toBe(null)
    expect(codeOf(direct({ kind: 'shipping' }))).toBe('coupon.scope')
    expect(codeOf(direct(), percent(100))).toBe(null)
    expect(stackGroupOf(direct())).toBe('shop')
    expect(stackGroupOf(direct({ stackGroup: 'x' }))).toBe('x')
    expect(levelOf(direct({ scope: { skus: ['a'] } }))).toBe('item')
  })
  test('[C5] an exchange takes one piece off, at what is left to pay of it', () => {
    const { amountFen: _, ...rest } = direct({ kind: 'exchange', exchange: { sku: 'sku-b', name: '可颂' } })
    const found = price([priced(rest)], [line('a', 3_000), line('b', 1_600, 3)])
    expect(found.lines).toEqual([
      { lineId: 'a', discountFen: 0, payableFen: 3_000 },
      { lineId: 'b', discountFen: 1_600, payableFen: 3_200 },
    ])
  })
})

describe('the way of a coupon', () => {
  const fresh: Standing = {
    state: 'issued',
    validFrom: now,
    validUntil: now + 10 * day,
    orderId: null,
    lockedUntil: null,
  }
  const policies = ['return', 'extend', 'void'] as const
  const moves: readonly ((coupon: Standing, orderId: string, at: number) => Verdict)[] = [
    lock,
    use,
    redeem,
    release,
    ...policies.map(
      (policy) => (coupon: Standing, orderId: string, at: number) => giveBack(coupon, orderId, { policy, now: at }),
    ),
    (coupon, _, at) => revoke(coupon, at),
    (coupon, _, at) => expire(coupon, at),
  ]
  const legal: Readonly<Record<Standing['state'], readonly Standing['state'][]>> = {
    issued: ['locked', 'used', 'voided', 'expired'],
    // A hold that lapsed is let go by whoever comes next.
    locked: ['issued', 'locked', 'used', 'expired', 'voided'],
    used: ['returned', 'expired', 'voided'],
    returned: ['locked', 'used', 'voided', 'expired'],
    expired: [],
    voided: [],
  }
  const step = fc.tuple(fc.nat(moves.length - 1), fc.constantFrom('o1', 'o2', 'o3'), fc.nat(2 * day))
  test('[C3] [C4] [C6] whatever comes in whatever order, only legal moves, one order at a time, nothing after its end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let coupon = fresh
        let at = now
        for (const [which, orderId, ms] of steps) {
          at += ms
          const before = stateAt(coupon, at)
          const { to } = (moves[which] as (typeof moves)[number])(coupon, orderId, at)
          if (to === undefined) continue
          expect(legal[coupon.state]).toContain(to.state)
          if (before === 'expired') expect(['expired']).toContain(to.state)
          if (before === 'locked' && to.state === 'locked') throw new Error('taken from an order that holds it')
          if (before === 'locked' && coupon.orderId !== orderId) throw new Error('moved by a stranger')
          if (to.state === 'used') expect(at < to.validUntil && at >= to.validFrom).toBe(true)
          if (to.state === 'locked') expect(to.lockedUntil).toBeLessThanOrEqual(to.validUntil)
          coupon = to
        }
      }),
    )
  })
  test('[C6] [CP18] a lapsed hold is free for others, and still paid for while nobody took it', () => {
    const held = lock(fresh, 'o1', now).to as Standing
    const lapsed = held.lockedUntil as number
    expect(stateAt(held, lapsed - 1)).toBe('locked')
    expect(stateAt(held, lapsed)).toBe('issued')
    expect(use(held, 'o1', lapsed + 5).to?.state).toBe('used')
    const other = lock(held, 'o2', lapsed).to as Standing
    expect(use(other, 'o1', lapsed)).toEqual({ fault: 'coupon.already_used' })
    const free = release(held, 'o1', now + 1).to as Standing
    expect(use(free, 'o1', now + 2)).toEqual({ fault: 'coupon.state' })
    expect(release(free, 'o1', now + 3)).toEqual({ stay: true })
  })
  test('[CP18] taken by a paid order: used at once, once, whether it is free or held by it, never from another', () => {
    const held = lock(fresh, 'o1', now).to as Standing
    for (const one of [fresh, held]) expect(take(one, 'o1', now).to).toMatchObject({ state: 'used', orderId: 'o1' })
    const used = take(held, 'o1', now).to as Standing
    expect(take(used, 'o1', now)).toEqual({ stay: true })
    for (const one of [used, held]) expect(take(one, 'o2', now)).toEqual({ fault: 'coupon.already_used' })
    expect(take(held, 'o1', fresh.validUntil)).toEqual({ fault: 'coupon.expired' })
  })
  test('[CP13] [C6] policies: back while valid, seven days more, or void; a second refund changes nothing', () => {
    const used = redeem(fresh, 'o1', now).to as Standing
    const back = (policy: (typeof policies)[number], at: number) => giveBack(used, 'o1', { policy, now: at }).to
    expect(back('return', now + day)).toMatchObject({ state: 'returned', validUntil: fresh.validUntil })
    expect(back('return', now + 10 * day)).toMatchObject({ state: 'expired' })
    expect(back('extend', now + 11 * day)).toMatchObject({ state: 'returned', validUntil: now + 18 * day })
    expect(back('extend', now + day)).toMatchObject({ validUntil: fresh.validUntil })
    expect(back('void', now + day)).toMatchObject({ state: 'voided' })
    const returned = back('return', now + day) as Standing
    expect(giveBack(returned, 'o1', { policy: 'return', now: now + day })).toEqual({ stay: true })
    expect(lock(returned, 'o2', now + day).to?.state).toBe('locked')
  })
})

test('[CP21] [V2] no coupon takes off more than it counts for', () => {
  const fen = fc.integer({ min: 1, max: 100_000 })
  fc.assert(
    fc.property(
      fen,
      fen,
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 9 }),
      (most, unit, bp, pieces) => {
        const { amountFen: _, ...free } = direct()
        const figures = [
          direct({ amountFen: most }),
          percent(bp, { capFen: most }),
          { ...free, kind: 'exchange' as const, exchange: { sku: 'sku-a', name: '茶' }, capFen: most },
          { ...free, kind: 'shipping' as const, amountFen: most },
        ]
        for (const each of figures) {
          expect(worthOf(each)).toBe(most)
          const found = quote([priced(each)], { lines: [line('a', unit, pieces)], shippingFen: unit })
          if (!('code' in found)) expect(found.discountFen).toBeLessThanOrEqual(most)
        }
      },
    ),
  )
})
test('[V2] who names no cap is told which; what was offered without one is worth what the dearest may be', () => {
  const { amountFen: _, ...free } = direct()
  const exchange = { ...free, kind: 'exchange' as const, exchange: { sku: 'sku-a', name: '茶' } }
  const open: readonly (readonly [Terms, string])[] = [
    [percent(10_000), '/capFen'],
    [exchange, '/capFen'],
    [{ ...free, kind: 'shipping' }, '/amountFen'],
  ]
  const dear = { lines: [line('a', 100_000_000)], shippingFen: 100_000_000 }
  for (const [each, pointer] of open) {
    expect(capFault(each)).toBe(pointer)
    expect(worthOf(each)).toBe(faceMaxFen)
    expect(quote([priced(each)], dear)).toMatchObject({ discountFen: faceMaxFen })
  }
  for (const each of [terms(), direct(), percent(1, { capFen: 1 }), { ...exchange, capFen: 1 }])
    expect(capFault(each)).toBeUndefined()
})
