/** What may refuse a post before it reaches the log: types only. */
import type { AppId, Endpoint, GroupId, Millis, RefusalDetail, Role, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'

export interface PostAttempt {
  readonly appId: AppId
  readonly groupId: GroupId
  readonly senderId: UserId
  readonly kind: string
  readonly body: unknown
  readonly now: Millis
  fail(code: string, more?: RefusalDetail): never
  /** The sender's role; `server` for the host. Read when asked for. */
  readRole(): Promise<Role | 'server'>
  /** Which of these are active members of the group, in one statement. */
  findMembers(userIds: Iterable<UserId>): Promise<ReadonlySet<UserId>>
  /** Whether the sender may see that position, and whether what is there was taken back. */
  sightOf(seq: number): Promise<'visible' | 'recalled' | 'unseen'>
  /** A short transaction of its own, before the post: for counting what is scarce. */
  decide<T>(run: (tx: Tx) => Promise<T>): Promise<T>
}
/** May refuse a post before it reaches the log. Runs on the hot path: no storage unless it must. */
export interface Guard {
  readonly name: string
  /** Kinds it looks at; all when absent. */
  readonly kinds?: readonly string[]
  /**
   * A rewritten body replaces the posted one (normalisation); undefined leaves it. A promise is awaited, a value costs
   * no wait.
   */
  post(attempt: PostAttempt): unknown
  readonly refusals?: Endpoint['refusals']
}
