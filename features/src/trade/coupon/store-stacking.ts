/** Which stack groups a merchant has and how many coupons a basket takes. Takes the transaction first. */
import { mainMerchant, type AppId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Stacking } from './contract-host.ts'
import { defaultStack } from './contract-terms.ts'

export const stackingMigrations: readonly Migration[] = [
  {
    id: 'coupon-005',
    up: [
      `CREATE TABLE coupon_stacking (app_id text NOT NULL PRIMARY KEY, list jsonb NOT NULL)`,
      rls('coupon_stacking'),
      // Stocks made before there was a list named their groups themselves, or were of their level: the levels stay
      // groups, so that what went together goes together still, and any other name counts as the default.
      `INSERT INTO coupon_stacking (app_id, list) SELECT DISTINCT app_id, '{"most": 4, "groups": [
        {"name": "default", "most": 1}, {"name": "item", "most": 1}, {"name": "shop", "most": 1},
        {"name": "platform", "most": 1}, {"name": "shipping", "most": 1}]}'::jsonb FROM coupon_stocks`,
      // The list an order took its coupons by; null for orders before there was one.
      `ALTER TABLE coupon_orders ADD COLUMN stacking jsonb`,
      // Several of one group may go into an order now; the order's lock is what counts them.
      `DROP INDEX coupon_items_stacked`,
      // [V2] Made when each coupon had to name the most it takes off.
      `ALTER TABLE coupon_stocks ADD COLUMN bounded boolean NOT NULL DEFAULT false`,
    ],
  },
  {
    id: 'coupon-006',
    up: [
      // [MER3] Whose: of a card its group's, of the host its own.
      `SET LOCAL qun.app_id = '*'`,
      `ALTER TABLE coupon_stocks ADD COLUMN merchant_id text NOT NULL DEFAULT 'main'`,
      `UPDATE coupon_stocks s SET merchant_id = g.merchant_path[1] FROM groups g
        WHERE g.app_id = s.app_id AND g.group_id = s.group_id AND g.merchant_path IS NOT NULL`,
      // [MER6] Who of the staff gave it; '' for the host itself, or where it was not kept.
      `ALTER TABLE coupon_items ADD COLUMN staff_id text NOT NULL DEFAULT ''`,
      `ALTER TABLE coupon_stacking ADD COLUMN merchant_id text NOT NULL DEFAULT 'main'`,
      `ALTER TABLE coupon_stacking DROP CONSTRAINT coupon_stacking_pkey, ADD PRIMARY KEY (app_id, merchant_id)`,
    ],
  },
  {
    // [CP27] Since when an order is cancelled or refunded; null also for those that ended before this was kept.
    id: 'coupon-007',
    up: [`ALTER TABLE coupon_orders ADD COLUMN ended_at bigint`],
  },
  {
    // [CP18] Since when an order is told to be paid, and [C4] all it was priced with: null before that was kept, none
    // once it was let go.
    id: 'coupon-008',
    up: [`ALTER TABLE coupon_orders ADD COLUMN paid_at bigint, ADD COLUMN coupon_ids text[]`],
  },
]

/** [V8] Nothing goes together until the host says so. */
const unset: Stacking = { groups: [{ name: defaultStack, most: 1 }], most: 1 }
/** A merchant's own list, else the host's, else the one that holds until one is set. */
export async function readStacking(tx: Tx, appId: AppId, merchantId: string): Promise<Stacking> {
  const { rows } = await sql<{ owner: string; list: Stacking }>`SELECT merchant_id AS owner, list FROM coupon_stacking
    WHERE app_id = ${appId} AND merchant_id = ANY(${[merchantId, mainMerchant]}::text[])`.execute(tx)
  const [first] = rows
  return (rows.find(({ owner }) => owner === merchantId) ?? first)?.list ?? unset
}
export async function saveStacking(tx: Tx, appId: AppId, merchantId: string, list: Stacking): Promise<void> {
  await sql`INSERT INTO coupon_stacking (app_id, merchant_id, list)
    VALUES (${appId}, ${merchantId}, ${JSON.stringify(list)}::jsonb)
    ON CONFLICT (app_id, merchant_id) DO UPDATE SET list = excluded.list`.execute(tx)
}
/** What an order takes from here on it takes by this list, whatever the list becomes. */
export async function keepStacking(tx: Tx, appId: AppId, orderId: string, list: Stacking): Promise<void> {
  await sql`UPDATE coupon_orders SET stacking = ${JSON.stringify(list)}::jsonb
    WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
}

/** How many coupons of which group each order holds or used, and how many it may have; by the list it kept. */
const taken = sql`SELECT i.app_id, i.order_id, coalesce(named.name, ${sql.lit(defaultStack)}) AS name,
      coalesce(named.most, other.most, 1) AS most, (o.stacking->>'most')::integer AS most_in_all
    FROM coupon_items i JOIN coupon_orders o USING (app_id, order_id)
    LEFT JOIN LATERAL jsonb_to_recordset(o.stacking->'groups') AS named(name text, most integer)
      ON named.name = i.stack_group
    LEFT JOIN LATERAL jsonb_to_recordset(o.stacking->'groups') AS other(name text, most integer)
      ON other.name = ${sql.lit(defaultStack)}
    WHERE i.state IN ('locked', 'used') AND o.stacking IS NOT NULL`
export const stackingAudits: readonly Audit[] = [
  check(
    'V8',
    'An order takes no more coupons, of a stack group or in all, than the list said when it took them.',
    sql`WITH taken AS (${taken})
      SELECT app_id || '/order ' || order_id || ': ' || count(*) || ' of ' || name || ', may have ' || most AS what
        FROM taken GROUP BY app_id, order_id, name, most HAVING count(*) > most
      UNION ALL SELECT app_id || '/order ' || order_id || ': ' || count(*) || ' in all, may have ' || most_in_all
        FROM taken GROUP BY app_id, order_id, most_in_all HAVING count(*) > most_in_all`,
  ),
]
