/** What must hold of packets, shares and their transfers at every commit; reads only. */
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'

/** The job that ends a packet has this long, in milliseconds. */
const endWithinMs = 60_000

const place = sql`'packet ' || p.app_id || '/' || p.group_id || '/' || p.seq AS place`
const escrow = sql`'escrow/' || p.group_id || '/' || p.seq`
const joined = sql`'packet ' || app_id || '/' || group_id || '/' || seq AS place`
/**
 * The entries of packets, with what their refs say. NOTE: joined in full, by plain columns, so that they are hashed or
 * merged whatever the planner believes: by computed text it was quadratic.
 */
const entries = sql`(SELECT app_id, split_part(ref, '/', 2) AS group_id, split_part(ref, '/', 3)::bigint AS seq,
    split_part(ref, '/', 4) AS what, split_part(ref, '/', 5) AS user_id, account, currency, amount
  FROM ledger_entries WHERE starts_with(ref, 'red-packet/'))`

/** What is counted against budgets of packets, by what its ref says. */
const counted = sql`(SELECT app_id, split_part(ref, '/', 2) AS group_id, split_part(ref, '/', 3)::bigint AS seq,
    split_part(ref, '/', 4) AS what, split_part(ref, '/', 5) AS user_id, currency, amount
  FROM ledger_spendings WHERE starts_with(ref, 'red-packet/'))`

