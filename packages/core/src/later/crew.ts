/**
 * A crew: works off one kind of what is due, several at once and in turns between apps. It looks for work when told of
 * some, at a pace of its own, and after work was found; a store that is away is asked less and less often until it
 * answers. Knows neither tables nor what a task does.
 */
import type { Engine } from '../ground/engine.ts'

export interface Task {
  readonly appId: string
  /** Two tasks of one key are one. */
  readonly key: string
  /**
   * Does it, if it is still there to be done; whether it was. Ends early, at a place where it may, once `isEnding`.
   * Throws when it could not even be noted that it failed: the store is away.
   */
  run(isEnding: () => boolean): Promise<boolean>
}
export interface Look {
  readonly tasks: readonly Task[]
  /** There was more to look at than one look may take. */
  readonly isMore?: boolean
}
/** Where a crew finds its work. A look is one bounded step, and the next goes on where it ended. */
export interface Source {
  /** Asked by somebody who waits (`isWaitedFor`), it keeps no pace of its own. */
  look(isWaitedFor: boolean): Promise<Look>
}

/** How a node shares its work between what is due: eight transactions at most, of a pool of ten. */
export interface Width {
  /** Tasks at once. */
  readonly all: number
  /** Of these, tasks of one app: another always finds a place, however slow the first is. */
  readonly perApp: number
}

/** Tasks of one app kept for later: enough for one turn of its crew, few enough not to grow stale. */
const keptPerApp = 64
/** Looks in a row that found nothing due though they did not see all: the next goes on after the pause. */
const looksMax = 16
const looksWaitedForMax = 64
/** A store that is away is asked again after a poll's time, doubled each time up to half a minute. */
const awayMaxMs = 30_000

export class Crew {
  readonly #engine: Engine
  readonly #source: Source
  readonly #width: Width
  readonly #kept = new Map<string, Task>()
  readonly #keptOf = new Map<string, number>()
  readonly #runningOf = new Map<string, number>()
  readonly #runningKeys = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  #work: Promise<void> | undefined
  /** Something may be there that the last look did not see. */
  #mayLook = true
  /** It may be of an app of which nothing is known yet: looked for at once, also while other work waits. */
  #isUrgent = false
  #looks = 0
  #done = 0
  #troubles = 0
  #isStarted = false
  #isEnding = false
  #isWaitedFor = false
  #cancel: (() => void) | undefined
  #stir: () => void = () => undefined

  constructor(engine: Engine, source: Source, width: Width) {
    this.#engine = engine
    this.#source = source
    this.#width = width
  }

  start(): void {
    this.#isStarted = true
    this.#isEnding = false
    this.#plan(0)
  }
  /** Something of the app may be due. */
  nudge(appId: string): void {
    if (!this.#isStarted) return
    this.#mayLook = true
    if (!this.#keptOf.has(appId) && !this.#runningOf.has(appId)) this.#isUrgent = true
    if (this.#work === undefined) this.#plan(0)
    else this.#stir()
  }
  async stop(): Promise<void> {
    this.#isStarted = false
    this.#isEnding = true
    this.#cancel?.()
    this.#cancel = undefined
    this.#stir()
    await this.#work
  }
  /** Does all that is due now, also what becomes due by it; how many tasks took effect. */
  async settle(): Promise<number> {
    await this.#work
    const before = this.#done
    this.#isWaitedFor = true
    this.#mayLook = true
    this.#stir()
    try {
      await this.#workOff()
    } finally {
      this.#isWaitedFor = false
    }
    return this.#done - before
  }

  #plan(delayMs: number): void {
    this.#cancel?.()
    this.#cancel = this.#engine.wait(delayMs, () => {
      this.#cancel = undefined
      this.#mayLook = true
      this.#isUrgent = true
      this.#stir()
      void this.#workOff()
    })
  }
  #workOff(): Promise<void> {
    this.#work ??= this.#untilNothing().finally(() => {
      this.#work = undefined
      // A nudge that came after the last look.
      if (this.#mayLook && this.#isStarted) this.#plan(0)
    })
    return this.#work
  }
  async #untilNothing(): Promise<void> {
    for (;;) {
      const stirred = new Promise<void>((resolve) => (this.#stir = resolve))
      await this.#fill()
      if (this.#running.size === 0) return
      await Promise.race([...this.#running, stirred])
    }
  }
  async #fill(): Promise<void> {
    while (!this.#isEnding && this.#running.size < this.#width.all) {
      if (this.#mayLook && (this.#isUrgent || this.#kept.size === 0)) await this.#look()
      const task = this.#next()
      if (task !== undefined) this.#launch(task)
      else if (!this.#mayLook || this.#kept.size > 0) return
    }
  }
  async #look(): Promise<void> {
    this.#mayLook = false
    this.#isUrgent = false
    try {
      const { tasks, isMore } = await this.#source.look(this.#isWaitedFor)
      if (tasks.length === 0) this.#troubles = 0
      let isFresh = false
      for (const task of tasks) isFresh = this.#keep(task) || isFresh
      this.#looks = isFresh ? 0 : this.#looks + 1
      if (isMore === true && this.#looks < (this.#isWaitedFor ? looksWaitedForMax : looksMax)) this.#mayLook = true
      else this.#looks = 0
      if (this.#isStarted) this.#plan(this.#engine.limits.pollMs)
    } catch (error) {
      this.#rest(error)
    }
  }
  /** The store is away: the crew rests, and what it kept is looked for anew. */
  #rest(error: unknown): void {
    this.#engine.onWorkerTrouble(error)
    this.#kept.clear()
    this.#keptOf.clear()
    this.#mayLook = false
    this.#troubles += 1
    if (!this.#isStarted) return
    this.#plan(Math.min(awayMaxMs, this.#engine.limits.pollMs * 2 ** Math.min(this.#troubles, 10)))
  }

  #keep(task: Task): boolean {
    const count = this.#keptOf.get(task.appId) ?? 0
    if (count >= keptPerApp || this.#kept.has(task.key) || this.#runningKeys.has(task.key)) return false
    this.#kept.set(task.key, task)
    this.#keptOf.set(task.appId, count + 1)
    return true
  }
  /** The oldest of an app that has least under way, and not its whole share. */
  #next(): Task | undefined {
    let next: Task | undefined
    let least = this.#width.perApp
    for (const task of this.#kept.values()) {
      const running = this.#runningOf.get(task.appId) ?? 0
      if (running < least) [next, least] = [task, running]
      if (least === 0) break
    }
    return next
  }
  #launch(task: Task): void {
    this.#kept.delete(task.key)
    count(this.#keptOf, task.appId, -1)
    count(this.#runningOf, task.appId, 1)
    this.#runningKeys.add(task.key)
    const run = task
      .run(() => this.#isEnding)
      .then(
        (took) => {
          this.#troubles = 0
          if (!took) return
          this.#done += 1
          this.#mayLook = true
        },
        (error: unknown) => this.#rest(error),
      )
    const over = run.finally(() => {
      this.#running.delete(over)
      this.#runningKeys.delete(task.key)
      count(this.#runningOf, task.appId, -1)
    })
    this.#running.add(over)
  }
}

function count(counts: Map<string, number>, key: string, by: number): void {
  const now = (counts.get(key) ?? 0) + by
  if (now === 0) counts.delete(key)
  else counts.set(key, now)
}
