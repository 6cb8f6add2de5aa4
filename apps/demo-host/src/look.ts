/** Language and light or dark, as the front page and the phones agree on them. Knows no page. */
import type { Lang } from './story.ts'

export type Theme = 'light' | 'dark'
export interface Look {
  readonly lang: Lang
  readonly theme: Theme
}

/** What the address asks for, else what the browser prefers. */
export function lookOf(search: string): Look {
  const asked = new URLSearchParams(search)
  const lang = asked.get('lang') ?? (/^en\b/i.test(navigator.language) ? 'en' : 'zh')
  const theme = asked.get('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  return { lang: lang === 'en' ? 'en' : 'zh', theme: theme === 'dark' ? 'dark' : 'light' }
}
/** Puts the look on the page itself. */
export function wearLook({ lang, theme }: Look): void {
  const page = document.documentElement
  page.lang = lang === 'zh' ? 'zh-CN' : 'en'
  page.dataset['theme'] = theme
  page.style.colorScheme = theme
}

/** What a phone tells the page around it. */
export interface PhoneLine {
  readonly type: 'qun-demo-line'
  readonly from: string
  readonly call: string
  readonly status: number
  readonly tookMs: number
  readonly detail: string
}
/** What the page tells a phone. */
export interface PhoneOrder {
  readonly type: 'qun-demo-look'
  readonly theme: Theme
}
export function isPhoneLine(value: unknown): value is PhoneLine {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'qun-demo-line'
}
export function isPhoneOrder(value: unknown): value is PhoneOrder {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'qun-demo-look'
}
