/** Addresses people are sent to and pictures come from; says what is safe to follow, not what is there. */
import { Type, type TSchema } from 'typebox'

/** What a browser leaves out, takes for something else, or a reader does not see: nothing of it is in an address. */
const odd = /[\s\\\p{Cc}\p{Cf}]/u
/** A scheme and an authority without credentials, also without empty ones. */
const webStart = /^https:\/\/[^/?#@]+(?:[/?#]|$)/i

/** [I13] https, or a path of the host's own site; nothing that runs, and no other site in disguise (`//x`, `u@x`). */
export function isSafeAddress(address: string): boolean {
  if (odd.test(address)) return false
  const url = parsed(address)
  if (url === undefined) return false
  if (address.startsWith('/')) return !address.startsWith('//') && url.origin === anySite
  const isPlain = url.username === '' && url.password === '' && url.hostname !== ''
  return webStart.test(address) && url.protocol === 'https:' && isPlain
}
const anySite = 'https://site.invalid'
function parsed(address: string): URL | undefined {
  try {
    return new URL(address, anySite)
  } catch {
    return undefined
  }
}

/** The picture of a person or a group, or empty; the server says from where pictures may come. */
export const PictureSchema = Type.String({
  maxLength: 2_000,
  isPicture: true,
  description: 'An address of an origin the host lists, or empty.',
})
/** The fields of a body that are such pictures. */
export function picturesIn(schema: TSchema | undefined): string[] {
  const { properties = {} } = (schema ?? {}) as { properties?: Readonly<Record<string, { isPicture?: boolean }>> }
  return Object.entries(properties).flatMap(([name, { isPicture }]) => (isPicture === true ? [name] : []))
}
