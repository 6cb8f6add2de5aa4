/** Files beside JSON: what an endpoint says of the bytes it takes or answers, and how each side holds them. */
import { Type, type TSchema } from 'typebox'

/** A file as a client sends it, and as a handler answers it. */
export interface FileBytes {
  readonly bytes: Uint8Array
  readonly contentType: string
}
/** A file as a handler is handed it: on disk, until the handler is done; it was never in memory as a whole. */
export interface SentFile {
  readonly path: string
  readonly size: number
  /** As its sender says, in lower case and without parameters. */
  readonly contentType: string
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string
}
/** Which files an endpoint takes: the one place that says so. */
export interface FileLimits {
  readonly bytesMax: number
  /** `image/*` is any picture. */
  readonly contentTypes: readonly string[]
}

const anyBytes = 'application/octet-stream'
/** The body of an endpoint that takes a file, not JSON. Clients send `FileBytes`, its handler gets a `SentFile`. */
export const fileBody = (fileLimits: FileLimits) => Type.Unsafe<FileBytes>({ contentMediaType: anyBytes, fileLimits })
/** The answer of an endpoint that answers a file. */
export const fileAnswer = () => Type.Unsafe<FileBytes>({ contentMediaType: anyBytes })

/** Undefined for an endpoint that takes JSON, or nothing. */
export function fileLimitsOf(endpoint: { readonly body?: TSchema }): FileLimits | undefined {
  const body: { readonly fileLimits?: FileLimits } | undefined = endpoint.body
  return body?.fileLimits
}
export function answersFile(endpoint: { readonly answer: TSchema }): boolean {
  const answer: { readonly contentMediaType?: string } = endpoint.answer
  return answer.contentMediaType !== undefined
}
/** Whether a type is among those an endpoint takes. */
export function isTypeAmong({ contentTypes }: FileLimits, contentType: string): boolean {
  return contentTypes.some((each) =>
    each.endsWith('/*') ? contentType.startsWith(each.slice(0, -1)) : contentType === each,
  )
}
