/**
 * The hot path: many posts, one commit. While one is under way the posts that arrive wait together and share the next,
 * whatever their apps; it adds no waiting when idle. Knows messages without an `open` handler only.
 */
import { refuse } from '@qun/contract'
import { type Lane, storeTrouble } from '@qun/storage'
import type { Engine } from '../ground/engine.ts'
import type { PostResult } from '../host/host.ts'
import { Answers } from './append-answers.ts'
import { type Append, groupKey, type Outcome, type Waiting } from './append-post.ts'
import { Aside } from './append-aside.ts'
import { findKnown, writeBatch } from './append-batch.ts'
import { FairQueue } from './fair-queue.ts'

/** A batch that lost a race with another node is tried again: by then the other node's rows are known. */
const triesMax = 5

export class Appender {
  readonly #lanes: AppendLane[]
  /** Posts not yet answered, by group and key: a retry that meets its first try waits for the same answer. */
  readonly #pending = new Map<string, { readonly fingerprint: number; readonly answer: Promise<PostResult> }>()

  constructor(engine: Engine, laneCount: number) {
    const answers = new Answers(engine, (key) => this.#pending.delete(key))
    const aside = new Aside(engine, answers)
    this.#lanes = Array.from({ length: laneCount }, () => new AppendLane(engine, answers, aside))
  }

  append(append: Append): Promise<PostResult> {
    const key = groupKey(append) + append.clientKey
    const pending = this.#pending.get(key)
    if (pending !== undefined) return this.#join(pending, append)
    const lane = this.#lanes[laneOf(append.groupId, this.#lanes.length)] as AppendLane
    const answer = new Promise<PostResult>((resolve, reject) => {
      lane.add({ append, key, resolve, reject, tries: 0 })
    })
    this.#pending.set(key, { fingerprint: append.fingerprint, answer })
    return answer
  }

  async #join(
    pending: { readonly fingerprint: number; readonly answer: Promise<PostResult> },
    append: Append,
  ): Promise<PostResult> {
    if (pending.fingerprint !== append.fingerprint) throw refuse('idempotency.key_reused')
    return { ...(await pending.answer), replayed: true }
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }
}

/** Posts of one group always take the same lane, so that they never race each other within this process. */
function laneOf(groupId: string, count: number): number {
  let sum = 0
  for (let i = 0; i < groupId.length; i++) sum = (sum * 31 + groupId.charCodeAt(i)) | 0
  return Math.abs(sum) % count
}

class AppendLane {
  readonly #engine: Engine
  readonly #connection: Lane
  readonly #answers: Answers
  readonly #aside: Aside
  readonly #queue = new FairQueue<Waiting>(({ append }) => append.appId)
  #busy = false

  constructor(engine: Engine, answers: Answers, aside: Aside) {
    this.#engine = engine
    this.#connection = engine.store.lane()
    this.#answers = answers
    this.#aside = aside
  }

  add(waiting: Waiting): void {
    this.#queue.add(waiting)
    if (this.#busy) return
    this.#busy = true
    // What arrives in the same turn of the event loop shares the first commit.
    void this.#engine.track(new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#drain()))
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take()
      if (batch.length === 0) continue
      try {
        await this.#write(batch)
      } catch (error) {
        await this.#failed(batch, error)
      }
    }
    this.#busy = false
  }

  /** What may go together: apps take turns, and a group that has posts set aside has all that follow there too. */
  #take(): Waiting[] {
    const batch: Waiting[] = []
    const { appendBatchMax, appendBatchBytes } = this.#engine.limits
    let bytes = 0
    while (batch.length < appendBatchMax && bytes < appendBatchBytes) {
      const waiting = this.#queue.take()
      if (waiting === undefined) break
      if (this.#aside.holds(waiting.append)) {
        this.#aside.add(waiting)
        continue
      }
      bytes += waiting.append.body.length
      batch.push(waiting)
    }
    return batch
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const appends = batch.map((waiting) => waiting.append)
    const places = await writeBatch(this.#connection, this.#engine.now(), appends)
    const written: Waiting[] = []
    const outcomes: Outcome[] = []
    for (const [i, placed] of places.entries()) {
      const waiting = batch[i] as Waiting
      if (placed === undefined) {
        this.#aside.add(waiting)
        continue
      }
      written.push(waiting)
      outcomes.push({ placed, replayed: false })
    }
    this.#answers.give(written, outcomes)
  }

  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const trouble = storeTrouble(error)
    if (trouble === 'duplicate') return this.#setKnownAside(batch)
    if (trouble === 'conflict' || isRace(error)) {
      // Somebody in it is in the way of all: each group goes on alone.
      for (const waiting of batch) this.#aside.add(waiting)
      return
    }
    if (trouble === undefined && batch.length > 1) {
      // One post the store cannot take must not fail its neighbours: each goes alone, still in order.
      for (const waiting of batch)
        await this.#write([waiting]).catch((alone: unknown) => this.#failed([waiting], alone))
      return
    }
    this.#answers.refuse(batch, error)
  }

  /** Some of these posts are in the log already: their groups are looked at with care, the others go on. */
  async #setKnownAside(batch: readonly Waiting[]): Promise<void> {
    let known: ReadonlySet<number>
    try {
      known = await findKnown(
        this.#connection,
        batch.map((waiting) => waiting.append),
      )
    } catch (error) {
      return this.#answers.refuse(batch, error)
    }
    const groups = new Set([...known].map((i) => groupKey((batch[i] as Waiting).append)))
    const others: Waiting[] = []
    for (const waiting of batch) {
      const isSpent = ++waiting.tries >= triesMax
      if (isSpent || groups.has(groupKey(waiting.append))) this.#aside.add(waiting)
      else others.push(waiting)
    }
    this.#queue.putBack(others)
  }
}

/** A member changed between the batch's first look and its lock: the missing count of their words stopped it all. */
function isRace(error: unknown): boolean {
  return (error as { code?: unknown }).code === '23502'
}
