/**
 * Jobs of cards: found when they are due, leased, and done in the transaction that removes them. A job is due at its
 * `run_at`, which moves while it is held and after it failed. Knows no kind.
 */
import type { AppId } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'
import { openCard } from '../decide/card-work.ts'
import type { Look, Source, Task } from './crew.ts'
import { decide, type Decision } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import { cutOff, isStoreTrouble, never, triesAtLease, verdictOf } from './tries.ts'
import { walk } from './walk.ts'

/** NOTE: `lease_until` is what nodes of an earlier release move instead; theirs are left to them. */
interface HeldJob {
  /** Empty: an earlier release scheduled it. */
  readonly kind: string
  readonly input: string
  readonly attempts: number
}
interface DueJob {
  readonly app_id: AppId
  readonly group_id: string
  readonly seq: number
  readonly job: string
}
/** A job name of a kind in an app, and one of its due jobs: nulls where it had none that this node may take. */
interface SeenJob {
  readonly app_id: AppId
  readonly kind: string
  readonly job: string
  readonly group_id: string | null
  readonly seq: number | null
}
export interface JobsAsked {
  readonly after: { readonly app_id: string; readonly kind: string; readonly job: string }
  /** `kind/job` of what this node knows. */
  readonly known: readonly string[]
  readonly apps: readonly string[] | undefined
  readonly now: number
}

/** Names of jobs seen in one look, and due jobs of each. */
export const namesMax = 128
export const duePerName = 16
const start = { app_id: '', kind: '', job: '' }

export class Jobs implements Source {
  readonly #engine: Engine
  readonly #known: readonly string[]
  #after = start

