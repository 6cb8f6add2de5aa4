/** The HTTP shell: limits, parsing, CORS, and the one place where errors become answers. Knows no contract. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isTypeAmong, refuse, type CoreCode, type FileLimits, type Millis, type SentFile } from '@qun/contract'
import fastify, {
  type ConnectionError,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { AddressBook } from '../ground/addresses.ts'
import type { Uploads } from '../files/uploads.ts'
import { addBodyBudget, lengthOf, readBody, senderOf } from './bodies.ts'
import { endPolitely, isBodyLeft, isEnding } from './farewell.ts'
import { httpLimits } from './http-limits.ts'
import { readJson } from '../ground/json.ts'
import { localeOfHeader, problemMediaType, problemOf, refusalOf } from '../ground/problem.ts'
import type { Shares } from '../ground/shares.ts'
import type { Telemetry } from '../ground/telemetry.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The address budgets count against. */
    clientAddress: string
    /** When the request's head had arrived. */
    startedAt: Millis
  }
}

export interface HttpOptions {
  readonly telemetry: Telemetry
  readonly addresses: AddressBook
  readonly now: () => Millis
  readonly randomHex: (bytes: number) => string
  /** Bytes that JSON bodies of requests hold. */
  readonly bodies: Shares
  readonly uploads: Uploads
  /** Whether a page of this origin may read answers. */
  readonly isAllowedOrigin: (origin: string) => Promise<boolean>
}

export function createHttp(options: HttpOptions): FastifyInstance {
  const prefix = options.randomHex(4)
  let requests = 0
  const app = fastify({
    logger: false,
    bodyLimit: httpLimits.bodyBytesMax,
    genReqId: () => `req_${prefix}${(requests++).toString(36)}`,
    requestIdHeader: false,
    keepAliveTimeout: httpLimits.keepAliveMs,
    requestTimeout: httpLimits.requestWithinMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: httpLimits.paramLengthMax },
    http: {
      maxHeaderSize: httpLimits.headerBytesMax,
      headersTimeout: httpLimits.headersWithinMs,
      requestTimeout: httpLimits.requestWithinMs,
      connectionsCheckingInterval: 1_000,
    },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => answerError(options, error, request, reply),
  })
  app.decorateRequest('clientAddress', '')
  app.decorateRequest('startedAt', 0)
  addParsers(app, options)
  addGates(app, options)
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(options, error, request, reply))
  addNotFound(app)
  addConnectionCaps(app, options.addresses)
  return app
}

// ── errors ──

function answerError(options: HttpOptions, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error)
  const where = request.routeOptions?.url ?? 'none'
  if (refusal === undefined) options.telemetry.bug(error, where, request.id)
  else if (refusal.code === 'store.unavailable' || refusal.code === 'storage.full')
    options.telemetry.trouble(error, where)
  if (refusal !== undefined) options.telemetry.refused(refusal.code, where, request.id)
  const problem = problemOf(refusal, request.id, localeOfHeader(request.headers['accept-language']))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="qun"')
  if (problem.retry_after !== undefined) reply.header('retry-after', String(problem.retry_after))
  if (isBodyLeft(request)) endPolitely(request, reply)
  reply
    .code(problem.status)
    .header('content-type', problemMediaType)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem))
}

/** What Node's parser refused before there was a request: answered on the bare socket. */
const brokenRequestCodes: Readonly<Record<string, CoreCode>> = {
  HPE_HEADER_OVERFLOW: 'request.header_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'request.too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timeout',
  HPE_INVALID_METHOD: 'request.method',
}

function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  // The parser calls anything an invalid method; only a word could have been one.
  const rawPacket = error.rawPacket as unknown as Buffer | undefined
  const isWord = /^[A-Za-z-]+ /.test(rawPacket?.toString('latin1', 0, 40) ?? '')
  const isGarbage = error.code === 'HPE_INVALID_METHOD' && !isWord
  writeProblem(socket, isGarbage ? 'request.malformed' : (brokenRequestCodes[error.code ?? ''] ?? 'request.malformed'))
}

