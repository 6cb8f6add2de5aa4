/** Opens and reads the generator's many sockets; counts nothing itself and knows no workload. */
import { connect, type Socket } from 'node:net'
import type { Greeting } from './wire.ts'

/** Every socket reads into this one buffer: reading and looking at what was read happen in one turn. */
const readBytes = 1 << 20
/** Room before it for the unfinished end of the connection's previous reading. */
const headroom = 64
/** Addresses the connections come from: a server counts sockets per address, and a crowd has many. */
const addressCount = 50
const arena = Buffer.allocUnsafeSlow(headroom + readBytes)
const target = arena.subarray(headroom)

/** A server may turn a connection away for the moment; like any client it comes back. */
const triesMax = 6
const retryAfterMs = 300

export interface ConnectionsOptions {
  readonly host: string
  readonly port: number
  readonly count: number
  readonly atOnce: number
  readonly greet: (connection: number) => Greeting[]
  /**
   * Told of received bytes `[start, end)` once a connection is ready. Returns from where on they shall come again
   * before the next ones; at most 64 bytes.
   */
  readonly received: (bytes: Buffer, start: number, end: number) => number
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #sockets: (Socket | undefined)[] = []
  readonly #tails: (Buffer | undefined)[] = []
  readonly #isReady: boolean[] = []
  #ready = 0
  #failed = 0
  #retried = 0
  #closed = 0
  #next = 0
  #opening = 0
  #ended = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  get ready(): number {
    return this.#ready
  }
  get failed(): number {
    return this.#failed
  }
  /** Attempts beyond the first of each connection. */
  get retried(): number {
    return this.#retried
  }
  /** Connections lost after they had been ready. */
  get closed(): number {
    return this.#closed
  }

  /** Opens all; resolves when each is ready or failed, or at the time limit. */
  async open(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs
    while (this.#ready + this.#failed < this.#options.count && performance.now() < until) {
      while (this.#next < this.#options.count && this.#opening < this.#options.atOnce) this.#openOne(this.#next++)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  isReady(connection: number): boolean {
    return this.#isReady[connection] === true
  }
  write(connection: number, frame: Buffer): boolean {
    const socket = this.#sockets[connection]
    if (socket === undefined) return false
    socket.write(frame)
    return true
  }

  /** The connection takes nothing from its socket any more: a reader that has hung. It does not even see its end. */
  stopReading(connection: number): void {
    this.#sockets[connection]?.pause()
  }
  goOnReading(connection: number): void {
    this.#sockets[connection]?.resume()
  }

  close(): void {
    this.#ended = true
    for (const socket of this.#sockets) socket?.resetAndDestroy()
  }

  #openOne(connection: number, tries = 1): void {
    if (tries === 1) this.#opening += 1
    const greeting = this.#options.greet(connection)
    let heard = ''
    let ready = false
    const received = (count: number): boolean => {
      if (ready) this.#readOne(connection, count)
      else {
        heard = advance(heard + target.toString('latin1', 0, count))
        // What a long snapshot begins with does not matter; only its last words can.
        if (heard.length > 65_536) heard = heard.slice(-4_096)
      }
      return true
    }
    const socket = connect({
      host: this.#options.host,
      port: this.#options.port,
      localAddress: `127.0.0.${2 + (connection % addressCount)}`,
      noDelay: true,
      onread: { buffer: target, callback: received },
    })
    const advance = (words: string): string => {
      let rest = words
      while (greeting.length > 0) {
        const step = greeting[0]!
        if ('send' in step) socket.write(step.send)
        else {
          const at = rest.indexOf(step.await)
          if (at < 0) return rest
          rest = rest.slice(at + step.await.length)
        }
        greeting.shift()
      }
      ready = true
      this.#isReady[connection] = true
      this.#ready += 1
      this.#opening -= 1
      return ''
    }
    socket.on('connect', () => {
      heard = advance(heard)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets[connection] = undefined
      if (ready) this.#closed += this.#ended ? 0 : 1
      else if (tries < triesMax && !this.#ended) {
        this.#retried += 1
        setTimeout(() => this.#openOne(connection, tries + 1), retryAfterMs * tries)
      } else {
        this.#failed += 1
        this.#opening -= 1
        if (this.#failed === 1) process.stderr.write(`connection ${connection} failed after: ${heard.slice(-300)}\n`)
      }
    })
    this.#sockets[connection] = socket
  }

  #readOne(connection: number, count: number): void {
    const tail = this.#tails[connection]
    let start = headroom
    if (tail !== undefined) {
      start -= tail.length
      tail.copy(arena, start)
    }
    const end = headroom + count
    const rest = this.#options.received(arena, start, end)
    this.#tails[connection] = rest < end ? Buffer.from(arena.subarray(rest, end)) : undefined
  }
}
