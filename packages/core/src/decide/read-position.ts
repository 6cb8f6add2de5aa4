/** How far somebody has read in a group: moved in one statement, exact, and cheap however much lies unread. */
import { refuse } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'

export interface ReadPosition {
  /** Of the group. */
  readonly last_seq: number
  readonly last_ordinal: number
  /** How many countable messages of the group are the reader's own. */
  readonly own: number
  readonly read_seq: number
  readonly read_ordinal: number
  readonly read_own: number
  readonly isMoved: boolean
}
interface Row extends Omit<ReadPosition, 'isMoved'> {
  readonly moved: boolean
}

/**
 * Moves the position to `seq` if it lies ahead and exists, and answers where things stand after that.
 * Refuses `group.not_found` to whoever is no active member.
 *
 * [PLAN3] Messages carry their sender's running count, so what the reader has written up to `seq` stands in one row:
 * nothing is counted. At the end of the group and after their last word it is the member's own count; within a long
 * silence of theirs that silence says it (silences.ts). Otherwise the nearest of their messages is looked for from
 * `seq` on, back to the old position or on to the end, whichever is nearer: it lies within `silenceMin` rows.
 *
 * The count is of `seq` alone, whatever the old position was: two devices that move at once are both exact.
 */
export async function moveRead(
  tx: Tx,
  { appId, groupId, userId }: { readonly appId: string; readonly groupId: string; readonly userId: string },
  seq: number,
): Promise<ReadPosition> {
  const inGroup = sql`app_id = ${appId} AND group_id = ${groupId}`
  const own = sql`sender_id = ${userId} AND countable`
  const { rows } = await sql<Row>`
    WITH old AS (
      SELECT g.last_seq, g.last_ordinal, m.own, c.read_seq, c.read_ordinal, c.read_own,
        ${seq} > c.read_seq AND ${seq} <= g.last_seq AS is_ahead,
        ${seq} < g.last_seq AND m.own > c.read_own AND NOT (m.own = m.spoke_own AND ${seq} >= m.spoke_seq) AS is_sought,
        ${seq} - c.read_seq <= g.last_seq - ${seq} AS is_back
      FROM (SELECT last_seq, last_ordinal FROM groups WHERE ${inGroup}) g
      CROSS JOIN (SELECT own, spoke_seq, spoke_own FROM members WHERE ${inGroup} AND user_id = ${userId} AND active) m
      CROSS JOIN (SELECT read_seq, read_ordinal, read_own FROM conversations WHERE ${inGroup} AND user_id = ${userId}) c),
    aim AS (
      SELECT at.ordinal, CASE WHEN NOT old.is_sought THEN old.own WHEN silent.own IS NOT NULL THEN silent.own
          WHEN old.is_back THEN coalesce(past.own, old.read_own) ELSE coalesce(next.own - 1, old.own) END AS own
      FROM old
      CROSS JOIN LATERAL (SELECT ordinal FROM messages WHERE ${inGroup} AND seq = ${seq} OFFSET 0) at
      LEFT JOIN LATERAL (SELECT own - 1 AS own FROM (SELECT since, own FROM silences
        WHERE ${inGroup} AND user_id = ${userId} AND seq > ${seq} AND old.is_sought ORDER BY seq LIMIT 1) next
        WHERE since <= ${seq}) silent ON true
      LEFT JOIN LATERAL (SELECT own FROM messages WHERE ${inGroup} AND ${own} AND seq <= ${seq} AND seq > old.read_seq
        AND old.is_sought AND old.is_back AND silent.own IS NULL ORDER BY seq DESC LIMIT 1) past ON true
      LEFT JOIN LATERAL (SELECT own FROM messages WHERE ${inGroup} AND ${own} AND seq > ${seq} AND seq <= old.last_seq
        AND old.is_sought AND NOT old.is_back AND silent.own IS NULL ORDER BY seq LIMIT 1) next ON true
      WHERE old.is_ahead),
    moved AS (
      UPDATE conversations SET read_seq = ${seq}, read_ordinal = aim.ordinal, read_own = aim.own FROM aim
      WHERE ${inGroup} AND user_id = ${userId} AND read_seq < ${seq} RETURNING read_seq, read_ordinal, read_own)
    SELECT old.last_seq, old.last_ordinal, old.own, coalesce(moved.read_seq, old.read_seq) AS read_seq,
      coalesce(moved.read_ordinal, old.read_ordinal) AS read_ordinal, coalesce(moved.read_own, old.read_own) AS read_own,
      moved.read_seq IS NOT NULL AS moved
    FROM old LEFT JOIN moved ON true`.execute(tx)
  const row = rows[0]
  if (row === undefined) throw refuse('group.not_found')
  const { moved, ...position } = row
  if (moved) return { ...position, isMoved: true }
  // Another device of the reader may have moved it while this statement ran.
  const { rows: now } = await sql<Pick<Row, 'read_seq' | 'read_ordinal' | 'read_own'>>`
    SELECT read_seq, read_ordinal, read_own FROM conversations WHERE ${inGroup} AND user_id = ${userId}`.execute(tx)
  return { ...position, ...now[0], isMoved: false }
}
