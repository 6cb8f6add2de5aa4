/**
 * News of one group in their order: loads where the group stands, takes in what follows on, reads what the bus lost.
 * A reading that fails is tried again, later each time, for as long as anybody follows. Knows no follower and no frame.
 */
import { backoffMs } from './backoff.ts'
import type { Engine } from '../ground/engine.ts'
import type { GroupNews, Publication } from '../ground/publication.ts'

export type News = Publication<GroupNews>
export interface Hearer {
  /** Reads where the group stands and answers its version. */
  load(): Promise<number>
  /** Reads what happened after a version. */
  readGap(since: number): Promise<News>
  /** News are about to be taken in: last word with who leaves by them. */
  letGo(news: News): void
  /** News were taken in; they followed on from `version`. */
  takeIn(news: News, version: number): void
  /** It stands at its version now, and did not before. */
  loaded(): void
}

/** Frames of commits that overtook each other arrive within this time; after it the gap is read from the store. */
const gapDelayMs = 20
/** News that wait for what lies before them; beyond it all are forgotten, and read from the store like a gap. */
const waitingMax = 256
const waitingBytesMax = 1_048_576

export class Hearing {
  readonly #engine: Engine
  readonly #hearer: Hearer
  /** News up to here were taken in; undefined while loading. */
  #version: number | undefined
  /** How far the store is said to be: what the bus told less of is read. */
  #storedVersion = 0
  #waiting: News[] = []
  #waitingBytes = 0
  /** A load or the reading of a gap; one at a time. */
  #reading: Promise<void> | undefined
  #cancelWait: (() => void) | undefined
  #failures = 0
  #trouble: unknown
  #isOver = false

  constructor(engine: Engine, hearer: Hearer) {
    this.#engine = engine
    this.#hearer = hearer
    this.#read()
  }
  get isLoaded(): boolean {
    return this.#version !== undefined
  }
  get version(): number {
    return this.#version ?? 0
  }
  /**
   * Resolves once it is loaded, or over: then whoever asked follows it no more. Rejects if the store fails; who asks
   * again makes it try again, at once.
   */
  async ready(): Promise<void> {
    if (this.#version !== undefined) return
    this.#read()
    await this.#reading
    if (this.#version === undefined && !this.#isOver) throw this.#trouble
  }
  end(): void {
    this.#isOver = true
    this.#endWait()
  }

  hear(news: News): void {
    this.#waiting.push(news)
    for (const row of news.rows) this.#waitingBytes += row.json.length
    this.#advance()
    if (this.#waiting.length <= waitingMax && this.#waitingBytes <= waitingBytesMax) return
    for (const { news: later } of this.#waiting.splice(0)) this.#storedVersion = Math.max(this.#storedVersion, later.to)
    this.#waitingBytes = 0
    this.#seeToGap()
  }
  /** The store is at this version: if the bus told less, what it lost is read. */
  noteStored(version: number): void {
    this.#storedVersion = Math.max(this.#storedVersion, version)
    this.#seeToGap()
  }
  /** Waits until nothing is being read and no gap is open, but not for a store that failed. */
  async settle(): Promise<void> {
    for (;;) {
      if (this.#reading === undefined && this.#failures === 0 && this.#isBehind) this.#read()
      if (this.#reading === undefined) return
      await this.#reading
    }
  }

  get #isBehind(): boolean {
    return this.#version === undefined || this.#waiting.length > 0 || this.#storedVersion > this.#version
  }
  /** Takes in what follows on; keeps what does not, and sees to the gap. */
  #advance(): void {
    if (this.#version === undefined) return
    for (let took = true; took;) {
      took = false
      for (const [i, one] of this.#waiting.entries()) {
        if (one.news.from > this.#version) continue
        this.#waiting.splice(i, 1)
        this.#take(one)
        took = true
        break
      }
    }
    if (this.#waiting.length === 0) this.#waitingBytes = 0
    this.#seeToGap()
  }
  #take(one: News): void {
    const version = this.#version as number
    if (one.news.to <= version) return
    this.#hearer.letGo(one)
    this.#version = one.news.to
    this.#hearer.takeIn(one, version)
  }
  #seeToGap(): void {
    if (this.#version === undefined || this.#reading !== undefined) return
    if (!this.#isBehind) return this.#endWait()
    if (this.#failures > 0) return
    if (this.#storedVersion > this.#version) this.#read()
    else this.#cancelWait ??= this.#engine.wait(gapDelayMs, () => this.#read())
  }
  #endWait(): void {
    this.#cancelWait?.()
    this.#cancelWait = undefined
  }

  #read(): void {
    this.#endWait()
    if (this.#reading !== undefined || this.#isOver) return
    const reading = this.#version === undefined ? this.#load() : this.#readGap(this.#version)
    this.#reading = this.#engine.track(
      reading.then(
        () => this.#worked(),
        (error: unknown) => this.#failed(error),
      ),
    )
  }
  async #load(): Promise<void> {
    const version = await this.#hearer.load()
    if (this.#isOver) return
    this.#version = version
    this.#hearer.loaded()
  }
  async #readGap(since: number): Promise<void> {
    const before = new Set(this.#waiting)
    const storedVersion = this.#storedVersion
    const gap = await this.#hearer.readGap(since)
    if (this.#isOver) return
    this.#take(gap)
    // What was told before the reading and is not in it is in no store: it was put back meanwhile, and stays so.
    const version = this.#version as number
    if (this.#storedVersion === storedVersion) this.#storedVersion = Math.min(storedVersion, version)
    this.#waiting = this.#waiting.filter((one) => !before.has(one) || one.news.from <= version)
  }
  #worked(): void {
    this.#reading = undefined
    this.#failures = 0
    if (this.#isOver) return
    this.#advance()
  }
  #failed(error: unknown): void {
    this.#reading = undefined
    this.#failures++
    this.#trouble = error
    if (this.#isOver) return
    this.#engine.onWorkerTrouble(error)
    this.#cancelWait = this.#engine.wait(backoffMs(this.#engine, this.#failures), () => this.#read())
  }
}
