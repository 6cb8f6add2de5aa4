/** Rows of docs/bad-input.md that concern the whole server, over real HTTP and real sockets. */
import { features } from '@qun/chat/server'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { HalfRequest, until } from './testing/half-request.ts'
import { budgets } from './ground/rates.ts'
import { clientFrame, WireClient } from './testing/wire-client.ts'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf, type TestServer } from './testing/test-server.ts'

const unlimited = { send: 0, act: 0, write: 0, read: 0, join: 0, stranger: 0 }
let server: TestServer
let groupId: string
beforeAll(async () => {
  const pictureOrigins = ['https://cdn.shop.example']
  server = await startTestServer({
    pgUrl: inject('pgUrl'),
    features,
    rateLimits: unlimited,
    allowedOrigins: ['http://localhost:5173'],
    pictureOrigins,
  })
  groupId = await makeShopGroup(server)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})
const as = (userId: string) => tokenOf(server.app, userId, server.clock.now())

// ── pictures ──
const strange = [
  ...['https://tracker.example/pixel.png', 'data:image/svg+xml,<svg/>', 'javascript:alert(1)', '//cdn.shop.example/a'],
  ...['http://cdn.shop.example/a.png', 'https://cdn.shop.example@evil.example/', 'https://u:p@cdn.shop.example/a.png'],
  ...['https://cdn.shop.example.evil.example/a.png', 'https://cdn.shop.example:8443/a.png', '/v1/me', 'a.png', ' '],
]
test.each(strange)('[I8] a group does not take its picture from %j', async (avatar) => {
  const change = { token: as('wang'), body: { avatar } }
  const answer = await call(server, 'PATCH', `/groups/${groupId}`, change)
  expect(verdictOf(answer)).toBe('422 media.external_not_allowed')
  expect(answer.json.errors).toEqual([{ pointer: '/avatar', code: 'media.external_not_allowed' }])
  const made = await call(server, 'POST', '/groups', { token: as('wang'), body: { name: '新群', avatar } })
  expect(verdictOf(made)).toBe('422 media.external_not_allowed')
  const { json } = await call(server, 'GET', `/groups/${groupId}`, { token: as('wang') })
  expect(json.group.avatar).toBe('')
})
test.each(['https://cdn.shop.example/a.png', 'http://localhost:5173/art/a.svg', ''])(
  '[I8] a group takes its picture from %j, which the host lists',
  async (avatar) => {
    const { app, otherApp } = server
    const change = { token: as('wang'), body: { avatar } }
    expect(verdictOf(await call(server, 'PATCH', `/groups/${groupId}`, change))).toBe('200')
    const put = { token: app.apiKey, body: { name: '小李', avatar } }
    expect(verdictOf(await call(server, 'PUT', '/users/li', put))).toBe('200')
    expect(otherApp.appId).not.toBe(app.appId)
    await call(server, 'PATCH', `/groups/${groupId}`, { token: as('wang'), body: { avatar: '' } })
  },
)
test('[I8] the host names a person’s picture anywhere with https, and nothing that runs', async () => {
  const put = async (avatar: string) =>
    verdictOf(await call(server, 'PUT', '/users/li', { token: server.app.apiKey, body: { name: '小李', avatar } }))
  expect(await put('https://photos.example/li.png')).toBe('200')
  for (const avatar of [
    'http://photos.example/li.png',
    'data:image/png;base64,AA',
    'javascript:1',
    'https://u@x.example',
  ])
    expect(await put(avatar)).toBe('422 media.external_not_allowed')
})
test('[I8] what one app lists is not listed for another', async () => {
  await server.server.apps.create({
    appId: 'listed',
    name: 'listed',
    allowedOrigins: ['https://listed.example'],
  })
  const change = { token: as('wang'), body: { avatar: 'https://listed.example/a.png' } }
  expect(verdictOf(await call(server, 'PATCH', `/groups/${groupId}`, change))).toBe('422 media.external_not_allowed')
})

// ── heads ──
/** A request written by hand; its headers are lines, so that one may be there twice. */
async function raw(lines: readonly string[], first = 'GET /v1/me HTTP/1.1', body = ''): Promise<string> {
  const { host } = new URL(server.url)
  const all = lines.some((line) => /^host:/i.test(line)) ? lines : [`Host: ${host}`, ...lines]
  return HalfRequest.raw(server.url, `${first}\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n${body}`).verdict()
}
const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
const socketKey = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const socket = [...upgrade, socketKey]
const onSocket = 'GET /v1/socket HTTP/1.1'
const manyHeaders = Array.from({ length: 150 }, (_, i) => `X-${i}: 1`)
const bearer = () => `Authorization: Bearer ${as('li')}`

