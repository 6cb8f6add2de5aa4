/** The money side over its routes: call-backs true, late and false, instructions asked again, days compared. */
import { DAY, HOUR, MINUTE, type AppId, type UserId } from '@qun/contract'
import { balanceOf, instruct, transfer, type LedgerCall } from '@qun/ledger'
import { TestProvider } from '@qun/ledger/testing'
import { appId, refusalOf, startWorld, type AskOf, type World } from '@qun/testing'
import { sql } from 'kysely'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  closeDifference,
  compareDay,
  dayIn,
  instructionOf,
  openDifferences,
  reportsOf,
  takeCallback,
  type Difference,
} from './contract.ts'
import { dayBefore } from './rules.ts'
import { createPayment } from './server.ts'

const zone = 'Asia/Shanghai'
const li = 'li' as UserId
const params = { provider: 'wxpay' }

async function open() {
  const clock = { now: () => 0 }
  const provider = new TestProvider('wxpay', () => clock.now())
  const other = new TestProvider('alipay', () => clock.now())
  const payment = createPayment({ providers: (app) => (app === appId ? [provider, other] : []) })
  const world = await startWorld({ features: [message, membership, payment], watching: [] })
  clock.now = () => world.time.now()
  // From the noon of a day on, so that nights are easy to tell.
  world.time.moveTo(Math.ceil(world.time.now() / DAY) * DAY + 4 * HOUR)
  await decide(world, (call) =>
    transfer(call, {
      ...{ ref: 'test/fund', currency: 'CNY', reason: 'test' },
      legs: [
        { account: 'issuer/test', amount: -100_000 },
        { account: 'user/li', amount: 100_000 },
      ],
    }),
  )
  return { world, provider, other }
}
let ids = 0
const decide = <T>(world: World, run: (call: LedgerCall) => Promise<T>): Promise<T> =>
  world.store.transaction(appId, (tx) =>
    run({ tx, appId, now: world.time.now(), randomHex: () => (ids += 1).toString(16).padStart(24, '0') }),
  )
const payOut = (world: World, key: string, amount = 500, provider = 'wxpay') =>
  decide(world, (call) =>
    instruct(call, {
      ...{ key, provider, kind: 'pay-out', currency: 'CNY', amount, userId: li, account: 'user/li' },
    }),
  )
const wireOf = ({ headers, body }: ReturnType<TestProvider['callback']>): AskOf<typeof takeCallback> => ({
  params,
  body: {
    headers: Object.entries(headers).map(([name, value]) => ({ name: name.toUpperCase(), value: `${value}` })),
    body,
  },
})
const hear = (world: World, raw: ReturnType<TestProvider['callback']>) =>
  world.asServer().call(takeCallback, wireOf(raw))
const stateOf = async (world: World, key: string) =>
  (await world.asServer().call(instructionOf, { query: { key } })).instruction.state
const held = (world: World, account = 'user/li') => decide(world, (call) => balanceOf(call, account, 'CNY'))
async function told(world: World): Promise<Difference[]> {
  const { rows } = await world.store.reading(appId, (tx) =>
    sql<{ data: Difference }>`SELECT data::jsonb AS data FROM facts WHERE group_id = '' AND name = 'payment.differed'
      ORDER BY fact_seq`.execute(tx),
  )
  return rows.map(({ data }) => data)
}
/** Lets the timers find an instruction that is overdue: it is sent, then asked, a minute apart. */
async function minutes(world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await world.jump(MINUTE)
}

