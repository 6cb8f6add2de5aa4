/**
 * Reactions to facts: those of one reaction in one group, a stream, are heard one after the other, each in the
 * transaction that removes it from the queue. Knows no feature.
 */
import type { AppId, GroupId } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'
import { baseCall, groupCall } from '../decide/calls.ts'
import { cardWithin } from '../decide/card-work.ts'
import { endPlays } from '../decide/end-plays.ts'
import type { Look, Source, Task } from './crew.ts'
import { decide, type Decision } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import type { Fact, Reaction } from '../host/feature.ts'
import { leaseHead, lookForHeads, type Mark, type SeenHead, type Stream } from './reaction-queue.ts'
import { cutOff, isStoreTrouble, never, verdictOf } from './tries.ts'
import { walk } from './walk.ts'

interface StoredFact {
  readonly fact_seq: number
  readonly attempts: number
  readonly name: string
  readonly at: number
  readonly data: string
}
/** How a fact of a stream is got hold of; as SQL, that nobody else holds it. */
interface Claim {
  /** Undefined: the stream's next, whichever that is by then. */
  readonly factSeq: number | undefined
  /** How often it had failed, as its lease told. */
  readonly attempts: number
  readonly held: RawBuilder<unknown>
}

/** Facts of one stream in a turn. */
const streamMax = 16
/** Queues of a reaction in an app seen in one look, and streams of each: a look is at most two thousand steps. */
export const queuesMax = 64
export const headsMax = 32

export class Reactions implements Source {
  readonly #engine: Engine
  readonly #known: ReadonlyMap<string, Reaction>
  /** The queue the next look begins behind. */
  #after = { app_id: '', reaction: '' }
  /** How far the streams of a queue were looked at; none: the next look begins with the first. */
  readonly #marks = new Map<string, Mark>()

  constructor(engine: Engine) {
    this.#engine = engine
    this.#known = new Map(engine.registry.reactions.map((reaction) => [reaction.name, reaction]))
  }

