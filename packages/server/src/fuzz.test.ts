/** [P24] Whatever a signed-in caller sends to any route or op: no 5xx, no crash, an error of the declared shape. */
import { clientFrames, fileLimitsOf, ProblemSchema, type Endpoint } from '@qun/contract'
import { features } from '@qun/chat/server'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { sampleOf } from './testing/samples.ts'
import { call, makeShopGroup, startTestServer, tokenOf, type TestServer } from './testing/test-server.ts'
import { clientFrame, WireClient } from './testing/wire-client.ts'
import { bodyCheck } from './ground/validate.ts'

type AnyEndpoint = Endpoint<any, any, any, any>

const unlimited = { send: 0, act: 0, write: 0, upload: 0, read: 0, join: 0, mint: 0, stranger: 0, host: 0, signal: 0 }
let world: TestServer
let groupId: string
beforeAll(async () => {
  world = await startTestServer({
    pgUrl: inject('pgUrl'),
    features,
    rateLimits: { ...unlimited, refusedCredential: 0 },
  })
  groupId = await makeShopGroup(world)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

/** Values that have broken servers before. */
const nasty = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '\0',
    '\uD800',
    '__proto__',
    '%00',
    '../../etc/passwd',
    "' OR 1=1--",
    '🧨'.repeat(2_000),
    '\u202E',
    '0x10',
  ),
  fc.constantFrom(-1, 0, 0.5, -0, 1e21, 2 ** 53, -(2 ** 63), Number.MAX_VALUE, 253_402_300_800_000),
  fc.constantFrom(null, true, [], {}, [[]], [null], { length: -1 }, { toString: 1 }),
)

/** The sample with some of its parts, or all of it, replaced. */
function mutated(sample: unknown): fc.Arbitrary<unknown> {
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample))
    return fc.oneof(fc.constant(sample), nasty)
  const fields = Object.entries(sample).map(([key, value]) =>
    fc.oneof({ weight: 3, arbitrary: mutated(value) }, nasty).map((part) => [key, part] as const),
  )
  const whole = fc.tuple(...fields).map((parts) => Object.fromEntries(parts))
  const extended = fc
    .tuple(whole, fc.string({ maxLength: 12 }), nasty)
    .map(([parts, key, value]) => ({ ...parts, [key]: value }))
  return fc.oneof({ weight: 5, arbitrary: whole }, extended, nasty)
}

const isProblem = bodyCheck(ProblemSchema)
const textOf = (value: unknown) => JSON.stringify(value) ?? 'null'

function requestTo(endpoint: AnyEndpoint): fc.Arbitrary<{ path: string; body: string | undefined }> {
  const params = Object.entries((endpoint.params?.properties ?? {}) as Record<string, never>).map(([name, schema]) =>
    fc
      .oneof({ weight: 4, arbitrary: fc.constant(name === 'groupId' ? groupId : sampleOf(schema)) }, nasty)
      .map((value) => [name, encode(wordOf(value))] as const),
  )
  const query = fc.oneof(
    fc.constant(''),
    nasty.map((value) => `?limit=${encode(wordOf(value))}&cursor=${encode(wordOf(value))}`),
  )
  const sample =
    endpoint.name === 'messages.post' ? { clientId: 'f', kind: 'text', body: { text: 'x' } } : sampleOf(endpoint.body)
  const body =
    endpoint.body === undefined || fileLimitsOf(endpoint) !== undefined
      ? fc.constant(undefined)
      : mutated(sample).map(textOf)
  return fc.tuple(fc.tuple(...params), query, body).map(([parts, search, text]) => {
    const values = new Map(parts)
    const path = endpoint.path.replace(/:([A-Za-z]+)/g, (_all: string, name: string) => values.get(name) ?? '')
    return { path: `${path}${endpoint.query === undefined ? '' : search}`, body: text }
  })
}
const wordOf = (value: unknown) => (typeof value === 'string' ? value : textOf(value))
const encode = (text: string) => encodeURIComponent(text.toWellFormed())

test('routes', async () => {
  const wang = tokenOf(world.app, 'wang', world.clock.now())
  for (const { endpoint } of world.server.routes) {
    // Ending the group or shutting its owner out would only make the requests after it easy to refuse.
    if (['groups.disband', 'tokens.revoke', 'groups.transfer', 'members.leave'].includes(endpoint.name)) continue
    const token = endpoint.by === 'server' ? world.app.apiKey : wang
    await fc.assert(
      fc.asyncProperty(requestTo(endpoint), async ({ path, body }) => {
        const answer = await call(world, endpoint.method, path, { token, ...(body === undefined ? {} : { body }) })
        expect(answer.status, `${endpoint.name} ${path} ${body} → ${answer.text}`).toBeLessThan(500)
        if (answer.status >= 400) isProblem(answer.json)
      }),
      { numRuns: 12 },
    )
  }
  expect(world.logLines.filter((line) => line.includes('"msg":"bug"'))).toEqual([])
})

test('socket ops', async () => {
  const frames = fc
    .constantFrom(...Object.entries(clientFrames).filter(([op]) => op !== 'auth'))
    .chain(([op, schema]) =>
      mutated({ ...(sampleOf(schema) as object), op, ...('groupId' in (schema as any).properties ? { groupId } : {}) }),
    )
  await fc.assert(
    fc.asyncProperty(fc.array(frames, { maxLength: 15 }), fc.uint8Array({ maxLength: 40 }), async (batch, garbage) => {
      const client = await (await WireClient.open(world.url)).enter(tokenOf(world.app, 'li', world.clock.now()))
      client.write(...batch.map((frame) => clientFrame(textOf(frame))), clientFrame(JSON.stringify({ op: 'ping' })))
      await client.until(() => client.frames.some((frame) => frame.op === 'pong') || client.closedWith !== undefined)
      client.write(garbage)
      const errors = client.frames.filter((frame) => frame.op === 'error')
      expect(
        errors.filter((error) => error.status >= 500),
        JSON.stringify(batch),
      ).toEqual([])
      client.close()
    }),
    { numRuns: 150 },
  )
  expect(world.logLines.filter((line) => line.includes('"msg":"bug"'))).toEqual([])
})
