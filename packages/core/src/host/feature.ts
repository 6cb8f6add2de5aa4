/**
 * What a feature hands the engine: cards it serves, records, endpoints, guards, reactions, migrations.
 * All parts optional. The engine holds these values and knows no feature by name.
 */
import type {
  ActionsOf,
  AnswerOf,
  AppId,
  BodyOf,
  Card,
  Endpoint,
  FactsOf,
  GroupId,
  GroupRow,
  GroupSettings,
  Gives,
  InputOf,
  MemberRow,
  Millis,
  MessageRow,
  MineOf,
  ParamsOf,
  QueryOf,
  RefusalDetail,
  ReceivedOf,
  Role,
  StateOf,
  SyncedRecord,
  Text,
  UserId,
} from '@qun/contract'
import type { Audit, Migration, Tx } from '@qun/storage'
import type { Guard } from './guard.ts'

export interface Feature {
  readonly name: string
  readonly migrations?: readonly Migration[]
  readonly cards?: readonly CardServer[]
  readonly records?: readonly SyncedRecord[]
  readonly endpoints?: readonly EndpointServer[]
  readonly guards?: readonly Guard[]
  readonly reactions?: readonly Reaction[]
  /** What must hold of its rows at every commit; `check` of @qun/storage makes them. */
  readonly audits?: readonly Audit[]
  readonly folds?: readonly Fold[]
  readonly timers?: readonly Timer[]
}
export function defineFeature(feature: Feature): Feature {
  return feature
}

