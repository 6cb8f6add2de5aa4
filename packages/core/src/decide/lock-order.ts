/**
 * The one order in which a decision takes the locks of the engine: messages by group and seq, groups by id, users by
 * id, and the facts of the app last of all. Whoever needs a lock below one it holds begins again and takes it in its
 * place: two decisions never wait for each other, whatever their handlers ask for and when.
 */
import { sql } from 'kysely'
import type { Footing } from './footing.ts'
import { Overtaken } from './overtaken.ts'
import type { MemberDbRow } from '../ground/store.ts'

export type Lock =
  | { readonly kind: 'message'; readonly groupId: string; readonly seq: number }
  | { readonly kind: 'group'; readonly groupId: string }
  | { readonly kind: 'user'; readonly userId: string }

/** A decision as far as its locks go. */
export interface Ordered extends Footing {
  readonly order: LockOrder
}
interface Locking extends Footing {
  lockGroup(groupId: string): Promise<unknown>
}

/** What earlier runs of a decision had to lock out of turn, by key. */
export type Foreseen = Map<string, Lock>

export class LockOrder {
  readonly #decision: Locking
  readonly #foreseen: Foreseen
  readonly #held = new Set<string>()
  #last = ''

  constructor(decision: Locking, foreseen: Foreseen) {
    this.#decision = decision
    this.#foreseen = foreseen
  }

  /**
   * Called before the statement that locks these; that statement takes them in the order of their keys. What an earlier
   * run needed on the way is locked first.
   */
  async reach(wanted: readonly Lock[]): Promise<void> {
    const fresh = new Map(wanted.map((lock) => [keyOf(lock), lock]))
    for (const key of fresh.keys()) if (this.#held.has(key)) fresh.delete(key)
    if (fresh.size === 0) return
    const keys = [...fresh.keys()].toSorted()
    if (keys[0]! < this.#last) throw this.overtaken([...fresh.values()])
    this.#last = keys.at(-1)!
    const early = [...this.#foreseen].filter(([key]) => key <= this.#last && !this.#held.has(key))
    const all = new Map([...early, ...fresh])
    for (const key of all.keys()) this.#held.add(key)
    if (early.length > 0) await this.#take([...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, lock]) => lock))
  }
  /** What this decision made itself: nobody else can hold it, so it has no turn. */
  made(lock: Lock): void {
    this.#held.add(keyOf(lock))
  }
  /** Remembers the locks for the next run; what it gives is thrown. */
  overtaken(locks: readonly Lock[]): Overtaken {
    for (const lock of locks) this.#foreseen.set(keyOf(lock), lock)
    return new Overtaken(`${locks.map(keyOf).join()} after ${this.#last}`)
  }

  async #take(locks: readonly Lock[]): Promise<void> {
    const { appId, tx } = this.#decision
    for (const lock of locks) {
      if (lock.kind === 'message') {
        await sql`SELECT 1 FROM messages WHERE app_id = ${appId} AND group_id = ${lock.groupId} AND seq = ${lock.seq}
          FOR UPDATE`.execute(tx)
      } else if (lock.kind === 'group') await this.#decision.lockGroup(lock.groupId)
    }
    const userIds = locks.flatMap((lock) => (lock.kind === 'user' ? [lock.userId] : []))
    if (userIds.length > 0) await makeUsers(this.#decision, userIds)
  }
}

/** Takes the rows of people in the order of their ids, making those nobody mentioned before; held until commit. */
export async function lockUsers(decision: Ordered, userIds: readonly string[]): Promise<LockedUser[]> {
  const ids = [...new Set(userIds)].toSorted()
  await decision.order.reach(ids.map((userId) => ({ kind: 'user', userId })))
  return makeUsers(decision, ids)
}
type LockedUser = Pick<MemberDbRow, 'user_id' | 'name' | 'avatar' | 'badge'>
/** NOTE: the order is the one given, not a collation's: statements for some and for others must agree. */
async function makeUsers({ appId, tx }: Footing, ids: readonly string[]): Promise<LockedUser[]> {
  const { rows } = await sql<LockedUser>`INSERT INTO users (app_id, user_id, name) SELECT ${appId}, t.id, t.id
    FROM unnest(${ids}::text[]) WITH ORDINALITY AS t (id, place) ORDER BY t.place
    ON CONFLICT (app_id, user_id) DO UPDATE SET name = users.name
    RETURNING user_id, name, avatar, badge`.execute(tx)
  return rows
}

/** Its order as text is the order of the locks. */
function keyOf(lock: Lock): string {
  switch (lock.kind) {
    case 'message':
      return `1 ${lock.groupId} ${String(lock.seq).padStart(16, '0')}`
    case 'group':
      return `2 ${lock.groupId}`
    case 'user':
      return `3 ${lock.userId}`
  }
}
