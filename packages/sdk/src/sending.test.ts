/** The outbox: nothing said is lost, doubled or out of order. */
import { IDBFactory } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { chance, settle } from '../test/clock.ts'
import { groupId, startOnline, startWorld, text, wordsOf } from '../test/world.ts'
import { createIndexedDbOutbox, createMemoryOutbox } from './outbox.ts'
import type { IndexedDb } from './outbox.ts'
import type { OutboxEntry } from './api.ts'

const refusal = (code: string, status: number, retry: 'never' | 'later', more = {}) =>
  ({ op: 'error', code, status, retry, title: code, ...more }) as const

test('a message is pending at once, acknowledged, and then shown without a blink', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  const counts: number[] = []
  group.subscribe(() => counts.push(group.get().pending.length + group.get().messages.length))
  const sent = group.send(text, 'hello')
  expect(group.get().pending).toMatchObject([{ kind: 'text', body: 'hello', status: 'sending' }])
  expect(await sent).toEqual({ seq: 1 })
  await settle()
  expect(group.get().pending).toEqual([])
  expect(wordsOf(group.get())).toEqual(['hello'])
  expect(counts.every((count) => count === 1)).toBe(true)
  expect(peer.messages(groupId)).toHaveLength(1)
})

test('[A-10] airplane mode: send 3, reconnect → exactly 3 in order', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.isReachable = false
  peer.cut()
  await settle()
  const sent = ['one', 'two', 'three'].map((word) => group.send(text, word))
  await clock.pass(120_000)
  expect(group.get().pending.map((one) => one.body)).toEqual(['one', 'two', 'three'])
  peer.isReachable = true
  await clock.pass(60_000)
  expect(await Promise.all(sent)).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }])
  expect(wordsOf(group.get())).toEqual(['one', 'two', 'three'])
  expect(group.get().pending).toEqual([])
})

test('[A-10] [P3] unsent words survive a reload in IndexedDB and arrive once each, in order', async () => {
  // Said within one millisecond: their order is kept by more than the clock.
  const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
  const indexedDb = new IDBFactory() as unknown as IndexedDb
  const world = startWorld({ outbox: createIndexedDbOutbox({ indexedDb }), userId: 'li' })
  world.peer.isReachable = false
  world.client.connect()
  const first = world.client.open(groupId)
  for (const word of words) void first.send(text, word)
  await until(async () => (await createIndexedDbOutbox({ indexedDb }).list('li')).length === words.length)
  world.client.close()

  const client = world.reload()
  const group = client.open(groupId)
  await until(() => group.get().pending.length === words.length)
  // The answer to the first of them is lost.
  let isLost = false
  world.peer.network = (frame, deliver) => {
    if (frame.op === 'sent' && !isLost) isLost = true
    else deliver(frame)
  }
  world.peer.isReachable = true
  client.connect()
  await world.clock.pass(60_000)
  await until(async () => (await createIndexedDbOutbox({ indexedDb }).list('li')).length === 0)
  expect(wordsOf(group.get())).toEqual(words)
  expect(group.get().pending).toEqual([])
  expect(isLost).toBe(true)
})

test('[P3] 20 % of the answers lost, cut every few seconds: each word once, in order', async () => {
  const random = chance(42)
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.network = (frame, deliver) => {
    if (random() >= 0.2) deliver(frame)
  }
  const words = Array.from({ length: 40 }, (_, index) => `w${index}`)
  for (const word of words) {
    void group.send(text, word)
    await clock.pass(500)
    if (random() < 0.1) peer.cut()
  }
  await clock.pass(900_000)
  expect(peer.messages(groupId).map((row) => row.body)).toEqual(words)
  expect(group.get().pending).toEqual([])
  const clientIds = peer.heard.flatMap((frame) => (frame.op === 'send' ? [frame.clientId] : []))
  expect(new Set(clientIds).size).toBe(words.length)
  expect(clientIds.length).toBeGreaterThan(words.length)
})

test('refused for good: failed and kept over a reload; resent under another clientId, or forgotten', async () => {
  const world = await startOnline()
  const { client, peer } = world
  const group = client.open(groupId)
  await settle()
  peer.answer = (frame, socket) => {
    if (frame.op !== 'send' || frame.body !== 'bad') return false
    socket.push({ ...refusal('message.type_forbidden', 403, 'never'), id: frame.id })
    return true
  }
  const bad = group.send(text, 'bad')
  const good = group.send(text, 'good')
  await expect(bad).rejects.toMatchObject({ code: 'message.type_forbidden', problem: { status: 403 } })
  expect(await good).toEqual({ seq: 1 })
  await settle()
  expect(group.get().pending).toMatchObject([{ body: 'bad', status: 'failed', problem: { retry: 'never' } }])
  client.close()

  const later = world.reload()
  later.connect()
  const again = later.open(groupId)
  await settle()
  const [failed] = again.get().pending
  expect(failed).toMatchObject({ body: 'bad', status: 'failed' })
  again.resend(failed?.clientId ?? '')
  await settle()
  const [second] = again.get().pending
  expect(second).toMatchObject({ body: 'bad', status: 'failed' })
  expect(second?.clientId).not.toBe(failed?.clientId)
  again.discard(second?.clientId ?? '')
  expect(again.get().pending).toEqual([])
  expect(peer.messages(groupId).map((row) => row.body)).toEqual(['good'])
})

