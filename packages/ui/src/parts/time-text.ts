/** Instants and durations as people read them. Pure: the reader's clock, zone and language come in. */
import { DAY, HOUR, MINUTE, SECOND, type Locale } from '@qun/contract'
import { wordIn } from '../texts.ts'

/** Undefined is the reader's own zone. */
export interface ReaderTime {
  readonly now: number
  readonly locale: Locale
  readonly timeZone?: string | undefined
}

// Formatters are slow to make and a list draws hundreds of times.
const formats = new Map<string, Intl.DateTimeFormat>()
function format(reader: ReaderTime, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${reader.locale}/${reader.timeZone ?? ''}/${name}`
  const known = formats.get(key)
  if (known) return known
  const zone = reader.timeZone === undefined ? {} : { timeZone: reader.timeZone }
  const made = new Intl.DateTimeFormat(reader.locale, { ...options, ...zone })
  formats.set(key, made)
  return made
}

export function clockText(at: number, reader: ReaderTime): string {
  return format(reader, 'clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
}
function dayNumber(at: number, reader: ReaderTime): number {
  const parts = format(reader, 'day', { year: 'numeric', month: 'numeric', day: 'numeric' }).formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  return Math.round(Date.UTC(part('year'), part('month') - 1, part('day')) / DAY)
}
function yearOf(at: number, reader: ReaderTime): string {
  return format(reader, 'year', { year: 'numeric' }).format(at)
}
function dateText(at: number, reader: ReaderTime): string {
  return yearOf(at, reader) === yearOf(reader.now, reader)
    ? format(reader, 'date', { month: 'short', day: 'numeric' }).format(at)
    : format(reader, 'fullDate', { year: 'numeric', month: 'short', day: 'numeric' }).format(at)
}

/** Over a conversation: 今天 09:30, 昨天 21:04, 星期三 08:00, 3月2日 12:10. */
export function separatorText(at: number, reader: ReaderTime): string {
  const clock = clockText(at, reader)
  const days = dayNumber(reader.now, reader) - dayNumber(at, reader)
  if (days < 0) return `${dateText(at, reader)} ${clock}`
  if (days === 0) return `${wordIn(reader.locale, 'time.today')} ${clock}`
  if (days === 1) return `${wordIn(reader.locale, 'time.yesterday')} ${clock}`
  if (days < 7) return `${format(reader, 'weekday', { weekday: 'long' }).format(at)} ${clock}`
  return `${dateText(at, reader)} ${clock}`
}
/** In the list of conversations, where the place is small: 09:30, 昨天, 星期三, 3月2日. */
export function listTimeText(at: number, reader: ReaderTime): string {
  const days = dayNumber(reader.now, reader) - dayNumber(at, reader)
  if (days <= 0) return clockText(at, reader)
  if (days === 1) return wordIn(reader.locale, 'time.yesterday')
  if (days < 7) return format(reader, 'shortWeekday', { weekday: 'short' }).format(at)
  return dateText(at, reader)
}
/** Date and clock, for details and deadlines: as over a conversation, and 明天 09:30 for what is to come. */
export function instantText(at: number, reader: ReaderTime): string {
  const days = dayNumber(at, reader) - dayNumber(reader.now, reader)
  if (days === 1) return `${wordIn(reader.locale, 'time.tomorrow')} ${clockText(at, reader)}`
  return separatorText(at, reader)
}
/** Time left as a clock: 04:09, 1:04:09, 2 天 1:04:09. Zero once it is over. */
export function leftText(leftMs: number, locale: Locale): string {
  const left = Math.max(0, leftMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const days = Math.floor(left / DAY)
  const hours = Math.floor((left % DAY) / HOUR)
  const minutes = Math.floor((left % HOUR) / MINUTE)
  const seconds = Math.floor((left % MINUTE) / SECOND)
  const clock = hours > 0 || days > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`
  return days > 0 ? wordIn(locale, 'countdown.days', { n: days, time: clock }) : clock
}
