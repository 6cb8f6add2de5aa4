/** How the wallet of points behaves, through a whole world: by persona, time and race. */
import { defaultCaps, HOUR, type UserId } from '@qun/contract'
import { balanceOf, transfer, transferAll } from '@qun/ledger'
import { appId, refusalOf, startWorld, type AskOf, type World } from '@qun/testing'
import { sql } from 'kysely'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { budgetSpent, setBudget } from '../budget/contract.ts'
import budget from '../budget/server.ts'
import membership from '../../people/membership/server.ts'
import { textMessage } from '../../words/message/contract.ts'
import message from '../../words/message/server.ts'
import {
  deductPoints,
  expirePoints,
  fundPoints,
  grantPoints,
  myPoints,
  myStatement,
  pointsOf,
  reversePoints,
  statementOf,
} from './contract.ts'
import feature from './server.ts'

const li = 'li' as UserId
const DAY = 86_400_000
type GrantBody = NonNullable<AskOf<typeof grantPoints>['body']>

const world = () => startWorld({ features: [message, membership, budget, feature], watching: [] })
let keys = 0
/** Each request has a key of its own: the ref alone makes a retry harmless. */
const key = () => ({ key: `k${(keys += 1)}` })
const grant = (w: World, ref: string, amount: number, more: Partial<GrantBody> = {}) =>
  w.asServer().call(grantPoints, { ...key(), body: { ref, userId: li, amount, ...more } })
const deduct = (w: World, ref: string, amount: number) =>
  w.asServer().call(deductPoints, { ...key(), body: { ref, userId: li, amount } })
const undo = (w: World, ref: string, by: string) => w.asServer().call(reversePoints, { ...key(), body: { ref, by } })
const mine = (w: World, name = 'li') => w.as(name).call(myPoints, { params: { groupId: w.groupId } })
const sweep = (w: World) => w.asServer().call(expirePoints, { body: {} })
const cap = (w: World, scope: string, amount: number | null) =>
  w.asServer().call(setBudget, { body: { scope, currency: 'points', cap: amount } })

