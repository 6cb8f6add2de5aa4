/** Who was shut out lately: known to every node within five seconds, by the bus at once and by a look at the store. */
import { textOf, topicOf, type Bus } from '@qun/bus'
import type { AppId, Millis, UserId } from '@qun/contract'
import type { Lane, Store } from '@qun/storage'
import { userKey } from '../ground/rates.ts'
import {
  forgetRevocations,
  listRevocationsSince,
  putRevocation,
  revocationsOf,
  revocationsPage,
  toRevocation,
  type RevocationDbRow,
  type RevocationRow,
} from './store.ts'
import { leewaySeconds, tokenLifetimeMaxSeconds, type Claims } from './token.ts'

/** Below the five seconds promised for open sockets, with room for a slow store. */
const pollMs = 2_000
/** Node clocks may differ by this much, so each look overlaps the one before. */
const skewMs = 30_000
/** No token older than this is accepted, so nothing older needs remembering. */
const rememberMs = (tokenLifetimeMaxSeconds + 2 * leewaySeconds) * 1_000
const forgetEveryMs = 3_600_000

interface ShutOut {
  /** Tokens issued at or before this moment are refused. */
  before: Millis
  erased: boolean
  jtis: Map<string, Millis> | undefined
}

interface Asking {
  readonly claims: Claims
  readonly resolve: (verdict: 'revoked' | 'erased' | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Tokens looked up in one statement; more only makes the first of them wait. */
const batchMax = 500

export interface RevocationsOptions {
  readonly store: Store
  readonly bus: Bus
  readonly now: () => Millis
  /** Called for every row learned, also those learned twice. */
  readonly onLearned: (row: RevocationRow) => void
  readonly onTrouble: (error: unknown) => void
}

export class Revocations {
  readonly #options: RevocationsOptions
  readonly #known = new Map<string, ShutOut>()
  readonly #topic = topicOf('server', 'revocations')
  #unsubscribe: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #seenTo: Millis
  #forgetAt: Millis = 0
  #forgottenTo: Millis = 0
  /** A connection of its own: signing in must not wait behind the work of those who are in. */
  #lane: Lane | undefined
  readonly #asking: Asking[] = []
  #isAsking = false

  constructor(options: RevocationsOptions) {
    this.#options = options
    this.#seenTo = options.now() - rememberMs
  }

  /** Learns what the store knows, then keeps listening. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.bus.subscribe(this.#topic, (message) =>
      this.#learn(JSON.parse(textOf(message)) as RevocationRow),
    )
    await this.poll()
    this.#timer = setInterval(() => void this.poll().catch(this.#options.onTrouble), pollMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#unsubscribe?.()
  }

  /** Looks at the store once, latest first: whoever was shut out just now waits for no page of those long known. */
  async poll(): Promise<void> {
    const { store, now } = this.#options
    const startedAt = now()
    let last: RevocationRow | undefined
    for (;;) {
      const page = await store.reading('*', (tx) => listRevocationsSince(tx, this.#seenTo - skewMs, last))
      for (const row of page) this.#learn(row)
      if (page.length < revocationsPage) break
      last = page.at(-1)
    }
    this.#seenTo = startedAt
    if (startedAt >= this.#forgetAt) await this.#forget(startedAt)
  }
  /** What no living token can need leaves the store, a page at a time, and memory. Noted once it is done. */
  async #forget(at: Millis): Promise<void> {
    const before = at - rememberMs
    for (const [key, shutOut] of this.#known) {
      for (const [jti, revokedAt] of shutOut.jtis ?? []) if (revokedAt < before) shutOut.jtis?.delete(jti)
      if (shutOut.before < before && (shutOut.jtis?.size ?? 0) === 0) this.#known.delete(key)
    }
    const { store } = this.#options
    let count = revocationsPage
    while (count === revocationsPage)
      count = await store.transaction('*', (tx) => forgetRevocations(tx, this.#forgottenTo, before))
    this.#forgottenTo = before - skewMs
    this.#forgetAt = at + forgetEveryMs
  }

  /** Shuts a user out, or one of their tokens, durably; then tells all nodes. */
  async add(row: RevocationRow): Promise<void> {
    await this.#options.store.transaction(row.appId, (tx) => putRevocation(tx, row))
    this.#learn(row)
    this.#options.bus.publish(this.#topic, JSON.stringify(row))
  }

  /** What this node knows, without asking the store: for tokens checked before. */
  verdictOf(claims: Claims): 'revoked' | 'erased' | undefined {
    const shutOut = this.#known.get(userKey(claims.appId, claims.userId))
    if (shutOut === undefined) return undefined
    if (shutOut.erased) return 'erased'
    if (claims.iat * 1_000 <= shutOut.before) return 'revoked'
    if (claims.jti !== undefined && shutOut.jtis?.has(claims.jti) === true) return 'revoked'
    return undefined
  }

  /** Asks the store: for tokens seen for the first time. Those who ask at the same time share one statement. */
  readVerdict(claims: Claims): Promise<'revoked' | 'erased' | undefined> {
    return new Promise((resolve, reject) => {
      this.#asking.push({ claims, resolve, reject })
      if (!this.#isAsking) void this.#ask()
    })
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    while (this.#asking.length > 0) {
      const batch = this.#asking.splice(0, batchMax)
      try {
        this.#lane ??= this.#options.store.lane()
        const { rows } = await this.#lane.query(
          '*',
          revocationsOf(
            batch.map(({ claims }) => claims.appId),
            batch.map(({ claims }) => claims.userId),
          ),
        )
        for (const row of rows) this.#learn(toRevocation(row as RevocationDbRow))
        for (const { claims, resolve } of batch) resolve(this.verdictOf(claims))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#isAsking = false
  }

  /** People of whom something is kept in memory. */
  get size(): number {
    return this.#known.size
  }

  /** The latest moment up to which a user's tokens are void; 0 when they never were. */
  voidUntil(appId: AppId, userId: UserId): Millis {
    return this.#known.get(userKey(appId, userId))?.before ?? 0
  }

  #learn(row: RevocationRow): void {
    const key = userKey(row.appId, row.userId)
    let shutOut = this.#known.get(key)
    if (shutOut === undefined) this.#known.set(key, (shutOut = { before: 0, erased: false, jtis: undefined }))
    shutOut.erased ||= row.erased
    if (row.jti === '') shutOut.before = Math.max(shutOut.before, row.revokedAt)
    else (shutOut.jtis ??= new Map()).set(row.jti, row.revokedAt)
    this.#options.onLearned(row)
  }
}
