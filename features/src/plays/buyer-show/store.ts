/** Orders as facts told of them, and which of them are shown where. Every function takes the transaction first. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { MyOrder, ShownItem } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'buyer-show-001',
    up: [
      `CREATE TABLE buyer_show_orders (
        app_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL, status text NOT NULL, at bigint NOT NULL,
        items json NOT NULL,
        PRIMARY KEY (app_id, order_id))`,
      `CREATE INDEX buyer_show_orders_by_user ON buyer_show_orders (app_id, user_id, at DESC)`,
      `CREATE TABLE buyer_show_shows (
        app_id text NOT NULL, group_id text NOT NULL, order_id text NOT NULL, seq bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, order_id))`,
      `CREATE INDEX buyer_show_shows_by_order ON buyer_show_shows (app_id, order_id)`,
      ...['buyer_show_orders', 'buyer_show_shows'].map(rls),
    ],
  },
]

export interface StoredOrder {
  readonly orderId: string
  readonly userId: UserId
  readonly status: MyOrder['status']
  readonly at: number
  readonly items: readonly ShownItem[]
}
interface OrderRow {
  readonly orderId: string
  readonly userId: UserId
  readonly status: MyOrder['status']
  readonly at: number
  readonly items: string
}
const columns = sql`order_id AS "orderId", user_id AS "userId", status, at, items`
const orderOf = (row: OrderRow): StoredOrder => ({ ...row, items: JSON.parse(row.items) as ShownItem[] })

export async function findOrder(tx: Tx, appId: AppId, orderId: string): Promise<StoredOrder | undefined> {
  const { rows } = await sql<OrderRow>`SELECT ${columns} FROM buyer_show_orders
    WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
  return rows.map(orderOf)[0]
}
export async function listOrders(tx: Tx, appId: AppId, userId: UserId): Promise<StoredOrder[]> {
  const { rows } = await sql<OrderRow>`SELECT ${columns} FROM buyer_show_orders
    WHERE app_id = ${appId} AND user_id = ${userId} AND status IN ('paid', 'received')
    ORDER BY at DESC, order_id LIMIT 50`.execute(tx)
  return rows.map(orderOf)
}
export async function keepOrder(tx: Tx, appId: AppId, order: StoredOrder): Promise<void> {
  await sql`INSERT INTO buyer_show_orders (app_id, order_id, user_id, status, at, items)
    VALUES (${appId}, ${order.orderId}, ${order.userId}, ${order.status}, ${order.at}, ${JSON.stringify(order.items)}::json)
    ON CONFLICT (app_id, order_id) DO UPDATE SET
      status = excluded.status, at = excluded.at, items = excluded.items`.execute(tx)
}

interface Show {
  readonly groupId: GroupId
  readonly seq: number
}
/** [BS3] The primary key decides: false if the order is shown in the group already. */
export async function addShow(tx: Tx, appId: AppId, orderId: string, show: Show): Promise<boolean> {
  const { rows } = await sql`INSERT INTO buyer_show_shows (app_id, group_id, order_id, seq)
    VALUES (${appId}, ${show.groupId}, ${orderId}, ${show.seq}) ON CONFLICT DO NOTHING RETURNING 1`.execute(tx)
  return rows.length > 0
}
export async function dropShow(tx: Tx, appId: AppId, show: Show): Promise<void> {
  await sql`DELETE FROM buyer_show_shows
    WHERE app_id = ${appId} AND group_id = ${show.groupId} AND seq = ${show.seq}`.execute(tx)
}
/** In the order in which their cards are locked. */
export async function listShows(tx: Tx, appId: AppId, orderId: string): Promise<Show[]> {
  const { rows } = await sql<Show>`SELECT group_id AS "groupId", seq FROM buyer_show_shows
    WHERE app_id = ${appId} AND order_id = ${orderId} ORDER BY group_id, seq`.execute(tx)
  return rows
}

// ── audits ──
export const audits: readonly Audit[] = [
  check(
    'BS1',
    'A show with the badge has an order of its poster that was paid or received.',
    sql`SELECT 'the badge of ' || m.app_id || '/' || m.group_id || '/' || m.seq AS place
      FROM messages m LEFT JOIN buyer_show_orders o ON o.app_id = m.app_id AND o.order_id = m.body->>'orderId'
        AND o.user_id = m.sender_id AND o.status IN ('paid', 'received')
      WHERE m.kind = 'buyer-show' AND m.recalled_at IS NULL AND (m.state->>'verified')::boolean
        AND o.order_id IS NULL`,
  ),
  check(
    'BS5',
    'The likes of a show are the people who like it now.',
    sql`SELECT 'the likes of ' || m.app_id || '/' || m.group_id || '/' || m.seq AS place
      FROM messages m LEFT JOIN (SELECT app_id, group_id, seq, count(*) FILTER (WHERE (body->>'liked')::boolean) AS n
        FROM mine WHERE kind = 'buyer-show' GROUP BY 1, 2, 3) l USING (app_id, group_id, seq)
      WHERE m.kind = 'buyer-show' AND m.recalled_at IS NULL AND (m.state->>'likeCount')::bigint <> coalesce(l.n, 0)`,
  ),
]
