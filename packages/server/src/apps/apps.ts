/** The apps of this server and their keys: made and changed here, read from memory that is at most five seconds old. */
import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { AppId, Millis } from '@qun/contract'
import type { Store } from '@qun/storage'
import type { JWK } from 'jose'
import { isOpenedBy, isPlain, type Seal } from './seal.ts'
import {
  addApiKey,
  addApp,
  addSigningKey,
  findSealedSecret,
  listApiKeys,
  listApps,
  listSigningKeys,
  noteApiKeyUse,
  putSealSample,
  readSealSample,
  removeApp,
  retireSigningKey,
  revokeApiKey,
  setAllowedOrigins,
  showSigningKeys,
  type ApiKeyRow,
  type AppRow,
  type ShownSigningKey,
  type SigningKeyRow,
} from './store.ts'
import type { Algorithm, SigningKey } from './token.ts'

/** A retired key, a revoked API key and a changed origin take effect within this time on every node. */
export const appsMaxAgeMs = 5_000
/** The last use of an API key is kept to the minute: most requests write nothing. */
const useKeptMs = 60_000
/** Two, so that a host can bring a key into use before it retires the other. */
export const activeKeysMax = 2

/** Lower case, no underscore: the app's id leads the ids of its keys (`qsk_<app>.<key>_<secret>`). */
export const appIdPattern = /^[a-z][a-z0-9-]{1,39}$/

/** What an operator asked for cannot be done; the message says why, and needs no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

class SealError extends UsageError {
  constructor() {
    super(
      'the secret key (QUN_SECRET_KEY, or the file secret-key in QUN_DATA) does not fit this database: ' +
        'its signing secrets are sealed with another one, which every server on it must be given',
    )
  }
}

export interface App {
  readonly appId: AppId
  readonly name: string
  readonly allowedOrigins: ReadonlySet<string>
  readonly signingKeys: ReadonlyMap<string, SigningKey>
  readonly apiKeys: ReadonlyMap<string, ApiKeyRow>
}

/** Shown once, when made; never stored in this form nor logged. */
export interface NewSigningKey {
  readonly kid: string
  readonly alg: Algorithm
  /** HS256 only: the secret, base64url. */
  readonly secret?: string
}

export interface AppsOptions {
  readonly store: Store
  readonly seal: Seal
  readonly now: () => Millis
  readonly randomHex: (bytes: number) => string
}

export class Apps {
  readonly #options: AppsOptions
  readonly #read = new Map<string, { readonly at: Millis; readonly app: Promise<App | undefined> }>()
  /** When the use of an API key was last written down, by its id. */
  readonly #used = new Map<string, Millis>()
  #all: { readonly at: Millis; readonly rows: Promise<AppRow[]> } | undefined

  constructor(options: AppsOptions) {
    this.#options = options
  }

