/** Recorded cash: instructions to a provider that times out, repeats itself and lies, and the daily comparison. */
import { seeded } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { balanceOf } from './accounts.ts'
import { startLab, type Lab } from './fixtures.ts'
import { findInstruction, listOverdue, openExceptions, resolveException, type NewInstruction } from './instructions.ts'
import { advance, instruct, reconcile, takeCallback } from './payments.ts'
import { TestProvider } from './testing.ts'

const order = (key: string, amount: number, more: Partial<NewInstruction> = {}): NewInstruction => ({
  ...{ key, kind: 'charge', currency: 'CNY', amount, userId: 'li', account: 'user/li', provider: 'wepay' },
  ...more,
})
const providerOf = (lab: Lab) => new TestProvider('wepay', () => lab.now)
const ask = (lab: Lab, one: NewInstruction) => lab.decide((call) => instruct(call, one))
const balance = (lab: Lab, account = 'user/li') => lab.decide((call) => balanceOf(call, account, 'CNY'))
/** Steps until it is settled or nothing is to be done for a day; the states it went through. */
async function drive(lab: Lab, provider: TestProvider, key: string, stepsMax = 10): Promise<string[]> {
  const states: string[] = []
  for (let step = 0; step < stepsMax; step += 1) {
    const { instruction, next } = await lab.decide((call) => advance(call, provider, key))
    states.push(instruction.state)
    if (next === undefined) break
    lab.now = Math.max(lab.now, next)
  }
  return states
}
const exceptions = (lab: Lab) =>
  lab.decide(async (call) => (await openExceptions(call, 50)).map(({ key, what }) => `${key} ${what}`))

