/** What points decide, pure: when they lapse and how a movement is called. No clock, no storage, no chance. */
import { DAY, HOUR, isTimeZone, MINUTE, SECOND, wallIn, type Words } from './contract.ts'

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
/** What the wall clock shows, in milliseconds as if it were UTC. */
function shownIn(timeZone: string, at: number): number {
  const { year, month, day, hour, minute, second } = wallIn(timeZone, at)
  return (monthStart(year, month) + day - 1) * DAY + hour * HOUR + minute * MINUTE + second * SECOND
}
/**
 * [PO3] The first instant after the month `months` from the one of `at`, in a time zone: points lapse then. Undefined
 * for a zone that is none.
 */
export function endOfMonth(at: number, months: number, timeZone: string): number | undefined {
  if (!isTimeZone(timeZone)) return undefined
  const { year, month } = wallIn(timeZone, at)
  const wanted = monthStart(year, month + months + 1) * DAY
  // The zone's offset at the first guess may differ from that at the end of the month; the second has it.
  const first = wanted - (shownIn(timeZone, wanted) - wanted)
  return wanted - (shownIn(timeZone, first) - first)
}

const words: Readonly<Record<string, Words>> = {
  'points.grant': { 'zh-CN': '商家发放', en: 'From the shop' },
  'points.deduct': { 'zh-CN': '积分兑换', en: 'Exchanged' },
  'points.reverse': { 'zh-CN': '冲正', en: 'Taken back' },
  'points.claw-back': { 'zh-CN': '订单退款，积分收回', en: 'Order refunded' },
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
