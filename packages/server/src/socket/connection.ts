/** One client's connection: first its token, then frames to and from its session. Knows no feature. */
import type { Socket } from 'node:net'
import {
  clientFrames,
  closeCodes,
  refuse,
  type AppId,
  type ClientFrame,
  type Locale,
  type Millis,
  type Refusal,
  type UserId,
} from '@qun/contract'
import type { Core, Outlet, Packet, Session } from '@qun/core'
import type { Owner } from '@qun/storage'
import type { Auth } from '../apps/auth.ts'
import { readSecretly } from '../apps/guesses.ts'
import { type Doors, enterWithinMs, strangerAt } from '../ground/doors.ts'
import { checkTexts, readJson } from '../ground/json.ts'
import { LiveSocket, type Company } from './live-socket.ts'
import { wireOf } from './outlet.ts'
import { refusalOf } from '../ground/problem.ts'
import { socketLimits, userKey, type Limiter } from '../ground/rates.ts'
import { leewaySeconds, type Claims } from '../apps/token.ts'
import { bodyCheck } from '../ground/validate.ts'

export interface Surroundings extends Company<LiveSocket> {
  readonly core: Core
  readonly auth: Auth
  readonly limiter: Limiter
  readonly protocol: number
  /** True when pages of the origin may speak for users of the app. */
  readonly isOriginOf: (appId: AppId, origin: string) => Promise<boolean>
  readonly doors: Doors
  /** Counts the connection among its user's, and ends their oldest if there are too many. False: too often. */
  readonly admit: (connection: Connection) => boolean
  /** True once the server takes no more posts. */
  readonly isDraining: () => boolean
}

type AuthFrame = Extract<ClientFrame, { op: 'auth' }>

const awaiting = 0
const verifying = 1
const open = 2

/** So that an ordinary frame costs no look at the account. */
const paidAtOnceMs = 0.5
/** Frames that may arrive while the first token is being checked. */
const earlyFramesMax = 16

const checks = new Map(Object.entries(clientFrames).map(([op, schema]) => [op, bodyCheck(schema)]))

export class Connection extends LiveSocket implements Outlet {
  readonly #around: Surroundings
  readonly address: string
  /** Of a page; dropped once it was checked against the app. */
  #origin: string | undefined
  #state: typeof awaiting | typeof verifying | typeof open = awaiting
  #session: Session | undefined
  #early: string[] | undefined
  /** Gives its place at the entrance to the next; set until it is caught up. */
  #leave: (() => void) | undefined
  /** Time of this thread that is not on its person's account yet. */
  #workedMs = 0
  #isResting = false

  appId = '' as AppId
  userId = '' as UserId
  isGuest = false
  /** The key that signed its token. */
  kid = ''
  #issuedAtSeconds = 0
  #jti: string | undefined
  /** When the token ends the connection. */
  #validUntil: Millis = 0
  #wasWarned = false
  /** When the oldest unacknowledged message arrived; 0 when there is none. */
  #sentAt: Millis = 0

  constructor(around: Surroundings, socket: Socket, address: string, origin: string | undefined, locale: Locale) {
    super(around, socket, locale)
    this.#around = around
    this.address = address
    this.#origin = origin
  }

  get isOpen(): boolean {
    return this.#state === open && !this.isClosing
  }

