/** Makes every HTTP route from the contracts, in one loop. Knows no feature. */
import { answersFile, closed, engineEndpoints, fileLimitsOf, refuse, type FileLimits } from '@qun/contract'
import { assert, type Core, type EndpointServer } from '@qun/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { countGuesses } from '../apps/guesses.ts'
import { payerOf, readCalling, type CallerOptions, type Calling } from '../apps/caller.ts'
import type { Pictures } from '../apps/pictures.ts'
import type { FileAnswers } from '../files/answers.ts'
import { senderOf } from './bodies.ts'
import { engineCalls } from './engine-calls.ts'
import { httpLimits } from './http-limits.ts'
import type { FileRoute } from './receive-file.ts'
import type { AnyEndpoint, Route, RouteAnswer, RouteHead, RouteRequest } from './route.ts'
import { userKey } from '../ground/rates.ts'
import { checkStorable, checkTexts } from '../ground/json.ts'
import type { Telemetry } from '../ground/telemetry.ts'
import { bodyCheck, textCheck, type Check } from '../ground/validate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls a route made from a contract, once its credential was read. */
    calling: Calling | undefined
  }
}

export interface RoutesOptions extends CallerOptions {
  readonly core: Core
  readonly telemetry: Telemetry
  readonly answers: FileAnswers
  readonly pictures: Pictures
  /** While it stops, every line ends with its answer. */
  readonly isDraining: () => boolean
  /** Tests hold every answer against its contract; a server trusts its own types. */
  readonly checkAnswers: boolean
}

/** All routes of a host: the engine's and every feature's, sorted by name. */
export function listRoutes(options: RoutesOptions): Route[] {
  const { core } = options
  const engine = Object.entries(engineEndpoints).map(([name, endpoint]) => ({
    endpoint: endpoint as AnyEndpoint,
    serve: engineCalls(options)[name as keyof typeof engineEndpoints],
  }))
  const features = [...core.registry.endpoints.values()].map((server) => featureRoute(core, server))
  return [...engine, ...features].toSorted((a, b) => (a.endpoint.name < b.endpoint.name ? -1 : 1))
}

function featureRoute(core: Core, server: EndpointServer): Route {
  const headOf = ({ calling, params, idempotencyKey }: Omit<RouteHead, 'query'>) => ({
    appId: calling.appId,
    caller: calling.caller,
    params,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(calling.principal === undefined ? {} : { payer: calling.principal }),
  })
  return {
    endpoint: server.endpoint,
    admit: (head) => core.admit(server, headOf(head)),
    serve: ({ query, body, admission, ...head }) => core.call(server, { ...headOf(head), query, body }, admission),
  }
}

export function addRoutes(app: FastifyInstance, options: RoutesOptions): Route[] {
  const routes = listRoutes(options)
  app.decorateRequest('calling', undefined)
  for (const route of routes) addRoute(app, route, options)
  return routes
}

function addRoute(app: FastifyInstance, route: Route, options: RoutesOptions): void {
  const { endpoint } = route
  const limits = fileLimitsOf(endpoint)
  const codes = new Set(endpoint.guesses)
  const checks = {
    params: textCheck(endpoint.params ?? closed({})),
    query: textCheck(endpoint.query ?? closed({})),
    body: endpoint.body === undefined || limits !== undefined ? undefined : bodyCheck(endpoint.body),
    pictures: options.pictures.checkOf(endpoint.body),
    answer: options.checkAnswers && !answersFile(endpoint) ? bodyCheck(endpoint.answer) : undefined,
  }
  app.route({
    method: endpoint.method,
    url: `/v1${endpoint.path}`,
    config: limits === undefined ? {} : { file: fileRoute(route, limits, checks, options) },
    // The credential is checked before a byte of the body is read.
    onRequest: async (request) => void (request.calling = await readCalling(options, endpoint, request)),
    handler: async (request, reply) => {
      const { calling, heldBody } = request
      assert(calling !== undefined, 'a route served without its gate')
      try {
        if (heldBody !== undefined) heldBody.isUsed = true
        const read = readRequest(endpoint, checks, calling, request)
        await checks.pictures?.(calling, read.body as object)
        const from = { calling, address: request.clientAddress }
        const outcome = await countGuesses({ limiter: options.limiter, codes }, from, () => route.serve(read))
        checkAnswer(checks.answer, outcome.answer, endpoint.name)
        if (options.isDraining()) reply.header('connection', 'close')
        return sendAnswer(endpoint, outcome, reply, {
          answers: options.answers,
          pay: (ms) => options.doors.pay(payerOf(calling), ms),
        })
      } finally {
        await heldBody?.free()
      }
    },
  })
}

