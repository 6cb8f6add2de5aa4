/** One socket: first its token, then frames to and from its session, until somebody closes it. Knows no feature. */
import type { Socket } from 'node:net'
import {
  clientFrames,
  closeCodes,
  refuse,
  Refusal,
  type AppId,
  type ClientFrame,
  type Locale,
  type Millis,
  type ServerFrame,
  type UserId,
} from '@qun/contract'
import type { Core, Outlet, Packet, Session } from '@qun/core'
import type { Auth } from './auth.ts'
import { FrameReader } from './frame-reader.ts'
import { checkTexts, readJson } from './json.ts'
import { closeFrame, pingFrame, pongFrame, textFrame, wireOf } from './outlet.ts'
import { errorFrameOf, refusalOf } from './problem.ts'
import { socketLimits, userKey, type Limiter } from './rates.ts'
import type { Telemetry } from './telemetry.ts'
import { leewaySeconds, type Claims } from './token.ts'
import { bodyCheck } from './validate.ts'

/** What all connections of a gateway share: one object, so that a connection holds one reference. */
export interface Surroundings {
  readonly core: Core
  readonly auth: Auth
  readonly limiter: Limiter
  readonly telemetry: Telemetry
  readonly protocol: number
  readonly now: () => Millis
  /** True when pages of the origin may speak for users of the app. */
  readonly isOriginOf: (appId: AppId, origin: string) => Promise<boolean>
  /** Counts the connection among its user's. False: there are too many. */
  readonly admit: (connection: Connection) => boolean
  readonly backlogged: (connection: Connection) => void
  /** True once the server takes no more posts. */
  readonly isDraining: () => boolean
  readonly closed: (connection: Connection) => void
}

const awaiting = 0
const verifying = 1
const open = 2
const closing = 3

/** Milliseconds a client has to answer our close frame; one that does not read gets less. */
const closeGraceMs = 2_000
/** Frames that may arrive while the first token is being checked. */
const earlyFramesMax = 16

const checks = new Map(Object.entries(clientFrames).map(([op, schema]) => [op, bodyCheck(schema)]))

export class Connection extends FrameReader implements Outlet {
  readonly #around: Surroundings
  readonly address: string
  /** Of a page; dropped once it was checked against the app. */
  #origin: string | undefined
  readonly #locale: Locale
  #state: typeof awaiting | typeof verifying | typeof open | typeof closing = awaiting
  #session: Session | undefined
  #early: string[] | undefined

  appId = '' as AppId
  userId = '' as UserId
  isGuest = false
  #issuedAtSeconds = 0
  #jti = ''
  /** When the token ends the connection. */
  #validUntil: Millis = 0
  #wasWarned = false

  /** Where the gateway keeps it; the gateway's to change. */
  slot = -1
  /** When the sweep must look at it next. */
  dueAt: Millis
  #pingAt: Millis = 0
  #unanswered = 0
  #closedBecause = 1006

  // Frames are counted per second, unreadable ones in all.
  #windowEndsAt: Millis = 0
  #windowFrames = 0
  #badFrames = 0
  #stalledSince: Millis = 0
  #stalledAt = 0
  #sentAt: Millis = 0

  constructor(around: Surroundings, socket: Socket, address: string, origin: string | undefined, locale: Locale) {
    super(socket)
    this.#around = around
    this.address = address
    this.#origin = origin
    this.#locale = locale
    this.dueAt = around.now() + socketLimits.authWithinMs
  }

  get isOpen(): boolean {
    return this.#state === open
  }

  // ── the way out ──

