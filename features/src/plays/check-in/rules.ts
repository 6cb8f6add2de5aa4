/** Days, streaks and milestones: pure, no clock, no storage, no chance. Instants are handed in, in epoch ms. */
import {
  dayIn,
  daysShown,
  isTimeZone,
  makeUpAgeMax,
  wallIn,
  type CheckInBody,
  type CheckInMine,
  type Milestone,
} from './contract.ts'

/** [MER8] One without a zone was posted when all days were Shanghai’s: it keeps them to its end. */
export const zoneOf = (body: { readonly timeZone?: string }): string => body.timeZone ?? 'Asia/Shanghai'

/** [CI1] [CI2] The local date and the minutes since local midnight. */
export function localTime(at: number, timeZone: string): { readonly day: string; readonly minute: number } {
  const { hour, minute } = wallIn(timeZone, at)
  return { day: dayIn(timeZone, at), minute: hour * 60 + minute }
}

/** The number of a date, so that neighbours differ by one (days since 0000-03-01, Gregorian). */
export function dayNumber(day: string): number {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const y = month <= 2 ? year - 1 : year
  const m = (month + 9) % 12
  return (
    365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m + 2) / 5) + date - 1
  )
}
/** [CI3] The run of days that ends today or yesterday. `days` ascending, each once. */
export function streakOf(days: readonly string[], today: string): number {
  const end = dayNumber(today)
  const numbers = days.map(dayNumber).filter((number) => number <= end)
  const last = numbers.at(-1)
  if (last === undefined || end - last > 1) return 0
  let run = 1
  for (let at = numbers.length - 1; at > 0 && numbers[at - 1] === (numbers[at] as number) - 1; at--) run += 1
  return run
}
/** [CI4] Whether a missed day may be made up today; none is from before the programme began on `since`. */
export function mayMakeUp(day: string, today: string, since: string, days: readonly string[]): boolean {
  const age = dayNumber(today) - dayNumber(day)
  return age >= 1 && age <= makeUpAgeMax && day >= since && !days.includes(day) && isDate(day)
}
/** 2026-02-30 is no date: it would be the number of another. */
function isDate(day: string): boolean {
  const [, month = 0, date = 0] = day.split('-').map(Number)
  if (month < 1 || month > 12 || date < 1 || date > 31) return false
  const next =
    month === 12 ? `${Number(day.slice(0, 4)) + 1}-01-01` : `${day.slice(0, 5)}${String(month + 1).padStart(2, '0')}-01`
  return dayNumber(day) < dayNumber(next)
}
/** [CI5] Milestones newly reached, by what the programme counts. */
export function milestonesReached(
  body: { readonly mode: CheckInBody['mode']; readonly milestones: readonly Milestone[] },
  counted: { readonly streak: number; readonly total: number },
  reached: readonly number[],
): Milestone[] {
  const value = body.mode === 'consecutive' ? counted.streak : counted.total
  return body.milestones.filter(({ days }) => days <= value && !reached.includes(days))
}
/** [CI6] How words are compared: letters and digits alone. */
export function proofKey(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}
/** [CI7] */
export function hasProof(
  proof: CheckInBody['proof'],
  given: { readonly text?: string; readonly mediaId?: string; readonly place?: unknown },
): boolean {
  if (proof === 'text') return proofKey(given.text ?? '') !== ''
  if (proof === 'photo') return given.mediaId !== undefined
  return proof === 'none' || given.place !== undefined
}
/** What is wrong with a programme, if anything is. */
export function programmeFault(
  body: CheckInBody,
): 'check_in.zone_invalid' | 'check_in.window_invalid' | 'check_in.milestones_invalid' | undefined {
  if (!isTimeZone(zoneOf(body))) return 'check_in.zone_invalid'
  if (body.opens >= body.closes) return 'check_in.window_invalid'
  const ascends = body.milestones.every(({ days }, at) => at === 0 || days > (body.milestones[at - 1]?.days ?? 0))
  return ascends ? undefined : 'check_in.milestones_invalid'
}
/** What one is sent of one's own days. */
export function mineOf(
  all: readonly { readonly day: string; readonly madeUp: boolean }[],
  today: string,
  rest: Pick<CheckInMine, 'reached' | 'makeUpsLeft'>,
): CheckInMine {
  const shown = all.slice(-daysShown)
  return {
    days: shown.map(({ day }) => day),
    madeUp: shown.filter(({ madeUp }) => madeUp).map(({ day }) => day),
    streak: streakOf(
      all.map(({ day }) => day),
      today,
    ),
    total: all.length,
    ...rest,
  }
}
