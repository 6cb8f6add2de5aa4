/**
 * Messages born or changed after a version of their group, without an index that every new message would pay for.
 *
 * Who is born later stands behind and has a higher version. So the first message born after a version is found by
 * halving, and those behind it that never changed are all new; those that changed are few, and have an index of their
 * own. `born` is the version a message was born with, null as long as `version` is that itself (migration core-009).
 */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { type RawBuilder, sql } from 'kysely'

type At = { readonly appId: AppId; readonly groupId: string }

export interface Reach {
  /** Of the group. */
  readonly version: number
  /** Messages at these positions were born after the version asked for, `limit` at most; none if first > last. */
  readonly first: number
  readonly last: number
  /** All that is born at or below this version stands at or before `last`. */
  readonly until: number
}

/** Where the messages born after `from` stand; undefined if there is no such group. Its version may be below `from`. */
export async function findReach(
  tx: Tx,
  { appId, groupId }: At,
  from: number,
  limit: number,
): Promise<Reach | undefined> {
  const here = sql`m.app_id = ${appId} AND m.group_id = ${groupId}`
  // As many messages as versions, at most, are behind: they bound the first step. Each step halves what is left.
  const { rows } = await sql<Reach>`WITH RECURSIVE
    g AS MATERIALIZED (SELECT version, last_seq FROM groups WHERE app_id = ${appId} AND group_id = ${groupId}),
    halving AS (
      SELECT greatest(0, least(last_seq, last_seq - version + ${from}::bigint)) AS low, last_seq AS high FROM g
      UNION ALL
      SELECT CASE WHEN x.birth > ${from} THEN h.low ELSE x.middle END,
        CASE WHEN x.birth > ${from} THEN x.middle - 1 ELSE h.high END
      FROM halving h CROSS JOIN LATERAL (SELECT (h.low + h.high + 1) / 2 AS middle,
        (SELECT coalesce(m.born, m.version) FROM messages m WHERE ${here} AND m.seq >= (h.low + h.high + 1) / 2
          ORDER BY m.seq LIMIT 1) AS birth) x
      WHERE h.low < h.high
    ),
    found AS (SELECT low FROM halving WHERE low >= high LIMIT 1)
    SELECT g.version, found.low + 1 AS first, coalesce(cut.seq, g.last_seq) AS last, coalesce(cut.birth, g.version) AS until
    FROM g CROSS JOIN found LEFT JOIN LATERAL (SELECT m.seq, coalesce(m.born, m.version) AS birth FROM messages m
      WHERE ${here} AND m.seq > found.low ORDER BY m.seq OFFSET ${limit - 1} LIMIT 1) cut ON true`.execute(tx)
  return rows[0]
}

/** Those never changed, oldest first, which is also the order of their versions. */
export function bornWithin({ appId, groupId }: At, { first, last }: Reach, limit: number): RawBuilder<unknown> {
  return sql`SELECT * FROM messages WHERE app_id = ${appId} AND group_id = ${groupId}
    AND seq BETWEEN ${first} AND ${last} AND born IS NULL ORDER BY seq LIMIT ${limit}`
}
/** Those that changed since they were born, the oldest change first. */
export function changedWithin(
  { appId, groupId }: At,
  { from, until, limit }: { readonly from: number; readonly until: number; readonly limit: number },
): RawBuilder<unknown> {
  return sql`SELECT * FROM messages WHERE app_id = ${appId} AND group_id = ${groupId} AND born IS NOT NULL
    AND version > ${from} AND version <= ${until} ORDER BY version LIMIT ${limit}`
}
