/** What a batch of posts is made of, and what becomes of each. Types only. */
import type { AppId, CoreCode } from '@qun/contract'

export interface Append {
  readonly appId: AppId
  readonly groupId: string
  readonly senderId: string
  readonly clientId: string
  /** keyOf(senderId, clientId): unique for ever within the group. */
  readonly clientKey: string
  readonly fingerprint: number
  readonly kind: string
  /** JSON texts. */
  readonly body: string
  readonly state: string
  readonly countable: boolean
  /** The face for lists of conversations, in both languages or as written. */
  readonly summary: unknown
}
export interface Placed {
  readonly seq: number
  readonly version: number
  readonly at: number
  readonly ordinal: number
  readonly own: number
}
export type Outcome =
  | { readonly refusal: { readonly code: CoreCode; readonly retryAfterMs?: number }; readonly placed?: undefined }
  | { readonly refusal?: undefined; readonly placed: Placed; readonly replayed: boolean }
