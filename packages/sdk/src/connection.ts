/** One socket kept alive: authenticates, pings, and comes back after it broke. Knows no stream and no view. */
/* oxlint-disable unicorn/prefer-add-event-listener -- SocketLike has no addEventListener: mini-programs have none. */
import type { ClientFrame, HelloFrame, ServerFrame, Static } from '@qun/contract'
import type { ConnectionState, SocketLike } from './api.ts'
import { afterEnding } from './backoff.ts'
import type { Platform } from './defaults.ts'
import { closeCodes } from './routes.ts'
import type { Tokens } from './tokens.ts'

export type Hello = Static<typeof HelloFrame>
export interface ConnectionHost {
  /** Where the viewer's own stream stands. */
  readonly resume: () => { readonly epoch?: string; readonly version?: number }
  /** The server knows us; called once per connection, before any other frame. */
  readonly welcomed: (hello: Hello) => void
  readonly received: (frame: ServerFrame) => void
  /** The server's clock, whenever it is told. */
  readonly clock: (now: number) => void
  readonly changed: (state: ConnectionState) => void
  /** The server cut us off because we did not take what it sent. */
  readonly overwhelmed: () => void
}

/** From the first step to `hello`: token, handshake and sign-in together. */
const helloMs = 20_000
/** Pings without any frame in return before the connection counts as dead. */
const missesMax = 2
/** After a wake-up an answer comes soon or not at all. */
const probeMs = 5_000
/** A server that says goodbye finishes what is under way, then closes; longer than this it has forgotten us. */
const goodbyeMs = 5_000
/** A connection that broke without a word (RFC 6455). */
const brokenCode = 1006

export class Connection {
  readonly #url: string
  readonly #platform: Platform
  readonly #tokens: Tokens
  readonly #host: ConnectionHost
  #state: ConnectionState = 'closed'
  #socket: SocketLike | undefined
  /** Rises with every attempt: what an earlier socket still says is not heard. */
  #turn = 0
  #failures = 0
  #onlineAt: number | undefined
  #isLeaving = false
  #goawayAt: number | undefined
  #misses = 0
  #token: string | undefined
  readonly #waits = new Map<'hello' | 'ping' | 'probe' | 'retry' | 'goodbye', () => void>()

  constructor(url: string, platform: Platform, tokens: Tokens, host: ConnectionHost) {
    this.#url = `${url.replace(/^http/, 'ws')}/v1/socket`
    this.#platform = platform
    this.#tokens = tokens
    this.#host = host
  }

