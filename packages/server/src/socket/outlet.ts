/** The way out: packets framed once and shared by all sockets, written once per turn. Knows no message. */
import type { Socket } from 'node:net'
import type { Packet } from '@qun/core'

/** Below it, copying frames together costs less than handing the kernel a list of them. */
const joinBytesMax = 16_384

/** Live frames are shorter, as they are cut into pages; an answer may hold many rows that go together. */
const longBytes = 262_144

/** A text frame from server to client (RFC 6455: final, unmasked): header and text in one buffer. */
export function textFrame(text: string): Buffer {
  return frameOf(0x81, Buffer.byteLength(text), (wire, at) => wire.write(text, at, 'utf8'))
}

/** The packet's frame; built by whoever sends it first, then the same bytes for every socket. */
export function wireOf(packet: Packet): Buffer {
  return (packet.wire ??= textFrame(packet.text)) as Buffer
}

export function pingFrame(): Buffer {
  return ping
}
const ping = frameOf(0x89, 0, () => undefined)

/** `body` is at most 125 bytes: it answers a ping that was. */
export function pongFrame(body: Uint8Array): Buffer {
  return frameOf(0x8a, body.length, (wire, at) => wire.set(body, at))
}

/** The reason is cut to the 123 bytes a close frame has for it. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 123)
  return frameOf(0x88, 2 + text.length, (wire, at) => {
    wire.writeUInt16BE(code, at)
    wire.set(text, at + 2)
  })
}

function frameOf(first: number, length: number, fill: (wire: Buffer, at: number) => void): Buffer {
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  // NOTE: not from the shared pool: a frame that a slow socket still holds would keep 8 KiB of others alive.
  const wire = Buffer.allocUnsafeSlow(headLength + length)
  wire[0] = first
  if (headLength === 2) wire[1] = length
  else if (headLength === 4) {
    wire[1] = 126
    wire.writeUInt16BE(length, 2)
  } else {
    wire[1] = 127
    wire.writeUInt32BE(0, 2)
    wire.writeUInt32BE(length, 6)
  }
  fill(wire, headLength)
  return wire
}

/** One socket's queue. A subclass says what happens when it grows too long; there is no object per socket but it. */
export abstract class OutletQueue {
  readonly socket: Socket
  /** Frames of this turn: none, one, or several. */
  #frames: Buffer | Buffer[] | undefined
  #bytes = 0
  /** A long answer that began on an empty queue: it may be longer than a queue and says nothing of its reader. */
  #answerBytes = 0
  /** Who waits until the client has taken most of what is queued; several when several answers are under way. */
  #waiting: (() => void)[] | undefined

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Bytes nobody has taken yet: of this turn, and those the kernel did not accept. */
  get queuedBytes(): number {
    return this.#bytes + this.socket.writableLength
  }

  /**
   * Resolves when less is queued than the socket's own mark, or nothing goes out any more; undefined if so already.
   */
  room(): Promise<void> | undefined {
    if (!this.#isFull) return undefined
    return new Promise((resolve) => (this.#waiting ??= []).push(resolve))
  }
  get #isFull(): boolean {
    return this.socket.writable && this.queuedBytes >= this.socket.writableHighWaterMark
  }
  /** The kernel took more, or the socket is gone. */
  drained(): void {
    if ((this.#waiting === undefined && this.#answerBytes === 0) || this.#isFull) return
    this.#answerBytes = 0
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resolve of waiting ?? []) resolve()
  }

  /** Queues one whole frame; it is written at the end of this turn of the event loop. */
  pushFrame(wire: Buffer): void {
    const frames = this.#frames
    if (wire.length > longBytes && !this.#isFull) this.#answerBytes = wire.length
    this.#bytes += wire.length
    if (frames === undefined) {
      this.#frames = wire
      markDirty(this)
    } else if (Array.isArray(frames)) frames.push(wire)
    else this.#frames = [frames, wire]
    if (this.queuedBytes > this.queuedBytesMax + this.#answerBytes) this.overflow()
  }

  /** Writes what is queued. Whole frames only, so that control frames may be written between two calls. */
  flush(): void {
    const frames = this.#frames
    if (frames === undefined) return
    const bytes = this.#bytes
    this.#frames = undefined
    this.#bytes = 0
    const { socket } = this
    if (!socket.writable) return this.drained()
    const wire = Array.isArray(frames) ? joinOf(frames, bytes) : frames
    if (wire !== undefined) socket.write(wire)
    else {
      socket.cork()
      for (const frame of frames as Buffer[]) socket.write(frame)
      socket.uncork()
    }
    if (socket.writableLength > 0) this.backlog()
    this.drained()
  }

  /** Forgets what is queued: the socket is being cut. */
  drop(): void {
    this.#frames = undefined
    this.#bytes = 0
    this.drained()
  }

  protected abstract readonly queuedBytesMax: number
  /** More is waiting than may. */
  protected abstract overflow(): void
  /** The kernel did not take everything at once. */
  protected abstract backlog(): void
}

// One list for all sockets, emptied once per turn: a packet for ten thousand sockets schedules one callback.
let dirty: OutletQueue[] = []
function markDirty(queue: OutletQueue): void {
  if (dirty.push(queue) === 1) setImmediate(flushDirty)
}
function flushDirty(): void {
  const queues = dirty
  dirty = []
  const begunAt = performance.now()
  for (const queue of queues) queue.flush()
  if (queues.length >= crowd) noteWriting((performance.now() - begunAt) / queues.length)
  joined = undefined
  seen = []
}

/** So many sockets written in one go say how long one takes; fewer say more about what else the machine did. */
const crowd = 64
/** Bounds of what is believed: a machine that stood still for a moment does not write that slowly. */
const writeMsLeast = 0.004
const writeMsMost = 0.02
let writeMsLately = 0.01
function noteWriting(eachMs: number): void {
  const believed = Math.min(writeMsMost, Math.max(writeMsLeast, eachMs))
  writeMsLately += (believed - writeMsLately) / 8
}
/** Milliseconds one socket's frames took to write, as seen lately in this process. */
export const writeMs = (): number => writeMsLately

interface Joined {
  readonly frames: readonly Buffer[]
  readonly wire: Buffer
}
/**
 * Sockets of one group follow each other with the same frames, some with one more: what was joined for the second of
 * them serves the others. Undefined for large ones of which no second socket is known.
 */
let joined: Joined | undefined
let seen: readonly Buffer[] = []
function joinOf(frames: readonly Buffer[], bytes: number): Buffer | undefined {
  if (joined !== undefined && isSame(joined.frames, frames)) return joined.wire
  const isAgain = isSame(seen, frames)
  seen = frames
  if (!isAgain && bytes > joinBytesMax) return undefined
  const wire = Buffer.concat(frames, bytes)
  if (isAgain) joined = { frames, wire }
  return wire
}
const isSame = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((frame, i) => frame === others[i])
