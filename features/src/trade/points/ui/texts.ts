/** The words of the wallet of points, in both languages. */
import type { Locale, LocalText } from '@qun/contract'

export const pointsTexts = {
  mine: { 'zh-CN': '我的积分', en: 'My points' },
  balance: { 'zh-CN': '可用积分', en: 'Points to use' },
  statement: { 'zh-CN': '积分明细', en: 'Statement' },
  lapses: { 'zh-CN': '即将过期', en: 'Expiring' },
  others: { 'zh-CN': '其他商家的积分', en: 'With other shops' },
  othersNote: { 'zh-CN': '积分只能在发放它的商家使用', en: 'Points are spent with the shop that gave them' },
  unnamed: { 'zh-CN': '平台积分', en: 'The platform' },
  nothing: { 'zh-CN': '还没有积分变动', en: 'Nothing has moved yet' },
} as const satisfies Record<string, LocalText>

export function countText(count: number, locale: Locale): string {
  return new Intl.NumberFormat(locale).format(count)
}
/** `+80`, `−30`: with a true minus, which is as wide as the plus. */
export function signedText(amount: number, locale: Locale): string {
  return `${amount > 0 ? '+' : '−'}${countText(Math.abs(amount), locale)}`
}
export function soonText(count: string, day: string): LocalText {
  return { 'zh-CN': `${count} 积分将于${day}过期`, en: `${count} points expire on ${day}` }
}
export function afterText(balance: string): LocalText {
  return { 'zh-CN': `余额 ${balance}`, en: `Balance ${balance}` }
}
/** Merchants that share their points, by name. */
export function namesText(names: readonly string[]): LocalText {
  return names.length === 0 ? pointsTexts.unnamed : { 'zh-CN': names.join('、'), en: names.join(', ') }
}
