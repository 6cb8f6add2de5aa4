/** What an auditor may check of draws at any time; reads only, all apps together. */
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'

const place = sql`m.app_id || '/' || m.group_id || '/' || m.seq`
const entriesOf = sql`SELECT count(*) AS n, coalesce(max(entry_no), 0) AS last FROM lucky_draw_entries e
  WHERE e.app_id = m.app_id AND e.group_id = m.group_id AND e.seq = m.seq`
/** Winners of both draws of the row `d`; those of the first who did not claim have lapsed. */
const winnersOf = sql`SELECT w->>'userId' AS user_id, (w->>'prize')::integer AS prize,
    coalesce(d.proof->'redraw'->'lapsed' @> (w->'entryNo'), false) AS lapsed
  FROM jsonb_array_elements(d.proof->'winners') w
  UNION ALL SELECT w->>'userId', (w->>'prize')::integer, false
  FROM jsonb_array_elements(coalesce(d.proof->'redraw'->'winners', '[]')) w`
export const audits: readonly Audit[] = [
  check(
    'D1',
    'A draw has its entries 1 … n, one of each member, as its card counts them.',
    sql`SELECT 'entries of ' || ${place} AS place FROM messages m CROSS JOIN LATERAL (${entriesOf}) e
      WHERE m.kind = 'lucky-draw' AND m.recalled_at IS NULL
        AND (e.n <> e.last OR (m.state->>'entryCount')::bigint <> e.n)`,
  ),
  check(
    'D1',
    'An entry counts its own chance and those recorded, at most as many as its card told.',
    sql`SELECT DISTINCT 'weights of ' || ${place} AS place FROM messages m
      JOIN lucky_draw_entries e ON e.app_id = m.app_id AND e.group_id = m.group_id AND e.seq = m.seq
      WHERE m.kind = 'lucky-draw' AND m.recalled_at IS NULL
        AND e.weight <> least(coalesce((m.body->'chances'->>'most')::bigint, 1), 1 + (SELECT count(*)
          FROM lucky_draw_chances c WHERE c.app_id = e.app_id AND c.group_id = e.group_id AND c.seq = e.seq
            AND c.user_id = e.user_id AND c.taken_at IS NULL))`,
  ),
  check(
    'LD27',
    'What an order gave that ended while entries were open was taken back, and nothing else was.',
    sql`SELECT 'chance ' || c.chance_id || ' of ' || ${place} AS place FROM lucky_draw_chances c
      JOIN messages m ON m.app_id = c.app_id AND m.group_id = c.group_id AND m.seq = c.seq
      LEFT JOIN lucky_draw_orders o ON o.app_id = c.app_id AND o.order_id = c.order_id
      WHERE m.kind = 'lucky-draw' AND m.recalled_at IS NULL AND CASE WHEN c.taken_at IS NULL
        THEN m.state->>'phase' <> 'cancelled' AND o.ended_at < (m.body->>'closesAt')::bigint
        ELSE o.ended_at IS NULL OR c.taken_at >= (m.body->>'closesAt')::bigint END`,
  ),
  check(
    'D3',
    'No entry was made at or after the close.',
    sql`SELECT DISTINCT 'late entries of ' || ${place} AS place FROM messages m
      JOIN lucky_draw_entries e ON e.app_id = m.app_id AND e.group_id = m.group_id AND e.seq = m.seq
      WHERE m.kind = 'lucky-draw' AND m.recalled_at IS NULL AND e.at >= (m.body->>'closesAt')::bigint`,
  ),
  check(
    'D5',
    'A drawn draw gave no prize more often than there is of it, and nobody two.',
    sql`SELECT 'winners of ' || d.app_id || '/' || d.group_id || '/' || d.seq AS place FROM lucky_draw_draws d
      WHERE d.proof IS NOT NULL AND (
        (SELECT count(*) <> count(DISTINCT user_id) FROM (${winnersOf}) w)
        OR EXISTS (SELECT 1 FROM (${winnersOf}) w WHERE NOT w.lapsed GROUP BY w.prize
          HAVING count(*) > (d.proof->'quantities'->>w.prize)::bigint))`,
  ),
  check(
    'D9',
    'What was not claimed in time is the organiser’s: it and what was claimed are what was won.',
    sql`SELECT 'unclaimed of ' || ${place} AS place FROM messages m
      WHERE m.kind = 'lucky-draw' AND m.state->>'unclaimedCount' IS NOT NULL
        AND (m.state->>'winnerCount')::bigint <> (m.state->>'unclaimedCount')::bigint + (SELECT count(*)
          FROM lucky_draw_claims c WHERE c.app_id = m.app_id AND c.group_id = m.group_id AND c.seq = m.seq)`,
  ),
  check(
    'LD26',
    'What a draw counts against budgets is the worth of its prizes, once drawn of those that were won and not forgone.',
    sql`SELECT 'worth of ' || ${place} || ': counts ' || s.amount AS place FROM messages m
      JOIN lucky_draw_draws d ON d.app_id = m.app_id AND d.group_id = m.group_id AND d.seq = m.seq
      JOIN ledger_spendings s ON s.app_id = m.app_id AND s.ref = 'lucky-draw/' || m.group_id || '/' || m.seq
      WHERE s.amount <> CASE WHEN m.recalled_at IS NOT NULL OR m.state->>'phase' = 'cancelled' THEN 0
        WHEN d.proof IS NULL THEN (SELECT sum((p->>'quantity')::bigint * (p->>'valueFen')::bigint)
          FROM json_array_elements(m.body->'prizes') p)
        ELSE (SELECT coalesce(sum((m.body->'prizes'->w.prize->>'valueFen')::bigint), 0) FROM (${winnersOf}) w
          WHERE NOT w.lapsed AND (m.state->>'unclaimedCount' IS NULL OR EXISTS (SELECT FROM lucky_draw_claims c
            WHERE c.app_id = m.app_id AND c.group_id = m.group_id AND c.seq = m.seq AND c.user_id = w.user_id))) END`,
  ),
]
