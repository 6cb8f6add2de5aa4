/** Who holds and bought how many pieces of a sale, by which order. A place, with its transaction, comes first. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { ledgerMigrations } from '@qun/ledger'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import { countRunning, offerMigrations } from '../../shared/offer/store.ts'
import type { HoldState, NextState } from './contract.ts'

export const migrations: readonly Migration[] = [
  ...ledgerMigrations,
  ...offerMigrations,
  {
    id: 'flash-sale-001',
    up: [
      `CREATE TABLE flash_sale_holds (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, hold_id text NOT NULL,
        user_id text NOT NULL, quantity integer NOT NULL CHECK (quantity > 0), until bigint NOT NULL,
        status text NOT NULL CHECK (status IN ('held', 'sold', 'returned')), order_id text, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, hold_id))`,
      `CREATE UNIQUE INDEX flash_sale_holds_one ON flash_sale_holds (app_id, group_id, seq, user_id) WHERE status = 'held'`,
      `CREATE UNIQUE INDEX flash_sale_holds_order ON flash_sale_holds (app_id, group_id, seq, order_id)
        WHERE order_id IS NOT NULL`,
      `CREATE INDEX flash_sale_holds_by_order ON flash_sale_holds (app_id, order_id) WHERE order_id IS NOT NULL`,
      rls('flash_sale_holds'),
    ],
  },
  {
    // Of what was given back unpaid nobody wrote down why: it counts as given up, which no payment takes up again.
    id: 'flash-sale-002',
    up: [
      `ALTER TABLE flash_sale_holds DROP CONSTRAINT flash_sale_holds_status_check`,
      `UPDATE flash_sale_holds SET status = CASE WHEN order_id IS NULL THEN 'released' ELSE 'refunded' END
        WHERE status = 'returned'`,
      `ALTER TABLE flash_sale_holds ADD CONSTRAINT flash_sale_holds_status_check
          CHECK (status IN ('held', 'lapsed', 'released', 'cancelled', 'sold', 'refunded')),
        ADD CONSTRAINT flash_sale_holds_paid CHECK ((order_id IS NOT NULL) = (status IN ('sold', 'refunded')))`,
      `CREATE TABLE flash_sale_orders (
        app_id text NOT NULL, order_id text NOT NULL, group_id text, seq bigint, hold_id text, ended_at bigint,
        PRIMARY KEY (app_id, order_id),
        CHECK ((hold_id IS NULL) = (group_id IS NULL) AND (hold_id IS NULL) = (seq IS NULL)))`,
      `INSERT INTO flash_sale_orders (app_id, order_id, group_id, seq, hold_id, ended_at)
        SELECT app_id, order_id, group_id, seq, hold_id, CASE status WHEN 'refunded' THEN at END
        FROM flash_sale_holds WHERE order_id IS NOT NULL ORDER BY status DESC, at, hold_id ON CONFLICT DO NOTHING`,
      rls('flash_sale_orders'),
    ],
  },
  {
    // [MER4] What a sale was allowed by: the product's list price and floor as they stood when it was posted.
    id: 'flash-sale-003',
    up: [
      `CREATE TABLE flash_sale_offers (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, product_id text NOT NULL,
        merchant_id text NOT NULL, price_fen bigint NOT NULL, list_fen bigint NOT NULL, floor_fen bigint,
        by_host boolean NOT NULL, at bigint NOT NULL, PRIMARY KEY (app_id, group_id, seq))`,
      rls('flash_sale_offers'),
    ],
  },
  {
    // [MER5] What a sale counts against caps, and since when it is over; those from before count nothing.
    id: 'flash-sale-004',
    up: [
      `ALTER TABLE flash_sale_offers ADD COLUMN cut_fen bigint, ADD COLUMN over_at bigint`,
      `CREATE INDEX flash_sale_offers_live ON flash_sale_offers (app_id, product_id, group_id, seq)
        WHERE over_at IS NULL`,
    ],
  },
  // [MER4] Those that run count among what is offered of their products.
  { id: 'flash-sale-005', up: countRunning('flash_sale_offers') },
  // Whose order it is; null while nobody told.
  { id: 'flash-sale-006', up: [`ALTER TABLE flash_sale_orders ADD COLUMN user_id text`] },
]

export interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
export interface StoredHold {
  readonly holdId: string
  readonly userId: UserId
  readonly quantity: number
  readonly until: number
  readonly state: HoldState
  readonly orderId: string | null
}
const columns = sql`hold_id AS "holdId", user_id AS "userId", quantity, until, status AS state, order_id AS "orderId"`

export async function addHold(
  { tx, appId, groupId, seq }: Place,
  hold: { readonly holdId: string; readonly userId: string; readonly quantity: number; readonly until: number },
  at: number,
): Promise<void> {
  await sql`INSERT INTO flash_sale_holds (app_id, group_id, seq, hold_id, user_id, quantity, until, status, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${hold.holdId}, ${hold.userId}, ${hold.quantity}, ${hold.until}, 'held', ${at})`.execute(
    tx,
  )
}
export async function findHold(place: Place, holdId: string): Promise<StoredHold | undefined> {
  return (await listHolds(place, sql`hold_id = ${holdId}`))[0]
}
/** Pieces that are held now, and those that are held or sold. */
export async function countTaken({
  tx,
  appId,
  groupId,
  seq,
}: Place): Promise<{ readonly held: number; readonly taken: number }> {
  const { rows } = await sql<{ held: number; taken: number }>`SELECT coalesce(sum(quantity), 0)::bigint AS taken,
      coalesce(sum(quantity) FILTER (WHERE status = 'held'), 0)::bigint AS held FROM flash_sale_holds
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND status IN ('held', 'sold')`.execute(tx)
  return rows[0] ?? { held: 0, taken: 0 }
}
/** Holds that stand, those due first. */
export function listStanding(place: Place): Promise<StoredHold[]> {
  return listHolds(place, sql`status = 'held'`)
}
async function listHolds({ tx, appId, groupId, seq }: Place, which: ReturnType<typeof sql>): Promise<StoredHold[]> {
  const { rows } = await sql<StoredHold>`SELECT ${columns} FROM flash_sale_holds
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND ${which} ORDER BY until, hold_id`.execute(tx)
  return rows
}
/**
 * [V3] Moves holds on, each from the state the caller saw under the card's lock to one that may follow it. Throws when
 * one is in another state: nothing is written then.
 */
