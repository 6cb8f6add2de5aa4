/**
 * Jobs of cards, reactions to facts, timers of features and folds of the log: found on the store, leased, and done in
 * the transaction that removes them, so that each takes effect at most once however often it is tried and whoever dies
 * meanwhile.
 */
import type { AppId, GroupId } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'
import { baseCall, groupCall } from '../decide/calls.ts'
import { cardWithin, openCard } from '../decide/card-work.ts'
import { decide, type Decision } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import type { Fact } from '../host/feature.ts'
import type { Folds } from './folds.ts'
import { Timers } from './timers.ts'
import { backoffAfter, troubleOf } from './tries.ts'

interface DueJob {
  readonly app_id: AppId
  readonly group_id: string
  readonly seq: number
  readonly job: string
  readonly input: string
}
/** The facts of a group that wait for one reaction: it hears them one after the other. */
interface Stream {
  readonly app_id: string
  readonly group_id: string
  readonly reaction: string
}
interface DueReaction extends Stream {
  readonly app_id: AppId
  readonly fact_seq: number
}

interface StoredFact {
  readonly fact_seq: number
  readonly name: string
  readonly at: number
  readonly data: string
}

/** How a fact of a stream is got hold of; as SQL, that nobody else holds it and how often it was tried if it fails. */
interface Claim {
  /** Undefined: the stream's next, whichever that is by then. */
  readonly factSeq: number | undefined
  readonly held: RawBuilder<unknown>
  readonly attempts: RawBuilder<unknown>
}
function inStream({ app_id, group_id, reaction }: Stream): RawBuilder<unknown> {
  return sql`app_id = ${app_id} AND group_id = ${group_id} AND reaction = ${reaction}`
}

/** Things taken at once by one worker: few, so that another node can help. */
const takeMax = 16
/** Facts of one stream in a round. */
const streamMax = 16
const day = 86_400_000

export class Workers {
  readonly #engine: Engine
  readonly #folds: Folds
  readonly #timers: Timers
  #cancel: (() => void) | undefined
  #round: Promise<number> | undefined
  #isStopped = true
  #isStopping = false
  #isNudged = false
  #sweptAt = 0
  /** Where the next round's streams begin: after this one. */
  #lastStream: Stream | undefined
  /** Somebody waits until nothing is left to do: what else keeps a pace runs at once. */
  #isSettling = false

  constructor(engine: Engine, folds: Folds) {
    this.#engine = engine
    this.#folds = folds
    this.#timers = new Timers(engine)
  }

