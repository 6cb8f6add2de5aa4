/** Takes WebSocket upgrades and keeps all connections: limits, one clock for all of them, draining. Knows no frame. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeCodes, refuse, type AppId, type CoreCode, type Millis } from '@qun/contract'
import type { Core } from '@qun/core'
import type { AddressBook } from '../ground/addresses.ts'
import type { App, Apps } from '../apps/apps.ts'
import type { Auth } from '../apps/auth.ts'
import { Connection, type Surroundings } from './connection.ts'
import { type Doors, strangerAt } from '../ground/doors.ts'
import { writeProblem } from '../http/broken-requests.ts'
import { faultOfHead } from '../http/heads.ts'
import { localeOfHeader } from '../ground/problem.ts'
import { socketPath } from '../ground/paths.ts'
import { socketLimits, userKey, type Limiter } from '../ground/rates.ts'
import type { RevocationRow } from '../apps/store.ts'
import type { Telemetry } from '../ground/telemetry.ts'

/** From RFC 6455; proves that the server understood the upgrade. */
const acceptSalt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const sweepMs = 1_000
/** A key that was retired, or an app that was removed, ends the sockets it let in within this time. */
const keyCheckMs = 4_000

export interface GatewayOptions {
  readonly core: Core
  readonly auth: Auth
  readonly apps: Apps
  readonly limiter: Limiter
  readonly doors: Doors
  readonly addresses: AddressBook
  readonly telemetry: Telemetry
  readonly protocol: number
  /** Origins that may speak for users of any app. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly now: () => Millis
  /** Spreads clients that come back: 0 ≤ x < 1. */
  readonly random: () => number
}

export class Gateway {
  readonly #options: GatewayOptions
  readonly #around: Surroundings
  readonly #connections: Connection[] = []
  readonly #backlogged = new Set<Connection>()
  readonly #perIp = new Map<string, number>()
  readonly #perUser = new Map<string, Connection[]>()
  #timer: NodeJS.Timeout | undefined
  #isDraining = false
  #keysCheckedAt: Millis = 0

