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

// ── what a person reads as a name or a title ──
/** Something to see: invisible letters (ㅤ, ⠀), blanks and marks alone make nothing. */
const seen = '[^\\p{Default_Ignorable_Code_Point}\\p{Z}\\p{C}\\p{M}\\u2800]'
/**
 * What turns the words beside it around, ends the line, or is there and not to be seen. Joiners are kept where they
 * make a picture or a letter: 👩‍🚀, and in Arabic and Indic scripts.
 */
const hidden =
  '\\p{Cc}\\p{Zl}\\p{Zp}\\u00AD\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E' +
  '\\u2060-\\u206F\\u2800\\u3164\\uFEFF\\uFFA0\\uFFF0-\\uFFFB\\u{E0000}-\\u{E00FF}'
const joined =
  '[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F]\\u200D(?=\\p{Extended_Pictographic})|' +
  '[\\p{Script=Arabic}\\p{Script=Devanagari}\\p{Script=Bengali}][\\u200C\\u200D](?=\\p{L})|' +
  '\\u{1F3F4}[\\u{E0061}-\\u{E007A}]{1,8}\\u{E007F}'
/** Four marks on one letter paint over the lines above and below. */
const name = `(?=[^]*${seen})(?![^]*\\p{M}{4})(?:${joined}|[^${hidden}])+`
/** [I12] Every name and every title, whoever gives it, the host too. */
export const namePattern = `^${name}$`
/** The same of one that may be left empty. */
export const emptyOrNamePattern = `^(?:${name})?$`
/** A text a person reads as a name or a title: of people, groups, shops, cards, options, prizes. */
export function nameText(options: {
  readonly minLength?: 0
  readonly maxLength: number
  readonly description?: string
}) {
  const { minLength } = options
  if (minLength === 0) return Type.String({ ...options, pattern: emptyOrNamePattern })
  return Type.String({ minLength: 1, ...options, pattern: namePattern })
}
const shown = new RegExp(namePattern, 'u')
/** Whether somebody may be called so. */
export function isNameText(text: string): boolean {
  return shown.test(text)
}

/** The text for one reader. */
export function textIn(text: Text, locale: Locale): string {
  return typeof text === 'string' ? text : text[locale]
}
/** The nearest language we speak to a browser's or header's wish, Chinese first. */
export function localeOf(wish: string | undefined | null): Locale {
  return /^en\b/i.test(wish ?? '') ? 'en' : 'zh-CN'
}
