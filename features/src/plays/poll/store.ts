/** The ballots of each poll. Every function takes the place, with its transaction. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  {
    id: 'poll-001',
    up: [
      `CREATE TABLE poll_ballots (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL,
        choices integer[] NOT NULL CHECK (cardinality(choices) > 0), at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, user_id))`,
      rls('poll_ballots'),
    ],
  },
  // A page of voters is as many rows as it shows and passes by, never a sort of all ballots.
  {
    id: 'poll-002',
    up: [],
    online: [
      {
        index: 'poll_ballots_by_time',
        create: `CREATE INDEX CONCURRENTLY poll_ballots_by_time ON poll_ballots (app_id, group_id, seq, at, user_id)`,
      },
    ],
  },
]

export interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
const at = ({ appId, groupId, seq }: Place) => sql`app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`

/** [PL1] The primary key is the second wall: one ballot of one member. */
export async function putBallot(place: Place, userId: UserId, choices: readonly number[], now: number): Promise<void> {
  const { tx, appId, groupId, seq } = place
  if (choices.length === 0) {
    await sql`DELETE FROM poll_ballots WHERE ${at(place)} AND user_id = ${userId}`.execute(tx)
    return
  }
  await sql`INSERT INTO poll_ballots (app_id, group_id, seq, user_id, choices, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${userId}, ${[...choices]}::integer[], ${now})
    ON CONFLICT (app_id, group_id, seq, user_id) DO UPDATE SET choices = excluded.choices, at = excluded.at`.execute(tx)
}
/** How many chose each of `optionCount` options. */
export async function countBallots(place: Place, optionCount: number): Promise<number[]> {
  const { rows } = await sql<{ choice: number; n: number }>`SELECT choice, count(*) AS n
    FROM poll_ballots, unnest(choices) AS choice WHERE ${at(place)} GROUP BY choice`.execute(place.tx)
  const counts = Array.from({ length: optionCount }, () => 0)
  for (const { choice, n } of rows) counts[choice] = n
  return counts
}
export async function listVoters(
  place: Place,
  { option, after, limit }: { readonly option: number; readonly after: number; readonly limit: number },
): Promise<UserId[]> {
  const { rows } = await sql<{ userId: UserId }>`SELECT user_id AS "userId" FROM poll_ballots
    WHERE ${at(place)} AND ${option} = ANY(choices) ORDER BY at, user_id OFFSET ${after} LIMIT ${limit}`.execute(
    place.tx,
  )
  return rows.map(({ userId }) => userId)
}

// ── audits ──
export const audits: readonly Audit[] = [
  check(
    'PL4',
    'The counts of a poll are its ballots.',
    sql`SELECT 'the counts of ' || m.app_id || '/' || m.group_id || '/' || m.seq AS place
      FROM messages m CROSS JOIN LATERAL (SELECT count(*) AS voters FROM poll_ballots b
          WHERE b.app_id = m.app_id AND b.group_id = m.group_id AND b.seq = m.seq) v
      WHERE m.kind = 'poll' AND m.recalled_at IS NULL AND ((m.state->>'voterCount')::bigint <> v.voters
        OR EXISTS (SELECT 1 FROM json_array_elements_text(m.state->'counts') WITH ORDINALITY AS c(n, at)
          WHERE c.n::bigint <> (SELECT count(*) FROM poll_ballots b WHERE b.app_id = m.app_id
            AND b.group_id = m.group_id AND b.seq = m.seq AND (c.at - 1) = ANY(b.choices))))`,
  ),
]
