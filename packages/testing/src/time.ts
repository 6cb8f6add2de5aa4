/** A world's clock and waiting: time passes only when a test says so. */

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class WorldTime {
  #now: number
  #order = 0
  readonly #timers = new Set<Timer>()

  /** Starts at a fixed instant, so that failures print the same values twice. */
  constructor(startsAt = Date.UTC(2026, 0, 1)) {
    this.#now = startsAt
  }
  now(): number {
    return this.#now
  }
  /** What the engine and the SDK are given as their way to wait. No delay means the end of the turn. */
  readonly wait = (delayMs: number, run: () => void): (() => void) => {
    if (delayMs <= 0) {
      const immediate = setImmediate(run)
      return () => clearImmediate(immediate)
    }
    const timer = { at: Math.ceil(this.#now + delayMs), order: this.#order++, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
  /** The instant of the next timer not after `until`; undefined when there is none. */
  nextAt(until: number): number | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer
    return next?.at
  }
  /** Moves to an instant and runs what is due by then, in order. */
  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at)
    const due = [...this.#timers]
      .filter((timer) => timer.at <= this.#now)
      .toSorted((a, b) => a.at - b.at || a.order - b.order)
    for (const timer of due) if (this.#timers.delete(timer)) timer.run()
  }
}

/** Longer than a store needs to answer on a machine that has much else to do; below a test's own limit. */
const patienceMs = 20_000
/**
 * Lets turns go by until `check` holds; says whether it came to hold. The world's time stands still meanwhile: the
 * machine's own bounds this, since turns pass quickly where the store is slow.
 */
export async function until(check: () => boolean): Promise<boolean> {
  const end = performance.now() + patienceMs
  while (!check() && performance.now() < end) await turns(1)
  return check()
}

/** Lets promises and the end of the turn run; no time passes. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}
/** Lets a world's time go by until `check` holds, as long as the machine needs; says whether it came to hold. */
export async function driftUntil(world: { readonly time: WorldTime }, check: () => boolean): Promise<boolean> {
  const end = performance.now() + patienceMs
  while (!check() && performance.now() < end) await drift(world, 50)
  return check()
}
/** Lets a world's time go by in small steps, without making anything due go out early. */
export async function drift({ time }: { readonly time: WorldTime }, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 50) {
    time.moveTo(time.now() + 50)
    await turns(4)
  }
}
