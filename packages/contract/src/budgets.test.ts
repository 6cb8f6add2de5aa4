/** Whose a budget is: the same spelling for everybody, and a day that is a time zone's. */
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import {
  BudgetScope,
  campaignBudget,
  defaultCapOf,
  givenBy,
  memberDay,
  merchantDay,
  merchantMonth,
  pointsOf,
  programmeOf,
  scopeWithin,
  staffDay,
  type Issuer,
} from './budgets.ts'
import type { UserId } from './ids.ts'

const wang = 'wang' as UserId
const shop: Issuer = { merchantId: 'shop', timeZone: 'Asia/Shanghai' }
/** 2025-12-31 16:00 UTC: midnight in Shanghai. */
const midnight = 1_767_196_800_000

test('[MER8] a day is that of the merchant’s time zone', () => {
  expect(staffDay(shop, wang, midnight)).toEqual({ scope: 'staff-day@shop', subject: 'wang/2026-01-01' })
  expect(staffDay(shop, wang, midnight - 1)).toEqual({ scope: 'staff-day@shop', subject: 'wang/2025-12-31' })
  const utc = { ...shop, timeZone: 'UTC' }
  expect(memberDay(utc, wang, midnight)).toEqual({ scope: 'member-day@shop', subject: 'wang/2025-12-31' })
  expect(merchantMonth(shop, midnight)).toEqual({ scope: 'merchant-month@shop', subject: '2026-01' })
  expect(merchantMonth(utc, midnight)).toEqual({ scope: 'merchant-month@shop', subject: '2025-12' })
})
test('[MER5] the host has no day of staff, but a merchant’s; every scope that is made can be capped', () => {
  const inAll = [merchantDay(shop, midnight), merchantMonth(shop, midnight)]
  expect(givenBy(shop, { userId: '' as UserId }, midnight)).toEqual(inAll)
  const all = givenBy(shop, { userId: wang, campaign: 'spring' }, midnight)
  expect(all).toEqual([staffDay(shop, wang, midnight), campaignBudget('shop', 'spring'), ...inAll])
  for (const { scope } of [...all, memberDay(shop, wang, midnight)]) {
    expect(Value.Check(BudgetScope, scopeWithin(scope)), scope).toBe(true)
    for (const currency of ['CNY', 'points', 'points:shop'])
      expect(defaultCapOf(scope, currency), scope).toBeGreaterThan(0)
    expect(defaultCapOf(scope, 'voucher:x')).toBe(null)
  }
  for (const scope of ['', 'campaign/', 'campaign/a b', 'staff', 'staff-day/wang', 'staff-day@shop'])
    expect(Value.Check(BudgetScope, scope), scope).toBe(false)
})
test('[MER3] each programme has a currency of its own; that of `main` is the one there was before', () => {
  expect([pointsOf('main'), pointsOf('shop')]).toEqual(['points', 'points:shop'])
  expect(['points', 'points:shop', 'CNY'].map((currency) => programmeOf(currency))).toEqual(['main', 'shop', undefined])
})
