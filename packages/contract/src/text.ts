/** Texts people read: a string people wrote, or one in each language the product speaks. */
import { Type, type Static } from 'typebox'

export const locales = ['zh-CN', 'en'] as const
export type Locale = (typeof locales)[number]
/** A text of ours in every language; people's own words are plain strings. */
export type LocalText = Readonly<Record<Locale, string>>
export type Text = string | LocalText
export const TextSchema = Type.Union([
  Type.String(),
  Type.Object({ 'zh-CN': Type.String(), en: Type.String() }, { additionalProperties: false }),
])
export type TextValue = Static<typeof TextSchema>

/** The text for one reader. */
export function textIn(text: Text, locale: Locale): string {
  return typeof text === 'string' ? text : text[locale]
}
/** The nearest language we speak to a browser's or header's wish, Chinese first. */
export function localeOf(wish: string | undefined | null): Locale {
  return /^en\b/i.test(wish ?? '') ? 'en' : 'zh-CN'
}
