/**
 * The auditor: proves on a live store what must hold at every commit, the engine's part and each feature's. It reads
 * only, one moment per check, and knows no feature.
 */
import { type Audit, check, type Store } from '@qun/storage'
import { sql } from 'kysely'
import type { Feature } from './feature.ts'
import { issuedAudit } from './issued.ts'
import { silencesUntrue } from './silences.ts'

export interface Audited {
  readonly id: string
  readonly doc: string
  /** Each difference in words; empty when all is well. */
  readonly differences: readonly string[]
  readonly durationMs: number
}

/** The engine's audits and those of the features, each once. */
export function auditsOf(features: readonly Feature[]): readonly Audit[] {
  const own = [...engineAudits, issuedAudit(features)]
  return [...new Set([...own, ...features.flatMap((feature) => feature.audits ?? [])])]
}

/** Runs the engine's audits and those of the features, one after another, each in a reading of its own. */
export async function audit(
  store: Store,
  features: readonly Feature[],
  clock: { now(): number; elapsed(): number },
): Promise<Audited[]> {
  const results: Audited[] = []
  for (const { id, doc, find } of auditsOf(features)) {
    const began = clock.elapsed()
    const differences = await store.reading('*', (tx) => find(tx, clock.now()))
    results.push({ id, doc, differences, durationMs: clock.elapsed() - began })
  }
  return results
}

/** What the engine itself promises of its rows (docs of each say the rule of SPEC.md or the invariant's id). */
export const engineAudits: readonly Audit[] = [
  check(
    'M1',
    'Positions of a group are 1 … last_seq without a hole.',
    sql`SELECT g.app_id, g.group_id, g.last_seq, coalesce(m.n, 0) AS messages, m.lowest, m.highest FROM groups g
      LEFT JOIN (SELECT app_id, group_id, count(*) AS n, min(seq) AS lowest, max(seq) AS highest FROM messages
        GROUP BY app_id, group_id) m USING (app_id, group_id)
      WHERE g.last_seq <> coalesce(m.n, 0) OR (m.n > 0 AND (m.lowest <> 1 OR m.highest <> g.last_seq))`,
  ),
  check(
    'M8',
    'No row of a group or a person carries a version its stream has not reached.',
    sql`SELECT g.app_id, g.group_id AS stream, g.version, s.version AS stamped FROM groups g JOIN (
        SELECT app_id, group_id, max(version) AS version FROM messages GROUP BY 1, 2
        UNION ALL SELECT app_id, group_id, max(version) FROM members GROUP BY 1, 2) s USING (app_id, group_id)
      WHERE s.version > g.version
      UNION ALL SELECT u.app_id, 'user/' || u.user_id, u.version, s.version FROM users u JOIN (
        SELECT app_id, user_id, max(version) AS version FROM mine GROUP BY 1, 2
        UNION ALL SELECT app_id, user_id, max(version) FROM conversations GROUP BY 1, 2) s USING (app_id, user_id)
      WHERE s.version > u.version`,
  ),
  check(
    'SYNC24',
    'Messages were born in the order of their positions, so that what is new since a version is found by halving.',
    sql`SELECT app_id, group_id, seq, birth, before FROM (SELECT app_id, group_id, seq, version,
        coalesce(born, version) AS birth,
        lag(coalesce(born, version)) OVER (PARTITION BY app_id, group_id ORDER BY seq) AS before FROM messages) t
      WHERE birth < before OR birth > version`,
  ),
  check(
    'M13',
    'The instant of a message never lies before that of an earlier position.',
    sql`SELECT app_id, group_id, seq, at, before FROM (SELECT app_id, group_id, seq, at,
        lag(at) OVER (PARTITION BY app_id, group_id ORDER BY seq) AS before FROM messages) t WHERE at < before`,
  ),
  check(
    'U1',
    'Running ordinals count the countable messages, so that unread is exact.',
    sql`SELECT app_id, group_id, seq, ordinal, counted FROM (SELECT app_id, group_id, seq, ordinal,
        sum(countable::int) OVER (PARTITION BY app_id, group_id ORDER BY seq) AS counted FROM messages) t
      WHERE ordinal <> counted
      UNION ALL SELECT g.app_id, g.group_id, g.last_seq, g.last_ordinal, coalesce(m.n, 0) FROM groups g
        LEFT JOIN (SELECT app_id, group_id, count(*) FILTER (WHERE countable) AS n FROM messages GROUP BY 1, 2) m
          USING (app_id, group_id) WHERE g.last_ordinal <> coalesce(m.n, 0)`,
  ),
  check(
    'U2',
    'Nobody has read beyond the last message.',
    sql`SELECT c.app_id, c.user_id, c.group_id, c.read_seq, g.last_seq FROM conversations c
      JOIN groups g USING (app_id, group_id) WHERE c.read_seq > g.last_seq OR c.read_ordinal > g.last_ordinal`,
  ),
  check(
    'U3',
    'A member’s count of own words is the number of their countable messages.',
    sql`SELECT b.app_id, b.group_id, b.user_id, b.own, coalesce(m.n, 0) AS counted FROM members b
      LEFT JOIN (SELECT app_id, group_id, sender_id, count(*) FILTER (WHERE countable) AS n FROM messages GROUP BY 1, 2, 3) m
        ON m.app_id = b.app_id AND m.group_id = b.group_id AND m.sender_id = b.user_id
      WHERE b.own <> coalesce(m.n, 0)`,
  ),
  check(
    'U4',
    'What is written down of a member’s long silences, and of where they spoke last, is so.',
    silencesUntrue(),
  ),
  check(
    'G3',
    'A living group has one owner, who is an active member; its row names them.',
    sql`SELECT g.app_id, g.group_id, g.owner_id, count(b.user_id) AS owners FROM groups g
      LEFT JOIN members b ON b.app_id = g.app_id AND b.group_id = g.group_id AND b.role = 'owner' AND b.active
      WHERE g.disbanded_at IS NULL GROUP BY g.app_id, g.group_id, g.owner_id
      HAVING count(b.user_id) <> 1 OR min(b.user_id) <> g.owner_id`,
  ),
  check(
    'G7',
    'A banned person is no active member.',
    sql`SELECT app_id, group_id, user_id FROM members WHERE banned AND active`,
  ),
  check(
    'G9',
    'The count of members is that of the active ones, and within the capacity.',
    sql`SELECT g.app_id, g.group_id, g.member_count, count(b.user_id) AS active, g.settings->>'capacity' AS capacity
      FROM groups g LEFT JOIN members b ON b.app_id = g.app_id AND b.group_id = g.group_id AND b.active
      GROUP BY g.app_id, g.group_id, g.member_count, g.settings
      HAVING g.member_count <> count(b.user_id)`,
  ),
  check(
    'M16',
    'Facts of a group are numbered without a hole, and none waits that was never written.',
    sql`SELECT g.app_id, g.group_id, g.last_fact, coalesce(f.n, 0) AS facts FROM groups g
      LEFT JOIN (SELECT app_id, group_id, count(*) AS n FROM facts GROUP BY 1, 2) f USING (app_id, group_id)
      WHERE g.last_fact <> coalesce(f.n, 0)
      UNION ALL SELECT q.app_id, q.group_id, q.fact_seq, 0 FROM reaction_queue q LEFT JOIN facts f
        USING (app_id, group_id, fact_seq) WHERE f.fact_seq IS NULL`,
  ),
]
