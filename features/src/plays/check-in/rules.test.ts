/** Days, streaks and milestones: the vectors of the mechanics, and properties against a naive model. */
import { isTimeZone } from '@qun/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayNumber, localTime, mayMakeUp, milestonesReached, programmeFault, proofKey, streakOf } from './rules.ts'

const utc = (year: number, month: number, date: number, hour = 0, minute = 0, second = 0, ms = 0) =>
  Date.UTC(year, month - 1, date, hour, minute, second, ms)
const key = (day: number) => localTime(utc(2026, 1, 1) + day * 86_400_000, 'UTC').day

test('[CI3] [CI4] D1 ✓ D2 ✓ D3 – D4 ✓ is a streak of one; with D3 made up on D4 it is four', () => {
  const [d1, d2, d3, d4] = [key(0), key(1), key(2), key(3)]
  expect(streakOf([d1, d2, d4], d4)).toBe(1)
  expect(mayMakeUp(d3, d4, d1, [d1, d2, d4])).toBe(true)
  expect(streakOf([d1, d2, d3, d4], d4)).toBe(4)
  expect(streakOf([d1, d2], d3)).toBe(2)
  expect(streakOf([d1, d2], d4)).toBe(0)
})
test('[CI1] 23:59:59.9 and 00:00:00.1 are two days, in the zone of the programme', () => {
  const midnight = utc(2026, 3, 1, 16)
  expect(localTime(midnight - 100, 'Asia/Shanghai')).toEqual({ day: '2026-03-01', minute: 1_439 })
  expect(localTime(midnight + 100, 'Asia/Shanghai')).toEqual({ day: '2026-03-02', minute: 0 })
  expect(localTime(midnight - 100, 'UTC').day).toBe('2026-03-01')
})
test('[CI1] where clocks change, each date is still one day', () => {
  const days = new Set<string>()
  // Berlin: 25 hours on 2026-10-25, 23 hours on 2026-03-29.
  for (let at = utc(2026, 3, 27); at < utc(2026, 11, 1); at += 600_000) days.add(localTime(at, 'Europe/Berlin').day)
  const numbers = [...days].map(dayNumber)
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at))
})
test('[CI1] neighbouring dates are neighbouring numbers, over centuries', () => {
  for (let day = 0; day < 80_000; day += 1) {
    const at = utc(1_900, 1, 1) + day * 86_400_000
    const text = new Date(at).toISOString().slice(0, 10)
    expect(dayNumber(text) - dayNumber('1900-01-01')).toBe(day)
  }
})
test('[CI3] the streak is what counting backwards by hand gives', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40)), fc.nat(45), (chosen, today) => {
      const days = chosen.toSorted((a, b) => a - b)
      const has = new Set(days)
      let end = has.has(today) ? today : today - 1
      let expected = 0
      while (has.has(end--)) expected += 1
      expect(streakOf(days.map(key), key(today))).toBe(expected)
    }),
  )
})
test('[CI4] only a missed date of the last three days is made up', () => {
  expect(mayMakeUp(key(9), key(10), key(0), [])).toBe(true)
  expect(mayMakeUp(key(7), key(10), key(0), [])).toBe(true)
  expect(mayMakeUp(key(6), key(10), key(0), [])).toBe(false)
  expect(mayMakeUp(key(10), key(10), key(0), [])).toBe(false)
  expect(mayMakeUp(key(9), key(10), key(0), [key(9)])).toBe(false)
  expect(mayMakeUp(key(9), key(10), key(10), [])).toBe(false)
  expect(mayMakeUp('2026-02-30', '2026-03-02', key(0), [])).toBe(false)
  expect(mayMakeUp('2026-02-28', '2026-03-02', key(0), [])).toBe(true)
})
test('[CI5] each milestone is reached once, by what the programme counts', () => {
  const milestones = [
    { days: 3, points: 5 },
    { days: 7, points: 20 },
  ]
  expect(milestonesReached({ mode: 'consecutive', milestones }, { streak: 3, total: 9 }, [])).toEqual([milestones[0]])
  expect(milestonesReached({ mode: 'cumulative', milestones }, { streak: 1, total: 9 }, [3])).toEqual([milestones[1]])
  expect(milestonesReached({ mode: 'cumulative', milestones }, { streak: 1, total: 9 }, [3, 7])).toEqual([])
})
test('[CI6] [CI7] words are compared by what they say; zones and programmes that make no sense are refused', () => {
  expect(proofKey(' 今天读了 20 页！')).toBe(proofKey('今天读了２０页'))
  expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Base')]).toEqual([true, false])
  const body = {
    title: 'x',
    opens: 0,
    closes: 1_440,
    mode: 'cumulative',
    milestones: [],
    proof: 'none',
    makeUps: 0,
  } as const
  const fault = (more: object) => programmeFault({ ...body, leaderboard: false, ...more } as never)
  expect(fault({ timeZone: 'Mars/Base' })).toBe('check_in.zone_invalid')
  expect(fault({ opens: 600, closes: 600 })).toBe('check_in.window_invalid')
  expect(
    fault({
      milestones: [
        { days: 3, points: 1 },
        { days: 3, points: 1 },
      ],
    }),
  ).toBe('check_in.milestones_invalid')
  expect(fault({})).toBeUndefined()
})
