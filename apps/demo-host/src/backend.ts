/**
 * The back end of the demo shop 山茶咖啡: people sign in, buy and confirm receipt, and the shop tells Qun about it. It is
 * an ordinary host app: it reaches Qun only by HTTP, with its own API key and signing key.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createApiLog } from './api-log.ts'
import { CheckoutRefused } from './bills.ts'
import { createCatalogue } from './catalogue.ts'
import { createCheckout, type Checkout } from './checkout.ts'
import type { Kept, Order, Wish } from './dealings.ts'
import { createReports } from './order-reports.ts'
import { openOrders, type OrderBook } from './orders.ts'
import { drawMark, drawProduct } from './pictures.ts'
import { drawPortrait } from './portraits.ts'
import { createQunCalls, QunCallFailed, type QunAccess } from './qun-calls.ts'
import { createSettlements } from './settlements.ts'
import { personOf, productOf, products } from './story.ts'

export interface DemoHostOptions extends QunAccess {
  /** Where browsers reach Qun; `qunUrl` unless given. */
  readonly publicQunUrl?: string
  /** Where browsers reach this shop, for pictures of people; known after listening unless given. */
  readonly publicUrl?: string
  /** Orders are kept here. */
  readonly dataDir: string
  /** The built front end. */
  readonly webDir: string
  /** 0 picks a free one. */
  readonly port: number
  readonly host?: string
  readonly now?: () => number
}
export interface DemoHost {
  readonly url: string
  close(): Promise<void>
}

/** Starts the shop; resolves when it takes requests. */
export async function startDemoHost(options: DemoHostOptions): Promise<DemoHost> {
  const now = options.now ?? Date.now
  const log = createApiLog(now)
  const qun = createQunCalls(options, log, now)
  const orders = openOrders(options.dataDir, now, () => randomBytes(6).toString('hex'))
  const app = fastify({ logger: false, forceCloseConnections: true })
  // Before the routes: each takes the handler that is set when it is added.
  app.setErrorHandler((error, _request, reply) => sendRefusal(error, reply))
  /** Who is signed in, by session id. A demo has no passwords: choosing a persona signs in. */
  const sessions = new Map<string, string>()
  let publicUrl = options.publicUrl ?? ''

  const reports = createReports({ qun, orders, publicUrl: () => publicUrl })
  const catalogue = createCatalogue({ qun, orders, publicUrl: () => publicUrl })
  const settlements = createSettlements({ qun, orders, now, onMoved: () => reports.send() })
  const signedIn = (request: FastifyRequest): string => {
    const session = /^Session (\w+)$/.exec(request.headers.authorization ?? '')?.[1]
    const userId = session === undefined ? undefined : sessions.get(session)
    if (userId === undefined) throw new HostRefusal(401, 'sign_in_first')
    return userId
  }

  addSessionRoutes(app, { sessions, qun, qunUrl: options.publicQunUrl ?? options.qunUrl, avatarBase: () => publicUrl })
  app.get('/api/products', () => products)
  const moved = async (order: Order) => {
    // The catalogue tells how many are left.
    if (productOf(order.productId)?.stock !== undefined) catalogue.tell(order.productId)
    await settlements.run()
    return orders.find(order.orderId) ?? order
  }
  addOrderRoutes(app, { orders, checkout: createCheckout({ qun, orders, now }), signedIn, now, moved })
  app.get('/api/log', (request, reply) => {
    reply.hijack()
    log.stream(reply.raw, Number(request.headers['last-event-id'] ?? 0))
  })
  addPictureRoutes(app)
  await addFrontEnd(app, options.webDir)

  const address = await app.listen({ port: options.port, host: options.host ?? '127.0.0.1' })
  publicUrl ||= address
  await catalogue.sync()
  await settlements.run()
  return {
    url: address,
    async close() {
      settlements.stop()
      reports.stop()
      catalogue.stop()
      log.close()
      await app.close()
    },
  }
}

class HostRefusal extends Error {
  readonly status: number
  constructor(status: number, code: string) {
    super(code)
    this.status = status
  }
}
function sendRefusal(error: unknown, reply: FastifyReply) {
  if (error instanceof HostRefusal || error instanceof CheckoutRefused)
    return reply.code(error.status).send({ error: error.message })
  if (error instanceof QunCallFailed) return reply.code(502).send({ error: error.code })
  const status = (error as { statusCode?: number }).statusCode ?? 500
  if (status >= 500) console.error(error)
  return reply.code(status).send({ error: status >= 500 ? 'server_error' : 'bad_request' })
}

