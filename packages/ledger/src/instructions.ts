/** The rows of instructions to payment providers and of exceptions. Knows no rule. */
import { sql } from 'kysely'
import type { ProviderOrder } from './providers.ts'
import type { LedgerCall } from './transfers.ts'

type Call = Pick<LedgerCall, 'tx' | 'appId' | 'now'>

export type InstructionState = 'created' | 'sent' | 'unknown' | 'confirmed' | 'failed'
export interface Instruction extends Omit<ProviderOrder, 'of'> {
  readonly provider: string
  /** Credited by a charge, debited by a pay-out or a refund. */
  readonly account: string
  readonly of: string | null
  readonly state: InstructionState
  readonly providerRef: string | null
  /** When the provider settled it, by its own clock. */
  readonly settledAt: number | null
  /** Asked or queried so often. */
  readonly attempts: number
  /** What went wrong the last time. */
  readonly trouble: string | null
  readonly createdAt: number
  /** When it is to be advanced again while it is not settled. */
  readonly nextAt: number
}
const columns = sql.raw(`key, provider, kind, currency, amount, user_id AS "userId", account, of_key AS "of", state,
  provider_ref AS "providerRef", settled_at AS "settledAt", attempts, trouble, created_at AS "createdAt",
  next_at AS "nextAt"`)

export type NewInstruction = ProviderOrder & { readonly provider: string; readonly account: string }
/** False if the key is taken. */
export async function insertInstruction({ tx, appId, now }: Call, one: NewInstruction): Promise<boolean> {
  const { numAffectedRows } = await sql`INSERT INTO ledger_instructions
      (app_id, key, provider, kind, currency, amount, user_id, account, of_key, created_at, next_at)
    VALUES (${appId}, ${one.key}, ${one.provider}, ${one.kind}, ${one.currency}, ${one.amount}, ${one.userId},
      ${one.account}, ${one.of ?? null}, ${now}, ${now}) ON CONFLICT DO NOTHING`.execute(tx)
  return numAffectedRows === 1n
}
/** Locked until the decision ends. */
export async function lockInstruction({ tx, appId }: Call, key: string): Promise<Instruction | undefined> {
  const { rows } = await sql<Instruction>`SELECT ${columns} FROM ledger_instructions
    WHERE app_id = ${appId} AND key = ${key} FOR UPDATE`.execute(tx)
  return rows[0]
}
export async function findInstruction({ tx, appId }: Call, key: string): Promise<Instruction | undefined> {
  const { rows } = await sql<Instruction>`SELECT ${columns} FROM ledger_instructions
    WHERE app_id = ${appId} AND key = ${key}`.execute(tx)
  return rows[0]
}
export async function updateInstruction(
  { tx, appId }: Call,
  key: string,
  to: Pick<Instruction, 'state' | 'providerRef' | 'settledAt' | 'attempts' | 'trouble' | 'nextAt'>,
): Promise<void> {
  await sql`UPDATE ledger_instructions SET state = ${to.state}, provider_ref = ${to.providerRef},
      settled_at = ${to.settledAt}, attempts = ${to.attempts}, trouble = ${to.trouble},
      next_at = ${to.nextAt}
    WHERE app_id = ${appId} AND key = ${key}`.execute(tx)
}
/** Keys of those not settled that were to be advanced before `before`, the longest overdue first. */
export async function listOverdue(
  { tx, appId }: Pick<Call, 'tx' | 'appId'>,
  of: { readonly provider: string; readonly before: number; readonly limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`SELECT key FROM ledger_instructions
    WHERE app_id = ${appId} AND provider = ${of.provider} AND next_at < ${of.before}
      AND state IN ('created', 'sent', 'unknown') ORDER BY next_at, key LIMIT ${of.limit}`.execute(tx)
  return rows.map(({ key }) => key)
}
/** What was or may yet be given back of a charge. */
export async function refundedOf({ tx, appId }: Call, key: string): Promise<number> {
  const { rows } = await sql<{ sum: number }>`SELECT coalesce(sum(amount), 0)::bigint AS sum FROM ledger_instructions
    WHERE app_id = ${appId} AND of_key = ${key} AND state <> 'failed'`.execute(tx)
  return rows[0]?.sum ?? 0
}
/** Those a provider settled in a time, and those of the keys. */
export async function listSettled(
  { tx, appId }: Call,
  of: { readonly provider: string; readonly from: number; readonly until: number; readonly keys: readonly string[] },
): Promise<Instruction[]> {
  // Two looks, each by an index: of one condition with an OR the planner may read all that the provider ever did.
  const ofProvider = sql`SELECT * FROM ledger_instructions WHERE app_id = ${appId} AND provider = ${of.provider}`
  const { rows } = await sql<Instruction>`SELECT ${columns} FROM (
      ${ofProvider} AND key = ANY(${of.keys})
      UNION ${ofProvider} AND state = 'confirmed' AND settled_at >= ${of.from} AND settled_at < ${of.until}) t
    ORDER BY key`.execute(tx)
  return rows
}

/**
 * `unknown`: the provider speaks of a key that nobody gave it · `amount`: another amount, currency or kind ·
 * `contradicts`: it settled what had been settled the other way · `missing`: it does not list what it confirmed ·
 * `twice`: it lists a key more than once.
 */
export type ExceptionKind = 'unknown' | 'amount' | 'contradicts' | 'missing' | 'twice'
export interface PaymentException {
  readonly provider: string
  readonly key: string
  readonly what: ExceptionKind
  /** What the provider says, and what stands here; null for nothing. */
  readonly told: number | null
  readonly ours: number | null
  readonly at: number
}
/** Those that were not listed before. */
export async function listExceptions(
  { tx, appId, now }: Call,
  found: readonly Omit<PaymentException, 'at'>[],
): Promise<PaymentException[]> {
  if (found.length === 0) return []
  const { rows } = await sql<PaymentException>`INSERT INTO ledger_exceptions
      (app_id, provider, key, what, told, ours, at)
    SELECT ${appId}, t.provider, t.key, t.what, t.told, t.ours, ${now}
    FROM json_to_recordset(${JSON.stringify(found)}::json)
      AS t(provider text, key text, what text, told bigint, ours bigint)
    ON CONFLICT DO NOTHING RETURNING provider, key, what, told, ours, at`.execute(tx)
  return rows
}
/** What somebody has yet to look into, oldest first. */
export async function openExceptions({ tx, appId }: Call, limit: number): Promise<PaymentException[]> {
  const { rows } = await sql<PaymentException>`SELECT provider, key, what, told, ours, at FROM ledger_exceptions
    WHERE app_id = ${appId} AND resolved_at IS NULL ORDER BY at, key, what LIMIT ${limit}`.execute(tx)
  return rows
}
/** Somebody looked into it; what they found stays with it. */
export async function resolveException(
  { tx, appId, now }: Call,
  of: Pick<PaymentException, 'provider' | 'key' | 'what'> & { readonly note: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE ledger_exceptions SET resolved_at = ${now}, note = ${of.note}
    WHERE app_id = ${appId} AND provider = ${of.provider} AND key = ${of.key} AND what = ${of.what}
      AND resolved_at IS NULL`.execute(tx)
  return numAffectedRows === 1n
}
