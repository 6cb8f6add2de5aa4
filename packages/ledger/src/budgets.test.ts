/** Budgets: caps that stop spending by themselves, per subject and day, all or none, once per key. */
import { campaignBudget, defaultCaps, memberDay, staffDay, type UserId } from '@qun/contract'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { budgetOf, listBudgets, setBudget, spend, spendAll, unspend, unspendAll, type Spending } from './budgets.ts'
import { rival, startLab } from './fixtures.ts'

const currency = 'points'
const shop = { merchantId: 'shop', timeZone: 'Asia/Shanghai' }
const he = staffDay(shop, 'he' as UserId, 0)
const li = memberDay(shop, 'li' as UserId, 0)
const spring = campaignBudget('shop', 'spring')
let refs = 0
const one = (amount: number, more: Partial<Spending> = {}): Spending => ({
  ...{ ref: `test/${(refs += 1)}`, currency, amount, against: [he] },
  ...more,
})

describe('a budget', () => {
  test('[LDG8] stops at its cap, per subject, and a refusal counts nothing', async () => {
    await using lab = await startLab()
    await lab.decide((call) => setBudget(call, { scope: 'staff-day', currency, cap: 100 }))
    const take = (amount: number, more = {}) => lab.refusal((call) => spend(call, one(amount, more)))
    expect(await take(101)).toBe('budget.exhausted')
    expect(await take(60)).toBeNull()
    expect(await take(41)).toBe('budget.exhausted')
    expect(await take(40, { ref: 'forty' })).toBeNull()
    expect(await take(1)).toBe('budget.exhausted')
    expect(await take(100, { against: [staffDay(shop, 'he' as UserId, 86_400_000)] })).toBeNull()
    expect(await take(500, { currency: 'CNY' })).toBeNull()
    await lab.decide((call) => unspend(call, 'forty', 10))
    expect(await lab.decide((call) => budgetOf(call, { ...he, currency }))).toEqual({ cap: 100, spent: 70 })
    await lab.decide((call) => setBudget(call, { scope: he.scope, currency: 'CNY', cap: Number.MAX_SAFE_INTEGER }))
    expect(await take(Number.MAX_SAFE_INTEGER - 500, { currency: 'CNY' })).toBeNull()
    expect(await take(1, { currency: 'CNY' })).toBe('budget.exhausted')
    const pieces = { currency: 'voucher:x', against: [he] }
    expect(await take(Number.MAX_SAFE_INTEGER, pieces)).toBeNull()
    expect(await take(1, pieces)).toBe('ledger.amount_limit')
    expect(await take(1, { currency: 'USD' })).toBe('ledger.currency_unknown')
    await expect(take(0)).rejects.toThrow('nothing to spend')
    await expect(lab.decide((call) => spendAll(call, [one(1, { ref: 'a' }), one(1, { ref: 'a' })]))).rejects.toThrow(
      'twice',
    )
  })
  test('[LDG8] several caps hold together: none is counted when one is used up', async () => {
    await using lab = await startLab()
    await lab.decide((call) => setBudget(call, { scope: spring.scope, currency, cap: 10 }))
    const both = (amount: number) => lab.refusal((call) => spend(call, one(amount, { against: [li, spring] })))
    expect(await both(6)).toBeNull()
    await lab.decide(async (call) => {
      const refused = spend(call, one(5, { against: [li, spring] }))
      await expect(refused).rejects.toMatchObject({ code: 'budget.exhausted' })
      expect(await budgetOf(call, { ...li, currency })).toEqual({ cap: defaultCaps['member-day']!.points, spent: 6 })
      await spendAll(call, [])
      await spend(call, one(5, { against: [] }))
    })
    const two = [one(2, { against: [spring] }), one(3, { against: [spring] })]
    expect(await lab.refusal((call) => spendAll(call, two))).toBe('budget.exhausted')
    expect(await both(4)).toBeNull()
    const page = { limit: 10 }
    expect(await lab.decide((call) => listBudgets(call, page))).toEqual([{ scope: spring.scope, currency, cap: 10 }])
    expect(await lab.decide((call) => listBudgets(call, page), rival)).toEqual([])
    await lab.decide((call) => setBudget(call, { scope: spring.scope, currency, cap: null }))
    expect(await both(1_000)).toBeNull()
  })
  test('[LDG8] what is told again under its key is counted once, and neither refused for a cap that is used up', async () => {
    await using lab = await startLab()
    await lab.decide((call) => setBudget(call, { scope: 'staff-day', currency, cap: 10 }))
    const ten = one(10, { against: [he, li] })
    for (let i = 0; i < 3; i += 1) await lab.decide((call) => spend(call, ten))
    const mixed = [ten, one(1, { against: [li] })]
    await lab.decide((call) => spendAll(call, mixed))
    const tomorrow = { ...ten, against: [staffDay(shop, 'he' as UserId, 86_400_000)] }
    await lab.decide((call) => spend(call, tomorrow))
    const spent = async (key: typeof he) => (await lab.decide((call) => budgetOf(call, { ...key, currency }))).spent
    expect([await spent(he), await spent(li), await spent(tomorrow.against[0]!)]).toEqual([10, 11, 0])
    await lab.decide((call) => unspend(call, ten.ref))
    await lab.decide((call) => spend(call, ten))
    expect([await spent(he), await spent(li)]).toEqual([0, 1])
  })
  test('[LDG8] what comes back is taken back once, of all it counted against', async () => {
    await using lab = await startLab()
    const [a, b] = [one(7, { against: [he, spring] }), one(5, { against: [he, li], currency: 'CNY' })]
    await lab.decide((call) => spendAll(call, [a, b]))
    const back = [
      { ref: a.ref, keep: 3 },
      { ref: b.ref, keep: 0 },
      { ref: 'never', keep: 0 },
    ]
    for (let i = 0; i < 2; i += 1) await lab.decide((call) => unspendAll(call, back))
    await lab.decide((call) => unspend(call, a.ref, 6))
    const { rows } = await lab.decide(({ tx }) =>
      sql<object>`SELECT scope, currency, spent FROM ledger_spent ORDER BY 1, 2`.execute(tx),
    )
    expect(rows).toEqual([
      { scope: 'campaign/spring@shop', currency, spent: 3 },
      { scope: 'member-day@shop', currency: 'CNY', spent: 0 },
      { scope: 'staff-day@shop', currency: 'CNY', spent: 0 },
      { scope: 'staff-day@shop', currency, spent: 3 },
    ])
  })
  test('[LDG16] the audit names a figure that is not the sum of its keys', async () => {
    await using lab = await startLab()
    await lab.decide((call) => spend(call, one(7)))
    await lab.decide(({ tx }) => sql`UPDATE ledger_spent SET spent = 8`.execute(tx))
    expect(await lab.differences()).toEqual([
      'LDG8: app_id shop, scope staff-day@shop, subject he/1970-01-01, currency points, spent 8, total 7',
    ])
    await lab.decide(({ tx }) => sql`UPDATE ledger_spent SET spent = 7`.execute(tx))
  })
  test('[MER5] a merchant’s own cap holds before the app’s, the app’s before the default; none is endless', async () => {
    await using lab = await startLab()
    const other = staffDay({ ...shop, merchantId: 'brewer' }, 'he' as UserId, 0)
    const capOf = async (of: typeof he, among = currency) =>
      (await lab.decide((call) => budgetOf(call, { ...of, currency: among }))).cap
    const { points } = defaultCaps['staff-day']!
    expect([await capOf(he), await capOf(he, 'points:shop')]).toEqual([points, points])
    await lab.decide((call) => setBudget(call, { scope: 'staff-day', currency, cap: 50 }))
    await lab.decide((call) => setBudget(call, { scope: he.scope, currency, cap: 70 }))
    expect([await capOf(he), await capOf(other), await capOf(he, 'points:shop')]).toEqual([70, 50, 70])
    // [MER3] What one merchant gives leaves the other its own.
    expect(await lab.refusal((call) => spend(call, one(70)))).toBeNull()
    expect(await lab.refusal((call) => spend(call, one(50, { against: [other] })))).toBeNull()
    expect(await lab.refusal((call) => spend(call, one(1, { against: [other] })))).toBe('budget.exhausted')
    await lab.decide((call) => setBudget(call, { scope: he.scope, currency, cap: null }))
    expect(await capOf(he)).toBe(50)
  })
  test('[MER9] [MER5] the audit names what was given beyond the cap of that moment, and no cap lowered since', async () => {
    await using lab = await startLab()
    await lab.decide((call) => setBudget(call, { scope: he.scope, currency, cap: 7 }))
    await lab.decide((call) => spend(call, one(7, { ref: 'seven' })))
    await lab.decide((call) => setBudget(call, { scope: he.scope, currency, cap: 3 }))
    expect(await lab.differences()).toEqual([])
    await lab.decide(({ tx }) => sql`UPDATE ledger_spendings SET amount = 9 WHERE ref = 'seven'`.execute(tx))
    await lab.decide(({ tx }) => sql`UPDATE ledger_spent SET spent = 9`.execute(tx))
    expect(await lab.differences()).toEqual([
      'MER5: app_id shop, scope staff-day@shop, subject he/1970-01-01, currency points, spent 9, cap 7',
    ])
    await lab.decide((call) => unspend(call, 'seven', 7))
  })
  test('[LDG8] caps are listed in their order, page by page', async () => {
    await using lab = await startLab()
    const scopes = ['campaign/B', 'campaign/a', 'member-day', 'staff-day']
    for (const scope of scopes.toReversed())
      for (const of of ['points', 'CNY']) await lab.decide((call) => setBudget(call, { scope, currency: of, cap: 1 }))
    const first = await lab.decide((call) => listBudgets(call, { limit: 3 }))
    const rest = await lab.decide((call) => listBudgets(call, { limit: 9, after: first[2]! }))
    expect([...first, ...rest].map(({ scope, currency: of }) => `${scope} ${of}`)).toEqual(
      scopes.flatMap((scope) => [`${scope} CNY`, `${scope} points`]),
    )
  })
})