test('[I11] what says one thing is said once', async () => {
  expect(await raw([bearer()])).toBe('200')
  expect(await raw([bearer(), bearer()])).toBe('400 request.malformed')
  expect(await raw([bearer(), 'authorization: Bearer other'])).toBe('400 request.malformed')
  expect(await raw(['Host: a.example', 'Host: b.example', bearer()])).toBe('400 request.malformed')
  for (const line of ['Qun-Act-As: li', 'Qun-App: camellia', 'Idempotency-Key: a', 'Origin: https://a.example'])
    expect(await raw([bearer(), line, line]), line).toBe('400 request.malformed')
  const twice = `GET /v1/groups/${groupId}/messages?limit=1&limit=2 HTTP/1.1`
  expect(await raw([bearer()], twice)).toBe('400 request.invalid')
  // Proxies add to this one.
  expect(await raw([bearer(), 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2'])).toBe('200')
})
test('[I11] bodies come as they are', async () => {
  const json = ['Content-Type: application/json', 'Content-Length: 2', bearer()]
  const path = `POST /v1/groups/${groupId}/messages HTTP/1.1`
  for (const encoding of ['gzip', 'br', 'gzip, identity', 'x'])
    expect(await raw([...json, `Content-Encoding: ${encoding}`], path, '{}')).toBe('415 request.media_type')
  expect(await raw([...json, 'Content-Encoding: identity'], path, '{}')).toBe('400 request.invalid')
})
test('[I11] upgrades are held to the same, and say the same', async () => {
  const opened = HalfRequest.raw(server.url, `${onSocket}\r\nHost: x\r\n${socket.join('\r\n')}\r\n\r\n`)
  await until(() => opened.answer !== '')
  expect(opened.answer).toMatch(/^HTTP\/1.1 101/)
  opened.break()
  expect(await raw([...socket, ...manyHeaders], onSocket)).toBe('431 request.header_too_large')
  expect(await raw([...manyHeaders, bearer()])).toBe('431 request.header_too_large')
  expect(await raw(['Host: a', 'Host: b', ...socket], onSocket)).toBe('400 request.malformed')
  expect(await raw([...socket, socketKey], onSocket)).toBe('400 request.malformed')
  expect(await raw([...socket, 'Authorization: a', 'Authorization: b'], onSocket)).toBe('400 request.malformed')
  expect(await raw(socket, 'GET /v1/socket HTTP/1.0')).toBe('400 request.malformed')
})

// ── numbers of requests on a socket ──
test('[I15] a number that is under way is no other request’s; answered, it is free again', async () => {
  const client = await (await WireClient.open(server.url)).enter(as('zhao'))
  const say = (id: number, clientId: string) => ({
    ...{ op: 'send', id, groupId, clientId, kind: 'text', body: { text: '好' } },
  })
  client.write(
    ...[say(7, 'once'), say(7, 'twice'), { op: 'pull', id: 7, stream: `group/${groupId}`, from: 0 }].map((frame) =>
      clientFrame(JSON.stringify(frame)),
    ),
  )
  await client.untilOp('sent')
  client.send(say(7, 'again'))
  await client.until(() => client.frames.filter(({ op }) => op === 'sent').length === 2)
  const answers = client.frames.filter(({ op }) => op === 'sent' || op === 'error' || op === 'done')
  expect(answers.map(({ op, id, code, clientId }) => [op, id, code ?? clientId])).toEqual([
    ['error', undefined, 'request.duplicate_id'],
    ['error', undefined, 'request.duplicate_id'],
    ['sent', 7, 'once'],
    ['sent', 7, 'again'],
  ])
  const { json } = await call(server, 'GET', `/groups/${groupId}/messages`, { token: as('zhao') })
  expect(json.messages.filter((row: { clientId: string }) => row.clientId === 'twice')).toEqual([])
  client.close()
})

// ── keys ──
test('[I5] a host lists its keys and takes one back, the very one it calls with too; others’ are not there', async () => {
  const { app, otherApp, clock } = server
  const leaked = await server.server.apps.addApiKey(app.appId, 'leaked')
  const [, keyId] = /^qsk_(.+)_/.exec(leaked)!
  const list = async (token: string) => {
    const answer = await call(server, 'GET', '/keys', { token })
    return answer.status === 200 ? (answer.json.keys as Record<string, unknown>[]) : verdictOf(answer)
  }
  clock.pass(61_000)
  const found = (await list(leaked)) as Record<string, unknown>[]
  expect(found.map(({ kind }) => kind)).toContain('signing')
  expect(found.find((key) => key['keyId'] === keyId)).toMatchObject({ kind: 'api', label: 'leaked', revokedAt: null })
  expect(JSON.stringify(found)).not.toContain(leaked.slice(-64))
  const used = async () =>
    ((await list(app.apiKey)) as { keyId: string; lastUsedAt: number }[]).find((key) => key.keyId === keyId)
  await expect.poll(async () => (await used())?.lastUsedAt).toBe(clock.now())
  const revoke = (token: string) => call(server, 'POST', `/keys/${keyId}/revoke`, { token, body: {} })
  expect(verdictOf(await revoke(otherApp.apiKey))).toBe('404 key.not_found')
  expect(verdictOf(await revoke(as('wang')))).toBe('403 auth.scope')
  expect(verdictOf(await revoke(leaked))).toBe('200')
  expect(await list(leaked)).toBe('401 auth.token_key_retired')
  expect(verdictOf(await revoke(app.apiKey))).toBe('404 key.not_found')
  expect(await used()).toMatchObject({ revokedAt: clock.now() })
  expect(await list(as('wang'))).toBe('403 auth.scope')
})

// ── guesses ──
let hosts = 0
/** Each time another address of the same /64. */
const from = (n: number) => ({ 'x-forwarded-for': `2001:db8:0:${n}::${(++hosts).toString(16)}` })
test('[I6] wrong codes of many people at one address count together, as previews and as joins, and stop the right ones', async () => {
  await using guarded = await startTestServer({ pgUrl: inject('pgUrl'), features, trustedProxies: ['127.0.0.1'] })
  const id = await makeShopGroup(guarded)
  const token = (userId: string) => tokenOf(guarded.app, userId, guarded.clock.now())
  const at = (n: number, userId: string) => ({ token: token(userId), headers: from(n) })
  const look = async (n: number, userId: string, code = 'wrong') =>
    verdictOf(await call(guarded, 'GET', `/invites/${code}`, at(n, userId)))
  const join = async (n: number, userId: string) =>
    verdictOf(await call(guarded, 'POST', '/invites/wrong/accept', { ...at(n, userId), body: {} }))
  const made = await call(guarded, 'POST', `/groups/${id}/join-links`, { token: token('wang'), body: {} })
  const { code } = made.json as { code: string }
  for (let n = 0; n < budgets.guess.limit; n++)
    expect(await (n % 2 === 0 ? look : join)(1, `guesser${n}`)).toBe('404 invite.not_found')
  expect(await look(1, 'another')).toBe('429 rate.limited')
  expect(await join(1, 'another')).toBe('429 rate.limited')
  expect(await look(1, 'another', code)).toBe('429 rate.limited')
  expect(await look(2, 'another', code)).toBe('200')
  guarded.clock.pass(budgets.guess.windowMs)
  expect(await look(1, 'another', code)).toBe('200')
})
test('[I6] wrong codes a back end hands on count per app', async () => {
  await using guarded = await startTestServer({ pgUrl: inject('pgUrl'), features })
  const redeem = async (token: string, n: number) =>
    verdictOf(
      await call(guarded, 'POST', '/coupon-redemptions', {
        ...{ token, headers: { 'idempotency-key': `till-${n}` } },
        body: { code: `${10 ** 18 + n}`.padStart(20, '1'), orderId: `r-${n}` },
      }),
    )
  for (let n = 0; n < budgets.guessByApp.limit; n++)
    expect(await redeem(guarded.app.apiKey, n)).toBe('404 coupon.not_found')
  expect(await redeem(guarded.app.apiKey, 999)).toBe('429 rate.limited')
  expect(await redeem(guarded.otherApp.apiKey, 999)).toBe('404 coupon.not_found')
})
test('[I6] wrong tokens count alike over HTTP and sockets; expired ones are no guesses', async () => {
  await using guarded = await startTestServer({ pgUrl: inject('pgUrl'), features })
  const { clock, app } = guarded
  const wrong = () => tokenOf(app, 'li', clock.now(), { secret: Buffer.alloc(32, 1) })
  const expired = () => tokenOf(app, 'li', clock.now() - 7_200_000)
  const http = async (token: string) => verdictOf(await call(guarded, 'GET', '/me', { token }))
  const told = async (token: string) => {
    const client = await WireClient.open(guarded.url)
    client.send({ op: 'auth', token })
    await client.untilClosed()
    return [client.frames.map(({ code }) => code as string).join(), client.closedWith]
  }
  for (let n = 0; n < 2 * budgets.refusedCredential.limit; n++)
    expect(await http(expired())).toBe('401 auth.token_expired')
  for (let n = 0; n < budgets.refusedCredential.limit; n++) {
    if (n % 2 === 0) expect(await http(wrong())).toBe('401 auth.token_signature')
    else expect(await told(wrong())).toEqual(['auth.token_signature', 4401])
  }
  expect(await http(tokenOf(app, 'li', clock.now()))).toBe('429 rate.limited')
  expect(await told(tokenOf(app, 'li', clock.now()))).toEqual(['rate.limited', 4429])
  clock.pass(budgets.refusedCredential.windowMs)
  expect(await http(tokenOf(app, 'li', clock.now()))).toBe('200')
})

// ── pictures that are work ──
/** A photo of a few hundred bytes whose head says two megapixels. */
const lyingPhoto = Buffer.from(
  [
    '/9j/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBD',
    'ARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAXcBdwD',
    'ASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAVAQEBAAAAAAAAAAAAAAAAAAAC',
    'A//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AACQv//Z',
  ].join(''),
  'base64',
)
test('[I1] photos of one person that are all work cost nobody else a wait, and fail alone', async () => {
  const upload = async () => {
    const { status } = await fetch(`${server.url}/v1/groups/${groupId}/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${as('zhao')}`, 'content-type': 'image/jpeg' },
      body: new Uint8Array(lyingPhoto),
    })
    return status
  }
  let left = 4
  const uploads = Array.from({ length: left }, async () => upload().finally(() => left--))
  const body = { clientId: 'beside', kind: 'text', body: { text: '还有豆子吗？' } }
  const said = await call(server, 'POST', `/groups/${groupId}/messages`, { token: as('li'), body })
  expect(verdictOf(said)).toBe('201')
  expect(left).toBeGreaterThan(0)
  for (const status of await Promise.all(uploads)) expect([201, 415, 422, 429, 503]).toContain(status)
})

// ── bodies ──
const post = (body: unknown, userId = 'li') =>
  call(server, 'POST', `/groups/${groupId}/messages`, { token: as(userId), body })
const poll = (question: string, first = '豆子') => ({
  clientId: `poll-${question.length}`,
  kind: 'poll',
  body: {
    ...{ question, options: [first, '茶'], choicesMax: 1, anonymous: false, mayChange: true, mayAdd: false },
    hideResults: false,
  },
})
test('[I12] names and titles of all kinds are held to the rule, the host’s too', async () => {
  expect(verdictOf(await post(poll('喝什么？')))).toBe('201')
  for (const bad of ['\u202E喝什么', '\u3164', '喝\n什么', '\u2800', '喝\u200B什么'])
    for (const body of [poll(bad), poll('喝什么', bad)]) expect(verdictOf(await post(body))).toBe('400 request.invalid')
  const put = (userId: string, name: string) =>
    call(server, 'PUT', `/users/${encodeURIComponent(userId)}`, { token: server.app.apiKey, body: { name } })
  expect(verdictOf(await put('li', '小李'))).toBe('200')
  expect(verdictOf(await put('li', '\u202E李小'))).toBe('400 request.invalid')
  expect(verdictOf(await put('\u3164', '李'))).toBe('400 request.invalid')
})
test('[I14] a hundred unknown fields of a card are what one is', async () => {
  for (const count of [1, 8, 100]) {
    const more = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, i]))
    for (const [body, at] of [
      [{ clientId: 'x', kind: 'text', body: { text: '好' }, ...more }, ''],
      [{ clientId: 'x', kind: 'text', body: { text: '好', ...more } }, '/body'],
    ] as const) {
      const answer = await post(body)
      expect(verdictOf(answer)).toBe('400 request.unknown_field')
      expect(answer.json.errors[0]).toEqual({ pointer: `${at}/x0`, code: 'request.unknown_field' })
      expect(answer.json.errors).toHaveLength(Math.min(count, 10))
    }
  }
})
test('[I16] a body and a frame that name a key twice are refused', async () => {
  expect(verdictOf(await post('{"clientId":"k","kind":"text","body":{"text":"一","text":"二"}}'))).toBe(
    '400 request.duplicate_key',
  )
  const client = await (await WireClient.open(server.url)).enter(as('sun'))
  client.write(clientFrame('{"op":"read","id":1,"groupId":"grp_000000","seq":1,"s\\u0065q":2}'))
  expect(await client.untilOp('error')).toMatchObject({ code: 'request.duplicate_key', status: 400 })
  client.close()
})