export const audits: readonly Audit[] = [
  check(
    'R1',
    'A packet has as many shares as it says, each of at least one minor unit and none above the limit, in sum its amount.',
    sql`SELECT ${place} FROM red_packet_packets p LEFT JOIN red_packet_shares s USING (app_id, group_id, seq)
      GROUP BY p.app_id, p.group_id, p.seq, p.count, p.amount, p.share_max
      HAVING count(s.ord) <> p.count OR sum(s.amount) IS DISTINCT FROM p.amount OR min(s.amount) < 1
        OR max(s.amount) > p.share_max OR min(s.ord) <> 0 OR max(s.ord) <> p.count - 1`,
  ),
  check(
    'R3',
    'Shares are opened in their order, and the card counts as many as are claimed.',
    sql`SELECT ${place} FROM red_packet_packets p JOIN red_packet_shares s USING (app_id, group_id, seq)
      LEFT JOIN messages m USING (app_id, group_id, seq)
      GROUP BY p.app_id, p.group_id, p.seq, m.app_id, m.recalled_at, m.state::text
      HAVING m.app_id IS NULL OR coalesce(max(s.ord) FILTER (WHERE s.status = 'claimed'), -1)
          <> count(*) FILTER (WHERE s.status = 'claimed') - 1
        OR (m.recalled_at IS NULL AND (m.state::text::json->>'claimedCount')::bigint
          <> count(*) FILTER (WHERE s.status = 'claimed'))`,
  ),
  check(
    'R4',
    'A member has at most one share of a packet.',
    sql`SELECT ${place} FROM red_packet_shares p WHERE p.user_id IS NOT NULL
      GROUP BY p.app_id, p.group_id, p.seq, p.user_id HAVING count(*) > 1`,
  ),
  check(
    'R5',
    'What is claimed, given back and open is what was set aside; the account of a packet holds its open shares.',
    sql`SELECT ${joined} FROM (SELECT p.app_id, p.group_id, p.seq, p.amount,
          coalesce(sum(s.amount) FILTER (WHERE s.status = 'open'), 0) AS free
        FROM red_packet_packets p JOIN red_packet_shares s USING (app_id, group_id, seq) GROUP BY 1, 2, 3, 4) q
      FULL JOIN (SELECT app_id, group_id, seq, sum(amount) AS held, sum(amount) FILTER (WHERE what = 'fund') AS funded
        FROM ${entries} e WHERE starts_with(account, 'escrow/') GROUP BY 1, 2, 3) p USING (app_id, group_id, seq)
      WHERE q.free IS DISTINCT FROM p.held OR q.amount IS DISTINCT FROM p.funded`,
  ),
  check(
    'R6',
    'Each claimed share has one transfer to who claimed it, of its amount; there is no other.',
    sql`SELECT ${joined} FROM (SELECT app_id, group_id, seq, s.user_id, s.amount, p.currency
        FROM red_packet_packets p JOIN red_packet_shares s USING (app_id, group_id, seq) WHERE s.status = 'claimed') s
      FULL JOIN (SELECT * FROM ${entries} e WHERE what = 'open' AND amount > 0) e USING (app_id, group_id, seq, user_id)
      WHERE s.amount IS DISTINCT FROM e.amount OR s.currency IS DISTINCT FROM e.currency
        OR e.account IS DISTINCT FROM 'user/' || user_id`,
  ),
  check(
    'R7',
    'A packet past its time is over within a minute; nothing was claimed after it; what is given back went back once.',
    (
      now,
    ) => sql`SELECT ${place} FROM red_packet_packets p WHERE p.ended_at IS NULL AND p.expires_at < ${now - endWithinMs}
      UNION ALL SELECT ${place} FROM red_packet_packets p JOIN red_packet_shares s USING (app_id, group_id, seq)
        WHERE s.at >= p.expires_at
      UNION ALL SELECT ${joined} FROM (SELECT p.app_id, p.group_id, p.seq, p.source, sum(s.amount) AS amount
          FROM red_packet_packets p JOIN red_packet_shares s USING (app_id, group_id, seq)
          WHERE s.status = 'refunded' GROUP BY 1, 2, 3, 4) s
        FULL JOIN (SELECT * FROM ${entries} e WHERE what = 'refund' AND amount > 0) e USING (app_id, group_id, seq)
        WHERE s.amount IS DISTINCT FROM e.amount OR s.source IS DISTINCT FROM e.account`,
  ),
  check(
    'L9',
    'The account of a packet that is over is empty, and it has no open share.',
    sql`SELECT ${place} FROM red_packet_packets p LEFT JOIN ledger_accounts a
        ON a.app_id = p.app_id AND a.account = ${escrow}
      WHERE p.ended_at IS NOT NULL AND (coalesce(a.balance, 0) <> 0 OR EXISTS (SELECT FROM red_packet_shares s
        WHERE s.app_id = p.app_id AND s.group_id = p.group_id AND s.seq = p.seq AND s.status = 'open'))`,
  ),
  check(
    'RP11',
    'Each claimed share of a packet the shop pays counts for its receiver, and no other does.',
    sql`SELECT ${joined} FROM (SELECT app_id, group_id, seq, s.user_id, s.amount FROM red_packet_packets p
        JOIN red_packet_shares s USING (app_id, group_id, seq)
        WHERE s.status = 'claimed' AND starts_with(p.source, 'budget/')) s
      FULL JOIN (SELECT * FROM ${counted} c WHERE what = 'open') c USING (app_id, group_id, seq, user_id)
      WHERE s.amount IS DISTINCT FROM c.amount`,
  ),
  check(
    'RP11',
    'Of a packet the shop pays, what did not come back counts for who sent it, and for its campaign.',
    sql`SELECT ${joined} FROM (SELECT p.app_id, p.group_id, p.seq, p.source, m.sender_id,
          sum(s.amount) FILTER (WHERE s.status <> 'refunded') AS amount
        FROM red_packet_packets p JOIN red_packet_shares s USING (app_id, group_id, seq)
        JOIN messages m USING (app_id, group_id, seq) GROUP BY 1, 2, 3, 4, 5) p
      FULL JOIN (SELECT * FROM ${counted} c WHERE what = 'fund') c USING (app_id, group_id, seq)
      WHERE CASE WHEN starts_with(p.source, 'budget/') AND (p.sender_id <> '' OR c.app_id IS NOT NULL)
        THEN coalesce(p.amount, 0) IS DISTINCT FROM c.amount ELSE c.app_id IS NOT NULL END`,
  ),
]
