/** One user's view of their groups, as stored: counters, unread mentions, the group's face and its last words. */
import { type ConversationRow, type Head, type MemberRow, type SpokenAs, spokenName, type Text } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { type RawBuilder, sql } from 'kysely'
import type { Registry } from '../host/registry.ts'
import type { RowText } from '../ground/row-text.ts'
import type { ConversationDbRow } from '../ground/store.ts'

/** Unread mentions a client jumps through. */
const mentionsMax = 100

export interface ConversationView extends ConversationDbRow {
  readonly name: string
  readonly avatar: string
  readonly member_count: number
  readonly group_version: number
  readonly last_seq: number
  readonly last_ordinal: number
  readonly last_at: number
  readonly word_seq: number | null
  readonly word_sender: string | null
  readonly word_name: string | null
  readonly word_badge: MemberRow['badge']
  readonly word_kind: string | null
  /** JSON text. */
  readonly word_as: string | null
  /** JSON text; null when recalled. */
  readonly word_body: string | null
  readonly word_state: string | null
  /** See `mentionsIn`. */
  readonly mentions: number[] | null
  readonly faces: { name: string; avatar: string }[] | null
  /** Its last words and faces were not read: those before it are as many bytes as were asked for. */
  readonly is_cut: boolean
}

/** What a recalled message shows in lists. */
export const recalledSummary: Text = { 'zh-CN': '撤回了一条消息', en: 'recalled a message' }

/** The face of a message in lists, quotes and push. Unknown kinds and recalled messages have one too. */
export function summaryOf(registry: Registry, kind: string, body: unknown, state?: unknown): Text {
  if (body === null || body === undefined) return recalledSummary
  const card = registry.cards.get(kind)?.card
  return card === undefined ? { 'zh-CN': '[新消息]', en: '[New message]' } : card.summary(body, state)
}

/** Which conversations of a person. What somebody left counts as changed, once, and as nothing else. */
export type Which =
  | { readonly groupIds: readonly string[] }
  /** All they are in; and, when `since` is given, those they left after that version of their own stream. */
  | { readonly since?: number }
  /** Those that changed after a version, left ones too. */
  | { readonly changedAfter: number }

/**
 * [PLAN1] Conversations of a user, each by its keys: those that changed after `since` first, in the order of their
 * versions, then the others. [SYNC21] What may be long in them is read of as many as `bytesMax` holds, the first at
 * least, and no two of one version are parted; the others say of themselves that they are cut.
 *
 * NOTE: the sub-selects find their rows by key whatever the planner believes of the tables' sizes; as joins they were
 * merged over all messages of the app once somebody was in a hundred groups.
 */
export async function readConversations(
  tx: Tx,
  appId: string,
  userId: string,
  which: Which,
  bytesMax = Number.MAX_SAFE_INTEGER,
): Promise<ConversationView[]> {
  const since = 'groupIds' in which ? 0 : 'changedAfter' in which ? which.changedAfter : (which.since ?? 0)
  const { rows } = await sql<ConversationView>`
    SELECT group_id, version, active, role, join_seq, own, read_seq, read_ordinal, read_own, pinned, quiet, name, avatar,
      member_count, group_version, last_seq, last_ordinal, last_at, word_seq, word_sender, word_kind, word_as, word_name, word_badge, mentions, is_cut,
      CASE WHEN is_cut THEN NULL ELSE long_body END AS word_body, CASE WHEN is_cut THEN NULL ELSE long_state END AS word_state,
      CASE WHEN is_cut THEN NULL ELSE long_faces END AS faces
    FROM (SELECT t.*, rank() OVER inorder > 1 AND sum(length) OVER inorder > ${bytesMax} AS is_cut FROM (
      SELECT k.group_id, c.*, m.*, g.name, g.avatar, g.member_count, g.group_version, g.last_seq, g.last_ordinal, g.last_at,
        w.*, s.name AS word_name, s.badge AS word_badge, at.mentions, f.long_faces,
        coalesce(octet_length(w.long_body::text), 0) + coalesce(octet_length(w.long_state::text), 0)
          + coalesce(octet_length(f.long_faces::text), 0) AS length
      FROM (${keysOf(appId, userId, which)}) k
      CROSS JOIN LATERAL (SELECT version, read_seq, read_ordinal, read_own, pinned, quiet FROM conversations
        WHERE app_id = ${appId} AND user_id = ${userId} AND group_id = k.group_id OFFSET 0) c
      CROSS JOIN LATERAL (SELECT active, role, join_seq, own FROM members
        WHERE app_id = ${appId} AND group_id = k.group_id AND user_id = ${userId} OFFSET 0) m
      CROSS JOIN LATERAL (SELECT name, avatar, member_count, version AS group_version, last_seq, last_ordinal, last_at, last_word_seq
        FROM groups WHERE app_id = ${appId} AND group_id = k.group_id OFFSET 0) g
      LEFT JOIN LATERAL (SELECT seq AS word_seq, sender_id AS word_sender, kind AS word_kind, spoken_as AS word_as, body AS long_body, state AS long_state
        FROM messages WHERE app_id = ${appId} AND group_id = k.group_id AND seq = g.last_word_seq AND m.active
          AND seq > m.join_seq OFFSET 0) w ON true
      LEFT JOIN LATERAL (SELECT coalesce(x.nickname, u.name) AS name, u.badge FROM users u
        LEFT JOIN members x ON x.app_id = ${appId} AND x.group_id = k.group_id AND x.user_id = u.user_id
        WHERE u.app_id = ${appId} AND u.user_id = w.word_sender OFFSET 0) s ON true
      LEFT JOIN LATERAL (${mentionsOf(appId, userId)}) at ON true
      LEFT JOIN LATERAL (SELECT faces AS long_faces FROM group_faces
        WHERE app_id = ${appId} AND group_id = k.group_id OFFSET 0) f ON true) t
      WINDOW inorder AS (ORDER BY t.version <= ${since}, t.version)) t
    ORDER BY t.version <= ${since}, t.version`.execute(tx)
  return rows
}
function keysOf(appId: string, userId: string, which: Which): RawBuilder<unknown> {
  if ('groupIds' in which) return sql`SELECT group_id FROM unnest(${which.groupIds}::text[]) AS t(group_id)`
  const changed = (after: number) => sql`SELECT group_id FROM conversations
    WHERE app_id = ${appId} AND user_id = ${userId} AND version > ${after}`
  if ('changedAfter' in which) return changed(which.changedAfter)
  const held = sql`SELECT group_id FROM members WHERE app_id = ${appId} AND user_id = ${userId} AND active`
  return which.since === undefined ? held : sql`${held} UNION ${changed(which.since)}`
}
/**
 * The latest unread mentions of the viewer and of everybody, in no order. Each range is read from its end, so that a
 * thousand of them cost no more than those shown.
 */