describe('an instruction', () => {
  test('[LDG17] [LDG18] goes from created over sent to confirmed, and is booked when it is', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    await ask(lab, order('c1', 500))
    expect(await balance(lab)).toBe(0)
    expect(await drive(lab, provider, 'c1')).toEqual(['sent', 'confirmed'])
    expect(await drive(lab, provider, 'c1')).toEqual(['confirmed'])
    expect([await balance(lab), await balance(lab, 'provider/wepay')]).toEqual([500, -500])
    expect(await lab.decide((call) => findInstruction(call, 'c1'))).toMatchObject({
      providerRef: 'wepay-1',
      attempts: 1,
    })
    await ask(lab, order('c1', 500))
    expect(await lab.refusal((call) => instruct(call, order('c1', 501)))).toBe('idempotency.key_reused')
    await expect(ask(lab, order('c2', 0.5))).rejects.toThrow('no amount')
  })
  test('[LDG18] a pay-out leaves when it is asked for, and comes back when it failed', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    await ask(lab, order('c1', 500))
    await drive(lab, provider, 'c1')
    const payOut = (key: string, amount: number) => order(key, amount, { kind: 'pay-out' })
    expect(await lab.refusal((call) => instruct(call, payOut('p0', 501)))).toBe('ledger.insufficient_funds')
    await ask(lab, payOut('p1', 300))
    expect(await balance(lab)).toBe(200)
    provider.moods.push('fails')
    expect(await drive(lab, provider, 'p1')).toEqual(['sent', 'failed'])
    expect(await balance(lab)).toBe(500)
    await ask(lab, payOut('p2', 500))
    await drive(lab, provider, 'p2')
    expect([await balance(lab), await balance(lab, 'provider/wepay'), await balance(lab, 'transit/wepay')]).toEqual([
      0, 0, 0,
    ])
  })
  test('[LDG18] refunds give back of a confirmed charge, together at most what it took', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    const refund = (key: string, amount: number, of = 'c1') => order(key, amount, { kind: 'refund', of })
    const refused = (one: NewInstruction) => lab.refusal((call) => instruct(call, one))
    await ask(lab, order('c1', 500))
    expect(await refused(refund('r0', 1))).toBe('ledger.not_reversible')
    await drive(lab, provider, 'c1')
    await ask(lab, order('c2', 500))
    await drive(lab, provider, 'c2')
    await ask(lab, refund('r1', 400))
    expect(await refused(refund('r2', 101))).toBe('ledger.not_reversible')
    provider.moods.push('fails')
    await drive(lab, provider, 'r1')
    await ask(lab, refund('r3', 500))
    expect(await drive(lab, provider, 'r3')).toEqual(['sent', 'confirmed'])
    expect(await refused(refund('r4', 1))).toBe('ledger.not_reversible')
    expect(await refused(refund('r5', 1, 'none'))).toBe('ledger.not_reversible')
  })
  test('[LDG17] no answer leaves it unknown until a query; money moves once, however often it is asked', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    for (const [key, moods, states] of [
      ['lost', ['lost'], ['sent', 'unknown', 'confirmed']],
      ['unheard', ['unheard', 'unheard'], ['sent', 'unknown', 'unknown', 'confirmed']],
      ['slow', ['pending'], ['sent', 'unknown', 'unknown', 'unknown']],
    ] as const) {
      await ask(lab, order(key, 100))
      provider.moods.push(...moods)
      expect(await drive(lab, provider, key, 4)).toEqual(states)
    }
    provider.change('slow', { state: 'confirmed' })
    expect(await drive(lab, provider, 'slow')).toEqual(['confirmed'])
    expect(await balance(lab)).toBe(300)
  })
  test('[LDG17] whoever is overdue is found, the longest first, and nobody who is settled', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    const overdue = (before: number) =>
      lab.decide((call) => listOverdue(call, { provider: 'wepay', before, limit: 10 }))
    await ask(lab, order('settled', 1))
    await drive(lab, provider, 'settled')
    await ask(lab, order('lost', 1))
    provider.moods.push('lost')
    await drive(lab, provider, 'lost', 2)
    await ask(lab, order('new', 1))
    expect(await overdue(lab.now)).toEqual([])
    expect(await overdue(lab.now + 1)).toEqual(['lost', 'new'])
    provider.moods.push('unheard', 'unheard')
    await drive(lab, provider, 'lost', 1)
    expect(await overdue(lab.now)).toEqual(['new'])
    expect(await overdue(lab.now + 60_000)).toEqual(['new', 'lost'])
  })
  test('[LDG17] the database keeps it from going back', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    await ask(lab, order('c1', 500))
    const set = (state: string) =>
      lab.decide(({ tx }) => sql`UPDATE ledger_instructions SET state = ${state}`.execute(tx))
    await expect(set('confirmed')).rejects.toMatchObject({ code: '23514' })
    await drive(lab, provider, 'c1')
    for (const state of ['created', 'sent', 'unknown', 'failed'])
      await expect(set(state)).rejects.toMatchObject({ code: '23514' })
  })
})

describe('a call-back', () => {
  test('[LDG19] settles once; repeats change nothing; a forged one is refused', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    await ask(lab, order('c1', 500))
    provider.moods.push('lost')
    await drive(lab, provider, 'c1', 2)
    const hear = (raw: Parameters<typeof takeCallback>[2]) => lab.decide((call) => takeCallback(call, provider, raw))
    const told = await Promise.all(Array.from({ length: 8 }, () => hear(provider.callback('c1'))))
    expect(told.map(({ outcome }) => outcome).toSorted()).toEqual([
      ...Array.from({ length: 7 }, () => 'replayed'),
      'taken',
    ])
    expect(await balance(lab)).toBe(500)
    const forged = { ...provider.callback('c1'), headers: { 'x-signature': 'no' } }
    expect(await lab.refusal((call) => takeCallback(call, provider, forged))).toBe('event.signature_invalid')
    expect(await lab.refusal((call) => takeCallback(call, provider, { headers: {}, body: '{' }))).toBe(
      'event.signature_invalid',
    )
  })
  test('[LDG19] of another amount, an unknown key or against what stands: nothing moves, it is listed', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    await ask(lab, order('c1', 500))
    provider.moods.push('lies')
    expect(await drive(lab, provider, 'c1', 2)).toEqual(['sent', 'unknown'])
    const hear = (key: string, lie: object) =>
      lab.decide((call) => takeCallback(call, provider, provider.callback(key, lie)))
    expect(await hear('c1', { amount: 499 })).toMatchObject({ outcome: 'mismatch', what: 'amount' })
    expect(await hear('c1', { currency: 'points' })).toMatchObject({ outcome: 'mismatch', what: 'amount' })
    expect(await hear('c1', { key: 'c9' })).toMatchObject({
      outcome: 'mismatch',
      what: 'unknown',
      found: [{ key: 'c9' }],
    })
    expect(await hear('c1', { state: 'pending' })).toEqual({ outcome: 'pending' })
    expect(await balance(lab)).toBe(0)
    expect((await hear('c1', {})).outcome).toBe('taken')
    expect(await hear('c1', { state: 'failed' })).toMatchObject({ outcome: 'mismatch', what: 'contradicts' })
    expect(await balance(lab)).toBe(500)
    expect((await exceptions(lab)).toSorted()).toEqual(['c1 amount', 'c1 contradicts', 'c9 unknown'])
    const looked = { provider: 'wepay', key: 'c9', what: 'unknown', note: 'a payment of another shop' } as const
    expect(await lab.decide((call) => resolveException(call, looked))).toBe(true)
    expect(await lab.decide((call) => resolveException(call, looked))).toBe(false)
    expect(await exceptions(lab)).toHaveLength(2)
  })
})

