/** Finding and keeping `@name` in a text being written. Pure. */
import type { MemberRow } from '@qun/contract'

/** The `@…` being typed at the caret: where it begins and what follows the sign. */
export interface MentionQuery {
  readonly start: number
  readonly words: string
}
const queryMax = 20

/** An `@` counts at the start or after a space or Chinese text, not within an address like a@b. */
export function mentionQueryAt(text: string, caret: number): MentionQuery | undefined {
  const before = text.slice(0, caret)
  const start = before.lastIndexOf('@')
  if (start < 0) return undefined
  const words = before.slice(start + 1)
  if (words.length > queryMax || /\s/u.test(words)) return undefined
  if (start > 0 && /[A-Za-z0-9._-]/u.test(before[start - 1]!)) return undefined
  return { start, words }
}
/** Members whose name or id contains the words; those whose name begins with them first. */
export function matchMembers(members: readonly MemberRow[], words: string, viewerId: string): MemberRow[] {
  const wish = words.toLocaleLowerCase()
  const fits = members.filter(
    (member) =>
      member.active &&
      member.userId !== viewerId &&
      (member.name.toLocaleLowerCase().includes(wish) || member.userId.toLowerCase().startsWith(wish)),
  )
  const rank = (member: MemberRow) => (member.name.toLocaleLowerCase().startsWith(wish) ? 0 : 1)
  return fits.toSorted((a, b) => rank(a) - rank(b))
}
/** The text with the query replaced by `@name `, and where the caret goes. */
export function insertMention(
  text: string,
  query: MentionQuery,
  name: string,
): { readonly text: string; readonly caret: number } {
  const end = query.start + 1 + query.words.length
  const put = `@${name} `
  return { text: text.slice(0, query.start) + put + text.slice(end), caret: query.start + put.length }
}
/** Ids of those whose `@name` still stands in the text. */
export function mentionsIn(text: string, known: Readonly<Record<string, string>>): string[] {
  const ids = Object.entries(known).flatMap(([name, id]) => (text.includes(`@${name}`) ? [id] : []))
  return [...new Set(ids)]
}
export interface TextPart {
  readonly text: string
  /** Set on a part that names somebody. */
  readonly userId?: string
}
/** Splits a text at its mentions; longer names win over names they begin with. */
export function splitMentions(
  text: string,
  named: readonly { readonly userId: string; readonly name: string }[],
): TextPart[] {
  const byLength = named.filter((one) => one.name !== '').toSorted((a, b) => b.name.length - a.name.length)
  const parts: TextPart[] = []
  let plain = ''
  for (let at = 0; at < text.length;) {
    const hit = text[at] === '@' ? byLength.find((one) => text.startsWith(one.name, at + 1)) : undefined
    if (!hit) {
      plain += text[at++]
      continue
    }
    if (plain !== '') parts.push({ text: plain })
    plain = ''
    parts.push({ text: `@${hit.name}`, userId: hit.userId })
    at += hit.name.length + 1
  }
  if (plain !== '') parts.push({ text: plain })
  return parts
}
