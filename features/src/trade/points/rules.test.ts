/** Properties of the rules of points. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endOfMonth, titleOf } from './rules.ts'

const zones = ['Asia/Shanghai', 'UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Apia']

describe('points lapse', () => {
  test('[PO3] with the first instant after the month, in the zone', () => {
    const at = Date.UTC(2026, 0, 31, 15, 59, 59, 999)
    expect(endOfMonth(at, 0, 'Asia/Shanghai')).toBe(at + 1)
    expect(endOfMonth(at + 1, 0, 'Asia/Shanghai')).toBe(Date.UTC(2026, 1, 28, 16))
    expect(endOfMonth(at, 12, 'Asia/Shanghai')).toBe(Date.UTC(2027, 0, 31, 16))
    expect(endOfMonth(Date.UTC(2024, 1, 10), 0, 'UTC')).toBe(Date.UTC(2024, 2, 1))
    // Summer time begins in that month, so the offset at its end is not the one at its start.
    expect(endOfMonth(Date.UTC(2026, 2, 3), 0, 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 31, 22))
    expect(endOfMonth(at, 0, 'Nowhere/None')).toBeUndefined()
  })
  test('[PO3] whatever the instant, the zone and the months', () => {
    const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2060, 0, 1) })
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 60 }), fc.constantFrom(...zones), (at, months, timeZone) => {
        const end = endOfMonth(at, months, timeZone) ?? 0
        expect(end).toBeGreaterThan(at)
        const day = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
        const [year, month] = day.format(at).split('-').map(Number) as [number, number]
        const next = new Date(Date.UTC(year, month - 1 + months + 1, 1)).toISOString().slice(0, 10)
        expect([day.format(end), day.format(end - 1) < next]).toEqual([next, true])
      }),
    )
  })
})

test('[PO8] a movement is told in the host’s words, else in ours, else by its direction', () => {
  const own = { 'zh-CN': '生日礼', en: 'Birthday' }
  expect(titleOf({ reason: 'points.grant', amount: 5 }, own)).toBe(own)
  expect(titleOf({ reason: 'ledger.expired', amount: -5 }).en).toBe('Expired')
  expect(titleOf({ reason: 'new-play.win', amount: 5 }).en).toBe('Received')
  expect(titleOf({ reason: 'new-play.pay', amount: -5 }).en).toBe('Used')
})
