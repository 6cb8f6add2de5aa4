/**
 * The host's own words for what it granted, took or took back, and which grants hang on which order. The points
 * themselves are in the ledger.
 */
import type { AppId, LocalText, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  {
    id: 'points-001',
    up: [
      `CREATE TABLE points_titles (
        app_id text NOT NULL, ref text NOT NULL, zh text NOT NULL, en text NOT NULL,
        PRIMARY KEY (app_id, ref))`,
      rls('points_titles'),
    ],
  },
  {
    // [PO10] An order, whether it has ended, and what was granted for it.
    id: 'points-002',
    up: [
      `CREATE TABLE points_orders (
        app_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL, ended boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, order_id))`,
      rls('points_orders'),
      `CREATE TABLE points_order_grants (
        app_id text NOT NULL, order_id text NOT NULL, ref text NOT NULL, currency text NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        taken bigint CHECK (taken BETWEEN 0 AND amount),
        PRIMARY KEY (app_id, order_id, ref))`,
      rls('points_order_grants'),
    ],
  },
  {
    // [PO5] A reversal asks whether an order took the grant back before.
    id: 'points-003',
    up: [`CREATE INDEX points_order_grants_by_ref ON points_order_grants (app_id, ref)`],
  },
]

interface Place {
  readonly tx: Tx
  readonly appId: AppId
}
/** The first words of a ref stay. */
export async function keepTitle({ tx, appId }: Place, ref: string, title: LocalText): Promise<void> {
  await sql`INSERT INTO points_titles (app_id, ref, zh, en) VALUES (${appId}, ${ref}, ${title['zh-CN']}, ${title.en})
    ON CONFLICT DO NOTHING`.execute(tx)
}
export async function titlesOf({ tx, appId }: Place, refs: readonly string[]): Promise<ReadonlyMap<string, LocalText>> {
  if (refs.length === 0) return new Map()
  const { rows } = await sql<{ ref: string; zh: string; en: string }>`SELECT ref, zh, en FROM points_titles
    WHERE app_id = ${appId} AND ref = ANY(${refs})`.execute(tx)
  return new Map(rows.map(({ ref, zh, en }) => [ref, { 'zh-CN': zh, en }]))
}

// ── orders ──
export interface OrderRow {
  readonly userId: UserId
  readonly ended: boolean
}
/** Until commit one decision alone grants under a ref, also before it has a row, which could be locked. */
export async function lockRef({ tx, appId }: Place, ref: string): Promise<void> {
  const name = `points-ref:${appId.length}:${appId}${ref}`
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}
/**
 * Made where missing, and locked until commit: what is granted for it and its end wait for each other. Its person is
 * who came first, until the host tells whose it is.
 */
export async function lockOrder({ tx, appId }: Place, orderId: string, userId: UserId): Promise<OrderRow> {
  await sql`INSERT INTO points_orders (app_id, order_id, user_id) VALUES (${appId}, ${orderId}, ${userId})
    ON CONFLICT DO NOTHING`.execute(tx)
  const { rows } = await sql<OrderRow>`SELECT user_id AS "userId", ended FROM points_orders
    WHERE app_id = ${appId} AND order_id = ${orderId} FOR UPDATE`.execute(tx)
  return rows[0] as OrderRow
}
export async function namePerson({ tx, appId }: Place, orderId: string, userId: UserId): Promise<void> {
  await sql`UPDATE points_orders SET user_id = ${userId} WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
}
export async function endOrder({ tx, appId }: Place, orderId: string): Promise<void> {
  await sql`UPDATE points_orders SET ended = true WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
}
export interface OrderGrant {
  readonly ref: string
  readonly currency: string
  readonly amount: number
  /** What was taken back; null while the order stands. */
  readonly taken: number | null
}
export async function listOrderGrants({ tx, appId }: Place, orderId: string): Promise<OrderGrant[]> {
  const { rows } = await sql<OrderGrant>`SELECT ref, currency, amount, taken FROM points_order_grants
    WHERE app_id = ${appId} AND order_id = ${orderId} ORDER BY ref`.execute(tx)
  return rows
}
export async function addOrderGrant(
  { tx, appId }: Place,
  orderId: string,
  { ref, currency, amount }: Omit<OrderGrant, 'taken'>,
): Promise<void> {
  await sql`INSERT INTO points_order_grants (app_id, order_id, ref, currency, amount)
    VALUES (${appId}, ${orderId}, ${ref}, ${currency}, ${amount})`.execute(tx)
}
/** [PO10] What an ended order took back of a grant, whose order is locked until commit; 0 of what no order took. */
export async function lockTaken({ tx, appId }: Place, ref: string): Promise<number> {
  const found = await sql<{ orderId: string }>`SELECT order_id AS "orderId" FROM points_order_grants
    WHERE app_id = ${appId} AND ref = ${ref}`.execute(tx)
  const orderId = found.rows[0]?.orderId
  if (orderId === undefined) return 0
  await sql`SELECT 1 FROM points_orders WHERE app_id = ${appId} AND order_id = ${orderId} FOR UPDATE`.execute(tx)
  const { rows } = await sql<{ taken: number | null }>`SELECT taken FROM points_order_grants
    WHERE app_id = ${appId} AND order_id = ${orderId} AND ref = ${ref}`.execute(tx)
  return rows[0]?.taken ?? 0
}
export async function markTaken({ tx, appId }: Place, orderId: string, ref: string, taken: number): Promise<void> {
  await sql`UPDATE points_order_grants SET taken = ${taken}
    WHERE app_id = ${appId} AND order_id = ${orderId} AND ref = ${ref}`.execute(tx)
}

// ── side by side ──
/** The names of a programme's merchants, at most three, the one that began it first. */
export async function namesOfProgrammes(
  { tx, appId }: Place,
  programmes: readonly string[],
): Promise<ReadonlyMap<string, string[]>> {
  const { rows } = await sql<{
    programme: string
    names: string[]
  }>`SELECT t.programme, ARRAY(SELECT name FROM merchants
      WHERE app_id = ${appId} AND programme = t.programme ORDER BY created_at, merchant_id LIMIT 3) AS names
    FROM unnest(${[...programmes]}::text[]) AS t(programme)`.execute(tx)
  return new Map(rows.map(({ programme, names }) => [programme, names]))
}
