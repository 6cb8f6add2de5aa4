/** User tokens: how they are read, checked and made. Pure but for the signature; knows no storage and no transport. */
import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'
import { refuse, userIdPattern, type AppId, type Millis, type UserId } from '@qun/contract'
import { compactVerify, CompactSign } from 'jose'
import { hasDuplicateKeys } from '../ground/json.ts'

export const tokenAudience = 'qun'
/** Seconds a clock may be wrong. */
export const leewaySeconds = 60
export const tokenLifetimeMaxSeconds = 86_400
/** A token this long is not one of ours; it also bounds the work of refusing it. */
const tokenLengthMax = 8_192

export type Algorithm = 'HS256' | 'EdDSA'
const algorithms: readonly string[] = ['HS256', 'EdDSA']

export interface SigningKey {
  readonly appId: AppId
  readonly kid: string
  readonly alg: Algorithm
  readonly status: 'active' | 'retired'
  /** HS256: the secret, which signs as well. EdDSA: the public key. */
  readonly verifyWith: KeyObject
}

/** What a verified token says. */
export interface Claims {
  readonly appId: AppId
  readonly userId: UserId
  readonly guest: boolean
  /** Absent: the token ends with all its bearer got so far, not by itself. */
  readonly jti: string | undefined
  /** The key that signed it. */
  readonly kid: string
  /** Seconds since the epoch, as in the token. */
  readonly iat: number
  readonly exp: number
}

export interface Header {
  readonly alg: Algorithm
  readonly kid: string
}

/**
 * The first part of a token, which holds its header. Refuses `auth.token_malformed`: the three parts are strict
 * base64url, since a token must have one spelling only, or a revoked one could be written anew.
 */
export function headerPartOf(token: string): string {
  if (token.length > tokenLengthMax || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw refuse('auth.token_malformed')
  return token.slice(0, token.indexOf('.'))
}

/**
 * What the first part says, before anything in it is believed. Refuses `auth.token_malformed`, `auth.token_alg`
 * (none, missing, not one of ours) and `auth.token_key_unknown` (no kid).
 */
export function readHeader(headerPart: string): Header {
  const header = readPart(headerPart)
  if (typeof header['alg'] !== 'string' || !algorithms.includes(header['alg'])) throw refuse('auth.token_alg')
  // A critical extension we do not know must be refused (RFC 7515 4.1.11); we know none.
  if (header['crit'] !== undefined) throw refuse('auth.token_malformed')
  if (typeof header['kid'] !== 'string' || header['kid'] === '') throw refuse('auth.token_key_unknown')
  return { alg: header['alg'] as Algorithm, kid: header['kid'] }
}

function readPart(part: string): Record<string, unknown> {
  const text = Buffer.from(part, 'base64url').toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('auth.token_malformed')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('auth.token_malformed')
  // What reads back as it was written names nothing twice; the others are looked through.
  if (JSON.stringify(value) !== text && hasDuplicateKeys(text))
    throw refuse('auth.token_malformed', { detail: 'a claim is named twice' })
  return value as Record<string, unknown>
}

/**
 * Verifies signature and claims against the key the header named. Revocation is the caller's to check.
 * The order of checks is fixed: key, signature, then what the claims say.
 */
export async function verifyToken(token: string, header: Header, key: SigningKey, now: Millis): Promise<Claims> {
  if (key.status === 'retired') throw refuse('auth.token_key_retired')
  if (header.alg !== key.alg) throw refuse('auth.token_alg')
  const isSigned = key.alg === 'HS256' ? isHmacOf(token, key.verifyWith) : await isSignatureOf(token, key)
  if (!isSigned) throw refuse('auth.token_signature')
  return readClaims(readPart(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'))), key, Math.floor(now / 1_000))
}

/**
 * HS256 at once, in 5 µs: through WebCrypto, as jose does it, a look at a signature waits for a thread and costs 90 µs
 * of which nothing is hashing. Compared as text, so that no second spelling of the last bits passes.
 */
function isHmacOf(token: string, secret: KeyObject): boolean {
  const signatureAt = token.lastIndexOf('.')
  const right = Buffer.from(createHmac('sha256', secret).update(token.slice(0, signatureAt)).digest('base64url'))
  const given = Buffer.from(token.slice(signatureAt + 1))
  return given.length === right.length && timingSafeEqual(given, right)
}

async function isSignatureOf(token: string, key: SigningKey): Promise<boolean> {
  try {
    await compactVerify(token, key.verifyWith, { algorithms: [key.alg] })
    return true
  } catch {
    return false
  }
}

function readClaims(claims: Record<string, unknown>, key: SigningKey, nowSeconds: number): Claims {
  const { appId, kid } = key
  if (claims['iss'] !== appId) throw refuse('auth.token_issuer')
  const audience = claims['aud']
  if (audience !== tokenAudience && !(Array.isArray(audience) && audience.includes(tokenAudience))) {
    throw refuse('auth.token_audience')
  }
  const iat = readSeconds(claims, 'iat')
  const exp = readSeconds(claims, 'exp')
  if (exp + leewaySeconds <= nowSeconds) throw refuse('auth.token_expired')
  if (iat > nowSeconds + leewaySeconds) throw refuse('auth.token_not_yet_valid')
  if (claims['nbf'] !== undefined && readSeconds(claims, 'nbf') > nowSeconds + leewaySeconds) {
    throw refuse('auth.token_not_yet_valid')
  }
  if (exp - iat > tokenLifetimeMaxSeconds) throw refuse('auth.token_lifetime')
  const { sub, jti, scope } = claims
  if (typeof sub !== 'string' || !isUserId(sub))
    throw refuse('auth.token_malformed', { detail: 'sub is not a user id' })
  if (jti !== undefined && !isTokenId(jti)) throw refuse('auth.token_malformed', { detail: 'jti' })
  if (scope !== undefined && scope !== 'user' && scope !== 'guest')
    throw refuse('auth.token_malformed', { detail: 'scope' })
  return { appId, userId: sub, guest: scope === 'guest', jti, kid, iat, exp }
}

function isTokenId(jti: unknown): jti is string {
  return typeof jti === 'string' && jti !== '' && jti.length <= 128
}

function readSeconds(claims: Record<string, unknown>, name: string): number {
  const value = claims[name]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > 1e11) {
    throw refuse('auth.token_malformed', { detail: name })
  }
  return value
}

const userId = new RegExp(userIdPattern, 'u')
export function isUserId(text: string): text is UserId {
  return userId.test(text)
}

/** Signs a token with the HS256 key the claims name; a `jti` must never repeat. */
export async function mintToken(secret: KeyObject, claims: Claims): Promise<string> {
  const body = {
    iss: claims.appId,
    aud: tokenAudience,
    sub: claims.userId,
    jti: claims.jti,
    iat: claims.iat,
    exp: claims.exp,
    scope: claims.guest ? 'guest' : 'user',
  }
  return new CompactSign(new TextEncoder().encode(JSON.stringify(body)))
    .setProtectedHeader({ alg: 'HS256', kid: claims.kid, typ: 'JWT' })
    .sign(secret)
}