  get state(): ConnectionState {
    return this.#state
  }
  connect(): void {
    if (this.#state !== 'closed') return
    this.#failures = 0
    void this.#open()
  }
  close(): void {
    if (this.#state === 'closed') return
    this.#leave(1000)
    this.#set('closed')
  }
  /** Ends a wait at once; asks a connection that looks alive for a sign of life. */
  reconnectNow(): void {
    if (this.#state === 'offline') {
      this.#failures = 0
      void this.#open()
    } else if (this.#state === 'online' && !this.#isLeaving) {
      this.#speak({ op: 'ping' })
      this.#wait('probe', probeMs, () => this.#ended(brokenCode))
    }
  }
  /** False when there is no connection to speak on, or the server is about to end it. */
  send(frame: ClientFrame): boolean {
    if (this.#state !== 'online' || this.#isLeaving) return false
    return this.#speak(frame)
  }

  async #open(): Promise<void> {
    this.#leave(1000)
    const turn = this.#turn
    this.#set('connecting')
    this.#wait('hello', helloMs, () => this.#ended(brokenCode))
    try {
      const token = await this.#tokens.read()
      if (turn !== this.#turn) return
      this.#token = token
      const socket = this.#platform.openSocket(this.#url)
      this.#socket = socket
      socket.onopen = () => {
        if (turn === this.#turn) this.#speak({ op: 'auth', token, ...this.#host.resume() })
      }
      socket.onmessage = (message) => {
        if (turn === this.#turn) this.#heard(message.data)
      }
      socket.onclose = (closing) => {
        if (turn === this.#turn) this.#ended(closing.code)
      }
      // Some platforms report an error and never a close.
      socket.onerror = () => {
        if (turn === this.#turn && this.#state === 'connecting') this.#ended(brokenCode)
      }
    } catch {
      if (turn === this.#turn) this.#ended(brokenCode)
    }
  }
  #heard(text: unknown): void {
    const frame = readFrame(text)
    if (frame === undefined) return
    this.#misses = 0
    this.#endWait('probe')
    if (frame.op === 'hello' || frame.op === 'pong') this.#host.clock(frame.now)
    if (frame.op === 'hello') return this.#welcomed(frame)
    // A person who is gone, a version that is not spoken: trying again changes nothing.
    if (this.#state === 'connecting') {
      if (frame.op === 'error' && frame.retry === 'never') this.#ended(closeCodes.forbidden)
      return
    }
    if (frame.op === 'auth.expiring') return void this.#renew()
    if (frame.op === 'goaway') return this.#goodbye(frame.retry_in_ms)
    if (frame.op !== 'pong') this.#host.received(frame)
  }
  #welcomed(hello: Hello): void {
    // The answer to a renewed token within a connection.
    if (this.#state === 'online') return
    this.#endWait('hello')
    this.#onlineAt = this.#platform.now()
    this.#misses = 0
    this.#ping(hello.pingMs)
    this.#set('online')
    this.#host.welcomed(hello)
  }
  #ping(everyMs: number): void {
    this.#wait('ping', everyMs, () => {
      if (this.#misses >= missesMax) return this.#ended(brokenCode)
      this.#misses++
      this.#speak({ op: 'ping' })
      this.#ping(everyMs)
    })
  }
  async #renew(): Promise<void> {
    const turn = this.#turn
    await this.#tokens.forget(this.#token)
    // Without one the server closes with 4401, and the next attempt asks for one again.
    const token = await this.#tokens.read().catch(() => undefined)
    if (token === undefined || turn !== this.#turn || this.#state !== 'online') return
    this.#token = token
    this.#speak({ op: 'auth', token })
  }
  #goodbye(retryInMs: number): void {
    this.#isLeaving = true
    this.#goawayAt = this.#platform.now() + retryInMs
    this.#wait('goodbye', goodbyeMs, () => this.#ended(closeCodes.restart))
  }
  #ended(code: number): void {
    const now = this.#platform.now()
    const goawayAt = this.#goawayAt
    const next = afterEnding(
      {
        code,
        failures: this.#failures,
        onlineMs: this.#onlineAt === undefined ? 0 : now - this.#onlineAt,
        ...(goawayAt === undefined ? {} : { goawayMs: Math.max(0, goawayAt - now) }),
      },
      this.#platform.random(),
    )
    this.#leave(1000)
    if (next.final) return this.#set('closed')
    this.#failures = next.failures
    if (code === closeCodes.slow) this.#host.overwhelmed()
    if (next.freshToken) void this.#tokens.forget(this.#token)
    this.#set('offline')
    this.#wait('retry', next.delayMs, () => void this.#open())
  }
  /** Ends the socket and every wait of it; nothing it still says is heard. */
  #leave(code: number): void {
    this.#turn++
    for (const cancel of this.#waits.values()) cancel()
    this.#waits.clear()
    const socket = this.#socket
    this.#socket = undefined
    this.#onlineAt = undefined
    this.#isLeaving = false
    this.#goawayAt = undefined
    try {
      socket?.close(code)
    } catch {
      // It was never open, or is closed: what was wanted.
    }
  }
  #speak(frame: ClientFrame): boolean {
    const socket = this.#socket
    if (socket === undefined) return false
    try {
      socket.send(JSON.stringify(frame))
      return true
    } catch {
      // A socket that closes refuses words before it says so; its close follows.
      return false
    }
  }
  #set(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    this.#host.changed(state)
  }
  #wait(name: 'hello' | 'ping' | 'probe' | 'retry' | 'goodbye', delayMs: number, run: () => void): void {
    this.#endWait(name)
    const cancel = this.#platform.wait(delayMs, () => {
      this.#waits.delete(name)
      run()
    })
    this.#waits.set(name, cancel)
  }
  #endWait(name: 'hello' | 'ping' | 'probe' | 'retry' | 'goodbye'): void {
    this.#waits.get(name)?.()
    this.#waits.delete(name)
  }
}

/** Frames that are no JSON, or of an `op` this client does not know, are left to later clients. */
function readFrame(text: unknown): ServerFrame | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const frame: unknown = JSON.parse(text)
    return typeof frame === 'object' && frame !== null && 'op' in frame ? (frame as ServerFrame) : undefined
  } catch {
    return undefined
  }
}
