/**
 * Jobs of cards, reactions to facts, timers of features and folds of the log: found on the store, leased, and done in
 * the transaction that removes them, so that each takes effect at most once however often it is tried and whoever dies
 * meanwhile. Each kind of work has a crew of its own, so that none waits for another.
 */
import { Crew, type Width } from './crew.ts'
import type { Engine } from '../ground/engine.ts'
import type { Folds } from './folds.ts'
import { Jobs } from './jobs.ts'
import { Reactions } from './reactions.ts'
import { Spreads } from './spreads.ts'
import { Sweep } from './sweep.ts'
import { Timers } from './timers.ts'

/**
 * Eight tasks at most for long, of a pool of ten connections, so that whoever asks finds one: the sweep and the telling
 * of names have seldom anything to do. A flood or a slow handler of one app leaves a place for another where somebody
 * waits: timers and folds come late anyway.
 */
const widths = {
  jobs: { all: 3, perApp: 2 },
  reactions: { all: 3, perApp: 2 },
  spreads: { all: 1, perApp: 1 },
  timers: { all: 1, perApp: 1 },
  folds: { all: 1, perApp: 1 },
  sweep: { all: 1, perApp: 1 },
} satisfies Record<string, Width>

export class Workers {
  readonly #crews: Record<keyof typeof widths, Crew>

  constructor(engine: Engine, folds: Folds) {
    this.#crews = {
      jobs: new Crew(engine, new Jobs(engine), widths.jobs),
      reactions: new Crew(engine, new Reactions(engine), widths.reactions),
      spreads: new Crew(engine, new Spreads(engine), widths.spreads),
      timers: new Crew(engine, new Timers(engine), widths.timers),
      folds: new Crew(engine, folds, widths.folds),
      sweep: new Crew(engine, new Sweep(engine), widths.sweep),
    }
  }

  start(): void {
    for (const crew of Object.values(this.#crews)) crew.start()
  }
  /** Something may be due: look at once rather than at the next poll. */
  nudge(work: 'jobs' | 'reactions' | 'spreads', appId: string): void {
    this.#crews[work].nudge(appId)
  }
  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#crews).map((crew) => crew.stop()))
  }
  /** Runs all that is due now, and what that makes due, until nothing is; how much there was. */
  async settle(): Promise<number> {
    for (let ran = 0; ;) {
      let done = 0
      // In turns, so that what a test sees is the same each time.
      for (const crew of Object.values(this.#crews)) done += await crew.settle()
      if (done === 0) return ran
      ran += done
    }
  }
}