  push(packet: Packet): void {
    if (this.isClosing) return
    if (this.#leave !== undefined && !packet.text.startsWith('{"op":"hello"')) this.#leaveEntrance()
    if (this.#sentAt !== 0 && packet.text.startsWith('{"op":"sent"')) {
      this.#around.telemetry.acknowledged((this.#around.now() - this.#sentAt) / 1_000)
      this.#sentAt = 0
    }
    this.pushFrame(wireOf(packet))
  }

  /** Nobody waits for it any more. */
  get isGone(): boolean {
    return this.isClosing
  }

  /** Frames are work for its person's account; who took too much is read on when they have rested. */
  override read(chunk: Buffer): void {
    if (this.#around.doors.isFree) return super.read(chunk)
    const began = performance.now()
    super.read(chunk)
    this.#workedMs += performance.now() - began
    if (this.#workedMs >= paidAtOnceMs && this.userId !== '') this.#pay()
  }
  #pay(): void {
    const restMs = this.#around.doors.pay(this, this.#workedMs)
    this.#workedMs = 0
    if (restMs > 0 && !this.#isResting && !this.isClosing) void this.#rest()
  }
  async #rest(): Promise<void> {
    this.#isResting = true
    this.socket.pause()
    await this.#around.doors.rest(this)
    this.#isResting = false
    this.socket.resume()
  }

  #leaveEntrance(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  /** Whoever is refused makes room at once, however long their client takes to answer. */
  override close(code: number, reason: string): void {
    super.close(code, reason)
    this.#leaveEntrance()
  }

  override ended(): void {
    super.ended()
    this.#leaveEntrance()
    this.#session?.close()
    this.#session = undefined
    this.#early = undefined
  }

  // ── time ──

  sweep(now: Millis): void {
    if (this.isClosing) return void this.socket.destroy()
    if (this.#state === verifying) return this.refuseAndClose(refuse('server.overloaded'), closeCodes.tryLater)
    if (this.#state !== open) {
      return this.refuseAndClose(refuse('auth.missing', { detail: 'no auth frame in time' }), closeCodes.auth)
    }
    if (now >= this.#validUntil) return this.refuseAndClose(refuse('auth.token_expired'), closeCodes.auth)
    if (!this.pingIfDue(now)) return
    if (!this.#wasWarned && now >= this.#validUntil - socketLimits.expiringNoticeMs) {
      this.#wasWarned = true
      this.send({ op: 'auth.expiring', expiresAt: this.#validUntil })
    }
    this.#plan()
  }

  #plan(): void {
    const warnAt = this.#wasWarned ? this.#validUntil : this.#validUntil - socketLimits.expiringNoticeMs
    this.dueAt = Math.min(this.pingAt, warnAt)
  }

  /** Whether a revocation concerns this connection: all tokens up to a moment, or one. */
  isCutBy(row: { readonly jti: string; readonly revokedAt: Millis; readonly erased: boolean }): boolean {
    if (row.erased) return true
    return row.jti === '' ? this.#issuedAtSeconds * 1_000 <= row.revokedAt : this.#jti === row.jti
  }

  // ── frames ──

  protected onText(text: string): void {
    if (this.#state === verifying) {
      const early = (this.#early ??= [])
      if (early.push(text) > earlyFramesMax) this.close(closeCodes.badFrames, 'too many frames before hello')
      return
    }
    let id: number | undefined
    try {
      const frame = readJson(text) as { op?: unknown; id?: unknown } | null
      if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) throw refuse('request.invalid')
      if (typeof frame.id === 'number' && Number.isInteger(frame.id)) id = frame.id
      if (this.#state === awaiting && frame.op !== 'auth') {
        return this.refuseAndClose(refuse('auth.missing'), closeCodes.auth)
      }
      const check = typeof frame.op === 'string' ? checks.get(frame.op) : undefined
      if (check === undefined) throw refuse('op.unknown')
      check(frame)
      checkTexts(frame)
      this.#take(frame as ClientFrame)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) this.#around.telemetry.bug(error, 'socket')
      this.answerBad(refusal, id)
    }
  }

  #take(frame: ClientFrame): void {
    const { limiter, core, telemetry } = this.#around
    switch (frame.op) {
      case 'auth':
        return void this.#authenticate(frame)
      case 'ping':
        return this.send({ op: 'pong', now: this.#around.now() })
      case 'send':
        if (this.#around.isDraining()) throw refuse('server.draining', { retryAfterMs: 2_000 })
        limiter.check('send', this.#userKey)
        telemetry.posted('socket')
        if (this.#sentAt === 0) this.#sentAt = this.#around.now()
        break
      case 'subscribe':
        if (frame.groups.length > core.limits.subscribeMax) throw refuse('batch.too_large')
        // Each group is a reading of its own; named twice it is read once.
        limiter.check('read', this.#userKey, new Set(frame.groups.map((group) => group.groupId)).size)
        break
      case 'pull':
        limiter.check('read', this.#userKey)
        telemetry.pulled()
        break
      case 'read':
        limiter.check('write', this.#userKey)
        break
      case 'typing':
        // A notice more or less is nothing to be told about.
        if (limiter.waitOf('signal', this.#userKey) > 0) return
        break
    }
    this.#session?.receive(frame)
  }

  get #userKey(): string {
    return userKey(this.appId, this.userId)
  }

  // ── tokens ──

  async #authenticate(frame: AuthFrame): Promise<void> {
    const isFirst = this.#state === awaiting
    try {
      if (frame.protocol !== undefined && frame.protocol !== this.#around.protocol) throw refuse('ws.version')
      if (isFirst) {
        this.#state = verifying
        // Spread, so that a crowd that is refused does not come back in one moment.
        this.dueAt = this.#around.now() + enterWithinMs - (this.slot % 20) * 500
      }
      const { auth, limiter } = this.#around
      const claims = await readSecretly(limiter, this.address, () => auth.verify(frame.token))
      // It may have closed, or its bearer been shut out, while the token was checked.
      if (this.isClosing) return
      if (isFirst) await this.#begin(claims, frame)
      else this.#renew(claims)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) this.#around.telemetry.bug(error, 'socket auth')
      // [FAIR10] Whoever comes too often is told so in turn; who waits too long for it comes to the same end.
      const isInTurn = refusal?.kind.status === 429 && !this.#around.isDraining() && !this.isClosing
      // It is none of those any more who wait to be let in: the sweep would call that our fault.
      if (isInTurn && isFirst) this.dueAt = Infinity
      if (isInTurn) await this.#around.doors.refuse(this.appId === '' ? this.#asStranger : this)
      this.refuseAndClose(refusal ?? refuse('server.bug'), codeOf(refusal))
    }
  }

  /** Whoever is told before it is known who they are is told among those of their address. */
  get #asStranger(): Owner {
    const isGone = () => this.isClosing
    return {
      ...strangerAt(this.address),
      get isGone() {
        return isGone()
      },
    }
  }

  async #begin(claims: Claims, frame: AuthFrame): Promise<void> {
    const { admit, auth, doors, isOriginOf } = this.#around
    if (this.#origin !== undefined && !(await isOriginOf(claims.appId, this.#origin))) throw refuse('ws.origin')
    if (this.isClosing) return
    this.#origin = undefined
    this.appId = claims.appId
    this.userId = claims.userId
    this.isGuest = claims.guest
    await doors.connection(this)
    if (this.isClosing) return
    // Whoever has too many sockets takes no place from anybody.
    if (!admit(this)) throw refuse('conn.limit')
    if (auth.isShutOut(claims)) throw refuse('auth.token_revoked')
    this.#adopt(claims)
    // From here on a revocation finds it, also while it waits.
    this.#leave = await doors.enter(this)
    if (this.isClosing) return this.#leaveEntrance()
    this.#state = open
    // Pings of sockets opened together are spread out.
    this.pingAt = this.#around.now() + socketLimits.pingEveryMs - (this.slot % 20) * 1_000
    this.#plan()
    this.#session = this.#around.core.connect(
      { appId: claims.appId, userId: claims.userId, guest: claims.guest },
      {
        ...(frame.epoch === undefined ? {} : { epoch: frame.epoch }),
        ...(frame.version === undefined ? {} : { version: frame.version }),
      },
      this,
    )
    const early = this.#early
    this.#early = undefined
    for (const text of early ?? []) if (this.isOpen) this.onText(text)
  }

  /** A fresh token of the same person: the connection goes on as it is. */
  #renew(claims: Claims): void {
    if (claims.appId !== this.appId || claims.userId !== this.userId || claims.guest !== this.isGuest) {
      throw refuse('auth.scope', { detail: 'the token is of somebody else: open another socket' })
    }
    this.#adopt(claims)
    this.#wasWarned = false
    this.#plan()
    this.hello()
  }

  #adopt(claims: Claims): void {
    const end = claims.exp * 1_000
    // A token accepted within the leeway must not end the connection at once.
    this.#validUntil = end > this.#around.now() ? end : end + leewaySeconds * 1_000
    this.#issuedAtSeconds = claims.iat
    this.#jti = claims.jti
    this.kid = claims.kid
  }

  hello(): void {
    const { core, protocol, now } = this.#around
    this.send({
      op: 'hello',
      protocol,
      epoch: core.epoch,
      userId: this.userId,
      now: now(),
      pingMs: socketLimits.pingEveryMs,
    })
  }
}

function codeOf(refusal: Refusal | undefined): number {
  switch (refusal?.code) {
    case undefined:
    case 'store.unavailable':
    case 'server.draining':
      return closeCodes.tryLater
    case 'conn.limit':
    case 'rate.limited':
      return closeCodes.rate
    case 'ws.origin':
      return closeCodes.forbidden
    case 'ws.version':
      return closeCodes.protocol
    default:
      return closeCodes.auth
  }
}
