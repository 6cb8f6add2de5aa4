/** Finds addresses in a text and says which are safe to follow. Pure; only http and https are ever links. */
import { linkifyit } from 'linkify-it'

export interface LinkPart {
  readonly text: string
  /** An absolute http or https address; absent on plain text. */
  readonly href?: string
  /** The address as it really is, in ASCII, when what is shown may imitate another. */
  readonly disguised?: string
}

const finder = linkifyit({ fuzzyLink: true, fuzzyEmail: false, fuzzyIP: false })
finder.add('ftp:', null).add('//', null).add('mailto:', null)

export function splitLinks(text: string): LinkPart[] {
  const parts: LinkPart[] = []
  let at = 0
  for (const match of finder.match(text) ?? []) {
    const link = readLink(match.url)
    if (!link) continue
    if (match.index > at) parts.push({ text: text.slice(at, match.index) })
    parts.push({ text: match.raw, ...link })
    at = match.lastIndex
  }
  if (at < text.length) parts.push({ text: text.slice(at) })
  return parts
}
/** Undefined for anything that is not a plain http or https address. */
export function readLink(address: string): { readonly href: string; readonly disguised?: string } | undefined {
  const url = URL.parse(address)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  // `https://bank.example@evil.example` reads as the bank.
  if (url.username !== '' || url.password !== '') return { href: url.href, disguised: url.origin }
  return isDisguised(address, url) ? { href: url.href, disguised: url.origin } : { href: url.href }
}
/** A host name with letters outside ASCII can look like another; names written wholly in Chinese cannot. */
function isDisguised(address: string, url: URL): boolean {
  if (!/(^|\.)xn--/.test(url.hostname)) return false
  const written = /^[a-z]+:\/\/([^/?#]*)/i.exec(address)?.[1] ?? ''
  const labels = written.split('.').filter((label) => /[^\x20-\x7e]/.test(label))
  return labels.length === 0 || !labels.every((label) => /^[\p{Script=Han}0-9-]+$/u.test(label))
}