describe('the wallet', () => {
  test('[PO1] [PO2] the host grants and takes, once per ref, and never more than there is', async () => {
    await using w = await world()
    expect(await mine(w)).toEqual({ balance: 0, lots: [], programme: 'main' })
    const first = await grant(w, 'order-1', 100)
    expect(first).toMatchObject({ balance: 100, replayed: false })
    expect(await grant(w, 'order-1', 100)).toEqual({ ...first, replayed: true })
    expect(await refusalOf(grant(w, 'order-1', 101))).toBe('idempotency.key_reused')
    expect(await refusalOf(deduct(w, 'order-1', 100))).toBe('idempotency.key_reused')
    expect(await refusalOf(deduct(w, 'gift-1', 101))).toBe('ledger.insufficient_funds')
    expect(await deduct(w, 'gift-1', 30)).toMatchObject({ balance: 70 })
    expect(await mine(w)).toEqual({ balance: 70, lots: [], programme: 'main' })
    expect(await w.asServer().call(pointsOf, { params: { userId: li } })).toEqual({ balance: 70, lots: [] })
    const stranger = { ref: 'x', userId: 'nobody' as UserId, amount: 1 }
    for (const endpoint of [grantPoints, deductPoints])
      expect(await refusalOf(w.asServer().call(endpoint, { ...key(), body: stranger }))).toBe('user.not_found')
    expect(await refusalOf(grant(w, 'huge', Number.MAX_SAFE_INTEGER))).toBe('budget.exhausted')
  })
  test('[PO1] [PO2] of 32 deductions at once with points for 10, ten go through; 16 equal grants are one', async () => {
    await using w = await world()
    const granted = await Promise.all(Array.from({ length: 16 }, () => grant(w, 'g', 50, { staffId: 'he' as UserId })))
    expect(granted.filter(({ replayed }) => !replayed)).toHaveLength(1)
    const said = await Promise.all(Array.from({ length: 32 }, (_, i) => refusalOf(deduct(w, `d${i}`, 5))))
    expect(said.filter((code) => code === null)).toHaveLength(10)
    expect(said.filter((code) => code === 'ledger.insufficient_funds')).toHaveLength(22)
    expect((await mine(w)).balance).toBe(0)
    await cap(w, 'staff-day', 60)
    // [PO6] The sixteen had been counted as one.
    expect(await refusalOf(grant(w, 'h', 10, { staffId: 'he' as UserId }))).toBeNull()
    expect(await refusalOf(grant(w, 'i', 1, { staffId: 'he' as UserId }))).toBe('budget.exhausted')
  })
  test('[PO5] a reversal takes back once what the host did, and nothing else', async () => {
    await using w = await world()
    await grant(w, 'a', 50)
    await deduct(w, 'b', 20)
    expect(await refusalOf(undo(w, 'a', 'undo-a'))).toBe('ledger.insufficient_funds')
    expect(await refusalOf(undo(w, 'b', 'undo-b'))).toBeNull()
    expect(await undo(w, 'b', 'undo-b')).toMatchObject({ replayed: true })
    expect(await refusalOf(undo(w, 'b', 'undo-c'))).toBe('ledger.already_reversed')
    expect(await refusalOf(undo(w, 'undo-b', 'undo-d'))).toBe('ledger.not_reversible')
    expect(await refusalOf(undo(w, 'none', 'undo-e'))).toBe('ledger.not_reversible')
    const { seq } = await w.as('wang').post(w.groupId, textMessage, { text: '送五分' })
    const other = `${textMessage.kind}/${w.groupId}/${seq}`
    await w.store.transaction('shop', (tx) =>
      transfer(callOf(w, tx), {
        ...{ ref: other, currency: 'points', reason: 'other.play' },
        legs: [
          { account: 'issuer/other', amount: -5 },
          { account: 'user/li', amount: 5 },
        ],
      }),
    )
    expect(await refusalOf(undo(w, other, 'undo-f'))).toBe('ledger.not_reversible')
    expect(await refusalOf(undo(w, 'a', 'undo-a'))).toBeNull()
    expect((await mine(w)).balance).toBe(5)
  })
  test('[PO7] a member reads the own wallet; the rest is the host’s', async () => {
    await using w = await world()
    await grant(w, 'a', 50)
    expect((await mine(w, 'zhao')).balance).toBe(0)
    expect(await refusalOf(mine(w, 'zhou'))).toBe('group.not_found')
    const body = { ref: 'x', userId: li, amount: 1 }
    const wang = w.as('wang')
    const tries = [
      wang.call(grantPoints, { ...key(), body }),
      wang.call(deductPoints, { ...key(), body }),
      wang.call(reversePoints, { ...key(), body: { ref: 'a', by: 'b' } }),
      wang.call(pointsOf, { params: { userId: li } }),
      wang.call(statementOf, { params: { userId: li } }),
      wang.call(expirePoints, { body: {} }),
      wang.call(fundPoints, { ...key(), body: { ref: 'x', fund: 'f', amount: 1 } }),
    ]
    expect(await Promise.all(tries.map((attempt) => refusalOf(attempt)))).toEqual(tries.map(() => 'auth.scope'))
  })
  test('[PO1] amounts, refs and names that are none are refused by their shape', () => {
    const fits = (more: object) => Value.Check(grantPoints.body!, { ref: 'r', userId: li, amount: 1, ...more })
    expect(fits({})).toBe(true)
    const bad: object[] = [
      ...[0, -1, 0.5, 1e21, 2 ** 53, '100', null].map((amount) => ({ amount })),
      ...['', 'a b', 'x'.repeat(121), '中'].map((ref) => ({ ref })),
      ...[{ fund: '../x' }, { campaign: '' }, { expiresInMonths: 61 }, { expiresAt: -1 }, { title: { en: 'x' } }],
      { more: 1 },
    ]
    for (const one of bad) expect({ one, fits: fits(one) }).toEqual({ one, fits: false })
  })
})

