/** Who is calling: checks users' tokens and hosts' API keys. Knows no route and no socket. */
import { hash, timingSafeEqual } from 'node:crypto'
import { refuse, type AppId, type Millis, type UserId } from '@qun/contract'
import { LRUCache } from 'lru-cache'
import { hashOfApiSecret, type Apps } from './apps.ts'
import { isStorable } from '../ground/json.ts'
import type { Revocations } from './revocations.ts'
import {
  headerPartOf,
  isUserId,
  leewaySeconds,
  mintToken,
  readHeader,
  verifyToken,
  type Claims,
  type Header,
} from './token.ts'

export type Credential =
  | { readonly kind: 'user'; readonly claims: Claims }
  | { readonly kind: 'server'; readonly appId: AppId; readonly keyId: string }

/** Tokens remembered as verified, about 400 bytes each: a token seen anew asks the store who was shut out. */
const verifiedMax = 20_000
/** Headers remembered as read: all tokens of a key begin with the same one. */
const headersMax = 1_000

export interface AuthOptions {
  readonly apps: Apps
  readonly revocations: Revocations
  readonly now: () => Millis
  readonly randomHex: (bytes: number) => string
}

export class Auth {
  readonly #options: AuthOptions
  readonly #verified = new LRUCache<string, Claims>({ max: verifiedMax })
  readonly #headers = new LRUCache<string, Header>({ max: headersMax })

  constructor(options: AuthOptions) {
    this.#options = options
  }

  /** The value of an Authorization header; undefined when there is none. Refuses with an `auth.` code. */
  async readCredential(authorization: string | undefined): Promise<Credential | undefined> {
    if (authorization === undefined || authorization === '') return undefined
    const [scheme = '', token = '', ...rest] = authorization.split(' ')
    if (scheme.toLowerCase() !== 'bearer' || token === '' || rest.length > 0) throw refuse('auth.token_malformed')
    if (token.startsWith('qsk_')) return this.#readApiKey(token)
    return { kind: 'user', claims: await this.verify(token) }
  }

  /** A user's token: signature, claims, and that nobody shut its bearer out. */
  async verify(token: string): Promise<Claims> {
    const { apps, revocations, now } = this.#options
    const header = this.#headerOf(token)
    const app = await apps.find(appIdOfKey(header.kid))
    const key = app?.signingKeys.get(header.kid)
    if (key === undefined) throw refuse('auth.token_key_unknown')
    const digest = hash('sha256', token, 'base64')
    const known = this.#verified.get(digest)
    if (known !== undefined && key.status === 'active') {
      if (known.exp + leewaySeconds <= Math.floor(now() / 1_000)) throw refuse('auth.token_expired')
      refuseVerdict(revocations.verdictOf(known))
      return known
    }
    const claims = await verifyToken(token, header, key, now())
    refuseVerdict(await revocations.readVerdict(claims))
    this.#verified.set(digest, claims)
    return claims
  }

  #headerOf(token: string): Header {
    const part = headerPartOf(token)
    const known = this.#headers.get(part)
    if (known !== undefined) return known
    const header = readHeader(part)
    this.#headers.set(part, header)
    return header
  }

  /** A token for a user of the app. Refuses `request.invalid` for an id that is none. */
  async mint(appId: AppId, wish: { readonly userId: string; readonly ttlSeconds?: number; readonly guest?: boolean }) {
    const { apps, revocations, now, randomHex } = this.#options
    if (!isUserId(wish.userId) || !isStorable(wish.userId)) {
      throw refuse('request.invalid', { errors: [{ pointer: '/userId', code: 'request.invalid' }] })
    }
    const key = await apps.readMintKey(appId)
    // A token made in the very second its user was signed out everywhere belongs to the next sign-in.
    const iat = Math.max(Math.floor(now() / 1_000), Math.floor(revocations.voidUntil(appId, wish.userId) / 1_000) + 1)
    const exp = iat + (wish.ttlSeconds ?? 3_600)
    const { kid } = key
    const claims: Claims = { appId, userId: wish.userId, guest: wish.guest ?? false, jti: randomHex(16), kid, iat, exp }
    const token = await mintToken(key.verifyWith, claims)
    return { token, expiresAt: exp * 1_000 }
  }

  /** Ends one token, or all the user got so far; `erased` shuts the user out for good. */
  async revoke(
    appId: AppId,
    userId: UserId,
    what: { readonly jti?: string; readonly erased?: boolean },
  ): Promise<void> {
    const erased = what.erased ?? false
    // NOTE: an erased user has no tokens left, whichever jti was named.
    const jti = erased ? '' : (what.jti ?? '')
    await this.#options.revocations.add({ appId, userId, jti, revokedAt: this.#options.now(), erased })
  }

  /** Whether claims verified earlier still hold: for sockets that stay open. */
  isShutOut(claims: Claims): boolean {
    return this.#options.revocations.verdictOf(claims) !== undefined
  }

  async #readApiKey(text: string): Promise<Credential> {
    const [, keyId, secret] = /^qsk_([a-z0-9-]+\.[0-9a-f]+)_([0-9a-f]{64})$/.exec(text) ?? []
    if (keyId === undefined || secret === undefined) throw refuse('auth.token_malformed')
    const { apps } = this.#options
    const app = await apps.find(appIdOfKey(keyId))
    const key = app?.apiKeys.get(keyId)
    const given = Buffer.from(hashOfApiSecret(secret), 'hex')
    const right = Buffer.from(key?.hash ?? '0'.repeat(64), 'hex')
    if (!timingSafeEqual(given, right) || key === undefined) throw refuse('auth.token_key_unknown')
    if (key.revokedAt !== null) throw refuse('auth.token_key_retired')
    apps.noteUse(key)
    return { kind: 'server', appId: key.appId, keyId }
  }
}

function refuseVerdict(verdict: 'revoked' | 'erased' | undefined): void {
  if (verdict === 'erased') throw refuse('auth.subject_gone')
  if (verdict === 'revoked') throw refuse('auth.token_revoked')
}

/** Ids of keys begin with their app: `shop.1a2b3c`. */
function appIdOfKey(keyId: string): string {
  return keyId.slice(0, Math.max(0, keyId.lastIndexOf('.')))
}
