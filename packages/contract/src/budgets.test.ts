/** Whose a budget is: the same spelling for everybody, and a day that is a time zone's. */
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { BudgetScope, campaignBudget, givenBy, memberDay, staffDay } from './budgets.ts'
import type { UserId } from './ids.ts'

const wang = 'wang' as UserId
/** 2025-12-31 16:00 UTC: midnight in Shanghai. */
const midnight = 1_767_196_800_000

test('a day is that of the time zone, Shanghai unless told', () => {
  expect(staffDay(wang, midnight)).toEqual({ scope: 'staff-day', subject: 'wang/2026-01-01' })
  expect(staffDay(wang, midnight - 1)).toEqual({ scope: 'staff-day', subject: 'wang/2025-12-31' })
  expect(memberDay(wang, midnight, 'UTC')).toEqual({ scope: 'member-day', subject: 'wang/2025-12-31' })
})
test('the host has no day; every scope that is made can be capped', () => {
  expect(givenBy({ userId: '' as UserId }, midnight)).toEqual([])
  const all = givenBy({ userId: wang, campaign: 'spring' }, midnight)
  expect(all).toEqual([staffDay(wang, midnight), campaignBudget('spring')])
  for (const { scope } of [...all, memberDay(wang, midnight)]) expect(Value.Check(BudgetScope, scope)).toBe(true)
  for (const scope of ['', 'campaign/', 'campaign/a b', 'staff', 'staff-day/wang'])
    expect(Value.Check(BudgetScope, scope), scope).toBe(false)
})