describe('points that lapse', () => {
  test('[PO3] [PO4] are told, spent first, and go once by themselves', async () => {
    await using w = await world()
    const now = w.time.now()
    await grant(w, 'keeps', 10)
    await grant(w, 'late', 20, { expiresAt: now + 60 * DAY })
    await grant(w, 'soon', 30, { expiresAt: now + 30 * DAY })
    expect(await mine(w)).toMatchObject({
      balance: 60,
      lots: [
        { expiresAt: now + 30 * DAY, amount: 30 },
        { expiresAt: now + 60 * DAY, amount: 20 },
      ],
    })
    await deduct(w, 'd', 5)
    await w.settle()
    await w.jump(31 * DAY)
    expect(await mine(w)).toMatchObject({ balance: 30, lots: [{ expiresAt: now + 60 * DAY, amount: 20 }] })
    expect(await refusalOf(deduct(w, 'too-much', 31))).toBe('ledger.insufficient_funds')
    const { entries } = await w.as('li').call(myStatement, { params: { groupId: w.groupId } })
    expect(entries[0]).toMatchObject({ amount: -25, balanceAfter: 30, title: { 'zh-CN': '积分过期', en: 'Expired' } })
    expect(await sweep(w)).toEqual({ people: 0, amount: 0, more: false })
    await grant(w, 'more', 1)
    await w.settle()
    w.time.moveTo(w.time.now() + 30 * DAY)
    const runs = await Promise.all([sweep(w), sweep(w), sweep(w)])
    expect(runs.reduce((sum, { amount }) => sum + amount, 0)).toBe(20)
    expect((await mine(w)).balance).toBe(11)
  })
  test('[PO4] a timer moves back what has lapsed of everybody, each once, on three nodes; books stay in order', async () => {
    const timed = { ...feature, reactions: [] }
    await using w = await startWorld({ features: [message, membership, timed], watching: [] })
    const nodes = [w.core, await w.startNode(), await w.startNode()]
    const names = Array.from({ length: 230 }, (_, i) => `p${i}` as UserId)
    const expiresAt = w.time.now() + DAY
    await w.store.transaction(appId, (tx) =>
      transferAll(
        callOf(w, tx),
        names.map((userId, i) => ({
          ...{ ref: `points/fund/${userId}`, currency: 'points', reason: 'points.fund' },
          legs: [
            { account: 'issuer/points', amount: -(i + 1) },
            { account: `user/${userId}`, amount: i + 1, expiresAt },
          ],
        })),
      ),
    )
    w.time.moveTo(expiresAt + 2 * HOUR)
    await Promise.all(nodes.map((core) => core.settle()))
    const { rows } = await w.store.reading(appId, (tx) =>
      sql<{ userId: string; amount: number }>`SELECT data->>'userId' AS "userId", (data->>'amount')::int AS amount
        FROM facts WHERE group_id = '' AND name = 'points.expired'`.execute(tx),
    )
    expect(rows).toHaveLength(names.length)
    expect(new Map(rows.map(({ userId, amount }) => [userId, amount]))).toEqual(
      new Map(names.map((userId, i) => [userId as string, i + 1])),
    )
    expect(await sweep(w)).toEqual({ people: 0, amount: 0, more: false })
  })
  test('[PO3] a grant lapses at the end of a month; a retry in the next month is the same grant', async () => {
    await using w = await world()
    const months = { expiresInMonths: 1, timeZone: 'UTC' }
    await grant(w, 'm', 10, months)
    const [lot] = (await mine(w)).lots
    expect(new Date(lot?.expiresAt ?? 0).toISOString()).toMatch(/-01T00:00:00\.000Z$/)
    await w.jump(31 * DAY)
    expect(await grant(w, 'm', 10, months)).toMatchObject({ replayed: true })
    for (const wrong of [
      { expiresAt: w.time.now() },
      { expiresAt: w.time.now() + DAY, expiresInMonths: 1 },
      { expiresInMonths: 1, timeZone: 'Nowhere/None' },
      { timeZone: 'Nowhere/None' },
    ])
      expect(await refusalOf(grant(w, 'wrong', 1, wrong))).toBe('points.expiry_invalid')
  })
})