test('refused for now: waits as long as asked, and what was said later does not overtake', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  let refusals = 2
  peer.answer = (frame, socket) => {
    if (frame.op !== 'send' || refusals-- <= 0) return false
    socket.push({ ...refusal('rate.limited', 429, 'later', { retry_after: 10 }), id: frame.id })
    return true
  }
  void group.send(text, 'one')
  void group.send(text, 'two')
  await clock.pass(9_999)
  expect(peer.heard.filter((frame) => frame.op === 'send')).toHaveLength(1)
  expect(group.get().pending.map((one) => one.status)).toEqual(['sending', 'sending'])
  await clock.pass(60_000)
  expect(wordsOf(group.get())).toEqual(['one', 'two'])
})

test('a wait that close() ended does not hold up the next connection', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.answer = (frame, socket) => {
    if (frame.op !== 'send') return false
    socket.push({ ...refusal('rate.limited', 429, 'later', { retry_after: 600 }), id: frame.id })
    return true
  }
  const sent = group.send(text, 'one')
  await settle()
  client.close()
  peer.answer = () => false
  client.connect()
  await clock.pass(1_000)
  expect(await sent).toEqual({ seq: 1 })
})

test('a muted member is told at once instead of watching a clock', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  peer.answer = (frame, socket) => {
    if (frame.op !== 'send') return false
    socket.push({ ...refusal('member.muted', 403, 'later'), id: frame.id })
    return true
  }
  await expect(group.send(text, 'hm')).rejects.toMatchObject({ code: 'member.muted' })
})

test('the row is as good as the acknowledgement', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.network = (frame, deliver) => (frame.op === 'sent' ? undefined : deliver(frame))
  expect(await group.send(text, 'hello')).toEqual({ seq: 1 })
  await settle()
  expect(group.get().pending).toEqual([])
})

test('a store that cannot keep loses nothing but the survival of a reload', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('QuotaExceededError')
  }
  const { client } = await startOnline({ outbox: { list: broken, put: broken, remove: broken } })
  const group = client.open(groupId)
  expect(await group.send(text, 'hello')).toEqual({ seq: 1 })
})

test('another person signs in: what the first one left unsent stays theirs', async () => {
  const outbox = createMemoryOutbox()
  const { client, peer, clock } = await startOnline({ outbox })
  const group = client.open(groupId)
  await settle()
  peer.isReachable = false
  peer.cut()
  await settle()
  const sent = group.send(text, 'secret')
  await settle()
  Object.assign(peer, { userId: 'zhao' })
  peer.isReachable = true
  await clock.pass(60_000)
  await expect(sent).rejects.toMatchObject({ code: 'client.closed' })
  expect(client.userId.get()).toBe('zhao')
  expect(peer.messages(groupId)).toEqual([])
  expect(await outbox.list('li')).toHaveLength(1)
})

test.each([
  ['memory', createMemoryOutbox()],
  ['IndexedDB', createIndexedDbOutbox({ indexedDb: new IDBFactory() as unknown as IndexedDb })],
])('outbox in %s: by person, in sending order, the last put wins', async (_, store) => {
  const entry = (clientId: string, at: number, userId = 'li'): OutboxEntry => ({
    userId,
    groupId,
    clientId,
    kind: 'text',
    body: { at },
    at,
  })
  await store.put(entry('b', 2))
  await store.put(entry('a', 3))
  await store.put(entry('c', 1))
  await store.put(entry('d', 1, 'zhao'))
  const problem = { code: 'x.y', status: 400, title: 'x', retry: 'never' } as const
  await store.put({ ...entry('b', 2), problem })
  expect((await store.list('li')).map((one) => one.clientId)).toEqual(['c', 'b', 'a'])
  expect((await store.list('li'))[1]?.problem).toEqual(problem)
  await store.remove(entry('b', 2))
  expect((await store.list('li')).map((one) => one.clientId)).toEqual(['c', 'a'])
})

/** IndexedDB answers in real turns of the event loop; a bound instead of a sleep. */
async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (await isDone()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('It never came to be')
}
