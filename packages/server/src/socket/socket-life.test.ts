/** The rows WS-* of the error contract that are about a connection's life: what it hears, how long, how it ends. */
import { features } from '@qun/chat/server'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'
import { clientFrame, WireClient } from '../testing/wire-client.ts'

let world: TestServer
let groupId: string
beforeAll(async () => {
  world = await startTestServer({ pgUrl: inject('pgUrl'), features, allowedOrigins: ['https://app.example.com'] })
  groupId = await makeShopGroup(world)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

let clients: WireClient[] = []
afterEach(() => {
  for (const client of clients) client.close()
  clients = []
})
async function connect(headers: Record<string, string> = {}, path = '/v1/socket'): Promise<WireClient> {
  const client = await WireClient.open(world.url, { headers, path })
  clients.push(client)
  return client
}
const token = (userId: string, claims: Record<string, unknown> = {}) =>
  tokenOf(world.app, userId, world.clock.now(), { claims })
const enter = async (userId: string, claims: Record<string, unknown> = {}) =>
  (await connect()).enter(token(userId, claims))
/** Time passes, and the gateway looks at its connections. */
const pass = (durationMs: number) => {
  world.clock.pass(durationMs)
  world.server.gateway.sweep()
}

describe('who may read what', () => {
  test('[WS-15] a foreign group and one that is not answer alike', async () => {
    const foreigner = await (await connect()).enter(tokenOf(world.otherApp, 'li', world.clock.now()))
    const outsider = await enter('zhou')
    for (const client of [foreigner, outsider]) {
      client.send({ op: 'subscribe', id: 1, groups: [{ groupId, level: 'open' }] })
      client.send({ op: 'pull', id: 2, stream: `group/${groupId}`, from: 0 })
      client.send({ op: 'subscribe', id: 3, groups: [{ groupId: 'grp_00000000', level: 'open' }] })
      client.send({ op: 'pull', id: 4, stream: 'group/grp_00000000', from: 0 })
      client.send({ op: 'send', id: 5, groupId, clientId: 'x', kind: 'text', body: { text: 'x' } })
      client.send({ op: 'read', id: 6, groupId, seq: 1 })
      client.send({ op: 'pull', id: 7, stream: 'user/wang', from: 0 })
      await client.until(() => client.frames.filter((frame) => frame.op === 'error').length === 7)
      const errors = client.frames.filter((frame) => frame.op === 'error').map(({ id: _id, ...error }) => error)
      for (const error of errors) expect(error).toEqual({ ...errors[0], code: 'group.not_found', status: 404 })
    }
  })
  test('[WS-26] a cursor ahead of the store: reset', async () => {
    const client = await enter('li')
    client.send({ op: 'pull', id: 1, stream: `group/${groupId}`, from: 1_000_000 })
    expect(await client.untilOp('reset')).toMatchObject({ id: 1, code: 'sync.reset', reason: 'ahead' })
  })
  test('[WS-28] another server’s epoch brings a full first visit, not somebody’s rows', async () => {
    const client = await connect()
    client.send({ op: 'auth', token: token('zhou'), epoch: 'not-ours', version: 12 })
    const changes = await client.untilOp('changes')
    expect(changes).toMatchObject({ stream: 'user/zhou', from: 0, rows: [] })
  })
})

describe('time', () => {
  test('[WS-23] told 60 s before the token expires, closed at its end', async () => {
    const client = await enter('li', { exp: Math.floor(world.clock.now() / 1_000) + 120 })
    pass(59_000)
    expect(client.frames.some((frame) => frame.op === 'auth.expiring')).toBe(false)
    pass(1_000)
    await client.untilOp('auth.expiring')
    pass(59_000)
    client.send({ op: 'ping' })
    await client.untilOp('pong')
    pass(1_000)
    expect(await client.untilClosed()).toBe(4401)
  })
  test('[WS-23] a fresh token of the same person prolongs it without subscribing again', async () => {
    const client = await enter('li', { exp: Math.floor(world.clock.now() / 1_000) + 30 })
    client.send({ op: 'subscribe', id: 1, groups: [{ groupId, level: 'open' }] })
    await client.untilOp('done')
    client.send({ op: 'auth', token: token('li') })
    await client.until(() => client.frames.filter((frame) => frame.op === 'hello').length === 2)
    pass(60_000)
    await call(world, 'POST', `/groups/${groupId}/messages`, {
      token: token('wang'),
      body: { clientId: 'later', kind: 'text', body: { text: '在' } },
    })
    await client.until(() =>
      client.frames.some((frame) => frame.op === 'changes' && frame.rows.some((row: any) => row.clientId === 'later')),
    )
    expect(client.closedWith).toBeUndefined()
  })
  test('a fresh token of somebody else ends it', async () => {
    const client = await enter('li')
    client.send({ op: 'auth', token: token('wang') })
    expect(await client.untilClosed()).toBe(4401)
    expect(client.frames.at(-1)).toMatchObject({ code: 'auth.scope' })
  })
  test('a client that answers no ping is gone after two', async () => {
    const client = await enter('li')
    for (const pings of [1, 2]) {
      pass(25_000)
      await client.until(() => client.controls.filter(({ opcode }) => opcode === 9).length === pings)
    }
    pass(25_000)
    expect(await client.untilClosed()).toBe(1006)
    expect(client.controls.filter(({ opcode }) => opcode === 9)).toHaveLength(2)
  })
  test('one that answers lives on', async () => {
    const client = await enter('li')
    for (let i = 0; i < 6; i++) {
      pass(25_000)
      await client.until(() => client.controls.filter(({ opcode }) => opcode === 9).length > i)
      client.write(clientFrame('', { opcode: 10 }), clientFrame('{"op":"ping"}'))
      await client.until(() => client.frames.filter((frame) => frame.op === 'pong').length > i)
    }
    expect(client.closedWith).toBeUndefined()
  })
})

describe('keys', () => {
  test('a retired signing key ends the sockets it let in, a removed app all of them', async () => {
    const { apps, gateway } = world.server
    await apps.create({ appId: 'closing', name: 'closing' })
    const key = await apps.addSigningKey('closing' as never)
    const secret = Buffer.from(key.secret ?? '', 'base64url')
    const app = { appId: 'closing' as never, apiKey: '', kid: key.kid, secret }
    const client = await (await connect()).enter(tokenOf(app, 'li', world.clock.now()))
    await gateway.cutRetired()
    expect(client.closedWith).toBeUndefined()
    await apps.retireSigningKey('closing' as never, key.kid)
    await gateway.cutRetired()
    expect([await client.untilClosed(), client.closeReason]).toEqual([4401, 'auth.token_key_retired'])
    const second = await apps.addSigningKey('closing' as never)
    const other = { ...app, kid: second.kid, secret: Buffer.from(second.secret ?? '', 'base64url') }
    const last = await (await connect()).enter(tokenOf(other, 'li', world.clock.now()))
    await apps.remove('closing' as never)
    await gateway.cutRetired()
    expect([await last.untilClosed(), last.closeReason]).toEqual([4401, 'auth.token_key_unknown'])
    const gone = await connect()
    gone.send({ op: 'auth', token: tokenOf(other, 'li', world.clock.now()) })
    expect(await gone.untilClosed()).toBe(4401)
  })
})

describe('the end', () => {
  test('[WS-30] a draining server says when to come back, takes nothing more, and closes with 1012', async () => {
    const ending = await startTestServer({ pgUrl: inject('pgUrl'), features })
    const group = await makeShopGroup(ending)
    const client = await (await WireClient.open(ending.url)).enter(tokenOf(ending.app, 'li', ending.clock.now()))
    client.send({ op: 'send', id: 1, groupId: group, clientId: 'last', kind: 'text', body: { text: '再见' } })
    await client.untilOp('sent')
    const closing = ending.server.close()
    const goaway = await client.untilOp('goaway')
    expect(goaway.retry_in_ms).toBeGreaterThanOrEqual(0)
    expect(goaway.retry_in_ms).toBeLessThan(10_000)
    expect(await client.untilClosed()).toBe(1012)
    await closing
    await ending[Symbol.asyncDispose]()
  })
  test('[MSG-01] over REST and over the socket a clientId is one message', async () => {
    world.clock.pass(20_000)
    const client = await enter('li')
    client.send({ op: 'send', id: 9, groupId, clientId: 'both-ways', kind: 'text', body: { text: '一' } })
    const sent = await client.untilOp('sent')
    const again = await call(world, 'POST', `/groups/${groupId}/messages`, {
      token: token('li'),
      body: { clientId: 'both-ways', kind: 'text', body: { text: '一' } },
    })
    expect(verdictOf(again)).toBe('200')
    expect(again.json).toMatchObject({ seq: sent.seq, replayed: true })
  })
})
