/** When links let people in, and when orders lead to invitations, for any input. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkLifeMs } from './contract.ts'
import { askFault, foldOrder, isTriggered, linkEnd, linkFault, shorten, type OrderFacts } from './rules.ts'

const now = 1_767_225_600_000
const dayMs = 86_400_000

describe('links', () => {
  const link = { expiresAt: now + 1, maxUses: 2, uses: 1, revokedAt: null }
  test('[IN3] each reason has its code, the strongest first', () => {
    expect(linkFault(link, now, false)).toBeUndefined()
    expect(linkFault(link, now + 1, false)).toBe('invite.expired')
    expect(linkFault({ ...link, uses: 2 }, now, false)).toBe('invite.exhausted')
    expect(linkFault({ ...link, revokedAt: now }, now + 1, false)).toBe('invite.revoked')
    expect(linkFault({ ...link, expiresAt: null, maxUses: null, uses: 10_000 }, now * 2, false)).toBeUndefined()
  })
  test('[IN4] who used it before comes back without a use, while it works', () => {
    expect(linkFault({ ...link, uses: 2 }, now, true)).toBeUndefined()
    expect(linkFault({ ...link, uses: 2 }, now + 1, true)).toBe('invite.expired')
  })
  test('[IN2] seven days unless told; only admins give months or no end', () => {
    expect(linkEnd(undefined, false, now)).toBe(now + linkLifeMs)
    expect(linkEnd(null, true, now)).toBeNull()
    expect(linkEnd(null, false, now)).toBeUndefined()
    expect(linkEnd(31 * dayMs, false, now)).toBeUndefined()
    expect(linkEnd(31 * dayMs, true, now)).toBe(now + 31 * dayMs)
    for (const lifeMs of [-1, 0, 59_999]) expect(linkEnd(lifeMs, true, now)).toBeUndefined()
  })
})

describe('orders', () => {
  const nothing: OrderFacts = { paidAt: null, receivedAt: null, endedAt: null }
  const report = fc.record({
    kind: fc.constantFrom('paid' as const, 'received' as const, 'refunded' as const, 'cancelled' as const),
    at: fc.integer({ min: 0, max: 1_000 }),
  })
  test('[OI2] any order of arrival, and repeats, give the same', () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (reports, keys) => {
        const fold = (list: typeof reports) =>
          list.reduce((order, each) => foldOrder(order, each.kind, each.at), nothing)
        const shuffled = reports
          .map((each) => ({ each, key: keys.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ each }) => each)
        expect(fold(shuffled)).toEqual(fold(reports))
        expect(fold([...reports, ...shuffled])).toEqual(fold(reports))
      }),
    )
  })
  test('[OI3] no invitation for an order that was not paid, or ended', () => {
    const paid = foldOrder(nothing, 'paid', 5)
    const received = foldOrder(nothing, 'received', 6)
    expect(isTriggered('paid', nothing)).toBe(false)
    expect(isTriggered('paid', paid)).toBe(true)
    expect(isTriggered('received', paid)).toBe(false)
    expect(isTriggered('paid', received)).toBe(true)
    expect(isTriggered('paid', foldOrder(foldOrder(nothing, 'refunded', 9), 'paid', 5))).toBe(false)
    expect(isTriggered('received', foldOrder(received, 'cancelled', 1))).toBe(false)
  })
  test('[OI4] cool-down and month limit', () => {
    const rule = { coolDownDays: 3, maxPerMonth: 2 }
    expect(askFault(rule, [], now)).toBeUndefined()
    expect(askFault(rule, [now - 3 * dayMs + 1], now)).toBe('cool_down')
    expect(askFault(rule, [now - 3 * dayMs], now)).toBeUndefined()
    expect(askFault(rule, [now - 3 * dayMs, now - 20 * dayMs], now)).toBe('month_limit')
    expect(askFault(rule, [now - 3 * dayMs, now - 30 * dayMs], now)).toBeUndefined()
    expect(askFault({ coolDownDays: 0, maxPerMonth: 2 }, [now], now)).toBeUndefined()
  })
  test('[OI7] words of an order become one short plain line', () => {
    expect(shorten('  可颂\n\u202e礼盒\u0000 ', 80)).toBe('可颂 礼盒')
    expect(Array.from(shorten('🥐'.repeat(10_000), 80))).toHaveLength(80)
    expect(shorten('', 5)).toBe('')
  })
})
