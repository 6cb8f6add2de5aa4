/** The HTTP shell: limits, parsing, CORS, and the one place where errors become answers. Knows no contract. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { refuse, type Millis, type Refusal } from '@qun/contract'
import type { Owner } from '@qun/storage'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { AddressBook } from '../ground/addresses.ts'
import { discard } from '../ground/discard.ts'
import { type Doors, strangerAt } from '../ground/doors.ts'
import type { Uploads } from '../files/uploads.ts'
import { addBodyBudget, readBody } from './bodies.ts'
import { answerBrokenRequest, noteBody, writeProblem } from './broken-requests.ts'
import { addExpect } from './expect.ts'
import { endPolitely, hasBody, ignore, isBodyLeft, isEnding } from './farewell.ts'
import { faultOfHead } from './heads.ts'
import { httpLimits } from './http-limits.ts'
import { readJson } from '../ground/json.ts'
import { receiveFile } from './receive-file.ts'
import { localeOfHeader, problemMediaType, problemOf, refusalOf } from '../ground/problem.ts'
import type { Shares } from '../ground/shares.ts'
import type { Telemetry } from '../ground/telemetry.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The address budgets count against. */
    clientAddress: string
    /** When the request's head had arrived. */
    startedAt: Millis
    /** Whose share it takes, once that is known; a stranger's is nobody's. */
    payer: Owner | undefined
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
  readonly doors: Doors
  /** While it stops, every line ends with its answer. */
  readonly isDraining: () => boolean
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
  app.decorateRequest('payer', undefined)
  app.decorateRequest('admission', undefined)
  addExpect(app.server)
  addParsers(app, options)
  addGates(app, options)
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(options, error, request, reply))
  addNotFound(app)
  addConnectionCaps(app, options.addresses)
  return app
}

// ── errors ──

/** [FAIR10] Whoever asks too much is told so in turn. */
function answerError(options: HttpOptions, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error)
  if (refusal?.kind.status !== 429 || options.isDraining())
    return answerRefusal(options, { error, refusal }, request, reply)
  if (isBodyLeft(request)) discard(request.raw)
  const isGone = () => request.raw.socket.destroyed
  const { appId, userId } = request.payer ?? strangerAt(request.clientAddress)
  const owner: Owner = {
    appId,
    ...(userId === undefined ? {} : { userId }),
    get isGone() {
      return isGone()
    },
  }
  const answer = (isDue: boolean): void => {
    if (isDue) answerRefusal(options, { error, refusal }, request, reply)
    else request.raw.socket.destroy()
  }
  options.doors
    .refuse(owner)
    .then(answer)
    .catch((bug: unknown) => options.telemetry.bug(bug, 'refusing', request.id))
}
function answerRefusal(
  options: HttpOptions,
  { error, refusal }: { readonly error: unknown; readonly refusal: Refusal | undefined },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const where = request.routeOptions?.url ?? 'none'
  if (refusal === undefined) options.telemetry.bug(error, where, request.id)
  else if (refusal.code === 'store.unavailable' || refusal.code === 'storage.full')
    options.telemetry.trouble(error, where)
  if (refusal !== undefined) options.telemetry.refused(refusal.code, where, request.id)
  const problem = problemOf(refusal, request.id, localeOfHeader(request.headers['accept-language']))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="qun"')
  if (problem.retry_after !== undefined) reply.header('retry-after', String(problem.retry_after))
  if (isBodyLeft(request)) endPolitely(request, reply)
  else if (options.isDraining()) reply.header('connection', 'close')
  reply
    .code(problem.status)
    .header('content-type', problemMediaType)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem))
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

/** Node times whole requests only; this cuts a JSON body that drips in, without a timer per request. */
function addBodyDeadline(app: FastifyInstance, now: () => Millis): void {
  const reading = new Map<FastifyRequest, Millis>()
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const isJson = hasBody(request) && request.routeOptions.config.file === undefined
    if (isJson) reading.set(request, now() + httpLimits.bodyWithinMs)
    done(null, payload)
  })
  const end = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    reading.delete(request)
    done()
  }
  app.addHook('preValidation', end)
  app.addHook('onResponse', end)
  app.addHook('onRequestAbort', async (request) => void reading.delete(request))
  // [FAIR10] Its answer may come late, and nobody reads the body meanwhile.
  app.addHook('onError', async (request) => void reading.delete(request))
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

// ── gates every request passes ──

const exposedHeaders = 'Retry-After, Content-Disposition'
const allowedHeaders = 'Authorization, Content-Type, Idempotency-Key, Accept-Language, Qun-App'

function addGates(app: FastifyInstance, options: HttpOptions): void {
  // With a callback where nothing is waited for: every request passes here.
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    // What follows a body that was refused is not listened to; answers of what came before it are still under way.
    if (isEnding(raw.socket)) return ignore(raw)
    if (hasBody(request)) noteBody(raw, reply.raw)
    request.startedAt = options.now()
    request.clientAddress = options.addresses.clientOf(raw.socket.remoteAddress, forwardedOf(request))
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer')
    if ((raw.url ?? '').length > httpLimits.urlLengthMax) return done(refuse('request.uri_too_long'))
    const fault = faultOfHead(raw)
    if (fault !== undefined) return done(fault)
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
