/** Requests over HTTP: keys, lost answers, stale tokens, refusals. */
import { expect, test } from 'vitest'
import { defineEndpoint, Type } from '@qun/contract'
import { groupId, startWorld } from '../test/world.ts'
import { QunError } from './problem.ts'

const join = defineEndpoint({
  name: 'links.join',
  method: 'POST',
  path: '/links/:code/join',
  doc: '',
  by: 'user',
  params: Type.Object({ code: Type.String() }),
  query: Type.Object({ from: Type.Optional(Type.String()), page: Type.Optional(Type.Integer()) }),
  body: Type.Object({ name: Type.String() }),
  answer: Type.Object({ ok: Type.Boolean() }),
})
const request = { params: { code: 'a/b 群' }, query: { from: 'x&y' }, body: { name: '小李' } }

interface Asked {
  readonly url: string
  readonly method: string | undefined
  readonly headers: Headers
  readonly body: unknown
}
/** Answers in order; a thrown one is a lost answer, the last repeats. */
function scripted(...answers: (() => Response)[]) {
  const asked: Asked[] = []
  const world = startWorld({
    fetch: async (url, init) => {
      asked.push({ url: String(url), method: init?.method, headers: new Headers(init?.headers), body: init?.body })
      return (answers[asked.length - 1] ?? answers.at(-1) ?? lost)()
    },
  })
  const settled = async <T>(promise: Promise<T>) => {
    promise.catch(() => {})
    await world.clock.pass(60_000)
    return promise
  }
  return { ...world, asked, settled }
}
const lost = (): never => {
  throw new TypeError('Failed to fetch')
}
const ok =
  (body: unknown = { ok: true }) =>
  () =>
    Response.json(body)
const problem =
  (status: number, code: string, retry: string, more = {}) =>
  () =>
    new Response(JSON.stringify({ type: 'about:blank', title: code, status, code, retry, request_id: 'r', ...more }), {
      status,
      headers: { 'content-type': 'application/problem+json' },
    })
const refused = async (promise: Promise<unknown>): Promise<QunError> =>
  promise.then(
    () => Promise.reject(new Error('It was not refused')),
    (error: unknown) => error as QunError,
  )

test('params are encoded, the token and the language are sent, a key marks what changes something', async () => {
  const { client, asked } = scripted(ok())
  expect(await client.call(join, request)).toEqual({ ok: true })
  const [one] = asked
  expect(one?.url).toBe('https://chat.example.com/v1/links/a%2Fb%20%E7%BE%A4/join?from=x%26y')
  expect(one?.method).toBe('POST')
  expect(one?.body).toBe('{"name":"小李"}')
  expect(Object.fromEntries(one?.headers ?? [])).toMatchObject({
    authorization: 'Bearer token-1',
    'accept-language': 'en',
    'content-type': 'application/json',
  })
  expect(one?.headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/)
})

test('a lost answer is asked for once more under the same key', async () => {
  const { client, asked, settled } = scripted(lost, ok())
  expect(await settled(client.call(join, request))).toEqual({ ok: true })
  const keys = asked.map((one) => one.headers.get('idempotency-key'))
  expect(keys).toHaveLength(2)
  expect(keys[0]).toBe(keys[1])
})

test('lost twice: client.offline, to be tried later', async () => {
  const { client, asked, settled } = scripted(lost)
  const error = await refused(settled(client.call(join, request)))
  expect(error).toBeInstanceOf(QunError)
  expect(error.problem).toMatchObject({ code: 'client.offline', status: 0, retry: 'later' })
  expect(asked).toHaveLength(2)
})

test('an answer that never comes counts as lost', async () => {
  let count = 0
  const world = startWorld({
    fetch: (_, init) =>
      new Promise((resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new TypeError('aborted')))
        if (++count > 1) resolve(Response.json({ ok: true }))
      }),
  })
  const answer = world.client.call(join, request)
  await world.clock.pass(40_000)
  expect(await answer).toEqual({ ok: true })
  expect(world.clock.waiting).toBe(0)
})

test('a retry that meets its own first try waits for it', async () => {
  const busy = problem(409, 'idempotency.in_progress', 'later')
  const { client, asked, settled } = scripted(lost, busy, busy, ok())
  expect(await settled(client.call(join, request))).toEqual({ ok: true })
  expect(new Set(asked.map((one) => one.headers.get('idempotency-key'))).size).toBe(1)
})

test('a stale token is fetched again once, and only once', async () => {
  const stale = problem(401, 'auth.token_expired', 'after-change')
  const { client, asked, settled } = scripted(stale, ok())
  expect(await settled(client.call(join, request))).toEqual({ ok: true })
  expect(asked.map((one) => one.headers.get('authorization'))).toEqual(['Bearer token-1', 'Bearer token-2'])
  const never = scripted(stale)
  expect((await refused(never.settled(never.client.call(join, request)))).code).toBe('auth.token_expired')
  expect(never.asked).toHaveLength(2)
})

test('a refusal keeps its code, advice and wait', async () => {
  const { client } = scripted(problem(429, 'rate.limited', 'later', { retry_after: 3 }))
  const error = await refused(client.call(join, request))
  expect(error.code).toBe('rate.limited')
  expect(error.problem).toEqual({
    code: 'rate.limited',
    status: 429,
    retry: 'later',
    title: 'rate.limited',
    retry_after: 3,
  })
})

test('something that is no Qun server: client.answer', async () => {
  const { client } = scripted(() => new Response('<html>Wi-Fi login</html>', { status: 511 }))
  expect((await refused(client.call(join, request))).problem).toMatchObject({ code: 'client.answer', status: 511 })
})

test('the viewer’s settings go to their route', async () => {
  const { client, asked } = scripted(ok({}))
  await client.setConversation(groupId, { pinned: true })
  expect(asked[0]).toMatchObject({ method: 'PATCH', body: '{"pinned":true}' })
  expect(asked[0]?.url).toMatch(`/v1/conversations/${groupId}`)
})

test('bytes go up as they are and come down as they are', async () => {
  const bytes = new Uint8Array([1, 2, 3])
  const { client, asked } = scripted(
    ok({ mediaId: 'x' }),
    () => new Response(bytes, { headers: { 'content-type': 'image/png' } }),
  )
  const shares: number[] = []
  const file = new Blob([bytes], { type: 'image/png' })
  expect(await client.upload(`/groups/${groupId}/media`, file, (share) => shares.push(share))).toEqual({ mediaId: 'x' })
  expect(shares.at(-1)).toBe(1)
  expect(asked[0]?.headers.get('content-type')).toBe('image/png')
  expect(asked[0]?.headers.get('idempotency-key')).not.toBeNull()
  const media = { ...join, method: 'GET' as const, path: '/media', answer: Type.Unknown() }
  expect(await client.call(media, {})).toEqual({ bytes, contentType: 'image/png' })
  expect(asked[1]?.headers.get('idempotency-key')).toBeNull()
})

test('an upload the caller gave up is client.aborted', async () => {
  const { client } = scripted(lost)
  const abort = new AbortController()
  abort.abort()
  const error = await refused(client.upload('/x', new Blob(['x']), undefined, abort.signal))
  expect(error.code).toBe('client.aborted')
})

test('a token function that fails: client.token', async () => {
  const world = startWorld({ token: () => Promise.reject(new Error('down')) })
  expect((await refused(world.client.call(join, request))).code).toBe('client.token')
})
