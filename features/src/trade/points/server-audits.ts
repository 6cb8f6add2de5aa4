/** What must hold of points at every commit, whoever gave them; reads only, over all apps. */
import { mainMerchant, pointsOf } from '@qun/contract'
import { issueFault } from '@qun/core'
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'

/** The ledger's currency of the points of the merchant whose group `g` is, as `pointsOf` spells it. */
const pointsHere = sql`(SELECT CASE p.programme WHEN ${mainMerchant} THEN ${pointsOf(mainMerchant)}
    ELSE ${pointsOf('')} || p.programme END FROM merchants p
  WHERE p.app_id = g.app_id AND p.merchant_id = g.merchant_path[1])`
/**
 * What came out of an issuer and was not given back to who had it. The refs of cards begin with their kind, group and
 * position; those of the host with `points/`.
 */
const issued = sql`SELECT t.app_id, t.ref, t.currency, t.reason, -e.amount AS amount,
    split_part(t.ref, '/', 1) AS kind, split_part(t.ref, '/', 2) AS group_id,
    CASE WHEN split_part(t.ref, '/', 3) ~ '^[0-9]{1,15}$' THEN split_part(t.ref, '/', 3)::bigint END AS seq
  FROM ledger_accounts a JOIN ledger_entries e USING (app_id, account, currency)
  JOIN ledger_transfers t ON t.app_id = e.app_id AND t.ref = e.ref
  WHERE starts_with(a.account, 'issuer/') AND starts_with(a.currency, 'points') AND e.amount < 0 AND t.reverses IS NULL`
const isHosts = sql`i.kind = 'points' AND i.reason IN ('points.grant', 'points.fund')`

export const audits: readonly Audit[] = [
  check(
    'PO10',
    'Of an order that has ended nothing is left granted that was not looked at.',
    sql`SELECT g.app_id, g.order_id, g.ref FROM points_order_grants g JOIN points_orders o USING (app_id, order_id)
      WHERE o.ended <> (g.taken IS NOT NULL)`,
  ),
  check(
    'MER9',
    'Points come out of an issuer by a call of the host, or by a card of the merchant whose points they are, posted by who might give them.',
    sql`SELECT i.app_id || ' ' || i.ref || ' gave ' || i.amount || ' ' || i.currency || ', ' || CASE WHEN m.seq IS NULL
          THEN 'by no card' ELSE coalesce(${issueFault}, 'whose points are not those') END AS what
      FROM (${issued}) i LEFT JOIN messages m USING (app_id, group_id, seq, kind) LEFT JOIN groups g
        ON g.app_id = m.app_id AND g.group_id = m.group_id
      WHERE NOT (${isHosts}) AND (m.seq IS NULL OR ${issueFault} IS NOT NULL OR i.currency IS DISTINCT FROM ${pointsHere})`,
  ),
  check(
    'MER9',
    'Points that somebody holds are of a programme that a merchant gives.',
    sql`SELECT a.app_id || '/' || a.account || ' holds ' || a.balance || ' ' || a.currency || ', which nobody gives' AS what
      FROM ledger_accounts a WHERE starts_with(a.currency, ${pointsOf('')}) AND a.balance > 0 AND NOT EXISTS (
        SELECT FROM merchants p WHERE p.app_id = a.app_id AND ${pointsOf('')} || p.programme = a.currency)`,
  ),
  check(
    'PO6',
    'What the host granted counts under its ref against the caps, as far as it was not taken back, since there are some.',
    sql`SELECT app_id || ' ' || ref || ' gave ' || sum(gave) || ', counts ' || sum(counted) AS what FROM (
        SELECT t.app_id, t.ref, e.amount AS gave, CASE WHEN r.ref IS NULL THEN 0 ELSE e.amount END AS back, 0 AS counted
          FROM ledger_transfers t JOIN ledger_entries e ON e.app_id = t.app_id AND e.ref = t.ref AND e.amount > 0
          LEFT JOIN ledger_transfers r ON r.app_id = t.app_id AND r.reverses = t.ref
          WHERE t.reason = 'points.grant' AND t.at >= (SELECT applied_at FROM qun_migrations WHERE id = 'ledger-005')
        UNION ALL SELECT app_id, ref, 0, taken, 0 FROM points_order_grants WHERE taken > 0
        UNION ALL SELECT app_id, ref, 0, 0, amount FROM ledger_spendings WHERE starts_with(ref, 'points/')) t
      GROUP BY app_id, ref HAVING sum(gave) > 0 AND sum(counted) <> greatest(0, sum(gave) - sum(back))`,
  ),
]
