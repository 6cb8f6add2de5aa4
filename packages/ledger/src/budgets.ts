/**
 * Budgets that stop by themselves: so much per subject (a member of staff on a day, a campaign, a person). They count
 * what a decision spends; where the value itself is set aside beforehand, it waits in an account `budget/<name>`.
 */
import { defaultCapOf, isPoints, Refusal, scopeWithin, type BudgetKey } from '@qun/contract'
import { sql } from 'kysely'
import { checkCurrency, checkRef, refuseLedger } from './names.ts'
import type { LedgerCall } from './transfers.ts'

type Call = Pick<LedgerCall, 'tx' | 'appId'>

export interface Spending {
  /** The business key of what is given, unique for ever: told again under it, nothing is counted again. */
  readonly ref: string
  readonly currency: string
  /** Integer minor units, at least 1. */
  readonly amount: number
  /** Whose budgets it counts against: a merchant's scopes. One without its own cap has the app's, or the default. */
  readonly against: readonly BudgetKey[]
}

/** Sets the cap of a merchant's scope, or of an app's; null forgets it. What is spent already stays counted. */
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
/** Caps of the app in the order of scope and currency, those after `after`. */
export async function listBudgets(
  { tx, appId }: Call,
  page: { readonly after?: Pick<Budget, 'scope' | 'currency'>; readonly limit: number },
): Promise<Budget[]> {
  const { scope, currency } = page.after ?? { scope: '', currency: '' }
  const { rows } = await sql<Budget>`SELECT scope, currency, cap FROM ledger_budgets WHERE app_id = ${appId}
      AND (scope COLLATE "C", currency COLLATE "C") > (${scope}, ${currency})
    ORDER BY scope COLLATE "C", currency COLLATE "C" LIMIT ${page.limit}`.execute(tx)
  return rows
}
export interface Standing {
  /** [MER5] What holds: the merchant's own, else the app's, else the default; null for pieces, which a stock bounds. */
  readonly cap: number | null
  readonly spent: number
}
export async function budgetOf(call: Call, of: CurrencyKey): Promise<Standing> {
  const [found] = await budgetsOf(call, [of])
  return found ?? { cap: null, spent: 0 }
}
interface CurrencyKey extends BudgetKey {
  readonly currency: string
}
/** Several at once, in the order asked: one look by key each, whatever the planner knows; so in all that follow. */
export async function budgetsOf({ tx, appId }: Call, keys: readonly CurrencyKey[]): Promise<Standing[]> {
  const asked = keys.map((key) => ({ ...key, within: scopeWithin(key.scope), common: commonOf(key.currency) }))
  const capOf = (scope: 'scope' | 'within') => sql`(SELECT cap FROM ledger_budgets b
    WHERE b.app_id = ${appId} AND b.scope = ${sql.ref(`t.${scope}`)} AND b.currency = t.common)`
  const { rows } = await sql<Standing>`SELECT coalesce(s.spent, 0) AS spent,
      coalesce(${capOf('scope')}, ${capOf('within')}) AS cap
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(asked)}::json)
      AS (scope text, subject text, currency text, within text, common text))
      WITH ORDINALITY AS t(scope, subject, currency, within, common, n)
    LEFT JOIN LATERAL (SELECT spent FROM ledger_spent WHERE app_id = ${appId} AND scope = t.scope
      AND subject = t.subject AND currency = t.currency LIMIT 1) s ON true
    ORDER BY t.n`.execute(tx)
  return rows.map(({ cap, spent }, i) => {
    const { scope, currency } = keys[i] as CurrencyKey
    return { cap: cap ?? defaultCapOf(scope, currency), spent }
  })
}

/** Caps of points are told of `points`, whichever programme a merchant has. */
const commonOf = (currency: string): string => (isPoints(currency) ? 'points' : currency)

