/**
 * Budgets that stop by themselves: so much per subject (a member of staff on a day, a campaign, a person). They count
 * what a decision spends; where the value itself is set aside beforehand, it waits in an account `budget/<name>`.
 */
import { sql } from 'kysely'
import { checkCurrency, refuseLedger } from './names.ts'
import type { LedgerCall } from './transfers.ts'

type Call = Pick<LedgerCall, 'tx' | 'appId'>

export interface Spending {
  /** What the merchant set a cap for: `staff-day`, `campaign/spring`. Without a cap it is counted all the same. */
  readonly scope: string
  /** Whose it is: `wang/2026-11-25` (see `dayIn` of @qun/contract); '' for a scope that has one budget in all. */
  readonly subject: string
  readonly currency: string
  /** Integer minor units, at least 1. */
  readonly amount: number
}

/** Sets the cap of a scope; null lifts it. What is spent already stays counted. */
export async function setBudget(
  { tx, appId }: Call,
  budget: { readonly scope: string; readonly currency: string; readonly cap: number | null },
): Promise<void> {
  checkCurrency(budget.currency)
  if (budget.cap === null) {
    await sql`DELETE FROM ledger_budgets WHERE app_id = ${appId} AND scope = ${budget.scope}
      AND currency = ${budget.currency}`.execute(tx)
    return
  }
  await sql`INSERT INTO ledger_budgets (app_id, scope, currency, cap)
    VALUES (${appId}, ${budget.scope}, ${budget.currency}, ${budget.cap})
    ON CONFLICT (app_id, scope, currency) DO UPDATE SET cap = excluded.cap`.execute(tx)
}
export interface Budget {
  readonly scope: string
  readonly currency: string
  readonly cap: number
}
/** All caps of the app, at most 1,000. */
export async function listBudgets({ tx, appId }: Call): Promise<Budget[]> {
  const { rows } = await sql<Budget>`SELECT scope, currency, cap FROM ledger_budgets WHERE app_id = ${appId}
    ORDER BY scope, currency LIMIT 1000`.execute(tx)
  return rows
}
export async function budgetOf(
  { tx, appId }: Call,
  of: { readonly scope: string; readonly subject: string; readonly currency: string },
): Promise<{ readonly cap: number | null; readonly spent: number }> {
  const { rows } = await sql<{ cap: number | null; spent: number }>`SELECT
      (SELECT cap FROM ledger_budgets WHERE app_id = ${appId} AND scope = ${of.scope} AND currency = ${of.currency}) AS cap,
      coalesce((SELECT spent FROM ledger_spent WHERE app_id = ${appId} AND scope = ${of.scope}
        AND subject = ${of.subject} AND currency = ${of.currency}), 0) AS spent`.execute(tx)
  return rows[0] ?? { cap: null, spent: 0 }
}

/** [LDG8] Counts what is spent, or refuses `budget.exhausted` when a cap would be passed: then nothing is counted. */
export async function spend(call: Call, one: Spending): Promise<void> {
  await spendAll(call, [one])
}
interface Counted {
  scope: string
  subject: string
  currency: string
  spent: number
  cap: number | null
}
const keyOf = ({ scope, subject, currency }: Omit<Counted, 'spent' | 'cap'>) =>
  JSON.stringify([scope, subject, currency])
/**
 * [LDG8] Several at once (a member of staff's day, the campaign, the receiver), all or none, in three statements.
 * NOTE: call it once per decision and beside the transfer: a transfer that was a replay must not be counted again.
 */
export async function spendAll({ tx, appId }: Call, all: readonly Spending[]): Promise<void> {
  if (all.length === 0) return
  const sums = new Map<string, Spending>()
  for (const one of all) {
    if (!Number.isSafeInteger(one.amount) || one.amount < 1) throw new Error(`${one.amount} is nothing to spend`)
    const key = keyOf(one)
    sums.set(key, { ...one, amount: one.amount + (sums.get(key)?.amount ?? 0) })
  }
  const wanted = JSON.stringify([...sums.values()])
  // As accounts are: made where missing and locked in the order of names, then read.
  const locking = sql`INSERT INTO ledger_spent (app_id, scope, subject, currency)
    SELECT ${appId}, t.scope, t.subject, t.currency
    FROM json_to_recordset(${wanted}::json) AS t(scope text, subject text, currency text)
    ORDER BY t.scope COLLATE "C", t.subject COLLATE "C", t.currency COLLATE "C"
    ON CONFLICT (app_id, scope, subject, currency) DO UPDATE SET spent = ledger_spent.spent WHERE false`.execute(tx)
  const reading = sql<Counted>`SELECT s.scope, s.subject, s.currency, s.spent, b.cap
    FROM json_to_recordset(${wanted}::json) AS t(scope text, subject text, currency text)
    JOIN ledger_spent s ON s.app_id = ${appId} AND s.scope = t.scope AND s.subject = t.subject
      AND s.currency = t.currency
    LEFT JOIN ledger_budgets b ON b.app_id = s.app_id AND b.scope = s.scope AND b.currency = s.currency`.execute(tx)
  const [, { rows }] = await Promise.all([locking, reading])
  for (const row of rows) {
    const after = row.spent + (sums.get(keyOf(row))?.amount ?? 0)
    if (row.cap !== null && after > row.cap) throw refuseLedger('budget.exhausted', row.scope)
    if (!Number.isSafeInteger(after)) throw refuseLedger('ledger.amount_limit', row.scope)
  }
  await sql`UPDATE ledger_spent s SET spent = s.spent + t.amount
    FROM json_to_recordset(${wanted}::json) AS t(scope text, subject text, currency text, amount bigint)
    WHERE s.app_id = ${appId} AND s.scope = t.scope AND s.subject = t.subject AND s.currency = t.currency`.execute(tx)
}
/** Takes back what was counted and not spent after all. */
export async function unspend({ tx, appId }: Call, spending: Spending): Promise<void> {
  const { scope, subject, currency, amount } = spending
  await sql`UPDATE ledger_spent SET spent = greatest(0, spent - ${amount}) WHERE app_id = ${appId}
    AND scope = ${scope} AND subject = ${subject} AND currency = ${currency}`.execute(tx)
}
