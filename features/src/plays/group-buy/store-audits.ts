/** What must hold of teams, places and instructions at every commit; reads only, all apps at once. */
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'
import { offerAudits } from '../../shared/offer/store-audits.ts'

export const audits: readonly Audit[] = [
  ...offerAudits({
    kind: 'group-buy',
    table: 'group_buy_offers',
    title: 'group buy',
    listField: 'singlePriceFen',
    lowest: sql`(SELECT min((step->>'priceFen')::bigint) FROM json_array_elements(m.body->'ladder') step)`,
    kept: sql`(SELECT coalesce(sum(p.quantity * (o.list_fen - CASE p.status WHEN 'won' THEN t.price_fen
        ELSE o.price_fen END)), 0) FROM group_buy_places p LEFT JOIN group_buy_teams t USING (app_id, group_id, seq, team_no)
      WHERE p.app_id = o.app_id AND p.group_id = o.group_id AND p.seq = o.seq AND p.status IN ('held', 'paid', 'won'))`,
  }),
  check(
    'GB1',
    'No open team keeps or sold more places than its ladder’s last size, and its counts are those of its places.',
    sql`SELECT t.app_id || '/' || t.group_id || '/' || t.seq || ' team ' || t.team_no AS place FROM group_buy_teams t
      JOIN messages m USING (app_id, group_id, seq)
      LEFT JOIN (SELECT app_id, group_id, seq, team_no, count(*) FILTER (WHERE status = 'held') AS held,
          count(*) FILTER (WHERE status = 'paid') AS paid FROM group_buy_places GROUP BY 1, 2, 3, 4) p
        USING (app_id, group_id, seq, team_no)
      WHERE t.held_count + t.paid_count > (m.body->'ladder'->-1->>'size')::integer
        OR (t.status = 'open' AND (t.held_count <> coalesce(p.held, 0) OR t.paid_count <> coalesce(p.paid, 0)))
        OR (t.status <> 'open' AND coalesce(p.held, 0) + coalesce(p.paid, 0) > 0)`,
  ),
  check(
    'GB3',
    'Free pieces on the card are the stock less what is kept, paid and sold; its counts are those of the tables.',
    sql`SELECT m.app_id || '/' || m.group_id || '/' || m.seq AS place FROM messages m
      LEFT JOIN (SELECT app_id, group_id, seq, count(*) FILTER (WHERE status = 'held') AS held,
          sum(quantity) FILTER (WHERE status IN ('held', 'paid', 'won')) AS taken,
          sum(quantity) FILTER (WHERE status = 'won') AS sold FROM group_buy_places GROUP BY 1, 2, 3) p
        USING (app_id, group_id, seq)
      LEFT JOIN (SELECT app_id, group_id, seq, count(*) AS teams, count(*) FILTER (WHERE status = 'open') AS open,
          count(*) FILTER (WHERE status = 'completed') AS completed FROM group_buy_teams GROUP BY 1, 2, 3) t
        USING (app_id, group_id, seq)
      WHERE m.kind = 'group-buy' AND m.recalled_at IS NULL
        AND ((m.state->>'left')::bigint <> (m.body->>'stock')::bigint - coalesce(p.taken, 0)
          OR (m.state->>'heldCount')::bigint <> coalesce(p.held, 0) OR (m.state->>'soldCount')::bigint <> coalesce(p.sold, 0)
          OR (m.state->>'teamCount')::bigint <> coalesce(t.teams, 0) OR (m.state->>'openCount')::bigint <> coalesce(t.open, 0)
          OR (m.state->>'completedCount')::bigint <> coalesce(t.completed, 0)
          OR json_array_length(m.state->'teams') <> least(coalesce(t.open, 0), 10))`,
  ),
  check(
    'GB6',
    'A completed team sold at least the places of its ladder’s first size, each at the price of the step it reached.',
    sql`SELECT t.app_id || '/' || t.group_id || '/' || t.seq || ' team ' || t.team_no AS place FROM group_buy_teams t
      JOIN messages m USING (app_id, group_id, seq)
      LEFT JOIN (SELECT p.app_id, p.group_id, p.seq, p.team_no, count(*) FILTER (WHERE i.what = 'capture') AS captured,
          min(i.amount_fen / p.quantity) AS low, max(i.amount_fen / p.quantity) AS high
        FROM group_buy_places p JOIN group_buy_instructions i ON i.app_id = p.app_id AND i.order_id = p.order_id
        WHERE p.status IN ('won', 'refunded') GROUP BY 1, 2, 3, 4) c USING (app_id, group_id, seq, team_no)
      WHERE t.status = 'completed' AND (coalesce(c.captured, 0) <> t.paid_count
        OR c.captured < (m.body->'ladder'->0->>'size')::integer OR c.low <> t.price_fen OR c.high <> t.price_fen)`,
  ),
  check(
    'GB11',
    'Each order of a bought place is captured, each of a lost one is given back, and no other money is touched.',
    sql`SELECT p.app_id || ' order ' || p.order_id AS place FROM group_buy_places p
      LEFT JOIN group_buy_instructions i USING (app_id, order_id)
      WHERE p.order_id IS NOT NULL AND CASE p.status WHEN 'won' THEN i.what IS DISTINCT FROM 'capture'
        WHEN 'lost' THEN i.what IS DISTINCT FROM 'void' OR i.amount_fen <> p.amount_fen
        WHEN 'refunded' THEN i.what = 'void' AND NOT EXISTS (SELECT FROM group_buy_orders o WHERE o.app_id = p.app_id
          AND o.order_id = p.order_id AND o.user_id <> p.user_id) ELSE i.what IS NOT NULL END
      UNION ALL SELECT i.app_id || ' order ' || i.order_id FROM group_buy_instructions i
        LEFT JOIN group_buy_places p USING (app_id, order_id) WHERE p.order_id IS NULL`,
  ),
  check(
    'GB2',
    'Nobody keeps and bought more pieces of an offer than one person may.',
    sql`SELECT p.app_id || '/' || p.group_id || '/' || p.seq || ': ' || p.user_id || ' has ' || sum(p.quantity) AS place
      FROM group_buy_places p JOIN messages m USING (app_id, group_id, seq)
      WHERE p.status IN ('held', 'paid', 'won') AND m.recalled_at IS NULL
      GROUP BY p.app_id, p.group_id, p.seq, p.user_id
      HAVING sum(p.quantity) > max((m.body->>'perMember')::bigint)`,
  ),
  check(
    'GB10',
    'An order pays for one place at most, and for the one it is for.',
    sql`SELECT p.app_id || ' order ' || p.order_id AS place FROM group_buy_places p
      WHERE p.order_id IS NOT NULL GROUP BY p.app_id, p.order_id HAVING count(*) > 1
      UNION ALL SELECT p.app_id || ' order ' || p.order_id || ' paid for ' || p.place_id FROM group_buy_places p
        LEFT JOIN group_buy_orders o USING (app_id, order_id)
        WHERE p.status IN ('paid', 'won', 'refunded') AND o.place_id IS DISTINCT FROM p.place_id`,
  ),
  check(
    'V6',
    'Each order that was paid for a place has that place, or is told to go back.',
    sql`SELECT o.app_id || ' order ' || o.order_id || ' paid for ' || o.place_id || ' and is neither kept nor given back' AS place
      FROM group_buy_orders o LEFT JOIN group_buy_places p USING (app_id, order_id)
      WHERE o.place_id IS NOT NULL AND o.paid_at IS NOT NULL AND o.ended_at IS NULL AND p.order_id IS NULL`,
  ),
  check(
    'GB12',
    'No place is bought by an order that ended, and nothing is to be captured of one.',
    sql`SELECT p.app_id || ' order ' || p.order_id || ' ended and is ' || p.status AS place FROM group_buy_places p
      JOIN group_buy_orders o USING (app_id, order_id) WHERE p.status IN ('paid', 'won') AND o.ended_at IS NOT NULL
      UNION ALL SELECT i.app_id || ' order ' || i.order_id || ' ended and is to be captured'
        FROM group_buy_instructions i JOIN group_buy_orders o USING (app_id, order_id)
        WHERE i.what = 'capture' AND i.status = 'due' AND o.ended_at IS NOT NULL`,
  ),
]
