/**
 * Forgets what is old, a bounded batch at a time and until none is left: answers to old keys, and reactions that no
 * node has known for long with what waits for them. A batch that failed is done again. Knows no feature.
 */
import { sql, type RawBuilder } from 'kysely'
import type { Look, Source } from './crew.ts'
import type { Engine } from '../ground/engine.ts'
import { lookForOrphans, noteReactions, orphansMax, type Queue } from './reaction-queue.ts'
import { never } from './tries.ts'
import { walk } from './walk.ts'

/** Between two looks for what is old: what one finds takes far less than this to delete. */
const paceMs = 600_000
/** Nodes that come back after long do not judge each other's reactions before all had the time to start. */
const namesAfterMs = 3_600_000
/** Rows deleted in one transaction: a few milliseconds, however large the table. */
export const batchMax = 1_000

/** Does one batch; whether there is another. */
type Chore = () => Promise<boolean>
const start = { app_id: '', reaction: '' }

export class Sweep implements Source {
  readonly #engine: Engine
  readonly #chores: ReadonlyMap<string, Chore>
  readonly #nextAt = new Map<string, number>()
  /** The queue behind which the look for orphaned ones goes on. */
  #after = start

  constructor(engine: Engine) {
    this.#engine = engine
    this.#chores = new Map<string, Chore>([
      ['keys', () => this.#forgetKeys()],
      ['names', () => this.#forgetNames()],
    ])
    this.#nextAt.set('names', engine.elapsed() + namesAfterMs)
  }

  look(): Promise<Look> {
    const { elapsed } = this.#engine
    const due = [...this.#chores].filter(([name]) => elapsed() >= (this.#nextAt.get(name) ?? 0))
    return Promise.resolve({
      tasks: due.map(([name, chore]) => ({ appId: name, key: name, run: () => this.#run(name, chore) })),
    })
  }
  /** One batch. The chore is done for now once it was and left nothing. */
  async #run(name: string, chore: Chore): Promise<boolean> {
    const isMore = await chore()
    if (!isMore) this.#nextAt.set(name, this.#engine.elapsed() + paceMs)
    return isMore
  }

  async #forgetKeys(): Promise<boolean> {
    const { store, now, limits } = this.#engine
    const before = now() - limits.idempotencyKeptMs
    const rows = await store.transaction('*', (tx) => walk(tx, deleteKeys(before)))
    return rows.length === batchMax
  }
  /** [REACT6] Tells that this node's reactions live, and drops those of which no node has told for long. */
  async #forgetNames(): Promise<boolean> {
    const { registry, apps, now, limits, store } = this.#engine
    await store.transaction('*', async (tx) => {
      await noteReactions(registry.reactions, apps, now()).execute(tx)
      await deleteNames(now() - limits.unknownKeptMs, apps).execute(tx)
    })
    const rows = await store.reading('*', (tx) => walk(tx, lookForOrphans(this.#after, apps)))
    const orphan = rows.find((row) => row.is_orphan)
    if (orphan !== undefined) {
      await store.transaction('*', (tx) => walk(tx, deleteOrphans(orphan)))
      return true
    }
    const isEnd = rows.length < orphansMax
    this.#after = isEnd ? start : rows.at(-1)!
    return !isEnd
  }
}

/** Answers to keys of requests before an instant, oldest first. */
export function deleteKeys(before: number): RawBuilder<unknown> {
  return sql`DELETE FROM idempotency WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM idempotency WHERE at < ${before} ORDER BY at LIMIT ${batchMax} FOR UPDATE SKIP LOCKED))
    RETURNING 1`
}
/** Reactions that no node has told of since an instant. */
function deleteNames(before: number, apps: readonly string[] | undefined): RawBuilder<unknown> {
  const inApps = apps === undefined ? sql`true` : sql`scope = ANY(${apps}::text[])`
  return sql`DELETE FROM reaction_names WHERE seen_at < ${before} AND ${inApps}`
}
/** A batch of what waits for a reaction that is gone. */
export function deleteOrphans({ app_id, reaction }: Queue): RawBuilder<unknown> {
  return sql`DELETE FROM reaction_queue WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM reaction_queue
      WHERE lease_until < ${sql.lit(never)} AND app_id = ${app_id} AND reaction = ${reaction}
      ORDER BY group_id, fact_seq LIMIT ${batchMax} FOR UPDATE SKIP LOCKED))`
}
