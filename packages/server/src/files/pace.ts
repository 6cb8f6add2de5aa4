/**
 * Holds what is on its way to a least rate: who sends or reads slower keeps what others need, and is cut. One look a
 * second goes over all of it. Knows not what moves.
 */
import type { Millis } from '@qun/contract'

export const paceLimits = {
  /** What must move in each window: the slowest of mobile lines does. */
  windowBytesMin: 65_536,
  windowMs: 15_000,
  /** The first window is longer by this: a line takes time to begin. */
  graceMs: 10_000,
} as const

/** Something on its way. */
export class Moving {
  moved = 0
  windowEndsAt: Millis
  readonly cut: () => void

  constructor(windowEndsAt: Millis, cut: () => void) {
    this.windowEndsAt = windowEndsAt
    this.cut = cut
  }
}

export class Pace {
  readonly #now: () => Millis
  readonly #all = new Set<Moving>()
  readonly #timer: NodeJS.Timeout

  constructor(now: () => Millis) {
    this.#now = now
    this.#timer = setInterval(() => this.look(), 1_000).unref()
  }
  get count(): number {
    return this.#all.size
  }
  /** `cut` is called once, if it is too slow. */
  begin(cut: () => void): Moving {
    const moving = new Moving(this.#now() + paceLimits.graceMs + paceLimits.windowMs, cut)
    this.#all.add(moving)
    return moving
  }
  end(moving: Moving): void {
    this.#all.delete(moving)
  }
  /** Cuts what moved too little in the window that ended. */
  look(): void {
    const now = this.#now()
    for (const moving of this.#all) {
      if (now < moving.windowEndsAt) continue
      if (moving.moved < paceLimits.windowBytesMin) {
        this.#all.delete(moving)
        moving.cut()
        continue
      }
      moving.moved = 0
      moving.windowEndsAt = now + paceLimits.windowMs
    }
  }
  stop(): void {
    clearInterval(this.#timer)
  }
}
