/** Work that is begun again the moment it may be, several at a time, until the time is over; counts the answers. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Told } from './talker.ts'

export class Pressure {
  readonly answers: Record<string, number> = {}
  readonly #until: number
  readonly #loops: Promise<void>[] = []

  constructor(seconds: number) {
    this.#until = performance.now() + seconds * 1_000
  }
  get isOver(): boolean {
    return performance.now() >= this.#until
  }
  count(what: string, { status, code }: Pick<Told, 'status' | 'code'>): void {
    const name = `${what} ${status}${code === '' ? '' : ` ${code}`}`
    this.answers[name] = (this.answers[name] ?? 0) + 1
  }
  /**
   * `atOnce` loops of the work, numbered through. Who is told to come later does so, to the millisecond; who is refused
   * otherwise goes on at once. `undefined` says that nothing was asked.
   */
  press(atOnce: number, work: (number: number) => Promise<readonly [what: string, told: Told] | undefined>): void {
    let number = 0
    const loop = async () => {
      while (!this.isOver) {
        const answer = await work((number += 1))
        if (answer === undefined) {
          await pause(50)
          continue
        }
        this.count(...answer)
        const [, { status, retryAfterMs }] = answer
        if (retryAfterMs > 0) await pause(Math.min(retryAfterMs, 2_000))
        else if (status === 0) await pause(100)
        // A loop that is answered within the same turn would let nothing else of this process happen.
        else await new Promise(setImmediate)
      }
    }
    for (let at = 0; at < atOnce; at += 1) this.#loops.push(loop())
  }
  async ended(): Promise<void> {
    const late = pause(Math.max(0, this.#until - performance.now()) + 3_000)
    await Promise.race([Promise.all(this.#loops), late])
  }
}