  /** An app with its keys; undefined when there is none of this id. */
  find(appId: string): Promise<App | undefined> {
    const now = this.#options.now()
    const known = this.#read.get(appId)
    if (known !== undefined && now - known.at < appsMaxAgeMs) return known.app
    if (!appIdPattern.test(appId)) return Promise.resolve(undefined)
    const app = this.#load(appId as AppId)
    this.#read.set(appId, { at: now, app })
    const forget = () => {
      if (this.#read.get(appId)?.app === app) this.#read.delete(appId)
    }
    // Neither a failure nor a stranger's guess at an app's id stays in memory.
    app.then((found) => (found === undefined ? forget() : undefined), forget)
    return app
  }

  /** All apps, oldest first. */
  list(): Promise<AppRow[]> {
    const now = this.#options.now()
    if (this.#all !== undefined && now - this.#all.at < appsMaxAgeMs) return this.#all.rows
    const rows = this.#options.store.reading('*', listApps)
    this.#all = { at: now, rows }
    rows.catch(() => {
      if (this.#all?.rows === rows) this.#all = undefined
    })
    return rows
  }

  /** True when any app lets pages of this origin call. */
  async isOriginOfAny(origin: string): Promise<boolean> {
    return (await this.list()).some((app) => app.allowedOrigins.includes(origin))
  }

  /** Makes an app with one signing key. Throws when the id is taken or misspelt. */
  async create(app: {
    readonly appId: string
    readonly name: string
    readonly allowedOrigins?: readonly string[]
  }): Promise<NewSigningKey> {
    if (!appIdPattern.test(app.appId))
      throw new UsageError(`not an app id: ${app.appId} (lower case letters, digits and -)`)
    const appId = app.appId as AppId
    const made = this.#makeHmacKey(appId)
    const now = this.#options.now()
    await this.#options.store.transaction(appId, async (tx) => {
      const row = { appId, name: app.name, allowedOrigins: app.allowedOrigins ?? [], createdAt: now }
      if (!(await addApp(tx, row))) throw new UsageError(`there is already an app ${appId}`)
      await addSigningKey(tx, made.row, now)
    })
    this.forget(appId)
    return made.shown
  }

  /**
   * Throws UsageError when secrets of this database are sealed with another key than this server's. Checked when it
   * starts: otherwise it would refuse everybody's token, and seal keys that the others cannot open.
   */
  async checkSeal(): Promise<void> {
    const { seal, store } = this.#options
    const mine = seal.seal(Buffer.from('qun'))
    await store.transaction('*', async (tx) => {
      const sealed = await findSealedSecret(tx)
      const sample = await readSealSample(tx, mine)
      for (const text of [sample, sealed]) if (text !== undefined && !isOpenedBy(seal, text)) throw new SealError()
      // A key given later than the first start: from now on every server needs it.
      if (isPlain(sample) && !isPlain(mine)) await putSealSample(tx, mine)
    })
  }

  async remove(appId: AppId): Promise<void> {
    await this.#options.store.transaction(appId, (tx) => removeApp(tx, appId))
    this.forget(appId)
  }

  async setAllowedOrigins(appId: AppId, origins: readonly string[]): Promise<void> {
    for (const origin of origins) if (!isOrigin(origin)) throw new UsageError(`not an origin: ${origin}`)
    await this.#options.store.transaction(appId, (tx) => setAllowedOrigins(tx, appId, origins))
    this.forget(appId)
  }

  /** Adds a second signing key. EdDSA: give the public key as a JWK; HS256: the secret is made and shown once. */
  async addSigningKey(appId: AppId, publicKey?: JWK): Promise<NewSigningKey> {
    const made = publicKey === undefined ? this.#makeHmacKey(appId) : this.#takePublicKey(appId, publicKey)
    await this.#options.store.transaction(appId, async (tx) => {
      const active = (await listSigningKeys(tx, appId)).filter((key) => key.status === 'active')
      if (active.length >= activeKeysMax)
        throw new UsageError(`${appId} has ${active.length} active keys: retire one first`)
      await addSigningKey(tx, made.row, this.#options.now())
    })
    this.forget(appId)
    return made.shown
  }

  /** Tokens of this key are refused from now on. False if there is no such active key. */
  async retireSigningKey(appId: AppId, kid: string): Promise<boolean> {
    const done = await this.#options.store.transaction(appId, (tx) =>
      retireSigningKey(tx, appId, kid, this.#options.now()),
    )
    this.forget(appId)
    return done
  }