// ── spending ──
/** [LDG8] Counts what is spent, or refuses `budget.exhausted` when a cap would be passed: then nothing is counted. */
export async function spend(call: Call, one: Spending): Promise<void> {
  await spendAll(call, [one])
}
/** [LDG8] The same, for whoever goes on without it: false when a cap has no room, and then nothing is counted. */
export async function trySpend(call: Call, all: readonly Spending[]): Promise<boolean> {
  try {
    await spendAll(call, all)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.code === 'budget.exhausted') return false
    throw error
  }
}
interface Sum extends BudgetKey {
  readonly currency: string
  readonly amount: number
}
const keyOf = ({ scope, subject, currency }: Omit<Sum, 'amount'>) => JSON.stringify([scope, subject, currency])
function sumsOf(all: readonly Spending[]): Map<string, Sum> {
  const sums = new Map<string, Sum>()
  for (const { currency, amount, against } of all)
    for (const { scope, subject } of against) {
      const key = keyOf({ scope, subject, currency })
      sums.set(key, { scope, subject, currency, amount: amount + (sums.get(key)?.amount ?? 0) })
    }
  return sums
}
/** [LDG8] Several at once, all or none, in four statements however many they are. */
export async function spendAll(call: Call, all: readonly Spending[]): Promise<void> {
  checkAll(all)
  const asked = all.filter(({ against }) => against.length > 0)
  if (asked.length === 0) return
  const keys = [...sumsOf(asked).values()]
  const [, known, standing] = await Promise.all([
    makeAndLock(call, keys),
    readSpendings(call, asked),
    budgetsOf(call, keys),
  ])
  const before = new Set(known.map(({ ref }) => ref))
  const fresh = asked.filter(({ ref }) => !before.has(ref))
  if (fresh.length === 0) return
  const sums = sumsOf(fresh)
  for (const [i, key] of keys.entries()) {
    const amount = sums.get(keyOf(key))?.amount ?? 0
    const { cap, spent } = standing[i] as Standing
    if (amount === 0) continue
    if (cap !== null && spent + amount > cap) throw refuseLedger('budget.exhausted', key.scope)
    if (!Number.isSafeInteger(spent + amount)) throw refuseLedger('ledger.amount_limit', key.scope)
  }
  const caps = keys.map((key, i) => ({ ...key, cap: standing[i]?.cap ?? null }))
  await addSpendings(call, fresh, caps)
}
function checkAll(all: readonly Spending[]): void {
  for (const { ref, currency, amount } of all) {
    checkRef(ref)
    checkCurrency(currency)
    if (!Number.isSafeInteger(amount) || amount < 1) throw new Error(`${amount} is nothing to spend`)
  }
  if (new Set(all.map(({ ref }) => ref)).size < all.length) throw new Error('a ref is spent twice in one call')
}

// ── taking back ──
export interface Keeping {
  readonly ref: string
  /** How much of it was given after all. */
  readonly keep: number
}
/** [LDG8] Of what was counted under a ref no more than `keep` stays: what came back was not spent after all. */
export async function unspend(call: Call, ref: string, keep = 0): Promise<void> {
  await unspendAll(call, [{ ref, keep }])
}
/** [LDG8] Several at once. What counts no more than that already, or was never counted, stays as it is. */
export async function unspendAll(call: Call, all: readonly Keeping[]): Promise<void> {
  const keeps = new Map(all.map(({ ref, keep }) => [ref, keep]))
  const isMore = ({ ref, amount }: Spending) => amount > (keeps.get(ref) ?? 0)
  const found = (await readSpendings(call, all)).filter(isMore)
  if (found.length === 0) return
  const keys = [...sumsOf(found).values()]
  // Read again under the locks: somebody else may have taken the same back meanwhile.
  const [, now, standing] = await Promise.all([
    makeAndLock(call, keys),
    readSpendings(call, found),
    budgetsOf(call, keys),
  ])
  const over = now.filter(isMore)
  if (over.length === 0) return
  const kept = over.map((one) => ({ ...one, amount: keeps.get(one.ref) ?? 0 }))
  const less = sumsOf(over.map((one, i) => ({ ...one, amount: one.amount - (kept[i]?.amount ?? 0) })))
  const sums = keys.map((key, i) => ({
    ...key,
    amount: (standing[i]?.spent ?? 0) - (less.get(keyOf(key))?.amount ?? 0),
  }))
  await lowerSpendings(call, kept, sums)
}

/**
 * [LDG5] Locks what these refs count against, for who takes value back and learns only then how much of it stays
 * given: budgets are locked before accounts everywhere, so nobody waits in a circle.
 */
export async function lockSpendings(call: Call, refs: readonly string[]): Promise<void> {
  const found = await readSpendings(
    call,
    refs.map((ref) => ({ ref })),
  )
  if (found.length > 0) await makeAndLock(call, [...sumsOf(found).values()])
}

