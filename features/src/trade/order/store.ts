/** Events of orders as the host told them, and each order folded from its events. Every function takes `tx` first. */
import type { AppId, UserId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { OrderStatus } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'order-001',
    up: [
      `CREATE TABLE order_events (
        app_id text NOT NULL, source text NOT NULL, event_id text NOT NULL, hash text NOT NULL, order_id text NOT NULL,
        kind text NOT NULL, at bigint NOT NULL, told_at bigint NOT NULL,
        PRIMARY KEY (app_id, source, event_id))`,
      `CREATE INDEX order_events_by_order ON order_events (app_id, order_id)`,
      `CREATE TABLE order_orders (
        app_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL, status text, folded json NOT NULL,
        told text, parked_at bigint,
        PRIMARY KEY (app_id, order_id))`,
      `CREATE INDEX order_orders_parked ON order_orders (app_id, parked_at) WHERE parked_at IS NOT NULL`,
      `CREATE INDEX order_orders_parked_by_user ON order_orders (app_id, user_id) WHERE parked_at IS NOT NULL`,
      ...['order_events', 'order_orders'].map(rls),
    ],
  },
]

export interface StoredEvent {
  readonly source: string
  readonly eventId: string
  readonly hash: string
  readonly orderId: string
  readonly kind: OrderStatus
  readonly at: number
}
/** [OR1] `first`: not told before; `again`: the same words; `other`: the id was used for something else. */
export async function addEvent(
  tx: Tx,
  appId: AppId,
  event: StoredEvent,
  now: number,
): Promise<'first' | 'again' | 'other'> {
  const { rows } = await sql`INSERT INTO order_events (app_id, source, event_id, hash, order_id, kind, at, told_at)
    VALUES (${appId}, ${event.source}, ${event.eventId}, ${event.hash}, ${event.orderId}, ${event.kind}, ${event.at}, ${now})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(tx)
  if (rows.length > 0) return 'first'
  const known = await sql<{ hash: string }>`SELECT hash FROM order_events
    WHERE app_id = ${appId} AND source = ${event.source} AND event_id = ${event.eventId}`.execute(tx)
  return known.rows[0]?.hash === event.hash ? 'again' : 'other'
}

export interface StoredOrder {
  readonly orderId: string
  readonly userId: UserId
  /** As JSON text, of which the store knows nothing. */
  readonly folded: string
  /** What reactions were told last, as text; null when nothing yet. */
  readonly told: string | null
  readonly parkedAt: number | null
}
const columns = sql`order_id AS "orderId", user_id AS "userId", folded::text AS folded, told, parked_at AS "parkedAt"`

/** Makes the order if it is not known, and locks it, in one statement. Its person is the one told first. */
export async function lockOrder(
  tx: Tx,
  appId: AppId,
  first: { readonly orderId: string; readonly userId: UserId; readonly folded: string },
): Promise<StoredOrder> {
  const { rows } = await sql<StoredOrder>`INSERT INTO order_orders AS o (app_id, order_id, user_id, folded)
    VALUES (${appId}, ${first.orderId}, ${first.userId}, ${first.folded}::json)
    ON CONFLICT (app_id, order_id) DO UPDATE SET user_id = o.user_id
    RETURNING ${columns}`.execute(tx)
  return rows[0] ?? { ...first, told: null, parkedAt: null }
}
export async function saveOrder(
  tx: Tx,
  appId: AppId,
  order: StoredOrder & { readonly status: OrderStatus | undefined },
): Promise<void> {
  await sql`UPDATE order_orders SET folded = ${order.folded}::json, status = ${order.status ?? null}, told = ${order.told},
      parked_at = ${order.parkedAt}
    WHERE app_id = ${appId} AND order_id = ${order.orderId}`.execute(tx)
}
export async function findOrder(tx: Tx, appId: AppId, orderId: string): Promise<StoredOrder | undefined> {
  const { rows } = await sql<StoredOrder>`SELECT ${columns} FROM order_orders
    WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
  return rows[0]
}
/** Longest waiting first. */
export async function listParked(tx: Tx, appId: AppId, limit: number): Promise<StoredOrder[]> {
  const { rows } = await sql<StoredOrder>`SELECT ${columns} FROM order_orders
    WHERE app_id = ${appId} AND parked_at IS NOT NULL ORDER BY parked_at, order_id LIMIT ${limit}`.execute(tx)
  return rows
}
/** [O4] Parked orders of one person, or of anybody; those another decision holds are left to it. */
export async function lockParked(tx: Tx, appId: AppId, limit: number, userId?: UserId): Promise<StoredOrder[]> {
  const whose = userId === undefined ? sql`` : sql`AND user_id = ${userId}`
  const { rows } = await sql<StoredOrder>`SELECT ${columns} FROM order_orders
    WHERE app_id = ${appId} AND parked_at IS NOT NULL ${whose}
    ORDER BY parked_at, order_id LIMIT ${limit} FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows
}

// ── audits ──
export const audits: readonly Audit[] = [
  check(
    'O1',
    'What an order is follows from the set of its events.',
    sql`SELECT 'app ' || o.app_id || ', order ' || o.order_id || ': ' || coalesce(o.status, 'null')
        || ' does not follow from its events' AS place FROM order_orders o
      LEFT JOIN LATERAL (SELECT bool_or(e.kind = 'refunded') AS refunded, bool_or(e.kind = 'cancelled') AS cancelled,
          bool_or(e.kind = 'received') AS received, bool_or(e.kind = 'paid') AS paid
        FROM order_events e WHERE e.app_id = o.app_id AND e.order_id = o.order_id) t ON true
      WHERE o.status IS DISTINCT FROM CASE WHEN t.refunded THEN 'refunded' WHEN t.cancelled THEN 'cancelled'
        WHEN t.received THEN 'received' WHEN t.paid THEN 'paid' END`,
  ),
]
