/** The demo shop's back end against a Qun that records what it hears. */
import { createServer, type Server } from 'node:http'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { maskedText } from './api-log.ts'
import { startDemoHost, type DemoHost } from './backend.ts'

const secret = Buffer.alloc(32, 7)
const apiKey = 'qsk_demo.1_very-secret'
const opened: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

interface Heard {
  readonly path: string
  readonly body: any
  readonly authorization: string | undefined
}
/** Stands for Qun at its HTTP surface; `status` is what it answers from now on. */
async function startEar() {
  /** What it says to calls whose method and path a pattern matches; anything else is recorded. */
  const says: [pattern: RegExp, status: number, body: unknown][] = []
  const ear = { heard: [] as Heard[], status: 202, url: '', says }
  const server: Server = createServer((request, answer) => {
    let text = ''
    request.on('data', (part) => (text += part))
    request.on('end', () => {
      ear.heard.push({
        path: request.url ?? '',
        body: text === '' ? undefined : JSON.parse(text),
        authorization: request.headers.authorization,
      })
      const asked = `${request.method} ${request.url}`
      const said = ear.says.findLast(([pattern]) => pattern.test(asked))
      const [, status, body] = said ?? [undefined, ear.status, { outcome: 'recorded', code: 'store.unavailable' }]
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  opened.push(() => new Promise<void>((done) => server.close(() => done())))
  ear.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return ear
}
async function startShop(qunUrl: string, dataDir?: string): Promise<{ shop: DemoHost; dir: string }> {
  const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'qun-shop-'))
  mkdirSync(join(dir, 'web/assets'), { recursive: true })
  for (const page of ['index.html', 'phone.html']) writeFileSync(join(dir, 'web', page), `<title>${page}</title>`)
  const access = { qunUrl, appId: 'demo', apiKey, signingKey: { kid: 'k1', secret: secret.toString('base64url') } }
  const shop = await startDemoHost({ ...access, dataDir: dir, webDir: join(dir, 'web'), port: 0 })
  opened.push(() => shop.close())
  if (dataDir === undefined) opened.push(() => rmSync(dir, { recursive: true, force: true }))
  return { shop, dir }
}
async function ask(shop: DemoHost, method: string, path: string, session?: string, body?: unknown) {
  const answer = await fetch(shop.url + path, {
    method,
    headers: {
      ...(session !== undefined && { authorization: `Session ${session}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const said: any = await answer.json()
  return { status: answer.status, body: said }
}
/** Puts something into an order and pays it, as the phone's checkout does. */
async function buy(shop: DemoHost, session: string, wish: object) {
  const placed = await ask(shop, 'POST', '/api/orders', session, wish)
  return placed.status === 201 ? ask(shop, 'POST', `/api/orders/${placed.body.orderId}/pay`, session, {}) : placed
}
const signIn = async (shop: DemoHost, userId: string) =>
  (await ask(shop, 'POST', '/api/session', undefined, { userId })).body

describe('signing in', () => {
  test('mints a token for that person alone, with the key id in its header', async () => {
    const ear = await startEar()
    const { shop } = await startShop(ear.url)
    const { token, qunUrl } = await signIn(shop, 'li')
    const { payload } = await jwtVerify(token, secret, { issuer: 'demo', audience: 'qun' })
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'HS256', kid: 'k1' })
    expect(payload).toMatchObject({ sub: 'li', scope: 'user' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600)
    expect(qunUrl).toBe(ear.url)
    expect(ear.heard.filter(({ path }) => path.startsWith('/v1/users'))).toMatchObject([
      { path: '/v1/users/li', body: { name: '小李', badge: null } },
    ])
  })
  test.each([{ userId: 'nobody' }, { userId: 7 }, {}])('refuses %j', async (body) => {
    const { shop } = await startShop((await startEar()).url)
    expect(await ask(shop, 'POST', '/api/session', undefined, body)).toMatchObject({ status: 404 })
  })
})

describe('orders', () => {
  test('paying and receiving are told once each, with what was bought', async () => {
    const ear = await startEar()
    const { shop } = await startShop(ear.url)
    const { session } = await signIn(shop, 'li')
    const { body: order } = await buy(shop, session, { productId: 'guji' })
    await ask(shop, 'POST', `/api/orders/${order.orderId}/receive`, session, {})
    await ask(shop, 'POST', `/api/orders/${order.orderId}/receive`, session, {})
    const events = ear.heard.filter((call) => call.path === '/v1/order-events')
    expect(events.map((call) => call.body.kind)).toEqual(['paid', 'received'])
    expect(events[0]).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      body: {
        orderId: order.orderId,
        userId: 'li',
        shopId: 'camellia',
        amountFen: 8_800,
        items: [{ productId: 'guji', title: '古吉 日晒', quantity: 1 }],
      },
    })
  })
  test('[E-20] a paid order is refunded once, by its buyer, and told once; its pieces are for sale again', async () => {
    const ear = await startEar()
    const { shop } = await startShop(ear.url)
    const [{ session }, other] = [await signIn(shop, 'li'), await signIn(shop, 'zhao')]
    const { body: waiting } = await ask(shop, 'POST', '/api/orders', session, { productId: 'guji' })
    const refund = (orderId: string, who = session) => ask(shop, 'POST', `/api/orders/${orderId}/refund`, who, {})
    expect(await refund(waiting.orderId)).toEqual({ status: 409, body: { error: 'order_closed' } })
    const { body: order } = await buy(shop, session, { productId: 'guji' })
    expect(await refund(order.orderId, other.session)).toEqual({ status: 404, body: { error: 'no_such_order' } })
    const answers = await Promise.all([refund(order.orderId), refund(order.orderId)])
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { state: 'refunded' } })
    const received = await ask(shop, 'POST', `/api/orders/${order.orderId}/receive`, session, {})
    expect(received.body).toMatchObject({ state: 'refunded' })
    const events = ear.heard.filter((call) => call.path === '/v1/order-events').map(({ body }) => body)
    expect(events.map(({ kind }) => kind)).toEqual(['paid', 'refunded'])
    expect(events[1]).toMatchObject({ eventId: `${order.orderId}.refunded`, orderId: order.orderId, userId: 'li' })
    expect(events[1].at).toBeGreaterThanOrEqual(events[0].at)
  })
  test('buying works while Qun is away, and is told after a restart', async () => {
    const ear = await startEar()
    const { shop, dir } = await startShop(ear.url)
    const { session } = await signIn(shop, 'li')
    ear.status = 503
    expect(await buy(shop, session, { productId: 'mug' })).toMatchObject({ status: 200, body: { state: 'paid' } })
    await shop.close()
    ear.status = 202
    ear.heard.length = 0
    await startShop(ear.url, dir)
    expect(ear.heard.filter(({ path }) => path === '/v1/order-events').map((call) => call.body.kind)).toEqual(['paid'])
  })
  test('nobody receives the order of another, or buys without signing in', async () => {
    const { shop } = await startShop((await startEar()).url)
    const { session } = await signIn(shop, 'li')
    const { body: order } = await ask(shop, 'POST', '/api/orders', session, { productId: 'guji' })
    const other = (await signIn(shop, 'zhao')).session
    expect((await ask(shop, 'POST', `/api/orders/${order.orderId}/receive`, other, {})).status).toBe(404)
    expect((await ask(shop, 'GET', '/api/orders', other)).body).toEqual([])
    expect((await ask(shop, 'POST', '/api/orders', undefined, { productId: 'guji' })).status).toBe(401)
    expect((await ask(shop, 'POST', '/api/orders', session, { productId: 'nothing' })).status).toBe(404)
  })
})

describe('the checkout', () => {
  const hold = { kind: 'flash-sale', groupId: 'grp_1', seq: 7, id: 'hold_1' }
  const place = { kind: 'group-buy', groupId: 'grp_1', seq: 8, id: 'place_1' }
  const kept = { userId: 'li', productId: 'guji', quantity: 2, amountFen: 11_600, until: 9e12, status: 'held' }
  const eventsOf = (ear: Awaited<ReturnType<typeof startEar>>) =>
    ear.heard.filter(({ path }) => path === '/v1/order-events').map(({ body }) => body.kind as string)
  const open = async () => {
    const ear = await startEar()
    ear.says.push([/GET .*(?:holds|places)/, 200, kept])
    const { shop } = await startShop(ear.url)
    const { session } = await signIn(shop, 'li')
    return { ear, shop, session: session as string }
  }
  test('what Qun keeps is paid at the price Qun says, whatever the phone says', async () => {
    const { ear, shop, session } = await open()
    const wish = { kept: hold, productId: 'mug', quantity: 1 }
    const { body: bill } = await ask(shop, 'POST', '/api/bills', session, wish)
    expect(bill).toMatchObject({ productId: 'guji', quantity: 2, listFen: 17_600, payableFen: 11_600 })
    const { body: order } = await buy(shop, session, wish)
    expect(order).toMatchObject({ state: 'paid', amountFen: 11_600, kept: hold, points: 116 })
    const paid = ear.heard.find(({ path }) => path === '/v1/flash-sales/grp_1/7/holds/hold_1/paid')
    expect(paid?.body).toEqual({ orderId: order.orderId })
    expect(eventsOf(ear)).toEqual(['paid'])
    const grant = ear.heard.find(({ path }) => path === '/v1/points/grants')
    expect(grant?.body).toMatchObject({ userId: 'li', amount: 116, ref: `shop-${order.orderId}` })
  })
  test.each([
    [{ userId: 'zhao' }, 404, 'not_yours'],
    [{ status: 'void' }, 409, 'offer_void'],
    [{ status: 'lapsed' }, 409, 'kept_over'],
    [{ productId: 'nothing' }, 404, 'no_such_product'],
  ])('[MER6] of %j there is no order', async (change, status, error) => {
    const { ear, shop, session } = await open()
    ear.says.push([/GET .*holds/, 200, { ...kept, ...change }])
    for (const path of ['/api/bills', '/api/orders'])
      expect(await ask(shop, 'POST', path, session, { kept: hold })).toEqual({ status, body: { error } })
    expect((await ask(shop, 'GET', '/api/orders', session)).body).toEqual([])
  })
  test('refused by Qun nothing is sold: the order is over, and told so', async () => {
    const { ear, shop, session } = await open()
    ear.says.push([/POST .*paid/, 410, { code: 'flash_sale.hold_over' }])
    expect(await buy(shop, session, { kept: hold })).toEqual({ status: 409, body: { error: 'flash_sale.hold_over' } })
    expect((await ask(shop, 'GET', '/api/orders', session)).body).toMatchObject([{ state: 'cancelled' }])
    expect(eventsOf(ear)).toEqual(['cancelled'])
  })
  test('while Qun is away a payment waits, and is made when it is back', async () => {
    const { ear, shop, session } = await open()
    ear.says.push([/POST .*paid/, 503, { code: 'store.unavailable' }])
    const { body: placed } = await ask(shop, 'POST', '/api/orders', session, { kept: hold })
    const pay = () => ask(shop, 'POST', `/api/orders/${placed.orderId}/pay`, session, {})
    expect((await pay()).status).toBe(502)
    expect((await ask(shop, 'GET', '/api/orders', session)).body).toMatchObject([{ state: 'pending' }])
    ear.says.pop()
    // Coming back to the checkout finds the same order.
    expect((await ask(shop, 'POST', '/api/orders', session, { kept: hold })).body.orderId).toBe(placed.orderId)
    expect((await pay()).body).toMatchObject({ state: 'paid' })
    expect((await pay()).body).toMatchObject({ state: 'paid' })
    expect(eventsOf(ear)).toEqual(['paid'])
  })
  test('given up, a hold is cancelled and a place is told to be over', async () => {
    const { ear, shop, session } = await open()
    for (const one of [hold, place]) {
      const { body: placed } = await ask(shop, 'POST', '/api/orders', session, { kept: one })
      const cancelled = await ask(shop, 'POST', `/api/orders/${placed.orderId}/cancel`, session, {})
      expect(cancelled.body).toMatchObject({ state: 'cancelled' })
      const again = await ask(shop, 'POST', `/api/orders/${placed.orderId}/cancel`, session, {})
      expect(again).toEqual({ status: 409, body: { error: 'order_closed' } })
    }
    const paths = ear.heard.map(({ path }) => path)
    expect(paths).toContain('/v1/flash-sales/grp_1/7/holds/hold_1/cancel')
    expect(paths).toContain('/v1/group-buys/grp_1/8/orders')
    expect(eventsOf(ear)).toEqual(['cancelled', 'cancelled'])
  })
  test.each([
    ['capture', { state: 'paid', amountFen: 9_000 }, ['paid']],
    ['void', { state: 'cancelled' }, ['cancelled']],
  ] as const)('a place is authorised, and then %s as Qun says', async (what, expected, events) => {
    const { ear, shop, session } = await open()
    ear.says.push([/POST .*paid/, 200, { status: 'paid' }], [/GET .*instructions/, 200, { instructions: [] }])
    const { body: order } = await buy(shop, session, { kept: place })
    expect(order).toMatchObject({ state: 'authorised', amountFen: 11_600 })
    expect(eventsOf(ear)).toEqual([])
    const instruction = { orderId: order.orderId, what, amountFen: what === 'capture' ? 9_000 : 11_600 }
    ear.says.push([/GET .*instructions/, 200, { instructions: [instruction] }])
    // Whatever is bought next has the shop look.
    await buy(shop, session, { productId: 'drip' })
    const orders = (await ask(shop, 'GET', '/api/orders', session)).body as { orderId: string }[]
    expect(orders.find((one) => one.orderId === order.orderId)).toMatchObject(expected)
    const done = ear.heard.filter(({ path }) => path === '/v1/group-buys/instructions/done').map(({ body }) => body)
    expect(done).toEqual([{ orderId: order.orderId, what }])
    expect(eventsOf(ear).toSorted()).toEqual([...events, 'paid'].toSorted())
  })
  test('a coupon is priced by Qun, held for the order, used when it is paid, and free again when it is given up', async () => {
    const { ear, shop, session } = await open()
    ear.says.push([/coupon-quotes/, 200, { discountFen: 500, payableFen: 11_300 }])
    const wish = { productId: 'drip', quantity: 2, couponId: 'c1' }
    const { body: order } = await buy(shop, session, wish)
    expect(order).toMatchObject({ state: 'paid', amountFen: 11_300, couponFen: 500, listFen: 11_800, quantity: 2 })
    const { body: placed } = await ask(shop, 'POST', '/api/orders', session, wish)
    await ask(shop, 'POST', `/api/orders/${placed.orderId}/cancel`, session, {})
    const of = (orderId: string) =>
      ear.heard.flatMap(({ path }) => (path.includes(`/coupon-orders/${orderId}/`) ? [path.split('/').at(-1)] : []))
    expect([of(order.orderId), of(placed.orderId)]).toEqual([
      ['lock', 'use'],
      ['lock', 'release'],
    ])
    const lock = ear.heard.find(({ path }) => path.endsWith('/lock'))
    expect(lock?.body.basket.lines).toEqual([
      { lineId: '1', sku: 'drip', categories: ['coffee'], unitFen: 5_900, quantity: 2 },
    ])
    ear.says.push([/coupon-orders.*lock/, 409, { code: 'coupon.state' }])
    expect(await buy(shop, session, wish)).toEqual({ status: 409, body: { error: 'coupon.state' } })
  })
  test('nobody pays or gives up the order of another; what makes no sense is no order', async () => {
    const { shop, session } = await open()
    const { body: order } = await ask(shop, 'POST', '/api/orders', session, { productId: 'drip' })
    const other = (await signIn(shop, 'zhao')).session
    for (const step of ['pay', 'cancel'])
      expect((await ask(shop, 'POST', `/api/orders/${order.orderId}/${step}`, other, {})).status).toBe(404)
    for (const wish of [{}, { kept: { ...hold, id: '../x' } }, { productId: 7 }, { kept: { ...hold, seq: 'x' } }])
      expect((await ask(shop, 'POST', '/api/orders', session, wish)).status).toBe(404)
  })
})

describe('the catalogue', () => {
  test('is told whole at the start, with the links that lead to it', async () => {
    const ear = await startEar()
    const { shop } = await startShop(ear.url)
    const [zh, en, all, links] = ear.heard
    const merchants = ['/v1/merchants/camellia', '/v1/merchants/camellia-en']
    expect([zh?.path, en?.path].toSorted()).toEqual(merchants)
    expect(all?.path).toBe('/v1/products')
    const products = all?.body.products as { productId: string; url: string; image: string; stock?: number }[]
    expect(products.map((one) => one.productId)).toEqual(expect.arrayContaining(['guji', 'guji-en', 'mug', 'mug-en']))
    expect(products.find((one) => one.productId === 'mug-en')).toMatchObject({
      merchantId: 'camellia-en',
      floorFen: 4_500,
      title: 'Camellia mug',
      priceFen: 6_800,
      groupPriceFen: 6_200,
      stock: 7,
      image: '/art/goods/mug.svg',
      url: '/?product=mug',
    })
    expect(links).toMatchObject({
      path: '/v1/product-links',
      body: { patterns: [`${shop.url}/?product={productId}`] },
    })
  })
  test('follows each sale, and the last piece is the last', async () => {
    const ear = await startEar()
    const { shop } = await startShop(ear.url)
    const { session } = await signIn(shop, 'li')
    const buyOne = () => buy(shop, session, { productId: 'mug' })
    const answers = await Promise.all(Array.from({ length: 9 }, buyOne))
    const said = answers.map(({ status, body }) => (status === 200 ? 'sold' : `${status} ${body.error}`))
    expect(said.toSorted()).toEqual([...Array<string>(2).fill('409 sold_out'), ...Array<string>(7).fill('sold')])
    const told = () => ear.heard.filter(({ path }) => path === '/v1/products/mug').map((call) => call.body.stock)
    await expect.poll(told).toContain(0)
  })
  test('members of a group pay its price; what a phone says of a group is asked of Qun', async () => {
    const ear = await startEar()
    const { shop } = await startShop(ear.url)
    const { session } = await signIn(shop, 'li')
    const buyOne = async () => (await buy(shop, session, { productId: 'guji-en', groupId: 'grp_1' })).body
    expect(await buyOne()).toMatchObject({ productId: 'guji', amountFen: 7_900, groupId: 'grp_1' })
    ear.status = 404
    const order = await buyOne()
    expect(order).toMatchObject({ amountFen: 8_800 })
    expect(order).not.toHaveProperty('groupId')
  })
})

describe('the log', () => {
  test('streams what was said, without key, token or secret', async () => {
    const { shop } = await startShop((await startEar()).url)
    const { token } = await signIn(shop, 'li')
    const answer = await fetch(`${shop.url}/api/log`)
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('PUT /v1/users/li') || !text.includes('JWT HS256')) text += (await reader.read()).value ?? ''
    await reader.cancel()
    expect(text).toContain('PUT /v1/users/li')
    expect(text).toContain('JWT HS256')
    for (const hidden of [apiKey, token, secret.toString('base64url')]) expect(text).not.toContain(hidden)
  })
  test('masks secrets by name, however deep, and cuts what is long', () => {
    expect(maskedText({ a: { accessToken: 'x', code: 'y', title: 'z' } })).toBe(
      '{"a":{"accessToken":"•••","code":"•••","title":"z"}}',
    )
    expect(maskedText('x'.repeat(1_000)).length).toBeLessThan(250)
  })
})