export async function moveHolds<From extends HoldState>(
  { tx, appId, groupId, seq }: Place,
  holdIds: readonly string[],
  [from, to]: readonly [From, NextState<From>],
  orderId: string | null = null,
): Promise<void> {
  if (holdIds.length === 0) return
  const { numAffectedRows } = await sql`UPDATE flash_sale_holds
    SET status = ${to}, order_id = coalesce(${orderId}, order_id)
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND hold_id = ANY(${holdIds}::text[])
      AND status = ${from}`.execute(tx)
  if (Number(numAffectedRows) !== holdIds.length) throw new Error(`${holdIds.join(', ')}: not all are ${from}`)
}

// ── orders ──
/** What is known of an order: which hold it paid for, and whether it ended. */
export interface StoredOrder {
  readonly holdId: string | null
  readonly isEnded: boolean
  /** Whose it is; null while nobody told. */
  readonly userId: UserId | null
}
/** Makes the order known and locks it: one payment or event of an order at a time, whichever sale it is about. */
export async function lockOrder(tx: Tx, appId: AppId, orderId: string): Promise<StoredOrder> {
  const { rows } = await sql<StoredOrder>`INSERT INTO flash_sale_orders AS o (app_id, order_id)
    VALUES (${appId}, ${orderId}) ON CONFLICT (app_id, order_id) DO UPDATE SET order_id = o.order_id
    RETURNING hold_id AS "holdId", ended_at IS NOT NULL AS "isEnded", user_id AS "userId"`.execute(tx)
  return rows[0] ?? { holdId: null, isEnded: false, userId: null }
}
/** [FS15] Remembers whose order it is, and locks it; told once. */
export async function nameOrder(tx: Tx, appId: AppId, orderId: string, userId: UserId): Promise<void> {
  await sql`INSERT INTO flash_sale_orders AS o (app_id, order_id, user_id) VALUES (${appId}, ${orderId}, ${userId})
    ON CONFLICT (app_id, order_id) DO UPDATE SET user_id = coalesce(o.user_id, excluded.user_id)`.execute(tx)
}
/** [FS10] An order is bound once, and never after it ended; the caller locked it. */
export async function bindOrder({ tx, appId, groupId, seq }: Place, orderId: string, holdId: string): Promise<void> {
  const { numAffectedRows } = await sql`UPDATE flash_sale_orders
    SET group_id = ${groupId}, seq = ${seq}, hold_id = ${holdId}
    WHERE app_id = ${appId} AND order_id = ${orderId} AND hold_id IS NULL AND ended_at IS NULL`.execute(tx)
  if (Number(numAffectedRows) !== 1) throw new Error(`order ${orderId} is bound or over`)
}
/** [FS10] Remembers that an order ended, also when nothing else was told of it, and locks it. */
export async function endOrder(tx: Tx, appId: AppId, orderId: string, now: number): Promise<void> {
  await sql`INSERT INTO flash_sale_orders AS o (app_id, order_id, ended_at) VALUES (${appId}, ${orderId}, ${now})
    ON CONFLICT (app_id, order_id) DO UPDATE SET ended_at = coalesce(o.ended_at, excluded.ended_at)`.execute(tx)
}
/** Places of an app in which an order bought, in the order in which their cards are locked. */
export async function placesOfOrder(
  tx: Tx,
  appId: AppId,
  orderId: string,
): Promise<{ groupId: GroupId; seq: number; holdId: string }[]> {
  const { rows } = await sql<{ groupId: GroupId; seq: number; holdId: string }>`
    SELECT group_id AS "groupId", seq, hold_id AS "holdId" FROM flash_sale_holds
    WHERE app_id = ${appId} AND order_id = ${orderId} AND status = 'sold' ORDER BY group_id, seq, hold_id`.execute(tx)
  return rows
}
