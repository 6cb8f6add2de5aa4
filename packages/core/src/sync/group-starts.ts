/**
 * Where groups stand when this node begins to follow them. Somebody who connects may be the first here in hundreds of
 * groups, so what is asked in one turn is one statement. Knows no feature.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import type { Engine } from '../ground/engine.ts'
import { type LastWords, wordsOf } from '../ground/publication.ts'
import type { GroupDbRow, MessageDbRow } from '../ground/store.ts'
import { summaryOf } from '../read/conversations.ts'

/** Version and counters are of one instant: with a version alone, news would be taken in and then overwritten. */
export interface GroupStart {
  readonly row: Pick<GroupDbRow, 'version' | 'member_count' | 'last_seq' | 'last_ordinal' | 'last_at'> | undefined
  readonly last: LastWords | undefined
}
interface Asked {
  readonly groupId: string
  readonly resolve: (start: GroupStart) => void
  readonly reject: (error: unknown) => void
}
type StartRow = NonNullable<GroupStart['row']> &
  Pick<GroupDbRow, 'group_id'> & {
    [K in 'seq' | 'sender_id' | 'kind' | 'body' | 'state' | 'spoken_as']: MessageDbRow[K] | null
  }

/** Groups of one statement; their last words are a few hundred bytes each, and never above 64 KiB. */
const startsAtOnce = 500

export class GroupStarts {
  readonly #engine: Engine
  readonly #waiting = new Map<AppId, Asked[]>()

  constructor(engine: Engine) {
    this.#engine = engine
  }
  /** Nothing is known of a group that does not exist. Rejects while the store is away. */
  read(appId: AppId, groupId: string): Promise<GroupStart> {
    return new Promise((resolve, reject) => {
      const asked = { groupId, resolve, reject }
      const waiting = this.#waiting.get(appId)
      if (waiting !== undefined) return void waiting.push(asked)
      this.#waiting.set(appId, [asked])
      queueMicrotask(() => {
        const all = this.#waiting.get(appId) ?? []
        this.#waiting.delete(appId)
        void this.#engine.track(this.#readAll(appId, all))
      })
    })
  }
  async #readAll(appId: AppId, all: readonly Asked[]): Promise<void> {
    for (let from = 0; from < all.length; from += startsAtOnce) {
      const batch = all.slice(from, from + startsAtOnce)
      try {
        const starts = await this.#readBatch(
          appId,
          batch.map((asked) => asked.groupId),
        )
        for (const { groupId, resolve } of batch) resolve(starts.get(groupId) ?? { row: undefined, last: undefined })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
  }
  /** [PLAN1] NOTE: the sub-selects find their rows by key whatever the planner believes of the tables' sizes. */
  async #readBatch(appId: AppId, groupIds: readonly string[]): Promise<ReadonlyMap<string, GroupStart>> {
    const { rows } = await this.#engine.store.reading(appId, (tx) =>
      sql<StartRow>`SELECT g.*, w.* FROM unnest(${groupIds}::text[]) AS k(id)
        CROSS JOIN LATERAL (SELECT group_id, version, member_count, last_seq, last_ordinal, last_at, last_word_seq FROM groups
          WHERE app_id = ${appId} AND group_id = k.id OFFSET 0) g
        LEFT JOIN LATERAL (SELECT seq, sender_id, kind, body, state, spoken_as FROM messages
          WHERE app_id = ${appId} AND group_id = k.id AND seq = g.last_word_seq OFFSET 0) w ON true`.execute(tx),
    )
    return new Map(rows.map((row) => [row.group_id, { row, last: this.#lastOf(row) }]))
  }
  #lastOf({ seq, sender_id, kind, body, state, spoken_as }: StartRow): LastWords | undefined {
    if (seq === null || kind === null) return undefined
    const [said, now] = [body, state].map((text) => (text === null ? undefined : (JSON.parse(text) as unknown)))
    const summary = summaryOf(this.#engine.registry, kind, said, now)
    return wordsOf({ seq, sender_id: sender_id ?? '', kind, spoken_as }, summary)
  }
}
