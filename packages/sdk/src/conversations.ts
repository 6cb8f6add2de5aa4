/** The list of a person's groups from their own stream and from heads: pure. Knows no socket and no message text. */
import type { ChangesFrame, ConversationRow, Head, MessageRow, MineRow, RecordRow, Row, Static } from '@qun/contract'
import type { Conversation } from './api.ts'
import { newerRows, presentRecords } from './group-view.ts'
import { applyFrame, beginning, type Cursor } from './streams.ts'

/** What heads said since the last row of a conversation. */
interface Since {
  readonly head: Head
  readonly own: number
  readonly mentions: readonly number[]
  /** The group's face, if a head told of another one. */
  readonly face: Head['group']
}
/** A read position the server has not confirmed. `ordinal` and `own` are known only if the message is at hand. */
export interface ReadMark {
  readonly seq: number
  readonly ordinal?: number
  readonly own?: number
}
/** How far the rows of an opened group reach: they come sooner than heads. */
export interface Reach {
  readonly lastSeq: number
  readonly lastOrdinal: number
  readonly own: number
  readonly at: number
}
export interface ConversationsState {
  readonly cursor: Cursor
  readonly rows: ReadonlyMap<string, ConversationRow>
  readonly since: ReadonlyMap<string, Since>
  readonly reads: ReadonlyMap<string, ReadMark>
  readonly reaches: ReadonlyMap<string, Reach>
  readonly recordRows: ReadonlyMap<string, RecordRow>
  readonly records: ReadonlyMap<string, RecordRow>
}
export interface UserStep {
  readonly state: ConversationsState
  readonly behind: boolean
  /** The viewer's own parts of messages, for the views that hold these. */
  readonly mine: readonly MineRow[]
  /** Conversations that changed. */
  readonly groupIds: readonly string[]
}

export const noConversations: ConversationsState = {
  cursor: beginning,
  rows: new Map(),
  since: new Map(),
  reads: new Map(),
  reaches: new Map(),
  recordRows: new Map(),
  records: new Map(),
}

export function withUserChanges(state: ConversationsState, frame: Static<typeof ChangesFrame>): UserStep {
  const step = applyFrame(state.cursor, frame)
  const found = partsOf(step.rows)
  const rows = newerRows(state.rows, found.conversations, (row) => row.groupId)
  const recordRows = newerRows(state.recordRows, found.records, (row) => `${row.kind}/${row.key}`)
  const since = new Map(state.since)
  const reads = new Map(state.reads)
  for (const row of found.conversations) {
    if (rows.get(row.groupId) !== row) continue
    if ((since.get(row.groupId)?.head.version ?? 0) <= row.head.version) since.delete(row.groupId)
    if ((reads.get(row.groupId)?.seq ?? 0) <= row.readSeq) reads.delete(row.groupId)
  }
  const records = recordRows === state.recordRows ? state.records : presentRecords(recordRows)
  return {
    state: { ...state, cursor: step.cursor, rows, since, reads, recordRows, records },
    behind: step.behind,
    mine: found.mine,
    groupIds: found.conversations.map((row) => row.groupId),
  }
}

function partsOf(rows: readonly Row[]) {
  const conversations: ConversationRow[] = []
  const mine: MineRow[] = []
  const records: RecordRow[] = []
  for (const row of rows) {
    if (row.row === 'conversation') conversations.push(row)
    else if (row.row === 'mine') mine.push(row)
    else if (row.row === 'record') records.push(row)
  }
  return { conversations, mine, records }
}

/** Heads are kept even for groups whose row has not arrived: the newer of head and row counts. */
export function withHeads(state: ConversationsState, heads: readonly Head[]): ConversationsState {
  const since = new Map(state.since)
  for (const head of heads) {
    const before = since.get(head.groupId)
    since.set(head.groupId, {
      head: newerHead(before?.head, head),
      own: Math.max(before?.own ?? 0, head.own ?? 0),
      mentions: [...new Set([...(before?.mentions ?? []), ...(head.mentions ?? [])])],
      face: head.group ?? before?.face,
    })
  }
  return { ...state, since }
}

/** A head that counts on but has no words (only the group's face changed) keeps the words before it. */
function newerHead(before: Head | undefined, head: Head): Head {
  if (before === undefined) return head
  if (before.version >= head.version) return before
  return head.last === null && before.last !== null ? { ...head, last: before.last } : head
}

/** Undefined takes the mark back (the server refused it). A mark never goes back by itself. */
export function withRead(state: ConversationsState, groupId: string, mark: ReadMark | undefined): ConversationsState {
  const reads = new Map(state.reads)
  if (mark === undefined) reads.delete(groupId)
  else reads.set(groupId, mark)
  return { ...state, reads }
}

