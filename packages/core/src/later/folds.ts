/**
 * Folds: what features learn from the log, group by group, after the fact and in its order. Posting knows nothing of
 * them: after a commit the group is noted, and workers hand a fold what came since its cursor, in the transaction that
 * moves the cursor. Knows no feature.
 */
import { type AppId, type GroupId, Refusal } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { must } from '../host/assert.ts'
import { baseCall, groupCall } from '../decide/calls.ts'
import { decide, type Decision } from '../decide/decision.ts'
import { asRefusal, type Engine } from '../ground/engine.ts'
import type { Fold, FoldCall, FoldedPost } from '../host/feature.ts'

/** Between two rounds: talk is counted soon, never at the cost of talking. */
const paceMs = 2_000
/** Groups of one round, and messages handed at once. */
const groupsAtOnce = 50
const postsAtOnce = 500
/** How often all groups are looked at for what was noted nowhere: by a node that died, or before the fold was there. */
const lookMs = 300_000
const lookMax = 1_000
/** A failed try waits this long, doubled each time up to a minute. */
const retryMs = 500
const retryMaxMs = 60_000

interface Noted {
  readonly appId: AppId
  readonly groupId: string
  /** Not before this instant, after a failure. */
  readonly at: number
}
interface Cursor {
  readonly seq: number
  readonly version: number
  readonly attempts: number
}

export class Folds {
  readonly #engine: Engine
  readonly #noted = new Map<string, Noted>()
  #nextAt = 0
  #lookAt = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Something of the group changed and was committed. Costs nothing but a note. */
  hear(appId: AppId, groupId: string): void {
    if (this.#engine.registry.folds.length === 0) return
    const key = `${appId.length}:${appId}${groupId}`
    if (!this.#noted.has(key)) this.#noted.set(key, { appId, groupId, at: 0 })
  }

  /** Runs what is noted, at its pace, or at once for one who waits. Returns how many groups had something new. */
  async run(isWaitedFor: boolean): Promise<number> {
    const { registry, elapsed, now } = this.#engine
    if (registry.folds.length === 0 || (!isWaitedFor && elapsed() < this.#nextAt)) return 0
    this.#nextAt = elapsed() + paceMs
    if (elapsed() >= this.#lookAt) await this.#look()
    const due = [...this.#noted].filter(([, noted]) => noted.at <= now()).slice(0, groupsAtOnce)
    let count = 0
    for (const [key, noted] of due) {
      this.#noted.delete(key)
      if (await this.#runGroup(key, noted)) count += 1
    }
    return count
  }

  /** [FOLD4] Groups beyond the cursor of a fold, whoever posted there. */
  async #look(): Promise<void> {
    const { store, registry, elapsed } = this.#engine
    const names = registry.folds.map((fold) => fold.name)
    const { rows } = await store.reading('*', (tx) =>
      sql<{ app_id: AppId; group_id: string }>`SELECT DISTINCT g.app_id, g.group_id FROM groups g
        CROSS JOIN unnest(${names}::text[]) AS n(fold)
        LEFT JOIN folds f ON f.app_id = g.app_id AND f.group_id = g.group_id AND f.fold = n.fold
        WHERE g.last_seq > 0 AND (g.version > coalesce(f.version, 0) OR g.last_seq > f.seq) LIMIT ${lookMax}`.execute(
        tx,
      ),
    )
    for (const { app_id, group_id } of rows) this.hear(app_id, group_id)
    this.#lookAt = elapsed() + (rows.length < lookMax ? lookMs : paceMs)
  }

  async #runGroup(key: string, noted: Noted): Promise<boolean> {
    let isMore = false
    let hadNews = false
    for (const fold of this.#engine.registry.folds) {
      try {
        const { count, more } = await this.#runFold(fold, noted)
        isMore ||= more
        hadNews ||= count > 0
      } catch (error) {
        if (asRefusal(error) instanceof Refusal) {
          // The store is away: the next round tries again.
          this.#noted.set(key, noted)
          throw error
        }
        this.#engine.onBug(error, `fold ${fold.name}`)
        this.#noted.set(key, { ...noted, at: this.#engine.now() + (await this.#noteTrouble(fold, noted, error)) })
      }
    }
    if (isMore && !this.#noted.has(key)) this.#noted.set(key, { ...noted, at: 0 })
    return hadNews
  }

  /** [FOLD1] [FOLD2] The cursor's row is locked first: on several nodes each message is handed over once. */
  #runFold(fold: Fold, { appId, groupId }: Noted): Promise<{ count: number; more: boolean }> {
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
        await fold.handle(foldCall(decision, groupId, posts, recalls.rows))
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
    const trouble = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500)
    const attempts = await store.transaction(appId, async (tx) => {
      const cursor = await lockCursor(tx, { appId, groupId, fold: fold.name })
      const isOver = cursor.attempts + 1 >= limits.attemptsMax
      await sql`UPDATE folds SET trouble = ${trouble}, attempts = ${isOver ? 0 : cursor.attempts + 1},
          seq = CASE WHEN ${isOver}::boolean THEN coalesce((SELECT min(m.seq) FROM messages m WHERE m.app_id = ${appId}
            AND m.group_id = ${groupId} AND m.seq > folds.seq), folds.seq) ELSE folds.seq END
        WHERE app_id = ${appId} AND group_id = ${groupId} AND fold = ${fold.name}`.execute(tx)
      return isOver ? 0 : cursor.attempts + 1
    })
    return attempts === 0 ? 0 : Math.min(retryMaxMs, retryMs * 2 ** Math.min(attempts, 10))
  }
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
): FoldCall {
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