  /**
   * [REACT8] The first waiting fact of each stream: its order is kept because later ones are not looked at. The queue
   * is stepped through by its key, so a backlog costs no more than the streams it lies in; each look goes on where the
   * last one ended, and takes few streams of each queue, so that none waits for another's backlog.
   */
  async look(): Promise<Look> {
    if (this.#known.size === 0) return { tasks: [] }
    const { store, apps } = this.#engine
    const now = this.#engine.now()
    const marks = [...this.#marks.values()]
    const asked = { after: this.#after, marks, known: [...this.#known.keys()], apps, queuesMax, headsMax }
    const rows = await store.reading('*', (tx) => walk(tx, lookForHeads(asked)))
    const queues = Map.groupBy(rows, (row) => `${row.app_id.length}:${row.app_id}${row.reaction}`)
    let isMore = false
    for (const [key, heads] of queues) {
      const last = heads.length === headsMax ? heads.at(-1) : undefined
      isMore ||= last !== undefined || this.#marks.has(key)
      if (last === undefined) this.#marks.delete(key)
      else this.#marks.set(key, { app_id: last.app_id, reaction: last.reaction, group_id: last.group_id ?? '' })
    }
    const lastQueue = rows.at(-1)
    const isEnd = queues.size < queuesMax || lastQueue === undefined
    isMore ||= !isEnd || this.#after.app_id !== ''
    this.#after = isEnd ? { app_id: '', reaction: '' } : { app_id: lastQueue.app_id, reaction: lastQueue.reaction }
    const due = rows.filter((row) => row.lease_until !== null && row.lease_until <= now)
    return { tasks: due.map((head) => this.#taskOf(head)), isMore }
  }
  #taskOf({ app_id, group_id, reaction, fact_seq }: SeenHead): Task {
    const stream = { app_id, group_id: group_id ?? '', reaction }
    return {
      appId: app_id,
      key: JSON.stringify(stream),
      run: (isEnding) => this.#runStream(stream, fact_seq ?? 0, isEnding),
    }
  }

  /** Several facts of one stream in their order, each a decision of its own; ends at the first that fails. */
  async #runStream(stream: Stream, first: number, isEnding: () => boolean): Promise<boolean> {
    const { limits, now, randomHex, store, onBug } = this.#engine
    const lease = randomHex(8)
    const { rows } = await store.transaction('*', (tx) =>
      leaseHead(stream, first, { lease, now: now(), leaseMs: limits.leaseMs }).execute(tx),
    )
    const leased = rows[0]
    if (leased === undefined) return false
    if (leased.attempts >= limits.attemptsMax) {
      onBug(new Error(cutOff), `reaction ${stream.reaction}`)
      await store.transaction(stream.app_id, (tx) =>
        sql`UPDATE reaction_queue SET lease = NULL, lease_until = ${never}, trouble = coalesce(trouble, ${cutOff})
          WHERE ${inStream(stream)} AND fact_seq = ${first} AND lease = ${lease}`.execute(tx),
      )
      return true
    }
    const claim = { factSeq: first, attempts: leased.attempts, held: sql`lease = ${lease}` }
    let isDone = await this.#runReaction(stream, claim)
    for (let n = 1; isDone && n < streamMax && !isEnding(); n += 1) isDone = await this.#runNext(stream)
    return true
  }
  /**
   * The stream's next fact after one that is done, found and handled in one transaction. It needs no lease: its row is
   * locked meanwhile, and should it take the process down, it is the first of its stream and leased by whoever comes
   * next. Waits for a lock rather than pass over who holds it.
   */
  #runNext(stream: Stream): Promise<boolean> {
    const held = sql`lease_until <= ${this.#engine.now()}`
    return this.#runReaction(stream, { factSeq: undefined, attempts: 0, held })
  }
  /** Handles one fact in the transaction that removes it. Returns whether there was one and it is done with. */
  async #runReaction(stream: Stream, claim: Claim): Promise<boolean> {
    const { factSeq, held } = claim
    const { app_id, group_id, reaction } = stream
    const { limits, now, store } = this.#engine
    const next = sql`(SELECT fact_seq FROM reaction_queue WHERE ${inStream(stream)} AND ${isWaiting}
      ORDER BY fact_seq LIMIT 1 FOR UPDATE)`
    let tried: StoredFact | undefined
    try {
      await decide(this.#engine, app_id as AppId, async (decision) => {
        const { rows } = await sql<StoredFact>`WITH gone AS (
            DELETE FROM reaction_queue WHERE ${inStream(stream)} AND fact_seq = ${factSeq ?? next} AND ${held}
            RETURNING fact_seq, attempts)
          SELECT f.fact_seq, gone.attempts, f.name, f.at, f.data FROM gone JOIN facts f
            ON f.app_id = ${app_id} AND f.group_id = ${group_id} AND f.fact_seq = gone.fact_seq`.execute(decision.tx)
        tried = rows[0]
        if (tried !== undefined) await this.#handle(decision, stream, tried)
      })
      return tried !== undefined
    } catch (error) {
      if (isStoreTrouble(error)) this.#engine.onWorkerTrouble(error)
      else this.#engine.onBug(error, `reaction ${reaction}`)
      const failed = tried?.fact_seq ?? factSeq
      if (failed === undefined) return false
      const before = tried?.attempts ?? claim.attempts
      const { attempts, dueAt, trouble } = verdictOf(error, before, limits.attemptsMax, now())
      await store.transaction(app_id, (tx) =>
        sql`UPDATE reaction_queue SET trouble = ${trouble}, attempts = ${attempts}, lease = NULL, lease_until = ${dueAt}
          WHERE ${inStream(stream)} AND fact_seq = ${failed} AND ${held}`.execute(tx),
      )
      return false
    }
  }
  async #handle(decision: Decision, { reaction, group_id }: Stream, stored: StoredFact): Promise<void> {
    const { name, at, data, fact_seq } = stored
    const fact: Fact = { name, groupId: group_id as GroupId, factSeq: fact_seq, at, data: JSON.parse(data) }
    await this.#known.get(reaction)?.handle({
      ...baseCall(decision),
      fact,
      group: async (groupId) => groupCall(await decision.lockGroup(groupId)),
      card: (card, at) => cardWithin(decision, card, at),
      endPlays: (of) => endPlays(decision, of),
    })
  }
}

const isWaiting = sql`lease_until < ${sql.lit(never)}`
function inStream({ app_id, group_id, reaction }: Stream): RawBuilder<unknown> {
  return sql`app_id = ${app_id} AND group_id = ${group_id} AND reaction = ${reaction}`
}
