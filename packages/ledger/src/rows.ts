/** The statements of posting: lock, read, write, each for all transfers at once. Knows no rule. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { LotMoves } from './lots.ts'
import { floorOf } from './names.ts'
import { keyOf, type AccountState, type Known, type Order, type Plan, type Standing } from './posting.ts'

/** What a statement needs of its caller's decision. */
interface Call {
  readonly tx: Tx
  readonly appId: AppId
  readonly now: number
}

export interface Place {
  readonly account: string
  readonly currency: string
}
function placesOf(orders: readonly Order[]): Place[] {
  const places = new Map<string, Place>()
  for (const { currency, legs } of orders)
    for (const { account } of legs) places.set(keyOf(account, currency), { account, currency })
  return [...places.values()]
}
/**
 * [LDG5] Makes the accounts that are missing and locks all, in the order of their names. The update that never happens
 * is what locks a row that is there, in its turn and without writing it anew.
 */
export async function lockPlaces({ tx, appId }: Call, places: readonly Place[]): Promise<void> {
  const wanted = places.map((place) => ({ ...place, floor: floorOf(place.account) }))
  await sql`INSERT INTO ledger_accounts (app_id, account, currency, floor)
    SELECT ${appId}, t.account, t.currency, t.floor
    FROM json_to_recordset(${JSON.stringify(wanted)}::json) AS t(account text, currency text, floor bigint)
    ORDER BY t.account COLLATE "C", t.currency COLLATE "C"
    ON CONFLICT (app_id, account, currency) DO UPDATE SET floor = ledger_accounts.floor WHERE false`.execute(tx)
}
export function lockAccounts(call: Call, orders: readonly Order[]): Promise<void> {
  return lockPlaces(call, placesOf(orders))
}

interface AccountRow {
  account: string
  currency: string
  balance: number
  last_entry: number
  floor: number | null
  frozen: boolean
  lots: LotMoves | null
}
interface TransferRow {
  ref: string
  transfer_id: string
  content: string
  reverses: string | null
}
/**
 * Accounts as they stand, by `keyOf`. One look by key each, whatever the planner knows: `remaining > 0` would lead it
 * to the index of what is due, which holds the lots of all accounts.
 */
export async function readAccounts({ tx, appId }: Call, places: readonly Place[]): Promise<Map<string, AccountState>> {
  const { rows } = await sql<AccountRow>`SELECT a.account, a.currency, a.balance, a.last_entry, a.floor, a.frozen,
      CASE WHEN a.has_lots THEN (SELECT jsonb_agg(jsonb_build_array(l.expires_at, l.remaining)) FROM ledger_lots l
        WHERE l.app_id = a.app_id AND l.account = a.account AND l.currency = a.currency AND l.remaining <> 0) END AS lots
    FROM json_to_recordset(${JSON.stringify(places)}::json) AS t(account text, currency text)
    CROSS JOIN LATERAL (SELECT * FROM ledger_accounts WHERE app_id = ${appId} AND account = t.account
      AND currency = t.currency LIMIT 1) a`.execute(tx)
  return new Map(rows.map((row) => [keyOf(row.account, row.currency), stateOf(row)]))
}
/** What the orders meet; exact while the accounts are locked. */
export async function readKnown(call: Call, orders: readonly Order[]): Promise<Known> {
  const { tx, appId, now } = call
  const reversed = orders.flatMap(({ reverses }) => (reverses === undefined ? [] : [reverses]))
  const transfers = sql<TransferRow>`SELECT ref, transfer_id, content, reverses FROM ledger_transfers
    WHERE app_id = ${appId} AND ref = ANY(${orders.map(({ ref }) => ref)})
    UNION ALL SELECT ref, transfer_id, content, reverses FROM ledger_transfers
    WHERE app_id = ${appId} AND reverses = ANY(${reversed})`.execute(tx)
  const [accounts, { rows }] = await Promise.all([readAccounts(call, placesOf(orders)), transfers])
  return {
    now,
    accounts,
    byRef: new Map(
      rows.map((row): [string, Standing] => [row.ref, { transferId: row.transfer_id, content: row.content }]),
    ),
    reversals: new Map(rows.flatMap(({ ref, reverses }) => (reverses === null ? [] : [[reverses, ref]]))),
  }
}
function stateOf({ balance, last_entry, floor, frozen, lots }: AccountRow): AccountState {
  return { balance, lastEntry: last_entry, floor, frozen, lots: new Map(lots ?? []) }
}

/** Writes transfers, entries and accounts in one statement, and lots, where any moved, in a second. */
export async function writePlan(call: Call, plan: Plan, known: Known): Promise<void> {
  const touched = new Map(plan.entries.map((entry) => [keyOf(entry.account, entry.currency), entry]))
  const lots = lotsOf(plan, known)
  const accounts = [...touched].map(([key, { account, currency }]) => {
    const { balance, lastEntry, lots: left } = known.accounts.get(key) as AccountState
    const has_lots = [...left.values()].some((remaining) => remaining > 0)
    return { account, currency, balance, last_entry: lastEntry, has_lots }
  })
  await Promise.all([writeEntries(call, plan, accounts), ...(lots.length === 0 ? [] : [writeLots(call, lots)])])
}
interface AccountChange {
  readonly account: string
  readonly currency: string
  readonly balance: number
  readonly last_entry: number
  readonly has_lots: boolean
}
/**
 * NOTE: the accounts are there and locked; as an insert each is found by its key, whatever the planner knows.
 * Two transfers of one ref and different accounts do not wait for each other at the accounts' locks; the second
 * meets the primary key. Told as a lost race, the decision runs again and finds the ref taken.
 */