export function withReach(state: ConversationsState, groupId: string, reach: Reach): ConversationsState {
  const before = state.reaches.get(groupId)
  if (before !== undefined && before.lastSeq === reach.lastSeq && before.own >= reach.own) return state
  return { ...state, reaches: new Map(state.reaches).set(groupId, reach) }
}

/** The row as a person sees it: with later heads, the rows of an opened group, and what they just read. */
export function conversationOf(state: ConversationsState, groupId: string): Conversation | undefined {
  const row = state.rows.get(groupId)
  if (row === undefined) return undefined
  const since = state.since.get(groupId)
  const reach = state.reaches.get(groupId)
  const said = since !== undefined && since.head.version > row.head.version ? newerHead(row.head, since.head) : row.head
  const isPast = reach !== undefined && reach.lastSeq > said.lastSeq
  const head = isPast
    ? { ...said, lastSeq: reach.lastSeq, lastOrdinal: Math.max(reach.lastOrdinal, said.lastOrdinal), at: reach.at }
    : said
  const own = Math.max(row.own, since?.own ?? 0, reach?.own ?? 0)
  const read = readOf(row, state.reads.get(groupId), head, own)
  const mentions = [...new Set([...row.mentions, ...(since?.mentions ?? [])])]
    .filter((seq) => seq > read.readSeq)
    .toSorted((a, b) => a - b)
  return { ...row, ...since?.face, ...read, own, head, mentions, unread: unreadOf({ ...read, own, head }) }
}

/** Exact without counting: the ordinals say how many countable messages lie between, less one's own. */
export function unreadOf(
  row: Pick<ConversationRow, 'readOrdinal' | 'readOwn' | 'own'> & { readonly head: Pick<Head, 'lastOrdinal'> },
): number {
  return Math.max(0, row.head.lastOrdinal - row.readOrdinal - (row.own - row.readOwn))
}

function readOf(row: ConversationRow, mark: ReadMark | undefined, head: Head, own: number) {
  const { readSeq, readOrdinal, readOwn } = row
  if (mark === undefined || mark.seq <= readSeq) return { readSeq, readOrdinal, readOwn }
  if (mark.seq >= head.lastSeq) return { readSeq: mark.seq, readOrdinal: head.lastOrdinal, readOwn: own }
  return { readSeq: mark.seq, readOrdinal: mark.ordinal ?? readOrdinal, readOwn: mark.own ?? readOwn }
}

/**
 * A mark at `seq` as exactly as the held messages allow. A message carries its sender's own count, so the viewer's
 * count at `seq` is that of their last message up to it, or one less than that of their first message after it.
 */
export function readMarkAt(held: readonly MessageRow[], seq: number, userId: string, own: number): ReadMark {
  let last: MessageRow | undefined
  let before: MessageRow | undefined
  let after: MessageRow | undefined
  let ordinal: number | undefined
  let previousOrdinal = 0
  for (const message of held) {
    if (message.seq <= seq) {
      last = message
      if (message.senderId === userId) before = message
      previousOrdinal = message.ordinal
    } else if (after === undefined) {
      if (message.senderId === userId)
        after = { ...message, own: message.own - Number(message.ordinal > previousOrdinal) }
      previousOrdinal = message.ordinal
    }
  }
  if (last?.seq === seq) ordinal = last.ordinal
  if (ordinal === undefined) return { seq }
  return { seq, ordinal, own: before?.own ?? after?.own ?? own }
}

/** Pinned first, then latest words first; groups the person left are not in it. */
export function listConversations(
  state: ConversationsState,
  conversation: (groupId: string) => Conversation | undefined,
): readonly Conversation[] {
  const list: Conversation[] = []
  for (const row of state.rows.values()) {
    const one = row.active ? conversation(row.groupId) : undefined
    if (one !== undefined) list.push(one)
  }
  return list.toSorted(
    (a, b) => Number(b.pinned) - Number(a.pinned) || b.head.at - a.head.at || (a.groupId < b.groupId ? -1 : 1),
  )
}

export function badgeOf(list: readonly Conversation[]): number {
  return list.reduce((sum, one) => sum + (one.quiet ? one.mentions.length : one.unread), 0)
}

/** Gives the same value for a conversation as long as nothing it is made of changed. */
export class ConversationCache {
  readonly #made = new Map<string, { readonly from: readonly unknown[]; readonly value: Conversation | undefined }>()

  read(state: ConversationsState, groupId: string): Conversation | undefined {
    const parts = [state.rows, state.since, state.reads, state.reaches] as const
    const from = parts.map((part) => part.get(groupId))
    const known = this.#made.get(groupId)
    if (known !== undefined && known.from.every((part, index) => part === from[index])) return known.value
    const value = conversationOf(state, groupId)
    this.#made.set(groupId, { from, value })
    return value
  }
  clear(): void {
    this.#made.clear()
  }
}
