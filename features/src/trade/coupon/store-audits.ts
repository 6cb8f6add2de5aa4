/** What must hold of coupons at every commit, as read-only checks over all apps. */
import { mainMerchant } from '@qun/contract'
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'

export const audits: readonly Audit[] = [
  check(
    'C1',
    'What a stock counts as given out are its coupons, never more than there are.',
    sql`SELECT s.app_id || '/' || s.stock_id || ': counts ' || s.issued || ' of ' || s.total || ', has '
        || coalesce(i.n, 0) AS what
      FROM coupon_stocks s LEFT JOIN (SELECT app_id, stock_id, count(*) AS n FROM coupon_items GROUP BY 1, 2) i
        USING (app_id, stock_id)
      WHERE s.issued <> coalesce(i.n, 0) OR s.issued > s.total`,
  ),
  check(
    'C2',
    'A person has at most as many coupons of a stock as one may, numbered without a gap.',
    sql`SELECT s.app_id || '/' || s.stock_id || '/' || i.user_id || ': ' || i.n || ' coupons up to number '
        || i.highest || ', may have ' || s.per_user AS what
      FROM coupon_stocks s JOIN (SELECT app_id, stock_id, user_id, count(*) AS n, max(ordinal) AS highest
        FROM coupon_items GROUP BY 1, 2, 3) i USING (app_id, stock_id)
      WHERE i.n > s.per_user OR i.highest <> i.n`,
  ),
  check(
    'C3',
    'A held coupon names its order and end, a used one its order and instant; others are held by none.',
    sql`SELECT app_id || '/' || coupon_id || ' is ' || state AS what FROM coupon_items
      WHERE (state = 'locked') <> (locked_until IS NOT NULL)
        OR (state IN ('locked', 'used') AND order_id IS NULL)
        OR (state IN ('used', 'returned') AND used_at IS NULL) OR locked_until > valid_until`,
  ),
  check(
    'C4',
    'An order holds and uses coupons of its own person; before there was a list, one of each stack group.',
    sql`SELECT i.app_id || '/order ' || i.order_id || ': ' || string_agg(i.coupon_id, ', ') AS what
      FROM coupon_items i LEFT JOIN coupon_orders o USING (app_id, order_id)
      WHERE i.state IN ('locked', 'used')
      GROUP BY i.app_id, i.order_id, i.stack_group
      HAVING (count(*) > 1 AND bool_and(o.stacking IS NULL)) OR bool_or(o.user_id IS DISTINCT FROM i.user_id)`,
  ),
  check(
    'C6',
    'Nothing ends before its time, and nothing was used at or after its end.',
    (now) => sql`SELECT app_id || '/' || coupon_id || ' is ' || state || ' until ' || valid_until AS what
      FROM coupon_items WHERE (state = 'expired' AND valid_until > ${now}) OR (state = 'used' AND used_at >= valid_until)`,
  ),
  check(
    'CP21',
    'Against budgets a coupon counts what it is worth, until it is taken away or lapses without having been used.',
    sql`SELECT app_id || '/' || coupon_id || ' counts ' || coalesce(c.amount, 0) || ', is worth ' || coalesce(i.amount, 0)
        AS what
      FROM (SELECT app_id, coupon_id, CASE WHEN state IN ('voided', 'expired') THEN 0 ELSE worth_fen END AS amount
        FROM coupon_items WHERE worth_fen > 0) i
      FULL JOIN (SELECT app_id, substr(ref, 8) AS coupon_id, amount FROM ledger_spendings
        WHERE starts_with(ref, 'coupon/')) c USING (app_id, coupon_id)
      WHERE i.amount IS DISTINCT FROM c.amount`,
  ),
  check(
    'MER9',
    'No coupon is held or used by an order that was cancelled or refunded.',
    sql`SELECT i.app_id || '/' || i.coupon_id || ' is ' || i.state || ' by the ended order ' || i.order_id AS what
      FROM coupon_items i JOIN coupon_orders o USING (app_id, order_id)
      WHERE i.state IN ('locked', 'used') AND o.ended_at IS NOT NULL`,
  ),
  check(
    'MER9',
    'A coupon is used once, unless it came back in between.',
    sql`SELECT t.app_id || '/' || coupon_id || ' was used ' || n || ' times more than it came back, is '
        || coalesce(i.state, 'gone') AS what
      FROM (SELECT app_id, data->>'couponId' AS coupon_id,
          sum(CASE name WHEN 'coupon.used' THEN 1 ELSE -1 END) AS n
        FROM facts WHERE name IN ('coupon.used', 'coupon.returned') GROUP BY 1, 2) t
      LEFT JOIN coupon_items i USING (app_id, coupon_id)
      WHERE n > CASE i.state WHEN 'used' THEN 1 ELSE 0 END`,
  ),
  check(
    'MER9',
    'A stock is offered in groups of its merchant and of those that belong to it; the host’s own in any merchant’s.',
    sql`SELECT o.app_id || '/' || o.group_id || '/' || o.seq || ' offers ' || o.stock_id || ' of ' || s.merchant_id AS what
      FROM coupon_offers o JOIN coupon_stocks s USING (app_id, stock_id)
      JOIN groups g ON g.app_id = o.app_id AND g.group_id = o.group_id
      WHERE g.merchant_path IS NULL
        OR (s.merchant_id <> ${mainMerchant} AND s.merchant_id <> ALL(g.merchant_path))`,
  ),
  check(
    'MER9',
    'Each coupon came from a card of its stock, a batch of the host’s, or a packet of what was set aside.',
    sql`SELECT i.app_id || '/' || i.coupon_id || ' of ' || i.user_id || ' came from nowhere' AS what FROM coupon_items i
      WHERE i.batch_id IS NULL AND i.group_id IS NOT NULL AND NOT EXISTS (SELECT FROM coupon_offers o
        WHERE o.app_id = i.app_id AND o.stock_id = i.stock_id AND o.group_id = i.group_id AND o.seq = i.seq)`,
  ),
  check(
    'V2',
    'Each stock names the most a coupon of it takes off, and each of its coupons is worth that.',
    sql`WITH stocks AS (SELECT app_id, stock_id, coalesce((terms->>'amountFen')::bigint, (terms->>'capFen')::bigint) AS most
        FROM coupon_stocks WHERE bounded)
      SELECT app_id || '/' || stock_id || ' has no cap' AS what FROM stocks WHERE most IS NULL
      UNION ALL SELECT i.app_id || '/' || i.coupon_id || ' is worth ' || i.worth_fen || ', takes off ' || s.most
        FROM coupon_items i JOIN stocks s USING (app_id, stock_id) WHERE i.worth_fen <> s.most`,
  ),
]
