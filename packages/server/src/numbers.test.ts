/**
 * [I4] Every number of every route, action and card, over real HTTP and real sockets, as it must not be: generated from
 * the contracts, with the features' own scenes for what is right about the rest of each request.
 */
import { clientFrames, closed, defineEndpoint, fileLimitsOf, GroupIdSchema, Type } from '@qun/contract'
import { features } from '@qun/chat/server'
import { defineFeature, serveEndpoint } from '@qun/core'
import { sql } from 'kysely'
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Literal, numbersOf, readOf, textWith, triesFor } from './testing/number-places.ts'
import { sampleOf } from './testing/samples.ts'
import { listScenes, ServedWorld, type Asking } from './testing/served-stage.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'
import { clientFrame, WireClient } from './testing/wire-client.ts'

/** Its number is as large as one likes, and its column is not. */
const plant = defineEndpoint({
  name: 'plants.list',
  method: 'GET',
  path: '/groups/:groupId/plants',
  doc: 'Lists what grows in a group.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema }),
  query: closed({ after: Type.Optional(Type.Integer({ minimum: 0 })), cursor: Type.Optional(Type.String()) }),
  answer: closed({ seqs: Type.Array(Type.Integer()) }),
})
const garden = defineFeature({
  name: 'garden',
  endpoints: [
    serveEndpoint(plant, async ({ tx, appId, query }) => {
      const after = query.cursor === undefined ? (query.after ?? 0) : Buffer.from(query.cursor, 'base64url').toString()
      const { rows } = await sql<{ seq: number }>`SELECT seq FROM messages
        WHERE app_id = ${appId} AND seq > ${after}::int`.execute(tx)
      return { seqs: rows.map(({ seq }) => seq) }
    }),
  ],
})

const unlimited = { send: 0, act: 0, write: 0, upload: 0, read: 0, join: 0, mint: 0, stranger: 0, host: 0, signal: 0 }
let server: TestServer
let w: ServedWorld
beforeAll(async () => {
  server = await startTestServer({
    pgUrl: inject('pgUrl'),
    features: [...features, garden],
    rateLimits: { ...unlimited, refusedCredential: 0, app: 0 },
  })
  w = await ServedWorld.on(server)
})
afterAll(async () => {
  agent.destroy()
  await server[Symbol.asyncDispose]()
})

// ── requests ──

/** After it nothing of its group, its person or its app could be asked for. */
const ending = ['groups.disband', 'members.leave', 'groups.transfer', 'members.remove', 'tokens.revoke']
let keys = 0
/** Lines that stay open: thousands of requests make no line each. */
const agent = new Agent({ keepAlive: true, maxSockets: 12 })
function send(w: ServedWorld, { endpoint, who, ask }: Asking): Promise<Told> {
  const { params, query, body } = ask
  const word = (value: unknown) => encodeURIComponent(value instanceof Literal ? value.text : String(value))
  const path = endpoint.path.replace(/:([A-Za-z]+)/g, (_all: string, name: string) => word(params[name]))
  const search = Object.entries(query).map(([name, value]) => `${name}=${word(value)}`)
  const isPost = endpoint.name === 'messages.post'
  const key = `number-${++keys}`
  const text = body === undefined ? undefined : textWith(isPost ? { clientId: key, ...(body as object) } : body)
  const headers = {
    authorization: `Bearer ${w.credentialOf(who)}`,
    'idempotency-key': key,
    ...(who === 'host' && isPost ? { 'qun-act-as': 'wang' } : {}),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  }
  const url = `${w.server.url}/v1${search.length === 0 ? path : `${path}?${search.join('&')}`}`
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: endpoint.method, headers, agent }, (answer) => {
      answer.setEncoding('utf8')
      let told = ''
      answer.on('data', (part: string) => (told += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: told }))
    })
    asked.on('error', reject)
    asked.end(text)
  })
}
interface Told {
  readonly status: number
  readonly text: string
}
interface Try {
  readonly title: string
  readonly asking: Asking
  /** Whether the contract has such a number. */
  readonly isLegal: boolean
}
/** Cursors no list made: with numbers no column holds, with what no text holds, and others than numbers and texts. */
const forged = (() => {
  const odd = [2_147_483_648, -1, 0.5, 9_007_199_254_740_992, new Literal('1e19'), 'li\0', '\uD800', null, [], {}]
  const lists = odd.flatMap((one) => [[one], [one, 0], [0, one], [1, 0, one], [one, 0, 'li']])
  const spelt = ['[1,1.0,"li"]', '[1, 0, "li"]', '{"0":1}', '[]', '1', 'null', '[1,0,"li"', '']
  const encoded = [...lists.map(textWith), ...spelt].map((text) => Buffer.from(text).toString('base64url'))
  return [...encoded, '\0', '%', '=', 'x', '-1', '1~1', 'budget points', '9'.repeat(590)]
})()
function forgeriesOf(asking: Asking): Try[] {
  const { endpoint, ask, name } = asking
  if (endpoint.query?.properties['cursor'] === undefined) return []
  return forged.map((cursor) => ({
    title: `${name} cursor = ${JSON.stringify(cursor)}`,
    asking: { ...asking, ask: { ...ask, query: { ...ask.query, cursor } } },
    isLegal: false,
  }))
}
/** A request with each of its numbers replaced. */
function triesOf(asking: Asking): Try[] {
  const { endpoint, ask } = asking
  const body = asking.body ?? (fileLimitsOf(endpoint) === undefined ? endpoint.body : undefined)
  const parts = [
    ['params', endpoint.params, ask.params],
    ['query', endpoint.query, ask.query],
    ['body', body, ask.body],
  ] as const
  return parts.flatMap(([part, schema, value]) =>
    numbersOf(schema, value).flatMap((place) =>
      triesFor(place).map((tried) => ({
        title: `${asking.name} ${part}${place.at} = ${tried instanceof Literal ? tried.text : JSON.stringify(tried)}`,
        asking: { ...asking, ask: { ...ask, [part]: place.put(tried) } },
        isLegal: place.fits(part === 'body' ? readOf(tried) : readText(tried)),
      })),
    ),
  )
}
/** In a path or a query all is text. */
function readText(tried: unknown): unknown {
  const text = tried instanceof Literal ? tried.text : String(tried)
  return /^-?\d{1,17}(\.\d{1,17})?$/.test(text) ? Number(text) : text
}

