/**
 * The bus engine of several nodes on one store: each node's own messages reach it at once and whole, other nodes hear
 * how far a topic is and read the rest for themselves. What has no version (typing, a cut) travels as it is. A node
 * alone says nothing. Every text is numbered, so that a lost one is noticed. Knows no database and no message.
 */
import { hash } from 'node:crypto'
import { type Bus, type BusMessage, textOf } from './bus.ts'
import {
  bytesOf,
  decodeSaid,
  divide,
  encodeSaid,
  type HintWire,
  type Said,
  type Whole,
  wholeBytesMax,
} from './hint-wire.ts'
import { createInProcessBus } from './in-process.ts'

export interface HintBusOptions {
  readonly wire: HintWire
  /** Another one for each start of each node. */
  readonly nodeId: string
  /** Milliseconds that only grow. */
  readonly elapsed: () => number
  readonly wait: (delayMs: number, run: () => void) => () => void
  /** Told of what a receiver threw. Default: ignored. */
  readonly onError?: (error: unknown, topic: string) => void
}
export interface HintBus extends Bus {
  /** Resolves once the wire carries, or after a while without. */
  readonly ready: Promise<void>
  /** Other nodes heard of lately. */
  readonly others: number
}

/** Notices cost the database a lock of its own each: performance.md has them at a thousand a second at most. */
const flushMs = 50
/** Texts of one flush; what is left waits for the next. */
const flushTextsMax = 16
/** More hints or messages never fit into them. */
const flushEntriesMax = 8_000
/** Topics and messages that wait; beyond, all of them are given up and the others are told to look. */
const waitingMax = 50_000
/** How often a node that others listen to says that it lives. */
const beatMs = 500
/** A node silent for longer may have lost what it had to say. */
const silentMs = 2.4 * beatMs
/** A node silent for longer is gone. */
const goneMs = 20 * beatMs
/** How long a start waits for the wire. */
const readyWithinMs = 5_000

interface Peer {
  number: number
  heardAt: number
}
interface Ear {
  readonly topic: string
  readonly hear: (version: number) => void
}

export function createHintBus(options: HintBusOptions): HintBus {
  return new WiredBus(options)
}

/** A topic in few bytes. Two topics of the same key cost a look at the store and nothing else. */
function keyOf(topic: string): string {
  return hash('sha256', topic, 'base64url').slice(0, 11)
}

class WiredBus implements HintBus {
  readonly ready: Promise<void>
  readonly #options: HintBusOptions
  readonly #local: Bus
  readonly #ears = new Map<string, Set<Ear>>()
  readonly #lookers = new Set<() => void>()
  readonly #peers = new Map<string, Peer>()
  #number = 0
  #hints = new Map<string, number>()
  #wholes: Whole[] = []
  #isSaying = false
  #flushedAt = Number.NEGATIVE_INFINITY
  #cancelFlush: (() => void) | undefined
  #cancelBeat: (() => void) | undefined
  /** Whether what this node says is heard: it hears itself. */
  #carries = false
  #isLossTold = false
  #isClosed = false
  #becomeReady: () => void = () => undefined

