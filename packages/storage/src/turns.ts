/** Whose transaction is next: apps take turns, and each app's own wait in line; knows no connection. */

export interface TurnsOptions {
  /** How many may be under way at the same time. */
  readonly places: number
  /** Of those, how many one app leaves to the others however idle they are: its own may all wait for one lock. */
  readonly reserved: number
  /** Waiting longer is refused; a caller that waits longer has gone. */
  readonly waitMs: number
  /** How many of one app may wait. */
  readonly waitingPerAppMax: number
  /** How many may wait in all; once reached, an app that has less than its share of them may still add one. */
  readonly waitingMax: number
  /** Calls back once, after that time; returns what calls it off. */
  readonly later?: (delayMs: number, run: () => void) => () => void
}

/** More waits than can be served soon. Nothing was begun: later may work. */
export class TurnRefusedError extends Error {
  readonly code = 'store.overloaded'
  constructor(reason: string) {
    super(`no connection is free: ${reason}`)
    this.name = 'TurnRefusedError'
  }
}

interface Waiting {
  readonly begin: () => void
  readonly refuse: (reason: string) => void
}

interface Line {
  underWay: number
  readonly waiting: Set<Waiting>
}

export class Turns {
  readonly #options: TurnsOptions
  readonly #later: NonNullable<TurnsOptions['later']>
  /** Apps with something under way or waiting; whoever was served last or came last stands last. */
  readonly #lines = new Map<string, Line>()
  #underWay = 0
  #waiting = 0

  constructor(options: TurnsOptions) {
    this.#options = options
    this.#later = options.later ?? afterTimeout
  }

  /** Resolves when the app's turn has come, with what ends it (once). Throws TurnRefusedError. */
  async take(appId: string): Promise<() => void> {
    const line = this.#lineOf(appId)
    if (line.waiting.size === 0 && this.#mayBegin(line)) this.#begin(appId, line)
    else await this.#wait(appId, line)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#underWay -= 1
      line.underWay -= 1
      this.#dropIdle(appId, line)
      this.#serve()
    }
  }

  #lineOf(appId: string): Line {
    let line = this.#lines.get(appId)
    if (line === undefined) this.#lines.set(appId, (line = { underWay: 0, waiting: new Set() }))
    return line
  }

  #mayBegin(line: Line): boolean {
    const { places, reserved } = this.#options
    return this.#underWay < places && line.underWay < places - reserved
  }

  #begin(appId: string, line: Line): void {
    this.#underWay += 1
    line.underWay += 1
    this.#lines.delete(appId)
    this.#lines.set(appId, line)
  }

  #wait(appId: string, line: Line): Promise<void> {
    const { waitMs, waitingPerAppMax, waitingMax } = this.#options
    const share = waitingMax / this.#lines.size
    if (line.waiting.size >= waitingPerAppMax || (this.#waiting >= waitingMax && line.waiting.size >= share))
      throw new TurnRefusedError(`${line.waiting.size} of this app wait already`)
    return new Promise((resolve, reject) => {
      const callOff = this.#later(waitMs, () => waiting.refuse(`waited for ${waitMs} ms`))
      const leave = () => {
        callOff()
        line.waiting.delete(waiting)
        this.#waiting -= 1
      }
      const waiting: Waiting = {
        begin: () => {
          leave()
          this.#begin(appId, line)
          resolve()
        },
        refuse: (reason) => {
          leave()
          this.#dropIdle(appId, line)
          reject(new TurnRefusedError(reason))
        },
      }
      line.waiting.add(waiting)
      this.#waiting += 1
    })
  }

  /** Gives each free place to the app that was served longest ago, and within it to the one that waits longest. */
  #serve(): void {
    while (this.#waiting > 0) {
      const next = [...this.#lines.values()].find((line) => line.waiting.size > 0 && this.#mayBegin(line))
      if (next === undefined) return
      const [first] = next.waiting
      first!.begin()
    }
  }

  #dropIdle(appId: string, line: Line): void {
    if (line.underWay === 0 && line.waiting.size === 0 && this.#lines.get(appId) === line) this.#lines.delete(appId)
  }
}

function afterTimeout(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
