/** Turns whatever went wrong into the one error shape callers see; knows no route. */
import {
  coreRefusals,
  localeOf,
  Refusal,
  refuse,
  textIn,
  type CoreCode,
  type ErrorFrame,
  type Locale,
  type Problem,
  type Static,
} from '@qun/contract'
import { spentShareOf } from '@qun/core'
import { storeTrouble } from '@qun/storage'

export const problemMediaType = 'application/problem+json; charset=utf-8'

/** Seconds a caller should wait when nothing more exact is known. */
const retryDefaults: Partial<Record<CoreCode, number>> = {
  'rate.limited': 1,
  'conn.limit': 10,
  'store.unavailable': 2,
  'storage.full': 60,
  'server.draining': 2,
  'server.overloaded': 2,
  'idempotency.in_progress': 1,
}

/** Codes of errors of Fastify, and of the spool, and what they mean in ours. */
const knownCodes: Readonly<Record<string, CoreCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request.malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'request.malformed',
  FST_ERR_BAD_URL: 'request.malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'request.uri_too_long',
  FST_ERR_ASYNC_CONSTRAINT: 'request.malformed',
  FST_ERR_REOPENED_CLOSE_SERVER: 'server.draining',
  'spool.full': 'storage.full',
  'spool.unavailable': 'store.unavailable',
}

/** The refusal an error stands for, or undefined when the error is a bug of ours. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  const spent = spentShareOf(error)
  if (spent !== undefined) return spent
  const trouble = storeTrouble(error)
  if (trouble === 'full') return refuse('storage.full')
  if (trouble === 'unavailable') return refuse('store.unavailable')
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string') {
    const known = knownCodes[code]
    if (known !== undefined) return refuse(known)
  }
  return undefined
}

function retryAfterSeconds(refusal: Refusal): number | undefined {
  if (refusal.more.retryAfterMs !== undefined) return Math.max(1, Math.ceil(refusal.more.retryAfterMs / 1_000))
  return retryDefaults[refusal.code as CoreCode]
}

/** The body of an HTTP error. A bug (undefined) tells nothing but its request id. */
export function problemOf(refusal: Refusal | undefined, requestId: string, locale: Locale): Problem {
  const code = refusal?.code ?? 'server.bug'
  const kind = refusal?.kind ?? coreRefusals['server.bug']
  const retryAfter = refusal === undefined ? undefined : retryAfterSeconds(refusal)
  return {
    type: `/docs#${code}`,
    title: textIn(kind.title, locale),
    status: kind.status,
    code,
    retry: kind.retry,
    ...(refusal?.more.detail === undefined ? {} : { detail: refusal.more.detail }),
    request_id: requestId,
    ...(refusal?.more.errors === undefined ? {} : { errors: [...refusal.more.errors] }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  }
}

/** The same for a socket; `id` is the client's number of the request that failed. */
export function errorFrameOf(
  refusal: Refusal | undefined,
  id: number | undefined,
  locale: Locale,
): Static<typeof ErrorFrame> {
  const { type: _type, request_id: _requestId, ...rest } = problemOf(refusal, '', locale)
  return { op: 'error', ...(id === undefined ? {} : { id }), ...rest }
}

/** The language of titles: the first of Accept-Language that we speak. */
export function localeOfHeader(acceptLanguage: string | undefined): Locale {
  for (const wish of (acceptLanguage ?? '').split(',', 8)) {
    const tag = wish.split(';', 1)[0]!.trim()
    if (/^(zh|en)\b/i.test(tag)) return localeOf(tag)
  }
  return 'zh-CN'
}
