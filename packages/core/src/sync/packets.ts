/** Frames the engine writes itself, as packets. */
import type { Refusal } from '@qun/contract'
import type { Packet } from '../host/host.ts'

export function packetOf(frame: object): Packet {
  return { text: JSON.stringify(frame) }
}
/** A refusal as a frame; the gateway uses it for refusals of its own. */
export function errorFrame(refusal: Refusal, id?: number): object {
  const { detail, errors, retryAfterMs } = refusal.more
  return {
    op: 'error',
    ...(id === undefined ? {} : { id }),
    code: refusal.code,
    status: refusal.kind.status,
    retry: refusal.kind.retry,
    title: refusal.kind.title.en,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfterMs === undefined ? {} : { retry_after: Math.ceil(retryAfterMs / 1_000) }),
  }
}
