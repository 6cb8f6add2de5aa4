/** Times as people read them, in a fixed zone. */
import { describe, expect, it } from 'vitest'
import { clockText, instantText, leftText, listTimeText, separatorText } from './time-text.ts'

const now = Date.UTC(2026, 2, 4, 4, 0)
const hour = 3_600_000
const zh = { now, locale: 'zh-CN', timeZone: 'Asia/Shanghai' } as const
const en = { ...zh, locale: 'en' } as const

describe('over a conversation', () => {
  it.each([
    [now - hour, '今天 11:00', 'Today 11:00'],
    [now - 12 * hour - 1, '昨天 23:59', 'Yesterday 23:59'],
    [now - 12 * hour, '今天 00:00', 'Today 00:00'],
    [now - 3 * 24 * hour, '星期日 12:00', 'Sunday 12:00'],
    [now - 7 * 24 * hour, '2月25日 12:00', 'Feb 25 12:00'],
    [now - 365 * 24 * hour, '2025年3月4日 12:00', 'Mar 4, 2025 12:00'],
  ])('%s', (at, chinese, english) => {
    expect(separatorText(at, zh)).toBe(chinese)
    expect(separatorText(at, en)).toBe(english)
  })
  it('counts days in the reader’s zone', () => {
    const at = Date.UTC(2026, 2, 3, 6, 0)
    expect(separatorText(at, zh)).toBe('昨天 14:00')
    expect(separatorText(at, { ...zh, timeZone: 'America/New_York' })).toBe('今天 01:00')
  })
})
describe('a deadline', () => {
  it.each([
    [now + hour, '今天 13:00', 'Today 13:00'],
    [now + 12 * hour - 1, '今天 23:59', 'Today 23:59'],
    [now + 12 * hour, '明天 00:00', 'Tomorrow 00:00'],
    [now + 2 * 24 * hour, '3月6日 12:00', 'Mar 6 12:00'],
    [now + 365 * 24 * hour, '2027年3月4日 12:00', 'Mar 4, 2027 12:00'],
    [now - 24 * hour, '昨天 12:00', 'Yesterday 12:00'],
  ])('%s', (at, chinese, english) => {
    expect(instantText(at, zh)).toBe(chinese)
    expect(instantText(at, en)).toBe(english)
  })
})
it('is short in the list', () => {
  expect(
    [now - hour, now - 24 * hour, now - 3 * 24 * hour, now - 9 * 24 * hour].map((at) => listTimeText(at, zh)),
  ).toEqual(['11:00', '昨天', '周日', '2月23日'])
})
it('writes midnight as 00:00', () => {
  expect(clockText(Date.UTC(2026, 2, 3, 16, 0), zh)).toBe('00:00')
})
it('tells the time left, never below zero', () => {
  expect(leftText(-5, 'zh-CN')).toBe('00:00')
  expect(leftText(249_000, 'zh-CN')).toBe('04:09')
  expect(leftText(3_849_000, 'en')).toBe('1:04:09')
  expect(leftText(25 * hour, 'zh-CN')).toBe('1 天 1:00:00')
  expect(leftText(49 * hour, 'en')).toBe('2 days 1:00:00')
})
