/**
 * Commits of which nobody knows whether they went through. Once the store answers again, every node is told how far the
 * groups and people concerned are; nodes that heard less read the rest. Knows nothing of what was written.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import { type Engine, groupTopic, userTopic } from '../ground/engine.ts'

interface Doubt {
  readonly groups: Set<string>
  readonly users: Set<string>
}

export class Doubts {
  readonly #engine: Engine
  #open = new Map<AppId, Doubt>()
  #isPlanned = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  add(appId: AppId, groupIds: Iterable<string>, userIds: Iterable<string> = []): void {
    let doubt = this.#open.get(appId)
    if (doubt === undefined) this.#open.set(appId, (doubt = { groups: new Set(), users: new Set() }))
    for (const groupId of groupIds) doubt.groups.add(groupId)
    for (const userId of userIds) doubt.users.add(userId)
    this.#plan()
  }
  /** Resolves what can be resolved now. */
  async settle(): Promise<void> {
    const asked = this.#open
    this.#open = new Map()
    for (const [appId, doubt] of asked) {
      try {
        await this.#resolve(appId, doubt)
      } catch (error) {
        this.#engine.onWorkerTrouble(error)
        this.add(appId, doubt.groups, doubt.users)
      }
    }
  }
  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    this.#engine.wait(this.#engine.limits.hintPollMs, () => {
      this.#isPlanned = false
      void this.#engine.track(this.settle())
    })
  }
  async #resolve(appId: AppId, { groups, users }: Doubt): Promise<void> {
    const { store, bus } = this.#engine
    const stored = await store.reading(appId, async (tx) => ({
      groups: await sql<{ id: string; version: number }>`SELECT group_id AS id, version FROM groups
        WHERE app_id = ${appId} AND group_id = ANY(${[...groups]}::text[])`.execute(tx),
      users: await sql<{ id: string; version: number }>`SELECT user_id AS id, version FROM users
        WHERE app_id = ${appId} AND user_id = ANY(${[...users]}::text[])`.execute(tx),
    }))
    const hint = (version: number) => JSON.stringify({ from: 0, to: 0, stored: version, index: [] })
    for (const { id, version } of stored.groups.rows) bus.publish(groupTopic(appId, id), hint(version))
    for (const { id, version } of stored.users.rows) bus.publish(userTopic(appId, id), hint(version))
  }
}
