/** What an auditor may check of check-ins at any time; reads only, all apps together. */
import { check, type Audit } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'

export const audits: readonly Audit[] = [
  check(
    'CI8',
    'The members of a check-in are those with a day, and each is told the number of their days.',
    sql`SELECT 'members of ' || m.app_id || '/' || m.group_id || '/' || m.seq AS place FROM messages m
      WHERE m.kind = 'check-in' AND m.recalled_at IS NULL AND (m.state->>'memberCount')::bigint <> (
        SELECT count(DISTINCT user_id) FROM check_in_days d
        WHERE d.app_id = m.app_id AND d.group_id = m.group_id AND d.seq = m.seq)
      UNION ALL SELECT 'days of ' || i.user_id || ' in ' || i.app_id || '/' || i.group_id || '/' || i.seq FROM mine i
      WHERE i.kind = 'check-in' AND i.body::text <> 'null' AND (i.body->>'total')::bigint <> (
        SELECT count(*) FROM check_in_days d WHERE d.app_id = i.app_id AND d.group_id = i.group_id AND d.seq = i.seq
          AND d.user_id = i.user_id)
      UNION ALL SELECT 'standing of ' || user_id || ' in ' || app_id || '/' || group_id || '/' || seq FROM (
          SELECT app_id, group_id, seq, user_id, count(*) AS days, max(at) AS at FROM check_in_days GROUP BY 1, 2, 3, 4) d
        FULL JOIN check_in_standings s USING (app_id, group_id, seq, user_id)
        WHERE (d.days, d.at) IS DISTINCT FROM (s.days, s.at)`,
  ),
  check(
    'V9',
    'Each picture that proves a day proves that one alone, and each day with a picture has its proof.',
    sql`SELECT 'picture ' || media_id || ' of ' || user_id || ' on ' || day || ' in ' || app_id || '/' || group_id || '/'
        || seq AS place
      FROM (SELECT app_id, group_id, seq, user_id, day, proof->>'mediaId' AS media_id, 1 AS here FROM check_in_days
        WHERE proof->>'mediaId' IS NOT NULL) d
      FULL JOIN (SELECT app_id, group_id, seq, user_id, day, media_id, 1 AS here FROM check_in_pictures) p
        USING (app_id, group_id, seq, user_id, day, media_id)
      WHERE d.here IS NULL OR p.here IS NULL`,
  ),
  check(
    'CI10',
    'What a milestone gave counts under its ref against the caps of who gave it, since there are some.',
    sql`SELECT t.app_id || ' ' || t.ref || ' gave ' || e.amount || ', counts ' || coalesce(s.amount, 0) AS what
      FROM ledger_transfers t
      JOIN ledger_entries e ON e.app_id = t.app_id AND e.ref = t.ref AND e.amount > 0
      LEFT JOIN ledger_spendings s ON s.app_id = t.app_id AND s.ref = t.ref
      WHERE t.reason = 'check-in.milestone' AND e.amount IS DISTINCT FROM s.amount
        AND t.at >= (SELECT applied_at FROM qun_migrations WHERE id = 'ledger-005')`,
  ),
]

/** `shown`: `app_id`, `group_id`, `seq`, `media_id`, `user_id` of pictures that cards show, of who keeps them. */
export const pictureAudit = (shown: RawBuilder<unknown>): Audit =>
  check(
    'V9',
    'Each picture that proves a day is there, and its member uploaded it.',
    sql`SELECT 'picture ' || p.media_id || ' of ' || p.user_id || ' on ' || p.day || ' in ' || p.app_id || '/' || p.group_id
        || '/' || p.seq || ' is none of theirs' AS place
      FROM check_in_pictures p LEFT JOIN (${shown}) s USING (app_id, group_id, seq, media_id, user_id)
      WHERE s.app_id IS NULL`,
  )
