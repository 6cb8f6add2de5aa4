/**
 * Posts that the batch left out, by group. Each group has its own line here, in the order the posts came, and delays
 * nobody but itself; what follows into a group that has a line stands in it too, so that order holds. Few lines go on
 * at once and an app takes half of them at most: whoever locks many groups keeps the others' places.
 */
import { refuse } from '@qun/contract'
import { storeTrouble } from '@qun/storage'
import type { Engine } from '../ground/engine.ts'
import { type Answers } from './append-answers.ts'
import { type Append, groupKey, type Waiting } from './append-post.ts'
import { writeWithCare } from './append-care.ts'
import { FairQueue } from './fair-queue.ts'

/** Transactions under way at once, of all and of one app; each has a connection of the pool meanwhile. */
const linesAtOnce = 4
const linesOfApp = 2
const triesMax = 5

type Line = Waiting[]

export class Aside {
  readonly #engine: Engine
  readonly #answers: Answers
  readonly #lines = new Map<string, Line>()
  readonly #ready = new FairQueue<{ readonly appId: string; readonly key: string }>(({ appId }) => appId)
  readonly #running = new Map<string, number>()
  #runningCount = 0

  constructor(engine: Engine, answers: Answers) {
    this.#engine = engine
    this.#answers = answers
  }

  /** Whether what is posted into this group now must come after what stands aside. */
  holds(append: Append): boolean {
    return this.#lines.size > 0 && this.#lines.has(groupKey(append))
  }

  add(waiting: Waiting): void {
    const key = groupKey(waiting.append)
    const line = this.#lines.get(key)
    if (line !== undefined) {
      line.push(waiting)
      return
    }
    this.#lines.set(key, [waiting])
    this.#ready.add({ appId: waiting.append.appId, key })
    // Its neighbours of the same batch join the line first.
    queueMicrotask(() => this.#next())
  }

  #next(): void {
    const held: { appId: string; key: string }[] = []
    while (this.#runningCount < linesAtOnce) {
      const line = this.#ready.take()
      if (line === undefined) break
      if ((this.#running.get(line.appId) ?? 0) >= linesOfApp) held.push(line)
      else void this.#engine.track(this.#run(line.appId, line.key))
    }
    this.#ready.putBack(held)
  }

  async #run(appId: string, key: string): Promise<void> {
    const line = this.#lines.get(key) as Line
    this.#count(appId, 1)
    while (line.length > 0) await this.#write(line, line.splice(0, this.#engine.limits.appendBatchMax))
    this.#lines.delete(key)
    this.#count(appId, -1)
    this.#next()
  }

  async #write(line: Line, batch: readonly Waiting[]): Promise<void> {
    const { store } = this.#engine
    try {
      const appends = batch.map((waiting) => waiting.append)
      this.#answers.give(batch, await writeWithCare(store, this.#engine.now(), appends))
    } catch (error) {
      const trouble = storeTrouble(error)
      if (trouble === 'duplicate' || trouble === 'conflict') this.#tryAgain(line, batch)
      else if (trouble === undefined && batch.length > 1) {
        // One post the store cannot take must not fail its neighbours: each goes alone, still in order.
        for (const waiting of batch) await this.#write(line, [waiting])
      } else this.#answers.refuse(batch, error)
    }
  }

  #tryAgain(line: Line, batch: readonly Waiting[]): void {
    const again: Waiting[] = []
    for (const waiting of batch) {
      if (++waiting.tries < triesMax) again.push(waiting)
      else this.#answers.refuse([waiting], refuse('store.unavailable', { retryAfterMs: 1_000 }))
    }
    line.unshift(...again)
  }

  #count(appId: string, more: number): void {
    const count = (this.#running.get(appId) ?? 0) + more
    if (count === 0) this.#running.delete(appId)
    else this.#running.set(appId, count)
    this.#runningCount += more
  }
}
