/** One user's view of their groups, as stored: counters, unread mentions, the group's face and its last words. */
import type { ConversationRow, Head, Text } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
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
  readonly word_kind: string | null
  /** JSON text; null when recalled. */
  readonly word_body: string | null
  readonly word_state: string | null
  readonly mentions: number[] | null
  readonly faces: { name: string; avatar: string }[] | null
}

/** What a recalled message shows in lists. */
export const recalledSummary: Text = { 'zh-CN': '撤回了一条消息', en: 'recalled a message' }

/** The face of a message in lists, quotes and push. Unknown kinds and recalled messages have one too. */
export function summaryOf(registry: Registry, kind: string, body: unknown, state?: unknown): Text {
  if (body === null || body === undefined) return recalledSummary
  const card = registry.cards.get(kind)?.card
  return card === undefined ? { 'zh-CN': '[新消息]', en: '[New message]' } : card.summary(body, state)
}

/** Conversations of a user: those named, else those changed after `since`; only active ones unless named or changed. */
export async function readConversations(
  tx: Tx,
  appId: string,
  userId: string,
  which: { readonly groupIds?: readonly string[]; readonly since?: number },
): Promise<ConversationView[]> {
  const named = which.groupIds ?? null
  const since = which.since ?? 0
  const { rows } = await sql<ConversationView>`
    SELECT m.group_id, c.version, m.active, m.role, m.join_seq, m.own, c.read_seq, c.read_ordinal, c.read_own, c.pinned, c.quiet,
      g.name, g.avatar, g.member_count, g.version AS group_version, g.last_seq, g.last_ordinal, g.last_at,
      w.seq AS word_seq, w.sender_id AS word_sender, coalesce(wm.nickname, wu.name) AS word_name,
      w.kind AS word_kind, w.body AS word_body, w.state AS word_state,
      at.mentions, f.faces
    FROM conversations c
    JOIN members m ON m.app_id = c.app_id AND m.group_id = c.group_id AND m.user_id = c.user_id
    JOIN groups g ON g.app_id = c.app_id AND g.group_id = c.group_id
    LEFT JOIN messages w ON w.app_id = c.app_id AND w.group_id = c.group_id AND w.seq = g.last_word_seq AND w.seq > m.join_seq
    LEFT JOIN members wm ON wm.app_id = c.app_id AND wm.group_id = c.group_id AND wm.user_id = w.sender_id
    LEFT JOIN users wu ON wu.app_id = c.app_id AND wu.user_id = w.sender_id
    LEFT JOIN LATERAL (
      SELECT array_agg(DISTINCT t.seq ORDER BY t.seq) AS mentions FROM (
        SELECT x.seq FROM mentions x WHERE x.app_id = c.app_id AND x.group_id = c.group_id AND x.user_id IN (c.user_id, '*')
          AND x.seq > greatest(c.read_seq, m.join_seq) AND x.sender_id <> c.user_id
        ORDER BY x.seq DESC LIMIT ${mentionsMax}) t) at ON true
    LEFT JOIN group_faces f ON f.app_id = c.app_id AND f.group_id = c.group_id
    WHERE c.app_id = ${appId} AND c.user_id = ${userId}
      AND CASE WHEN ${named}::text[] IS NOT NULL THEN c.group_id = ANY(${named}::text[])
        WHEN ${since}::bigint > 0 THEN c.version > ${since} ELSE m.active END`.execute(tx)
  return rows
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
            senderName: view.word_name ?? '',
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
    mentions: view.active ? (view.mentions ?? []) : [],
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
