/** What is wrong with the head of a request, whatever it asks for: of requests and of upgrades alike. */
import type { IncomingMessage } from 'node:http'
import { refuse, type Refusal } from '@qun/contract'
import { httpLimits } from './http-limits.ts'

/**
 * Headers that say one thing. Who stands between may go by the first of two and we by the last, or the other way round:
 * neither is believed.
 */
const single = new Set([
  ...['host', 'authorization', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'origin'],
  ...['idempotency-key', 'qun-act-as', 'qun-app', 'expect'],
  ...['upgrade', 'sec-websocket-key', 'sec-websocket-version'],
])

/** [I11] Undefined for a head that may be listened to. */
export function faultOfHead({ rawHeaders, headers }: IncomingMessage): Refusal | undefined {
  if (rawHeaders.length / 2 > httpLimits.headerCountMax) return refuse('request.header_too_large')
  const seen: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (!single.has(name)) continue
    if (seen.includes(name)) return refuse('request.malformed', { detail: `${name} is there twice` })
    seen.push(name)
  }
  const encoding = headers['content-encoding']
  // Nothing is unpacked here: what is small on the wire stays small in memory.
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return refuse('request.media_type', { detail: 'send bodies as they are, without Content-Encoding' })
  return undefined
}