describe('a call-back', () => {
  test('[PM1] [PM2] settles once; eight at once and later ones are answered 200 and change nothing', async () => {
    const { world, provider } = await open()
    await using _ = world
    await payOut(world, 'p1')
    provider.moods.push('lost', 'unheard')
    await minutes(world, 4)
    expect(await stateOf(world, 'p1')).toBe('unknown')
    const answers = await Promise.all(Array.from({ length: 8 }, () => hear(world, provider.callback('p1'))))
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual([
      ...Array.from({ length: 7 }, () => 'replayed'),
      'taken',
    ])
    await world.jump(30 * DAY)
    expect(await hear(world, provider.callback('p1'))).toEqual({ outcome: 'replayed' })
    expect([await held(world), await held(world, 'provider/wxpay')]).toEqual([99_500, 500])
    expect(await told(world)).toEqual([])
  })
  test('[PM2] that it failed gives the value back, once; that it waits changes nothing', async () => {
    const { world, provider } = await open()
    await using _ = world
    await payOut(world, 'p1')
    provider.moods.push('pending')
    await minutes(world, 4)
    expect(await hear(world, provider.callback('p1'))).toEqual({ outcome: 'pending' })
    expect(await hear(world, provider.callback('p1', { state: 'failed' }))).toEqual({ outcome: 'taken' })
    expect(await hear(world, provider.callback('p1', { state: 'failed' }))).toEqual({ outcome: 'replayed' })
    expect(await held(world)).toBe(100_000)
    provider.change('p1', { state: 'failed' })
  })
  test('[PM1] forged, unreadable or senseless it is refused; a user or a stranger is not heard at all', async () => {
    const { world, provider } = await open()
    await using _ = world
    await payOut(world, 'p1')
    await minutes(world, 4)
    const good = provider.callback('p1')
    const refused = (raw: ReturnType<TestProvider['callback']>) => refusalOf(hear(world, raw))
    const invalid = 'event.signature_invalid'
    expect(await refused({ ...good, headers: { 'x-signature': 'f'.repeat(64) } })).toBe(invalid)
    expect(await refused({ ...good, headers: {} })).toBe(invalid)
    expect(await refused({ ...good, body: `${good.body} ` })).toBe(invalid)
    for (const lie of [
      { amount: 0.5 },
      { amount: -1 },
      { amount: 1e21 },
      { key: '' },
      { key: 'x'.repeat(401) },
      { key: 'a\0b' },
      { at: Number.NaN },
      { state: 'paid' as never },
      { providerRef: 7 as never },
    ])
      expect({ lie, code: await refused(provider.callback('p1', lie)) }).toEqual({ lie, code: invalid })
    expect(await refusalOf(world.as('wang').call(takeCallback, wireOf(good)))).toBe('auth.scope')
    const unknown = { ...wireOf(good), params: { provider: 'nobody' } }
    expect(await refusalOf(world.asServer().call(takeCallback, unknown))).toBe('payment.provider_unknown')
    expect(Value.Check(takeCallback.body!, { headers: [], body: 'x'.repeat(65_537) })).toBe(false)
    expect(await told(world)).toEqual([])
  })
  test('[PM2] of another amount, an unknown key or against what stands: refused, listed, told once; nothing moves', async () => {
    const { world, provider } = await open()
    await using _ = world
    await payOut(world, 'p1')
    provider.moods.push('lost', 'unheard')
    await minutes(world, 4)
    const refused = (lie: object) => refusalOf(hear(world, provider.callback('p1', lie)))
    const mismatch = 'ledger.provider_mismatch'
    expect(await Promise.all([refused({ amount: 499 }), refused({ amount: 499 })])).toEqual([mismatch, mismatch])
    expect(await refused({ amount: 499 })).toBe(mismatch)
    expect(await refused({ key: 'p9' })).toBe(mismatch)
    expect(await stateOf(world, 'p1')).toBe('unknown')
    expect((await hear(world, provider.callback('p1'))).outcome).toBe('taken')
    expect(await refused({ state: 'failed' })).toBe(mismatch)
    expect(await stateOf(world, 'p1')).toBe('confirmed')
    expect(await held(world)).toBe(99_500)
    const found = (await told(world)).map(({ key, what, told: said, ours }) => [key, what, said, ours])
    expect(found).toEqual([
      ['p1', 'amount', 499, 500],
      ['p9', 'unknown', 500, null],
      ['p1', 'contradicts', 500, 500],
    ])
    const { differences } = await world.asServer().call(openDifferences, { query: {} })
    expect(differences.map(({ key, what }) => `${key} ${what}`).toSorted()).toEqual([
      'p1 amount',
      'p1 contradicts',
      'p9 unknown',
    ])
  })
  test('[PM6] a difference stays open until somebody notes what they found', async () => {
    const { world, provider } = await open()
    await using _ = world
    await payOut(world, 'p1')
    await minutes(world, 4)
    await refusalOf(hear(world, provider.callback('p1', { key: 'p9' })))
    const looked = { provider: 'wxpay', key: 'p9', what: 'unknown' as const, note: '另一家店的付款' }
    const close = (body = looked) => refusalOf(world.asServer().call(closeDifference, { body }))
    expect(await close({ ...looked, key: 'p8' })).toBe('payment.difference_not_found')
    expect([await close(), await close()]).toEqual([null, 'payment.difference_not_found'])
    expect((await world.asServer().call(openDifferences, { query: {} })).differences).toEqual([])
    expect(await refusalOf(world.asServer().call(instructionOf, { query: { key: 'p9' } }))).toBe(
      'payment.instruction_not_found',
    )
  })
})

