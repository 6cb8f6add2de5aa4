/** A server of the replay's own that can be killed at seeded moments and comes back on the same port and data. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startQun, type QunChild } from '../bench/peers.ts'

/** A kill comes this long after a line was sent at most: before, during or after its commit. */
const killWithinMs = 25

export class OwnServer {
  readonly url: string
  readonly apiKey: string
  readonly #dataDir: string
  readonly #port: number
  readonly #random: () => number
  #child: QunChild
  /** Logs side by side kill one server: the next kill waits until it is back. */
  #killing: Promise<void> = Promise.resolve()
  killCount = 0

  /** Starts a server on a fresh database below `folder`. */
  static async start(folder: string, seed: number): Promise<OwnServer> {
    const dataDir = join(folder, 'data')
    return new OwnServer(dataDir, await startQun({ dataDir, pinning: null }), seed)
  }

  private constructor(dataDir: string, child: QunChild, seed: number) {
    this.#dataDir = dataDir
    this.#child = child
    this.#random = seededRandom(seed)
    this.#port = child.ready.port
    this.url = child.ready.url
    this.apiKey = child.ready.apiKey
  }

  /** Chooses before which of `lines` lines to kill, `count` times; undefined when never. */
  killPlan(count: number, lines: number): ((index: number) => Promise<void> | undefined) | undefined {
    if (count === 0) return undefined
    const chosen = new Set<number>()
    while (chosen.size < Math.min(count, lines)) chosen.add(Math.floor(this.#random() * lines))
    return (index) => (chosen.has(index) ? (this.#killing = this.#killing.then(() => this.#killSoon())) : undefined)
  }

  async stop(): Promise<void> {
    await this.#child.stop()
  }

  /** kill -9 while the line is on its way, of the server alone or with its PostgreSQL, then a restart at once. */
  async #killSoon(): Promise<void> {
    await pause(this.#random() * killWithinMs)
    if (this.#random() < 0.5) this.#child.kill('SIGKILL')
    else this.#child.killFamily()
    await this.#child.ended
    this.killCount += 1
    this.#child = await startQun({ dataDir: this.#dataDir, port: this.#port, pinning: null })
  }
}

/** Mulberry32: small, seeded, and good enough to choose moments. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
