/**
 * Folds: what features learn from the log, group by group, after the fact and in its order. Posting knows nothing of
 * them: after a commit the group is noted, and workers hand a fold what came since its cursor, in the transaction that
 * moves the cursor. Knows no feature.
 */
import type { AppId, GroupId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'
import { must } from '../host/assert.ts'
import { baseCall, groupCall } from '../decide/calls.ts'
import type { Look, Source, Task } from './crew.ts'
import { decide, type Decision } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import type { Fold, FoldCall, FoldedPost } from '../host/feature.ts'
import { backoffAfter, isStoreTrouble, troubleOf } from './tries.ts'
import { walk } from './walk.ts'

/** From the first unheard word until it is handed over: talk is counted soon, never at the cost of talking. */
const paceMs = 2_000
/** Messages handed at once. */
const postsAtOnce = 500
/** On a busy process a group's turn is followed by a rest so many times as long. */
const restShare = 9
/** Groups of one app found for a turn of the crew. */
const groupsAtOnce = 64
/** Groups noted here at most: beyond, those left out are found by looking. */
const notedMax = 10_000
/** How often all groups are looked at for what was noted nowhere: by a node that died, or before the fold was there. */
const lookMs = 300_000
/** Groups looked at in one step: of so many that each is found by a few steps along an index. */
export const pageMax = 500

interface Noted {
  readonly appId: AppId
  readonly groupId: string
  /** The instant before which it is left alone, by the clock that only grows. */
  readonly at: number
  /** It failed: nobody is in so much of a hurry as to try again at once. */
  readonly isFailed: boolean
}
/** What others' turns took of a fold's. */
interface Breath {
  ms: number
}
interface Cursor {
  readonly seq: number
  readonly version: number
  readonly attempts: number
}
interface Place {
  readonly app_id: AppId
  readonly group_id: string
}
const start = { app_id: '' as AppId, group_id: '' }

export class Folds implements Source {
  readonly #engine: Engine
  readonly #noted = new Map<string, Noted>()
  #lookAt = 0
  /** Until then a busy process leaves talk alone. */
  #restUntil = 0
  /** The group behind which the look through all of them goes on. */
  #lookedTo: Place = start

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Something of the group changed and was committed. Costs nothing but a note. */
  hear(appId: AppId, groupId: string): void {
    this.#note({ appId, groupId, at: this.#engine.elapsed() + paceMs, isFailed: false })
  }
  #note(noted: Noted): void {
    if (this.#engine.registry.folds.length === 0) return
    const { appId, groupId, isFailed } = noted
    const key = `${appId.length}:${appId}${groupId}`
    if (this.#noted.has(key) && !isFailed) return
    if (this.#noted.size < notedMax) this.#noted.set(key, noted)
    else this.#lookAt = 0
  }

  /** Groups noted a while ago, or at all if somebody waits, some of each app; then a step of the look through all. */
  async look(isWaitedFor: boolean): Promise<Look> {
    const { registry, elapsed } = this.#engine
    if (registry.folds.length === 0) return { tasks: [] }
    const isBusy = this.#engine.isBusy()
    if (isBusy && !isWaitedFor && elapsed() < this.#restUntil) return { tasks: [] }
    const isLooking = elapsed() >= this.#lookAt && this.#noted.size < notedMax / 2
    if (isLooking) await this.#lookOn()
    const counts = new Map<AppId, number>()
    const tasks: Task[] = []
    for (const [key, { appId, at, isFailed }] of this.#noted) {
      const count = counts.get(appId) ?? 0
      if (count >= groupsAtOnce || (at > elapsed() && (isFailed || !isWaitedFor))) continue
      counts.set(appId, count + 1)
      tasks.push({ appId, key, run: () => this.#runGroup(key) })
      if (isBusy && !isWaitedFor) break
    }
    return { tasks, isMore: isLooking && elapsed() >= this.#lookAt }
  }

  /** [FOLD4] A page of groups, in the order of their key: those beyond the cursor of a fold, whoever posted there. */
  async #lookOn(): Promise<void> {
    const { store, registry, apps, elapsed } = this.#engine
    const known = registry.folds.map((fold) => fold.name)
    const asked = { after: this.#lookedTo, known, apps }
    const rows = await store.reading('*', (tx) => walk(tx, lookForGroups(asked)))
    for (const { app_id, group_id, is_behind } of rows)
      if (is_behind) this.#note({ appId: app_id, groupId: group_id, at: 0, isFailed: false })
    const isEnd = rows.length < pageMax
    this.#lookedTo = isEnd ? start : rows.at(-1)!
    if (isEnd) this.#lookAt = elapsed() + lookMs
  }

  async #runGroup(key: string): Promise<boolean> {
    const noted = this.#noted.get(key)
    if (noted === undefined) return false
    const { registry, elapsed, onBug, onWorkerTrouble } = this.#engine
    this.#noted.delete(key)
    const startedAt = elapsed()
    const breath = { ms: 0 }
    let isMore = false
    let hadNews = false
    for (const fold of registry.folds) {
      try {
        const { count, more } = await this.#runFold(fold, noted, breath)
        isMore ||= more
        hadNews ||= count > 0
      } catch (error) {
        if (isStoreTrouble(error)) onWorkerTrouble(error)
        else onBug(error, `fold ${fold.name}`)
        // Noted before it is counted: a store that is away by now takes nothing with it.
        this.#note({ ...noted, at: elapsed() + backoffAfter(1), isFailed: true })
        if (isStoreTrouble(error)) continue
        const waitMs = await this.#noteTrouble(fold, noted, error)
        this.#note({ ...noted, at: elapsed() + waitMs, isFailed: true })
      }
    }
    if (isMore) this.#note({ ...noted, at: 0, isFailed: false })
    this.#restUntil = elapsed() + restShare * (elapsed() - startedAt - breath.ms)
    return hadNews
  }

  /** [FOLD1] [FOLD2] The cursor's row is locked first: on several nodes each message is handed over once. */
  #runFold(fold: Fold, { appId, groupId }: Noted, breath: Breath): Promise<{ count: number; more: boolean }> {
    return decide(this.#engine, appId, async (decision) => {
      const { tx } = decision
      const cursor = await lockCursor(tx, { appId, groupId, fold: fold.name })
      const group = await sql<{ last_seq: number; version: number }>`SELECT last_seq, version FROM groups
        WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
      const { last_seq, version } = must(group.rows[0], 'the group noted')
      if (version === cursor.version && last_seq <= cursor.seq) return { count: 0, more: false }
      const limit = cursor.attempts > 0 ? 1 : postsAtOnce
      const { rows } = await sql<FoldedPost & { gone: boolean }>`SELECT seq, sender_id AS "senderId", kind,
          body::jsonb AS body, at, recalled_at IS NOT NULL AS gone FROM messages
        WHERE app_id = ${appId} AND group_id = ${groupId} AND seq > ${cursor.seq} AND seq <= ${last_seq}
        ORDER BY seq LIMIT ${limit}`.execute(tx)
      const recalls = await sql<FoldCall['recalls'][number]>`SELECT seq, sender_id AS "senderId", recalled_by AS by,
          recalled_at AS at FROM messages
        WHERE app_id = ${appId} AND group_id = ${groupId} AND recalled_at IS NOT NULL AND seq <= ${cursor.seq}
          AND version > ${cursor.version} AND version <= ${version} ORDER BY version`.execute(tx)
      const posts = rows.flatMap(({ gone, ...post }) => (gone ? [] : [post]))
      if (posts.length + recalls.rows.length > 0) {
        const breathe = async () => {
          const from = this.#engine.elapsed()
          await new Promise((resolve) => setImmediate(resolve))
          breath.ms += this.#engine.elapsed() - from
        }
        await fold.handle({ ...foldCall(decision, groupId, posts, recalls.rows), breathe })
      }
      await sql`UPDATE folds SET seq = ${rows.at(-1)?.seq ?? cursor.seq}, version = ${version}, attempts = 0, trouble = NULL
        WHERE app_id = ${appId} AND group_id = ${groupId} AND fold = ${fold.name}`.execute(tx)
      const more = rows.length === limit
      return { count: rows.length + recalls.rows.length, more }
    })
  }
  /** [FOLD3] Counts a failed try; the message that fails too often is passed over. Returns how long to wait. */
  async #noteTrouble(fold: Fold, { appId, groupId }: Noted, error: unknown): Promise<number> {
    const { store, limits } = this.#engine
    const trouble = troubleOf(error)
    const attempts = await store.transaction(appId, async (tx) => {
      const cursor = await lockCursor(tx, { appId, groupId, fold: fold.name })
      const isOver = cursor.attempts + 1 >= limits.attemptsMax
      await sql`UPDATE folds SET trouble = ${trouble}, attempts = ${isOver ? 0 : cursor.attempts + 1},
          seq = CASE WHEN ${isOver}::boolean THEN coalesce((SELECT min(m.seq) FROM messages m WHERE m.app_id = ${appId}
            AND m.group_id = ${groupId} AND m.seq > folds.seq), folds.seq) ELSE folds.seq END
        WHERE app_id = ${appId} AND group_id = ${groupId} AND fold = ${fold.name}`.execute(tx)
      return isOver ? 0 : cursor.attempts + 1
    })
    return attempts === 0 ? 0 : backoffAfter(attempts)
  }
}

export interface GroupsAsked {
  readonly after: Place
  readonly known: readonly string[]
  readonly apps: readonly string[] | undefined
}
/** The next groups by their key, and whether each has something that a fold of this node has not heard. */
export function lookForGroups({ after, known, apps }: GroupsAsked): RawBuilder<Place & { is_behind: boolean }> {
  const page = sql`SELECT g.app_id, g.group_id, g.version, g.last_seq FROM groups g
    WHERE ${apps === undefined ? sql`true` : sql`g.app_id = a.app_id`}
      AND (g.app_id, g.group_id) > (${after.app_id}, ${after.group_id})
    ORDER BY g.app_id, g.group_id LIMIT ${pageMax}`
  const groups =
    apps === undefined
      ? page
      : sql`SELECT p.* FROM unnest(${apps}::text[]) AS a(app_id) CROSS JOIN LATERAL (${page}) p
        ORDER BY p.app_id, p.group_id LIMIT ${pageMax}`
  return sql`SELECT g.app_id, g.group_id, g.last_seq > 0 AND EXISTS (
      SELECT FROM unnest(${known}::text[]) AS n(fold) WHERE NOT EXISTS (
        SELECT FROM folds f WHERE f.app_id = g.app_id AND f.group_id = g.group_id AND f.fold = n.fold
          AND f.version >= g.version AND f.seq >= g.last_seq)) AS is_behind
    FROM (${groups}) g`
}

async function lockCursor(
  tx: Tx,
  at: { readonly appId: string; readonly groupId: string; readonly fold: string },
): Promise<Cursor> {
  const { rows } =
    await sql<Cursor>`INSERT INTO folds (app_id, group_id, fold) VALUES (${at.appId}, ${at.groupId}, ${at.fold})
    ON CONFLICT (app_id, group_id, fold) DO UPDATE SET fold = excluded.fold RETURNING seq, version, attempts`.execute(
      tx,
    )
  return must(rows[0], 'the cursor of a fold')
}

function foldCall(
  decision: Decision,
  groupId: string,
  posts: readonly FoldedPost[],
  recalls: FoldCall['recalls'],
): Omit<FoldCall, 'breathe'> {
  const { appId, tx } = decision
  return {
    ...baseCall(decision),
    groupId: groupId as GroupId,
    posts,
    recalls,
    async readPosts(seqs) {
      const { rows } =
        await sql<FoldedPost>`SELECT seq, sender_id AS "senderId", kind, body::jsonb AS body, at FROM messages
        WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ANY(${[...seqs]}::bigint[])
          AND recalled_at IS NULL`.execute(tx)
      return new Map(rows.map((post) => [post.seq, post]))
    },
    group: async () => groupCall(await decision.lockGroup(groupId)),
  }
}