describe('an instruction nobody advances', () => {
  test('[PM3] is asked again by itself on three nodes, later each time, and paid once', async () => {
    const { world, provider } = await open()
    await using _ = world
    const nodes = [world.core, await world.startNode(), await world.startNode()]
    for (const key of ['p1', 'p2', 'p3']) await payOut(world, key)
    provider.moods.push('unheard', 'lost', 'pending')
    for (let i = 0; i < 30; i += 1) {
      world.time.moveTo(world.time.now() + MINUTE)
      await Promise.all(nodes.map((core) => core.settle()))
    }
    for (const key of ['p1', 'p2', 'p3'])
      if ((await provider.query(key))?.state === 'pending') provider.change(key, { state: 'confirmed' })
    for (let i = 0; i < 10; i += 1) await world.jump(10 * MINUTE)
    for (const key of ['p1', 'p2', 'p3']) expect(await stateOf(world, key)).toBe('confirmed')
    expect(await held(world, 'provider/wxpay')).toBe(1_500)
    expect([...provider.asked.values()].every((times) => times <= 2)).toBe(true)
  })
  test('[PM3] a silent provider is asked for one of them a minute, and holds up nobody else’s', async () => {
    const { world, provider } = await open()
    await using _ = world
    for (let n = 0; n < 5; n += 1) await payOut(world, `p${n}`)
    await payOut(world, 'a1', 500, 'alipay')
    await minutes(world, 2)
    provider.moods.push(...Array.from({ length: 40 }, () => 'unheard' as const))
    const before = provider.moods.length
    await minutes(world, 5)
    expect(before - provider.moods.length).toBeLessThanOrEqual(5)
    provider.moods.length = 0
    await minutes(world, 30)
    for (const key of ['p0', 'p4', 'a1']) expect(await stateOf(world, key)).toBe('confirmed')
  })
})

