/**
 * [P18] Every route and every socket op with every wrong caller, generated from the contracts: nobody learns anything,
 * nothing breaks. A route added to a contract is tested here without a line of code.
 */
import { clientFrames, fileLimitsOf, type Endpoint } from '@qun/contract'
import { features } from '@qun/chat/server'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { sampleOf } from './testing/samples.ts'
import { call, makeShopGroup, startTestServer, tokenOf, type Answer, type TestServer } from './testing/test-server.ts'
import { WireClient } from './testing/wire-client.ts'

type AnyEndpoint = Endpoint<any, any, any, any>

let world: TestServer
let groupId: string
/** Words of the group that no outsider may ever see in an answer. */
const secretWords = ['山茶咖啡', '只给群友', '王店长']
const unlimited = {
  send: 0,
  act: 0,
  write: 0,
  upload: 0,
  read: 0,
  join: 0,
  mint: 0,
  stranger: 0,
  refusedCredential: 0,
  host: 0,
  connect: 0,
}

beforeAll(async () => {
  world = await startTestServer({ pgUrl: inject('pgUrl'), features, rateLimits: unlimited })
  groupId = await makeShopGroup(world)
  const { app, clock } = world
  const wang = tokenOf(app, 'wang', clock.now())
  await call(world, 'POST', `/groups/${groupId}/messages`, {
    token: wang,
    body: { clientId: 'secret', kind: 'text', body: { text: '只给群友' } },
  })
  await call(world, 'POST', `/groups/${groupId}/members/sun/remove`, { token: wang, body: {} })
  await call(world, 'POST', `/users/zhao/revoke`, { token: app.apiKey, body: {} })
  await call(world, 'POST', `/users/erased/revoke`, { token: app.apiKey, body: { reason: 'erased' } })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

interface WrongCaller {
  readonly name: string
  readonly token: () => string | undefined
  readonly headers?: Record<string, string>
  /** True when this caller is wrong for the route; the others are right and are not asked. */
  readonly isWrongFor: (endpoint: AnyEndpoint) => boolean
  /** The status and code every route it is wrong for answers with. */
  readonly expected: RegExp
}

const needsCredential = (endpoint: AnyEndpoint) => endpoint.by !== 'open'
const isOfGroup = (endpoint: AnyEndpoint) => ['member', 'admin', 'owner'].includes(endpoint.by)
const isOfUsers = (endpoint: AnyEndpoint) => isOfGroup(endpoint) || endpoint.by === 'user'
const now = () => world.clock.now()
const user = (userId: string, claims: Record<string, unknown> = {}) => tokenOf(world.app, userId, now(), { claims })
// What an outsider may hear of a group: nothing.
const nothing = /^404 (group|message|media|invite|draw|invitation|member|user)\.\w*not_\w+/
const refusedCredential = (code: string) => new RegExp(`^401 auth\\.${code}$`)

const wrongCallers: readonly WrongCaller[] = [
  { name: 'no token', token: () => undefined, isWrongFor: needsCredential, expected: refusedCredential('missing') },
  {
    name: 'garbage',
    token: () => 'garbage',
    isWrongFor: needsCredential,
    expected: refusedCredential('token_malformed'),
  },
  {
    name: 'forged',
    token: () => tokenOf(world.app, 'wang', now(), { secret: Buffer.alloc(32) }),
    isWrongFor: needsCredential,
    expected: refusedCredential('token_signature'),
  },
  {
    name: 'expired',
    token: () => user('wang', { iat: Math.floor(now() / 1_000) - 7_200, exp: Math.floor(now() / 1_000) - 3_600 }),
    isWrongFor: needsCredential,
    expected: refusedCredential('token_expired'),
  },
  {
    name: 'revoked',
    token: () => user('zhao'),
    isWrongFor: needsCredential,
    expected: refusedCredential('token_revoked'),
  },
  {
    name: 'erased',
    token: () => user('erased'),
    isWrongFor: needsCredential,
    expected: refusedCredential('subject_gone'),
  },
  {
    name: 'wang of another app',
    token: () => tokenOf(world.otherApp, 'wang', now()),
    isWrongFor: isOfGroup,
    expected: nothing,
  },
  { name: 'not a member', token: () => user('zhou'), isWrongFor: isOfGroup, expected: nothing },
  { name: 'removed', token: () => user('sun'), isWrongFor: isOfGroup, expected: nothing },
  { name: 'a guest', token: () => user('visitor', { scope: 'guest' }), isWrongFor: isOfGroup, expected: nothing },
  {
    name: 'a member',
    token: () => user('li'),
    isWrongFor: ({ by }) => by === 'admin' || by === 'owner',
    expected: /^403 group\.permission$/,
  },
  {
    name: 'an admin',
    token: () => user('he'),
    isWrongFor: ({ by }) => by === 'owner',
    expected: /^403 group\.permission$/,
  },
  { name: 'a user', token: () => user('wang'), isWrongFor: ({ by }) => by === 'server', expected: /^403 auth\.scope$/ },
  { name: 'the host, for nobody', token: () => world.app.apiKey, isWrongFor: isOfUsers, expected: /^403 auth\.scope$/ },
  {
    name: 'the host, for an outsider',
    token: () => world.app.apiKey,
    headers: { 'qun-act-as': 'zhou' },
    isWrongFor: isOfGroup,
    expected: nothing,
  },
  {
    name: 'a host’s key in a browser',
    token: () => world.app.apiKey,
    headers: { origin: 'https://shop.example' },
    isWrongFor: () => true,
    expected: /^403 auth\.scope$/,
  },
  {
    name: 'another app’s host, for wang',
    token: () => world.otherApp.apiKey,
    headers: { 'qun-act-as': 'wang' },
    isWrongFor: isOfGroup,
    expected: nothing,
  },
]

/** What stands where a contract says `unknown`: a plain text of the kind that is always there. */
function bodyOf(endpoint: AnyEndpoint): unknown {
  if (endpoint.body === undefined) return undefined
  if (fileLimitsOf(endpoint) !== undefined) return Buffer.from('bytes')
  const body = sampleOf(endpoint.body)
  return endpoint.name === 'messages.post' ? { ...(body as object), kind: 'text', body: { text: 'x' } } : body
}

function ask(endpoint: AnyEndpoint, caller: WrongCaller): Promise<Answer> {
  const path = endpoint.path.replace(/:([A-Za-z]+)/g, (_all: string, name: string) =>
    encodeURIComponent(
      name === 'groupId' ? groupId : name === 'seq' ? '3' : String(sampleOf(endpoint.params.properties[name])),
    ),
  )
  const query = new URLSearchParams(sampleOf(endpoint.query) as Record<string, string> | undefined).toString()
  const body = bodyOf(endpoint)
  return call(world, endpoint.method, `${path}${query === '' ? '' : `?${query}`}`, {
    token: caller.token(),
    ...(body === undefined ? {} : { body }),
    headers: {
      ...caller.headers,
      ...(fileLimitsOf(endpoint) !== undefined ? { 'content-type': 'image/png' } : {}),
      ...(endpoint.method === 'GET'
        ? {}
        : { 'idempotency-key': `walls-${endpoint.name}-${caller.name.replace(/\W/g, '')}` }),
    },
  })
}

describe('[P18] routes × wrong callers', () => {
  test('every wrong caller is refused as the contract says, learns nothing, and breaks nothing', async () => {
    const routes = world.server.routes.map((route) => route.endpoint)
    const covered = new Set<string>()
    const breaches: string[] = []
    let cases = 0
    for (const caller of wrongCallers) {
      for (const endpoint of routes.filter((each) => caller.isWrongFor(each))) {
        const answer = await ask(endpoint, caller)
        cases++
        covered.add(endpoint.name)
        const verdict = `${answer.status} ${answer.json?.code ?? ''}`
        const leaks = secretWords.filter((word) => answer.text.includes(word))
        if (answer.status >= 500 || leaks.length > 0 || !caller.expected.test(verdict)) {
          breaches.push(`${caller.name} → ${endpoint.name} (${endpoint.by}): ${verdict} ${leaks.join()}`)
        }
      }
    }
    expect(breaches).toEqual([])
    expect(
      routes
        .filter(({ by }) => by !== 'open')
        .map(({ name }) => name)
        .filter((name) => !covered.has(name)),
    ).toEqual([])
    expect(cases).toBeGreaterThan(300)
  })

  test('[T3] a foreign group and one that is not answer with the same words', async () => {
    const foreign = { ...wrongCallers.find(({ name }) => name === 'not a member')! }
    const differing: string[] = []
    for (const { endpoint } of world.server.routes.filter((route) => foreign.isWrongFor(route.endpoint))) {
      const there = await ask(endpoint, foreign)
      const held = groupId
      groupId = `grp_${'0'.repeat(32)}`
      const nowhere = await ask(endpoint, foreign)
      groupId = held
      const words = (answer: Answer) => JSON.stringify({ ...answer.json, request_id: '' })
      if (there.status !== nowhere.status || words(there) !== words(nowhere))
        differing.push(`${endpoint.name}: ${there.text} / ${nowhere.text}`)
    }
    expect(differing).toEqual([])
  })

  test('[T2] every mutating route refuses fields it does not name', async () => {
    const owner: WrongCaller = { name: 'owner', token: () => user('wang'), isWrongFor: () => true, expected: /./ }
    const host: WrongCaller = { ...owner, token: () => world.app.apiKey }
    const lax: string[] = []
    for (const { endpoint } of world.server.routes) {
      const schema = endpoint.body as { type?: string } | undefined
      if (schema?.type !== 'object') continue
      const extended = { ...endpoint, body: undefined }
      const path = extended.path.replace(/:([A-Za-z]+)/g, (_all: string, name: string) =>
        encodeURIComponent(name === 'groupId' ? groupId : String(sampleOf(endpoint.params.properties[name]))),
      )
      const answer = await call(world, endpoint.method, path, {
        token: (endpoint.by === 'server' ? host : owner).token(),
        body: { ...(sampleOf(endpoint.body) as object), tenant_id: 'x', role: 'owner' },
        headers: { 'idempotency-key': `mass-${endpoint.name}` },
      })
      if (answer.json?.code !== 'request.unknown_field')
        lax.push(`${endpoint.name}: ${answer.status} ${answer.json?.code}`)
    }
    expect(lax).toEqual([])
  })
})

describe('[P18] socket ops × wrong callers', () => {
  const outsiders: readonly (readonly [string, () => string])[] = [
    ['wang of another app', () => tokenOf(world.otherApp, 'wang', now())],
    ['not a member', () => user('zhou')],
    ['removed', () => user('sun')],
    ['a guest', () => user('visitor', { scope: 'guest' })],
  ]
  test('every op about a group answers outsiders with group.not_found, and none hears of the group', async () => {
    for (const [name, token] of outsiders) {
      const client = await (await WireClient.open(world.url)).enter(token())
      let id = 1
      const asked: number[] = []
      for (const [op, schema] of Object.entries(clientFrames)) {
        if (op === 'auth' || op === 'ping') continue
        const frame: any = {
          ...(sampleOf(schema) as object),
          op,
          ...('id' in (schema as any).properties ? { id: ++id } : {}),
        }
        if ('groupId' in frame) frame.groupId = groupId
        if ('body' in frame) Object.assign(frame, { kind: 'text', body: { text: 'x' } })
        if ('groups' in frame) frame.groups = [{ groupId, level: 'open' }]
        if ('stream' in frame) frame.stream = `group/${groupId}`
        if (frame.id !== undefined) asked.push(frame.id)
        client.send(frame)
      }
      await client.until(() => client.frames.filter((frame) => frame.op === 'error').length === asked.length)
      const wang = await (await WireClient.open(world.url)).enter(user('wang'))
      wang.send({
        op: 'send',
        id: 1,
        groupId,
        clientId: `quiet-${name.replace(/\W/g, '')}`,
        kind: 'text',
        body: { text: '只给群友' },
      })
      await wang.untilOp('sent')
      await world.server.core.settle()
      client.send({ op: 'ping' })
      await client.untilOp('pong')
      expect(client.frames.filter((frame) => frame.op === 'error').map((error) => error.code)).toEqual(
        asked.map(() => 'group.not_found'),
      )
      expect(JSON.stringify(client.frames)).not.toMatch(/只给群友|山茶咖啡/)
      client.close()
      wang.close()
    }
  })
  test('[G5] a member who is removed hears nothing more of the group', async () => {
    const wangToken = user('wang')
    const li = await (await WireClient.open(world.url)).enter(user('li'))
    li.send({ op: 'subscribe', id: 1, groups: [{ groupId, level: 'open' }] })
    await li.untilOp('done')
    await call(world, 'POST', `/groups/${groupId}/members/li/remove`, { token: wangToken, body: {} })
    await call(world, 'POST', `/groups/${groupId}/messages`, {
      token: wangToken,
      body: { clientId: 'after', kind: 'text', body: { text: '他走后' } },
    })
    await world.server.core.settle()
    li.send({ op: 'ping' })
    await li.untilOp('pong')
    expect(JSON.stringify(li.frames)).not.toContain('他走后')
    li.close()
  })
})
