/** What the engine offers whoever hosts it (a server, a test world): types only, no behaviour. */
import type {
  AppId,
  ChangesFrame,
  ClientFrame,
  ConversationRow,
  GroupId,
  MemberRow,
  MessageRow,
  Millis,
  MineRow,
  Static,
  SnapshotFrame,
  UserId,
} from '@qun/contract'
import type { Bus } from '@qun/bus'
import type { Store } from '@qun/storage'
import type { Caller, EndpointServer, Feature, UserView } from './feature.ts'
import type { Limits } from './limits.ts'
import type { Registry } from './registry.ts'
import type { RiskPort } from './risk.ts'

export interface CoreOptions {
  readonly store: Store
  readonly bus: Bus
  readonly features: readonly Feature[]
  /** The host has applied the migrations of `migrationsOf` itself. */
  readonly isMigrated?: boolean
  /** The version of the wire (packages/chat/src/protocol.ts); told to clients in `hello`. */
  readonly protocol?: number
  /** The wall clock; a test world passes its own. */
  readonly now?: () => Millis
  /** Milliseconds that only grow, for spacing frames; a test world passes its own. */
  readonly elapsed?: () => number
  /** `bytes` random bytes as hex; a test world counts up. */
  readonly randomHex?: (bytes: number) => string
  readonly limits?: Partial<Limits>
  /** The host's word before anything of worth is given; everybody may without it. */
  readonly risk?: RiskPort
  /** The apps whose jobs, reactions, timers and folds this core does; those of all unless given. */
  readonly apps?: readonly AppId[]
  /** Told of every bug (a failed assertion, a handler that threw something else than a refusal). */
  readonly onBug?: (error: unknown, where: string) => void
  /** How the engine waits; a test world drives it by hand. Returns a cancel function. */
  readonly wait?: (delayMs: number, run: () => void) => () => void
  /** Whether the process is at its limit; folds then take a tenth of its time. Never, unless told. */
  readonly isBusy?: () => boolean
  /** Milliseconds it takes to write one frame to one socket, as seen lately; 0.01 unless told (performance.md). */
  readonly writeMs?: () => number
}

/** Who is connected or calls; the server derives it from a verified token. */
export interface Principal {
  readonly appId: AppId
  readonly userId: UserId
  readonly guest: boolean
  /** The host speaks for them, with its key: it is the app's doing, and not the person's. */
  readonly byHost?: boolean
  /** True once nobody waits for an answer any more. */
  readonly isGone?: boolean
}

export interface PostRequest {
  readonly appId: AppId
  readonly groupId: GroupId
  readonly senderId: UserId
  readonly guest?: boolean
  /**
   * The host posts in its own name, and `senderId` is ''. Kinds reserved to `server` are allowed; any other only in a
   * merchant's group, where it is shown as the shop.
   */
  readonly asServer?: boolean
  /** The host speaks for the sender, with its key: with the sender's rights exactly, at its app's expense. */
  readonly byHost?: boolean
  readonly kind: string
  readonly body: unknown
  readonly clientId: string
  /** [MER7] Asks to speak as the shop the sender works for. */
  readonly as?: boolean
}
export interface PostResult {
  readonly groupId: GroupId
  readonly seq: number
  readonly version: number
  readonly at: Millis
  readonly replayed: boolean
}
export interface ActRequest {
  readonly principal: Principal
  readonly groupId: GroupId
  readonly seq: number
  readonly action: string
  readonly input: unknown
  /** The Idempotency-Key; a repeat answers as the first time. */
  readonly clientId?: string
}
export interface ActResult {
  readonly seq: number
  readonly version: number
  readonly state: unknown
  readonly mine: unknown
  readonly replayed: boolean
}
/** What is known of a call before its body is here. */
export interface CallHead {
  readonly appId: AppId
  readonly caller: Caller
  readonly params: Record<string, string | number>
  readonly idempotencyKey?: string
  /** The person whose turn and share it takes; their app's, unless given. */
  readonly payer?: Principal
}
export interface CallRequest extends CallHead {
  readonly query: Record<string, unknown>
  readonly body: unknown
}
/** A call that was let in while its body comes. Whoever let it in ends it, called or not. */
export interface Admission {
  end(): void
}

