/** Days and nights of the comparison, in zones whose clocks change. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY, dayIn } from './contract.ts'
import { boundsOf, dayAfter, dayBefore, dueDay, isDate } from './rules.ts'

const HOUR = 3_600_000
const zones = ['UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati']

describe('a day', () => {
  test('[PM4] goes from its midnight to the next, whatever clocks do', () => {
    expect(boundsOf('2026-11-25', 'Asia/Shanghai')).toEqual({
      from: Date.UTC(2026, 10, 24, 16),
      until: Date.UTC(2026, 10, 25, 16),
    })
    const lengthOf = (day: string, zone: string) => boundsOf(day, zone).until - boundsOf(day, zone).from
    expect(lengthOf('2026-03-29', 'Europe/Berlin')).toBe(23 * HOUR)
    expect(lengthOf('2026-10-25', 'Europe/Berlin')).toBe(25 * HOUR)
    expect(lengthOf('2026-04-05', 'Australia/Lord_Howe')).toBe(24.5 * HOUR)
  })
  test('[PM4] days follow each other without a gap, and each instant is in the day it shows', () => {
    const instant = fc.integer({ min: Date.UTC(2020, 0, 2), max: Date.UTC(2090, 0, 1) })
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (zone, at) => {
        const day = dayIn(zone, at)
        const { from, until } = boundsOf(day, zone)
        expect(from <= at && at < until).toBe(true)
        expect(boundsOf(dayAfter(day), zone).from).toBe(until)
        expect(dayBefore(dayAfter(day))).toBe(day)
      }),
    )
  })
  test('[PM5] that no calendar has is none', () => {
    const days = ['2026-02-28', '2026-02-29', '2028-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2099-12-31']
    expect(days.map(isDate)).toEqual([true, false, true, false, false, false, true])
    expect([dayAfter('2026-12-31'), dayBefore('2028-03-01')]).toEqual(['2027-01-01', '2028-02-29'])
  })
})

test('[PM4] a night is for the first day not compared, from its hour on', () => {
  const timeZone = 'Asia/Shanghai'
  const at = (hour: number) => ({ now: Date.UTC(2026, 10, 24, 16) + hour * HOUR, timeZone, hour: 3 })
  expect(dueDay(at(2.99), undefined)).toBeUndefined()
  expect(dueDay(at(3), undefined)).toBe('2026-11-24')
  expect(dueDay(at(23), '2026-11-23')).toBe('2026-11-24')
  expect(dueDay(at(3), '2026-11-20')).toBe('2026-11-21')
  expect(dueDay(at(3), '2026-11-24')).toBeUndefined()
  expect(dueDay({ ...at(3), now: at(3).now + DAY }, '2026-11-24')).toBe('2026-11-25')
})
