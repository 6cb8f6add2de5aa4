/** What takes real time: drip-fed requests are cut, crowds of sockets are bounded, good callers hardly notice. */
import { connect, type Socket } from 'node:net'
import { features } from '@qun/chat/server'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { socketLimits } from '../ground/rates.ts'
import { call, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'
import { WireClient } from '../testing/wire-client.ts'

let world: TestServer
beforeAll(async () => {
  world = await startTestServer({
    pgUrl: inject('pgUrl'),
    features,
    isLive: true,
    rateLimits: { read: 0, stranger: 0, send: 0 },
  })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

/** Sends `head` at once, then one byte of `rest` a second; resolves with the answer and the seconds it took. */
function drip(head: string, rest: string): Promise<{ answer: string; seconds: number }> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const socket: Socket = connect(Number(new URL(world.url).port), '127.0.0.1')
    let answer = ''
    let sent = 0
    socket.write(head)
    const timer = setInterval(() => socket.write(rest[sent++ % rest.length]!), 1_000)
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ answer, seconds: (performance.now() - startedAt) / 1_000 })
    })
  })
}

// These two wait for the server's patience to end, side by side.
test.concurrent('[HTTP-06] [WS-21] a head at a byte a second is 408 within 10 s', async () => {
  const [request, handshake] = await Promise.all([
    drip('', 'GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
    drip('GET /v1/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n', 'Connection: Upgrade\r\nX-Slow: aaaaaaaaaa'),
  ])
  for (const { answer, seconds } of [request, handshake]) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*request\.timeout/)
    expect(seconds).toBeLessThan(10.5)
  }
})

test.concurrent('[HTTP-06] a body at a byte a second is 408 within 30 s, whatever good callers do meanwhile', async () => {
  const token = tokenOf(world.app, 'li', Date.now())
  const head = [
    'PUT /v1/groups/grp_000000/read HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    'Content-Length: 1000\r\n\r\n',
  ].join('\r\n')
  const slow = drip(head, ' ')
  expect(verdictOf(await call(world, 'GET', '/conversations', { token }))).toBe('200')
  const { answer, seconds } = await slow
  expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*request\.timeout/)
  expect(seconds).toBeLessThan(31)
})

test('[WS-18] the 1,001st socket of one address is 429 conn.limit; when one ends there is room', async () => {
  const sockets: WireClient[] = []
  for (let i = 0; i < socketLimits.perIp; i += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => WireClient.open(world.url)))))
  }
  expect(sockets.every((socket) => socket.status === 101 || socket.closedWith !== undefined)).toBe(true)
  // Those that did not sign in within 5 s are gone by now; the address is filled up again, quickly.
  const open = () => world.server.gateway.size
  while (open() < socketLimits.perIp) sockets.push(await WireClient.open(world.url))
  const late = await WireClient.open(world.url)
  expect(late.status).toBe(429)
  expect(late.answer).toContain('conn.limit')
  expect(late.answer).toMatch(/Retry-After: \d+/)
  for (const socket of sockets) socket.close()
})

test('[P7] a socket that never reads is cut with bounded memory; another in the group misses nothing', async () => {
  const { app } = world
  for (const user of ['deaf', 'keen'])
    await call(world, 'PUT', `/users/${user}`, { token: app.apiKey, body: { name: user } })
  const keenToken = tokenOf(app, 'keen', Date.now())
  const made = await call(world, 'POST', '/groups', { token: keenToken, body: { name: '慢的人', memberIds: ['deaf'] } })
  const { groupId } = made.json
  const deaf = await (await WireClient.open(world.url)).enter(tokenOf(app, 'deaf', Date.now()))
  const keen = await (await WireClient.open(world.url)).enter(keenToken)
  for (const client of [deaf, keen]) {
    client.send({ op: 'subscribe', id: 1, groups: [{ groupId, level: 'open' }] })
    await client.untilOp('done')
  }
  deaf.socket.pause()
  const rssBefore = process.memoryUsage.rss()
  let most = 0
  let sent = 0
  const text = '慢'.repeat(5_000)
  const isCut = async () => (await (await fetch(`${world.url}/metrics`)).text()).includes('qun_slow_sockets_total 1')
  while (!(await isCut())) {
    for (let i = 0; i < 50; i++)
      keen.send({ op: 'send', id: ++sent + 1, groupId, clientId: `m${sent}`, kind: 'text', body: { text } })
    await keen.until(() => keen.frames.filter((frame) => frame.op === 'sent').length === sent)
    most = Math.max(most, world.server.gateway.queuedBytesMax)
  }
  expect(most).toBeLessThan(2 * socketLimits.queuedBytesMax)
  expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(400 * 1_048_576)
  await world.server.core.settle()
  const seen = () =>
    keen.frames
      .filter((frame) => frame.op === 'changes')
      .flatMap((frame) => frame.rows)
      .filter((row: any) => row.kind === 'text')
  await keen.until(() => seen().length === sent)
  expect(seen().map((row: any) => row.clientId)).toEqual(Array.from({ length: sent }, (_, i) => `m${i + 1}`))
  deaf.close()
  keen.close()
})
