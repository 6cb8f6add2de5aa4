/** What is known of each order: the place it is for, and that it was told to be paid or over, whatever came first. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Offered } from './store.ts'

export interface StoredOrder {
  /** Null while nobody said what it is for. */
  readonly groupId: GroupId | null
  readonly seq: number | null
  readonly placeId: string | null
  readonly isPaid: boolean
  /** It was cancelled or refunded. */
  readonly isEnded: boolean
  /** Whose it is; null while nobody told. */
  readonly userId: UserId | null
}
const columns = sql`group_id AS "groupId", seq, place_id AS "placeId", paid_at IS NOT NULL AS "isPaid",
  ended_at IS NOT NULL AS "isEnded", user_id AS "userId"`

/**
 * Makes an order known with what was told of it, if anything, and locks it: one request or event about an order at a
 * time, whichever card it names. It is locked before the card everywhere.
 */
export async function lockOrder(
  tx: Tx,
  appId: AppId,
  orderId: string,
  told: { readonly paidAt?: number; readonly endedAt?: number; readonly userId?: UserId | undefined } = {},
): Promise<StoredOrder> {
  const { paidAt = null, endedAt = null, userId = null } = told
  const { rows } =
    await sql<StoredOrder>`INSERT INTO group_buy_orders AS o (app_id, order_id, paid_at, ended_at, user_id)
    VALUES (${appId}, ${orderId}, ${paidAt}::bigint, ${endedAt}::bigint, ${userId})
    ON CONFLICT (app_id, order_id) DO UPDATE SET paid_at = coalesce(o.paid_at, excluded.paid_at),
      ended_at = coalesce(o.ended_at, excluded.ended_at), user_id = coalesce(o.user_id, excluded.user_id)
    RETURNING ${columns}`.execute(tx)
  const [row] = rows
  if (row === undefined) throw new Error(`order ${orderId} was not kept`)
  return row
}
/** [GB10] An order is for one place, ever; the caller locked it. */
export async function bindOrder({ tx, appId, groupId, seq }: Offered, orderId: string, placeId: string): Promise<void> {
  const { numAffectedRows } = await sql`UPDATE group_buy_orders
    SET group_id = ${groupId}, seq = ${seq}, place_id = ${placeId}
    WHERE app_id = ${appId} AND order_id = ${orderId} AND place_id IS NULL`.execute(tx)
  if (Number(numAffectedRows) !== 1) throw new Error(`order ${orderId} is for another place`)
}
/** Whether an order that may still be paid is for the place, beside the one named. */
export async function hasOtherOrder(
  { tx, appId, groupId, seq }: Offered,
  placeId: string,
  orderId: string,
): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM group_buy_orders WHERE app_id = ${appId} AND group_id = ${groupId}
    AND seq = ${seq} AND place_id = ${placeId} AND order_id <> ${orderId} AND ended_at IS NULL LIMIT 1`.execute(tx)
  return rows.length > 0
}
