/** Points, levels and weekly honours, pure: no clock, no storage, no chance. */
import { dayNumberIn, levelsAt, midnightOf, type Honour } from './contract.ts'

const dayMs = 86_400_000
export interface LevelConfig {
  /** What each thing earns. */
  readonly talk: number
  readonly welcome: number
  readonly helpful: number
  readonly firstHelp: number
  readonly checkIn: number
  readonly event: number
  /** Messages of one day that earn. */
  readonly talkPerDay: number
  /** Points of one day. */
  readonly dayCap: number
  readonly idleWeeks: number
}
/** What holds in one group. */
export interface GroupConfig extends LevelConfig {
  /** [MER8] Whose midnight ends its days and weeks. */
  readonly timeZone: string
}
export const defaults: LevelConfig = {
  talk: 1,
  welcome: 5,
  helpful: 8,
  firstHelp: 3,
  checkIn: 1,
  event: 4,
  talkPerDay: 10,
  dayCap: 30,
  idleWeeks: 4,
}
/** What is kept of a person in a group; `points` is the sum of what was earned less `decayed`. */
export interface Standing {
  readonly points: number
  readonly decayed: number
  /** Highest level ever reached. */
  readonly reached: number
  readonly day: number
  readonly dayPoints: number
  readonly dayTalk: number
  readonly lastAt: number
}
export const nobody: Standing = { points: 0, decayed: 0, reached: 1, day: 0, dayPoints: 0, dayTalk: 0, lastAt: 0 }

// ── days and weeks ──
type Zone = Pick<GroupConfig, 'timeZone'>
/** Weeks begin on Monday; day 0 was a Thursday. */
export const weekOf = (at: number, { timeZone }: Zone): number => Math.floor((dayNumberIn(timeZone, at) + 3) / 7)
export const weekStart = (week: number, { timeZone }: Zone): number => midnightOf(timeZone, week * 7 - 3)
/** What the day of an instant gave already. A date never goes back: a zone told anew gives no second day. */
export function dayAt(
  before: Pick<Standing, 'day' | 'dayPoints' | 'dayTalk'>,
  at: number,
  { timeZone }: Zone,
): Pick<Standing, 'day' | 'dayPoints' | 'dayTalk'> {
  const day = dayNumberIn(timeZone, at)
  return day > before.day ? { day, dayPoints: 0, dayTalk: 0 } : before
}

// ── levels ──
/** [ML5] */
export const levelOf = (points: number): number => levelsAt.findLastIndex((at) => points >= at) + 1
export const levelStart = (level: number): number => levelsAt[level - 1] ?? 0
/**
 * [ML6] Points after time without talk: one in a hundred less for each week beyond the idle ones, never below the level
 * under the highest reached.
 */
export function pointsAt({ points, reached, lastAt }: Standing, now: number, { idleWeeks }: LevelConfig): number {
  const weeks = lastAt === 0 ? 0 : Math.floor((now - lastAt) / (7 * dayMs)) - idleWeeks
  if (weeks <= 0) return points
  const floor = Math.min(points, levelStart(Math.max(1, reached - 1)))
  return Math.max(floor, Math.floor(points * 0.99 ** weeks))
}
/** [ML4] Earns what the day still gives; `given` is how much. Also what gives nothing more counts as being there. */
export function earn(
  before: Standing,
  earned: { readonly points: number; readonly at: number; readonly isTalk: boolean },
  config: GroupConfig,
): { standing: Standing; given: number } {
  const { at, isTalk } = earned
  const { day, dayPoints, dayTalk } = dayAt(before, at, config)
  const held = pointsAt(before, at, config)
  const room = Math.max(0, config.dayCap - dayPoints)
  const given = isTalk && dayTalk >= config.talkPerDay ? 0 : Math.min(room, earned.points)
  const points = held + given
  const standing: Standing = {
    points,
    decayed: before.decayed + before.points - held,
    reached: Math.max(before.reached, levelOf(points)),
    day,
    dayPoints: dayPoints + given,
    dayTalk: dayTalk + (isTalk ? 1 : 0),
    lastAt: Math.max(before.lastAt, at),
  }
  return { standing, given }
}
/** [ML7] Takes back what a message that was removed had earned. */
export function takeBack<S extends Standing>(before: S, taken: { readonly points: number; readonly day: number }): S {
  const points = Math.max(0, before.points - taken.points)
  return {
    ...before,
    points,
    decayed: before.decayed + before.points - taken.points - points,
    dayPoints: before.day === taken.day ? Math.max(0, before.dayPoints - taken.points) : before.dayPoints,
  }
}

// ── honours of a week ──
/** What one person did in a week, in messages of substance. */
export interface Week {
  readonly words: number
  readonly smiles: number
  /** Others who answered them. */
  readonly heardBy: readonly string[]
  /** Others whose question they answered. */
  readonly answered: readonly string[]
  /** People they exchanged words with for the first time ever. */
  readonly pairs: number
}
export const quietWeek: Week = { words: 0, smiles: 0, heardBy: [], answered: [], pairs: 0 }
/** How many others are kept by name for a week. */
export const othersMax = 100
export const withOther = (others: readonly string[], userId: string): readonly string[] =>
  others.includes(userId) || others.length >= othersMax ? others : [...others, userId]

export interface Candidate extends Week {
  readonly userId: string
  /** First spoke here this week or the week before. */
  readonly isNew: boolean
}
/** In the order in which they are given, with the least that deserves each. */
const contests: readonly { honour: Honour; least: number; figure: (one: Candidate) => number }[] = [
  { honour: 'talkative', least: 5, figure: (one) => one.words },
  { honour: 'answerer', least: 2, figure: (one) => one.answered.length },
  { honour: 'connector', least: 2, figure: (one) => one.pairs },
  { honour: 'performer', least: 3, figure: (one) => one.heardBy.length },
  { honour: 'strong_newbie', least: 3, figure: (one) => (one.isNew ? one.words : 0) },
  { honour: 'emotion', least: 3, figure: (one) => one.smiles },
]
/** [ML8] One honour a person a week, each to the first by its figure who has none yet. */
export function chooseHonours(
  candidates: readonly Candidate[],
): { readonly honour: Honour; readonly userId: string; readonly figure: number }[] {
  const taken = new Set<string>()
  return contests.flatMap(({ honour, least, figure }) => {
    const [best] = candidates
      .filter((one) => !taken.has(one.userId) && figure(one) >= least)
      .toSorted((a, b) => figure(b) - figure(a) || (a.userId < b.userId ? -1 : 1))
    if (best === undefined) return []
    taken.add(best.userId)
    return [{ honour, userId: best.userId, figure: figure(best) }]
  })
}
