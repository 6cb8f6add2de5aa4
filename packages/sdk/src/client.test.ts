/** A client against a scripted peer: streams, gaps, epochs, opening and leaving groups. */
import { expect, test } from 'vitest'
import { settle } from '../test/clock.ts'
import { groupId, startOnline, startWorld, wordsOf } from '../test/world.ts'

const say = (peer: { post: (...words: [string, string, string, unknown]) => number }, ...words: string[]) =>
  words.map((word) => peer.post(groupId, 'wang', `c-${word}`, word))

test('a first visit: hello, conversations, then a snapshot of the opened group', async () => {
  const world = startWorld()
  const { client, peer } = world
  say(peer, 'a', 'b')
  expect(client.connection.get()).toBe('closed')
  const group = client.open(groupId)
  expect(group.get()).toMatchObject({ ready: false, messages: [] })
  client.connect()
  expect(client.connection.get()).toBe('connecting')
  await settle()
  expect(client.connection.get()).toBe('online')
  expect(client.userId.get()).toBe('li')
  expect(client.conversations.get().map((one) => one.groupId)).toEqual([groupId])
  const view = group.get()
  expect(view).toMatchObject({ ready: true, atStart: true, version: peer.groups.get(groupId)?.version })
  expect(wordsOf(view)).toEqual(['a', 'b'])
  expect([...view.members.keys()]).toEqual(['li', 'wang'])
  expect(view.group?.name).toBe(groupId)
})

test('live changes arrive, once per turn, and an unchanged view stays the same value', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  let told = 0
  const end = group.subscribe(() => told++)
  say(peer, 'a')
  await settle()
  expect(told).toBe(1)
  const view = group.get()
  expect(wordsOf(view)).toEqual(['a'])
  expect(group.get()).toBe(view)
  peer.putRecord(groupId, 'pin', { seq: 1 })
  await settle()
  expect(group.get().messages).toBe(view.messages)
  expect(group.get().records.get('note/pin')?.body).toEqual({ seq: 1 })
  peer.putRecord(groupId, 'pin', null)
  await settle()
  expect(group.get().records.size).toBe(0)
  end()
  say(peer, 'b')
  await settle()
  expect(told).toBe(3)
})

test('[SYNC2] a lost frame is noticed by the next one and pulled', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.network = () => {}
  say(peer, 'lost')
  peer.network = (frame, deliver) => deliver(frame)
  say(peer, 'next')
  await settle()
  expect(peer.heard.filter((frame) => frame.op === 'pull')).toHaveLength(1)
  expect(wordsOf(group.get())).toEqual(['lost', 'next'])
})

test('[SYNC2] repeated and reordered frames change nothing but the order of work', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  const kept: (() => void)[] = []
  peer.network = (frame, deliver) => {
    if (frame.op !== 'changes' || frame.id !== undefined) return deliver(frame)
    kept.push(
      () => deliver(frame),
      () => deliver(frame),
    )
  }
  say(peer, 'a', 'b', 'c')
  for (const run of kept.toReversed()) run()
  await settle()
  expect(wordsOf(group.get())).toEqual(['a', 'b', 'c'])
  expect(peer.heard.filter((frame) => frame.op === 'pull').length).toBeLessThanOrEqual(1)
})

test('a pull that stops at its row limit goes on; no hole is shown meanwhile', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  say(peer, 'zero')
  await settle()
  peer.pullRows = 2
  peer.network = () => {}
  say(peer, 'a', 'b', 'c', 'd')
  // The first of them changed last, so its row comes in the last page.
  peer.setState(groupId, 2, { edited: true })
  peer.network = (frame, deliver) => deliver(frame)
  const seen: number[][] = []
  group.subscribe(() => seen.push(group.get().messages.map((message) => message.seq)))
  say(peer, 'e')
  await settle()
  expect(wordsOf(group.get())).toEqual(['zero', 'a', 'b', 'c', 'd', 'e'])
  for (const seqs of seen) expect(seqs).toEqual(seqs.map((_, index) => index + 1))
})

