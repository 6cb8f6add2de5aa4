/** Wall clocks of time zones: dates, odd offsets, days that are longer, shorter or missing. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, dayIn, dayNumberIn, HOUR, isTimeZone, midnightOf, MINUTE, nextMidnight, SECOND, wallIn } from './time.ts'

const utc = (...parts: [number, number, number, number?, number?]) => {
  const [year, month, day, hour = 0, minute = 0] = parts
  return Date.UTC(year, month - 1, day, hour, minute)
}
const zones = ['UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe']

test('a day begins at midnight on the wall, to the millisecond', () => {
  const midnight = utc(2026, 2, 28, 16)
  expect([dayIn('Asia/Shanghai', midnight - 1), dayIn('Asia/Shanghai', midnight)]).toEqual(['2026-02-28', '2026-03-01'])
  expect([dayIn('UTC', midnight), dayIn('America/New_York', utc(2026, 3, 1, 4, 59))]).toEqual([
    '2026-02-28',
    '2026-02-28',
  ])
  expect(dayIn('Asia/Kathmandu', utc(2026, 1, 1, 18, 15))).toBe('2026-01-02')
  expect(dayIn('UTC', utc(2028, 2, 29))).toBe('2028-02-29')
})
test('a wall shows hours from 0 to 23', () => {
  const at = utc(2026, 7, 9, 16, 5) + 7 * SECOND + 999
  expect(wallIn('Asia/Shanghai', at)).toEqual({ year: 2026, month: 7, day: 10, hour: 0, minute: 5, second: 7 })
  expect(wallIn('Asia/Kathmandu', at)).toMatchObject({ day: 9, hour: 21, minute: 50 })
})
test.each([
  ['Europe/Berlin', '2026-03-29', 23 * HOUR],
  ['Europe/Berlin', '2026-10-25', 25 * HOUR],
  ['America/New_York', '2026-03-08', 23 * HOUR],
  ['Australia/Lord_Howe', '2026-04-05', 24.5 * HOUR],
  ['Asia/Shanghai', '2026-03-29', 24 * HOUR],
  ['Pacific/Apia', '2011-12-30', 0],
])('when clocks change in %s, %s is as long as it is', (zone, day, length) => {
  const near = Date.parse(`${day}T00:00:00Z`)
  let found = 0
  for (let at = near - DAY; at < near + 2 * DAY; at += MINUTE * 30) if (dayIn(zone, at) === day) found += MINUTE * 30
  expect(found).toBe(length)
})
test('days never go back, and none is left out where clocks change by hours', () => {
  const instant = fc.integer({ min: utc(1990, 1, 1), max: utc(2100, 1, 1) })
  const zone = fc.constantFrom(...zones)
  fc.assert(
    fc.property(zone, instant, fc.integer({ min: 0, max: 400 * DAY }), (timeZone, at, later) => {
      expect(dayIn(timeZone, at) <= dayIn(timeZone, at + later)).toBe(true)
      const next = new Date(Date.parse(dayIn(timeZone, at)) + DAY).toISOString().slice(0, 10)
      expect([dayIn(timeZone, at), next]).toContain(dayIn(timeZone, at + 22 * HOUR))
      const wall = wallIn(timeZone, at)
      const shown = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)
      expect(Math.abs(shown - at)).toBeLessThanOrEqual(14 * HOUR)
      expect(Math.abs((shown - at + (at % SECOND)) % (15 * MINUTE))).toBe(0)
    }),
  )
})
test('a name that is no time zone is told, before and after any use', () => {
  expect(zones.every(isTimeZone)).toBe(true)
  for (const name of ['', 'Mars/Base', 'Asia/', '0', '+05:30', '-03']) expect(isTimeZone(name)).toBe(false)
  expect(() => dayIn('Mars/Base', 0)).toThrow(RangeError)
})
test('many names do no harm', () => {
  const name = 'america/argentina/buenosaires'
  const spellings = Array.from({ length: 1_100 }, (_, n) =>
    Array.from('America/New_York', (letter, at) => ((n >> at) & 1 ? letter.toUpperCase() : letter.toLowerCase())).join(
      '',
    ),
  )
  expect(spellings.every(isTimeZone)).toBe(true)
  expect(isTimeZone(name)).toBe(false)
  expect(dayIn('UTC', 0)).toBe('1970-01-01')
})
test('[MER8] the next midnight is the first instant of another date, wherever clocks leap', () => {
  expect(nextMidnight('Asia/Shanghai', utc(2026, 2, 28, 15, 59))).toBe(utc(2026, 2, 28, 16))
  // Sao Paulo's clocks leapt from midnight to one that day.
  expect(nextMidnight('America/Sao_Paulo', utc(2018, 11, 3, 12))).toBe(utc(2018, 11, 4, 3))
  // Samoa has no 30th of December 2011.
  expect(nextMidnight('Pacific/Apia', utc(2011, 12, 29, 12))).toBe(utc(2011, 12, 30, 10))
  for (const timeZone of ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'])
    for (let at = utc(2026, 1, 1); at < utc(2027, 1, 1); at += 31 * HOUR + 7 * MINUTE) {
      const next = nextMidnight(timeZone, at)
      expect([dayIn(timeZone, next - 1), dayIn(timeZone, next) > dayIn(timeZone, at)]).toEqual([
        dayIn(timeZone, at),
        true,
      ])
    }
})
test('[MER8] a date by its number begins where its first instant lies, in every zone', () => {
  const number = utc(2026, 2, 28) / DAY
  expect(dayNumberIn('Asia/Shanghai', utc(2026, 2, 27, 16))).toBe(number)
  expect(dayNumberIn('Asia/Shanghai', utc(2026, 2, 27, 15, 59))).toBe(number - 1)
  // The furthest from UTC on both sides, clocks that leap over midnight, and a date that a zone has not.
  for (const timeZone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC', 'America/New_York', 'Asia/Kathmandu'])
    for (let day = utc(2026, 1, 1) / DAY; day < utc(2027, 1, 1) / DAY; day += 13) {
      const at = midnightOf(timeZone, day)
      expect([dayNumberIn(timeZone, at - 1), dayNumberIn(timeZone, at)]).toEqual([day - 1, day])
    }
  expect(midnightOf('America/Sao_Paulo', utc(2018, 11, 4) / DAY)).toBe(utc(2018, 11, 4, 3))
  expect(midnightOf('Pacific/Apia', utc(2011, 12, 30) / DAY)).toBe(utc(2011, 12, 30, 10))
})
