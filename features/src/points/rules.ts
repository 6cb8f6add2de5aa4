/** What points decide, pure: when they lapse and how a movement is called. No clock, no storage, no chance. */
import type { Words } from './contract.ts'

const dayMs = 86_400_000

/** Days from 1970-01-01 to the first of a month; months past December run into the next years. */
function monthStart(year: number, month: number): number {
  const y = year + Math.floor((month - 1) / 12)
  const m = ((month - 1) % 12) + 1
  // Years from March on, so that the leap day comes last.
  const from = m > 2 ? y : y - 1
  const era = Math.floor(from / 400)
  const yearOfEra = from - era * 400
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5)
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}
interface Wall {
  readonly year: number
  readonly month: number
  /** What the wall clock shows, in milliseconds as if it were UTC. */
  readonly ms: number
}
function wallOf(format: Intl.DateTimeFormat, at: number): Wall {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  const day = monthStart(of('year'), of('month')) + of('day') - 1
  const ms = day * dayMs + ((of('hour') * 60 + of('minute')) * 60 + of('second')) * 1_000
  return { year: of('year'), month: of('month'), ms }
}
/**
 * [PO3] The first instant after the month `months` from the one of `at`, in a time zone: points lapse then. Undefined
 * for a zone that is none.
 */
export function endOfMonth(at: number, months: number, timeZone: string): number | undefined {
  let format: Intl.DateTimeFormat
  try {
    const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric', ...time })
  } catch {
    return undefined
  }
  const { year, month } = wallOf(format, at)
  const wanted = monthStart(year, month + months + 1) * dayMs
  // The zone's offset at the first guess may differ from that at the end of the month; the second has it.
  const first = wanted - (wallOf(format, wanted).ms - wanted)
  return wanted - (wallOf(format, first).ms - first)
}

const words: Readonly<Record<string, Words>> = {
  'points.grant': { 'zh-CN': '商家发放', en: 'From the shop' },
  'points.deduct': { 'zh-CN': '积分兑换', en: 'Exchanged' },
  'points.reverse': { 'zh-CN': '冲正', en: 'Taken back' },
  'ledger.expired': { 'zh-CN': '积分过期', en: 'Expired' },
  'red-packet.fund': { 'zh-CN': '发出红包', en: 'Red packet sent' },
  'red-packet.open': { 'zh-CN': '领取红包', en: 'Red packet opened' },
  'red-packet.refund': { 'zh-CN': '红包退回', en: 'Red packet returned' },
  'check-in.milestone': { 'zh-CN': '打卡奖励', en: 'Check-in reward' },
}
const gained: Words = { 'zh-CN': '获得积分', en: 'Received' }
const used: Words = { 'zh-CN': '使用积分', en: 'Used' }
/** [PO8] The host's own words first; a play this file never heard of is told by the direction alone. */
export function titleOf(entry: { readonly reason: string; readonly amount: number }, own?: Words): Words {
  return own ?? words[entry.reason] ?? (entry.amount > 0 ? gained : used)
}
