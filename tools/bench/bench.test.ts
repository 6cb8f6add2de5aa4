/** Checks the bench's own instruments: marks, histograms, frames, and how figures become ratios. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram, median } from './histogram.ts'
import { markBytes, markOf, MarkReader } from './marker.ts'
import { describeProfile } from './profile.ts'
import { goalsOf, measureOf, type PeerRun } from './report.ts'
import { clientFrame, readServerFrames } from './websocket-wire.ts'
import { workloads } from './workloads.ts'
import type { StepFigures } from './plan.ts'

describe('marks', () => {
  const message = fc.record({
    number: fc.nat(2 ** 31),
    before: fc.string({ maxLength: 30 }),
    after: fc.constantFrom('', '^', '^T', 'x'.repeat(200)),
  })

  test('every mark is seen once and in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }),
        (messages, cuts) => {
          const clean = messages.map(({ number, before, after }) => ({
            number,
            text: before.replaceAll(/[\^T#]/g, '') + markOf(number) + after,
          }))
          const stream = Buffer.from(clean.map(({ text }) => text).join(''))
          const seen: number[] = []
          const reader = new MarkReader(0, (number) => seen.push(number))
          let rest = Buffer.alloc(0)
          for (let at = 0, cut = 0; at < stream.length; cut += 1) {
            const end = Math.min(stream.length, at + cuts[cut % cuts.length]!)
            const bytes = Buffer.concat([rest, stream.subarray(at, end)])
            rest = Buffer.from(bytes.subarray(reader.read(bytes, 0, bytes.length)))
            expect(rest.length).toBeLessThan(markBytes)
            at = end
          }
          expect(seen).toEqual(clean.map(({ number }) => number))
        },
      ),
    )
  })

  test('a guess never jumps over a mark that stands closer than the last ones', () => {
    const seen: number[] = []
    const reader = new MarkReader(40, (number) => seen.push(number))
    const gaps = [70, 70, 70, 40, 40, 50, 100, 70, 70, 140, 70]
    const bytes = Buffer.from(gaps.map((gap, at) => markOf(at).padEnd(gap, '.')).join(''))
    reader.read(bytes, 0, bytes.length)
    expect(seen).toEqual(gaps.map((_, at) => at))
  })
})

describe('histogram', () => {
  test('quantiles are within two percent of the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50_000_000 }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (micros, share) => {
          const histogram = new Histogram()
          for (const duration of micros) histogram.add(duration / 1_000)
          const exact =
            micros.toSorted((one, other) => one - other)[
              Math.min(Math.floor(share * micros.length), micros.length - 1)
            ]! / 1_000
          expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(exact * 0.02 + 0.002)
        },
      ),
    )
  })
  test('the median of an even number of figures lies between the middle two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([3, 1, 2])).toBe(2)
    expect(median([])).toBeNaN()
  })
})

test('client frames are masked and their length is written in the shortest form', () => {
  for (const length of [0, 1, 125, 126, 60_000]) {
    const frame = clientFrame('x'.repeat(length))
    const head = length < 126 ? 2 : 4
    expect(frame.length).toBe(head + 4 + length)
    expect(frame[1]! & 0x80).toBe(0x80)
    const mask = frame.subarray(head, head + 4)
    expect([...frame.subarray(head + 4)].every((byte, at) => (byte ^ mask[at & 3]!) === 'x'.charCodeAt(0))).toBe(true)
  }
})

test('server frames are told apart, and an unfinished one waits', () => {
  const big = Buffer.concat([Buffer.from([0x81, 126, 1, 0]), Buffer.alloc(256, 'a')])
  const bytes = Buffer.concat([Buffer.from([0x89, 0]), big, Buffer.from([0x81, 5, 0x68])])
  const seen: number[][] = []
  expect(readServerFrames(bytes, (opcode, start, end) => seen.push([opcode, end - start]))).toBe(2 + big.length)
  expect(seen).toEqual([
    [9, 0],
    [1, 256],
  ])
})

describe('report', () => {
  const step = (deliveriesPerSecond: number, repetition: number) =>
    ({ mode: 'max', repetition, deliveriesPerSecond, messagesPerSecond: 1 }) as StepFigures
  const run = (peer: PeerRun['peer'], ...figures: number[]): PeerRun => ({
    workload: 'A2',
    peer,
    figures: figures.map(step),
  })
  const workload = workloads.find(({ name }) => name === 'A2')!

  test('a ratio is taken between medians, and met at the goal', () => {
    const results = goalsOf(workload, [run('qun', 600, 500, 700), run('c-merging', 1_000, 900, 5_000)])
    expect(results).toMatchObject([{ reached: 0.6, isMet: true }])
    expect(goalsOf(workload, [run('qun', 599), run('c-merging', 1_000)])).toMatchObject([{ isMet: false }])
  })
  test('a goal against a peer that is not there is left out', () => {
    expect(goalsOf(workload, [run('qun', 600)])).toEqual([])
  })
  test('only the first window stands for a workload', () => {
    const again = [...run('qun', 100, 200, 300).figures, step(5, 0)]
    expect(measureOf({ workload: 'E', peer: 'qun', figures: again }, 'deliveries')).toBe(200)
  })
})

test('a profile names the hottest function and the way to it', () => {
  const frame = (functionName: string) => ({
    functionName,
    url: functionName === '(root)' ? '' : '/a/b/packages/core/src/x.ts',
    lineNumber: 6,
  })
  const text = describeProfile({
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2] },
      { id: 2, callFrame: frame('outer'), children: [3] },
      { id: 3, callFrame: frame('inner') },
    ],
    samples: [2, 3, 3, 3],
    timeDeltas: [0, 100, 100, 100, 100],
  })
  expect(text).toContain(' 75.0 %  inner  packages/core/src/x.ts:7')
  expect(text).toContain('100.0 %  outer')
  expect(text).toContain('0.4 ms  outer: inner  packages/core/src/x.ts:7 0.3, outer')
  expect(text).toContain('0.4 ms  busy: inner  packages/core/src/x.ts:7 0.3, outer')
})