/** What an upload that was cut for sending next to nothing costs beside its one of the budget. */
const idleCost = 4

function fileRoute(route: Route, limits: FileLimits, checks: Checks, { limiter }: RoutesOptions): FileRoute {
  const { endpoint, admit } = route
  assert(admit !== undefined, `${endpoint.name} takes files and lets nobody in`)
  return {
    limits,
    async admit(request) {
      assert(request.calling !== undefined, 'a file came without its gate')
      return admit(readHead(endpoint, checks, request.calling, request))
    },
    onIdle({ calling }) {
      const { principal, isHost = false } = calling ?? {}
      if (principal !== undefined && !isHost)
        limiter.charge('upload', userKey(principal.appId, principal.userId), idleCost)
    },
  }
}

interface Checks {
  readonly params: Check
  readonly query: Check
  readonly body: Check | undefined
}

/** All that can be refused of a request before its body is here, its caller excepted. */
function readHead(endpoint: AnyEndpoint, checks: Checks, calling: Calling, request: FastifyRequest): RouteHead {
  checkParts('params', request.params as object)
  checkParts('query', request.query as object)
  const params = checks.params(request.params) as RouteRequest['params']
  const query = checks.query(request.query) as RouteRequest['query']
  return { calling, params, query, idempotencyKey: readIdempotencyKey(endpoint, request) }
}

function readRequest(endpoint: AnyEndpoint, checks: Checks, calling: Calling, request: FastifyRequest): RouteRequest {
  const head = readHead(endpoint, checks, calling, request)
  if (fileLimitsOf(endpoint) !== undefined) {
    if (request.body === undefined)
      throw refuse('request.media_type', { detail: 'send the bytes with their Content-Type' })
    return { ...head, body: request.body, admission: request.admission }
  }
  // A body of which every field may be left out may be left out itself.
  const body = checks.body === undefined ? undefined : checks.body(request.body ?? {})
  checkTexts(body)
  return { ...head, body }
}

function checkParts(part: 'params' | 'query', values: object): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') checkStorable(value, `/${part}/${name}`)
  }
}

/** Refuses `idempotency.key_missing` where money or stock moves, `request.invalid` for a key that is none. */
function readIdempotencyKey(endpoint: AnyEndpoint, request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined || header === '') {
    if (endpoint.commerce === true) throw refuse('idempotency.key_missing')
    return undefined
  }
  // The IETF draft writes the key as a quoted string; most clients send it bare.
  const key = String(header).replace(/^"(.*)"$/, '$1')
  if (key.length === 0 || key.length > httpLimits.idempotencyKeyLengthMax || !/^[\x21-\x7e]+$/.test(key)) {
    throw refuse('request.invalid', {
      detail: `Idempotency-Key: 1–${httpLimits.idempotencyKeyLengthMax} printable ASCII characters`,
      errors: [{ pointer: '/Idempotency-Key', code: 'request.invalid' }],
    })
  }
  return key
}

function checkAnswer(check: Check | undefined, answer: unknown, name: string): void {
  if (check === undefined) return
  try {
    check(JSON.parse(JSON.stringify(answer)))
  } catch (error) {
    throw new Error(
      `the answer of ${name} breaks its contract: ${JSON.stringify((error as { more?: unknown }).more)}`,
      { cause: error },
    )
  }
}

/** Making it text takes a while, and writing it as long again. */
const longAnswer = 16_384

interface FileAnswer {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly cacheControl?: string
}

function sendAnswer(
  endpoint: AnyEndpoint,
  { answer, replayed }: RouteAnswer,
  reply: FastifyReply,
  { answers, pay }: { readonly answers: FileAnswers; readonly pay: (ms: number) => void },
): FastifyReply {
  const status = replayed === true ? 200 : (endpoint.status ?? 200)
  if (!answersFile(endpoint)) {
    const began = performance.now()
    const text = JSON.stringify(answer ?? {})
    if (text.length > longAnswer) pay(2 * (performance.now() - began))
    return reply
      .code(status)
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(text)
  }
  const file = ((answer as { file?: FileAnswer }).file ?? answer) as FileAnswer
  const content = answers.open(senderOf(reply.request), reply.raw, file.bytes)
  // Whatever a stranger uploaded can neither run, nor be taken for a page of ours.
  return reply
    .code(status)
    .header('content-type', file.contentType)
    .header('content-length', file.bytes.byteLength)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('content-disposition', file.contentType.startsWith('image/') ? 'inline' : 'attachment')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('cache-control', file.cacheControl ?? 'private, no-store')
    .send(content)
}