/** What every decision can do. All writes are in one transaction; nothing is published before it commits. */
export interface Call {
  readonly tx: Tx
  readonly appId: AppId
  /** Epoch milliseconds; the same for the whole decision. */
  readonly now: Millis
  /** Fresh random bytes as hex; 16 bytes unless told. */
  randomHex(bytes?: number): string
  /** Refuses with a code the contract (or the engine) declares. Nothing of this call is written. */
  fail(code: string, more?: RefusalDetail): never
  /** A person of this app, as the host told it; undefined when never mentioned. */
  findUser(userId: UserId): Promise<UserView | undefined>
  /** Several in one statement; who was never mentioned is missing. */
  findUsers(userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, UserView>>
  /** Writes a row only `userId` sees on their own stream, under (kind, key). Null removes it. */
  putUserRecord(userId: UserId, record: SyncedRecord, key: string, body: unknown): void
  /**
   * Writes what happened in the app, not in one group (an order, a product): reactions read it, in order per app. The
   * fact's `groupId` is ''.
   */
  recordForApp(fact: string, data: unknown): void
}
export interface UserView {
  readonly userId: UserId
  readonly name: string
  readonly avatar: string
  readonly badge: MemberRow['badge']
  /** The host says this person is under age: refuse `user.minor_restricted` where the law wants it. */
  readonly minor: boolean
}

/** A group within a decision. Its row is locked until commit, so membership and counts are exact. */
export interface GroupCall {
  readonly groupId: GroupId
  readonly row: GroupRow
  /** The row of a member, also of one who left (`active: false`). */
  findMember(userId: UserId): Promise<MemberRow | undefined>
  /** Several in one statement; who has no row is missing. */
  findMembers(userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, MemberRow>>
  /** Active members, strongest role first, then by joining. */
  listMembers(limit?: number): Promise<MemberRow[]>
  /** True if joined now, false if already a member. Refuses `group.full`, `group.dissolved`. */
  addMember(
    userId: UserId,
    options: { readonly role?: Role; readonly source: string; readonly inviterId?: UserId },
  ): Promise<boolean>
  /** Several at once: who joined now, all or nobody. */
  addMembers(
    userIds: readonly UserId[],
    options: { readonly role?: Role; readonly source: string; readonly inviterId?: UserId },
  ): Promise<UserId[]>
  /** True if removed now. Refuses `group.owner_required` for the owner. Ends their sessions' view of the group. */
  removeMember(userId: UserId): Promise<boolean>
  setRole(userId: UserId, role: Role): Promise<void>
  /** Null gives the user's own name back. */
  setNickname(userId: UserId, nickname: string | null): Promise<void>
  /** A banned person holds no membership and gains none by any path: `addMember` refuses `member.blacklisted`. */
  ban(userId: UserId): Promise<void>
  unban(userId: UserId): Promise<void>
  isBanned(userId: UserId): Promise<boolean>
  /** 0 lets them speak. */
  setMutedUntil(userId: UserId, until: Millis): Promise<void>
  update(patch: { readonly name?: string; readonly avatar?: string; readonly settings?: Partial<GroupSettings> }): void
  /** [MER10] What the merchant issues is given here no more, or again; its members go on talking. */
  setStopped(isStopped: boolean): void
  /** No post or action is taken after it; members keep reading. */
  disband(): void
  /** Posts in this decision; `senderId` '' is the system. Returns the position. */
  post(message: {
    readonly kind: string
    readonly body: unknown
    readonly senderId?: UserId | ''
    readonly clientId?: string
  }): Promise<number>
  /** Writes a row all members see under (kind, key). Null removes it. */
  putRecord(record: SyncedRecord, key: string, body: unknown): void
  /** Writes what happened; reactions of other features will read it. */
  record(fact: string, data: unknown): void
}

// ── cards ──
type AnyCard = Card<any, any, any, any, any>
export interface CardCall<C> extends Call {
  readonly groupId: GroupId
  readonly seq: number
  readonly senderId: UserId
  /** As its contract says: the ledger holds it to that. */
  readonly gives: Gives
  /** When the message was posted. */
  readonly at: Millis
  readonly body: BodyOf<C>
  readonly state: StateOf<C>
  setState(state: StateOf<C>): void
  /** What the viewer holds of this card; undefined if nothing yet. */
  mineOf(userId: UserId): Promise<MineOf<C> | undefined>
  setMine(userId: UserId, mine: MineOf<C>): void
  /** Runs a job of this card at a time, at most once in effect. Scheduling a name again moves it. */
  schedule(at: Millis, job: string, input?: unknown): void
  cancelJob(job: string): void
  record<F extends keyof FactsOf<C> & string>(fact: F, data: unknown): void
  findMember(userId: UserId): Promise<MemberRow | undefined>
  /** Many in one statement; who never was in the group is missing. */
  findMembers(userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, MemberRow>>
  isBanned(userId: UserId): Promise<boolean>
  /**
   * True once the group was disbanded, or the merchant whose value the card gives was suspended: settle, give back,
   * take nothing more.
   */
  readonly disbanded: boolean
  /** Posts into the card's group in the same transaction. Takes the group's lock. */
  post(message: { readonly kind: string; readonly body: unknown; readonly senderId?: UserId | '' }): Promise<number>
}
export interface ActionCall<C> extends CardCall<C> {
  readonly actorId: UserId
  /** The actor's row in this group; for the host acting with an API key, undefined. */
  readonly actor: MemberRow | undefined
  readonly isMinor: boolean
  /**
   * Refuses like `fail`, but what this action wrote and set so far is kept: a wrong passphrase is counted though it
   * opens nothing. The request's key stays free.
   */
  failKeeping(code: string, more?: RefusalDetail): never
}
export interface OpenCall<C> extends Omit<CardCall<C>, 'state' | 'setState' | 'at'> {
  readonly actorId: UserId
}

export interface CardHandlers<C> {
  /** Makes the first state when a card is posted. May refuse. Without it the contract's `initial` is used. */
  open?(call: OpenCall<C>): StateOf<C> | Promise<StateOf<C>>
  readonly actions?: {
    readonly [A in keyof ActionsOf<C>]: (call: ActionCall<C>, input: InputOf<C, A>) => void | Promise<void>
  }
  readonly jobs?: Readonly<Record<string, (call: CardCall<C>, input: unknown) => void | Promise<void>>>
  /** The code with which this card refuses to be recalled in its present state, if it does. */
  recallable?(state: StateOf<C>, body: BodyOf<C>): true | string
  /** Run in the decision that recalls it: give back what the card holds, drop what search or quotes keep. */
  recalled?(call: CardCall<C>): void | Promise<void>
  /** People whom a new message of this kind mentions; '*' is everybody. */
  mentions?(body: BodyOf<C>): readonly (UserId | '*')[]
}
/** A card with its handlers, types forgotten: what the engine's registry holds. */
export interface CardServer extends CardHandlers<any> {
  readonly card: AnyCard
}
export function serveCard<C extends AnyCard>(card: C, handlers: CardHandlers<C>): CardServer {
  return { card, ...handlers } as CardServer
}

// ── decisions that begin at no card ──
/** Where a message stands. */
export interface CardPlace {
  readonly groupId: GroupId
  readonly seq: number
}
/** A decision of no group and no card of its own: it reaches those it needs. */
export interface ReachingCall extends Call {
  /** Locks a group and gives its operations. Refuses `group.not_found`. */
  group(groupId: GroupId): Promise<GroupCall>
  /**
   * Locks a card of the own feature and gives what its handlers can do; also beyond the group's end. Call it before
   * `group`, several in the order of group and seq. Refuses `message.not_found`, also for a card of another kind.
   */
  card<C extends AnyCard>(card: C, at: CardPlace): Promise<CardCall<C>>
}

// ── endpoints ──
export type Caller =
  | { readonly kind: 'user'; readonly userId: UserId; readonly guest: boolean }
  | { readonly kind: 'server' }
  | { readonly kind: 'anyone' }

/** A card as an endpoint reads it; it stands for its place in queries, as the call of a handler does. */
export type ReadCard<C> = Pick<CardCall<C>, 'tx' | 'appId' | 'groupId' | 'seq' | 'senderId' | 'at' | 'body' | 'state'>
export interface EndpointCall<E> extends ReachingCall {
  readonly caller: Caller
  /** The signed-in person; refuses `auth.scope` when the host or a stranger calls. */
  readonly actorId: UserId
  readonly params: ParamsOf<E>
  readonly query: QueryOf<E>
  readonly body: ReceivedOf<E>
  /** As `ActionCall.failKeeping`: refuses, and keeps what was written. Not for a GET, which writes nothing. */
  failKeeping(code: string, more?: RefusalDetail): never
  /**
   * A card as the caller may see it, unlocked. Refuses `message.not_found`, also for a card of another kind, a recalled
   * one, and one from before the caller joined.
   */
  readCard<C extends AnyCard>(card: C, at: CardPlace): Promise<ReadCard<C>>
  /** A message as the caller may see it. Refuses `message.not_found`, also before the caller joined. */
  readMessage(groupId: GroupId, seq: number): Promise<MessageRow>
  /**
   * `withUsers`: who will be added in the same call; their rows are locked first, in order, so that calls never wait in
   * a circle.
   */
  createGroup(group: {
    readonly name: string
    readonly avatar?: string
    readonly ownerId: UserId
    readonly settings?: Partial<GroupSettings>
    /** Whose group it is; a friends' group unless told. Refuses `merchant.not_found`. */
    readonly merchantId?: string
    readonly withUsers?: readonly UserId[]
  }): Promise<GroupCall>
}
/** What an endpoint sees before the body of a call is here, from a caller whose role was checked. */
export interface HeadCall<E> {
  readonly appId: AppId
  readonly now: Millis
  readonly caller: Caller
  /** As `EndpointCall.actorId`. */
  readonly actorId: UserId
  readonly params: ParamsOf<E>
  fail(code: string, more?: RefusalDetail): never
  /** A short reading of its own: what it gives may have changed by the decision. */
  read<T>(run: (tx: Tx) => Promise<T>): Promise<T>
}
/** What it sees before its decision. */
export interface PrepareCall<E> extends HeadCall<E> {
  readonly query: QueryOf<E>
  readonly body: ReceivedOf<E>
  /** Runs work of another process, whose time is put on the caller's account as that of the store is. */
  heavy<T>(work: () => Promise<T>): Promise<T>
}
export interface EndpointServer {
  readonly endpoint: Endpoint<any, any, any, any>
  /** Refuses what needs no body to be refused: before one is read, and again before `prepare`. */
  readonly check?: (call: HeadCall<any>) => Promise<void>
  /**
   * Work that takes long and writes nothing: runs before the decision, with no connection and no lock held; not for an
   * answered retry. The caller's role is checked before it and again in the decision.
   */
  readonly prepare?: (call: PrepareCall<any>) => unknown
  /** GET handlers read in a read-only transaction; all others are one decision. */
  readonly handle: (call: EndpointCall<any>, prepared: any) => unknown
}
type Handle<E> = (call: EndpointCall<E>) => AnswerOf<E> | Promise<AnswerOf<E>>
interface PreparedHandle<E, P> {
  check?(call: HeadCall<E>): Promise<void>
  prepare(call: PrepareCall<E>): Promise<P>
  handle(call: EndpointCall<E>, prepared: P): AnswerOf<E> | Promise<AnswerOf<E>>
}
export function serveEndpoint<E extends Endpoint<any, any, any, any>, P = undefined>(
  endpoint: E,
  served: Handle<E> | PreparedHandle<E, P>,
): EndpointServer {
  return typeof served === 'function' ? { endpoint, handle: served } : { endpoint, ...served }
}

// ── reactions ──
export interface Fact {
  readonly name: string
  readonly groupId: GroupId
  /** Gap-free position among the group's facts. */
  readonly factSeq: number
  readonly at: Millis
  readonly data: unknown
}
export interface ReactionCall extends ReachingCall {
  readonly fact: Fact
  /**
   * [MER10] Makes what some live cards of a group that give a merchant's value have planned due at once: their jobs end
   * them. Those behind a position, so many; the last looked at, or undefined when there were no more. Before any group.
   */
  endPlays(of: {
    readonly groupId: GroupId
    readonly after: number
    readonly limit: number
  }): Promise<number | undefined>
}
/** Runs after a fact committed: at least once, in order per group; its writes and its done-mark are one transaction. */
export interface Reaction {
  readonly name: string
  readonly on: string
  handle(call: ReactionCall): void | Promise<void>
}
// ── folds ──
/** A message as a fold reads it. */
export interface FoldedPost {
  readonly seq: number
  /** Empty for lines of the system. */
  readonly senderId: UserId | ''
  readonly kind: string
  readonly body: unknown
  readonly at: Millis
}
export interface FoldCall extends Call {
  readonly groupId: GroupId
  /** What was posted since the last call, in the order of the log, without what was recalled meanwhile. */
  readonly posts: readonly FoldedPost[]
  /** What was recalled since, of messages it was handed before. */
  readonly recalls: readonly {
    readonly seq: number
    readonly senderId: UserId | ''
    readonly by: UserId
    readonly at: Millis
  }[]
  /** Messages by position; recalled ones are missing. */
  readPosts(seqs: Iterable<number>): Promise<ReadonlyMap<number, FoldedPost>>
  /** Locks the group and gives its operations: only when there is something to write there. */
  group(): Promise<GroupCall>
  /** Lets everybody else have a turn: for a fold that thinks about many messages, between some of them. */
  breathe(): Promise<void>
}
/**
 * Learns from what is said in groups, some seconds later: each message once, in order; its writes and its cursor
 * are one transaction. Posting knows nothing of it.
 */
export interface Fold {
  /** Never changes: the cursor is kept under it. A new name starts at the first message of each group. */
  readonly name: string
  handle(call: FoldCall): void | Promise<void>
}
// ── timers ──
export interface TimerCall extends ReachingCall {
  /** When the period began in which it runs. */
  readonly periodAt: Millis
  /** Something is left to do: it runs once more at once, in a decision of its own. */
  again(): void
}
/**
 * Work of the whole app that nobody asks for. It runs once in every period for each app; its writes and its done-mark
 * are one transaction. Periods are counted from the epoch: for a local night, run every hour and look at the clock.
 */
export interface Timer {
  /** Never changes: when it is due is kept under it. */
  readonly name: string
  readonly everyMs: number
  run(call: TimerCall): void | Promise<void>
}
export type { Role, Text }
