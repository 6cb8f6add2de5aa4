/** The lines of a conversation: times, runs, folds, the unread mark, pending ones. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { aMessage } from '../fixture.ts'
import {
  isPrepended,
  lastSeqOf,
  lineIndexOf,
  separatorGapMs,
  timelineOf,
  type Line,
  type TimelineInput,
} from './timeline.ts'
import type { Upload } from '../chat-context.tsx'

const t0 = 1_000_000_000
const at = (seq: number, senderId: string, afterMs: number) =>
  aMessage(seq, senderId, 'text', { text: '' }, { at: t0 + afterMs })
const join = (seq: number, name: string, afterMs: number) => aMessage(seq, '', 'system', { name }, { at: t0 + afterMs })
function lines(messages: TimelineInput['messages'], more: Partial<TimelineInput> = {}): Line[] {
  return timelineOf({
    messages,
    pending: [],
    viewerId: 'li',
    isSystem: (one) => one.kind === 'system',
    foldOf: (one) => (one.kind === 'system' ? { names: [(one.body as { name: string }).name], count: 1 } : undefined),
    ...more,
  })
}
const picture = (id: number, afterMs: number) => ({ id, at: t0 + afterMs }) as Upload
const shape = (list: readonly Line[]) => list.map((line) => line.type)
const runs = (list: readonly Line[]) =>
  list.flatMap((line) =>
    line.type === 'message' || line.type === 'pending' ? [`${line.first ? 'F' : '-'}${line.last ? 'L' : '-'}`] : [],
  )

it('pictures on their way stand last and go on with one’s own run', () => {
  const list = lines([at(1, 'wang', 0), at(2, 'li', 10)], {
    uploads: [picture(1, 20), picture(2, separatorGapMs + 30)],
  })
  expect(shape(list)).toEqual(['time', 'message', 'message', 'upload', 'time', 'upload'])
  expect(runs(list)).toEqual(['FL', 'F-'])
  expect(list.flatMap((line) => (line.type === 'upload' ? [line.first] : []))).toEqual([false, true])
})
describe('time separators', () => {
  it('stands above the first message and after a pause of five minutes, not before', () => {
    expect(
      shape(lines([at(1, 'wang', 0), at(2, 'wang', separatorGapMs - 1), at(3, 'wang', 2 * separatorGapMs - 1)])),
    ).toEqual(['time', 'message', 'message', 'time', 'message'])
  })
})
describe('runs of one sender', () => {
  it('joins messages within three minutes under one name', () => {
    expect(runs(lines([at(1, 'wang', 0), at(2, 'wang', 60_000), at(3, 'wang', 120_000)]))).toEqual(['F-', '--', '-L'])
  })
  it('is broken by another sender, by three minutes, and by a system line', () => {
    expect(runs(lines([at(1, 'wang', 0), at(2, 'li', 1_000)]))).toEqual(['FL', 'FL'])
    expect(runs(lines([at(1, 'wang', 0), at(2, 'wang', 180_000)]))).toEqual(['FL', 'FL'])
    expect(runs(lines([at(1, 'wang', 0), join(2, 'A', 10), at(3, 'wang', 20)]))).toEqual(['FL', 'FL'])
  })
  it('does not run through a recalled message', () => {
    const recalled = { ...at(2, 'wang', 10), body: null, recalled: { by: 'wang', at: t0 + 11 } }
    expect(runs(lines([at(1, 'wang', 0), recalled, at(3, 'wang', 20)]))).toEqual(['FL', 'FL', 'FL'])
  })
  it('continues into what is being sent', () => {
    const pending = [{ clientId: 'x', kind: 'text', body: {}, at: t0 + 100, status: 'sending' as const }]
    expect(runs(lines([at(1, 'li', 0)], { pending }))).toEqual(['F-', '-L'])
  })
})
describe('folded joins', () => {
  it('[B-29] folds a hundred joins into one line that names the first and counts all', () => {
    const list = lines(Array.from({ length: 100 }, (_, index) => join(index + 1, `人${index}`, index)))
    expect(shape(list)).toEqual(['time', 'fold'])
    const fold = list[1]
    expect(fold?.type === 'fold' && [fold.fold.names[0], fold.fold.count]).toEqual(['人0', 100])
  })
  it('leaves a single join as it is', () => {
    expect(shape(lines([join(1, 'A', 0)]))).toEqual(['time', 'system'])
  })
  it('does not fold across words, pauses or the unread mark', () => {
    expect(shape(lines([join(1, 'A', 0), at(2, 'li', 1), join(3, 'B', 2)]))).toEqual([
      'time',
      'system',
      'message',
      'system',
    ])
    expect(shape(lines([join(1, 'A', 0), join(2, 'B', separatorGapMs)]))).toEqual(['time', 'system', 'time', 'system'])
    expect(shape(lines([join(1, 'A', 0), join(2, 'B', 1), at(3, 'wang', 2)], { firstUnreadSeq: 2 }))).toEqual([
      'time',
      'system',
      'unread',
      'system',
      'message',
    ])
  })
})
describe('the unread mark', () => {
  it('stands once, before the first unread position, and begins a run', () => {
    const list = lines([at(1, 'wang', 0), at(2, 'wang', 10), at(3, 'wang', 20)], { firstUnreadSeq: 2 })
    expect(shape(list)).toEqual(['time', 'message', 'unread', 'message', 'message'])
    expect(runs(list)).toEqual(['FL', 'F-', '-L'])
  })
  it('stands before the next message when the position itself is hidden', () => {
    expect(shape(lines([at(1, 'wang', 0), at(4, 'wang', 10)], { firstUnreadSeq: 3 }))).toEqual([
      'time',
      'message',
      'unread',
      'message',
    ])
  })
})
describe('keys', () => {
  it('an acknowledged message keeps the key of the pending one it was', () => {
    const pending = [{ clientId: 'c7', kind: 'text', body: {}, at: t0, status: 'sending' as const }]
    const before = lines([], { pending }).at(-1)?.key
    const after = lines([{ ...at(7, 'li', 0), clientId: 'c7' as never }]).at(-1)?.key
    expect(before).toBe(after)
  })
  it('are unique, every position is shown once and in order, and runs are closed', () => {
    const step = fc.record({ sender: fc.constantFrom('li', 'wang', ''), gapMs: fc.integer({ min: 0, max: 400_000 }) })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
        (steps, firstUnreadSeq) => {
          let afterMs = 0
          const messages = steps.map(({ sender, gapMs }, index) => {
            afterMs += gapMs
            return sender === '' ? join(index + 1, 'A', afterMs) : at(index + 1, sender, afterMs)
          })
          const list = lines(messages, { firstUnreadSeq })
          const keys = list.map((line) => line.key)
          expect(new Set(keys).size).toBe(keys.length)
          const seqs = list.flatMap((line) =>
            line.type === 'fold' ? line.messages.map((one) => one.seq) : (lastSeqOf(line) ?? []),
          )
          expect(seqs).toEqual(messages.map((one) => one.seq))
          const bubbles = list.filter((line) => line.type === 'message')
          for (const [index, bubble] of bubbles.entries()) {
            const next = bubbles[index + 1]
            expect(bubble.last).toBe(next === undefined || next.first)
          }
        },
      ),
    )
  })
})
describe('finding lines', () => {
  it('finds a position inside a fold, and nothing for one that is not there', () => {
    const list = lines([join(1, 'A', 0), join(2, 'B', 1), at(3, 'li', 2)])
    expect(lineIndexOf(list, 2)).toBe(1)
    expect(lineIndexOf(list, 3)).toBe(2)
    expect(lineIndexOf(list, 9)).toBe(-1)
  })
  it('knows a prepended page from an appended message', () => {
    expect(isPrepended(50, 1)).toBe(true)
    expect(isPrepended(50, 50)).toBe(false)
    expect(isPrepended(undefined, 1)).toBe(false)
  })
})
