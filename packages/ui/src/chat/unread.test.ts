/** The pills above and below the messages. */
import { describe, expect, it } from 'vitest'
import { aMessage } from '../fixture.ts'
import { firstUnreadSeq, opensAtUnread, pillsOf, type Opening } from './unread.ts'

const messages = [
  aMessage(10, 'wang', 'text', {}),
  aMessage(11, 'li', 'text', {}),
  aMessage(12, '', 'system', {}),
  aMessage(13, 'zhao', 'text', {}),
  aMessage(14, 'zhao', 'text', null, { recalled: { by: 'zhao', at: 1 } }),
  aMessage(15, 'sun', 'text', {}),
]
const isCountable = (message: { kind: string }) => message.kind !== 'system'
const opening: Opening = { readSeq: 10, unread: 2, mentions: [] }
const pills = (more: Partial<Parameters<typeof pillsOf>[0]> = {}) =>
  pillsOf({
    messages,
    opening,
    seen: { topSeq: 10, seenSeq: 15 },
    viewerId: 'li',
    isCountable,
    reachedUnread: false,
    following: false,
    ...more,
  })

describe('the first unread message', () => {
  it('is the first of another, countable and not recalled', () => {
    expect(firstUnreadSeq(messages, opening, 'li', isCountable)).toBe(13)
    expect(firstUnreadSeq(messages, { ...opening, readSeq: 13 }, 'li', isCountable)).toBe(15)
  })
  it('is none when nothing is unread', () => {
    expect(firstUnreadSeq(messages, { ...opening, unread: 0 }, 'li', isCountable)).toBeUndefined()
  })
  it('is where the list opens only if all unread ones are loaded', () => {
    expect(opensAtUnread(messages, opening, false)).toBe(true)
    expect(opensAtUnread(messages, { ...opening, readSeq: 9 }, false)).toBe(true)
    expect(opensAtUnread(messages, { ...opening, readSeq: 3 }, false)).toBe(false)
    expect(opensAtUnread(messages, { ...opening, readSeq: 3 }, true)).toBe(true)
    expect(opensAtUnread([], opening, true)).toBe(false)
  })
})
describe('the pill above', () => {
  it('counts what was unread at opening and leads to the position after the read one', () => {
    expect(pills({ opening: { readSeq: 3, unread: 7, mentions: [] } }).above).toEqual({ count: 7, seq: 4 })
  })
  it('goes once the first unread line was on the screen', () => {
    expect(pills({ opening: { readSeq: 3, unread: 7, mentions: [] }, reachedUnread: true }).above).toBeUndefined()
    expect(pills({ seen: { topSeq: 11, seenSeq: 15 } }).above).toBeUndefined()
  })
})
describe('the pill below', () => {
  it('counts messages of others that were not on the screen: not own, not system, not recalled', () => {
    expect(pills({ seen: { topSeq: 10, seenSeq: 10 } }).below).toEqual({ count: 2 })
    expect(pills({ seen: { topSeq: 10, seenSeq: 13 } }).below).toEqual({ count: 1 })
  })
  it('is absent at the end', () => {
    expect(pills({ seen: { topSeq: 10, seenSeq: 10 }, following: true }).below).toBeUndefined()
    expect(pills().below).toBeUndefined()
  })
})
describe('the mention pill', () => {
  it('leads to the oldest mention that was not seen', () => {
    expect(pills({ opening: { ...opening, mentions: [4, 13] } }).mention).toEqual({ seq: 4, below: false })
    expect(pills({ opening: { ...opening, mentions: [13] }, seen: { topSeq: 10, seenSeq: 12 } }).mention).toEqual({
      seq: 13,
      below: true,
    })
  })
  it('goes when the mention was seen', () => {
    expect(pills({ opening: { ...opening, mentions: [13] } }).mention).toBeUndefined()
    expect(pills({ opening: { ...opening, mentions: [4] }, reachedUnread: true }).mention).toBeUndefined()
  })
})
