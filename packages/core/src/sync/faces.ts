/**
 * How groups look in lists of conversations: name, picture, number of members, and what somebody is called there. Many
 * groups speak at once, so what is asked while one reading is under way shares the next. Knows no feature.
 */
import type { AppId, MemberRow } from '@qun/contract'
import { sql } from 'kysely'
import type { Engine } from '../ground/engine.ts'
import type { Speaker } from '../ground/row-text.ts'

export interface Face {
  /** Of the group, when this was so. */
  readonly version: number
  readonly name: string
  readonly avatar: string
  readonly memberCount: number
  /** What the person asked for is called in the group; empty for one who was never in it. */
  readonly speaker: Speaker
}
interface Asked {
  readonly groupId: string
  readonly speakerId: string
  readonly resolve: (face: Face) => void
  readonly reject: (error: unknown) => void
}
/** Faces of one statement. */
const facesAtOnce = 500
const unknownFace: Face = { version: 0, name: '', avatar: '', memberCount: 0, speaker: { name: '', badge: null } }

export class Faces {
  readonly #engine: Engine
  readonly #waiting = new Map<AppId, Asked[]>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The face of a group with the name of a person in it. Rejects while the store is away. */
  read(appId: AppId, groupId: string, speakerId: string): Promise<Face> {
    return new Promise((resolve, reject) => {
      const asked = { groupId, speakerId, resolve, reject }
      const waiting = this.#waiting.get(appId)
      if (waiting !== undefined) return void waiting.push(asked)
      this.#waiting.set(appId, [asked])
      // What is asked in the same turn goes together.
      queueMicrotask(() => void this.#engine.track(this.#readAll(appId)))
    })
  }

  async #readAll(appId: AppId): Promise<void> {
    for (let waiting = this.#waiting.get(appId); waiting !== undefined && waiting.length > 0;) {
      const batch = waiting.splice(0, facesAtOnce)
      try {
        const faces = await this.#readBatch(appId, batch)
        for (const [i, asked] of batch.entries()) asked.resolve(faces.get(i) ?? unknownFace)
      } catch (error) {
        for (const asked of batch) asked.reject(error)
      }
      waiting = this.#waiting.get(appId)
    }
    this.#waiting.delete(appId)
  }

  /** NOTE: the sub-selects find their rows by key whatever the planner believes of the tables' sizes. */
  async #readBatch(appId: AppId, batch: readonly Asked[]): Promise<ReadonlyMap<number, Face>> {
    const { rows } = await this.#engine.store.reading(appId, (tx) =>
      sql<
        Omit<Face, 'speaker'> & { i: number; speakerName: string; badge: MemberRow['badge'] }
      >`SELECT t.i::int - 1 AS i,
          g.*, coalesce(s.name, '') AS "speakerName", s.badge
        FROM unnest(${batch.map((asked) => asked.groupId)}::text[], ${batch.map((asked) => asked.speakerId)}::text[])
          WITH ORDINALITY AS t(group_id, user_id, i)
        CROSS JOIN LATERAL (SELECT version, name, avatar, member_count AS "memberCount" FROM groups
          WHERE app_id = ${appId} AND group_id = t.group_id OFFSET 0) g
        LEFT JOIN LATERAL (SELECT coalesce(m.nickname, u.name) AS name, u.badge FROM members m
          JOIN users u ON u.app_id = m.app_id AND u.user_id = m.user_id
          WHERE m.app_id = ${appId} AND m.group_id = t.group_id AND m.user_id = t.user_id OFFSET 0) s ON true`.execute(
        tx,
      ),
    )
    return new Map(rows.map(({ i, speakerName: name, badge, ...face }) => [i, { ...face, speaker: { name, badge } }]))
  }
}