  push(packet: Packet): void {
    if (this.#state === closing) return
    if (this.#sentAt !== 0 && packet.text.startsWith('{"op":"sent"')) {
      this.#around.telemetry.acknowledged((this.#around.now() - this.#sentAt) / 1_000)
      this.#sentAt = 0
    }
    this.pushFrame(wireOf(packet))
  }

  send(frame: ServerFrame): void {
    if (this.#state !== closing) this.pushFrame(textFrame(JSON.stringify(frame)))
  }

  /** Writes what is queued, then the close frame; the sweep destroys a socket whose client does not answer. */
  close(code: number, reason: string): void {
    if (this.#state === closing) return
    this.#beginClosing(code, closeGraceMs)
    this.flush()
    if (this.socket.writable) this.socket.end(closeFrame(code, reason))
  }

  #beginClosing(code: number, graceMs: number): void {
    this.#closedBecause = code
    this.#state = closing
    this.dueAt = this.#around.now() + graceMs
    this.#early = undefined
    this.stopReading()
  }

  protected get queuedBytesMax(): number {
    return socketLimits.queuedBytesMax
  }

  protected overflow(): void {
    if (this.#state === closing) return
    this.#around.telemetry.slowSocketCut(this.queuedBytes)
    this.drop()
    this.close(closeCodes.slow, 'slow consumer')
  }

  protected backlog(): void {
    this.#stalledSince = this.#around.now()
    this.#stalledAt = this.socket.writableLength
    this.#around.backlogged(this)
  }

  /** Looks whether a backlogged socket is being read. False when it needs no further looks. */
  sweepBacklog(now: Millis): boolean {
    const waiting = this.socket.writableLength
    if (waiting === 0 || this.#state === closing) return false
    if (waiting < this.#stalledAt) this.#stalledSince = now
    this.#stalledAt = waiting
    if (now - this.#stalledSince < socketLimits.stalledMs) return true
    this.overflow()
    return false
  }

  // ── time ──

  /** What is due; the gateway calls it when `dueAt` has come. */
  sweep(now: Millis): void {
    if (this.#state === closing) return void this.socket.destroy()
    if (this.#state !== open) return this.#refuseAndClose(refuse('auth.missing', { detail: 'no auth frame in time' }), closeCodes.auth)
    if (now >= this.#validUntil) return this.#refuseAndClose(refuse('auth.token_expired'), closeCodes.auth)
    if (now >= this.#pingAt) {
      if (this.#unanswered >= 2) return void this.socket.destroy()
      this.#unanswered++
      this.#pingAt = now + socketLimits.pingEveryMs
      this.pushFrame(pingFrame())
    }
    if (!this.#wasWarned && now >= this.#validUntil - socketLimits.expiringNoticeMs) {
      this.#wasWarned = true
      this.send({ op: 'auth.expiring', expiresAt: this.#validUntil })
    }
    this.#plan()
  }

  #plan(): void {
    const warnAt = this.#wasWarned ? this.#validUntil : this.#validUntil - socketLimits.expiringNoticeMs
    this.dueAt = Math.min(this.#pingAt, warnAt)
  }

  /** Whether a revocation concerns this connection: all tokens up to a moment, or one. */
  isCutBy(row: { readonly jti: string; readonly revokedAt: Millis; readonly erased: boolean }): boolean {
    if (row.erased) return true
    return row.jti === '' ? this.#issuedAtSeconds * 1_000 <= row.revokedAt : this.#jti === row.jti
  }

  /** The socket is gone. */
  ended(): void {
    this.#state = closing
    this.drop()
    this.stopReading()
    this.#session?.close()
    this.#session = undefined
    this.#around.telemetry.socketClosed(this.#closedBecause)
    this.#around.closed(this)
  }

  // ── the way in ──

  protected onFrame(): boolean {
    const now = this.#around.now()
    this.#unanswered = 0
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + 1_000
      this.#windowFrames = 0
    }
    if (++this.#windowFrames < socketLimits.framesPerSecond) return true
    this.#refuseAndClose(refuse('rate.limited', { retryAfterMs: 1_000 }), closeCodes.rate)
    return false
  }

  protected onPing(body: Buffer): void {
    this.pushFrame(pongFrame(body))
  }

  protected onPong(): void {
    // Counted by onFrame; any frame shows that the client lives.
  }

  protected onClose(code: number): void {
    this.#closedBecause = code
    this.close(code === 1005 ? 1000 : code, '')
  }

  protected onBroken(code: number, reason: string): void {
    this.close(code, reason)
  }

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
      if (this.#state === awaiting && frame.op !== 'auth') return this.#refuseAndClose(refuse('auth.missing'), closeCodes.auth)
      const check = typeof frame.op === 'string' ? checks.get(frame.op) : undefined
      if (check === undefined) throw refuse('op.unknown')
      check(frame)
      checkTexts(frame)
      this.#take(frame as ClientFrame)
    } catch (error) {
      this.#answerBad(error, id)
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
        limiter.check('read', this.#userKey)
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

  #answerBad(error: unknown, id: number | undefined): void {
    const refusal = refusalOf(error)
    if (refusal === undefined) this.#around.telemetry.bug(error, 'socket')
    else this.#around.telemetry.refused(refusal.code, 'socket', undefined)
    this.send(errorFrameOf(refusal, id, this.#locale))
    // What is only too much or too late says nothing against the client.
    const isClientsFault = refusal === undefined || (refusal.kind.retry !== 'later' && refusal.code !== 'batch.too_large')
    if (isClientsFault && ++this.#badFrames >= socketLimits.badFramesMax) this.close(closeCodes.badFrames, 'too many bad frames')
  }

  #refuseAndClose(refusal: Refusal, code: number): void {
    this.#around.telemetry.refused(refusal.code, 'socket', undefined)
    this.send(errorFrameOf(refusal, undefined, this.#locale))
    this.close(code, refusal.code)
  }

  // ── tokens ──

  async #authenticate(frame: Extract<ClientFrame, { op: 'auth' }>): Promise<void> {
    const isFirst = this.#state === awaiting
    try {
      if (frame.protocol !== undefined && frame.protocol !== this.#around.protocol) throw refuse('ws.version')
      if (isFirst) this.#state = verifying
      const claims = await this.#around.auth.verify(frame.token)
      // It may have closed, or its bearer been shut out, while the token was checked.
      if (this.#state === closing) return
      if (isFirst) await this.#begin(claims, frame)
      else this.#renew(claims)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) this.#around.telemetry.bug(error, 'socket auth')
      this.#refuseAndClose(refusal ?? refuse('server.bug'), codeOf(refusal))
    }
  }

  async #begin(claims: Claims, frame: Extract<ClientFrame, { op: 'auth' }>): Promise<void> {
    if (this.#origin !== undefined && !(await this.#around.isOriginOf(claims.appId, this.#origin))) throw refuse('ws.origin')
    this.#origin = undefined
    if (this.#state === closing) return
    this.appId = claims.appId
    this.userId = claims.userId
    this.isGuest = claims.guest
    if (!this.#around.admit(this)) throw refuse('conn.limit')
    if (this.#around.auth.isShutOut(claims)) throw refuse('auth.token_revoked')
    this.#adopt(claims)
    this.#state = open
    // Pings of sockets opened together are spread out.
    this.#pingAt = this.#around.now() + socketLimits.pingEveryMs - ((this.slot % 20) * 1_000)
    this.#plan()
    this.#session = this.#around.core.connect(
      { appId: claims.appId, userId: claims.userId, guest: claims.guest },
      { ...(frame.epoch === undefined ? {} : { epoch: frame.epoch }), ...(frame.version === undefined ? {} : { version: frame.version }) },
      this,
    )
    const early = this.#early
    this.#early = undefined
    for (const text of early ?? []) if (this.#state === open) this.onText(text)
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
  }

  hello(): void {
    const { core, protocol, now } = this.#around
    this.send({ op: 'hello', protocol, epoch: core.epoch, userId: this.userId, now: now(), pingMs: socketLimits.pingEveryMs })
  }
}

function codeOf(refusal: Refusal | undefined): number {
  switch (refusal?.code) {
    case undefined:
    case 'store.unavailable':
    case 'server.draining':
      return closeCodes.tryLater
    case 'conn.limit':
      return closeCodes.rate
    case 'ws.origin':
      return closeCodes.forbidden
    case 'ws.version':
      return closeCodes.protocol
    default:
      return closeCodes.auth
  }
}
