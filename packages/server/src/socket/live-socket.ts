/** A socket among many: bounded queue, counted frames, one clock for all, a clean end. Knows no frame's meaning. */
import type { Socket } from 'node:net'
import { closeCodes, refuse, type Locale, type Millis, type Refusal, type ServerFrame } from '@qun/contract'
import { FrameReader } from './frame-reader.ts'
import { closeFrame, pingFrame, pongFrame, textFrame } from './outlet.ts'
import { errorFrameOf } from '../ground/problem.ts'
import { socketLimits } from '../ground/rates.ts'
import type { Telemetry } from '../ground/telemetry.ts'

/** What all sockets of a gateway share: one object, so that each holds one reference. */
export interface Company<Self> {
  readonly telemetry: Telemetry
  readonly now: () => Millis
  /** The kernel does not take what is written: the gateway looks after it every second. */
  readonly backlogged: (socket: Self) => void
  readonly closed: (socket: Self) => void
}

/** Milliseconds a client has to answer our close frame. */
const closeGraceMs = 2_000

export abstract class LiveSocket extends FrameReader {
  readonly #company: Company<LiveSocket>
  readonly locale: Locale
  /** Where the gateway keeps it; the gateway's to change. */
  slot = -1
  /** When the sweep must look at it next. */
  dueAt: Millis
  isClosing = false
  #closedBecause = 1006
  protected pingAt: Millis = 0
  #unanswered = 0

  // Frames are counted per second, unreadable ones in all.
  #windowEndsAt: Millis = 0
  #windowFrames = 0
  #badFrames = 0
  #stalledSince: Millis = 0
  #stalledAt = 0

  constructor(company: Company<LiveSocket>, socket: Socket, locale: Locale) {
    super(socket)
    this.#company = company
    this.locale = locale
    this.dueAt = company.now() + socketLimits.authWithinMs
  }

  // ── the way out ──

  send(frame: ServerFrame): void {
    if (!this.isClosing) this.pushFrame(textFrame(JSON.stringify(frame)))
  }

  /** Writes what is queued, then the close frame; the sweep destroys a socket whose client does not answer. */
  close(code: number, reason: string): void {
    if (this.isClosing) return
    this.#closedBecause = code
    this.isClosing = true
    this.dueAt = this.#company.now() + closeGraceMs
    this.stopReading()
    this.flush()
    if (this.socket.writable) this.socket.end(closeFrame(code, reason))
  }

  refuseAndClose(refusal: Refusal, code: number): void {
    this.#company.telemetry.refused(refusal.code, 'socket', undefined)
    this.send(errorFrameOf(refusal, undefined, this.locale))
    this.close(code, refusal.code)
  }

  protected get queuedBytesMax(): number {
    return socketLimits.queuedBytesMax
  }
  protected overflow(): void {
    if (this.isClosing) return
    this.#company.telemetry.slowSocketCut(this.queuedBytes)
    this.drop()
    this.close(closeCodes.slow, 'slow consumer')
  }
  protected backlog(): void {
    this.#stalledSince = this.#company.now()
    this.#stalledAt = this.socket.writableLength
    this.#company.backlogged(this)
  }

  // ── time ──

  /** What is due; the gateway calls it when `dueAt` has come. */
  abstract sweep(now: Millis): void

  /** Pings when it is time; false when two went unanswered and the socket was destroyed. */
  protected pingIfDue(now: Millis): boolean {
    if (now < this.pingAt) return true
    if (this.#unanswered >= 2) {
      this.socket.destroy()
      return false
    }
    this.#unanswered++
    this.pingAt = now + socketLimits.pingEveryMs
    this.pushFrame(pingFrame())
    return true
  }

  /** Looks whether a backlogged socket is being read. False when it needs no further looks. */
  sweepBacklog(now: Millis): boolean {
    const waiting = this.socket.writableLength
    if (waiting === 0 || this.isClosing) return false
    if (waiting < this.#stalledAt) this.#stalledSince = now
    this.#stalledAt = waiting
    if (now - this.#stalledSince < socketLimits.stalledMs) return true
    this.overflow()
    return false
  }

  /** The socket is gone. */
  ended(): void {
    this.isClosing = true
    this.drop()
    this.stopReading()
    this.#company.telemetry.socketClosed(this.#closedBecause)
    this.#company.closed(this)
  }

  // ── the way in ──

  /** A frame broke its schema or its rules: the client is told why, and cut when it goes on like that. */
  protected answerBad(refusal: Refusal | undefined, id: number | undefined): void {
    if (refusal !== undefined) this.#company.telemetry.refused(refusal.code, 'socket', undefined)
    this.send(errorFrameOf(refusal, id, this.locale))
    // What is only too much or too early says nothing against the client.
    const isClientsFault = refusal !== undefined && refusal.kind.retry !== 'later' && refusal.code !== 'batch.too_large'
    if (isClientsFault && ++this.#badFrames > socketLimits.badFramesMax) {
      this.close(closeCodes.badFrames, 'too many bad frames')
    }
  }

  protected onFrame(): boolean {
    const now = this.#company.now()
    this.#unanswered = 0
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + 1_000
      this.#windowFrames = 0
    }
    if (++this.#windowFrames < socketLimits.framesPerSecond) return true
    this.refuseAndClose(refuse('rate.limited', { retryAfterMs: 1_000 }), closeCodes.rate)
    return false
  }
  protected onPing(body: Buffer): void {
    this.pushFrame(pongFrame(body))
  }
  protected onPong(): void {
    // Counted by onFrame; any frame shows that the client lives.
  }
  protected onClose(code: number): void {
    this.close(code === 1005 ? 1000 : code, '')
  }
  protected onBroken(code: number, reason: string): void {
    this.close(code, reason)
  }
}