describe('the daily reconciliation', () => {
  test('[LDG20] finds a planted error of one cent, and every other difference, once', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    const day = { from: lab.now, until: lab.now + 86_400_000 }
    for (let i = 0; i < 50; i += 1) {
      await ask(lab, order(`c${i}`, 100 + i))
      await drive(lab, provider, `c${i}`)
    }
    await ask(lab, order('lost', 7))
    provider.moods.push('lost')
    await drive(lab, provider, 'lost', 2)
    await ask(lab, order('failed', 7))
    provider.moods.push('fails')
    await drive(lab, provider, 'failed')
    const run = () => lab.decide((call) => reconcile(call, provider, day))
    expect(await run()).toEqual({ lines: 51, settled: 1, found: [] })
    expect(await balance(lab)).toBe(50 * 100 + 1_225 + 7)
    provider.change('c17', { amount: 116 })
    provider.forget('c18')
    provider.change('failed', { state: 'confirmed' })
    provider.invent({
      key: 'x1',
      kind: 'charge',
      currency: 'CNY',
      amount: 9,
      state: 'confirmed',
      providerRef: 'x',
      at: lab.now,
    })
    const { found } = await run()
    expect(found.map(({ key, what, told, ours }) => [key, what, told, ours]).toSorted()).toEqual([
      ['c17', 'amount', 116, 117],
      ['c18', 'missing', null, 118],
      ['failed', 'contradicts', 7, 7],
      ['x1', 'unknown', 9, null],
    ])
    expect((await run()).found).toEqual([])
    expect(await exceptions(lab)).toHaveLength(4)
  })
  test('[LDG17] [LDG18] [LDG20] after any run of bad moods the difference is zero', async () => {
    await using lab = await startLab()
    const provider = providerOf(lab)
    const random = seeded(11)
    const from = lab.now
    const moods = ['lost', 'unheard', 'fails', 'pending'] as const
    for (let i = 0; i < 40; i += 1) {
      const isCharge = i < 10 || random() < 0.5
      const one = order(`k${i}`, 1 + Math.floor(random() * 100), { kind: isCharge ? 'charge' : 'pay-out' })
      if ((await lab.refusal((call) => instruct(call, one))) !== null) continue
      while (random() < 0.5) provider.moods.push(moods[Math.floor(random() * moods.length)] ?? 'lost')
      await drive(lab, provider, one.key, 3)
      if (random() < 0.3 && (await provider.query(one.key)) !== undefined) {
        if ((await provider.query(one.key))?.state === 'pending') provider.change(one.key, { state: 'confirmed' })
        await lab.decide((call) => takeCallback(call, provider, provider.callback(one.key)))
      }
      provider.moods.length = 0
      expect(await lab.differences()).toEqual([])
    }
    expect((await lab.decide((call) => reconcile(call, provider, { from, until: lab.now + 1 }))).found).toEqual([])
  })
})
