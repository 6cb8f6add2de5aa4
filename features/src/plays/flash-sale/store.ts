/** Who holds and who bought how many pieces of which sale. Every function takes the place, with its transaction. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
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
  readonly status: 'held' | 'sold' | 'returned'
  readonly orderId: string | null
}
const columns = sql`hold_id AS "holdId", user_id AS "userId", quantity, until, status, order_id AS "orderId"`

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
/** Holds that stand, those due first. */
export function listStanding(place: Place): Promise<StoredHold[]> {
  return listHolds(place, sql`status = 'held'`)
}
async function listHolds({ tx, appId, groupId, seq }: Place, which: ReturnType<typeof sql>): Promise<StoredHold[]> {
  const { rows } = await sql<StoredHold>`SELECT ${columns} FROM flash_sale_holds
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND ${which} ORDER BY until, hold_id`.execute(tx)
  return rows
}
export async function setStatus(
  { tx, appId, groupId, seq }: Place,
  holdIds: readonly string[],
  status: StoredHold['status'],
  orderId?: string,
): Promise<void> {
  await sql`UPDATE flash_sale_holds SET status = ${status}, order_id = coalesce(${orderId ?? null}, order_id)
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND hold_id = ANY(${holdIds}::text[])`.execute(
    tx,
  )
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

// ── audits ──
/** [FS9] What members see is what the table says; nothing is sold twice. */
export const audits: readonly Audit[] = [
  check(
    'FS9',
    'Free and sold pieces of a flash sale are its stock less what is held and sold.',
    sql`SELECT 'the pieces of ' || m.app_id || '/' || m.group_id || '/' || m.seq AS place
      FROM messages m LEFT JOIN (SELECT app_id, group_id, seq, sum(quantity) FILTER (WHERE status = 'held') AS held,
          sum(quantity) FILTER (WHERE status = 'sold') AS sold FROM flash_sale_holds GROUP BY 1, 2, 3) h
        USING (app_id, group_id, seq)
      WHERE m.kind = 'flash-sale' AND m.recalled_at IS NULL
        AND ((m.state->>'left')::bigint <> (m.body->>'stock')::bigint - coalesce(h.held, 0) - coalesce(h.sold, 0)
          OR (m.state->>'soldCount')::bigint <> coalesce(h.sold, 0))`,
  ),
]