/** One encoded frame, shared by all its receivers. `wire` is the gateway's own cache of the framed bytes. */
export interface Packet {
  readonly text: string
  wire?: Uint8Array
}
/** The engine's way out to one connection. */
export interface Outlet {
  /** Queues a packet; the gateway writes what is queued at the end of the turn, or cuts a socket that does not read. */
  push(packet: Packet): void
  /**
   * Resolves when the client has taken most of what was pushed, or is gone; undefined when it has. Whoever answers with
   * many pages waits for it before each: a long answer is no slow reader. Absent where nothing queues.
   */
  room?(): Promise<void> | undefined
  close(code: number, reason: string): void
}
/** One authenticated connection. */
export interface Session {
  /** A frame that passed the schema of its `op`. Answers arrive on the outlet; never throws. */
  receive(frame: ClientFrame): void
  /** The socket is gone. */
  close(): void
}

export interface Core {
  readonly epoch: string
  readonly registry: Registry
  readonly limits: Limits
  now(): Millis

  // messages
  post(request: PostRequest): Promise<PostResult>
  act(request: ActRequest): Promise<ActResult>
  recall(principal: Principal, groupId: GroupId, seq: number): Promise<{ seq: number; version: number }>
  hide(principal: Principal, groupId: GroupId, seq: number, hidden: boolean): Promise<void>

  // reading; all refuse `group.not_found` to whoever is not an active member
  snapshot(principal: Principal, groupId: GroupId): Promise<Static<typeof SnapshotFrame>>
  changes(principal: Principal, groupId: GroupId, from: number): Promise<Static<typeof ChangesFrame>>
  history(
    principal: Principal,
    groupId: GroupId,
    page: { readonly before?: number; readonly after?: number; readonly limit?: number },
  ): Promise<{ messages: MessageRow[]; mine: MineRow[]; members: MemberRow[] }>
  message(principal: Principal, groupId: GroupId, seq: number): Promise<{ message: MessageRow; mine: MineRow | null }>
  members(
    principal: Principal,
    groupId: GroupId,
    page: { readonly cursor?: string; readonly limit?: number },
  ): Promise<{ members: MemberRow[]; cursor: string | null }>

  // one user's view
  read(principal: Principal, groupId: GroupId, seq: number): Promise<{ readSeq: number; unread: number }>
  conversations(principal: Principal): Promise<{ conversations: ConversationRow[]; version: number }>
  setConversation(
    principal: Principal,
    groupId: GroupId,
    patch: { readonly pinned?: boolean; readonly quiet?: boolean },
  ): Promise<void>
  me(principal: Principal): Promise<Omit<UserView, 'minor'>>
  putUser(
    appId: AppId,
    user: {
      readonly userId: UserId
      readonly name: string
      readonly avatar?: string
      readonly badge?: UserView['badge']
      readonly minor?: boolean
    },
  ): Promise<void>

  /** A feature's endpoint. Checks `by`, then runs its handler as one decision (or reading, for GET). */
  call(
    endpoint: EndpointServer,
    request: CallRequest,
    admission?: Admission,
  ): Promise<{ answer: unknown; replayed: boolean }>
  /**
   * Lets a call in whose body is still to come. Refuses what `call` would refuse whatever the body is, as far as that
   * is known by then. A core that stops meanwhile still carries the call out, and waits for its end.
   */
  admit(endpoint: EndpointServer, head: CallHead): Promise<Admission>

  /** Opens the sync protocol for one connection: catch-up of the user stream first, then frames. */
  connect(principal: Principal, resume: { readonly epoch?: string; readonly version?: number }, outlet: Outlet): Session
  /** Closes every connection of a user on every node (revoked, erased). */
  disconnect(appId: AppId, userId: UserId, code: number, reason: string): void

  /** Starts the workers: jobs, reactions, timers, folds. */
  start(): void
  /** Waits for what is under way and stops the workers. Posts and actions are refused `server.draining` from now on. */
  stop(): Promise<void>
  /** Runs everything due now: jobs, reactions, pending frames. For tests, and before a stop. */
  settle(): Promise<void>
  /** Whether nothing was begun since `settle` and no frame waits: for tests of several nodes and their clients. */
  isSettled(): boolean
}
