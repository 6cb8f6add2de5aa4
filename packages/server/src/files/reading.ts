/**
 * The pace of what is read from us: over the whole of it, since what lies between us and a reader takes megabytes at
 * once and then nothing for minutes. Knows not what is read.
 */
import { paceLimits, type Moving } from './pace.ts'

/** So long may a line stand still that took much before: a kernel asks for more once a third of 4 MiB was read. */
const aheadMsMax = 600_000
const msPerByte = paceLimits.windowMs / paceLimits.windowBytesMin

export class Reading implements Moving {
  readonly #taken: () => number
  readonly #cut: () => void
  #seen: number
  #paidUntil: number
  #movedAt: number

  /** `taken` counts what the line took so far. `cut` is called once, if it is too slow. */
  constructor(now: number, taken: () => number, cut: () => void) {
    this.#taken = taken
    this.#cut = cut
    this.#seen = taken()
    this.#movedAt = now
    this.#paidUntil = now + paceLimits.graceMs + paceLimits.windowMs
  }
  /** Since when nothing moved, as far as anybody looked. */
  stuckSince(now: number): number {
    const taken = this.#taken()
    if (taken > this.#seen) {
      this.#paidUntil = Math.min(this.#paidUntil + (taken - this.#seen) * msPerByte, now + aheadMsMax)
      this.#seen = taken
      this.#movedAt = now
    }
    return this.#movedAt
  }
  look(now: number): boolean {
    this.stuckSince(now)
    if (now < this.#paidUntil) return false
    this.#cut()
    return true
  }
}
