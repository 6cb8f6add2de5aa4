/** The host's side of Qun's public API: signs user tokens, upserts people, reports orders. Holds no state. */
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { maskedText, type ApiLog } from './api-log.ts'

export interface QunAccess {
  /** Where Qun's API is, without a slash at the end. */
  readonly qunUrl: string
  readonly appId: string
  readonly apiKey: string
  /** The app's HS256 key: `kid` goes to the token's header, `secret` is base64url. */
  readonly signingKey: { readonly kid: string; readonly secret: string }
}

export interface QunCalls {
  /** A token that speaks for one person for an hour. */
  mintToken(userId: string): Promise<string>
  /** Throws `QunCallFailed` when Qun refuses or cannot be reached. */
  call(method: 'GET' | 'PUT' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<unknown>
  /** Whether a person is a member of a group, asked in their name. */
  isMember(userId: string, groupId: string): Promise<boolean>
}

export class QunCallFailed extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, cause?: unknown) {
    super(`Qun answered ${status} ${code}`, { cause })
    this.status = status
    this.code = code
  }
}

const tokenSeconds = 3_600
const callTimeoutMs = 10_000

export function createQunCalls(access: QunAccess, log: ApiLog | undefined, now: () => number): QunCalls {
  const key = Buffer.from(access.signingKey.secret, 'base64url')
  const mint = async (userId: string): Promise<string> => {
    const seconds = Math.floor(now() / 1_000)
    return await new SignJWT({ scope: 'user' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: access.signingKey.kid })
      .setIssuer(access.appId)
      .setAudience('qun')
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + tokenSeconds)
      .sign(key)
  }
  const ask = async (bearer: string, method: string, path: string, body?: unknown): Promise<unknown> => {
    const startedAt = now()
    const add = (status: number, detail: string) =>
      log?.add({ call: `${method} /v1${path}`, status, tookMs: now() - startedAt, detail })
    let answer: Response
    try {
      answer = await fetch(`${access.qunUrl}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(callTimeoutMs),
      })
    } catch (error) {
      add(0, maskedText(body))
      throw new QunCallFailed(503, 'unreachable', error)
    }
    const text = await answer.text()
    const said: unknown = text === '' ? undefined : JSON.parse(text)
    if (!answer.ok) {
      const code = (said as { code?: string } | undefined)?.code ?? 'unknown'
      add(answer.status, `${code} ← ${maskedText(body)}`)
      throw new QunCallFailed(answer.status, code)
    }
    add(answer.status, body === undefined ? maskedText(said) : `${maskedText(said)} ← ${maskedText(body)}`)
    return said
  }
  return {
    async mintToken(userId) {
      const token = await mint(userId)
      const detail = `{"iss":"${access.appId}","aud":"qun","sub":"${userId}","scope":"user","exp":"+1 h"}`
      log?.add({ call: 'JWT HS256', status: 0, tookMs: 0, detail })
      return token
    },
    call: (method, path, body) => ask(access.apiKey, method, path, body),
    async isMember(userId, groupId) {
      try {
        await ask(await mint(userId), 'GET', `/groups/${encodeURIComponent(groupId)}`)
        return true
      } catch (error) {
        if (error instanceof QunCallFailed && error.status < 500) return false
        throw error
      }
    },
  }
}
