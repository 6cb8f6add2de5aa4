/** Budgets: caps that stop spending by themselves, per subject and day, all or none. */
import { dayIn } from '@qun/contract'
import { describe, expect, test } from 'vitest'
import { budgetOf, listBudgets, setBudget, spend, spendAll, unspend } from './budgets.ts'
import { rival, startLab } from './fixtures.ts'

const points = 'points'

describe('a budget', () => {
  test('[LDG8] stops at its cap, per subject, and a refusal counts nothing', async () => {
    await using lab = await startLab()
    const day = { scope: 'staff-day', currency: points, subject: 'he/2026-01-01' }
    await lab.decide((call) => setBudget(call, { scope: 'staff-day', currency: points, cap: 100 }))
    const take = (amount: number, more = {}) => lab.refusal((call) => spend(call, { ...day, amount, ...more }))
    expect(await take(101)).toBe('budget.exhausted')
    expect(await take(60)).toBeNull()
    expect(await take(41)).toBe('budget.exhausted')
    expect(await take(40)).toBeNull()
    expect(await take(1)).toBe('budget.exhausted')
    expect(await take(100, { subject: 'he/2026-01-02' })).toBeNull()
    expect(await take(500, { currency: 'CNY' })).toBeNull()
    await lab.decide((call) => unspend(call, { ...day, amount: 30 }))
    expect(await lab.decide((call) => budgetOf(call, day))).toEqual({ cap: 100, spent: 70 })
    expect(await take(Number.MAX_SAFE_INTEGER, { currency: 'CNY' })).toBe('ledger.amount_limit')
    await expect(take(0)).rejects.toThrow('nothing to spend')
  })
  test('[LDG8] several caps hold together: none is counted when one is used up', async () => {
    await using lab = await startLab()
    await lab.decide((call) => setBudget(call, { scope: 'campaign/spring', currency: points, cap: 10 }))
    const campaign = { scope: 'campaign/spring', subject: '', currency: points }
    const member = { scope: 'member', subject: 'li', currency: points }
    const both = (amount: number) =>
      lab.refusal((call) =>
        spendAll(call, [
          { ...member, amount },
          { ...campaign, amount },
        ]),
      )
    expect(await both(6)).toBeNull()
    await lab.decide(async (call) => {
      const refused = spendAll(call, [
        { ...member, amount: 5 },
        { ...campaign, amount: 5 },
      ])
      await expect(refused).rejects.toMatchObject({ code: 'budget.exhausted' })
      expect(await budgetOf(call, member)).toEqual({ cap: null, spent: 6 })
      await spendAll(call, [])
    })
    expect(
      await lab.refusal((call) =>
        spendAll(call, [
          { ...campaign, amount: 2 },
          { ...campaign, amount: 3 },
        ]),
      ),
    ).toBe('budget.exhausted')
    expect(await both(4)).toBeNull()
    expect(await lab.decide(listBudgets)).toEqual([{ scope: 'campaign/spring', currency: points, cap: 10 }])
    expect(await lab.decide(listBudgets, rival)).toEqual([])
    await lab.decide((call) => setBudget(call, { ...campaign, cap: null }))
    expect(await both(1_000)).toBeNull()
  })
  test('[LDG8] a day is that of the time zone', () => {
    const at = 1_767_196_800_000 // 2025-12-31 16:00 UTC
    expect([dayIn('Asia/Shanghai', at), dayIn('UTC', at), dayIn('Asia/Shanghai', at - 1)]).toEqual([
      '2026-01-01',
      '2025-12-31',
      '2025-12-31',
    ])
  })
})
