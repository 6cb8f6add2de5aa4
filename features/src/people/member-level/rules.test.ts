/** Properties and vectors of points, levels, decay and honours. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { levelsAt } from './contract.ts'
import {
  chooseHonours,
  defaults,
  earn,
  levelOf,
  levelStart,
  nobody,
  pointsAt,
  quietWeek,
  takeBack,
  weekOf,
  weekStart,
  type Candidate,
  type GroupConfig,
  type Standing,
} from './rules.ts'

const day = 86_400_000
const shanghai: GroupConfig = { ...defaults, timeZone: 'Asia/Shanghai' }
const newYork: GroupConfig = { ...defaults, timeZone: 'America/New_York' }
const week = 7 * day
/** 2026-03-04 12:00 in Shanghai, a Wednesday. */
const noon = Date.UTC(2026, 2, 4, 4)

describe('levels', () => {
  test.each([
    [0, 1],
    [29, 1],
    [30, 2],
    [119, 2],
    [120, 3],
    [360, 4],
    [899, 4],
    [900, 5],
    [2_000, 6],
    [99_999, 6],
  ])('[ML5] %i points are level %i', (points, level) => {
    expect(levelOf(points)).toBe(level)
    expect(levelStart(level)).toBeLessThanOrEqual(points)
  })
  const standing = (points: number, reached: number): Standing => ({ ...nobody, points, reached, lastAt: noon })
  test.each([
    [1_000, 5, 4, 1_000],
    [1_000, 5, 5, 990],
    [1_000, 5, 14, 904],
    [1_000, 5, 24, 817],
    [1_000, 5, 500, 360],
    [35, 2, 500, 0],
  ])('[ML6] %i points of level %i are, after %i weeks, %i', (points, reached, weeks, left) => {
    expect(pointsAt(standing(points, reached), noon + weeks * week, defaults)).toBe(left)
  })
  test('[ML6] never more than before, never below the level under the highest reached', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), fc.nat(400), (points, weeks) => {
        const reached = levelOf(points)
        const left = pointsAt(standing(points, reached), noon + weeks * week, defaults)
        expect(left).toBeLessThanOrEqual(points)
        expect(levelOf(left)).toBeGreaterThanOrEqual(reached - 1)
        expect(pointsAt(standing(points, reached), noon + (weeks + 1) * week, defaults)).toBeLessThanOrEqual(left)
      }),
    )
  })
})

describe('earning', () => {
  const moves = fc.array(
    fc.record({
      afterMs: fc.oneof(fc.nat(2 * 3_600_000), fc.nat(40 * day)),
      points: fc.integer({ min: 1, max: 12 }),
      isTalk: fc.boolean(),
      back: fc.boolean(),
    }),
    { maxLength: 80 },
  )
  test('[ML4] [ML7] a day gives what it may; points are what was earned less what decayed, whatever is taken back', () => {
    fc.assert(
      fc.property(moves, (steps) => {
        let [at, who] = [noon, nobody]
        const earned: { points: number; day: number }[] = []
        for (const step of steps) {
          at += step.afterMs
          const { standing, given } = earn(
            who,
            { points: step.isTalk ? 1 : step.points, at, isTalk: step.isTalk },
            shanghai,
          )
          who = standing
          if (given > 0) earned.push({ points: given, day: standing.day })
          const taken = step.back ? earned.pop() : undefined
          if (taken !== undefined) who = takeBack(who, taken)
          expect(who.points).toBe(earned.reduce((sum, one) => sum + one.points, 0) - who.decayed)
          expect(who.points).toBeGreaterThanOrEqual(0)
          expect(who.dayPoints).toBeLessThanOrEqual(defaults.dayCap)
        }
        const days = new Map<number, number>()
        for (const one of earned) days.set(one.day, (days.get(one.day) ?? 0) + one.points)
        for (const sum of days.values()) expect(sum).toBeLessThanOrEqual(defaults.dayCap)
      }),
    )
  })
  test('[ML4] the eleventh message of a day earns nothing, the first of the next day does', () => {
    let who = nobody
    for (let i = 0; i < 15; i++) who = earn(who, { points: 1, at: noon + i, isTalk: true }, shanghai).standing
    expect(who.points).toBe(10)
    const midnight = Date.UTC(2026, 2, 4, 16)
    expect(earn(who, { points: 1, at: midnight - 1, isTalk: true }, shanghai).given).toBe(0)
    expect(earn(who, { points: 1, at: midnight, isTalk: true }, shanghai).given).toBe(1)
  })
  test('[ML8] [MER8] [V10] days end and weeks begin on Monday at the midnight of the group’s zone', () => {
    for (const [config, hour] of [
      [shanghai, 16],
      [newYork, 29],
    ] as const) {
      const monday = Date.UTC(2026, 2, 1, hour)
      const week = weekOf(noon, config)
      expect([weekOf(monday - 1, config), weekOf(monday, config)]).toEqual([week - 1, week])
      expect(weekStart(week, config)).toBe(monday)
      const sunday = { ...nobody, day: Date.UTC(2026, 2, 1) / day, dayPoints: 30, dayTalk: 10 }
      const given = [monday - 1, monday].map((at) => earn(sunday, { points: 5, at, isTalk: false }, config).given)
      expect(given).toEqual([0, 5])
    }
  })
  test('[MER8] a date never goes back: a zone told anew gives no second day', () => {
    const { standing } = earn(nobody, { points: 30, at: noon, isTalk: false }, shanghai)
    // Still the 3rd in New York.
    expect(earn(standing, { points: 5, at: noon + 1, isTalk: false }, newYork)).toMatchObject({
      given: 0,
      standing: { day: standing.day },
    })
    expect(levelsAt).toHaveLength(6)
  })
})

describe('honours', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    userId: names,
    words: fc.nat(20),
    smiles: fc.nat(6),
    heardBy: fc.uniqueArray(names, { maxLength: 6 }),
    answered: fc.uniqueArray(names, { maxLength: 4 }),
    pairs: fc.nat(5),
    isNew: fc.boolean(),
  })
  const weeks = fc.uniqueArray(candidate, { selector: (one) => one.userId, maxLength: 8 })
  test('[ML8] one honour a person, one person an honour, whatever the order', () => {
    fc.assert(
      fc.property(weeks, (all) => {
        const given = chooseHonours(all)
        expect(new Set(given.map((one) => one.userId)).size).toBe(given.length)
        expect(new Set(given.map((one) => one.honour)).size).toBe(given.length)
        expect(chooseHonours(all.toReversed())).toEqual(given)
        const [first] = given
        if (first?.honour === 'talkative') expect(first.figure).toBe(Math.max(...all.map((one) => one.words)))
      }),
    )
  })
  test('[ML8] a quiet week honours nobody', () => {
    expect(chooseHonours([{ ...quietWeek, userId: 'a', words: 4, isNew: false }])).toEqual([])
  })
})