/** Writes a whole HTTP error answer on a socket that has no response object, and ends it. */
export function writeProblem(socket: NodeJS.WritableStream & { destroySoon?: () => void }, code: CoreCode): void {
  const problem = problemOf(refuse(code), 'req_none', 'en')
  const body = JSON.stringify(problem)
  const retryAfter = problem.retry_after === undefined ? '' : `Retry-After: ${problem.retry_after}\r\n`
  socket.end(
    `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: ${problemMediaType}\r\n${retryAfter}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

// ── reading bodies ──

function addParsers(app: FastifyInstance, { bodies, uploads, now }: HttpOptions): void {
  addBodyBudget(app)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    if (request.routeOptions.config.file !== undefined) throw refuse('request.media_type')
    const body = await readBody(bodies, request, payload, httpLimits.bodyBytesMax)
    if (!isUtf8(body)) throw refuse('request.encoding', { detail: 'not UTF-8' })
    return body.length === 0 ? undefined : readJson(body.toString('utf8'))
  })
  // Whatever is no JSON is a file, for routes that take one of its type; a path that is no route says so itself.
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) =>
    request.is404 ? undefined : receiveFile(uploads, request, payload),
  )
  addBodyDeadline(app, now)
}

/** The file of a request that was let in; nothing of it was read before. */
function receiveFile(uploads: Uploads, request: FastifyRequest, payload: IncomingMessage): Promise<SentFile> {
  const limits = request.routeOptions.config.file
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (limits === undefined || !isTypeAmong(limits, contentType)) throw refuse('request.media_type')
  const { bytesMax } = limits
  const upload = uploads.admit({ sender: senderOf(request), contentType, length: lengthOf(request), bytesMax })
  request.heldBody = upload
  return upload.receive(payload)
}

/** Node times whole requests only; this cuts a JSON body that drips in, without a timer per request. */
function addBodyDeadline(app: FastifyInstance, now: () => Millis): void {
  const reading = new Map<FastifyRequest, Millis>()
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const length = request.headers['content-length']
    const hasBody = request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
    if (hasBody && request.routeOptions.config.file === undefined) reading.set(request, now() + httpLimits.bodyWithinMs)
    done(null, payload)
  })
  const end = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    reading.delete(request)
    done()
  }
  app.addHook('preValidation', end)
  app.addHook('onResponse', end)
  app.addHook('onRequestAbort', async (request) => void reading.delete(request))
  const timer = setInterval(() => {
    const at = now()
    for (const [request, deadline] of reading) {
      if (at < deadline) continue
      reading.delete(request)
      // The body's reader listens for an error and answers with it; destroying the socket would swallow the answer.
      request.raw.emit('error', refuse('request.timeout'))
    }
  }, 1_000).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes a file instead of JSON. */
    file?: FileLimits | undefined
  }
}

// ── gates every request passes ──

const exposedHeaders = 'Retry-After, Content-Disposition'
const allowedHeaders = 'Authorization, Content-Type, Idempotency-Key, Accept-Language, Qun-App'

function addGates(app: FastifyInstance, options: HttpOptions): void {
  // With a callback where nothing is waited for: every request passes here.
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    // What follows a body that was refused is not listened to.
    if (isEnding(raw.socket)) return void raw.socket.destroy()
    request.startedAt = options.now()
    request.clientAddress = options.addresses.clientOf(raw.socket.remoteAddress, forwardedOf(request))
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer')
    if ((raw.url ?? '').length > httpLimits.urlLengthMax) return done(refuse('request.uri_too_long'))
    if (raw.rawHeaders.length / 2 > httpLimits.headerCountMax) return done(refuse('request.header_too_large'))
    const { origin } = request.headers
    if (origin === undefined) return done()
    // A preflight is answered here; everything else goes on.
    allowOrigin(options, origin, request, reply).then((isAnswered) => (isAnswered ? undefined : done()), done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    options.telemetry.answered(route, request.method, reply.statusCode, (options.now() - request.startedAt) / 1_000)
    done()
  })
}

/** CORS: says what a page of this origin may do. True when that was the whole question. */
async function allowOrigin(
  options: HttpOptions,
  origin: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  reply.header('vary', 'Origin')
  const isAllowed = await options.isAllowedOrigin(origin)
  if (isAllowed) {
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', exposedHeaders)
  }
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
  if (isAllowed) {
    reply
      .header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
      .header('access-control-allow-headers', allowedHeaders)
      .header('access-control-max-age', '600')
  }
  reply.code(204).send()
  return true
}

function forwardedOf(request: FastifyRequest): string | undefined {
  const value = request.headers['x-forwarded-for']
  return Array.isArray(value) ? value.join(',') : value
}

// ── what is not there ──

/** A path that exists under another method is 405 with Allow; anything else is 404. */
function addNotFound(app: FastifyInstance): void {
  const known: { readonly pattern: RegExp; readonly method: string }[] = []
  app.addHook('onRoute', (route) => {
    if (route.url.includes('*')) return
    const pattern = new RegExp(`^${route.url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}$`)
    for (const method of [route.method].flat()) known.push({ pattern, method })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = (request.raw.url ?? '').split('?', 1)[0]!
    const methods = new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    if (methods.size === 0 || methods.has(request.method)) throw refuse('route.not_found')
    reply.header('allow', [...methods].toSorted().join(', '))
    throw refuse('request.method')
  })
}

// ── connections ──

function addConnectionCaps(app: FastifyInstance, addresses: AddressBook): void {
  const { server } = app
  const perIp = new Map<string, number>()
  server.maxConnections = httpLimits.connectionsMax
  // NOTE: Node drops headers above its own maximum in silence; the gate counts them instead.
  server.maxHeadersCount = 0
  server.on('connection', (socket: CountedSocket) => {
    if (socket.remoteAddress === undefined || addresses.isTrusted(socket.remoteAddress)) return
    const peer = addresses.clientOf(socket.remoteAddress, undefined)
    const count = (perIp.get(peer) ?? 0) + 1
    perIp.set(peer, count)
    socket[countedIn] = perIp
    socket[countedAs] = peer
    socket.on('close', discount)
    if (count > httpLimits.connectionsPerIpMax) writeProblem(socket, 'conn.limit')
  })
  server.on('connect', (_request, socket) => writeProblem(socket, 'request.method'))
}

// What a listener would close over is on the socket instead: an idle connection should weigh little.
const countedIn = Symbol('counted in')
const countedAs = Symbol('counted as')
type CountedSocket = Socket & { [countedIn]?: Map<string, number>; [countedAs]?: string }

function discount(this: CountedSocket): void {
  const perIp = this[countedIn]
  const peer = this[countedAs]
  if (perIp === undefined || peer === undefined) return
  const left = (perIp.get(peer) ?? 1) - 1
  if (left === 0) perIp.delete(peer)
  else perIp.set(peer, left)
}