interface OrderParts {
  readonly orders: OrderBook
  readonly checkout: Checkout
  readonly signedIn: (request: FastifyRequest) => string
  readonly now: () => number
  /** Tells everybody who follows the order, and gives it as it is then. */
  readonly moved: (order: Order) => Promise<Order>
}
type OrderRoute = { Params: { orderId: string } }
function addOrderRoutes(app: FastifyInstance, { orders, checkout, signedIn, now, moved }: OrderParts) {
  app.get('/api/orders', (request) => orders.list(signedIn(request)))
  app.post('/api/bills', (request) => checkout.readBill(signedIn(request), wishOf(request.body)))
  app.post('/api/orders', async (request, reply) => {
    const order = await checkout.place(signedIn(request), wishOf(request.body))
    return reply.code(201).send(await moved(order))
  })
  app.post<OrderRoute>('/api/orders/:orderId/pay', async (request) => {
    const userId = signedIn(request)
    const { orderId } = request.params
    try {
      return await moved(await checkout.pay(userId, orderId))
    } catch (error) {
      const order = orders.find(orderId)
      if (error instanceof CheckoutRefused && order?.userId === userId) await moved(order)
      throw error
    }
  })
  app.post<OrderRoute>('/api/orders/:orderId/cancel', async (request) =>
    moved(await checkout.cancel(signedIn(request), request.params.orderId)),
  )
  app.post<OrderRoute>('/api/orders/:orderId/refund', async (request) =>
    moved(checkout.refund(signedIn(request), request.params.orderId)),
  )
  app.post<OrderRoute>('/api/orders/:orderId/receive', async (request) => {
    const { orderId } = request.params
    if (orders.find(orderId)?.userId !== signedIn(request)) throw new HostRefusal(404, 'no_such_order')
    const order = orders.move(orderId, ['paid'], { state: 'received', receivedAt: now() }) ?? orders.find(orderId)
    return order && moved(order)
  })
}
/** What a phone asks for, as far as it makes sense. */
function wishOf(body: unknown): Wish {
  const { productId, quantity, groupId, couponId, kept } = (body ?? {}) as Record<string, unknown>
  const isText = (one: unknown): one is string => typeof one === 'string' && one.length > 0 && one.length <= 200
  return {
    ...(isText(productId) && { productId }),
    ...(typeof quantity === 'number' && Number.isInteger(quantity) && { quantity }),
    ...(isText(groupId) && { groupId }),
    ...(isText(couponId) && { couponId }),
    ...(isKept(kept) && { kept: { kind: kept.kind, groupId: kept.groupId, seq: kept.seq, id: kept.id } }),
  }
}
function isKept(value: unknown): value is Kept {
  const { kind, groupId, seq, id } = (value ?? {}) as Record<string, unknown>
  if (kind !== 'flash-sale' && kind !== 'group-buy') return false
  const isId = (one: unknown) => typeof one === 'string' && /^[\w.:-]{1,80}$/.test(one)
  return isId(groupId) && isId(id) && Number.isInteger(seq)
}

interface SessionParts {
  readonly sessions: Map<string, string>
  readonly qun: ReturnType<typeof createQunCalls>
  readonly qunUrl: string
  readonly avatarBase: () => string
}
function addSessionRoutes(app: FastifyInstance, parts: SessionParts) {
  /** People Qun has been told about since this start. */
  const told = new Set<string>()
  app.post<{ Body: { userId?: unknown; session?: unknown } }>('/api/session', async (request) => {
    const { userId, session } = request.body ?? {}
    const found = typeof userId === 'string' ? personOf(userId) : undefined
    if (found === undefined || typeof userId !== 'string') throw new HostRefusal(404, 'no_such_person')
    const { person, lang } = found
    if (!told.has(userId)) {
      const avatar = `${parts.avatarBase()}/art/people/${person.key}.svg`
      await parts.qun.call('PUT', `/users/${encodeURIComponent(userId)}`, {
        name: person.name[lang],
        avatar,
        badge: person.badge,
      })
      told.add(userId)
    }
    const known = typeof session === 'string' && parts.sessions.get(session) === userId ? session : undefined
    const id = known ?? randomBytes(16).toString('hex')
    parts.sessions.set(id, userId)
    return { session: id, userId, qunUrl: parts.qunUrl, token: await parts.qun.mintToken(userId) }
  })
}

function addPictureRoutes(app: FastifyInstance) {
  const send = (reply: FastifyReply, picture: string | undefined) => {
    if (picture === undefined) return reply.code(404).send({ error: 'no_such_picture' })
    return reply
      .header('cache-control', 'public, max-age=3600')
      .header('access-control-allow-origin', '*')
      .type('image/svg+xml')
      .send(picture)
  }
  app.get<{ Params: { key: string } }>('/art/people/:key.svg', (request, reply) =>
    send(reply, drawPortrait(request.params.key)),
  )
  app.get<{ Params: { id: string } }>('/art/goods/:id.svg', (request, reply) =>
    send(reply, drawProduct(request.params.id)),
  )
  app.get('/art/mark.svg', (_request, reply) => send(reply, drawMark()))
}

/** The front page, and the page inside each phone: one built document each, and their hashed assets. */
async function addFrontEnd(app: FastifyInstance, webDir: string) {
  await app.register(fastifyStatic, {
    root: join(webDir, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
  })
  const page = (name: string) => (_request: FastifyRequest, reply: FastifyReply) =>
    reply.header('cache-control', 'no-cache').sendFile(name, webDir)
  app.get('/', page('index.html'))
  app.get('/phone', page('phone.html'))
  app.get('/favicon.svg', (_request, reply) => reply.type('image/svg+xml').send(drawMark()))
}
