/**
 * Looks once a second at all that is on its way, and lets go of what was cut. How slow is too slow, what is sent to us
 * and what is read from us say themselves. Knows not what moves.
 */

export const paceLimits = {
  /** What must move in each window: the slowest of mobile lines does. */
  windowBytesMin: 65_536,
  windowMs: 15_000,
  /** The first window is longer by this: a line takes time to begin. */
  graceMs: 10_000,
} as const

/** Something on its way. */
export interface Moving {
  /** True once it was cut: it is looked at no more. */
  look(now: number): boolean
}

export class Pace {
  /** Milliseconds that only grow: whoever sets the machine's clock cuts nobody. */
  readonly elapsed: () => number
  readonly #all = new Set<Moving>()
  readonly #timer: NodeJS.Timeout

  constructor(elapsed: () => number) {
    this.elapsed = elapsed
    this.#timer = setInterval(() => this.look(), 1_000).unref()
  }
  get count(): number {
    return this.#all.size
  }
  begin<M extends Moving>(moving: M): M {
    this.#all.add(moving)
    return moving
  }
  end(moving: Moving): void {
    this.#all.delete(moving)
  }
  look(): void {
    const now = this.elapsed()
    for (const moving of this.#all) if (moving.look(now)) this.#all.delete(moving)
  }
  stop(): void {
    clearInterval(this.#timer)
  }
}
