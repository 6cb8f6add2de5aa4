/** One user on this node: their connections, and the stream of what only they may see. */
import type { AppId } from '@qun/contract'
import { type Engine, userTopic } from '../ground/engine.ts'
import { type Publication, readPublication, type UserNews } from '../ground/publication.ts'
import { changesText } from '../read/reading.ts'
import type { Listener } from './listener.ts'

export class UserFeed {
  readonly appId: AppId
  readonly userId: string
  readonly #sessions = new Set<Listener>()
  readonly #engine: Engine
  readonly #unsubscribe: () => void
  readonly #end: () => void
  #reading: Promise<void> | undefined

  constructor(engine: Engine, appId: AppId, userId: string, end: () => void) {
    this.#engine = engine
    this.appId = appId
    this.userId = userId
    this.#end = end
    this.#unsubscribe = engine.bus.subscribe(
      userTopic(appId, userId),
      (message) => this.#receive(readPublication<UserNews>(message)),
      (version) => this.noteStored(version),
    )
  }
  add(session: Listener): void {
    this.#sessions.add(session)
  }
  remove(session: Listener): void {
    this.#sessions.delete(session)
    if (this.#sessions.size > 0) return
    this.#unsubscribe()
    this.#end()
  }
  get size(): number {
    return this.#sessions.size
  }

  #receive({ news, rows }: Publication<UserNews>): void {
    if (news.stored !== undefined) return this.noteStored(news.stored)
    if (news.cut !== undefined) return this.cut(news.cut.code, news.cut.reason)
    // A decision about very many people carries no rows: each connection reads its own.
    const isWhole = rows.length > 0 || news.from === news.to
    const packet = { text: changesText(`user/${this.userId}`, { from: news.from, to: news.to, rows }) }
    for (const session of this.#sessions) {
      if (!isWhole || !session.canTake(news.from)) this.#reading = this.#engine.track(session.catchUp())
      else if (session.isBehind(news.to)) {
        // Only in their order: news of a leaving that come after those of a return must not undo it.
        for (const groupId of news.unfollow ?? []) session.unfollow(groupId)
        for (const [groupId, joinSeq, version] of news.follow ?? []) session.follow(groupId, joinSeq, version)
        session.pushUser(packet, news.to)
      }
    }
  }
  /** Ends all connections; they hear nothing more, however long their sockets take to close. */
  cut(code: number, reason: string): void {
    for (const session of [...this.#sessions]) {
      session.outlet.close(code, reason)
      session.close()
    }
  }
  /** The store is at this version: connections that were told less read for themselves. */
  noteStored(version: number): void {
    for (const session of this.#sessions)
      if (session.isBehind(version)) this.#reading = this.#engine.track(session.catchUp())
  }
  async settle(): Promise<void> {
    await this.#reading
  }
}
