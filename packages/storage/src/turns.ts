/**
 * Whose work is next: apps take turns, within an app its people, and each person's own wait in line; who took more than
 * their share waits until they may. Knows neither connection nor request.
 */
import type { Owner, WorkAccounts } from './work-shares.ts'

export interface TurnsOptions {
  /** How many may be under way at the same time. */
  readonly places: number
  /** Of those, how many one app leaves to the others however idle they are: its own may all wait for one lock. */
  readonly reserved: number
  /** Of those, how many one person may have. All, unless given. */
  readonly perPersonMax?: number
  /** Waiting longer is refused; a caller that waits longer has gone. */
  readonly waitMs: number
  /** How many of one app may wait. */
  readonly waitingPerAppMax: number
  /** How many of one person may wait. As many as of an app, unless given. */
  readonly waitingPerPersonMax?: number
  /** How many may wait in all; once reached, an app that has less than its share of them may still add one. */
  readonly waitingMax: number
  /** What each may take of the machine; any amount, unless given. */
  readonly shares?: WorkAccounts | undefined
  /** The time a turn is under way is work of the owner's. */
  readonly isCharged?: boolean
  /** Work that goes with every turn, whatever follows. */
  readonly entryMs?: number
  /** Told whose turn begins: it may be work elsewhere, too. */
  readonly onTurn?: ((owner: Owner) => void) | undefined
  /** Calls back once, after that time; returns what calls it off. */
  readonly later?: (delayMs: number, run: () => void) => () => void
}

/** More waits than can be served soon. Nothing was begun: later may work. */
export class TurnRefusedError extends Error {
  /** `store.share_spent`: they themselves took too much; `store.overloaded`: there is too much of all. */
  readonly code: 'store.overloaded' | 'store.share_spent'
  readonly retryAfterMs: number
  constructor(reason: string, shareRestMs?: number) {
    super(`no turn: ${reason}`)
    this.name = 'TurnRefusedError'
    this.code = shareRestMs === undefined ? 'store.overloaded' : 'store.share_spent'
    this.retryAfterMs = Math.max(1_000, Math.ceil(shareRestMs ?? 0))
  }
}

interface Waiting {
  readonly owner: Owner
  readonly begin: () => void
  readonly refuse: (error: TurnRefusedError) => void
}
/** One person's, or what an app does by itself. */
interface Line {
  readonly userId: string | undefined
  underWay: number
  readonly waiting: Set<Waiting>
}
interface AppLines {
  readonly appId: string
  underWay: number
  waiting: number
  /** Those with something under way or waiting; whoever was served last or came last stands last. */
  readonly lines: Map<string | undefined, Line>
}

/** Begins no sooner than what is under way has ended. */
const whenAnotherEnds = Infinity
/** Its multiples lie apart, however many there are. */
const goldenSection = 0.618
/** What somebody may take changes with what others do. */
const lookEveryMs = 1_000

export class Turns {
  readonly #options: TurnsOptions
  readonly #later: NonNullable<TurnsOptions['later']>
  /** Apps with something under way or waiting; whoever was served last or came last stands last. */
  readonly #apps = new Map<string, AppLines>()
  #underWay = 0
  #waiting = 0
  #asked = 0
  #isOpen = false
  /** What pays for the time it is under way, as of a clock of work. */
  readonly #running = new Set<{ readonly owner: Owner; chargedAt: number }>()
  #worked = 0
  #workedAt = 0
  /** Calls off the look at those who wait for their share. */
  #callOff: (() => void) | undefined

