/**
 * Answers to what one connection asked for. Those that carry rows are made one after the other, so that a client which
 * asks for much at once makes nobody else wait and holds one page in memory. Knows no frame but the last of an answer.
 */
import { refuse, Refusal } from '@qun/contract'
import { asRefusal, type Engine } from '../ground/engine.ts'
import type { Outlet } from '../host/host.ts'
import { errorFrame, packetOf } from './packets.ts'

/** Questions that wait for their turn: more than any client that reads its answers has. */
const waitingMax = 100

export class Answers {
  readonly #engine: Engine
  readonly #outlet: Outlet
  /** Questions that are not answered yet, by the client's numbers. */
  readonly #asked = new Set<number>()
  #last: Promise<unknown> | undefined
  #waiting = 0

  constructor(engine: Engine, outlet: Outlet) {
    this.#engine = engine
    this.#outlet = outlet
  }
  /**
   * Notes a question. [I15] False for one that has the number of another still under way: that one is answered, and of
   * this one is told without the number, which is not its own.
   */
  isNew(id: number): boolean {
    if (!this.#asked.has(id)) {
      this.#asked.add(id)
      return true
    }
    const refusal = refuse('request.duplicate_id', { errors: [{ pointer: '/id', code: 'request.duplicate_id' }] })
    this.#outlet.push(packetOf(errorFrame(refusal)))
    return false
  }
  /** Its last frame goes out, and the number is free again. */
  answer(id: number, text: string): void {
    this.#asked.delete(id)
    this.#outlet.push({ text })
  }
  /** Runs `work` once those before it are answered. */
  add(id: number, work: () => Promise<unknown>): void {
    if (this.#waiting >= waitingMax) return this.refused(id, refuse('rate.limited', { retryAfterMs: 1_000 }))
    this.#waiting++
    const before = this.#last
    const answered = this.run(id, async () => {
      await before
      await work()
    })
    const last = answered.finally(() => {
      this.#waiting--
      if (this.#last === last) this.#last = undefined
    })
    this.#last = last
  }
  /** Runs `work` at once and says that it is done, or why not. */
  run(id: number, work: () => Promise<unknown>): Promise<void> {
    return this.#engine.track(
      work().then(
        () => this.answer(id, `{"op":"done","id":${id}}`),
        (error: unknown) => this.refused(id, error),
      ),
    )
  }
  refused(id: number, error: unknown): void {
    let told = asRefusal(error)
    if (!(told instanceof Refusal)) {
      this.#engine.onBug(told, 'session')
      told = refuse('server.bug')
    }
    this.answer(id, packetOf(errorFrame(told as Refusal, id)).text)
  }
}
