/** The rows HTTP-* and TEN-* of the error contract that concern the shell, against a listening server. */
import { connect } from 'node:net'
import { closed, defineEndpoint, Type } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { features } from '@qun/chat/server'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ProblemSchema } from '@qun/contract'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'
import { bodyCheck } from '../ground/validate.ts'

/** A route that moves money, as a feature would declare it. */
const pay = defineEndpoint({
  name: 'testing.pay',
  method: 'POST',
  path: '/testing/pay',
  doc: 'Pays.',
  by: 'user',
  commerce: true,
  body: closed({ amountFen: Type.Integer({ minimum: 1 }), note: Type.Optional(Type.String({ maxLength: 40 })) }),
  answer: closed({ paid: Type.Integer() }),
  status: 201,
})
const slip = defineEndpoint({
  name: 'testing.slip',
  method: 'GET',
  path: '/testing/slip',
  doc: 'Throws.',
  by: 'user',
  answer: closed({}),
})
const echo = defineEndpoint({
  name: 'testing.echo',
  method: 'GET',
  path: '/testing/echo',
  doc: 'Echoes.',
  by: 'open',
  query: closed({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 9, default: 5 })),
    flag: Type.Optional(Type.Boolean()),
  }),
  answer: closed({ limit: Type.Integer(), flag: Type.Optional(Type.Boolean()) }),
})
const testing = defineFeature({
  name: 'testing',
  endpoints: [
    serveEndpoint(pay, (call) => ({ paid: call.body.amountFen })),
    serveEndpoint(slip, () => {
      throw new Error('a secret of the inside')
    }),
    serveEndpoint(echo, (call) => call.query as { limit: number }),
  ],
})

let world: TestServer
let groupId: string
let li: string
beforeAll(async () => {
  world = await startTestServer({
    pgUrl: inject('pgUrl'),
    features: [...features, testing],
    allowedOrigins: ['https://shop.example'],
    rateLimits: { write: 0, read: 0, stranger: 0, send: 0 },
    trustedProxies: ['10.0.0.0/8'],
  })
  groupId = await makeShopGroup(world)
  li = tokenOf(world.app, 'li', world.clock.now())
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  call(world, 'POST', `/groups/${groupId}/messages`, { token: li, body, headers })

/** Writes bytes and reads all that comes until the server ends the connection. */
function raw(text: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('utf8')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })
}
const request = (line: string, headers = '') => raw(`${line}\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`)
const codeIn = (answer: string) => `${/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]} ${/"code":"([^"]+)"/.exec(answer)?.[1]}`