  constructor(options: TurnsOptions) {
    this.#options = options
    this.#later = options.later ?? afterTimeout
  }
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when the owner's turn has come, with what ends it (once). Throws TurnRefusedError. */
  async take(owner: Owner): Promise<() => void> {
    // What an app does by itself, such as a timer, keeps nobody waiting.
    if (owner.userId !== undefined) this.#options.shares?.ask(owner)
    this.#charge()
    const app = this.#appOf(owner.appId)
    const line = lineOf(app, owner.userId)
    if (this.#isOpen || (line.waiting.size === 0 && this.#restOf(app, line) === 0)) this.#begin(app, line)
    else await this.#wait(app, line, owner)
    const running = { owner, chargedAt: this.#worked }
    if (this.#options.isCharged === true) this.#running.add(running)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#charge()
      this.#running.delete(running)
      this.#underWay -= 1
      app.underWay -= 1
      line.underWay -= 1
      this.#dropIdle(app, line)
      this.#serve()
    }
  }

  /** From now on nobody waits: what did not begin would never do so. Whoever waits begins. */
  open(): void {
    this.#isOpen = true
    for (const { lines } of [...this.#apps.values()])
      for (const line of [...lines.values()]) {
        refuseGone(line)
        for (const waiting of [...line.waiting]) waiting.begin()
      }
  }

  /** What is under way pays as it goes: of more turns than there are processors each has worked a part of the time. */
  #charge(): void {
    const { shares } = this.#options
    if (shares === undefined || this.#running.size === 0) return
    const now = shares.now()
    this.#worked += (now - this.#workedAt) * Math.min(1, shares.limits.processors / Math.max(1, this.#underWay))
    this.#workedAt = now
    for (const running of this.#running) {
      shares.charge(running.owner, this.#worked - running.chargedAt)
      running.chargedAt = this.#worked
    }
  }

  #appOf(appId: string): AppLines {
    let app = this.#apps.get(appId)
    if (app === undefined) this.#apps.set(appId, (app = { appId, underWay: 0, waiting: 0, lines: new Map() }))
    return app
  }

  /** Milliseconds until it may begin. */
  #restOf(app: AppLines, line: Line): number {
    const { places, reserved, perPersonMax = places } = this.#options
    if (this.#underWay >= places || app.underWay >= places - reserved) return whenAnotherEnds
    if (this.#hasHalf(app)) return whenAnotherEnds
    if (line.userId !== undefined && line.underWay >= perPersonMax) return whenAnotherEnds
    return this.#ownRestOf(app, line)
  }

  /** [FAIR9] What is under way cannot be called back: beside others an app takes half of the places at most. */
  #hasHalf({ appId, underWay }: AppLines): boolean {
    const { places, shares } = this.#options
    return underWay >= places / 2 && shares?.isAlone(appId) === false
  }

  #begin(app: AppLines, line: Line): void {
    const { shares, entryMs, onTurn } = this.#options
    if (shares !== undefined && entryMs !== undefined) shares.charge(ownerOf(app, line), entryMs)
    onTurn?.(ownerOf(app, line))
    if (this.#running.size === 0) this.#workedAt = shares?.now() ?? 0
    else this.#charge()
    this.#underWay += 1
    app.underWay += 1
    line.underWay += 1
    app.lines.delete(line.userId)
    app.lines.set(line.userId, line)
    this.#apps.delete(app.appId)
    this.#apps.set(app.appId, app)
  }

  #wait(app: AppLines, line: Line, owner: Owner): Promise<void> {
    const { waitMs, waitingPerAppMax, waitingPerPersonMax = waitingPerAppMax, waitingMax } = this.#options
    if (line.waiting.size >= waitingPerPersonMax) refuseGone(line)
    // It may have been left without anybody.
    app.lines.set(line.userId, line)
    this.#apps.set(app.appId, app)
    const share = waitingMax / this.#apps.size
    const isFull =
      app.waiting >= waitingPerAppMax ||
      (line.userId !== undefined && line.waiting.size >= waitingPerPersonMax) ||
      (this.#waiting >= waitingMax && app.waiting >= share)
    if (isFull) {
      this.#dropIdle(app, line)
      throw this.#refusal(app, line, `${line.waiting.size} wait already`)
    }
    return new Promise((resolve, reject) => {
      // Not all at once, who came at once: they would come back at once, too.
      const patienceMs = waitMs * (1 - ((this.#asked++ * goldenSection) % 1) / 4)
      const late = () => waiting.refuse(this.#refusal(app, line, `waited for ${Math.round(patienceMs)} ms`))
      const callOff = this.#later(patienceMs, late)
      const leave = () => {
        callOff()
        line.waiting.delete(waiting)
        app.waiting -= 1
        this.#waiting -= 1
        if (this.#waiting === 0) this.#rest()
      }
      const waiting: Waiting = {
        owner,
        begin: () => {
          leave()
          this.#begin(app, line)
          resolve()
        },
        refuse: (error) => {
          leave()
          this.#dropIdle(app, line)
          reject(error)
        },
      }
      line.waiting.add(waiting)
      app.waiting += 1
      this.#waiting += 1
      this.#serve()
    })
  }
  /** [FAIR5] Who took too much is told so, and when to come back; who did not, that there is too much of all. */
  #refusal(app: AppLines, line: Line, reason: string): TurnRefusedError {
    const restMs = this.#ownRestOf(app, line)
    const { places, perPersonMax = whenAnotherEnds } = this.#options
    // Where there is a place for everybody nothing else keeps anybody waiting, though it be over since the last look.
    const isDebt = restMs > 0 || places === Infinity
    const isOwnDoing = isDebt || this.#hasHalf(app) || (line.userId !== undefined && line.underWay >= perPersonMax)
    return new TurnRefusedError(reason, isOwnDoing ? restMs : undefined)
  }

  #ownRestOf(app: AppLines, line: Line): number {
    return this.#options.shares?.restOf(ownerOf(app, line)) ?? 0
  }

  /** Gives each free place to the app that was served longest ago, in it to such a person, of theirs to the first. */
  #serve(): void {
    this.#rest()
    if (this.#waiting > 0) this.#charge()
    while (this.#waiting > 0) {
      const next = this.#next()
      if (typeof next !== 'number') next.begin()
      else {
        if (next !== whenAnotherEnds)
          this.#callOff = this.#later(Math.min(Math.max(1, next), lookEveryMs), () => this.#serve())
        return
      }
    }
  }
  /** Nobody waits for their share: there is nothing to look at. */
  #rest(): void {
    this.#callOff?.()
    this.#callOff = undefined
  }
  /** Who begins now, or the milliseconds until somebody may. */
  #next(): Waiting | number {
    let soonest = whenAnotherEnds
    for (const app of this.#apps.values()) {
      if (app.waiting === 0) continue
      const restOfApp = this.#options.shares?.restOf({ appId: app.appId }) ?? 0
      if (restOfApp > 0) {
        soonest = Math.min(soonest, restOfApp)
        continue
      }
      for (const line of app.lines.values()) {
        const rest = line.waiting.size === 0 ? whenAnotherEnds : this.#restOf(app, line)
        soonest = Math.min(soonest, rest)
        if (rest > 0) continue
        refuseGone(line)
        const [first] = line.waiting
        if (first !== undefined) return first
      }
    }
    return soonest
  }

  #dropIdle(app: AppLines, line: Line): void {
    if (line.underWay > 0 || line.waiting.size > 0) return
    if (app.lines.get(line.userId) === line) app.lines.delete(line.userId)
    if (app.lines.size === 0 && this.#apps.get(app.appId) === app) this.#apps.delete(app.appId)
  }
}

const ownerOf = ({ appId }: AppLines, { userId }: Line): Owner => (userId === undefined ? { appId } : { appId, userId })
function lineOf(app: AppLines, userId: string | undefined): Line {
  let line = app.lines.get(userId)
  if (line === undefined) app.lines.set(userId, (line = { userId, underWay: 0, waiting: new Set() }))
  return line
}
/** Nobody is there to be answered: they leave the line, and take no turn. */
function refuseGone(line: Line): void {
  for (const waiting of line.waiting)
    if (waiting.owner.isGone === true) waiting.refuse(new TurnRefusedError('nobody waits for it'))
}

function afterTimeout(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
