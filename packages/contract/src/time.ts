/** Instants and durations: epoch milliseconds UTC, always integers. */
import { Type } from 'typebox'

export type Millis = number
/** The last instant a `Date` holds. */
const instantMax = 8_640_000_000_000_000
export const MillisSchema = Type.Integer({
  minimum: 0,
  maximum: instantMax,
  description: 'Epoch milliseconds, UTC.',
})
/** A stretch of time, as somebody may ask for it; whoever grants it says how long is too long, and too short. */
export const AskedMs = (description: string) => Type.Integer({ minimum: -instantMax, maximum: instantMax, description })
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

// ── wall clocks ──
/** What the calendar and the clock on the wall of a time zone show. */
export interface Wall {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}
/** Making a format costs a hundred times what using it does. */
const formats = new Map<string, Intl.DateTimeFormat>()
/** Zones kept: all that exist, and their names written otherwise. */
const formatsMax = 1_000
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const date = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  const made = new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time })
  if (formats.size >= formatsMax) formats.clear()
  formats.set(timeZone, made)
  return made
}
/**
 * Whether a time zone of that name (IANA: `Asia/Shanghai`) exists; the functions below throw for others. An offset is
 * none: it knows no summer, and no place changes with it.
 */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone)
    return !/^[+-]/.test(timeZone)
  } catch {
    return false
  }
}
export function wallIn(timeZone: string, at: Millis): Wall {
  const wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  for (const { type, value } of formatOf(timeZone).formatToParts(at)) {
    if (type in wall) wall[type as keyof Wall] = Number(value)
  }
  return wall
}
/** The local date, `2026-11-25`: the key of what is counted per day. */
export function dayIn(timeZone: string, at: Millis): string {
  const { year, month, day } = wallIn(timeZone, at)
  return `${year}-${twoDigits(month)}-${twoDigits(day)}`
}
const twoDigits = (n: number): string => String(n).padStart(2, '0')
/** The local date as days from 1970-01-01: the key of what is counted per day where days are reckoned with. */
export function dayNumberIn(timeZone: string, at: Millis): number {
  const { year, month, day } = wallIn(timeZone, at)
  return Date.UTC(year, month - 1, day) / DAY
}
/** The instant at which the local date of that number begins; of a date that a zone leapt over, the one after it. */
export function midnightOf(timeZone: string, dayNumber: number): Millis {
  // No zone is two days from UTC.
  let at = (dayNumber - 2) * DAY
  while (dayNumberIn(timeZone, at) < dayNumber) at = nextMidnight(timeZone, at)
  return at
}
/** The instant at which the next local date begins. Clocks may leap over midnight: then it is the first that exists. */
export function nextMidnight(timeZone: string, at: Millis): Millis {
  const today = dayIn(timeZone, at)
  let before = at
  let after = at + 2 * DAY
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (dayIn(timeZone, middle) === today) before = middle
    else after = middle
  }
  return after
}
