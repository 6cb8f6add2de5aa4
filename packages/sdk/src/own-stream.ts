/** The viewer's own stream as it stands: conversations, records, read marks, and the values drawn from them. */
import type { ChangesFrame, Head, MessageRow, MineRow, RecordRow, Static } from '@qun/contract'
import type { Conversation } from './api.ts'
import {
  badgeOf,
  ConversationCache,
  listConversations,
  noConversations,
  readMarkAt,
  withHeads,
  withReach,
  withRead,
  withUserChanges,
  type ConversationsState,
} from './conversations.ts'
import { Cell, type Turn } from './readable.ts'
import { isBehind } from './streams.ts'

export interface OwnStreamHost {
  readonly mine: (rows: readonly MineRow[]) => void
  readonly conversationChanged: (groupId: string) => void
}

export class OwnStream {
  readonly #host: OwnStreamHost
  readonly #cache = new ConversationCache()
  #state: ConversationsState = noConversations
  readonly conversations: Cell<readonly Conversation[]>
  readonly records: Cell<ReadonlyMap<string, RecordRow>>
  readonly badge: Cell<number>

  constructor(turn: Turn, host: OwnStreamHost) {
    this.#host = host
    let last: readonly Conversation[] = []
    this.conversations = new Cell(turn, () => (last = sameList(last, listConversations(this.#state, this.#find))))
    this.records = new Cell(turn, () => this.#state.records)
    this.badge = new Cell(turn, () => badgeOf(this.conversations.get()))
  }

  get version(): number {
    return this.#state.cursor.version
  }
  /** Where the stream stands if it lacks changes it has heard of. */
  lacking(): number | undefined {
    return isBehind(this.#state.cursor) ? this.#state.cursor.version : undefined
  }
  find(groupId: string): Conversation | undefined {
    return this.#find(groupId)
  }
  clear(): void {
    const { rows } = this.#state
    this.#state = noConversations
    this.#cache.clear()
    this.#mark([...rows.keys()])
  }
  /** True when the cursor moved. */
  changes(frame: Static<typeof ChangesFrame>): boolean {
    const before = this.#state.cursor.version
    const step = withUserChanges(this.#state, frame)
    this.#state = step.state
    if (step.mine.length > 0) this.#host.mine(step.mine)
    this.#mark(step.groupIds)
    return step.state.cursor.version > before
  }
  heads(heads: readonly Head[]): void {
    this.#state = withHeads(this.#state, heads)
    this.#mark(heads.map((head) => head.groupId))
  }
  /** Messages of an opened group were taken in: they come sooner than its head. */
  reached(groupId: string, held: readonly MessageRow[], userId: string): void {
    const last = held.at(-1)
    if (last === undefined) return
    const own = held.findLast((message) => message.senderId === userId)?.own ?? 0
    const reach = { lastSeq: last.seq, lastOrdinal: last.ordinal, own, at: last.at }
    const next = withReach(this.#state, groupId, reach)
    if (next === this.#state) return
    this.#state = next
    this.#mark([groupId])
  }
  /** The position to tell the server; undefined when it is no step forward. */
  read(groupId: string, seq: number, held: readonly MessageRow[], userId: string): number | undefined {
    const conversation = this.#find(groupId)
    const last = Math.max(conversation?.head.lastSeq ?? 0, held.at(-1)?.seq ?? 0)
    const to = Math.min(Math.floor(seq), last)
    if (!(to > (conversation?.readSeq ?? 0))) return undefined
    this.#state = withRead(this.#state, groupId, readMarkAt(held, to, userId, conversation?.own ?? 0))
    this.#mark([groupId])
    return to
  }
  unread(groupId: string): void {
    this.#state = withRead(this.#state, groupId, undefined)
    this.#mark([groupId])
  }
  /** True when the server knows that the viewer has read up to `seq`. */
  isRead(groupId: string, seq: number): boolean {
    return (this.#state.rows.get(groupId)?.readSeq ?? 0) >= seq
  }

  readonly #find = (groupId: string): Conversation | undefined => this.#cache.read(this.#state, groupId)
  #mark(groupIds: readonly string[]): void {
    this.conversations.mark()
    this.badge.mark()
    this.records.mark()
    for (const groupId of groupIds) this.#host.conversationChanged(groupId)
  }
}

function sameList<T>(last: readonly T[], next: readonly T[]): readonly T[] {
  return last.length === next.length && last.every((one, index) => one === next[index]) ? last : next
}