function mentionsOf(appId: string, userId: string): RawBuilder<unknown> {
  const latest = (name: string) => sql`(SELECT seq FROM mentions WHERE app_id = ${appId} AND group_id = k.group_id
    AND user_id = ${name} AND seq > greatest(c.read_seq, m.join_seq) AND sender_id <> ${userId} AND m.active
    ORDER BY seq DESC LIMIT ${mentionsMax})`
  return sql`SELECT array_agg(seq) AS mentions FROM (${latest(userId)} UNION ALL ${latest('*')}) t`
}
/** Positions that mention the viewer, each once, lowest first; the latest when there are many. */
export function mentionsIn(view: ConversationView): number[] {
  return [...new Set(view.mentions ?? [])].toSorted((a, b) => a - b).slice(-mentionsMax)
}

/**
 * [MER7] What lists call a sender, and the badge beside the name: of a shop for who speaks as one, else the
 * person's own.
 */
export function senderIn(
  speaker: { readonly name: string; readonly badge: MemberRow['badge'] },
  as: SpokenAs | undefined,
): Pick<NonNullable<Head['last']>, 'senderName' | 'senderBadge' | 'as'> {
  const badge = as === undefined ? speaker.badge : 'merchant'
  return {
    senderName: spokenName(speaker.name, as),
    ...(badge === null ? {} : { senderBadge: badge }),
    ...(as === undefined ? {} : { as }),
  }
}
export function headOf(view: ConversationView, registry: Registry): Head {
  return {
    groupId: view.group_id as Head['groupId'],
    version: view.group_version,
    lastSeq: view.last_seq,
    lastOrdinal: view.last_ordinal,
    at: view.last_at,
    last:
      view.word_seq === null
        ? null
        : {
            seq: view.word_seq,
            senderId: view.word_sender ?? '',
            ...senderIn(
              { name: view.word_name ?? '', badge: view.word_badge },
              parsed(view.word_as) as SpokenAs | undefined,
            ),
            kind: view.word_kind ?? '',
            summary: summaryOf(registry, view.word_kind ?? '', parsed(view.word_body), parsed(view.word_state)),
          },
  }
}

export function conversationRow(view: ConversationView, registry: Registry): ConversationRow {
  return {
    row: 'conversation',
    groupId: view.group_id as ConversationRow['groupId'],
    version: view.version,
    active: view.active,
    role: view.role,
    joinSeq: view.join_seq,
    readSeq: view.read_seq,
    readOrdinal: view.read_ordinal,
    readOwn: view.read_own,
    own: view.own,
    pinned: view.pinned,
    quiet: view.quiet,
    name: view.name,
    avatar: view.avatar,
    memberCount: view.member_count,
    faces: view.faces ?? [],
    mentions: view.active ? mentionsIn(view) : [],
    head: headOf(view, registry),
  }
}
export function conversationText(view: ConversationView, registry: Registry): RowText {
  // A former member learns that they left, and nothing of what the group said or became since.
  const silent = { word_seq: null, last_seq: view.read_seq, last_ordinal: view.read_ordinal, last_at: 0 }
  const shown = view.active ? view : { ...view, ...silent, group_version: 0, member_count: 0, name: '', avatar: '' }
  return {
    key: `c${view.group_id}`,
    version: view.version,
    seq: 0,
    json: JSON.stringify(conversationRow(shown, registry)),
  }
}
/** Exact unread, in O(1) from running ordinals (mechanics C-19). */
export function unreadOf(view: Pick<ConversationView, 'last_ordinal' | 'read_ordinal' | 'own' | 'read_own'>): number {
  return view.last_ordinal - view.read_ordinal - (view.own - view.read_own)
}

function parsed(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text)
}