describe('bodies', () => {
  const right = { clientId: 'c1', kind: 'text', body: { text: '你好' } }
  const rows: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['HTTP-01 broken', '{"a":', '400 request.malformed'],
    ['HTTP-01 BOM', `\uFEFF${JSON.stringify(right)}`, '400 request.malformed'],
    ['HTTP-01 trailing comma', '{"a":1,}', '400 request.malformed'],
    ['HTTP-01 NaN', '{"a":NaN}', '400 request.malformed'],
    ['HTTP-01 raw control character', '{"a":"\u0001"}', '400 request.malformed'],
    ['HTTP-01 two values', '{}{}', '400 request.malformed'],
    ['WS-11 depth 33', '['.repeat(33) + ']'.repeat(33), '400 request.too_deep'],
    ['WS-11 depth 400,000', '['.repeat(400_000), '400 request.too_deep'],
    ['MSG-08 NUL', '{"clientId":"c1","kind":"text","body":{"text":"a\\u0000"}}', '400 request.encoding'],
    ['MSG-08 lone surrogate', '{"clientId":"c1","kind":"text","body":{"text":"\\ud800"}}', '400 request.encoding'],
    ['MSG-08 U+FFFF', '{"clientId":"c1","kind":"text","body":{"text":"\uFFFF"}}', '400 request.encoding'],
    ['MSG-08 U+FFFF escaped', '{"clientId":"c1","kind":"text","body":{"text":"\\uffff"}}', '400 request.encoding'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), '400 request.encoding'],
    ['__proto__', '{"__proto__":{"role":"owner"}}', '400 request.unknown_field'],
    [
      'constructor, escaped',
      '{"clientId":"c1","kind":"text","body":{"con\\u0073tructor":{}}}',
      '400 request.unknown_field',
    ],
    ['MSG-15', JSON.stringify({ ...right, sender_id: 'wang' }), '400 request.unknown_field'],
    ['a field missing', JSON.stringify({ kind: 'text', body: {} }), '400 request.invalid'],
    ['a wrong type', JSON.stringify({ ...right, clientId: 5 }), '400 request.invalid'],
    ['an array', '[]', '400 request.invalid'],
    ['null', 'null', '400 request.invalid'],
    ['a bare string with NUL', '"\\u0000"', '400 request.encoding'],
    ['right', JSON.stringify(right), '201'],
    [
      'words of the forbidden keys',
      JSON.stringify({ ...right, clientId: 'c2', body: { text: 'the constructor of a prototype' } }),
      '201',
    ],
  ]
  for (const [row, body, expected] of rows) {
    test(`[${row}] ${expected}`, async () => {
      expect(verdictOf(await post(body))).toBe(expected)
    })
  }
  test('pointers name the fields', async () => {
    const answer = await post(JSON.stringify({ ...right, 'a/b': 1, seq: 2 }))
    expect(answer.json.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/a~1b', '/seq'])
    expect((await post('{"kind":"text","body":{}}')).json.errors[0].pointer).toBe('/clientId')
  })
  test('[HTTP-03] types that are not JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'image/png',
      'application/xml',
    ]) {
      expect(verdictOf(await post('{}', { 'content-type': type }))).toBe('415 request.media_type')
    }
    const length = 'Content-Length: 2\r\n'
    const answer = await raw(
      `POST /v1/groups/${groupId}/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${li}\r\n${length}\r\n{}`,
    )
    expect(codeIn(answer)).toBe('415 request.media_type')
  })
  test('[ORD-08] 1 MiB + 1', async () => {
    expect(verdictOf(await post(`"${'a'.repeat(1_048_576)}"`))).toBe('413 request.too_large')
  })
  test('a body that may be empty may be missing', async () => {
    const sent = await post(JSON.stringify({ ...right, clientId: 'c3' }))
    expect(
      verdictOf(await call(world, 'POST', `/groups/${groupId}/messages/${sent.json.seq}/recall`, { token: li })),
    ).toBe('200')
  })
})

