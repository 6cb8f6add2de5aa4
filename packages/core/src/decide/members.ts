/** Reads and writes of members within a decision: rows joined with the people they are. */
import { refuse } from '@qun/contract'
import { sql } from 'kysely'
import type { Footing } from './footing.ts'
import { lockUsers, type Ordered } from './lock-order.ts'
import type { GroupDbRow, MemberDbRow } from '../ground/store.ts'

/** How many messages before joining a newcomer may read when the group's history is `recent`. */
const recentHistory = 50

/** A member with what only the server knows of the person. */
export interface ActorDbRow extends MemberDbRow {
  readonly minor: boolean
}
/** By the keys, one by one: for some hundred people the planner would rather read all users of the app. */
export async function findMembers(
  footing: Footing,
  groupId: string,
  userIds: readonly string[],
): Promise<ActorDbRow[]> {
  const { rows } = await sql<ActorDbRow>`SELECT m.*, u.name, u.avatar, u.badge, u.minor
    FROM unnest(${[...new Set(userIds)]}::text[]) AS asked (user_id)
    CROSS JOIN LATERAL (SELECT * FROM members WHERE app_id = ${footing.appId} AND group_id = ${groupId}
      AND user_id = asked.user_id LIMIT 1) m
    CROSS JOIN LATERAL (SELECT name, avatar, badge, minor FROM users WHERE app_id = ${footing.appId}
      AND user_id = asked.user_id LIMIT 1) u`.execute(footing.tx)
  return rows
}
export interface JoinOptions {
  readonly role?: MemberDbRow['role']
  readonly source: string
  readonly inviterId?: string
  /** False makes a row for somebody who is not in the group: a ban. */
  readonly active?: boolean
}

/** Rows of people who join, and their conversations, read up to now. Versions and counts are the caller's. */
export async function createMemberships(
  decision: Ordered,
  group: GroupDbRow,
  userIds: readonly string[],
  held: ReadonlyMap<string, MemberDbRow>,
  options: JoinOptions,
): Promise<MemberDbRow[]> {
  if (userIds.length === 0) return []
  const { appId, tx, now } = decision
  const users = await lockUsers(decision, userIds)
  const history = group.settings['history']
  const joinSeq =
    history === 'all' ? 0 : history === 'recent' ? Math.max(0, group.last_seq - recentHistory) : group.last_seq
  const active = options.active ?? true
  const rows = users.map((user) => {
    const before = held.get(user.user_id)
    return {
      group_id: group.group_id,
      version: 0,
      role: options.role ?? 'member',
      nickname: before?.nickname ?? null,
      joined_at: now,
      muted_until: 0,
      active,
      banned: before?.banned ?? false,
      join_seq: joinSeq,
      own: before?.own ?? 0,
      source: options.source,
      inviter_id: options.inviterId ?? null,
      ...user,
    }
  })
  if (active) {
    const read = rows.map((row) => ({ user_id: row.user_id, own: row.own }))
    await sql`INSERT INTO conversations (app_id, user_id, group_id, version, read_seq, read_ordinal, read_own)
      SELECT ${appId}, t.user_id, ${group.group_id}, 0, ${group.last_seq}, ${group.last_ordinal}, t.own
      FROM json_to_recordset(${JSON.stringify(read)}::json) AS t(user_id text, own bigint)
      ON CONFLICT (app_id, user_id, group_id) DO UPDATE SET read_seq = excluded.read_seq,
        read_ordinal = excluded.read_ordinal, read_own = excluded.read_own`.execute(tx)
  }
  return rows
}

/**
 * Refuses `member.groups_full` when one of these people is in as many groups as a person may be. Their rows are locked
 * already, so that two groups cannot take the same person at once.
 */
export async function checkGroupCounts({ appId, tx, engine }: Footing, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return
  const { rows } =
    await sql`SELECT user_id FROM members WHERE app_id = ${appId} AND user_id = ANY(${userIds}::text[]) AND active
    GROUP BY user_id HAVING count(*) >= ${engine.limits.groupsPerUserMax} LIMIT 1`.execute(tx)
  if (rows.length > 0) throw refuse('member.groups_full')
}

/** Writes whole rows at once; `own` is counted elsewhere and left alone. */
export async function writeMembers(footing: Footing, groupId: string, rows: readonly MemberDbRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`INSERT INTO members (app_id, group_id, user_id, version, role, nickname, joined_at, muted_until,
      active, banned, join_seq, own, source, inviter_id)
    SELECT ${footing.appId}, ${groupId}, t.user_id, t.version, t.role, t.nickname, t.joined_at, t.muted_until,
      t.active, t.banned, t.join_seq, t.own, t.source, t.inviter_id
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS t(user_id text, version bigint, role text, nickname text, joined_at bigint,
      muted_until bigint, active boolean, banned boolean, join_seq bigint, own bigint, source text, inviter_id text)
    ON CONFLICT (app_id, group_id, user_id) DO UPDATE SET version = excluded.version, role = excluded.role,
      nickname = excluded.nickname, joined_at = excluded.joined_at, muted_until = excluded.muted_until, active = excluded.active,
      banned = excluded.banned, join_seq = excluded.join_seq, source = excluded.source, inviter_id = excluded.inviter_id`.execute(
    footing.tx,
  )
}

/** People whose faces make up a group's picture: the first who joined. */
const facesMax = 9

/** Keeps the faces of a group's picture beside it: lists of conversations read them far more often than they change. */
export async function writeFaces(footing: Footing, groupId: string): Promise<void> {
  const { appId, tx } = footing
  await sql`INSERT INTO group_faces (app_id, group_id, faces)
    SELECT ${appId}, ${groupId}, coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'avatar', t.avatar)), '[]') FROM (
      SELECT coalesce(b.nickname, u.name) AS name, u.avatar FROM members b
      JOIN users u ON u.app_id = b.app_id AND u.user_id = b.user_id
      WHERE b.app_id = ${appId} AND b.group_id = ${groupId} AND b.active
      ORDER BY b.joined_at, b.user_id LIMIT ${facesMax}) t
    ON CONFLICT (app_id, group_id) DO UPDATE SET faces = excluded.faces`.execute(tx)
}

/**
 * Notes that all groups this person is or was in have to be told. A note that stands is taken anew: whoever is about to
 * tell it waits for this decision and tells the latest name.
 */
export async function noteSpread({ appId, tx, now }: Footing, userId: string): Promise<void> {
  await sql`INSERT INTO spreads AS old (app_id, user_id, group_id, due_at)
    SELECT ${appId}, ${userId}, group_id, ${now} FROM members WHERE app_id = ${appId} AND user_id = ${userId}
    ORDER BY group_id
    ON CONFLICT (app_id, user_id, group_id) DO UPDATE
      SET due_at = least(old.due_at, excluded.due_at), attempts = 0`.execute(tx)
}
