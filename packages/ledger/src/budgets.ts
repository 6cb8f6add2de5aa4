/** Budgets that stop by themselves: so much per subject (a member of staff on a day, a campaign, a person). */
import { sql } from 'kysely'
import { refuseLedger } from './names.ts'
import type { LedgerCall } from './transfers.ts'

export interface Spending {
  /** What the merchant set a cap for: `staff-day`, `member-day`, `campaign/spring`. Without a cap it is counted alone. */
  readonly scope: string
  /** Whose it is: `wang/2026-11-25`; '' for a scope that has one budget in all. */
  readonly subject: string
  readonly currency: string
  /** Integer minor units, at least 1. */
  readonly amount: number
}

/** Sets the cap of a scope; null lifts it. What is spent already stays counted. */
export async function setBudget(
  { tx, appId }: LedgerCall,
  budget: { readonly scope: string; readonly currency: string; readonly cap: number | null },
): Promise<void> {
  if (budget.cap === null) {
    await sql`DELETE FROM ledger_budgets WHERE app_id = ${appId} AND scope = ${budget.scope}
      AND currency = ${budget.currency}`.execute(tx)
    return
  }
  await sql`INSERT INTO ledger_budgets (app_id, scope, currency, cap)
    VALUES (${appId}, ${budget.scope}, ${budget.currency}, ${budget.cap})
    ON CONFLICT (app_id, scope, currency) DO UPDATE SET cap = excluded.cap`.execute(tx)
}
export async function budgetOf(
  { tx, appId }: LedgerCall,
  of: { readonly scope: string; readonly subject: string; readonly currency: string },
): Promise<{ readonly cap: number | null; readonly spent: number }> {
  const { rows } = await sql<{ cap: number | null; spent: number }>`SELECT
      (SELECT cap FROM ledger_budgets WHERE app_id = ${appId} AND scope = ${of.scope} AND currency = ${of.currency}) AS cap,
      coalesce((SELECT spent FROM ledger_spent WHERE app_id = ${appId} AND scope = ${of.scope}
        AND subject = ${of.subject} AND currency = ${of.currency}), 0) AS spent`.execute(tx)
  return rows[0] ?? { cap: null, spent: 0 }
}

/** [LDG8] Counts what is spent, or refuses `budget.exhausted` when a cap would be passed: then nothing is counted. */
export async function spend({ tx, appId }: LedgerCall, { scope, subject, currency, amount }: Spending): Promise<void> {
  const { rows } = await sql`INSERT INTO ledger_spent AS s (app_id, scope, subject, currency, spent)
    SELECT ${appId}, ${scope}, ${subject}, ${currency}, ${amount}
    WHERE ${amount} <= coalesce((SELECT cap FROM ledger_budgets WHERE app_id = ${appId} AND scope = ${scope}
      AND currency = ${currency}), 9007199254740991)
    ON CONFLICT (app_id, scope, subject, currency) DO UPDATE SET spent = s.spent + excluded.spent
    WHERE s.spent + excluded.spent <= coalesce((SELECT cap FROM ledger_budgets WHERE app_id = ${appId}
      AND scope = ${scope} AND currency = ${currency}), 9007199254740991)
    RETURNING 1`.execute(tx)
  if (rows.length === 0) throw refuseLedger('budget.exhausted')
}
/** Takes back what was counted and not spent after all. */
export async function unspend({ tx, appId }: LedgerCall, spending: Spending): Promise<void> {
  const { scope, subject, currency, amount } = spending
  await sql`UPDATE ledger_spent SET spent = greatest(0, spent - ${amount}) WHERE app_id = ${appId}
    AND scope = ${scope} AND subject = ${subject} AND currency = ${currency}`.execute(tx)
}