async function writeEntries({ tx, appId, now }: Call, plan: Plan, accounts: readonly AccountChange[]): Promise<void> {
  const transfers = plan.fresh.map((order) => ({
    ref: order.ref,
    transfer_id: order.transferId,
    currency: order.currency,
    reason: order.reason,
    group_id: order.groupId ?? null,
    reverses: order.reverses ?? null,
    content: order.content,
  }))
  await sql`WITH posted AS (
      INSERT INTO ledger_transfers (app_id, ref, transfer_id, currency, reason, group_id, reverses, content, at)
      SELECT ${appId}, t.ref, t.transfer_id, t.currency, t.reason, t.group_id, t.reverses, t.content, ${now}
      FROM json_to_recordset(${JSON.stringify(transfers)}::json) AS t(ref text, transfer_id text, currency text,
        reason text, group_id text, reverses text, content text)),
    moved AS (
      INSERT INTO ledger_accounts AS a (app_id, account, currency, balance, last_entry, has_lots)
      SELECT ${appId}, t.account, t.currency, t.balance, t.last_entry, t.has_lots
      FROM json_to_recordset(${JSON.stringify(accounts)}::json) AS t(account text, currency text, balance bigint,
        last_entry bigint, has_lots boolean)
      ON CONFLICT (app_id, account, currency) DO UPDATE
      SET balance = excluded.balance, last_entry = excluded.last_entry, has_lots = excluded.has_lots)
    INSERT INTO ledger_entries
      (app_id, account, currency, entry_no, amount, balance_after, ref, reason, lots, at)
    SELECT ${appId}, t.account, t.currency, t.entry_no, t.amount, t.balance_after, t.ref, t.reason, t.lots, ${now}
    FROM json_to_recordset(${JSON.stringify(plan.entries)}::json) AS t(account text, currency text, entry_no bigint,
      amount bigint, balance_after bigint, ref text, reason text, lots jsonb)`
    .execute(tx)
    .catch((error: unknown) => {
      throw isDuplicate(error) ? new LostRefError(error) : error
    })
}
const isDuplicate = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '23505'
/** The code says that the whole transaction may run again. */
class LostRefError extends Error {
  readonly code = '40001'
  constructor(cause: unknown) {
    super('another transaction posted a transfer of the same ref at the same time', { cause })
    this.name = 'LostRefError'
  }
}

interface LotRow {
  account: string
  currency: string
  expires_at: number
  remaining: number
}
function lotsOf(plan: Plan, known: Known): LotRow[] {
  const rows = new Map<string, LotRow>()
  for (const { account, currency, lots } of plan.entries)
    for (const [expires_at] of lots ?? []) {
      const key = keyOf(account, currency)
      const remaining = known.accounts.get(key)?.lots.get(expires_at) ?? 0
      rows.set(`${expires_at} ${key}`, { account, currency, expires_at, remaining })
    }
  return [...rows.values()]
}
async function writeLots({ tx, appId }: Call, lots: readonly LotRow[]): Promise<void> {
  await sql`INSERT INTO ledger_lots (app_id, account, currency, expires_at, remaining)
    SELECT ${appId}, t.account, t.currency, t.expires_at, t.remaining
    FROM json_to_recordset(${JSON.stringify(lots)}::json) AS t(account text, currency text, expires_at bigint,
      remaining bigint)
    ON CONFLICT (app_id, account, currency, expires_at) DO UPDATE SET remaining = excluded.remaining`.execute(tx)
}

export interface PostedLegs {
  readonly transferId: string
  readonly currency: string
  readonly reason: string
  readonly groupId: string | null
  readonly reverses: string | null
  readonly at: number
  /** By account. */
  readonly legs: readonly { readonly account: string; readonly amount: number; readonly lots: LotMoves }[]
}
/** A transfer as it was posted, which never changes; undefined if the ref is free. */
export async function readLegs(
  { tx, appId }: Pick<Call, 'tx' | 'appId'>,
  ref: string,
): Promise<PostedLegs | undefined> {
  const { rows } = await sql<PostedLegs>`SELECT t.transfer_id AS "transferId", t.currency, t.reason,
      t.group_id AS "groupId", t.reverses, t.at, (SELECT jsonb_agg(jsonb_build_object('account', e.account,
        'amount', e.amount, 'lots', coalesce(e.lots, '[]')) ORDER BY e.account) FROM ledger_entries e
        WHERE e.app_id = t.app_id AND e.ref = t.ref) AS legs
    FROM ledger_transfers t WHERE t.app_id = ${appId} AND t.ref = ${ref}`.execute(tx)
  return rows[0]
}