  constructor(options: HintBusOptions) {
    this.#options = options
    const { onError } = options
    this.#local = createInProcessBus(onError === undefined ? {} : { onError })
    this.ready = new Promise((resolve) => {
      const cancel = options.wait(readyWithinMs, resolve)
      this.#becomeReady = () => {
        cancel()
        resolve()
      }
    })
    options.wire.open({
      hear: (text) => this.#hear(text),
      setUp: (isUp) => {
        this.#carries = false
        if (isUp) void this.#say([{ from: options.nodeId, number: this.#number, mark: 'hello' }])
      },
    })
  }
  get isReliable(): boolean {
    return this.#carries
  }
  get others(): number {
    return this.#peers.size
  }

  publish(topic: string, message: BusMessage, version?: number): void {
    if (this.#isClosed) return
    this.#local.publish(topic, message)
    // Whoever comes later learns from the number that something was said before.
    if (this.#peers.size === 0) return void this.#number++
    if (version !== undefined) this.#hints.set(topic, Math.max(version, this.#hints.get(topic) ?? 0))
    else this.#pushWhole([topic, textOf(message)])
    if (this.#hints.size + this.#wholes.length > waitingMax) this.#giveUp()
    this.#plan()
  }
  subscribe(topic: string, receive: (message: BusMessage) => void, hear?: (version: number) => void): () => void {
    const end = this.#local.subscribe(topic, receive)
    if (hear === undefined || this.#isClosed) return end
    const key = keyOf(topic)
    const ear = { topic, hear }
    const ears = this.#ears.get(key) ?? new Set()
    this.#ears.set(key, ears.add(ear))
    return () => {
      end()
      if (ears.delete(ear) && ears.size === 0) this.#ears.delete(key)
    }
  }
  #pushWhole(whole: Whole): void {
    if (bytesOf(whole) <= wholeBytesMax) this.#wholes.push(whole)
    else this.#number++
  }
  onLoss(look: () => void): () => void {
    // A function of its own, so that the same one may be given twice.
    const looker = () => look()
    this.#lookers.add(looker)
    return () => void this.#lookers.delete(looker)
  }
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelFlush?.()
    this.#cancelBeat?.()
    this.#becomeReady()
    this.#ears.clear()
    this.#lookers.clear()
    await this.#local.close()
    if (this.#peers.size > 0) {
      const last = this.#take()
      await this.#say([...last, { ...this.#bare(), mark: 'bye' }])
    }
    this.#peers.clear()
    await this.#options.wire.close()
  }

  // ── saying ──
  #bare(): Said {
    return { from: this.#options.nodeId, number: this.#number }
  }
  #plan(): void {
    if (this.#cancelFlush !== undefined || this.#isSaying) return
    const { wait, elapsed } = this.#options
    this.#cancelFlush = wait(Math.max(0, this.#flushedAt + flushMs - elapsed()), () => {
      this.#cancelFlush = undefined
      void this.#flush()
    })
  }
  async #flush(): Promise<void> {
    if (this.#isClosed) return
    this.#isSaying = true
    this.#flushedAt = this.#options.elapsed()
    await this.#say(this.#take())
    this.#isSaying = false
    if (this.#hints.size + this.#wholes.length > 0 && !this.#isClosed) this.#plan()
  }
  /** The texts of one flush, each with its number. */
  #take(): Said[] {
    const hints = this.#hints
      .entries()
      .take(flushEntriesMax)
      .map(([topic, version]) => [keyOf(topic), version] as const)
    const now = divide(hints, this.#wholes.slice(0, flushEntriesMax)).slice(0, flushTextsMax)
    for (const topic of [...this.#hints.keys().take(sum(now, (part) => part.hints.length))]) this.#hints.delete(topic)
    this.#wholes.splice(
      0,
      sum(now, (part) => part.wholes.length),
    )
    return now.map((part) => ({ from: this.#options.nodeId, number: ++this.#number, ...part }))
  }
  /** What cannot be said is lost: the numbers tell the others. */
  async #say(texts: readonly Said[]): Promise<void> {
    if (texts.length === 0) return
    await this.#options.wire.say(texts.map(encodeSaid)).catch(() => undefined)
  }
  #giveUp(): void {
    this.#hints = new Map()
    this.#wholes = []
    this.#number++
  }

  // ── hearing ──
  #hear(text: string): void {
    const said = decodeSaid(text)
    if (said === undefined || this.#isClosed) return
    if (said.from === this.#options.nodeId) {
      if (said.mark !== 'hello' || this.#carries) return
      this.#carries = true
      this.#becomeReady()
      return this.#lose()
    }
    this.#note(said)
    for (const [key, version] of said.hints ?? []) {
      for (const ear of this.#ears.get(key) ?? []) this.#tell(ear, version)
    }
    for (const [topic, message] of said.wholes ?? []) this.#local.publish(topic, message)
  }
  #tell(ear: Ear, version: number): void {
    try {
      ear.hear(version)
    } catch (error) {
      this.#options.onError?.(error, ear.topic)
    }
  }
  /** Who speaks, and whether anything of theirs is missing. */
  #note({ from, number, mark, hints, wholes }: Said): void {
    const heardAt = this.#options.elapsed()
    const peer = this.#peers.get(from)
    const isNext = hints !== undefined || wholes !== undefined
    if (peer === undefined ? mark !== 'bye' : number > peer.number + (isNext ? 1 : 0)) this.#lose()
    if (mark === 'bye') this.#peers.delete(from)
    else if (peer === undefined) this.#peers.set(from, { number, heardAt })
    else {
      peer.number = Math.max(peer.number, number)
      peer.heardAt = heardAt
    }
    // Each knows the other after one answer, so answers come to an end.
    if (mark === 'hello' || (peer === undefined && mark !== 'bye')) void this.#say([this.#bare()])
    if (this.#peers.size > 0) this.#cancelBeat ??= this.#options.wait(beatMs, () => this.#beat())
  }
  #beat(): void {
    this.#cancelBeat = undefined
    const now = this.#options.elapsed()
    for (const [from, peer] of this.#peers) {
      if (now - peer.heardAt > silentMs) this.#lose()
      if (now - peer.heardAt > goneMs) this.#peers.delete(from)
    }
    if (this.#peers.size === 0) return this.#giveUp()
    if (now - this.#flushedAt >= beatMs) void this.#say([this.#bare()])
    this.#cancelBeat = this.#options.wait(beatMs, () => this.#beat())
  }
  /** Once for all that is noticed in one turn. */
  #lose(): void {
    if (this.#isLossTold) return
    this.#isLossTold = true
    queueMicrotask(() => {
      this.#isLossTold = false
      for (const look of this.#lookers) look()
    })
  }
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0)
}
