/** How the ledger finds its rows: by key, however many there are and whatever the planner knows of them. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { balancesOf, entriesOf, findTransfer } from './accounts.ts'
import { budgetOf, spend, spendAll, unspend } from './budgets.ts'
import { expire, lotsOf } from './expiry.ts'
import { move, startLab, type Lab } from './fixtures.ts'
import { findInstruction, listOverdue } from './instructions.ts'
import { advance, compareStatement, instruct } from './payments.ts'
import { TestProvider } from './testing.ts'
import { reverse, transfer, transferAll, type LedgerCall } from './transfers.ts'

const mint = 'issuer/points'
const DAY = 86_400_000
const people = 1_500

/** Many accounts with two lots and two transfers each, and as many instructions; spread over a month. */
async function seed(lab: Lab): Promise<void> {
  for (const [round, days] of [3, 30].entries())
    for (let first = 0; first < people; first += 500)
      await lab.decide((call) =>
        transferAll(
          call,
          Array.from({ length: 500 }, (_, i) => ({
            ...{ ref: `seed/${round}/${first + i}`, currency: 'points', reason: 'seed' },
            legs: [
              { account: mint, amount: -100 },
              { account: `user/u${first + i}`, amount: 100, expiresAt: lab.now + days * DAY + first + i },
            ],
          })),
        ),
      )
  for (let first = 0; first < people; first += 500)
    await lab.decide((call) =>
      spendAll(
        call,
        Array.from({ length: 500 }, (_, i) => ({
          ...{ ref: `spent/${first + i}`, currency: 'points', amount: 1 },
          against: [{ scope: 'member-day', subject: `u${first + i}` }],
        })),
      ),
    )
  await lab.decide(({ tx, appId, now }) =>
    sql`INSERT INTO ledger_instructions
        (app_id, key, provider, kind, currency, amount, user_id, account, state, settled_at, created_at, next_at)
      SELECT ${appId}, 'seed/' || n, 'wepay', 'charge', 'CNY', 1, 'u', 'user/u', 'failed', ${now}, ${now}, ${now}
      FROM generate_series(1, 3000) n`.execute(tx),
  )
}
/** Rows that this session has read of each table, from end to end or by an index. */
async function readSoFar({ tx }: LedgerCall): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string; n: number }>`SELECT relname AS name,
      (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS n FROM pg_stat_xact_user_tables
    WHERE relname LIKE 'ledger%'`.execute(tx)
  return new Map(rows.map(({ name, n }) => [name, n]))
}
/** Tables of which a step reads more rows than it could be about. */
async function tablesReadBy(call: LedgerCall, step: (call: LedgerCall) => Promise<unknown>): Promise<string[]> {
  const before = await readSoFar(call)
  await step(call)
  return [...(await readSoFar(call))].flatMap(([name, n]) => {
    const read = n - (before.get(name) ?? 0)
    return read > rowsMax ? [`${name}: ${read} rows`] : []
  })
}
/** What a hundred transfers look at of accounts and lots, several times over; a tenth of what there is. */
const rowsMax = 900
/** No other test has a store of this size: sessions that it lent would keep plans they made for tables without rows. */
const ownSessions = 5

describe.each(['that knows nothing of the tables', 'that has looked at them'])('with a planner %s', (planner) => {
  test('[LDG13] moving, reading, lapsing and paying look at the rows they are about', async () => {
    await using lab = await startLab({ poolSize: ownSessions })
    await seed(lab)
    if (planner.endsWith('them')) await lab.decide(({ tx }) => sql`ANALYZE`.execute(tx))
    const provider = new TestProvider('wepay', () => lab.now)
    const order = { provider: 'wepay', kind: 'charge', currency: 'CNY', amount: 5, account: 'user/u7' } as const
    const account = 'user/u7'
    const spending = { currency: 'points', amount: 1, against: [{ scope: 'member-day', subject: 'u7' }] }
    const steps: Record<string, (call: LedgerCall) => Promise<unknown>> = {
      pay: (call) => transfer(call, move(account, 'user/u8', 150, { ref: 'pay' })),
      fund: (call) => transfer(call, move('user/u9', 'escrow/g/1', 120)),
      open: (call) => transfer(call, move('escrow/g/1', 'user/u10', 110)),
      hundred: (call) =>
        transferAll(
          call,
          Array.from({ length: 100 }, (_, i) => move(`user/u${i + 20}`, 'user/u8', 1)),
        ),
      reverse: (call) => reverse(call, { ref: 'pay', by: 'unpay', reason: 'test' }),
      balance: (call) => balancesOf(call, account),
      lots: (call) => lotsOf(call, { account, currency: 'points', limit: 10 }),
      entries: (call) => entriesOf(call, { account, currency: 'points', limit: 10 }),
      find: (call) => findTransfer(call, 'seed/1/700'),
      expire: (call) => expire({ ...call, now: lab.now + 3 * DAY + 9 }, { currency: 'points', to: mint, limit: 10 }),
      nothing: (call) => expire(call, { currency: 'points', to: mint, limit: 10 }),
      spend: (call) => spend(call, { ref: 'new', ...spending }),
      unspend: (call) => unspend(call, 'spent/7'),
      budgets: (call) => budgetOf(call, { scope: 'member-day', subject: 'u9', currency: 'points' }),
      instruct: (call) => instruct(call, { ...order, key: 'c1', userId: 'li' }),
      send: (call) => advance(call, provider, 'c1'),
      ask: (call) => advance(call, provider, 'c1'),
      instruction: (call) => findInstruction(call, 'seed/77'),
      overdue: (call) => listOverdue(call, { provider: 'wepay', before: lab.now + 1, limit: 1 }),
      compare: (call) => compareStatement(call, 'wepay', { from: lab.now + 1, until: lab.now + DAY, lines: [] }),
    }
    const found: Record<string, string[]> = {}
    for (const [name, step] of Object.entries(steps)) {
      const scanned = await lab.decide((call) => tablesReadBy(call, step))
      if (scanned.length > 0) found[name] = scanned
    }
    expect(found).toEqual({})
  })
})
