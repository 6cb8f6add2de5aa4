/** Units of a stock that are set aside for packets: counted beside what was given out. Takes the transaction first. */
import type { AppId, GroupId } from '@qun/contract'
import { check, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const voucherMigrations: readonly Migration[] = [
  {
    id: 'coupon-004',
    up: [
      `ALTER TABLE coupon_stocks ADD COLUMN set_aside integer NOT NULL DEFAULT 0 CHECK (set_aside >= 0)`,
      // [CP23] The second wall: what is set aside is not to be had by others.
      `ALTER TABLE coupon_stocks ADD CONSTRAINT coupon_stocks_fits CHECK (issued + set_aside <= total)`,
    ],
  },
]

/** [CP23] Takes units out of what is left, or gives them back where `count` is negative; false where too few are. */
export async function moveAside(tx: Tx, appId: AppId, stockId: string, count: number): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE coupon_stocks SET set_aside = set_aside + ${count}
    WHERE app_id = ${appId} AND stock_id = ${stockId} AND issued + set_aside + ${count} <= total`.execute(tx)
  return numAffectedRows === 1n
}
/** [CP23] Units set aside become units given out. */
export async function issueAside(tx: Tx, appId: AppId, stockId: string, count: number): Promise<void> {
  const { numAffectedRows } = await sql`UPDATE coupon_stocks
    SET set_aside = set_aside - ${count}, issued = issued + ${count}
    WHERE app_id = ${appId} AND stock_id = ${stockId}`.execute(tx)
  if (numAffectedRows !== 1n) throw new Error(`stock ${stockId} is gone`)
}
/** [CP24] Stocks a group offers, by a card of its own or one of the host's, of which something is left. */
export async function listOffered(tx: Tx, appId: AppId, groupId: GroupId): Promise<string[]> {
  const { rows } = await sql<{ stockId: string }>`SELECT stock_id AS "stockId" FROM coupon_stocks s
    WHERE app_id = ${appId} AND status = 'active' AND issued + set_aside < total
      AND EXISTS (SELECT FROM coupon_offers o WHERE o.app_id = s.app_id AND o.stock_id = s.stock_id
        AND o.group_id = ${groupId})
    ORDER BY created_at DESC, stock_id LIMIT 50`.execute(tx)
  return rows.map(({ stockId }) => stockId)
}
export async function countHeld(tx: Tx, appId: AppId, stockId: string, userId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM coupon_items
    WHERE app_id = ${appId} AND stock_id = ${stockId} AND user_id = ${userId}`.execute(tx)
  return rows[0]?.n ?? 0
}

export const voucherAudits: readonly Audit[] = [
  check(
    'CP23',
    'What a stock has set aside is what the ledger says is out of it, and with what was given out never more than it has.',
    sql`SELECT app_id || '/' || stock_id || ': set aside ' || coalesce(s.set_aside, 0) || ', out ' || coalesce(a.out, 0)
        AS what
      FROM (SELECT app_id, stock_id, set_aside, issued, total FROM coupon_stocks
        WHERE set_aside <> 0 OR issued > total) s
      FULL JOIN (SELECT app_id, substr(currency, 9) AS stock_id, -sum(balance) AS out FROM ledger_accounts
        WHERE starts_with(currency, 'voucher:cps_') AND starts_with(account, 'issuer/') AND balance <> 0
        GROUP BY 1, 2) a USING (app_id, stock_id)
      WHERE s.set_aside IS DISTINCT FROM a.out OR s.issued + s.set_aside > s.total`,
  ),
]
