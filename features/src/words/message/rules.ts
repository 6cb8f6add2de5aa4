/** What a message may say, and how reactions add up: pure functions of what was posted. */
import {
  dayNumberIn,
  mentionsMax,
  midnightOf,
  reactionKindsMax,
  textLengthMax,
  type ReactionCount,
} from './contract.ts'

/** Combining marks that may follow each other; the longest honest stacks (Tibetan, pointed Hebrew) stay below it. */
export const marksInARowMax = 10
/** @all by owner and admins: this often in a group's day, and this far apart in milliseconds (mechanics C-11). */
export const mentionAllPerDayMax = 3
export const mentionAllCoolDownMs = 5 * 60_000

const somethingToSee = /[^\p{Default_Ignorable_Code_Point}\p{Z}\p{Cc}\p{Cf}\p{M}\u2800]/u
const stackedMarks = new RegExp(`(?:\\p{M}\\p{Cf}*){${marksInARowMax + 1}}`, 'u')
/** Of the control characters only the line break and the tab are text; as JSON the others take six bytes each. */
// oxlint-disable-next-line no-control-regex -- these characters are what it looks for
const control = /[\0-\x08\x0b-\x1f\x7f]/
const oneEmoji = /^\p{RGI_Emoji}$/v

/** [MS1] White space at the end is cut; every other character is kept as it came. */
export function normaliseText(text: string): string {
  return text.trimEnd()
}

/** [MS2] [MS3] [MS4] [MS12] The code with which a text is refused, if it is. Takes the normalised text. */
export function textFault(
  text: string,
): 'request.encoding' | 'message.empty' | 'message.too_long' | 'message.abusive_unicode' | undefined {
  if (!text.isWellFormed() || control.test(text)) return 'request.encoding'
  if (!somethingToSee.test(text)) return 'message.empty'
  if (isLongerThan(text, textLengthMax)) return 'message.too_long'
  if (stackedMarks.test(text)) return 'message.abusive_unicode'
  return undefined
}
function isLongerThan(text: string, codePointsMax: number): boolean {
  if (text.length <= codePointsMax) return false
  if (text.length > codePointsMax * 2) return true
  let count = 0
  for (const _ of text) if (++count > codePointsMax) return true
  return false
}

/** Each person once, in the order named. */
export function distinctMentions<T extends string>(mentions: readonly T[]): readonly T[] {
  return new Set(mentions).size === mentions.length ? mentions : [...new Set(mentions)]
}
/** [MS6] [MS7] What can be refused without knowing the group. */
export function mentionFault(
  mentions: readonly string[],
  role: string | undefined,
): 'mention.too_many' | 'mention.all_forbidden' | undefined {
  if (mentions.length > mentionsMax) return 'mention.too_many'
  if (mentions.includes('*') && role === 'member') return 'mention.all_forbidden'
  return undefined
}

/** Mentions of everybody on a local date of the group, a number of days from 1970, and when the last of them was. */
export interface MentionedAll {
  readonly day: number
  readonly count: number
  readonly at: number
}
/** [MS8] Milliseconds until everybody may be mentioned again; 0 when at once. */
export function mentionAllWaitMs(last: MentionedAll | undefined, now: number, timeZone: string): number {
  if (last === undefined) return 0
  const coolDown = Math.max(0, last.at + mentionAllCoolDownMs - now)
  if (last.day < dayNumberIn(timeZone, now) || last.count < mentionAllPerDayMax) return coolDown
  return Math.max(coolDown, midnightOf(timeZone, last.day + 1) - now)
}
/** [MER8] With one more. A date never goes back: a zone told anew gives no second day. */
export function withMentionAll(last: MentionedAll | undefined, now: number, timeZone: string): MentionedAll {
  const today = dayNumberIn(timeZone, now)
  if (last === undefined || last.day < today) return { day: today, count: 1, at: now }
  return { day: last.day, count: last.count + 1, at: now }
}

/** [RE1] Exactly one emoji that devices agree on, as the Unicode standard lists them. */
export function isReaction(emoji: string): boolean {
  return oneEmoji.test(emoji)
}
/** [RE2] [RE3] The counts after one person adds or takes back; undefined if that is one kind too many. */
export function countReaction(
  counts: readonly ReactionCount[],
  emoji: string,
  on: boolean,
): ReactionCount[] | undefined {
  const found = counts.find((each) => each.emoji === emoji)
  if (found === undefined) {
    if (!on) return [...counts]
    return counts.length >= reactionKindsMax ? undefined : [...counts, { emoji, count: 1 }]
  }
  const count = found.count + (on ? 1 : -1)
  return counts.flatMap((each) => (each !== found ? [each] : count > 0 ? [{ emoji, count }] : []))
}
