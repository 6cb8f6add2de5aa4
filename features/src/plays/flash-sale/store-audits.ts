/** What must hold of holds and orders of flash sales at every commit, as read-only checks over all apps. */
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'
import { offerAudits } from '../../shared/offer/store-audits.ts'

export const audits: readonly Audit[] = [
  ...offerAudits({
    kind: 'flash-sale',
    table: 'flash_sale_offers',
    title: 'flash sale',
    listField: 'originalPriceFen',
    lowest: sql`(m.body->>'priceFen')::bigint`,
    kept: sql`(o.list_fen - o.price_fen) * (SELECT coalesce(sum(quantity), 0) FROM flash_sale_holds h
      WHERE h.app_id = o.app_id AND h.group_id = o.group_id AND h.seq = o.seq AND h.status IN ('held', 'sold'))`,
  }),
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
  check(
    'FS3',
    'Nobody holds and bought more pieces of a flash sale than one person may.',
    sql`SELECT h.app_id || '/' || h.group_id || '/' || h.seq || ': ' || h.user_id || ' has ' || sum(h.quantity) AS place
      FROM flash_sale_holds h JOIN messages m USING (app_id, group_id, seq)
      WHERE h.status IN ('held', 'sold') AND m.recalled_at IS NULL
      GROUP BY h.app_id, h.group_id, h.seq, h.user_id
      HAVING sum(h.quantity) > max((m.body->>'perMember')::bigint)`,
  ),
  check(
    'FS7',
    'No piece is sold by an order that was cancelled or refunded.',
    sql`SELECT h.app_id || '/' || h.hold_id || ' is sold by the ended order ' || h.order_id AS place
      FROM flash_sale_holds h JOIN flash_sale_orders o USING (app_id, order_id)
      WHERE h.status = 'sold' AND o.ended_at IS NOT NULL`,
  ),
  check(
    'FS10',
    'An order paid for one hold at most, and each paid hold for the order that is bound to it.',
    sql`SELECT h.app_id || ' order ' || h.order_id || ' paid for ' || h.hold_id || ', is bound to '
        || coalesce(o.hold_id, 'none') AS place
      FROM flash_sale_holds h LEFT JOIN flash_sale_orders o USING (app_id, order_id)
      WHERE h.order_id IS NOT NULL AND o.hold_id IS DISTINCT FROM h.hold_id`,
  ),
  check(
    'FS6',
    'Nobody paid for more pieces of a sale than they took and neither gave up nor had cancelled.',
    sql`SELECT app_id || '/' || group_id || '/' || seq || ': ' || user_id || ' paid for ' || sold || ', kept ' || kept AS place
      FROM (SELECT app_id, group_id, data->>'seq' AS seq, data->>'userId' AS user_id,
          coalesce(sum((data->>'quantity')::bigint) FILTER (WHERE name = 'flash-sale.sold'), 0) AS sold,
          coalesce(sum((data->>'quantity')::bigint) FILTER (WHERE name = 'flash-sale.taken'), 0)
            - coalesce(sum((data->>'quantity')::bigint) FILTER (WHERE name = 'flash-sale.returned'
              AND data->>'why' IN ('given_up', 'cancelled')), 0) AS kept
        FROM facts WHERE name IN ('flash-sale.taken', 'flash-sale.sold', 'flash-sale.returned') GROUP BY 1, 2, 3, 4) t
      WHERE sold > kept`,
  ),
  check(
    'FS8',
    'Nothing was paid after its time and the end of its sale.',
    sql`SELECT app_id || '/' || group_id || '/' || seq || ': ' || h.hold_id || ' was paid late by ' || order_id AS place
      FROM (SELECT app_id, group_id, (data->>'seq')::bigint AS seq, data->>'orderId' AS order_id, name, at,
          min(at) FILTER (WHERE name = 'flash-sale.ended') OVER (PARTITION BY app_id, group_id, data->>'seq') AS ended_at
        FROM facts WHERE name IN ('flash-sale.sold', 'flash-sale.ended')) f
      JOIN flash_sale_holds h USING (app_id, order_id, group_id, seq)
      JOIN messages m USING (app_id, group_id, seq)
      WHERE f.name = 'flash-sale.sold' AND m.recalled_at IS NULL AND f.at >= h.until
        AND f.at >= least((m.body->>'endsAt')::bigint, f.ended_at)`,
  ),
]