describe('heads and paths', () => {
  test('[HTTP-05] 9 KiB address, 101 headers, 17 KiB header', async () => {
    expect(codeIn(await request(`GET /v1/me?${'a'.repeat(9_216)} HTTP/1.1`))).toBe('414 request.uri_too_long')
    const many = Array.from({ length: 101 }, (_, i) => `X-${i}: 1\r\n`).join('')
    expect(codeIn(await request('GET /v1/me HTTP/1.1', many))).toBe('431 request.header_too_large')
    expect(codeIn(await request('GET /v1/me HTTP/1.1', `X-Long: ${'a'.repeat(17_408)}\r\n`))).toBe(
      '431 request.header_too_large',
    )
  })
  test('[HTTP-08] methods nobody serves', async () => {
    expect(codeIn(await request('TRACE /v1/me HTTP/1.1'))).toBe('405 request.method')
    expect(codeIn(await request('CONNECT shop.example:443 HTTP/1.1'))).toBe('405 request.method')
    expect(codeIn(await request('FOO /v1/me HTTP/1.1'))).toBe('405 request.method')
    const deleted = await call(world, 'DELETE', '/me', { token: li })
    expect(verdictOf(deleted)).toBe('405 request.method')
    expect(deleted.headers.get('allow')).toBe('GET, HEAD')
    const got = await call(world, 'GET', `/groups/${groupId}/messages/1/recall`, { token: li })
    expect(verdictOf(got)).toBe('405 request.method')
    expect(got.headers.get('allow')).toBe('POST')
  })
  const paths: readonly (readonly [string, string])[] = [
    ['/v1/%2e%2e/me', '404 route.not_found'],
    ['/v1/../me', '404 route.not_found'],
    ['//v1/me', '404 route.not_found'],
    ['/v1//me', '404 route.not_found'],
    ['/v1\\me', '404 route.not_found'],
    ['/v1/me/', '404 route.not_found'],
    ['/V1/ME', '404 route.not_found'],
    ['/v1/groups/%00', '400 request.encoding'],
    ['/v1/groups/%zz', '400 request.malformed'],
    ['/v1/groups/%ff', '400 request.malformed'],
    ['/v1/groups/not-an-id', '400 request.invalid'],
    [`/v1/groups/${'a'.repeat(700)}`, '414 request.uri_too_long'],
  ]
  for (const [path, expected] of paths) {
    test(`[HTTP-13] ${path.slice(0, 40)}: ${expected}`, async () => {
      expect(codeIn(await request(`GET ${path} HTTP/1.1`, `Authorization: Bearer ${li}\r\n`))).toBe(expected)
    })
  }
  test('garbage instead of a request', async () => {
    expect(codeIn(await raw('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'))).toBe('400 request.malformed')
  })
  test('queries: numbers are read, what is unknown, twice or out of range is refused', async () => {
    const ask = async (query: string) => call(world, 'GET', `/testing/echo${query}`, { token: li })
    expect((await ask('')).json).toEqual({ limit: 5 })
    expect((await ask('?limit=3&flag=true')).json).toEqual({ limit: 3, flag: true })
    for (const query of [
      '?limit=10',
      '?limit=1.5',
      '?limit=',
      '?limit=1&limit=2',
      '?limit=abc',
      '?flag=yes',
      '?limit=0x1',
    ]) {
      expect(verdictOf(await ask(query))).toBe('400 request.invalid')
    }
    expect(verdictOf(await ask('?debug=1'))).toBe('400 request.unknown_field')
  })
  test('[HTTP-10] X-Forwarded-For from nobody we trust is not believed', async () => {
    const answer = await call(world, 'GET', '/me', { headers: { 'x-forwarded-for': '10.1.2.3' } })
    expect(verdictOf(answer)).toBe('401 auth.missing')
  })
})

describe('[HTTP-11] CORS', () => {
  const preflight = (origin: string) =>
    call(world, 'OPTIONS', '/me', {
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    })
  test('an unlisted origin gets no permission; neither do null and look-alikes', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'https://shop.example.evil.io',
      'http://shop.example',
      'https://SHOP.example',
    ]) {
      const answer = await preflight(origin)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      const got = await call(world, 'GET', '/me', { token: li, headers: { origin } })
      expect(got.headers.get('access-control-allow-origin')).toBeNull()
    }
  })
  test('a listed one gets its own name, never *, never credentials', async () => {
    const answer = await preflight('https://shop.example')
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(answer.headers.get('access-control-allow-headers')).toContain('Idempotency-Key')
    expect(answer.headers.get('vary')).toContain('Origin')
  })
  test('an app’s own list counts too', async () => {
    await world.server.apps.setAllowedOrigins(world.app.appId, ['https://camellia.example'])
    expect((await preflight('https://camellia.example')).headers.get('access-control-allow-origin')).toBe(
      'https://camellia.example',
    )
  })
})

