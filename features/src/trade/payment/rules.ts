/** Which days are compared with a provider's statement and when they begin, pure. No clock, no storage, no chance. */
import { DAY, dayIn, wallIn, type LocalDay } from './contract.ts'

/** The first number from `low` on that fits, where all that follow one that fits do too; `high` if none before does. */
function firstFitting(low: number, high: number, fits: (n: number) => boolean): number {
  let [from, until] = [low, high]
  while (from < until) {
    const middle = Math.floor((from + until) / 2)
    if (fits(middle)) until = middle
    else from = middle + 1
  }
  return from
}
/** Days counted from 1970-01-01: beyond the year 2100, which no date of the contract reaches. */
const dayNumberMax = 50_000
const dateOf = (dayNumber: number): LocalDay => dayIn('UTC', dayNumber * DAY)
const numberOf = (day: LocalDay): number => firstFitting(0, dayNumberMax, (n) => dateOf(n) >= day)

/** False for the 30th of February. */
export function isDate(day: LocalDay): boolean {
  return dateOf(numberOf(day)) === day
}
export const todayIn = dayIn
export function dayAfter(day: LocalDay): LocalDay {
  return dateOf(numberOf(day) + 1)
}
export function dayBefore(day: LocalDay): LocalDay {
  return dateOf(numberOf(day) - 1)
}
/** [PM4] From its midnight until the next, on the wall of a time zone, whatever clocks do there. */
export function boundsOf(day: LocalDay, timeZone: string): { readonly from: number; readonly until: number } {
  const midnight = numberOf(day) * DAY
  const first = (fits: (shown: string) => boolean) =>
    firstFitting(midnight - DAY, midnight + 3 * DAY, (at) => fits(dayIn(timeZone, at)))
  return { from: first((shown) => shown >= day), until: first((shown) => shown > day) }
}

/**
 * [PM4] The day a night is for: the one after the last that was compared, and without one yesterday. Undefined before
 * the night's hour, and when yesterday was compared.
 */
export function dueDay(
  at: { readonly now: number; readonly timeZone: string; readonly hour: number },
  last: LocalDay | undefined,
): LocalDay | undefined {
  if (wallIn(at.timeZone, at.now).hour < at.hour) return undefined
  const yesterday = dayBefore(dayIn(at.timeZone, at.now))
  if (last === undefined) return yesterday
  return last < yesterday ? dayAfter(last) : undefined
}
