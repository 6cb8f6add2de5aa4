/** The words of the wallet of points, in both languages. */
import type { Locale, LocalText } from '@qun/contract'

export const pointsTexts = {
  mine: { 'zh-CN': '我的积分', en: 'My points' },
  balance: { 'zh-CN': '可用积分', en: 'Points to use' },
  statement: { 'zh-CN': '积分明细', en: 'Statement' },
  lapses: { 'zh-CN': '即将过期', en: 'Expiring' },
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
