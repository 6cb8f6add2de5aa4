/** The rows WS-* of the error contract, against a listening server, with a client that breaks every rule. */
import { features } from '@qun/chat/server'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { budgets, socketLimits } from '../ground/rates.ts'
import { makeShopGroup, startTestServer, tokenOf, type TestServer } from '../testing/test-server.ts'
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
const codeOf = (answer: string) => /"code":"([^"]+)"/.exec(answer)?.[1]
/** Time passes, and the gateway looks at its connections. */
const pass = (durationMs: number) => {
  world.clock.pass(durationMs)
  world.server.gateway.sweep()
}

describe('the upgrade', () => {
  for (const origin of [
    'https://evil.example',
    'null',
    'https://app.example.com.evil.io',
    'http://app.example.com',
    'file://',
  ]) {
    test(`[WS-01] Origin ${origin}`, async () => {
      const client = await connect({ Origin: origin })
      expect([client.status, codeOf(client.answer)]).toEqual([403, 'ws.origin'])
    })
  }
  test('[WS-01] a listed origin, the server’s own pages, and apps without an origin may', async () => {
    expect((await connect({ Origin: 'https://app.example.com' })).status).toBe(101)
    expect((await connect({ Origin: world.url })).status).toBe(101)
    expect((await connect()).status).toBe(101)
  })
  test('[WS-01] an origin of one app does not speak for another app’s users', async () => {
    await world.server.apps.setAllowedOrigins(world.otherApp.appId, ['https://other.example'])
    const client = await connect({ Origin: 'https://other.example' })
    expect(client.status).toBe(101)
    client.send({ op: 'auth', token: token('li') })
    expect(await client.untilClosed()).toBe(4403)
    expect(client.frames.at(-1)).toMatchObject({ op: 'error', code: 'ws.origin', status: 403 })
  })
  const broken: readonly (readonly [string, Record<string, string>, string, number, string])[] = [
    ['another path', {}, '/v1/socket/', 404, 'route.not_found'],
    ['version 8', { 'Sec-WebSocket-Version': '8' }, '/v1/socket', 426, 'ws.version'],
    ['a short key', { 'Sec-WebSocket-Key': 'abc' }, '/v1/socket', 400, 'request.malformed'],
    ['another protocol', { Upgrade: 'h2c' }, '/v1/socket', 400, 'request.malformed'],
  ]
  for (const [what, headers, path, status, code] of broken) {
    test(`${what}: ${status} ${code}`, async () => {
      const client = await connect(headers, path)
      expect([client.status, codeOf(client.answer)]).toEqual([status, code])
    })
  }
  test('[WS-33] compression is declined, and using it all the same is 1002', async () => {
    const client = await connect({ 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=8' })
    expect(client.status).toBe(101)
    expect(client.answer.toLowerCase()).not.toContain('extensions')
    client.write(clientFrame('xx', { rsv: 4 }))
    expect(await client.untilClosed()).toBe(1002)
  })
  test('[AUTH-15] a token in the address does not sign in and is not logged', async () => {
    const secret = token('li')
    const client = await connect({}, `/v1/socket?access_token=${secret}`)
    client.send({ op: 'subscribe', id: 1, groups: [{ groupId, level: 'open' }] })
    expect(await client.untilClosed()).toBe(4401)
    expect(world.logLines.join('\n')).not.toContain(secret)
  })
})

describe('the first frame', () => {
  test('[WS-03] is not auth', async () => {
    const client = await connect()
    client.send({ op: 'ping' })
    expect(await client.untilClosed()).toBe(4401)
    expect(client.frames).toMatchObject([{ op: 'error', code: 'auth.missing', status: 401 }])
  })
  test('[WS-03] does not come within 5 s', async () => {
    const client = await connect()
    pass(4_900)
    expect(client.closedWith).toBeUndefined()
    pass(200)
    expect(await client.untilClosed()).toBe(4401)
  })
  test('has a token that is refused: the code says why', async () => {
    const client = await connect()
    client.send({ op: 'auth', token: token('li', { aud: 'another' }) })
    expect(await client.untilClosed()).toBe(4401)
    expect(client.frames).toMatchObject([{ code: 'auth.token_audience' }])
  })
  test('speaks another protocol: ws.version', async () => {
    const client = await connect()
    client.send({ op: 'auth', token: token('li'), protocol: 999 })
    await client.untilClosed()
    expect(client.frames).toMatchObject([{ code: 'ws.version', status: 426 }])
  })
  test('frames sent right behind it are served after hello', async () => {
    const client = await connect()
    client.write(
      clientFrame(JSON.stringify({ op: 'auth', token: token('li') })),
      clientFrame(JSON.stringify({ op: 'ping' })),
    )
    await client.untilOp('pong')
    expect(client.frames[0].op).toBe('hello')
  })
  test('says hello with the engine’s epoch', async () => {
    const client = await enter('li')
    expect(client.frames[0]).toMatchObject({
      op: 'hello',
      userId: 'li',
      epoch: world.server.core.epoch,
      pingMs: 25_000,
    })
  })
})

describe('frames that break RFC 6455', () => {
  const rows: readonly (readonly [string, number, () => Uint8Array])[] = [
    ['WS-06 unmasked', 1002, () => clientFrame('{"op":"ping"}', { isMasked: false })],
    ['WS-08 invalid UTF-8', 1007, () => clientFrame(Buffer.from([0xff, 0xfe]))],
    ['WS-08 overlong', 1007, () => clientFrame(Buffer.from([0xc0, 0xaf]))],
    ['WS-08 surrogate half', 1007, () => clientFrame(Buffer.from([0xed, 0xa0, 0x80]))],
    ['WS-10 binary', 1003, () => clientFrame('x', { opcode: 2 })],
    ['WS-10 binary, fragmented', 1003, () => clientFrame('x', { opcode: 2, isFinal: false })],
    ['a message above 64 KiB', 1009, () => clientFrame('x'.repeat(65_537))],
    ['a length of 2^62', 1009, () => Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['reserved opcode', 1002, () => clientFrame('x', { opcode: 3 })],
    ['reserved control opcode', 1002, () => clientFrame('x', { opcode: 11 })],
    ['continuation of nothing', 1002, () => clientFrame('x', { opcode: 0 })],
    [
      'text inside a fragmented text',
      1002,
      () => Buffer.concat([clientFrame('a', { isFinal: false }), clientFrame('b')]),
    ],
    ['fragmented ping', 1002, () => clientFrame('', { opcode: 9, isFinal: false })],
    ['long ping', 1002, () => clientFrame('x'.repeat(126), { opcode: 9 })],
    ['close code 1005', 1002, () => clientFrame(Buffer.from([0x03, 0xed]), { opcode: 8 })],
    ['close of one byte', 1002, () => clientFrame('x', { opcode: 8 })],
    ['WS-05 continuation without end', 1009, () => endless()],
  ]
  const endless = () => {
    const piece = clientFrame('a', { opcode: 0, isFinal: false })
    return Buffer.concat([clientFrame('a', { isFinal: false }), ...Array.from({ length: 400 }, () => piece)])
  }
  for (const [row, code, bytes] of rows) {
    test(`[${row}] close ${code}`, async () => {
      const client = await enter('li')
      client.write(bytes())
      expect(await client.untilClosed()).toBe(code)
    })
  }
  test('[WS-05] 100,000 one-byte continuation frames cost less than a second', async () => {
    const client = await enter('li')
    const piece = clientFrame('a', { opcode: 0, isFinal: false })
    const before = process.cpuUsage()
    client.write(clientFrame('a', { isFinal: false }), Buffer.concat(Array.from({ length: 100_000 }, () => piece)))
    expect([1009, 4429]).toContain(await client.untilClosed())
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1)
  })
  test('a text in three pieces with a ping between them is one text', async () => {
    const client = await enter('li')
    client.write(
      clientFrame('{"op":', { isFinal: false }),
      clientFrame('hi', { opcode: 9 }),
      clientFrame('"pi', { opcode: 0, isFinal: false }),
      clientFrame('ng"}', { opcode: 0 }),
    )
    await client.untilOp('pong')
    expect(client.controls).toEqual([{ opcode: 10, body: Buffer.from('hi') }])
  })
  test('a closing client is answered with its own code', async () => {
    const client = await enter('li')
    client.write(clientFrame(Buffer.from([0x03, 0xe8]), { opcode: 8 }))
    expect(await client.untilClosed()).toBe(1000)
  })
})

describe('frames that break a schema', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['broken JSON', '{"op":', '400 request.malformed'],
    ['WS-25 NaN', '{"op":"pull","id":1,"stream":"user/li","from":NaN}', '400 request.malformed'],
    ['WS-25 −1', '{"op":"pull","id":1,"stream":"user/li","from":-1}', '400 request.invalid'],
    ['WS-25 1.5', '{"op":"pull","id":1,"stream":"user/li","from":1.5}', '400 request.invalid'],
    ['WS-25 "7"', '{"op":"pull","id":1,"stream":"user/li","from":"7"}', '400 request.invalid'],
    ['WS-25 2^53+1', '{"op":"pull","id":1,"stream":"user/li","from":9007199254740993}', '400 request.invalid'],
    ['WS-11 depth 10,000', `{"op":"ping","x":${'['.repeat(10_000)}`, '400 request.too_deep'],
    ['WS-11 an array of numbers', `{"op":"send","id":1,"x":[${'1,'.repeat(30_000)}1]}`, '400 request.unknown_field'],
    ['WS-13 unknown op', '{"op":"dance"}', '400 op.unknown'],
    ['WS-13 op of the server', '{"op":"hello"}', '400 op.unknown'],
    ['WS-13 inherited op', '{"op":"constructor"}', '400 op.unknown'],
    ['no op', '{}', '400 op.unknown'],
    ['an array', '[]', '400 request.invalid'],
    ['null', 'null', '400 request.invalid'],
    ['unknown field', '{"op":"ping","admin":true}', '400 request.unknown_field'],
    ['__proto__', '{"op":"ping","__proto__":{}}', '400 request.unknown_field'],
    [
      'MSG-08 lone surrogate',
      `{"op":"send","id":1,"groupId":"grp_000000","clientId":"a","kind":"text","body":{"text":"\\ud800"}}`,
      '400 request.encoding',
    ],
  ]
  for (const [row, text, expected] of rows) {
    test(`[${row}] ${expected}`, async () => {
      const client = await enter('li')
      client.write(clientFrame(text))
      const error = await client.untilOp('error')
      expect(`${error.status} ${error.code}`).toBe(expected)
      expect(client.closedWith).toBeUndefined()
    })
  }
  test('[I15] twenty of them are told, and one more ends the connection with 4400', async () => {
    const client = await enter('li')
    client.write(...Array.from({ length: socketLimits.badFramesMax }, () => clientFrame('{"op":"dance"}')))
    client.write(clientFrame('{"op":"ping"}'))
    await client.untilOp('pong')
    expect(client.frames.filter((frame) => frame.op === 'error')).toHaveLength(socketLimits.badFramesMax)
    client.write(clientFrame('{"op":"dance"}'))
    expect(await client.untilClosed()).toBe(4400)
  })
  test('[WS-31] a thousand groups in one frame', async () => {
    const client = await enter('li')
    client.send({
      op: 'subscribe',
      id: 3,
      groups: Array.from({ length: 1_000 }, () => ({ groupId: 'grp_000000', level: 'open' })),
    })
    expect(await client.untilOp('error')).toMatchObject({ id: 3, code: 'batch.too_large', status: 422 })
  })
})