  constructor(engine: Engine) {
    this.#engine = engine
    this.#known = [...engine.registry.cards].flatMap(([kind, server]) =>
      Object.keys(server.jobs ?? {}).map((job) => `${kind}/${job}`),
    )
  }

  async look(): Promise<Look> {
    if (this.#known.length === 0) return { tasks: [] }
    const { store, apps, now } = this.#engine
    const asked = { after: this.#after, known: this.#known, apps, now: now() }
    const rows = await store.reading('*', (tx) => walk(tx, lookForJobs(asked)))
    const last = rows.at(-1)
    const names = new Set(rows.map(({ app_id, kind, job }) => JSON.stringify([app_id, kind, job])))
    const isEnd = last === undefined || names.size < namesMax
    const isMore = !isEnd || this.#after !== start
    this.#after = isEnd ? start : { app_id: last.app_id, kind: last.kind, job: last.job }
    return { tasks: rows.flatMap((row) => this.#taskOf(row)), isMore }
  }
  #taskOf({ app_id, group_id, seq, job }: SeenJob): Task[] {
    if (group_id === null || seq === null) return []
    const due: DueJob = { app_id, group_id, seq, job }
    return [{ appId: app_id, key: JSON.stringify(due), run: () => this.#take(due) }]
  }

  async #take(due: DueJob): Promise<boolean> {
    const { limits, now, randomHex, store } = this.#engine
    const lease = randomHex(8)
    const { rows } = await store.transaction('*', (tx) =>
      sql<HeldJob>`UPDATE jobs SET lease = ${lease}, run_at = ${now() + limits.leaseMs},
          attempts = ${triesAtLease}
        WHERE (app_id, group_id, seq, job) IN (
          SELECT app_id, group_id, seq, job FROM jobs WHERE ${isJob(due)} AND run_at <= ${now()}
            AND lease_until <= ${now()} FOR UPDATE SKIP LOCKED)
        RETURNING kind, input, attempts`.execute(tx),
    )
    const held = rows[0]
    if (held === undefined) return false
    if (held.attempts < limits.attemptsMax) await this.#run(due, lease, held)
    else {
      this.#engine.onBug(new Error(cutOff), `job ${due.job}`)
      await store.transaction(due.app_id, (tx) =>
        sql`UPDATE jobs SET lease = NULL, run_at = ${never}, trouble = coalesce(trouble, ${cutOff})
          WHERE ${isJob(due)} AND lease = ${lease}`.execute(tx),
      )
    }
    return true
  }
  async #run(due: DueJob, lease: string, held: HeldJob): Promise<void> {
    const isHeld = sql`${isJob(due)} AND lease = ${lease}`
    try {
      await decide(this.#engine, due.app_id, async (decision) => {
        if (held.kind === '' && (await this.#isOthers(decision, due, isHeld))) return
        const card = await openCard(decision, { groupId: due.group_id, seq: due.seq })
        // The message is locked first, as everywhere; the lease is the fence against a worker that was long away.
        const { rows } = await sql`DELETE FROM jobs WHERE ${isHeld} RETURNING 1`.execute(decision.tx)
        if (rows.length === 0 || card.row.recalled_at !== null) return
        const run = card.server.jobs?.[due.job]
        if (run === undefined) throw new Error(`kind ${card.row.kind} has no job ${due.job}`)
        await run(card.call(), JSON.parse(held.input))
        card.keep()
      })
    } catch (error) {
      const { limits, now, store } = this.#engine
      if (isStoreTrouble(error)) this.#engine.onWorkerTrouble(error)
      else this.#engine.onBug(error, `job ${due.job}`)
      const { attempts, dueAt, trouble } = verdictOf(error, held.attempts, limits.attemptsMax, now())
      await store.transaction(due.app_id, (tx) =>
        sql`UPDATE jobs SET trouble = ${trouble}, attempts = ${attempts}, lease = NULL, run_at = ${dueAt}
          WHERE ${isHeld}`.execute(tx),
      )
    }
  }
  /**
   * [WORK1] A job that an earlier release scheduled does not say its kind: it is noted when first taken, and left if
   * this node does not know it.
   */
  async #isOthers({ tx, appId }: Decision, due: DueJob, isHeld: RawBuilder<unknown>): Promise<boolean> {
    const { rows } = await sql<{ kind: string }>`SELECT kind FROM messages
      WHERE app_id = ${appId} AND group_id = ${due.group_id} AND seq = ${due.seq}`.execute(tx)
    const kind = rows[0]?.kind
    if (kind === undefined || this.#known.includes(`${kind}/${due.job}`)) return false
    await sql`UPDATE jobs SET kind = ${kind}, lease = NULL, run_at = ${this.#engine.now()} WHERE ${isHeld}`.execute(tx)
    return true
  }
}

const isJob = ({ app_id, group_id, seq, job }: DueJob) =>
  sql`app_id = ${app_id} AND group_id = ${group_id} AND seq = ${seq} AND job = ${job}`

/**
 * Some due jobs of each name, in the order of the names: nothing is looked at while nothing is due, what is due of a
 * kind that this node does not know is one step, and an app with many is seen no further than an app with few.
 */
export function lookForJobs(asked: JobsAsked): RawBuilder<SeenJob> {
  const { known, now } = asked
  return sql<SeenJob>`WITH RECURSIVE names AS (${namesOf(asked)})
    SELECT n.app_id, n.kind, n.job, d.group_id, d.seq FROM names n LEFT JOIN LATERAL (
      SELECT j.group_id, j.seq, j.run_at FROM jobs j
      WHERE j.app_id = n.app_id AND j.kind = n.kind AND j.job = n.job AND j.run_at <= ${now}
      ORDER BY j.run_at LIMIT ${duePerName}) d ON n.kind = '' OR n.kind || '/' || n.job = ANY(${known}::text[])
    ORDER BY n.step, d.run_at`
}
/** Names that have jobs; of a core narrowed to some apps, looked for by name. */
function namesOf({ after, known, apps, now }: JobsAsked): RawBuilder<unknown> {
  const from = sql`(${after.app_id}, ${after.kind}, ${after.job})`
  if (apps !== undefined) {
    return sql`SELECT a.app_id, n.kind, n.job, row_number() OVER (ORDER BY a.app_id, n.kind, n.job) AS step
      FROM unnest(${apps}::text[]) AS a(app_id) CROSS JOIN (
        SELECT split_part(name, '/', 1) AS kind, split_part(name, '/', 2) AS job
        FROM unnest(${known}::text[]) AS k(name)) n
      WHERE (a.app_id, n.kind, n.job) > ${from} AND EXISTS (SELECT FROM jobs j
        WHERE j.app_id = a.app_id AND j.kind = n.kind AND j.job = n.job AND j.run_at <= ${now})
      ORDER BY a.app_id, n.kind, n.job LIMIT ${namesMax}`
  }
  return sql`(SELECT j.app_id, j.kind, j.job, 1 AS step FROM jobs j
      WHERE (SELECT min(run_at) FROM jobs) <= ${now} AND (j.app_id, j.kind, j.job) > ${from}
      ORDER BY j.app_id, j.kind, j.job LIMIT 1)
    UNION ALL
    SELECT next.app_id, next.kind, next.job, n.step + 1 FROM names n CROSS JOIN LATERAL (
      SELECT j.app_id, j.kind, j.job FROM jobs j WHERE (j.app_id, j.kind, j.job) > (n.app_id, n.kind, n.job)
      ORDER BY j.app_id, j.kind, j.job LIMIT 1) next
    WHERE n.step < ${namesMax}`
}
