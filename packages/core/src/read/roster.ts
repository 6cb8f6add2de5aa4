/** Active members of a group in the order lists show them: strongest role first, then by joining. */
import { MillisSchema, Type } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { MemberDbRow } from '../ground/store.ts'
import { type CursorPlace, defineCursor } from '../host/cursor.ts'

/** Where a page of the list ended: rank, joining and id of its last member. */
const placeParts = [Type.Integer({ minimum: 0, maximum: 3 }), MillisSchema, Type.String({ maxLength: 64 })] as const
export const rosterCursor = defineCursor(...placeParts)
export type RosterPlace = CursorPlace<typeof placeParts>
export interface RosterRow extends MemberDbRow {
  readonly rank: number
}

/** NOTE: reads as the index `members_by_rank` does, to the letter: any other expression sorts the whole group. */
const rank = sql`(CASE role WHEN 'owner' THEN 1 WHEN 'admin' THEN 2 ELSE 3 END)`
const before: RosterPlace = [0, 0, '']

/** The members after a place, at most `limit`: as many rows of an index as are shown, and each person by their key. */
export async function readRoster(
  tx: Tx,
  { appId, groupId }: { readonly appId: string; readonly groupId: string },
  { after = before, limit }: { readonly after?: RosterPlace | undefined; readonly limit: number },
): Promise<RosterRow[]> {
  const { rows } = await sql<RosterRow>`SELECT m.*, u.* FROM (
      SELECT *, ${rank} AS rank FROM members WHERE app_id = ${appId} AND group_id = ${groupId} AND active
        AND (${rank}, joined_at, user_id) > (${after[0]}::int, ${after[1]}::bigint, ${after[2]}::text)
      ORDER BY ${rank}, joined_at, user_id LIMIT ${limit}) m
    CROSS JOIN LATERAL (SELECT name, avatar, badge FROM users WHERE app_id = ${appId} AND user_id = m.user_id OFFSET 0) u
    ORDER BY m.rank, m.joined_at, m.user_id`.execute(tx)
  return rows
}

/**
 * [PLAN1] The rows of these people in a group, of former members too, each by its keys: for some hundred people the
 * planner would rather read all users of the app.
 */
export async function readPeople(
  tx: Tx,
  { appId, groupId }: { readonly appId: string; readonly groupId: string },
  userIds: readonly string[],
): Promise<MemberDbRow[]> {
  const asked = [...new Set(userIds)]
  if (asked.length === 0) return []
  const { rows } = await sql<MemberDbRow>`SELECT m.*, u.* FROM unnest(${asked}::text[]) AS k(id)
    CROSS JOIN LATERAL (SELECT * FROM members
      WHERE app_id = ${appId} AND group_id = ${groupId} AND user_id = k.id OFFSET 0) m
    CROSS JOIN LATERAL (SELECT name, avatar, badge FROM users
      WHERE app_id = ${appId} AND user_id = k.id OFFSET 0) u`.execute(tx)
  return rows
}