// ── rows ──
/** As accounts are: made where missing and locked in the order of names. */
function makeAndLock({ tx, appId }: Call, sums: readonly Sum[]) {
  return sql`INSERT INTO ledger_spent (app_id, scope, subject, currency)
    SELECT ${appId}, t.scope, t.subject, t.currency
    FROM json_to_recordset(${JSON.stringify(sums)}::json) AS t(scope text, subject text, currency text)
    ORDER BY t.scope COLLATE "C", t.subject COLLATE "C", t.currency COLLATE "C"
    ON CONFLICT (app_id, scope, subject, currency) DO UPDATE SET spent = ledger_spent.spent WHERE false`.execute(tx)
}
async function readSpendings({ tx, appId }: Call, all: readonly { readonly ref: string }[]): Promise<Spending[]> {
  if (all.length === 0) return []
  const refs = all.map(({ ref }) => ref)
  const { rows } = await sql<Row>`SELECT s.* FROM unnest(${refs}::text[]) AS t(ref) CROSS JOIN LATERAL (
      SELECT ref, currency, amount, scopes, subjects FROM ledger_spendings WHERE app_id = ${appId} AND ref = t.ref
      LIMIT 1) s`.execute(tx)
  return rows.map(({ scopes, subjects, ...rest }) => ({
    ...rest,
    against: scopes.map((scope, i) => ({ scope, subject: subjects[i] ?? '' })),
  }))
}
interface Row {
  readonly ref: string
  readonly currency: string
  readonly amount: number
  readonly scopes: readonly string[]
  readonly subjects: readonly string[]
}
const rowOf = ({ ref, currency, amount, against }: Spending): Row => ({
  ...{ ref, currency, amount },
  scopes: against.map(({ scope }) => scope),
  subjects: against.map(({ subject }) => subject),
})
const fromRows = (appId: string, rows: readonly Spending[]) => sql`
  SELECT ${appId}, t.ref, t.currency, t.amount, t.scopes, t.subjects
  FROM json_to_recordset(${JSON.stringify(rows.map(rowOf))}::json)
    AS t(ref text, currency text, amount bigint, scopes text[], subjects text[])`
/**
 * What another decision counted under a ref in this very moment, on another day, is not counted again. [MER9] The cap
 * that stood is kept beside what it bounded.
 */
async function addSpendings(
  { tx, appId }: Call,
  fresh: readonly Spending[],
  caps: readonly (BudgetKey & Pick<Standing, 'cap'> & { readonly currency: string })[],
): Promise<void> {
  await sql`WITH fresh AS (INSERT INTO ledger_spendings (app_id, ref, currency, amount, scopes, subjects)
      ${fromRows(appId, fresh)} ON CONFLICT DO NOTHING RETURNING currency, amount, scopes, subjects)
    INSERT INTO ledger_spent AS s (app_id, scope, subject, currency, spent, cap)
    SELECT ${appId}, a.scope, a.subject, f.currency, sum(f.amount)::bigint, min(c.cap)
    FROM fresh f CROSS JOIN LATERAL unnest(f.scopes, f.subjects) AS a(scope, subject)
    LEFT JOIN json_to_recordset(${JSON.stringify(caps)}::json) AS c(scope text, subject text, currency text, cap bigint)
      ON c.scope = a.scope AND c.subject = a.subject AND c.currency = f.currency
    GROUP BY 1, 2, 3, 4
    ON CONFLICT (app_id, scope, subject, currency) DO UPDATE
      SET spent = s.spent + excluded.spent, cap = excluded.cap`.execute(tx)
}
/** NOTE: the rows are there and locked. */
async function lowerSpendings({ tx, appId }: Call, kept: readonly Spending[], sums: readonly Sum[]): Promise<void> {
  await sql`WITH lowered AS (INSERT INTO ledger_spendings (app_id, ref, currency, amount, scopes, subjects)
      ${fromRows(appId, kept)} ON CONFLICT (app_id, ref) DO UPDATE SET amount = excluded.amount)
    INSERT INTO ledger_spent (app_id, scope, subject, currency, spent)
    SELECT ${appId}, t.scope, t.subject, t.currency, t.amount FROM json_to_recordset(${JSON.stringify(sums)}::json)
      AS t(scope text, subject text, currency text, amount bigint)
    ON CONFLICT (app_id, scope, subject, currency) DO UPDATE SET spent = excluded.spent`.execute(tx)
}