describe('the daily comparison', () => {
  test('[PM4] runs once a night on three nodes and finds a planted error of one cent; missed days are made up for', async () => {
    const { world, provider, other } = await open()
    await using _ = world
    const nodes = [world.core, await world.startNode(), await world.startNode()]
    const statements: string[] = []
    const { statement } = provider
    provider.statement = (from, until) => {
      statements.push(dayIn(zone, from))
      return statement.call(provider, from, until)
    }
    const pass = async (ms: number) => {
      world.time.moveTo(world.time.now() + ms)
      await Promise.all(nodes.map((core) => core.settle()))
    }
    await payOut(world, 'p1', 501)
    await payOut(world, 'a1', 1, 'alipay')
    for (let i = 0; i < 4; i += 1) await pass(MINUTE)
    provider.change('p1', { amount: 500, at: world.time.now() })
    const first = dayIn(zone, world.time.now())
    for (let hour = 0; hour < 24; hour += 1) await pass(HOUR)
    expect(statements).toEqual([dayBefore(first), first])
    const reports = async (query = {}) => world.asServer().call(reportsOf, { params, query })
    expect((await reports()).reports).toMatchObject([
      {
        ...{ day: first, lines: 1, settled: 0, differenceCount: 1, trouble: null },
        differences: [{ key: 'p1', what: 'amount', told: 500, ours: 501 }],
      },
      { day: dayBefore(first), lines: 0, differenceCount: 0 },
    ])
    expect(await told(world)).toHaveLength(1)
    await pass(4 * DAY)
    expect(statements).toHaveLength(6)
    expect(new Set(statements).size).toBe(6)
    expect(statements).toEqual(statements.toSorted())
    const page = await reports({ limit: 2 })
    expect(page).toMatchObject({ more: true, reports: [{ day: statements[5] }, { day: statements[4] }] })
    expect((await reports({ before: statements[4] })).reports.map(({ day }) => day)).toEqual(
      statements.slice(0, 4).toReversed(),
    )
    const ofOther = await world.asServer().call(reportsOf, { params: { provider: other.name }, query: {} })
    expect(ofOther.reports.every(({ differenceCount }) => differenceCount === 0)).toBe(true)
    expect(ofOther.reports).toHaveLength(6)
  })
  test('[PM4] a provider without a statement is asked again within the hour, and the report says so', async () => {
    const { world, provider } = await open()
    await using _ = world
    let isDown = true
    let asked = 0
    const { statement } = provider
    provider.statement = (from, until) => {
      asked += 1
      return isDown ? Promise.reject(new Error('503 from wxpay')) : statement.call(provider, from, until)
    }
    for (let hour = 0; hour < 18; hour += 1) await world.jump(HOUR)
    const report = async () => (await world.asServer().call(reportsOf, { params, query: {} })).reports[0]
    // Each hour from three o'clock to midnight.
    expect(asked).toBe(15)
    expect(await report()).toMatchObject({ trouble: '503 from wxpay', lines: 0 })
    isDown = false
    await world.jump(HOUR)
    expect(await report()).toMatchObject({ trouble: null })
  })
  test('[PM5] the host compares a day again, and reads all differences of it; only a day that is over', async () => {
    const { world, provider } = await open()
    await using _ = world
    const today = dayIn(zone, world.time.now())
    for (const key of ['p1', 'p2']) await payOut(world, key)
    await minutes(world, 4)
    provider.moods.push('lost', 'unheard')
    await payOut(world, 'p3')
    await minutes(world, 4)
    const run = (day: string, name = 'wxpay') =>
      world.asServer().call(compareDay, { params: { provider: name }, body: { day } })
    expect(await refusalOf(run(today))).toBe('payment.day_invalid')
    expect(await refusalOf(run('2026-02-30'))).toBe('payment.day_invalid')
    expect(await refusalOf(run(today, 'nobody'))).toBe('payment.provider_unknown')
    expect(await refusalOf(world.as('wang').call(compareDay, { params, body: { day: today } }))).toBe('auth.scope')
    provider.change('p2', { amount: 501, at: world.time.now() })
    world.time.moveTo(world.time.now() + DAY)
    const { report } = await run(today)
    expect(report).toMatchObject({ lines: 3, settled: 1, differenceCount: 1, day: today })
    provider.forget('p1')
    const again = await run(today)
    expect(again.report.differences.map(({ key, what }) => `${key} ${what}`).toSorted()).toEqual([
      'p1 missing',
      'p2 amount',
    ])
    await Promise.all([run(today), run(today)])
    expect((await told(world)).map(({ key, what }) => `${key} ${what}`)).toEqual(['p2 amount', 'p1 missing'])
    expect(await stateOf(world, 'p3')).toBe('confirmed')
    provider.statement = () => Promise.reject(new Error('down'))
    expect(await refusalOf(run(today))).toBe('payment.provider_silent')
    expect((await world.asServer().call(reportsOf, { params, query: {} })).reports[0]).toMatchObject({ trouble: null })
  })
})

test('[PM1] [PM4] another app sees nothing of it, and without a provider nothing runs', async () => {
  const { world } = await open()
  await using _ = world
  const rival = 'rival' as AppId
  await world.core.putUser(rival, { userId: li, name: '别家小李' })
  await world.jump(2 * DAY)
  const server = world.core.registry.endpoints.get(reportsOf.name)
  if (server === undefined) throw new Error('no reports')
  const request = { appId: rival, caller: { kind: 'server' as const }, params, query: {}, body: undefined }
  expect(await refusalOf(world.core.call(server, request))).toBe('payment.provider_unknown')
})
