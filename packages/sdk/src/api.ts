/**
 * What the SDK offers an app: types only. The client keeps one connection, the conversations of its user, and a view
 * of each opened group; views are plain immutable values with `subscribe`, so that any UI can draw them.
 */
import type {
  ActionsOf,
  AnswerOf,
  BodyOf,
  Card,
  ConversationRow,
  Endpoint,
  GroupRow,
  InputOf,
  Locale,
  MemberRow,
  MessageRow,
  MineRow,
  ParamsOf,
  Problem,
  QueryOf,
  RecordRow,
  RequestOf,
  SpokenAs,
} from '@qun/contract'

export interface ClientOptions {
  /** Where the server is: `https://chat.example.com`. */
  readonly url: string
  /** Called for a first token and again before it expires. Fetch it from the host's own back end. */
  readonly token: () => Promise<string>
  /** Opens a socket; the global WebSocket unless given (mini-programs, tests). */
  /** Whose token it will be, if known before the first connection: unsent messages then show while offline. */
  readonly userId?: string
  /** The language of problems' titles; the platform's unless given. */
  readonly locale?: Locale
  readonly openSocket?: (url: string) => SocketLike
  readonly fetch?: typeof fetch
  /** Keeps unsent messages across reloads; IndexedDB in a browser, memory elsewhere. */
  readonly outbox?: OutboxStore
  readonly now?: () => number
  readonly random?: () => number
  readonly wait?: (delayMs: number, run: () => void) => () => void
}
/** The part of WebSocket the SDK uses. */
export interface SocketLike {
  send(text: string): void
  close(code?: number, reason?: string): void
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: ((closing: { code: number; reason: string }) => void) | null
  onerror: ((error: unknown) => void) | null
}
export interface OutboxEntry {
  readonly userId: string
  readonly groupId: string
  readonly clientId: string
  readonly kind: string
  readonly body: unknown
  readonly at: number
  /** The shop its sender asked to speak as. */
  readonly as?: SpokenAs
  /** Set when the server refused it for good; the person may retry (a fresh clientId) or delete. */
  readonly problem?: SdkProblem
}
export interface OutboxStore {
  list(userId: string): Promise<OutboxEntry[]>
  put(entry: OutboxEntry): Promise<void>
  remove(entry: Pick<OutboxEntry, 'userId' | 'groupId' | 'clientId'>): Promise<void>
}
export type SdkProblem = Pick<Problem, 'code' | 'status' | 'title' | 'retry'> & { readonly retry_after?: number }
/** Thrown by every call the server refused; `code` is stable. */
export declare class QunError extends Error {
  readonly problem: SdkProblem
  get code(): string
}

export type ConnectionState = 'connecting' | 'online' | 'offline' | 'closed'

/** A value that changes, in the shape of React's useSyncExternalStore: immutable, and the same one between changes. */
export interface Readable<T> {
  get(): T
  subscribe(listener: () => void): () => void
}

export interface ViewMessage extends MessageRow {
  /** The viewer's own part, if any. */
  readonly mine?: MineRow
}
export interface PendingMessage {
  readonly clientId: string
  readonly kind: string
  readonly body: unknown
  readonly at: number
  /** The shop it will be spoken as, if the server agrees. */
  readonly as?: SpokenAs
  readonly status: 'sending' | 'failed'
  readonly problem?: SdkProblem
}
export interface Conversation extends ConversationRow {
  readonly unread: number
}
export interface GroupView {
  readonly groupId: string
  /** False until the first snapshot arrived. */
  readonly ready: boolean
  readonly version: number
  readonly group: GroupRow | undefined
  /** Ascending by seq, without holes; hidden ones left out. */
  readonly messages: readonly ViewMessage[]
  /** The viewer's own messages the server has not acknowledged, in sending order. */
  readonly pending: readonly PendingMessage[]
  /** True when nothing older is visible to the viewer. */
  readonly atStart: boolean
  readonly members: ReadonlyMap<string, MemberRow>
  readonly records: ReadonlyMap<string, RecordRow>
  /** Who is typing, without the viewer. */
  readonly typing: readonly string[]
  readonly readSeq: number
  readonly unread: number
  /** Set when the group cannot be read any more: removed, disbanded, unknown. */
  readonly gone?: SdkProblem
}
export interface GroupHandle extends Readable<GroupView> {
  readonly groupId: string
  /** Sends; resolves when acknowledged. The message is in `pending` at once and survives reloads. */
  /** `as`: the shop the viewer works for, to speak as it; the server decides. */
  send<C extends Card<any, any, any, any, any>>(card: C, body: BodyOf<C>, as?: SpokenAs): Promise<{ seq: number }>
  resend(clientId: string): void
  /** Forgets a failed message. */
  discard(clientId: string): void
  act<C extends Card<any, any, any, any, any>, A extends keyof ActionsOf<C> & string>(
    card: C,
    seq: number,
    action: A,
    input: InputOf<C, A>,
  ): Promise<{ state: unknown; mine: unknown }>
  recall(seq: number): Promise<void>
  hide(seq: number): Promise<void>
  /** Loads a page of older messages into the view; resolves false when there are none. */
  loadOlder(): Promise<boolean>
  /** Loads until `seq` is in the view (a jump to a quote); false if it is not visible to the viewer. */
  loadUntil(seq: number): Promise<boolean>
  markRead(seq: number): void
  typing(): void
  /** Ends the interest of this handle; the group goes back to `listed`. */
  close(): void
}
export interface QunClient {
  readonly userId: Readable<string | undefined>
  readonly connection: Readable<ConnectionState>
  /** Pinned first, then latest words first; left groups are gone. */
  readonly conversations: Readable<readonly Conversation[]>
  /** Records on the viewer's own stream (an invitation, a preference), by `kind/key`. */
  readonly records: Readable<ReadonlyMap<string, RecordRow>>
  /** Sum of unread over conversations that are not quiet, and mentions in those that are. */
  readonly badge: Readable<number>
  /** The server's clock as far as the last hello or pong told: epoch milliseconds. */
  serverNow(): number
  open(groupId: string): GroupHandle
  setConversation(groupId: string, patch: { pinned?: boolean; quiet?: boolean }): Promise<void>
  /** Calls a declared endpoint; mutating calls carry an Idempotency-Key and are retried once on a lost answer. */
  call<E extends Endpoint<any, any, any, any>>(
    endpoint: E,
    request: { params?: ParamsOf<E>; query?: QueryOf<E>; body?: RequestOf<E> },
  ): Promise<AnswerOf<E>>
  /** Uploads bytes to a declared upload endpoint path; `onProgress` gets 0..1 where the platform can tell. */
  upload<T>(path: string, file: Blob, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<T>
  connect(): void
  /**
   * The platform says that the network or the page is back: ends a wait for the next attempt, or checks at once that
   * a connection which looks alive is.
   */
  reconnectNow(): void
  /** Ends the connection; the outbox stays. */
  close(): void
}
