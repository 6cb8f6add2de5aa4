/**
 * After a commit: brings news to the connections of this node. A frame is encoded once per group and shared by all who
 * have the group open; what collects until a group may flush again is one frame, the latest version of each row
 * winning.
 */
import { type AppId, closeCodes } from '@qun/contract'
import { type RawBuilder, sql } from 'kysely'
import { type Engine, groupTopic, userTopic } from '../ground/engine.ts'
import { Faces } from './faces.ts'
import { GroupHub } from './group-hub.ts'
import { GroupStarts } from './group-starts.ts'
import { UserFeed } from './user-feed.ts'

/** How often heads that are due are looked for. */
const headsEveryMs = 100

export class Fanout {
  readonly engine: Engine
  readonly faces: Faces
  readonly starts: GroupStarts
  readonly #hubs = new Map<string, GroupHub>()
  readonly #feeds = new Map<string, UserFeed>()
  readonly #dirty = new Set<GroupHub>()
  #cancelTurn: (() => void) | undefined
  #turnAt = Number.POSITIVE_INFINITY
  #isTurnNear = false
  /** The last turn was full: the next begins when sockets have been read and written, not with the next news. */
  #isFull = false
  readonly #late = new Set<GroupHub>()
  #cancelLate: (() => void) | undefined

  #cancelPoll: (() => void) | undefined
  #endLoss: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #isLooking = false
  #lookAgain = false
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(engine: Engine) {
    this.engine = engine
    this.faces = new Faces(engine)
    this.starts = new GroupStarts(engine)
  }
  /** Polls while the bus may lose messages unnoticed, and looks when it says that it lost some. */
  start(): void {
    const { bus, limits } = this.engine
    this.#endLoss = bus.onLoss?.(() => this.#look())
    if (bus.isReliable === true && bus.onLoss === undefined) return
    const next = () => {
      this.#cancelPoll = this.engine.wait(limits.hintPollMs, () => {
        if (bus.isReliable !== true) this.#look()
        next()
      })
    }
    next()
  }
  stop(): void {
    this.#cancelPoll?.()
    this.#endLoss?.()
    this.#cancelLook?.()
    this.#cancelLate?.()
  }
  /** One look at a time, and none soon after another: what is lost meanwhile is seen by the next. */
  #look(): void {
    if (this.#isLooking) this.#lookAgain = true
    if (this.#isLooking || this.#cancelLook !== undefined) return
    const due = this.#lookedAt + this.engine.limits.hintPollMs / 4
    this.#cancelLook = this.engine.wait(Math.max(0, due - this.engine.elapsed()), () => {
      this.#cancelLook = undefined
      this.#isLooking = true
      this.#lookAgain = false
      this.#lookedAt = this.engine.elapsed()
      const looking = this.engine.track(this.poll()).catch((error: unknown) => this.engine.onWorkerTrouble(error))
      void looking.finally(() => {
        this.#isLooking = false
        if (this.#lookAgain) this.#look()
      })
    })
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
    if (this.#isTurnNear || this.#isFull) return
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
   * [SYNC25] Hubs that may flush get one slice each, who waits longest first, until the turn is full; what is left goes
   * on in a later turn, so that no group waits for a giant. Whatever is said meanwhile in a group that waits goes out
   * in the same write: under a load that writing alone cannot carry, the queue stands where waiting saves work.
   */
  #turn(): void {
    this.#isTurnNear = false
    this.#isFull = false
    const now = this.engine.elapsed()
    let next = Number.POSITIVE_INFINITY
    let frames = 0
    const again: GroupHub[] = []
    for (const hub of this.#dirty) {
      if (frames >= this.engine.limits.turnFramesMax) {
        this.#isFull = true
        next = now
        break
      }
      const { at, count } = hub.flush(now)
      frames += count
      if (at === undefined || count > 0) this.#dirty.delete(hub)
      if (at === undefined) continue
      next = Math.min(next, at)
      if (count > 0) again.push(hub)
    }
    for (const hub of again) this.#dirty.add(hub)
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
      await this.#ask(appId, hubs, (hub) => hub.groupId, groupVersions)
      await this.#ask(appId, feeds, (feed) => feed.userId, userVersions)
    }
  }
  async #ask<T extends { noteStored(version: number): void }>(
    appId: AppId,
    followed: readonly T[],
    idOf: (one: T) => string,
    versions: VersionsOf,
  ): Promise<void> {
    const { lookMax } = this.engine.limits
    for (let at = 0; at < followed.length; at += lookMax) {
      const asked = followed.slice(at, at + lookMax)
      const { rows } = await this.engine.store.reading(appId, (tx) => versions(appId, asked.map(idOf)).execute(tx))
      const stored = new Map(rows.map((row) => [row.id, row.version]))
      for (const one of asked) one.noteStored(stored.get(idOf(one)) ?? 0)
    }
  }
  /** The store is another one: every connection ends, and comes back to start over. */
  cutAll(): void {
    for (const feed of [...this.#feeds.values()]) feed.cut(closeCodes.tryLater, 'sync.reset')
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

type VersionsOf = (appId: AppId, ids: readonly string[]) => RawBuilder<{ id: string; version: number }>
const groupVersions: VersionsOf = (appId, ids) =>
  sql`SELECT group_id AS id, version FROM groups WHERE app_id = ${appId} AND group_id = ANY(${ids}::text[])`
const userVersions: VersionsOf = (appId, ids) =>
  sql`SELECT user_id AS id, version FROM users WHERE app_id = ${appId} AND user_id = ANY(${ids}::text[])`

type Followed = { readonly hubs: GroupHub[]; readonly feeds: UserFeed[] }
function entryOf(apps: Map<AppId, Followed>, appId: AppId): Followed {
  let entry = apps.get(appId)
  if (entry === undefined) apps.set(appId, (entry = { hubs: [], feeds: [] }))
  return entry
}
