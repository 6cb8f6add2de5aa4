/** The pace of what is sent to us: so much in each window. Knows not what is sent. */
import { paceLimits, type Moving } from './pace.ts'

export const sendingLimits = {
  /** A body follows its head at once; a place is not kept for one that only may come. */
  firstByteMs: 5_000,
  /** A disk that takes this long for a piece is in trouble. */
  stallMs: 15_000,
} as const

export interface SendingEnds {
  /** Nothing came for long, or too little. */
  tooSlow(): void
  /** We ourselves did not get on. */
  stalled(): void
}

export class Sending implements Moving {
  readonly #elapsed: () => number
  readonly #ends: SendingEnds
  #moved = 0
  #hasBegun = false
  #windowEndsAt: number
  #keptSince: number | undefined
  #isResting = false

  constructor(elapsed: () => number, ends: SendingEnds) {
    this.#elapsed = elapsed
    this.#ends = ends
    this.#windowEndsAt = elapsed() + sendingLimits.firstByteMs
  }
  arrived(bytes: number): void {
    if (!this.#hasBegun) this.#windowEndsAt = this.#elapsed() + paceLimits.graceMs + paceLimits.windowMs
    this.#hasBegun = true
    this.#moved += bytes
  }
  /** Something of ours that keeps the sender waiting, and does not count against them. One at a time. */
  async keeping<T>(work: Promise<T>): Promise<T> {
    const since = this.#elapsed()
    this.#keptSince = since
    try {
      return await work
    } finally {
      this.#windowEndsAt += this.#elapsed() - since
      this.#keptSince = undefined
    }
  }
  /** The same for a rest their share of the machine has them take: no piece of ours is late. */
  async resting(rest: Promise<void>): Promise<void> {
    const since = this.#elapsed()
    this.#isResting = true
    await rest
    this.#windowEndsAt += this.#elapsed() - since
    this.#isResting = false
  }
  look(now: number): boolean {
    if (this.#isResting) return false
    if (this.#keptSince !== undefined) {
      if (now < this.#keptSince + sendingLimits.stallMs) return false
      this.#ends.stalled()
      return true
    }
    if (now < this.#windowEndsAt) return false
    if (this.#moved < paceLimits.windowBytesMin) {
      this.#ends.tooSlow()
      return true
    }
    this.#moved = 0
    this.#windowEndsAt = now + paceLimits.windowMs
    return false
  }
}