describe('floods', () => {
  test('[WS-16] 500 frames in a second: rate.limited, then 4429', async () => {
    const client = await enter('li')
    const ping = clientFrame('{"op":"ping"}')
    client.write(...Array.from({ length: 500 }, () => ping))
    expect(await client.untilClosed()).toBe(4429)
    expect(client.frames.at(-1)).toMatchObject({ op: 'error', code: 'rate.limited' })
  })
  test('[WS-20] a thousand pings, a flood of pongs', async () => {
    for (const opcode of [9, 10]) {
      const client = await enter('li')
      const frame = clientFrame('', { opcode })
      client.write(...Array.from({ length: 1_000 }, () => frame))
      expect(await client.untilClosed()).toBe(4429)
    }
  })
  test('499 frames in each of two seconds are fine', async () => {
    const client = await enter('li')
    for (const second of [1, 2]) {
      world.clock.pass(1_000)
      client.write(...Array.from({ length: 499 }, () => clientFrame('{"op":"ping"}')))
      await client.until(() => client.frames.filter((frame) => frame.op === 'pong').length === 499 * second)
    }
    expect(client.closedWith).toBeUndefined()
  })
  test('[MSG-23] the 21st message within 10 s says when to come back', async () => {
    const client = await enter('zhao')
    for (let id = 1; id <= 21; id++) {
      client.send({ op: 'send', id, groupId, clientId: `flood${id}`, kind: 'text', body: { text: `${id}` } })
    }
    expect(await client.untilOp('error')).toMatchObject({
      id: 21,
      code: 'rate.limited',
      status: 429,
      retry: 'later',
      retry_after: 10,
    })
    await client.until(() => client.frames.filter((frame) => frame.op === 'sent').length === 20)
  })
  test('[I9] the 21st socket of one person ends the oldest, with a code of its own, and nobody else’s', async () => {
    const right = token('sun')
    const other = await enter('zhao')
    const mine: WireClient[] = []
    for (let i = 0; i < socketLimits.perUser; i++) mine.push(await (await connect()).enter(right))
    const late = await (await connect()).enter(right)
    expect(await mine[0]!.untilClosed()).toBe(4409)
    expect(mine[0]!.frames.at(-1)).toMatchObject({ op: 'error', code: 'conn.replaced', status: 409 })
    expect([other, late, ...mine.slice(1)].map(({ closedWith }) => closedWith)).toEqual(Array(21).fill(undefined))
    // One that left makes room: nobody is ended for the next.
    mine[5]!.close()
    await mine[5]!.untilClosed()
    await (await connect()).enter(right)
    await (await connect()).enter(right)
    expect(await mine[1]!.untilClosed()).toBe(4409)
  })
  test('[I9] whoever does so in a loop is refused: conn.limit', async () => {
    const right = token('li')
    for (let i = 0; i < socketLimits.perUser + budgets.replace.limit; i++) await (await connect()).enter(right)
    const late = await connect()
    late.send({ op: 'auth', token: right })
    expect(await late.untilClosed()).toBe(4429)
    expect(late.frames).toMatchObject([{ op: 'error', code: 'conn.limit', status: 429 }])
  })
})