  constructor(options: GatewayOptions) {
    this.#options = options
    const { core, auth, limiter, doors, telemetry, protocol, now } = options
    this.#around = {
      core,
      auth,
      limiter,
      telemetry,
      protocol,
      now,
      isOriginOf: (appId, origin) => this.#isOriginOf(appId, origin),
      doors,
      admit: (connection) => this.#admit(connection),
      backlogged: (connection) => void this.#backlogged.add(connection as Connection),
      isDraining: () => this.#isDraining,
      closed: (connection) => this.#remove(connection as Connection),
    }
  }

  get size(): number {
    return this.#connections.length
  }

  /** The longest queue of any socket, in bytes. */
  get queuedBytesMax(): number {
    let most = 0
    for (const connection of this.#backlogged) most = Math.max(most, connection.queuedBytes)
    return most
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      // Whatever goes wrong on a socket that is not ours yet ends that socket alone.
      socket.on('error', destroy)
      void this.#upgrade(request, socket as Socket, head).catch((error: unknown) => {
        this.#options.telemetry.bug(error, 'upgrade')
        socket.destroy()
      })
    })
    this.#timer = setInterval(() => this.sweep(), sweepMs).unref()
  }

  /** Looks after every connection whose time has come. */
  sweep(): void {
    const now = this.#options.now()
    for (let i = this.#connections.length - 1; i >= 0; i--) {
      const connection = this.#connections[i]
      if (connection !== undefined && now >= connection.dueAt) connection.sweep(now)
    }
    for (const connection of this.#backlogged) {
      if (!connection.sweepBacklog(now)) this.#backlogged.delete(connection)
    }
    if (now - this.#keysCheckedAt < keyCheckMs) return
    this.#keysCheckedAt = now
    void this.cutRetired().catch((error: unknown) => this.#options.telemetry.trouble(error, 'keys of sockets'))
  }

  /** Closes the sockets whose token's key was retired, or whose app is gone. */
  async cutRetired(): Promise<void> {
    const apps = new Map<AppId, App | undefined>()
    for (const { isOpen, appId } of this.#connections) if (isOpen) apps.set(appId, undefined)
    for (const appId of apps.keys()) apps.set(appId, await this.#options.apps.find(appId))
    for (const connection of [...this.#connections]) {
      // Whoever came while the apps were looked up is looked at next time.
      if (!connection.isOpen || !apps.has(connection.appId)) continue
      const app = apps.get(connection.appId)
      if (app?.signingKeys.get(connection.kid)?.status === 'active') continue
      connection.close(closeCodes.auth, app === undefined ? 'auth.token_key_unknown' : 'auth.token_key_retired')
    }
  }

  /** Closes the sockets a revocation concerns. */
  cut(row: RevocationRow): void {
    for (const connection of [...(this.#perUser.get(userKey(row.appId, row.userId)) ?? [])]) {
      if (connection.isCutBy(row))
        connection.close(closeCodes.auth, row.erased ? 'auth.subject_gone' : 'auth.token_revoked')
    }
  }

  /** Takes no more sockets and tells those open when to come back: each at a time of its own, within ten seconds. */
  announceDrain(): void {
    this.#isDraining = true
    for (const connection of this.#connections) {
      if (connection.isOpen) connection.send({ op: 'goaway', retry_in_ms: Math.floor(this.#options.random() * 10_000) })
    }
  }

  /** Closes every socket; what was queued goes out first. Resolves when all are gone, at most `graceMs` later. */
  async closeAll(graceMs: number): Promise<void> {
    this.#isDraining = true
    for (const connection of [...this.#connections]) connection.close(closeCodes.restart, 'restart')
    const until = performance.now() + graceMs
    while (this.#connections.length > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10))
    for (const connection of [...this.#connections]) connection.socket.destroy()
    clearInterval(this.#timer)
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const { headers } = request
    const address = this.#options.addresses.clientOf(socket.remoteAddress, forwardedOf(request))
    const refused = this.#faultOf(request) ?? (await this.#limitOf(request, address))
    if (refused !== undefined) return await this.#refuse(socket, address, refused)
    // It may have gone, or the server begun to drain, while its origin was looked up.
    if (!socket.writable || this.#isDraining) return void socket.destroy()
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${acceptSalt}`).digest('base64')
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    // Pages of this very server need no entry in any app's list.
    const origin = headers.origin === undefined || isHost(headers.origin, headers.host) ? undefined : headers.origin
    const locale = localeOfHeader(headers['accept-language'])
    this.#add(new Connection(this.#around, socket, address, origin, locale), head)
  }

  /** [FAIR10] Whoever connects too often is told so in turn; whoever waited too long for it, by the end of the line. */
  async #refuse(socket: Socket, address: string, refused: CoreCode): Promise<void> {
    const owner = {
      ...strangerAt(address),
      get isGone() {
        return socket.destroyed
      },
    }
    // Only who is listened to can be known to be gone.
    socket.on('data', onStray)
    socket.on('end', destroy)
    if (refused === 'conn.limit' && !this.#isDraining && !(await this.#options.doors.refuse(owner)))
      return void socket.destroy()
    this.#options.telemetry.refused(refused, 'socket', undefined)
    writeProblem(socket, refused)
  }

  /** What is wrong with an upgrade request as such. */
  #faultOf(request: IncomingMessage): CoreCode | undefined {
    const { headers } = request
    if (this.#isDraining) return 'server.draining'
    if ((request.url ?? '').split('?', 1)[0] !== socketPath) return 'route.not_found'
    const fault = faultOfHead(request)
    if (fault !== undefined) return fault.code as CoreCode
    // HTTP/1.0 has no upgrades: whoever asks for one in it did not mean this, or not to us.
    if (request.httpVersion !== '1.1') return 'request.malformed'
    if (request.method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return 'request.malformed'
    if (headers['sec-websocket-version'] !== '13') return 'ws.version'
    if (!/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')) return 'request.malformed'
    return undefined
  }

  /** Who may not connect, or not now. */
  async #limitOf({ headers }: IncomingMessage, address: string): Promise<CoreCode | undefined> {
    if (headers.origin !== undefined && !(await this.#isOriginAllowed(headers.origin, headers.host))) return 'ws.origin'
    if ((this.#perIp.get(address) ?? 0) >= socketLimits.perIp) return 'conn.limit'
    return this.#options.limiter.waitOf('connect', address) > 0 ? 'conn.limit' : undefined
  }

  #add(connection: Connection, head: Buffer): void {
    const { address } = connection
    const socket = connection.socket as OwnedSocket
    connection.slot = this.#connections.push(connection) - 1
    this.#perIp.set(address, (this.#perIp.get(address) ?? 0) + 1)
    this.#options.telemetry.socketOpened()
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket[owner] = connection
    socket.on('data', onData)
    socket.on('drain', onDrain)
    socket.on('end', onEnd)
    socket.on('close', onClose)
    if (head.length > 0) connection.read(head)
  }

  #remove(connection: Connection): void {
    const last = this.#connections.pop()
    if (last !== undefined && last !== connection) {
      this.#connections[connection.slot] = last
      last.slot = connection.slot
    }
    this.#backlogged.delete(connection)
    const onAddress = (this.#perIp.get(connection.address) ?? 1) - 1
    if (onAddress === 0) this.#perIp.delete(connection.address)
    else this.#perIp.set(connection.address, onAddress)
    const key = userKey(connection.appId, connection.userId)
    const mates = this.#perUser.get(key)?.filter((mate) => mate !== connection) ?? []
    if (mates.length === 0) this.#perUser.delete(key)
    else this.#perUser.set(key, mates)
  }

  #admit(connection: Connection): boolean {
    const key = userKey(connection.appId, connection.userId)
    const mates = this.#perUser.get(key)
    if (mates === undefined) this.#perUser.set(key, [connection])
    else if (mates.length < socketLimits.perUser) mates.push(connection)
    else {
      if (this.#options.limiter.waitOf('replace', key) > 0) return false
      mates.push(connection)
      mates.shift()?.refuseAndClose(refuse('conn.replaced'), closeCodes.replaced)
    }
    return true
  }

  /** At the upgrade nobody knows the app yet, so any app's origin will do; the token's app is held to its own later. */
  async #isOriginAllowed(origin: string, host: string | undefined): Promise<boolean> {
    return (
      isHost(origin, host) ||
      this.#options.allowedOrigins.has(origin) ||
      (await this.#options.apps.isOriginOfAny(origin))
    )
  }

  async #isOriginOf(appId: AppId, origin: string): Promise<boolean> {
    if (this.#options.allowedOrigins.has(origin)) return true
    return (await this.#options.apps.find(appId))?.allowedOrigins.has(origin) ?? false
  }
}

/** True for a page this server itself served. */
function isHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}

function forwardedOf(request: IncomingMessage): string | undefined {
  const value = request.headers['x-forwarded-for']
  return Array.isArray(value) ? value.join(',') : value
}

// Shared listeners: a closure per socket would cost more than the connection itself.
const owner = Symbol('connection')
type OwnedSocket = Socket & { [owner]: Connection }

function onData(this: Socket, chunk: Buffer): void {
  ;(this as OwnedSocket)[owner].read(chunk)
}
function onDrain(this: Socket): void {
  ;(this as OwnedSocket)[owner].drained()
}
function onEnd(this: Socket): void {
  this.end()
}
/** What is said on a refused socket stays with whoever says it. */
function onStray(this: Socket): void {
  this.pause()
}
function destroy(this: Duplex): void {
  this.destroy()
}
function onClose(this: Socket): void {
  ;(this as OwnedSocket)[owner].ended()
}
