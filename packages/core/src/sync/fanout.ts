/**
 * After a commit: brings news to the connections of this node. A frame is encoded once per group and shared by all who
 * have the group open; what collects until a group may flush again is one frame, the latest version of each row
 * winning.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import { type Engine, groupTopic, userTopic } from '../ground/engine.ts'
import { Faces } from './faces.ts'
import { GroupHub } from './group-hub.ts'
import { UserFeed } from './user-feed.ts'

/** How often heads that are due are looked for. */
const headsEveryMs = 100

export class Fanout {
  readonly engine: Engine
  readonly faces: Faces
  readonly #hubs = new Map<string, GroupHub>()
  readonly #feeds = new Map<string, UserFeed>()
  readonly #dirty = new Set<GroupHub>()
  #cancelTurn: (() => void) | undefined
  #turnAt = Number.POSITIVE_INFINITY
  #isTurnNear = false
  readonly #late = new Set<GroupHub>()
  #cancelLate: (() => void) | undefined

  #cancelPoll: (() => void) | undefined

  constructor(engine: Engine) {
    this.engine = engine
    this.faces = new Faces(engine)
  }
  /** Polls while the bus may lose messages; a reliable one needs none. */
  start(): void {
    if (this.engine.bus.isReliable === true) return
    const next = () => {
      this.#cancelPoll = this.engine.wait(this.engine.limits.hintPollMs, () => {
        const polled = this.poll().catch((error: unknown) => this.engine.onWorkerTrouble(error))
        void polled.finally(next)
      })
    }
    next()
  }
  stop(): void {
    this.#cancelPoll?.()
    this.#cancelLate?.()
  }

  hub(appId: AppId, groupId: string): GroupHub {
    const topic = groupTopic(appId, groupId)
    let hub = this.#hubs.get(topic)
    if (hub === undefined) {
      hub = new GroupHub(this, appId, groupId, () => this.#hubs.delete(topic))
      this.#hubs.set(topic, hub)
    }
    return hub
  }
  feed(appId: AppId, userId: string): UserFeed {
    const topic = userTopic(appId, userId)
    let feed = this.#feeds.get(topic)
    if (feed === undefined) {
      feed = new UserFeed(this.engine, appId, userId, () => this.#feeds.delete(topic))
      this.#feeds.set(topic, feed)
    }
    return feed
  }

  /** Rows of this hub wait to go out at `at` (on the clock of `engine.elapsed`). */
  schedule(hub: GroupHub, at: number): void {
    this.#dirty.add(hub)
    if (at > this.engine.elapsed()) return this.#plan(at)
    if (this.#isTurnNear) return
    // Once all news of this commit are in, and before the turn ends: acknowledgements and rows share one write.
    this.#isTurnNear = true
    queueMicrotask(() => this.#turn())
  }
  #plan(at: number): void {
    if (at >= this.#turnAt) return
    this.#cancelTurn?.()
    this.#turnAt = at
    this.#cancelTurn = this.engine.wait(Math.max(0, at - this.engine.elapsed()), () => {
      this.#turnAt = Number.POSITIVE_INFINITY
      this.#turn()
    })
  }
  /**
   * Each hub that may flush gets one slice; what is left goes on in a later turn, so that no group waits for a giant.
   */
  #turn(): void {
    this.#isTurnNear = false
    let next = Number.POSITIVE_INFINITY
    for (const hub of this.#dirty) {
      const at = hub.flush(this.engine.elapsed())
      if (at === undefined) this.#dirty.delete(hub)
      else next = Math.min(next, at)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#plan(next)
  }
  /** The head of this hub is to be sent once it is due: looked after coarsely, since nobody waits for a list. */
  scheduleHead(hub: GroupHub): void {
    if (this.#late.has(hub)) return
    if (hub.sendHead(this.engine.elapsed())) return
    this.#late.add(hub)
    this.#cancelLate ??= this.engine.wait(headsEveryMs, () => this.#sendHeads())
  }
  #sendHeads(): void {
    this.#cancelLate = undefined
    for (const hub of this.#late) if (hub.sendHead(this.engine.elapsed())) this.#late.delete(hub)
    if (this.#late.size > 0) this.#cancelLate = this.engine.wait(headsEveryMs, () => this.#sendHeads())
  }
  /**
   * Asks the store which of the followed groups and users are further than this node heard: what a lossy bus swallowed
   * arrives at the next poll.
   */
  async poll(): Promise<void> {
    const apps = new Map<AppId, Followed>()
    for (const hub of this.#hubs.values()) entryOf(apps, hub.appId).hubs.push(hub)
    for (const feed of this.#feeds.values()) entryOf(apps, feed.appId).feeds.push(feed)
    for (const [appId, { hubs, feeds }] of apps) {
      const { groups, users } = await this.engine.store.reading(appId, async (tx) => ({
        groups: await sql<{ id: string; version: number }>`SELECT group_id AS id, version FROM groups
          WHERE app_id = ${appId} AND group_id = ANY(${hubs.map((hub) => hub.groupId)}::text[])`.execute(tx),
        users: await sql<{ id: string; version: number }>`SELECT user_id AS id, version FROM users
          WHERE app_id = ${appId} AND user_id = ANY(${feeds.map((feed) => feed.userId)}::text[])`.execute(tx),
      }))
      const groupVersions = new Map(groups.rows.map((row) => [row.id, row.version]))
      const userVersions = new Map(users.rows.map((row) => [row.id, row.version]))
      for (const hub of hubs) hub.noteStored(groupVersions.get(hub.groupId) ?? 0)
      for (const feed of feeds) feed.noteStored(userVersions.get(feed.userId) ?? 0)
    }
  }
  /** Whether nothing waits to be sent. */
  get isSent(): boolean {
    return this.#dirty.size === 0 && this.#late.size === 0
  }
  /** Sends all that waits, at once. */
  async settle(): Promise<void> {
    for (const hub of [...this.#hubs.values()]) await hub.settle()
    for (const hub of [...this.#dirty]) {
      hub.flushAll()
      this.#dirty.delete(hub)
    }
    for (const hub of this.#late) hub.flushAll()
    this.#late.clear()
    for (const feed of [...this.#feeds.values()]) await feed.settle()
  }
}

type Followed = { readonly hubs: GroupHub[]; readonly feeds: UserFeed[] }
function entryOf(apps: Map<AppId, Followed>, appId: AppId): Followed {
  let entry = apps.get(appId)
  if (entry === undefined) apps.set(appId, (entry = { hubs: [], feeds: [] }))
  return entry
}