describe('budgets', () => {
  test('[PO6] per staff and day, per member and day, per campaign; then nothing is granted', async () => {
    await using w = await world()
    await cap(w, 'staff-day', 100)
    await cap(w, 'member-day', 150)
    await cap(w, 'campaign/spring', 170)
    const by = (staffId: string, amount: number, ref: string, more: object = {}) =>
      refusalOf(grant(w, ref, amount, { staffId: staffId as UserId, ...more }))
    expect(await by('he', 100, 'a')).toBeNull()
    expect(await by('he', 1, 'b')).toBe('budget.exhausted')
    expect(await by('he', 100, 'a')).toBeNull()
    expect(await by('wang', 51, 'c')).toBe('budget.exhausted')
    expect(await by('wang', 50, 'c', { campaign: 'spring' })).toBeNull()
    expect((await mine(w)).balance).toBe(150)
    await w.jump(DAY)
    expect(await by('he', 100, 'd', { campaign: 'spring' })).toBeNull()
    expect(await by('wang', 21, 'e', { campaign: 'spring' })).toBe('budget.exhausted')
    expect(await by('wang', 20, 'e', { campaign: 'spring' })).toBeNull()
    await cap(w, 'campaign/spring', null)
    expect(await by('wang', 30, 'f', { campaign: 'spring' })).toBeNull()
  })
  test('[PO5] [PO6] a grant that is reversed no longer counts, once', async () => {
    await using w = await world()
    await cap(w, 'staff-day', 100)
    const he = { staffId: 'he' as UserId, campaign: 'spring' }
    await grant(w, 'a', 60, he)
    await grant(w, 'b', 40, he)
    expect(await refusalOf(grant(w, 'c', 1, he))).toBe('budget.exhausted')
    for (let i = 0; i < 2; i += 1) await undo(w, 'b', 'undo-b')
    const spent = (query: { scope: string; userId?: UserId }) =>
      w.asServer().call(budgetSpent, { query: { currency: 'points', ...query } })
    expect(await spent({ scope: 'staff-day', userId: he.staffId })).toEqual({ cap: 100, spent: 60 })
    const most = defaultCaps['member-day']!.points
    expect(await spent({ scope: 'member-day', userId: li })).toEqual({ cap: most, spent: 60 })
    expect(await spent({ scope: 'campaign/spring' })).toEqual({ cap: defaultCaps['campaign']!.points, spent: 60 })
    expect(await refusalOf(grant(w, 'c', 40, he))).toBeNull()
  })
  test('[PO6] a fund pays until it is empty, and is filled once per ref', async () => {
    await using w = await world()
    const fill = (ref: string) => w.asServer().call(fundPoints, { ...key(), body: { ref, fund: 'spring', amount: 30 } })
    expect(await refusalOf(grant(w, 'a', 1, { fund: 'spring' }))).toBe('budget.exhausted')
    expect(await fill('f1')).toEqual({ balance: 30, replayed: false })
    expect(await fill('f1')).toEqual({ balance: 30, replayed: true })
    expect(await refusalOf(grant(w, 'a', 20, { fund: 'spring' }))).toBeNull()
    expect(await refusalOf(grant(w, 'b', 11, { fund: 'spring' }))).toBe('budget.exhausted')
    expect(await fill('f2')).toMatchObject({ balance: 40 })
    const issued = await w.store.reading('shop', (tx) => balanceOf(callOf(w, tx), 'issuer/points', 'points'))
    expect(issued).toBe(-60)
  })
})

test('[PO8] the statement tells each movement once over its pages, in words', async () => {
  await using w = await world()
  for (let i = 1; i <= 25; i += 1) await grant(w, `g${i}`, i)
  await grant(w, 'titled', 5, { title: { 'zh-CN': '生日礼', en: 'Birthday' } })
  await deduct(w, 'd', 7)
  const seen: number[] = []
  let before: number | undefined
  for (;;) {
    const query = { limit: 10, ...(before === undefined ? {} : { before }) }
    const { entries, more } = await w.as('li').call(myStatement, { params: { groupId: w.groupId }, query })
    seen.push(...entries.map(({ entryNo }) => entryNo))
    before = seen.at(-1)
    if (!more) break
  }
  expect(seen).toEqual(Array.from({ length: 27 }, (_, i) => 27 - i))
  const { entries } = await w.asServer().call(statementOf, { params: { userId: li }, query: { limit: 3 } })
  expect(entries.map(({ title, amount }) => [title['zh-CN'], title.en, amount])).toEqual([
    ['积分兑换', 'Exchanged', -7],
    ['生日礼', 'Birthday', 5],
    ['商家发放', 'From the shop', 25],
  ])
})

function callOf(w: World, tx: Parameters<typeof balanceOf>[0]['tx']) {
  return { tx, appId: w.as('li').principal.appId, now: w.time.now(), randomHex: () => 'f'.repeat(24) }
}
