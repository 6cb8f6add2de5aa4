/** Time, waits and chance in a test's hand. */
export class Clock {
  at = 1_700_000_000_000
  #waits: { at: number; order: number; run: () => void }[] = []
  #order = 0

  readonly now = (): number => this.at
  readonly wait = (delayMs: number, run: () => void): (() => void) => {
    const one = { at: this.at + delayMs, order: this.#order++, run }
    this.#waits.push(one)
    return () => {
      this.#waits = this.#waits.filter((other) => other !== one)
    }
  }
  /** Lets `ms` pass, running what falls due in its order, with everything it sets off. */
  async pass(ms: number): Promise<void> {
    const end = this.at + ms
    await settle()
    for (;;) {
      const [next] = this.#waits.toSorted((a, b) => a.at - b.at || a.order - b.order)
      if (next === undefined || next.at > end) break
      this.#waits = this.#waits.filter((one) => one !== next)
      this.at = Math.max(this.at, next.at)
      next.run()
      await settle()
    }
    this.at = end
  }
  get waiting(): number {
    return this.#waits.length
  }
}

/** Drains the microtasks: every chain of promises in these tests is shorter than this. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve()
}

/** mulberry32: the same numbers for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