/** One of each shape: the same fields of the same call are the same numbers. */
function distinct(askings: readonly Asking[]): Asking[] {
  const shapeOf = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, one]) => [key, shapeOf(one)])
      : typeof value
  return [...new Map(askings.map((one) => [JSON.stringify([one.name, shapeOf(one.ask.body)]), one])).values()]
}
/** Without a provider of money, as the product ships, these have nothing to read; and no scene knows a place. */
const unreadable = ['groupBuys.place', 'payments.listReports']
/** What each scene has ready, and each list that can be read of it. */
async function askingsOf(w: ServedWorld): Promise<{ askings: Asking[]; unread: string[] }> {
  const askings: Asking[] = []
  const pool = new Map<string, Set<unknown>>()
  const keep = (params: object) => {
    for (const [name, value] of Object.entries(params)) pool.set(name, (pool.get(name) ?? new Set()).add(value))
  }
  const places: object[] = []
  for (const scene of listScenes().values()) {
    const stage = await w.stage()
    const calls = (await scene(stage)).filter(({ name }) => !ending.includes(name))
    places.push(...stage.posts.map(({ at }) => at))
    for (const asking of calls.map((one) => w.askingOf(one))) {
      keep(asking.ask.params)
      if (asking.endpoint.name !== 'messages.act') places.push(asking.ask.params)
      askings.push(asking)
    }
    for (const post of stage.posts) if (post.kind !== 'system') askings.push(w.postingOf(post))
    const at = stage.posts[0]?.at
    if (at !== undefined)
      askings.push(w.askingOf({ name: 'conversations.read', who: 'li', params: at, body: { seq: 1 } }))
  }
  const unread: string[] = []
  for (const { endpoint } of w.server.server.routes) {
    if (
      endpoint.name === plant.name ||
      endpoint.method !== 'GET' ||
      numbersOf(endpoint.query, {}).length + numbersOf(endpoint.params, {}).length === 0
    )
      continue
    const wanted = Object.keys((endpoint.params?.properties ?? {}) as object)
    const query = (endpoint.query === undefined ? {} : sampleOf(endpoint.query)) as Record<string, unknown>
    const who = endpoint.by === 'server' ? 'host' : 'wang'
    const known = places.filter((place) => wanted.every((name) => name in place))
    const made = Object.fromEntries(wanted.map((name) => [name, [...(pool.get(name) ?? [])][0] ?? 'x']))
    let found: Asking | undefined
    for (const params of [...known, made] as Record<string, unknown>[]) {
      const asking = { name: endpoint.name, who, endpoint, ask: { params, query } }
      const { status } = await send(w, asking)
      found = status < 300 || found === undefined ? asking : found
      if (status < 300) break
      if (params === made && !unreadable.includes(endpoint.name)) unread.push(endpoint.name)
    }
    if (found !== undefined) askings.push(found)
  }
  askings.push(w.askingOf({ name: 'tokens.mint', who: 'host', body: { userId: 'li' } }))
  return { askings: distinct(askings), unread }
}