describe('[HTTP-15] Idempotency-Key on a money route', () => {
  const send = (body: unknown, key?: string, token = li) =>
    call(world, 'POST', '/testing/pay', {
      token,
      body,
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    })
  test('missing, too long, unprintable', async () => {
    expect(verdictOf(await send({ amountFen: 5 }))).toBe('400 idempotency.key_missing')
    expect(verdictOf(await send({ amountFen: 5 }, 'k'.repeat(256)))).toBe('400 request.invalid')
    expect(verdictOf(await send({ amountFen: 5 }, 'a b'))).toBe('400 request.invalid')
  })
  test('repeated: as the first time; reused for something else: refused; quoted is the same key', async () => {
    expect(verdictOf(await send({ amountFen: 5 }, 'k1'))).toBe('201')
    const again = await send({ amountFen: 5 }, '"k1"')
    expect([again.status, again.json]).toEqual([200, { paid: 5 }])
    expect(verdictOf(await send({ amountFen: 6 }, 'k1'))).toBe('422 idempotency.key_reused')
  })
  test('[HTTP-16] the same key of somebody else, or in another app, is another key', async () => {
    expect(verdictOf(await send({ amountFen: 7 }, 'k1', tokenOf(world.app, 'zhao', world.clock.now())))).toBe('201')
    expect(verdictOf(await send({ amountFen: 8 }, 'k1', tokenOf(world.otherApp, 'li', world.clock.now())))).toBe('201')
  })
  test('[AUTH-25] a guest', async () => {
    const guest = tokenOf(world.app, 'visitor', world.clock.now(), { claims: { scope: 'guest' } })
    expect(verdictOf(await send({ amountFen: 5 }, 'k2', guest))).toBe('403 auth.guest_forbidden')
  })
})

describe('answers', () => {
  test('every problem has the declared shape, a request id, and a title in the caller’s language', async () => {
    const check = bodyCheck(ProblemSchema)
    for (const [language, title] of [
      ['en-GB,en;q=0.9', 'No credential was given'],
      ['zh', '缺少凭证'],
      ['fr', '缺少凭证'],
    ] as const) {
      const answer = await call(world, 'GET', '/me', { headers: { 'accept-language': language } })
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(answer.json.title).toBe(title)
      expect(answer.json.request_id).toMatch(/^req_/)
      check(answer.json)
    }
  })
  test('a bug tells nothing but its request id, and the log tells all', async () => {
    const answer = await call(world, 'GET', '/testing/slip', { token: li })
    expect(verdictOf(answer)).toBe('500 server.bug')
    expect(answer.text).not.toContain('secret')
    expect(world.logLines.join('\n')).toContain('a secret of the inside')
  })
  test('[TEN-10] a user of one app is nobody in another, whatever the ids look like', async () => {
    const stranger = tokenOf(world.otherApp, 'li', world.clock.now())
    const foreign = await call(world, 'GET', `/groups/${groupId}`, { token: stranger })
    const unknown = await call(world, 'GET', `/groups/grp_${'0'.repeat(32)}`, { token: stranger })
    expect(verdictOf(foreign)).toBe('404 group.not_found')
    expect({ ...foreign.json, request_id: '' }).toEqual({ ...unknown.json, request_id: '' })
  })
  test('[MSG-23] the 21st message within 10 s waits; later it passes', async () => {
    const limited = await startTestServer({ pgUrl: inject('pgUrl'), features })
    await using _ = limited
    const group = await makeShopGroup(limited)
    const send = (n: number) =>
      call(limited, 'POST', `/groups/${group}/messages`, {
        token: tokenOf(limited.app, 'li', limited.clock.now()),
        body: { clientId: `m${n}`, kind: 'text', body: { text: `${n}` } },
      })
    for (let n = 1; n <= 20; n++) expect(verdictOf(await send(n))).toBe('201')
    const late = await send(21)
    expect(verdictOf(late)).toBe('429 rate.limited')
    expect(late.headers.get('retry-after')).toBe('10')
    limited.clock.pass(10_000)
    expect(verdictOf(await send(21))).toBe('201')
  })
})
