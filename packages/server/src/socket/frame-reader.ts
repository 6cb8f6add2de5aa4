/**
 * Reads WebSocket frames (RFC 6455) from a client: text messages and control frames, nothing else. Keeps no memory
 * between frames, and at most one message's worth within one. Knows no JSON and no socket.
 */
import { isUtf8 } from 'node:buffer'
import { closeCodes } from '@qun/contract'
import { OutletQueue } from './outlet.ts'
import { socketLimits } from '../ground/rates.ts'

/** Pieces of one message; browsers send one. More are a way to make us keep books. */
const fragmentsMax = 256

const opContinue = 0
const opBinary = 2
const opClose = 8
const opPing = 9
const opPong = 10

/** A frame of which the head was read and not yet all of the body. */
interface Partial {
  readonly opcode: number
  readonly isFinal: boolean
  readonly mask: number
  readonly body: Buffer
  filled: number
}

/** Extends the queue instead of holding one: every object per connection is paid ten thousand times. */
export abstract class FrameReader extends OutletQueue {
  /** The beginning of a head, fewer than 14 bytes. */
  #head: Buffer | undefined
  #partial: Partial | undefined
  #fragments: Buffer[] | undefined
  #fragmentBytes = 0
  #isStopped = false

  /** Takes what arrived. May be called with any split of the stream. */
  read(chunk: Buffer): void {
    let data = chunk
    if (this.#head !== undefined) {
      data = Buffer.concat([this.#head, chunk])
      this.#head = undefined
    }
    let at = 0
    while (at < data.length && !this.#isStopped) {
      const next = this.#partial === undefined ? this.#readHead(data, at) : this.#fill(this.#partial, data, at)
      if (next === undefined) return
      at = next
    }
  }

  /** Reads no more: the connection is closing. */
  stopReading(): void {
    this.#isStopped = true
    this.#head = undefined
    this.#partial = undefined
    this.#fragments = undefined
  }

  /** A whole text message, valid UTF-8. */
  protected abstract onText(text: string): void
  protected abstract onPing(body: Buffer): void
  protected abstract onPong(): void
  /** Called once per frame of any kind, so that floods of empty frames count. False stops reading. */
  protected abstract onFrame(): boolean
  /** The client closes; `code` is 1005 when it gave none. */
  protected abstract onClose(code: number): void
  /** The client broke the protocol; nothing more is read. */
  protected abstract onBroken(code: number, reason: string): void

  /** Reads a frame's head; returns where its body (or the next frame) begins, undefined when bytes are missing. */
  #readHead(data: Buffer, at: number): number | undefined {
    const left = data.length - at
    if (left < 2) return this.#keepHead(data, at)
    const first = data[at]!
    const second = data[at + 1]!
    const opcode = first & 0x0f
    const isFinal = (first & 0x80) !== 0
    const short = second & 0x7f
    const fault = this.#faultOf(first, second, opcode, isFinal, short)
    if (fault !== undefined) return this.#stop(fault, 'broken frame')
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    const headBytes = 2 + lengthBytes + 4
    if (left < headBytes) return this.#keepHead(data, at)
    const length = readLength(data, at + 2, short)
    const isControl = opcode >= opClose
    if (length + (isControl ? 0 : this.#fragmentBytes) > socketLimits.frameBytesMax) {
      return this.#stop(closeCodes.tooBig, 'message too big')
    }
    const mask = data.readUInt32BE(at + headBytes - 4)
    const start = at + headBytes
    if (data.length - start < length) {
      const body = Buffer.allocUnsafeSlow(length)
      this.#partial = { opcode, isFinal, mask, body, filled: 0 }
      return start < data.length ? start : undefined
    }
    const body = data.subarray(start, start + length)
    unmask(body, mask)
    this.#finish(opcode, isFinal, body)
    return start + length
  }

  #keepHead(data: Buffer, at: number): undefined {
    // A copy: a slice would keep the whole chunk in memory for a few bytes.
    this.#head = Buffer.from(data.subarray(at))
    return undefined
  }

  #faultOf(first: number, second: number, opcode: number, isFinal: boolean, short: number): number | undefined {
    if ((first & 0x70) !== 0 || (second & 0x80) === 0) return closeCodes.protocol
    if (opcode >= opClose) return opcode > opPong || !isFinal || short > 125 ? closeCodes.protocol : undefined
    if (opcode === opBinary) return closeCodes.binary
    if (opcode > opBinary) return closeCodes.protocol
    return (opcode === opContinue) === (this.#fragments === undefined) ? closeCodes.protocol : undefined
  }

  #fill(partial: Partial, data: Buffer, at: number): number {
    const taken = data.copy(partial.body, partial.filled, at)
    partial.filled += taken
    if (partial.filled === partial.body.length) {
      this.#partial = undefined
      unmask(partial.body, partial.mask)
      this.#finish(partial.opcode, partial.isFinal, partial.body)
    }
    return at + taken
  }

  #finish(opcode: number, isFinal: boolean, body: Buffer): void {
    if (!this.onFrame()) return
    if (opcode === opPing) this.onPing(body)
    else if (opcode === opPong) this.onPong()
    else if (opcode === opClose) this.#finishClose(body)
    else if (isFinal && this.#fragments === undefined) this.#finishText(body)
    else this.#addFragment(isFinal, body)
  }

  #addFragment(isFinal: boolean, body: Buffer): void {
    const fragments = (this.#fragments ??= [])
    fragments.push(isFinal ? body : Buffer.from(body))
    this.#fragmentBytes += body.length
    if (fragments.length > fragmentsMax) return this.#stop(closeCodes.tooBig, 'too many fragments')
    if (!isFinal) return
    this.#fragments = undefined
    this.#fragmentBytes = 0
    this.#finishText(Buffer.concat(fragments))
  }

  #finishText(body: Buffer): void {
    if (isUtf8(body)) this.onText(body.toString('utf8'))
    else this.#stop(closeCodes.encoding, 'invalid UTF-8')
  }

  #finishClose(body: Buffer): void {
    if (body.length === 0) return this.onClose(1005)
    const code = body.length === 1 ? 0 : body.readUInt16BE(0)
    if (!isCloseCode(code)) return this.#stop(closeCodes.protocol, 'close code')
    if (!isUtf8(body.subarray(2))) return this.#stop(closeCodes.encoding, 'invalid UTF-8')
    this.onClose(code)
  }

  #stop(code: number, reason: string): undefined {
    this.stopReading()
    this.onBroken(code, reason)
    return undefined
  }
}

/** Codes an endpoint may send: 1004–1006 and 1015 are names for things that never travel. */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999)
}

function readLength(data: Buffer, at: number, short: number): number {
  if (short < 126) return short
  if (short === 126) return data.readUInt16BE(at)
  // Anything with the high half set is far above every limit, so precision does not matter.
  return data.readUInt32BE(at) * 4_294_967_296 + data.readUInt32BE(at + 4)
}

function unmask(body: Buffer, mask: number): void {
  const a = mask >>> 24
  const b = (mask >>> 16) & 0xff
  const c = (mask >>> 8) & 0xff
  const d = mask & 0xff
  const { length } = body
  let i = 0
  for (; i + 3 < length; i += 4) {
    body[i]! ^= a
    body[i + 1]! ^= b
    body[i + 2]! ^= c
    body[i + 3]! ^= d
  }
  if (i < length) body[i]! ^= a
  if (i + 1 < length) body[i + 1]! ^= b
  if (i + 2 < length) body[i + 2]! ^= c
}
