/**
 * How much of its time this process works, looked at twice a second. Who does work that can wait asks whether it is
 * busy; and once a time of much work is over, what it left in memory is given back while nobody waits for anything.
 */
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookMs = 500
const busyShare = 0.5
/** Nobody waits: so little work in each of so many looks in a row. */
const idleShare = 0.1
const idleLooks = 4
/**
 * Memory taken since it was last given back: less is not worth the pause, some 50 ms for each 50 MB that live. What
 * the heap holds says little: V8 keeps the pages of what it collected by itself.
 */
const litterBytes = 48 * 1_048_576
const litterShare = 0.25

export interface LoadOptions {
  /** Share of the last half second in which the process worked: 0 … 1. */
  readonly workedShare: () => number
  readonly residentBytes: () => number
  /** Gives back what nobody holds any more. */
  readonly collect: () => void
}

export class ProcessLoad {
  readonly #options: LoadOptions
  #share = 0
  /** What the process held after its memory was last given back. */
  #heldBytes: number
  /** Looks in a row that found next to no work. */
  #idleFor = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: LoadOptions = ownLoad()) {
    this.#options = options
    this.#heldBytes = options.residentBytes()
  }
  start(): void {
    this.#timer = setInterval(() => this.look(), lookMs).unref()
  }
  stop(): void {
    clearInterval(this.#timer)
  }
  readonly isBusy = (): boolean => this.#share > busyShare

  look(): void {
    this.#share = this.#options.workedShare()
    const resident = this.#options.residentBytes()
    // Pages that were collected go back little by little: what is held is known when they have gone.
    this.#heldBytes = Math.min(this.#heldBytes, resident)
    this.#idleFor = this.#share > idleShare ? 0 : this.#idleFor + 1
    if (this.#idleFor < idleLooks) return
    const litter = resident - this.#heldBytes
    if (litter < Math.max(litterBytes, litterShare * this.#heldBytes)) return
    this.#options.collect()
    this.#heldBytes = this.#options.residentBytes()
  }
}

function ownLoad(): LoadOptions {
  let before = performance.eventLoopUtilization()
  let collect: (() => void) | undefined
  return {
    workedShare: () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
    residentBytes: () => process.memoryUsage.rss(),
    collect: () => {
      collect ??= collector()
      collect()
    },
  }
}
/** V8 shows its collector to who asks by a flag; a context made after that has it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return collect
}
