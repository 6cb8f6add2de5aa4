/**
 * Finds groups and people whose counters disagree with their rows, and mends them one by one beside a running server.
 * What needs a decision (two owners, a banned member) it leaves to the auditor to tell. Knows no feature.
 */
import type { Store } from '@qun/storage'
import { sql } from 'kysely'
import { silencesUntrue } from '../host/silences.ts'
import { filledMax, mendGroup, type Place } from './repair-group.ts'

export interface Repaired {
  readonly appId: string
  /** `group/…` or `user/…`. */
  readonly stream: string
  /** What was changed, in words. */
  readonly changes: readonly string[]
}

/** Groups looked at in one statement. */
const pageGroups = 100

/** Mends what it finds and tells each; running it again changes nothing. */
export async function repair(store: Store, tell: (repaired: Repaired) => void): Promise<void> {
  for (let after: Place = { app_id: '', group_id: '' }, more = true; more;) {
    const page = await findGroups(store, after)
    for (const place of page.broken) {
      const changes = await store.transaction('*', (tx) => mendGroup(tx, place))
      const told = changes ?? [`left alone: more than ${filledMax} positions are lost`]
      if (told.length > 0) tell({ appId: place.app_id, stream: `group/${place.group_id}`, changes: told })
    }
    more = page.last !== undefined
    after = page.last ?? after
  }
  for (const { app_id, user_id, before, version } of await mendPeople(store))
    tell({ appId: app_id, stream: `user/${user_id}`, changes: [`version ${before} → ${version}`] })
}

/** The next page of groups: the last of them, and those in which a counter is not what the rows say. */
async function findGroups(store: Store, after: Place): Promise<{ broken: Place[]; last: Place | undefined }> {
  const { rows } = await store.reading('*', (tx) =>
    sql<Place & { isOff: boolean }>`SELECT g.app_id, g.group_id,
      g.last_seq <> m.n OR m.n <> coalesce(m.highest, 0) OR g.last_ordinal <> m.words OR g.last_word_seq <> coalesce(m.word, 0)
        OR m.is_off OR g.last_at < coalesce(m.at, 0) OR g.version < greatest(m.version, b.version)
        OR g.member_count <> b.active OR b.is_off OR g.last_fact <> f.n OR f.n <> coalesce(f.highest, 0) OR q.is_off OR c.is_off OR v.is_off
        AS "isOff"
    FROM (SELECT * FROM groups WHERE (app_id, group_id) > (${after.app_id}, ${after.group_id})
      ORDER BY app_id, group_id LIMIT ${pageGroups}) g,
    LATERAL (SELECT count(*) AS n, max(seq) AS highest, max(version) AS version, max(at) AS at,
        count(*) FILTER (WHERE countable) AS words, max(seq) FILTER (WHERE countable) AS word,
        coalesce(bool_or(ordinal <> run OR at < before OR birth < elder OR birth > version), false) AS is_off
      FROM (SELECT seq, version, at, countable, ordinal, sum(countable::int) OVER (ORDER BY seq) AS run,
        lag(at) OVER (ORDER BY seq) AS before, coalesce(born, version) AS birth,
        lag(coalesce(born, version)) OVER (ORDER BY seq) AS elder FROM messages x WHERE x.app_id = g.app_id AND x.group_id = g.group_id) t) m,
    LATERAL (SELECT count(*) FILTER (WHERE active) AS active, max(version) AS version,
        coalesce(bool_or(own <> coalesce(s.n, 0)), false) AS is_off
      FROM members o LEFT JOIN (SELECT sender_id, count(*) FILTER (WHERE countable) AS n FROM messages x
        WHERE x.app_id = g.app_id AND x.group_id = g.group_id GROUP BY 1) s ON s.sender_id = o.user_id
      WHERE o.app_id = g.app_id AND o.group_id = g.group_id) b,
    LATERAL (SELECT count(*) AS n, max(fact_seq) AS highest FROM facts x
      WHERE x.app_id = g.app_id AND x.group_id = g.group_id) f,
    LATERAL (SELECT count(*) > 0 AS is_off FROM reaction_queue x WHERE x.app_id = g.app_id AND x.group_id = g.group_id
      AND NOT EXISTS (SELECT FROM facts y WHERE (y.app_id, y.group_id, y.fact_seq) = (x.app_id, x.group_id, x.fact_seq))) q,
    LATERAL (SELECT count(*) > 0 AS is_off FROM conversations x WHERE x.app_id = g.app_id AND x.group_id = g.group_id
      AND (x.read_seq > g.last_seq OR x.read_ordinal > g.last_ordinal)) c,
    LATERAL (SELECT count(*) > 0 AS is_off FROM (${silencesUntrue(sql`s.app_id = g.app_id AND s.group_id = g.group_id`)}) x) v
    ORDER BY g.app_id, g.group_id`.execute(tx),
  )
  const last = rows.length < pageGroups ? undefined : rows.at(-1)
  return { broken: rows.filter((row) => row.isOff), last }
}

interface MendedUser {
  readonly app_id: string
  readonly user_id: string
  readonly before: number
  readonly version: number
}
async function mendPeople(store: Store): Promise<MendedUser[]> {
  return await store.transaction('*', async (tx) => {
    const { rows } = await sql<MendedUser>`WITH stamped AS (SELECT app_id, user_id, max(version) AS version FROM (
          SELECT app_id, user_id, version FROM mine UNION ALL SELECT app_id, user_id, version FROM conversations) t
        GROUP BY 1, 2),
      locked AS (SELECT u.app_id, u.user_id, u.version AS before, s.version FROM users u
        JOIN stamped s USING (app_id, user_id) WHERE s.version > u.version ORDER BY 1, 2 FOR UPDATE OF u)
      UPDATE users u SET version = locked.version FROM locked
        WHERE u.app_id = locked.app_id AND u.user_id = locked.user_id
      RETURNING u.app_id, u.user_id, locked.before, u.version`.execute(tx)
    return rows
  })
}