test('coming back: the group goes on from its version, and what happened meanwhile is there', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  say(peer, 'a')
  await settle()
  const { version } = group.get()
  peer.isReachable = false
  peer.cut()
  await settle()
  expect(client.connection.get()).toBe('offline')
  say(peer, 'b')
  peer.setState(groupId, 1, { edited: true })
  peer.isReachable = true
  await clock.pass(60_000)
  expect(client.connection.get()).toBe('online')
  expect(peer.heard.findLast((frame) => frame.op === 'subscribe')).toMatchObject({ groups: [{ from: version }] })
  expect(peer.heard.findLast((frame) => frame.op === 'auth')).toMatchObject({ epoch: 'e1' })
  expect(group.get().messages.map((message) => [message.body, message.state])).toEqual([
    ['a', { edited: true }],
    ['b', null],
  ])
})

test('[SYNC21] cut off as a slow reader, a client asks for a snapshot, whose size is bounded, and only once', async () => {
  const { client, peer, clock } = await startOnline()
  say(peer, 'a')
  const group = client.open(groupId)
  await settle()
  const asked = () => peer.heard.filter((frame) => frame.op === 'subscribe').at(-1)?.groups[0]
  peer.cut(4408)
  expect(group.get().messages).toHaveLength(1)
  say(peer, 'b')
  await clock.pass(30_000)
  expect(asked()).not.toHaveProperty('from')
  expect(group.get().messages).toHaveLength(2)
  peer.cut(1006)
  await clock.pass(30_000)
  expect(asked()).toHaveProperty('from')
})

test('[SYNC21] a long answer is waited for as long as its pages come', async () => {
  const { client, peer, clock } = await startOnline()
  peer.answer = (frame) => frame.op === 'subscribe'
  client.open(groupId)
  await settle()
  const asked = peer.heard.filter((frame) => frame.op === 'subscribe')
  const id = asked[0]?.id as number
  for (let from = 0; from < 5; from++) {
    await clock.pass(14_000)
    peer.push({ op: 'changes', stream: `group/${groupId}`, from, to: from + 1, rows: [], id, more: true })
    await settle()
  }
  expect(peer.heard.filter((frame) => frame.op === 'subscribe')).toHaveLength(1)
  await clock.pass(30_000)
  expect(peer.heard.filter((frame) => frame.op === 'subscribe').length).toBeGreaterThan(1)
})

test('[M18] another epoch: everything held is dropped and read afresh', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  say(peer, 'a', 'b', 'c')
  for (let i = 0; i < 5; i++) peer.putConversation(groupId, { pinned: true })
  peer.setMine(groupId, 1, 'of another life')
  await settle()
  expect(client.conversations.get()[0]).toMatchObject({ pinned: true, unread: 3 })
  peer.groups.clear()
  peer.own = { version: 0, rows: new Map() }
  peer.addGroup(groupId)
  say(peer, 'a')
  peer.restore('e2')
  await clock.pass(60_000)
  expect(wordsOf(group.get())).toEqual(['a'])
  expect(group.get().version).toBe(peer.groups.get(groupId)?.version)
  expect(client.conversations.get()[0]).toMatchObject({ version: 1, pinned: false, unread: 1 })
  expect(group.get().messages[0]).not.toHaveProperty('mine')
})

test('reset: a cursor ahead of the server starts over', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  say(peer, 'a')
  await settle()
  peer.push({ op: 'reset', code: 'sync.reset', stream: `group/${groupId}`, reason: 'ahead' })
  await settle()
  expect(peer.heard.findLast((frame) => frame.op === 'subscribe')?.groups[0]).not.toHaveProperty('from')
  expect(wordsOf(group.get())).toEqual(['a'])
  peer.push({ op: 'reset', code: 'sync.reset', stream: 'user/li', reason: 'ahead' })
  await settle()
  expect(client.conversations.get()).toHaveLength(1)
})

test('reset in answer to a subscription: the snapshot that follows it is taken', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  say(peer, 'a', 'b')
  await settle()
  peer.answer = (frame, socket) => {
    if (frame.op !== 'subscribe' || frame.groups[0]?.from === undefined) return false
    const reset = {
      op: 'reset',
      code: 'sync.reset',
      stream: `group/${groupId}`,
      reason: 'ahead',
      id: frame.id,
    } as const
    socket.push(reset)
    peer.receive(socket, { ...frame, groups: [{ groupId: frame.groups[0].groupId, level: 'open' }] })
    return true
  }
  peer.cut()
  await clock.pass(30_000)
  expect(wordsOf(group.get())).toEqual(['a', 'b'])
  // The scripted answer heard one of its own; the client asked twice in all.
  expect(peer.heard.filter((frame) => frame.op === 'subscribe')).toHaveLength(3)
})

