/** Caps as the host meets them: set, listed, read; and what they stop, by race and over days. */
import { DAY, defaultCaps, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { grantPoints } from '../points/contract.ts'
import points from '../points/server.ts'
import { budgetSpent, listBudgets, setBudget, type Cap, type SpentQuery } from './contract.ts'
import { setTimeZone } from '../../people/time-zone/contract.ts'
import timeZone from '../../people/time-zone/server.ts'
import feature from './server.ts'

const he = 'he' as UserId
const li = 'li' as UserId
const world = () => startWorld({ features: [message, membership, points, feature], watching: [] })
const cap = (w: World, scope: string, amount: number | null, currency = 'points') =>
  w.asServer().call(setBudget, { body: { scope, currency, cap: amount } })
const spent = (w: World, query: Omit<SpentQuery, 'currency'> & { currency?: string }) =>
  w.asServer().call(budgetSpent, { query: { currency: 'points', ...query } })
const grant = (w: World, ref: string, amount: number, userId: UserId = li) =>
  w.asServer().call(grantPoints, { key: `${ref}-${amount}`, body: { ref, userId, amount, staffId: he, campaign: 'x' } })
async function allCaps(w: World, limit: number): Promise<Cap[]> {
  const caps: Cap[] = []
  for (let cursor: string | undefined; ;) {
    const page = await w.asServer().call(listBudgets, { query: { limit, ...(cursor === undefined ? {} : { cursor }) } })
    caps.push(...page.budgets)
    if (page.cursor === null) return caps
    cursor = page.cursor
  }
}

test('[BU1] a cap of a scope and currency is set, replaced, lifted and listed page by page', async () => {
  await using w = await world()
  expect(await allCaps(w, 10)).toEqual([])
  await cap(w, 'staff-day', 100)
  await cap(w, 'staff-day', 90)
  await cap(w, 'staff-day', 500, 'CNY')
  await cap(w, 'campaign/spring', 0)
  await cap(w, 'member-day', 7)
  await cap(w, 'member-day', null)
  const caps = [
    { scope: 'campaign/spring', currency: 'points', cap: 0 },
    { scope: 'staff-day', currency: 'CNY', cap: 500 },
    { scope: 'staff-day', currency: 'points', cap: 90 },
  ]
  for (const limit of [1, 2, 3, 10]) expect(await allCaps(w, limit)).toEqual(caps)
  expect(await refusalOf(cap(w, 'staff-day', 1, 'USD'))).toBe('ledger.currency_unknown')
  const bad = w.asServer().call(listBudgets, { query: { cursor: 'nonsense' } })
  expect(await refusalOf(bad)).toBe('cursor.invalid')
})
test('[BU1] nobody but the host', async () => {
  await using w = await world()
  const wang = w.as('wang')
  const tries = [
    wang.call(setBudget, { body: { scope: 'staff-day', currency: 'points', cap: null } }),
    wang.call(listBudgets, {}),
    wang.call(budgetSpent, { query: { scope: 'campaign/x', currency: 'points' } }),
  ]
  expect(await Promise.all(tries.map((attempt) => refusalOf(attempt)))).toEqual(tries.map(() => 'auth.scope'))
})
test('[BU2] scopes and caps that are none are refused by their shape', () => {
  const fits = (more: object) =>
    Value.Check(setBudget.body!, { scope: 'staff-day', currency: 'points', cap: 5, ...more })
  expect(fits({})).toBe(true)
  const scopes = ['everything', '', 'campaign/', 'campaign/a b', 'staff-day/wang'].map((scope) => ({ scope }))
  for (const one of [...scopes, { cap: -1 }, { cap: 0.5 }, { cap: 2 ** 53 }, { cap: '5' }, { more: 1 }])
    expect({ one, fits: fits(one) }).toEqual({ one, fits: false })
})
test('[BU3] [BU4] of 40 grants at once exactly as many as the caps have room for; what repeats one counts once', async () => {
  await using w = await world()
  await cap(w, 'staff-day', 100)
  await cap(w, 'campaign/x', 60)
  const ask = () => Promise.all(Array.from({ length: 40 }, (_, i) => refusalOf(grant(w, `g${i}`, 5))))
  const said = await ask()
  expect(said.filter((code) => code === null)).toHaveLength(12)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(28)
  expect(await ask()).toEqual(said)
  expect(await spent(w, { scope: 'campaign/x' })).toEqual({ cap: 60, spent: 60 })
  expect(await spent(w, { scope: 'staff-day', userId: he })).toEqual({ cap: 100, spent: 60 })
  const { points: most, CNY: fenMost } = defaultCaps['member-day']!
  expect(await spent(w, { scope: 'member-day', userId: li })).toEqual({ cap: most, spent: 60 })
  expect(await spent(w, { scope: 'member-day', userId: li, currency: 'CNY' })).toEqual({ cap: fenMost, spent: 0 })
})
test('[BU5] [MER8] a day ends at midnight of the zone the host told', async () => {
  await using w = await startWorld({ features: [message, membership, points, feature, timeZone], watching: [] })
  await w.asServer().call(setTimeZone, { query: {}, body: { timeZone: 'America/New_York' } })
  // The world begins at 08:00 in Shanghai, midnight UTC; the zone holds from Shanghai's next midnight.
  await w.jump(DAY)
  await cap(w, 'staff-day', 10)
  await grant(w, 'a', 10)
  await w.jump(4 * 3_600_000)
  expect(await refusalOf(grant(w, 'b', 1))).toBe('budget.exhausted')
  await w.jump(3_600_000)
  expect(await refusalOf(grant(w, 'b', 10))).toBeNull()
  expect(await refusalOf(grant(w, 'c', 1))).toBe('budget.exhausted')
  expect(await spent(w, { scope: 'staff-day', userId: he })).toEqual({ cap: 10, spent: 10 })
})
test('[BU6] what is spent is read of a person and a day, or of a campaign', async () => {
  await using w = await world()
  await grant(w, 'a', 30)
  const today = new Date(w.time.now() + 8 * 3_600_000).toISOString().slice(0, 10)
  await w.jump(DAY)
  await grant(w, 'b', 4)
  const of = { scope: 'staff-day', userId: he }
  expect((await spent(w, { ...of, day: today })).spent).toBe(30)
  expect((await spent(w, of)).spent).toBe(4)
  expect((await spent(w, { scope: 'campaign/x' })).spent).toBe(34)
  for (const query of [
    { scope: 'staff-day' },
    { ...of, day: '2026-02-30' },
    { scope: 'campaign/x', userId: he },
    { scope: 'campaign/x', day: today },
  ])
    expect(await refusalOf(spent(w, query))).toBe('budget.subject_invalid')
})