  /** Makes an API key and returns it: the only time it can be read. */
  async addApiKey(appId: AppId, label: string): Promise<string> {
    const keyId = `${appId}.${this.#options.randomHex(8)}`
    const secret = this.#options.randomHex(32)
    const row = { appId, keyId, hash: hashOfApiSecret(secret), label, createdAt: this.#options.now() }
    await this.#options.store.transaction(appId, (tx) => addApiKey(tx, row))
    this.forget(appId)
    return `qsk_${keyId}_${secret}`
  }

  /** The app's API keys and signing keys, without what is secret of them, youngest first. */
  showKeys(appId: AppId): Promise<{ api: ApiKeyRow[]; signing: ShownSigningKey[] }> {
    return this.#options.store.reading(appId, async (tx) => ({
      api: await listApiKeys(tx, appId),
      signing: await showSigningKeys(tx, appId),
    }))
  }
  /** [I5] Somebody called with this key just now; whoever calls does not wait for it to be written down. */
  noteUse({ appId, keyId, lastUsedAt }: ApiKeyRow): void {
    const now = this.#options.now()
    if (now - (this.#used.get(keyId) ?? lastUsedAt ?? 0) < useKeptMs) return
    this.#used.set(keyId, now)
    const { store } = this.#options
    // A use that is not written down is no reason to refuse it; the next one tries again.
    store.transaction(appId, (tx) => noteApiKeyUse(tx, appId, keyId, now)).catch(() => this.#used.delete(keyId))
  }

  async revokeApiKey(appId: AppId, keyId: string): Promise<boolean> {
    const done = await this.#options.store.transaction(appId, (tx) =>
      revokeApiKey(tx, appId, keyId, this.#options.now()),
    )
    this.forget(appId)
    return done
  }

  /** Drops what is remembered, so that the next look reads the store. */
  forget(appId: string): void {
    this.#read.delete(appId)
    this.#all = undefined
  }

  /** The secret the server itself signs tokens with: the youngest active HS256 key, made when there is none. */
  async readMintKey(appId: AppId): Promise<SigningKey> {
    const app = await this.find(appId)
    const usable = [...(app?.signingKeys.values() ?? [])].find((key) => key.status === 'active' && key.alg === 'HS256')
    if (usable !== undefined) return usable
    const made = this.#makeHmacKey(appId)
    await this.#options.store.transaction(appId, (tx) => addSigningKey(tx, made.row, this.#options.now()))
    this.forget(appId)
    return this.#openKey(made.row)
  }

  async #load(appId: AppId): Promise<App | undefined> {
    const [rows, keys, apiKeys] = await this.#options.store.reading(appId, (tx) =>
      Promise.all([listApps(tx), listSigningKeys(tx, appId), listApiKeys(tx, appId)]),
    )
    const row = rows[0]
    if (row === undefined) return undefined
    const opened = keys.map((key) => this.#openKey(key))
    return {
      appId,
      name: row.name,
      allowedOrigins: new Set(row.allowedOrigins),
      signingKeys: new Map(opened.map((key) => [key.kid, key])),
      apiKeys: new Map(apiKeys.map((key) => [key.keyId, key])),
    }
  }

  #openKey(row: SigningKeyRow): SigningKey {
    const bytes = this.#options.seal.open(row.secret)
    const { appId, kid, alg, status } = row
    if (alg === 'HS256') return { appId, kid, alg, status, verifyWith: createSecretKey(bytes) }
    const jwk = JSON.parse(Buffer.from(bytes).toString('utf8')) as JWK
    return { appId, kid, alg, status, verifyWith: publicKeyOf(jwk) }
  }

  #makeHmacKey(appId: AppId): { readonly row: SigningKeyRow; readonly shown: NewSigningKey } {
    const kid = `${appId}.${this.#options.randomHex(6)}`
    const secret = Buffer.from(this.#options.randomHex(32), 'hex')
    return {
      row: { appId, kid, alg: 'HS256', secret: this.#options.seal.seal(secret), status: 'active' },
      shown: { kid, alg: 'HS256', secret: secret.toString('base64url') },
    }
  }

  #takePublicKey(appId: AppId, jwk: JWK): { readonly row: SigningKeyRow; readonly shown: NewSigningKey } {
    if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || jwk.d !== undefined)
      throw new UsageError('give an Ed25519 public key as JWK')
    publicKeyOf(jwk)
    const kid = `${appId}.${this.#options.randomHex(6)}`
    const bytes = Buffer.from(JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }))
    return {
      row: { appId, kid, alg: 'EdDSA', secret: this.#options.seal.seal(bytes), status: 'active' },
      shown: { kid, alg: 'EdDSA' },
    }
  }
}

function publicKeyOf(jwk: JWK): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' })
}

/** API secrets are 256 random bits, so a fast hash is enough: there is nothing to guess. */
export function hashOfApiSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** `https://host[:port]`, as browsers send it. */
export function isOrigin(text: string): boolean {
  try {
    return new URL(text).origin === text
  } catch {
    return false
  }
}
