/** The WebSocket reader and writer: any text in any pieces arrives whole; any bytes at all leave it standing. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader } from './frame-reader.ts'
import { closeFrame, pongFrame, textFrame } from './outlet.ts'
import { clientFrame } from '../testing/wire-client.ts'

/** What a connection makes of a socket's bytes, written down. */
class Recorder extends FrameReader {
  readonly seen: string[] = []
  frames = 0
  protected readonly queuedBytesMax = 1_000
  protected overflow(): void {
    this.seen.push('overflow')
  }
  protected backlog(): void {
    this.seen.push('backlog')
  }
  protected onText(text: string): void {
    this.seen.push(`text ${text}`)
  }
  protected onPing(body: Buffer): void {
    this.seen.push(`ping ${body.toString()}`)
  }
  protected onPong(): void {
    this.seen.push('pong')
  }
  protected onFrame(): boolean {
    this.frames++
    return true
  }
  protected onClose(code: number): void {
    this.seen.push(`close ${code}`)
    this.stopReading()
  }
  protected onBroken(code: number): void {
    this.seen.push(`broken ${code}`)
  }
}

/** Takes what is written; `isSlow` keeps it as if the kernel were full. */
class Sink extends EventEmitter {
  readonly written: Buffer[] = []
  readonly writable = true
  writableLength = 0
  isSlow = false
  write(bytes: Buffer): void {
    this.written.push(bytes)
    if (this.isSlow) this.writableLength += bytes.length
  }
  cork(): void {}
  uncork(): void {}
}
const recorder = (sink = new Sink()) => new Recorder(sink as unknown as Socket)

/** The same bytes cut at the given places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  // A reader may change what it is given, as it does with the kernel's buffers.
  return [0, ...places].map((from, i) => Buffer.from(bytes.subarray(from, places[i] ?? bytes.length)))
}

describe('reading', () => {
  test('texts of any length, in any fragments, with pings between, in any pieces, arrive whole and in order', () => {
    const message = fc.record({
      text: fc.string({ unit: 'grapheme', maxLength: 300 }),
      parts: fc.integer({ min: 1, max: 4 }),
      hasPing: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(5_000), { maxLength: 40 }), (messages, cuts) => {
        const frames = messages.flatMap(({ text, parts, hasPing }) => {
          const bytes = Buffer.from(text)
          const size = Math.ceil(bytes.length / parts)
          return Array.from({ length: parts }, (_, i) => [
            clientFrame(bytes.subarray(i * size, (i + 1) * size), {
              opcode: i === 0 ? 1 : 0,
              isFinal: i === parts - 1,
            }),
            ...(hasPing ? [clientFrame('p', { opcode: 9 })] : []),
          ]).flat()
        })
        const reader = recorder()
        for (const piece of pieces(Buffer.concat(frames), cuts)) reader.read(piece)
        expect(reader.seen.filter((line) => line.startsWith('text'))).toEqual(
          messages.map(({ text }) => `text ${text}`),
        )
        expect(reader.frames).toBe(frames.length)
      }),
    )
  })
  test('the longest message, a byte at a time', () => {
    const reader = recorder()
    for (const byte of clientFrame('x'.repeat(65_536))) reader.read(Buffer.from([byte]))
    expect(reader.seen).toEqual([`text ${'x'.repeat(65_536)}`])
  })
  test('any bytes in any pieces are read or refused, the same way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(400), { maxLength: 20 }), (bytes, cuts) => {
        const whole = recorder()
        whole.read(Buffer.from(bytes))
        const cut = recorder()
        for (const piece of pieces(Buffer.from(bytes), cuts)) cut.read(piece)
        expect(cut.seen).toEqual(whole.seen)
        expect(whole.seen.filter((line) => line.startsWith('broken')).length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2_000 },
    )
  })
  test('nothing is read after a close or a break', () => {
    for (const last of [clientFrame(Buffer.from([0x03, 0xe8]), { opcode: 8 }), clientFrame('x', { opcode: 2 })]) {
      const reader = recorder()
      reader.read(Buffer.concat([last, clientFrame('late')]))
      reader.read(clientFrame('later'))
      expect(reader.seen).toHaveLength(1)
    }
  })
})

describe('writing', () => {
  test('one packet is one write of the very same bytes', async () => {
    const sink = new Sink()
    const outlet = recorder(sink)
    const frame = textFrame('你好')
    outlet.pushFrame(frame)
    expect(sink.written).toEqual([])
    await new Promise(setImmediate)
    expect(sink.written[0]).toBe(frame)
  })
  test('several small ones of a turn are joined, in order', async () => {
    const sink = new Sink()
    const outlet = recorder(sink)
    const frames = ['a', 'b', 'c'].map(textFrame)
    for (const frame of frames) outlet.pushFrame(frame)
    await new Promise(setImmediate)
    expect(sink.written).toEqual([Buffer.concat(frames)])
  })
  test('what several sockets are sent alike is joined once, whatever its size and whoever comes between', async () => {
    const [rows, head, extra] = [textFrame('r'.repeat(40_000)), textFrame('h'), textFrame('e')] as const
    const sinks = Array.from({ length: 5 }, () => new Sink())
    for (const [i, sink] of sinks.entries()) {
      const outlet = recorder(sink)
      for (const frame of i === 2 ? [rows, head, extra] : [rows, head]) outlet.pushFrame(frame)
    }
    await new Promise(setImmediate)
    expect(sinks.map(({ written }) => Buffer.concat(written).length)).toEqual(
      sinks.map((_, i) => rows.length + head.length + (i === 2 ? extra.length : 0)),
    )
    expect(sinks.map(({ written }) => written.length)).toEqual([2, 1, 3, 1, 1])
    expect(sinks[4]?.written[0]).toBe(sinks[1]?.written[0])
  })
  test('[P7] a queue above its limit overflows at once; what the kernel holds counts', async () => {
    const sink = new Sink()
    sink.isSlow = true
    const outlet = recorder(sink)
    outlet.pushFrame(textFrame('x'.repeat(600)))
    await new Promise(setImmediate)
    expect(outlet.seen).toEqual(['backlog'])
    outlet.pushFrame(textFrame('x'.repeat(600)))
    expect(outlet.seen).toEqual(['backlog', 'overflow'])
  })
  test('frames say their length in the three ways of RFC 6455', () => {
    for (const [length, head] of [
      [5, 2],
      [125, 2],
      [126, 4],
      [65_535, 4],
      [65_536, 10],
    ] as const) {
      const frame = textFrame('x'.repeat(length))
      expect(frame.length).toBe(head + length)
      expect(frame[0]).toBe(0x81)
      const said = head === 2 ? frame[1] : head === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2))
      expect(said).toBe(length)
    }
  })
  test('control frames stay within 125 bytes', () => {
    expect(closeFrame(4401, 'x'.repeat(500))).toHaveLength(2 + 125)
    expect(pongFrame(Buffer.from('hi'))).toEqual(Buffer.from([0x8a, 2, 0x68, 0x69]))
  })
})
