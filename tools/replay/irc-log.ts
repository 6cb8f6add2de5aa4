/** Reads an IRC channel log line by line into words, comings and goings; knows neither Qun nor who is who. */

export type LogLine =
  | {
      readonly kind: 'words'
      readonly line: number
      readonly minute: number
      readonly nick: string
      readonly text: string
    }
  | { readonly kind: 'join'; readonly line: number; readonly minute: number; readonly nick: string }
  | { readonly kind: 'leave'; readonly line: number; readonly minute: number; readonly nick: string }
  | {
      readonly kind: 'rename'
      readonly line: number
      readonly minute: number
      readonly nick: string
      readonly to: string
    }

export interface IrcLog {
  readonly lines: readonly LogLine[]
  /** Lines with words but nothing in them; nobody can send them. */
  readonly emptyCount: number
  /** `* name does something`: sent as that person's words. */
  readonly emoteCount: number
  /** Lines that are none of the above, such as topics. */
  readonly otherCount: number
}

const spoken = /^\[(\d\d):(\d\d)\] <([^>\s]+)>(?: (.*))?$/
const emote = /^\[(\d\d):(\d\d)\] {1,2}\* (\S+)(?: (.*))?$/
const came = /^=== (\S+) \[.*\] {1,2}has joined #/
const went = /^=== (\S+) (?:\[.*\] {1,2})?has (?:left|quit)\b/
const renamed = /^=== (\S+) is now known as (\S+)$/
/** Older logs write emotes without a time. */
const untimedEmote = /^=== (?!Topic |mode\/|User )([A-Za-z[\]\\`_^{|}][\w[\]\\`^{|}-]*) (.+)$/
const nothing = /^\s*$/

/**
 * Minutes count from the log's first hour and never go back: a clock that jumps half a day back has passed midnight,
 * any smaller step back is taken for the same minute. A log on a twelve-hour clock reads correctly by the same rule.
 */
export function parseIrcLog(text: string): IrcLog {
  const lines: LogLine[] = []
  let minute = 0
  let last = -1
  let emptyCount = 0
  let emoteCount = 0
  let otherCount = 0
  const at = (hours: string, minutes: string) => {
    const clock = Number(hours) * 60 + Number(minutes)
    if (last >= 0) minute += stepOf(last, clock)
    last = clock
    return minute
  }
  const rows = text.split('\n')
  if (rows.at(-1) === '') rows.pop()
  for (const [line, raw] of rows.entries()) {
    const row = raw.replace(/\r$/, '')
    const words = spoken.exec(row) ?? emote.exec(row)
    if (words !== null) {
      const [, hours, minutes, nick, said = ''] = words as unknown as [string, string, string, string, string?]
      const when = at(hours, minutes)
      const isEmote = !spoken.test(row)
      if (isEmote) emoteCount += 1
      if (nothing.test(said)) emptyCount += 1
      else lines.push({ kind: 'words', line, minute: when, nick, text: isEmote ? `* ${nick} ${said}` : said })
      continue
    }
    const event = eventOf(row, line, minute)
    if (event === undefined) otherCount += 1
    else {
      if (event.kind === 'words') emoteCount += 1
      lines.push(event)
    }
  }
  return { lines, emptyCount, emoteCount, otherCount }
}

function eventOf(row: string, line: number, minute: number): LogLine | undefined {
  const joined = came.exec(row)
  if (joined !== null) return { kind: 'join', line, minute, nick: joined[1]! }
  const left = went.exec(row)
  if (left !== null) return { kind: 'leave', line, minute, nick: left[1]! }
  const rename = renamed.exec(row)
  if (rename !== null) return { kind: 'rename', line, minute, nick: rename[1]!, to: rename[2]! }
  const acted = untimedEmote.exec(row)
  if (acted !== null) return { kind: 'words', line, minute, nick: acted[1]!, text: `* ${acted[1]} ${acted[2]}` }
  return undefined
}

/** Minutes from one clock reading to the next. */
function stepOf(from: number, to: number): number {
  if (to >= from) return to - from
  // 12:59 → 01:00 on a twelve-hour clock.
  if (from >= 12 * 60 && from < 13 * 60 && to < 2 * 60) return to + 12 * 60 - from
  return from - to > 12 * 60 ? to + 24 * 60 - from : 0
}
