/** Coupons people hold: found, locked, moved, shown. Every function takes the transaction first. */
import { createHash } from 'node:crypto'
import type { AppId, GroupId, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'
import type { Stacking } from './contract-host.ts'
import type { Coupon, CouponState, Terms } from './contract-terms.ts'
import { stateColumn, type NewItem, type Place } from './store.ts'

export interface StoredCoupon {
  readonly couponId: string
  readonly stockId: string
  readonly userId: UserId
  readonly state: CouponState
  readonly validFrom: number
  readonly validUntil: number
  readonly orderId: string | null
  readonly lockedUntil: number | null
  readonly claimedAt: number
  readonly usedAt: number | null
  readonly isReminded: boolean
  readonly dueAt: number | null
  readonly batchId: string | null
  /** The card whose job looks after it. */
  readonly groupId: GroupId | null
  readonly seq: number | null
  readonly codeHash: string | null
  readonly codeUntil: number | null
  /** [MER6] Who of the staff gave it; '' for the host itself. */
  readonly staffId: string
  readonly merchantId: string
  readonly title: string
  readonly terms: Terms
}
const columns = sql`i.coupon_id AS "couponId", i.stock_id AS "stockId", i.user_id AS "userId", i.state,
  i.valid_from AS "validFrom", i.valid_until AS "validUntil", i.order_id AS "orderId",
  i.locked_until AS "lockedUntil", i.claimed_at AS "claimedAt", i.used_at AS "usedAt",
  i.is_reminded AS "isReminded", i.due_at AS "dueAt", i.batch_id AS "batchId", i.group_id AS "groupId", i.seq,
  i.code_hash AS "codeHash", i.code_until AS "codeUntil", i.staff_id AS "staffId",
  s.merchant_id AS "merchantId", s.title, s.terms`

type Sql = RawBuilder<unknown>
async function listItems(tx: Tx, appId: AppId, which: Sql, lock: Sql = sql``): Promise<StoredCoupon[]> {
  const { rows } = await sql<StoredCoupon>`SELECT ${columns} FROM coupon_items i
    JOIN coupon_stocks s ON s.app_id = i.app_id AND s.stock_id = i.stock_id
    WHERE i.app_id = ${appId} AND ${which} ${lock}`.execute(tx)
  return rows
}
/** Always in the order of ids, so that two orders never wait in a circle. */
const held = sql`ORDER BY i.coupon_id FOR UPDATE OF i`

/** One person's coupons among those named; others' are not found. */
export function lockItems(tx: Tx, appId: AppId, userId: string, couponIds: readonly string[]): Promise<StoredCoupon[]> {
  return listItems(tx, appId, sql`i.user_id = ${userId} AND i.coupon_id = ANY(${couponIds}::text[])`, held)
}
export function findItems(tx: Tx, appId: AppId, userId: string, couponIds: readonly string[]): Promise<StoredCoupon[]> {
  return listItems(tx, appId, sql`i.user_id = ${userId} AND i.coupon_id = ANY(${couponIds}::text[])`)
}
/** What an order holds, used, or held last. */
export function lockItemsOfOrder(tx: Tx, appId: AppId, orderId: string): Promise<StoredCoupon[]> {
  return listItems(tx, appId, sql`i.order_id = ${orderId}`, held)
}
/** [C4] All that an order was priced with, whoever has it by now. */
export function lockPriced(tx: Tx, appId: AppId, couponIds: readonly string[]): Promise<StoredCoupon[]> {
  return listItems(tx, appId, sql`i.coupon_id = ANY(${[...couponIds]}::text[])`, held)
}
/** Cards that look after the coupons of an order, in the order in which cards are locked. */
export async function placesOfOrder(tx: Tx, appId: AppId, orderId: string): Promise<Place[]> {
  const { rows } = await sql<Place>`SELECT DISTINCT group_id AS "groupId", seq FROM coupon_items
    WHERE app_id = ${appId} AND order_id = ${orderId} AND seq IS NOT NULL ORDER BY 1, 2`.execute(tx)
  return rows
}
/** What falls due on a card; those somebody is working on right now are left for the next time. */
export function lockDue(tx: Tx, appId: AppId, { groupId, seq }: Place, now: number, limit: number) {
  const which = sql`i.group_id = ${groupId} AND i.seq = ${seq} AND i.due_at <= ${now}`
  return listItems(tx, appId, which, sql`ORDER BY i.due_at LIMIT ${limit} FOR UPDATE OF i SKIP LOCKED`)
}
export async function nextDueAt(tx: Tx, appId: AppId, { groupId, seq }: Place): Promise<number | null> {
  const { rows } = await sql<{ at: number | null }>`SELECT min(due_at) AS at FROM coupon_items
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND due_at IS NOT NULL`.execute(tx)
  return rows[0]?.at ?? null
}
/** A card takes over coupons of its stock that no card looks after. */
export async function adoptItems(tx: Tx, appId: AppId, stockId: string, { groupId, seq }: Place): Promise<void> {
  await sql`UPDATE coupon_items SET group_id = ${groupId}, seq = ${seq} WHERE app_id = ${appId}
    AND stock_id = ${stockId} AND seq IS NULL AND due_at IS NOT NULL`.execute(tx)
}
export async function orphanItems(tx: Tx, appId: AppId, { groupId, seq }: Place): Promise<void> {
  await sql`UPDATE coupon_items SET group_id = NULL, seq = NULL
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`.execute(tx)
}

/** [C3] Each row moves only from the state it was read in. */
export async function saveItems(
  tx: Tx,
  appId: AppId,
  moves: readonly { readonly from: StoredCoupon; readonly to: StoredCoupon }[],
): Promise<void> {
  if (moves.length === 0) return
  const values = moves.map(({ from, to }) => ({
    coupon_id: to.couponId,
    was: from.state,
    state: to.state,
    valid_until: to.validUntil,
    order_id: to.orderId,
    locked_until: to.lockedUntil,
    used_at: to.usedAt,
    is_reminded: to.isReminded,
    due_at: to.dueAt,
  }))
  const { rows } = await sql`UPDATE coupon_items i SET state = t.state, valid_until = t.valid_until,
      order_id = t.order_id, locked_until = t.locked_until, used_at = t.used_at, is_reminded = t.is_reminded,
      due_at = t.due_at
    FROM json_to_recordset(${JSON.stringify(values)}::json) AS t(coupon_id text, was text, state text,
      valid_until bigint, order_id text, locked_until bigint, used_at bigint, is_reminded boolean, due_at bigint)
    WHERE i.app_id = ${appId} AND i.coupon_id = t.coupon_id AND i.state = t.was RETURNING 1`.execute(tx)
  if (rows.length !== moves.length) throw new Error('a coupon moved while it was locked')
}

// ── orders ──
/** Until commit one decision alone is about an order, also before it has a row: what is not there cannot be locked. */
async function lockOrderId(tx: Tx, appId: AppId, orderId: string): Promise<void> {
  const name = `coupon-order:${appId.length}:${appId}${orderId}`
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}
export interface LockedOrder {
  readonly userId: string
  /** The list its coupons were taken by; null while it took none. */
  readonly stacking: Stacking | null
  /** [CP27] Cancelled or refunded: it takes nothing any more. */
  readonly isEnded: boolean
  /** [CP18] The host told that it is paid. */
  readonly isPaid: boolean
  /** [C4] All it was priced with; null where that was not kept. */
  readonly couponIds: readonly string[] | null
}
const orderColumns = sql`user_id AS "userId", stacking, ended_at IS NOT NULL AS "isEnded",
  paid_at IS NOT NULL AS "isPaid", coupon_ids AS "couponIds"`
/** Locks an order, made when it is new; its person is who came first, until the host tells whose it is. */
export async function lockOrder(
  tx: Tx,
  appId: AppId,
  order: { readonly orderId: string; readonly userId: string },
  now: number,
): Promise<LockedOrder> {
  await lockOrderId(tx, appId, order.orderId)
  const { rows } = await sql<LockedOrder>`INSERT INTO coupon_orders AS o (app_id, order_id, user_id, at)
    VALUES (${appId}, ${order.orderId}, ${order.userId}, ${now})
    ON CONFLICT (app_id, order_id) DO UPDATE SET at = o.at RETURNING ${orderColumns}`.execute(tx)
  return rows[0] as LockedOrder
}
export async function lockKnownOrder(tx: Tx, appId: AppId, orderId: string): Promise<LockedOrder | undefined> {
  await lockOrderId(tx, appId, orderId)
  const { rows } = await sql<LockedOrder>`SELECT ${orderColumns} FROM coupon_orders
    WHERE app_id = ${appId} AND order_id = ${orderId} FOR UPDATE`.execute(tx)
  return rows[0]
}
/** [CP17] [CP18] [CP27] Remembers what the host told of an order whose row is locked. */
export async function keepTold(
  tx: Tx,
  appId: AppId,
  order: { readonly orderId: string; readonly userId: string; readonly isEnd: boolean },
  now: number,
): Promise<void> {
  const told = order.isEnd ? sql`ended_at = coalesce(ended_at, ${now})` : sql`paid_at = coalesce(paid_at, ${now})`
  await sql`UPDATE coupon_orders SET user_id = ${order.userId}, ${told}
    WHERE app_id = ${appId} AND order_id = ${order.orderId}`.execute(tx)
}
/** [C4] All that an order was priced with. */
export async function keepPriced(tx: Tx, appId: AppId, orderId: string, couponIds: readonly string[]): Promise<void> {
  await sql`UPDATE coupon_orders SET coupon_ids = ${[...couponIds]}::text[]
    WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
}

// ── batches ──
/** [C9] Who of these people has a coupon of the batch, and how many of the stock. */
export async function readHolders(
  tx: Tx,
  appId: AppId,
  stock: { readonly stockId: string; readonly batchId: string },
  userIds: readonly string[],
): Promise<Map<string, { readonly count: number; readonly inBatch: boolean }>> {
  const { rows } = await sql<{ user_id: string; n: number; in_batch: boolean }>`SELECT user_id, count(*) AS n,
      bool_or(batch_id IS NOT DISTINCT FROM ${stock.batchId}) AS in_batch FROM coupon_items
    WHERE app_id = ${appId} AND stock_id = ${stock.stockId} AND user_id = ANY(${userIds}::text[])
    GROUP BY user_id`.execute(tx)
  return new Map(rows.map((row) => [row.user_id, { count: row.n, inBatch: row.in_batch }]))
}
/** [C9] The unique index on batch and person is the second wall. */
export async function addItems(
  tx: Tx,
  appId: AppId,
  items: readonly (NewItem & { readonly ordinal: number })[],
  { batchId, now }: { readonly batchId: string | null; readonly now: number },
): Promise<void> {
  await sql`INSERT INTO coupon_items (app_id, coupon_id, stock_id, user_id, ordinal, batch_id, state, valid_from,
      valid_until, stack_group, claimed_at, due_at, worth_fen, staff_id, group_id, seq)
    SELECT ${appId}, t."couponId", t."stockId", t."userId", t.ordinal, ${batchId}, 'issued', t."validFrom",
      t."validUntil", t."stackGroup", ${now}::bigint, t."dueAt", t."worthFen", t."staffId",
      t.place->>'groupId', (t.place->>'seq')::bigint
    FROM json_to_recordset(${JSON.stringify(items)}::json) AS t("couponId" text, "stockId" text, "userId" text,
      ordinal integer, "validFrom" bigint, "validUntil" bigint, "stackGroup" text, "dueAt" bigint,
      "worthFen" bigint, "staffId" text, place json)`.execute(tx)
}

// ── codes ──
/** [C10] The only form in which a code is kept. */
export function hashOfCode(code: string): string {
  return createHash('sha256').update(`coupon:${code}`).digest('hex')
}
export async function keepCode(tx: Tx, appId: AppId, couponId: string, hash: string, until: number): Promise<void> {
  await sql`UPDATE coupon_items SET code_hash = ${hash}, code_until = ${until}
    WHERE app_id = ${appId} AND coupon_id = ${couponId}`.execute(tx)
}
export async function findByCode(tx: Tx, appId: AppId, hash: string): Promise<StoredCoupon | undefined> {
  return (await listItems(tx, appId, sql`i.code_hash = ${hash}`))[0]
}

// ── lists of one person ──
const lists = {
  available: { states: ['issued', 'returned', 'locked'], by: sql`i.valid_until`, down: false },
  used: { states: ['used'], by: sql`i.used_at`, down: true },
  over: { states: ['expired', 'voided'], by: sql`i.valid_until`, down: true },
} as const
export interface Page {
  readonly list: keyof typeof lists
  readonly after: { readonly at: number; readonly couponId: string } | undefined
  readonly limit: number
}
export async function listOwn(tx: Tx, appId: AppId, userId: string, page: Page, now: number): Promise<StoredCoupon[]> {
  const { states, by, down } = lists[page.list]
  const { after } = page
  const beyond = down ? sql`<` : sql`>`
  const from =
    after === undefined ? sql`true` : sql`(${by}, i.coupon_id) ${beyond} (${after.at}::bigint, ${after.couponId})`
  const order = down ? sql`ORDER BY ${by} DESC, i.coupon_id DESC` : sql`ORDER BY ${by}, i.coupon_id`
  const which = sql`i.user_id = ${userId} AND ${stateColumn(now)} = ANY(${[...states]}::text[]) AND ${from}`
  return listItems(tx, appId, which, sql`${order} LIMIT ${page.limit}`)
}
export function pageKeyOf(list: Page['list'], { usedAt, validUntil, couponId }: StoredCoupon | Coupon): string {
  return `${list === 'used' ? (usedAt ?? 0) : validUntil}~${couponId}`
}
