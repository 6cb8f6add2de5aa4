/** A post on its way into the log, and what became of it. */
import type { AppId, CoreCode, GroupId } from '@qun/contract'
import type { PostResult } from '../host/host.ts'

export interface Append {
  readonly appId: AppId
  readonly groupId: GroupId
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

export interface Waiting {
  readonly append: Append
  readonly key: string
  readonly resolve: (result: PostResult) => void
  readonly reject: (error: unknown) => void
  tries: number
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

/** Stands for a group in this process. */
export function groupKey({ appId, groupId }: { readonly appId: string; readonly groupId: string }): string {
  return `${appId.length}:${appId}${groupId}`
}
