/**
 * What is put on the accounts of this thread are guesses, and no two machines are alike: where the thread was busy for
 * longer than the accounts say, each millisecond on them counts for as much as it really was.
 */
import { performance } from 'node:perf_hooks'

/** Looking at the clock of the loop costs about a microsecond. */
const lookEveryMs = 100
/** Of what was used, about so much counts: long enough to be no accident, short enough to hear an onset. */
const rememberedMs = 1_000
/** Below this share of the thread there is enough for everybody, whatever it costs. */
const enoughShare = 0.4
/** Not all that the thread does is somebody's: what is nobody's does not make everybody poor. */
const priceMax = 4

export class ThreadPrice {
  readonly #now: () => number
  /** Milliseconds for which the thread was busy since it began; only grows. */
  readonly #busyMs: () => number
  #lookedAt: number
  #busyAt: number
  #busy = 0
  #charged = 0
  /** Since the last look. */
  #fresh = 0
  #price = 1

  constructor(now: () => number, busyMs: () => number = threadBusyMs) {
    this.#now = now
    this.#busyMs = busyMs
    this.#lookedAt = now()
    this.#busyAt = busyMs()
  }
  /** What the work is to be charged with, in milliseconds of the thread. */
  of(ms: number): number {
    const passed = this.#now() - this.#lookedAt
    if (passed >= lookEveryMs) this.#look(passed)
    this.#fresh += ms
    return ms * this.#price
  }

  #look(passed: number): void {
    const busyAt = this.#busyMs()
    const kept = Math.exp(-passed / rememberedMs)
    // After a quiet hour there is an hour to look back on, of which no more is remembered than of any other time.
    const taken = ((1 - kept) * rememberedMs) / passed
    this.#busy = this.#busy * kept + (busyAt - this.#busyAt) * taken
    this.#charged = this.#charged * kept + this.#fresh * taken
    this.#fresh = 0
    this.#lookedAt += passed
    this.#busyAt = busyAt
    const isBusy = this.#busy > enoughShare * rememberedMs
    this.#price = isBusy ? Math.min(priceMax, Math.max(1, this.#busy / Math.max(1, this.#charged))) : 1
  }
}

/** All but the time in which the loop waited for something to do. */
function threadBusyMs(): number {
  return performance.eventLoopUtilization().active
}
