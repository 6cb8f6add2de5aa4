/** Accounts as they stand and what happened on them; opening and freezing. Knows no transfer on its way. */
import { sql } from 'kysely'
import { checkAccount, checkCurrency, floorOf, isEscrow, refuseLedger } from './names.ts'
import { readLegs } from './rows.ts'
import type { Account, LedgerCall, Transfer } from './transfers.ts'

/** What reading needs: any call of the engine, and any transaction of an app, fits. */
export type LedgerReading = Pick<LedgerCall, 'tx' | 'appId' | 'now'> & Partial<LedgerCall>

export interface Entry {
  /** 1, 2, 3 … per account and currency. */
  readonly entryNo: number
  readonly account: Account
  readonly currency: string
  readonly amount: number
  readonly balanceAfter: number
  readonly ref: string
  readonly reason: string
  readonly at: number
}

/**
 * Makes an account before its first transfer, where its floor is not the one its name stands for: a credit line goes
 * to −n, null is no floor. Does nothing if the account is there.
 */
export async function openAccount(
  call: LedgerReading,
  of: { readonly account: Account; readonly currency: string; readonly floor?: number | null },
): Promise<void> {
  checkAccount(of.account)
  checkCurrency(of.currency)
  const floor = of.floor === undefined ? floorOf(of.account) : of.floor
  await sql`INSERT INTO ledger_accounts (app_id, account, currency, floor)
    VALUES (${call.appId}, ${of.account}, ${of.currency}, ${floor}) ON CONFLICT DO NOTHING`.execute(call.tx)
}
/** A frozen account pays nothing and still receives. Refuses `ledger.account_not_found`. */
export async function setFrozen(
  call: LedgerReading,
  of: { readonly account: Account; readonly currency: string; readonly frozen: boolean },
): Promise<void> {
  const { numAffectedRows } = await sql`UPDATE ledger_accounts SET frozen = ${of.frozen} WHERE app_id = ${call.appId}
    AND account = ${of.account} AND currency = ${of.currency}`.execute(call.tx)
  if (numAffectedRows !== 1n) throw refuseLedger('ledger.account_not_found', of.account)
}

/** [LDG11] What may be spent: what has lapsed is not in it, though no job moved it yet. 0 if nobody ever met it. */
export async function balanceOf(call: LedgerReading, account: Account, currency: string): Promise<number> {
  return (await balancesOf(call, account)).get(currency) ?? 0
}
/** All currencies of an account. */
export async function balancesOf(call: LedgerReading, account: Account): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ currency: string; balance: number }>`SELECT a.currency, (a.balance - CASE
      WHEN a.has_lots AND a.account NOT LIKE 'escrow/%'
      THEN (SELECT coalesce(sum(l.remaining), 0) FROM ledger_lots l WHERE l.app_id = a.app_id AND l.account = a.account
        AND l.currency = a.currency AND l.expires_at <= ${call.now} AND l.remaining <> 0) ELSE 0 END)::bigint AS balance
    FROM ledger_accounts a WHERE a.app_id = ${call.appId} AND a.account = ${account}`.execute(call.tx)
  return new Map(rows.map((row) => [row.currency, row.balance]))
}
/** Entries of an account, latest first, those before `before`. */
export async function entriesOf(
  call: LedgerReading,
  of: { readonly account: Account; readonly currency: string; readonly before?: number; readonly limit: number },
): Promise<Entry[]> {
  const { rows } = await sql<Entry>`SELECT entry_no AS "entryNo", account, currency, amount,
      balance_after AS "balanceAfter", ref, reason, at FROM ledger_entries
    WHERE app_id = ${call.appId} AND account = ${of.account} AND currency = ${of.currency}
      AND entry_no < ${of.before ?? Number.MAX_SAFE_INTEGER}
    ORDER BY entry_no DESC LIMIT ${of.limit}`.execute(call.tx)
  return rows
}
/** A transfer as it was posted, its legs by account; undefined while the ref is free. */
export async function findTransfer(call: LedgerReading, ref: string): Promise<Transfer | undefined> {
  const found = await readLegs(call, ref)
  if (found === undefined) return undefined
  const { currency, reason, groupId } = found
  // There a date is that of what was given, not one that was asked for.
  const keepsDates = found.legs.some(({ account }) => isEscrow(account))
  const legs = found.legs.map(({ account, amount, lots }) => {
    const expiresAt = amount > 0 && !keepsDates ? lots[0]?.[0] : undefined
    return { account, amount, ...(expiresAt === undefined ? {} : { expiresAt }) }
  })
  return { ref, currency, reason, legs, ...(groupId === null ? {} : { groupId }) }
}
/** For whoever erases a person or ends a merchant. Refuses `ledger.balance_nonzero` while anything is left. */
export async function checkEmpty(call: LedgerReading, account: Account): Promise<void> {
  for (const [currency, balance] of await balancesOf(call, account))
    if (balance !== 0) throw refuseLedger('ledger.balance_nonzero', currency)
}