test('a subscription that fails for now is asked again; a pull too', async () => {
  const { client, peer, clock } = await startOnline()
  let failures = 2
  const busy = {
    op: 'error',
    code: 'store.unavailable',
    status: 503,
    retry: 'later',
    title: '',
    retry_after: 1,
  } as const
  peer.answer = (frame, socket) => {
    if ((frame.op !== 'subscribe' && frame.op !== 'pull') || failures-- <= 0) return false
    socket.push({ ...busy, id: frame.id })
    return true
  }
  const group = client.open(groupId)
  await clock.pass(10_000)
  expect(group.get()).toMatchObject({ ready: true })
  failures = 1
  peer.network = (frame, deliver) => (frame.op === 'changes' ? undefined : deliver(frame))
  say(peer, 'lost')
  peer.network = (frame, deliver) => deliver(frame)
  say(peer, 'next')
  await clock.pass(10_000)
  expect(wordsOf(group.get())).toEqual(['lost', 'next'])
})

test('gone: refused, left, and back again', async () => {
  const { client, peer } = await startOnline()
  const unknown = client.open('grp_nowhere')
  const group = client.open(groupId)
  await settle()
  expect(unknown.get().gone).toMatchObject({ code: 'group.not_found', status: 404 })
  peer.putConversation(groupId, { active: false })
  await settle()
  expect(group.get().gone?.code).toBe('group.not_found')
  expect(client.conversations.get()).toEqual([])
  peer.putConversation(groupId, { active: true })
  await settle()
  expect(group.get().gone).toBeUndefined()
  expect(group.get().ready).toBe(true)
})

test('closing and opening in one turn keeps the subscription; closing for good lists the group', async () => {
  const { client, peer } = await startOnline()
  const first = client.open(groupId)
  await settle()
  first.close()
  const second = client.open(groupId)
  first.close()
  await settle()
  expect(peer.heard.filter((frame) => frame.op === 'subscribe')).toHaveLength(1)
  second.close()
  await settle()
  expect(peer.heard.at(-1)).toMatchObject({ op: 'subscribe', groups: [{ level: 'listed' }] })
  say(peer, 'later')
  const third = client.open(groupId)
  expect(third.get().ready).toBe(true)
  await settle()
  expect(wordsOf(third.get())).toEqual(['later'])
})

test('what is mine joins the message, whichever comes first; hidden ones are left out', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.setMine(groupId, 1, { code: 'X' })
  await settle()
  say(peer, 'a', 'b')
  await settle()
  expect(group.get().messages[0]?.mine?.body).toEqual({ code: 'X' })
  const second = group.get().messages[1]
  peer.setMine(groupId, 1, { code: 'Y' })
  await settle()
  expect(group.get().messages[0]?.mine?.body).toEqual({ code: 'Y' })
  expect(group.get().messages[1]).toBe(second)
  peer.setMine(groupId, 1, null, true)
  await settle()
  expect(wordsOf(group.get())).toEqual(['b'])
})

test('frames nobody knows, and no frames at all, are left alone', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.push({ op: 'hologram' } as never)
  peer.push(7 as never)
  const from = peer.groups.get(groupId)?.version ?? 0
  peer.push({ op: 'changes', stream: `group/${groupId}`, from, to: from, rows: [{ row: 'aura', version: 9 }] } as never)
  await settle()
  expect(client.connection.get()).toBe('online')
  expect(group.get().ready).toBe(true)
})

test('after close the app can connect again', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  client.close()
  await settle()
  say(peer, 'meanwhile')
  client.connect()
  await clock.pass(1_000)
  expect(wordsOf(group.get())).toEqual(['meanwhile'])
})

test('a listener that fails costs the others nothing', async () => {
  const { client, peer } = await startOnline()
  const group = client.open(groupId)
  await settle()
  const failures: unknown[] = []
  const listen = (error: unknown) => failures.push(error)
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', listen)
  client.badge.subscribe(() => {
    throw new Error('the app’s')
  })
  let told = 0
  group.subscribe(() => told++)
  say(peer, 'a')
  await settle()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', listen)
  for (const one of before) process.on('unhandledRejection', one)
  expect(told).toBe(1)
  expect(failures).toHaveLength(1)
})

test('nothing is left waiting after close', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  say(peer, 'a')
  await settle()
  group.markRead(1)
  client.close()
  await settle()
  expect(client.connection.get()).toBe('closed')
  expect(clock.waiting).toBe(0)
  expect(peer.sockets.size).toBe(0)
})