  start(): void {
    this.#isStopped = false
    this.#isStopping = false
    this.#plan(0)
  }
  /** Something may be due: look at once rather than at the next poll. */
  nudge(): void {
    if (this.#isStopped) return
    if (this.#round !== undefined) this.#isNudged = true
    else this.#plan(0)
  }
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#isStopping = true
    this.#cancel?.()
    await this.#round
  }
  /** Runs all that is due now, and what that makes due, until nothing is; how much there was. */
  async settle(): Promise<number> {
    await this.#round
    this.#isSettling = true
    let ran = 0
    try {
      for (let took = 1; took > 0; ran += took) took = await this.#runRound()
      return ran
    } finally {
      this.#isSettling = false
    }
  }

  #plan(delayMs: number): void {
    this.#cancel?.()
    this.#cancel = this.#engine.wait(delayMs, () => {
      this.#cancel = undefined
      void this.#loop()
    })
  }
  async #loop(): Promise<void> {
    if (this.#isStopped || this.#round !== undefined) return
    this.#isNudged = false
    const took = await this.#runRound()
    if (this.#isStopped) return
    this.#plan(took > 0 || this.#isNudged ? 0 : this.#engine.limits.pollMs)
  }
  async #runRound(): Promise<number> {
    const round = this.#round ?? this.#once().finally(() => (this.#round = undefined))
    this.#round = round
    return round
  }
  async #once(): Promise<number> {
    try {
      const jobs = await this.#takeJobs()
      for (const job of jobs) await this.#runJob(job.due, job.lease)
      const reactions = await this.#takeReactions()
      for (const reaction of reactions) await this.#runStream(reaction.due, reaction.lease)
      const timed = await this.#timers.run(this.#isSettling)
      const folded = await this.#folds.run(this.#isSettling)
      await this.#sweep()
      return jobs.length + reactions.length + timed + folded
    } catch (error) {
      // The store is away: the next poll tries again.
      this.#engine.onWorkerTrouble(error)
      return 0
    }
  }

  // ── jobs ──
  async #takeJobs(): Promise<{ due: DueJob; lease: string }[]> {
    const { limits, randomHex } = this.#engine
    const now = this.#engine.now()
    const lease = randomHex(8)
    const { rows } = await this.#engine.store.transaction('*', (tx) =>
      sql<DueJob>`UPDATE jobs SET lease = ${lease}, lease_until = ${now + limits.leaseMs}, attempts = attempts + 1
        WHERE (app_id, group_id, seq, job) IN (
          SELECT app_id, group_id, seq, job FROM jobs
          WHERE run_at <= ${now} AND lease_until <= ${now} AND attempts < ${limits.attemptsMax}
          ORDER BY run_at, app_id, group_id, seq, job LIMIT ${takeMax} FOR UPDATE SKIP LOCKED)
        RETURNING app_id, group_id, seq, job, input`.execute(tx),
    )
    return rows.map((due) => ({ due, lease }))
  }
  async #runJob(due: DueJob, lease: string): Promise<void> {
    try {
      await decide(this.#engine, due.app_id, async (decision) => {
        const card = await openCard(decision, { groupId: due.group_id, seq: due.seq })
        // The message is locked first, as everywhere; the lease is the fence against a worker that was long away.
        const { rows } =
          await sql`DELETE FROM jobs WHERE app_id = ${due.app_id} AND group_id = ${due.group_id} AND seq = ${due.seq}
          AND job = ${due.job} AND lease = ${lease} RETURNING 1`.execute(decision.tx)
        if (rows.length === 0 || card.row.recalled_at !== null) return
        const run = card.server.jobs?.[due.job]
        if (run === undefined) throw new Error(`kind ${card.row.kind} has no job ${due.job}`)
        await run(card.call(), JSON.parse(due.input))
        card.keep()
      })
    } catch (error) {
      this.#engine.onBug(error, `job ${due.job}`)
      const note = (tx: Parameters<Parameters<Engine['store']['transaction']>[1]>[0]) =>
        sql`UPDATE jobs SET trouble = ${troubleOf(error)}, lease = NULL, lease_until = ${this.#engine.now()} + ${backoffAfter()}
          WHERE app_id = ${due.app_id} AND group_id = ${due.group_id} AND seq = ${due.seq} AND job = ${due.job} AND lease = ${lease}`.execute(
          tx,
        )
      await this.#engine.store.transaction(due.app_id, note)
    }
  }

  // ── reactions ──
  /**
   * The first waiting fact of each reaction in each group, a stream: order is kept because later ones are not eligible
   * yet. Streams are stepped through by the key, so a backlog costs no more than the streams it lies in, and each round
   * goes on where the last one ended, so that no stream waits for another's backlog.
   */
  async #takeReactions(): Promise<{ due: DueReaction; lease: string }[]> {
    const after = this.#lastStream
    const taken = await this.#takeHeads(after)
    const last = taken.at(-1)
    this.#lastStream = taken.length < takeMax ? undefined : last?.due
    return taken.length === 0 && after !== undefined ? await this.#takeReactions() : taken
  }
  async #takeHeads(after: Stream = { app_id: '', group_id: '', reaction: '' }) {
    const { limits, randomHex } = this.#engine
    const now = this.#engine.now()
    const lease = randomHex(8)
    const { rows } = await this.#engine.store.transaction('*', (tx) =>
      sql<DueReaction>`WITH RECURSIVE heads AS (
          (SELECT app_id, group_id, reaction, fact_seq FROM reaction_queue
            WHERE (app_id, group_id, reaction) > (${after.app_id}, ${after.group_id}, ${after.reaction})
              AND attempts < ${limits.attemptsMax}
            ORDER BY app_id, group_id, reaction, fact_seq LIMIT 1)
          UNION ALL
          SELECT next.* FROM heads h CROSS JOIN LATERAL (
            SELECT app_id, group_id, reaction, fact_seq FROM reaction_queue
            WHERE (app_id, group_id, reaction) > (h.app_id, h.group_id, h.reaction) AND attempts < ${limits.attemptsMax}
            ORDER BY app_id, group_id, reaction, fact_seq LIMIT 1) next),
        due AS (
          SELECT q.app_id, q.group_id, q.reaction, q.fact_seq
          FROM heads h JOIN reaction_queue q USING (app_id, group_id, reaction, fact_seq)
          WHERE q.lease_until <= ${now} LIMIT ${takeMax} FOR UPDATE OF q SKIP LOCKED)
        UPDATE reaction_queue r SET lease = ${lease}, lease_until = ${now + limits.leaseMs}, attempts = attempts + 1
        FROM due WHERE r.app_id = due.app_id AND r.group_id = due.group_id AND r.reaction = due.reaction
          AND r.fact_seq = due.fact_seq
        RETURNING r.app_id, r.group_id, r.reaction, r.fact_seq`.execute(tx),
    )
    return rows.toSorted(byStream).map((due) => ({ due, lease }))
  }
  /** Several facts of one stream in their order, each a decision of its own; ends at the first that fails. */
  async #runStream(first: DueReaction, lease: string): Promise<void> {
    const leased = { factSeq: first.fact_seq, held: sql`lease = ${lease}`, attempts: sql`attempts` }
    let isDone = await this.#runReaction(first, leased)
    for (let n = 1; isDone && n < streamMax && !this.#isStopping; n += 1) isDone = await this.#runNext(first)
  }
  /**
   * The stream's next fact after one that is done, found and handled in one transaction. It needs no lease: its row is
   * locked meanwhile, and should it take the process down, it is the first of its stream and leased by whoever comes
   * next. Waits for a lock rather than pass over who holds it.
   */
  #runNext(stream: Stream): Promise<boolean> {
    const held = sql`lease_until <= ${this.#engine.now()}`
    return this.#runReaction(stream, { factSeq: undefined, held, attempts: sql`attempts + 1` })
  }
  /** Handles one fact in the transaction that removes it. Returns whether there was one and it is done with. */
  async #runReaction(stream: Stream, { factSeq, held, attempts }: Claim): Promise<boolean> {
    const { app_id, group_id, reaction } = stream
    const next = sql`(SELECT fact_seq FROM reaction_queue WHERE ${inStream(stream)}
      AND attempts < ${this.#engine.limits.attemptsMax} ORDER BY fact_seq LIMIT 1 FOR UPDATE)`
    let tried: StoredFact | undefined
    try {
      await decide(this.#engine, app_id as AppId, async (decision) => {
        const { rows } = await sql<StoredFact>`WITH gone AS (
            DELETE FROM reaction_queue WHERE ${inStream(stream)} AND fact_seq = ${factSeq ?? next} AND ${held}
            RETURNING fact_seq)
          SELECT f.fact_seq, f.name, f.at, f.data FROM gone JOIN facts f
            ON f.app_id = ${app_id} AND f.group_id = ${group_id} AND f.fact_seq = gone.fact_seq`.execute(decision.tx)
        tried = rows[0]
        if (tried !== undefined) await this.#handle(decision, stream, tried)
      })
      return tried !== undefined
    } catch (error) {
      this.#engine.onBug(error, `reaction ${reaction}`)
      const failed = tried?.fact_seq ?? factSeq
      if (failed === undefined) return false
      await this.#engine.store.transaction(app_id, (tx) =>
        sql`UPDATE reaction_queue SET trouble = ${troubleOf(error)}, attempts = ${attempts}, lease = NULL,
            lease_until = ${this.#engine.now()} + ${backoffAfter(attempts)}
          WHERE ${inStream(stream)} AND fact_seq = ${failed} AND ${held}`.execute(tx),
      )
      return false
    }
  }
  async #handle(decision: Decision, { reaction, group_id }: Stream, stored: StoredFact): Promise<void> {
    const { name, at, data, fact_seq } = stored
    const fact: Fact = { name, groupId: group_id as GroupId, factSeq: fact_seq, at, data: JSON.parse(data) }
    // A reaction whose feature is gone has nobody to run it.
    await this.#engine.registry.reactions
      .find((candidate) => candidate.name === reaction)
      ?.handle({
        ...baseCall(decision),
        fact,
        group: async (groupId) => groupCall(await decision.lockGroup(groupId)),
        card: (card, at) => cardWithin(decision, card, at),
      })
  }

  /** Forgets answers to old keys, once a day. */
  async #sweep(): Promise<void> {
    const now = this.#engine.now()
    if (now - this.#sweptAt < day) return
    this.#sweptAt = now
    const before = now - this.#engine.limits.idempotencyKeptMs
    await this.#engine.store.transaction('*', (tx) => sql`DELETE FROM idempotency WHERE at < ${before}`.execute(tx))
  }
}

/** The order of the key; where a store's collation differs, only which stream comes first does. */
function byStream(a: Stream, b: Stream): number {
  const [left, right] = [a, b].map(({ app_id, group_id, reaction }) => [app_id, group_id, reaction].join('\0'))
  return left! < right! ? -1 : left! > right! ? 1 : 0
}