/** All rows there are, each table's count and sum. */
async function digestOf(w: ServedWorld): Promise<Record<string, string>> {
  const { core, store } = w.server.server
  await core.settle()
  return store.reading('*', async (tx) => {
    const { rows } = await sql<{ name: string }>`SELECT tablename AS name FROM pg_tables
      WHERE schemaname = 'public' ORDER BY 1`.execute(tx)
    const found: Record<string, string> = {}
    for (const { name } of rows) {
      const { rows: sums } = await sql<{
        sum: string
      }>`SELECT count(*) || ' ' || coalesce(sum(hashtext(t::text)), 0) AS sum
        FROM ${sql.table(name)} t`.execute(tx)
      found[name] = sums[0]!.sum
    }
    return found
  })
}
/** Twelve at once: as many as the store has connections. */
async function inRows<T>(list: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  const left = [...list]
  const row = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await each(one)
  }
  await Promise.all(Array.from({ length: 12 }, row))
}

async function faultsOf(w: ServedWorld, askings: readonly Asking[]): Promise<{ faults: string[]; tried: number }> {
  const all = askings.flatMap((asking) => [...triesOf(asking), ...forgeriesOf(asking)])
  const faults: string[] = []
  const before = await digestOf(w)
  await inRows(
    all.filter(({ isLegal: legal }) => !legal),
    async ({ title, asking }) => {
      const answer = await send(w, asking)
      const isStable = /"code":"[a-z_]+\.[a-z_]+"/.test(answer.text)
      if (![400, 422].includes(answer.status) || !isStable) faults.push(`${title} → ${answer.status} ${answer.text}`)
    },
  )
  const after = await digestOf(w)
  for (const [name, sum] of Object.entries(after)) if (before[name] !== sum) faults.push(`refused, and ${name} changed`)
  await inRows(
    all.filter(({ isLegal: legal }) => legal),
    async ({ title, asking }) => {
      const answer = await send(w, asking)
      if (answer.status >= 500) faults.push(`${title} → ${answer.status} ${answer.text}`)
    },
  )
  return { faults, tried: all.length }
}

const bugs = () => server.logLines.filter((line) => line.includes('"msg":"bug"'))

test('[I4] no number of any request is a fault of the server, and what is refused changes nothing', async () => {
  const { askings, unread } = await askingsOf(w)
  const { faults, tried } = await faultsOf(w, askings)
  const calls = new Set(askings.map(({ name }) => name)).size
  process.stdout.write(`${tried} numbers and cursors tried in ${calls} routes, actions and cards\n`)
  expect(faults).toEqual([])
  expect(unread).toEqual([])
  expect(bugs()).toEqual([])
})

test('[I4] no number of any frame is one either', async () => {
  const { groupId } = await w.stage()
  const right: Readonly<Record<string, object>> = {
    subscribe: { id: 1, groups: [{ groupId, level: 'open', from: 0 }] },
    pull: { id: 1, stream: `group/${groupId}`, from: 0 },
    send: { id: 1, groupId, clientId: 'numbers', kind: 'text', body: { text: '好' } },
    read: { id: 1, groupId, seq: 1 },
    auth: { token: w.credentialOf('li'), version: 0 },
  }
  let tried = 0
  for (const [op, sample] of Object.entries(right)) {
    const schema = clientFrames[op as keyof typeof clientFrames]
    const tries = numbersOf(schema, { op, ...sample }).flatMap((place) =>
      triesFor(place).map((value) => ({ frame: place.put(value), isLegal: place.fits(readOf(value)) })),
    )
    tried += tries.length
    await inRows(tries, async ({ frame, isLegal }) => {
      const client = await WireClient.open(server.url)
      if (op !== 'auth') await client.enter(w.credentialOf('li'))
      client.write(clientFrame(textWith(frame)), clientFrame('{"op":"ping"}'))
      await client.until(() => client.frames.some((one) => one.op === 'pong') || client.closedWith !== undefined)
      const errors = client.frames.filter((one) => one.op === 'error')
      const told = `${textWith(frame)} → ${JSON.stringify(errors)}`
      if (!isLegal) expect(errors, told).not.toEqual([])
      for (const { status } of errors) expect(status, told).toBeLessThan(500)
      client.close()
    })
  }
  process.stdout.write(`${tried} numbers tried in frames\n`)
  expect(bugs()).toEqual([])
})

test('[I4] an endpoint with a number and a cursor that nothing bounds is found', async () => {
  const { groupId } = await w.stage()
  const asking = { name: plant.name, who: 'li', endpoint: plant, ask: { params: { groupId }, query: {} } }
  const { faults } = await faultsOf(w, [asking])
  expect(faults.filter((fault) => fault.includes('query/after = 2147483648 → 500')).length).toBe(1)
  expect(faults.filter((fault) => /cursor = .* → 5/.test(fault)).length).toBeGreaterThan(0)
})
