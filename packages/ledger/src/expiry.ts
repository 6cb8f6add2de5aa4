/** What lapses: what an account holds with an end date, and the job that moves it back to its issuer once. */
import { sql } from 'kysely'
import { checkCurrency } from './names.ts'
import type { Lot } from './lots.ts'
import { keyOf, type Order } from './posting.ts'
import { lockPlaces, readAccounts } from './rows.ts'
import { expiryReason, post, sealOrder, type Account, type LedgerCall } from './transfers.ts'
import type { LedgerReading } from './accounts.ts'

/** What an account holds that lapses after now, soonest first; the rest of its balance never does. */
export async function lotsOf(
  call: LedgerReading,
  of: { readonly account: Account; readonly currency: string; readonly limit: number },
): Promise<Lot[]> {
  const { rows } = await sql<Lot>`SELECT expires_at AS "expiresAt", remaining FROM ledger_lots
    WHERE app_id = ${call.appId} AND account = ${of.account} AND currency = ${of.currency}
      AND expires_at > ${call.now} AND remaining <> 0 ORDER BY expires_at LIMIT ${of.limit}`.execute(call.tx)
  return rows
}

/** Currencies of which something has lapsed and waits to be moved: a look by key for each that holds lots. */
export async function currenciesDue(call: LedgerReading): Promise<string[]> {
  const { rows } = await sql<{ currency: string }>`WITH RECURSIVE held AS (
      (SELECT currency FROM ledger_lots WHERE app_id = ${call.appId} AND remaining > 0 ORDER BY currency LIMIT 1)
      UNION ALL SELECT (SELECT l.currency FROM ledger_lots l WHERE l.app_id = ${call.appId} AND l.remaining > 0
        AND l.currency > held.currency ORDER BY l.currency LIMIT 1) FROM held WHERE held.currency IS NOT NULL)
    SELECT currency FROM held WHERE currency IS NOT NULL AND EXISTS (SELECT FROM ledger_lots l
      WHERE l.app_id = ${call.appId} AND l.currency = held.currency AND l.remaining > 0 AND l.expires_at <= ${call.now}
        AND l.account NOT LIKE 'escrow/%') ORDER BY currency`.execute(call.tx)
  return rows.map(({ currency }) => currency)
}

export interface Expired {
  readonly account: Account
  readonly amount: number
}
/**
 * [LDG11] Moves what has lapsed to `to`, an issuer, for at most `limit` accounts, those due longest first: one transfer
 * each, once, however often and on however many nodes it runs. `more` says that others wait. What an escrow keeps
 * lapses when it comes out.
 */
export async function expire(
  call: LedgerCall,
  of: { readonly currency: string; readonly to: Account; readonly limit: number },
): Promise<{ readonly expired: readonly Expired[]; readonly more: boolean }> {
  checkCurrency(of.currency)
  const { rows } = await sql<{ account: string }>`SELECT account FROM ledger_lots
    WHERE app_id = ${call.appId} AND currency = ${of.currency} AND expires_at <= ${call.now} AND remaining > 0
      AND account NOT LIKE 'escrow/%'
    GROUP BY account ORDER BY min(expires_at), account LIMIT ${of.limit}`.execute(call.tx)
  if (rows.length === 0) return { expired: [], more: false }
  const places = [{ account: of.to }, ...rows].map(({ account }) => ({ account, currency: of.currency }))
  const [, accounts] = await Promise.all([lockPlaces(call, places), readAccounts(call, places)])
  const orders: Order[] = []
  const expired: Expired[] = []
  for (const { account } of rows) {
    const state = accounts.get(keyOf(account, of.currency))
    let amount = 0
    for (const [expiresAt, remaining] of state?.lots ?? []) if (expiresAt <= call.now) amount += remaining
    // Another node's job was here while this one waited.
    if (state === undefined || amount === 0) continue
    const legs = [
      { account, amount: -amount, lots: [] },
      { account: of.to, amount, lots: [] },
    ]
    // An entry's number is never used again, so the ref is one of its own though lots come back by reversals.
    const ref = `expiry/${of.currency}/${account}/${state.lastEntry + 1}`
    const what = { ref, currency: of.currency, reason: expiryReason, groupId: undefined, legs, reverses: undefined }
    orders.push(sealOrder(call, { ...what, isExpiry: true }))
    expired.push({ account, amount })
  }
  await post(call, orders)
  return { expired, more: rows.length === of.limit }
}
