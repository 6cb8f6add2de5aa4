/** One connection: tokens, pings, goodbyes. */
import { expect, test } from 'vitest'
import { settle } from '../test/clock.ts'
import { groupId, startOnline, startWorld, text } from '../test/world.ts'

test('two unanswered pings end a connection that looks alive', async () => {
  const { client, peer, clock } = await startOnline()
  const states: string[] = []
  client.connection.subscribe(() => states.push(client.connection.get()))
  await clock.pass(25_000 * 4)
  expect(states).toEqual([])
  peer.network = () => {}
  await clock.pass(25_000 * 2)
  expect(client.connection.get()).toBe('online')
  await clock.pass(25_000)
  expect(states[0]).toBe('offline')
})

test('auth.expiring: a fresh token is sent on the same socket, and nothing else happens', async () => {
  const { client, peer } = await startOnline()
  expect(peer.tokens).toEqual(['token-1'])
  peer.push({ op: 'auth.expiring', expiresAt: 0 })
  await settle()
  expect(peer.tokens).toEqual(['token-1', 'token-2'])
  expect(client.connection.get()).toBe('online')
  expect(peer.sockets.size).toBe(1)
})

test('close 4401 fetches a token before coming back; other closes keep it', async () => {
  const { peer, clock } = await startOnline()
  peer.cut(1006)
  await clock.pass(30_000)
  expect(peer.tokens).toEqual(['token-1', 'token-1'])
  peer.cut(4401)
  await clock.pass(30_000)
  expect(peer.tokens).toEqual(['token-1', 'token-1', 'token-2'])
})

test('close 4403 is final until the app connects again', async () => {
  const { client, peer, clock } = await startOnline()
  peer.cut(4403)
  await clock.pass(600_000)
  expect(client.connection.get()).toBe('closed')
  client.connect()
  await settle()
  expect(client.connection.get()).toBe('online')
})

test('a refusal before hello that nothing can change ends the trying', async () => {
  const { client, peer, clock } = startWorld()
  peer.answer = (frame, socket) => {
    socket.push({ op: 'error', code: 'auth.subject_gone', status: 401, retry: 'never', title: '' })
    return frame.op === 'auth'
  }
  client.connect()
  await clock.pass(60_000)
  expect(client.connection.get()).toBe('closed')
  expect(peer.heard).toHaveLength(1)
})

test('[WS-30] goaway: nothing more is sent here, and not before the time asked for there', async () => {
  const { client, peer, clock } = await startOnline()
  const group = client.open(groupId)
  await settle()
  peer.push({ op: 'goaway', retry_in_ms: 20_000 })
  await settle()
  const sent = group.send(text, 'later')
  await settle()
  expect(peer.heard.some((frame) => frame.op === 'send')).toBe(false)
  peer.cut(1012)
  await clock.pass(19_999)
  expect(peer.sockets.size).toBe(0)
  await clock.pass(4_001)
  expect(client.connection.get()).toBe('online')
  expect(await sent).toEqual({ seq: 1 })
})

test('goaway from a server that then forgets to close', async () => {
  const { client, peer, clock } = await startOnline()
  peer.push({ op: 'goaway', retry_in_ms: 0 })
  await clock.pass(10_000)
  expect(client.connection.get()).toBe('online')
  expect(peer.tokens).toHaveLength(2)
})

test('an unreachable server is tried ever more rarely, within fifteen seconds', async () => {
  const { client, peer, clock } = startWorld()
  peer.isReachable = false
  let attempts = 0
  client.connection.subscribe(() => (attempts += Number(client.connection.get() === 'connecting')))
  client.connect()
  await clock.pass(600_000)
  expect(attempts).toBeGreaterThan(20)
  expect(attempts).toBeLessThan(150)
  peer.isReachable = true
  await clock.pass(30_000)
  expect(client.connection.get()).toBe('online')
})

test('no hello: the attempt is given up', async () => {
  const { client, peer, clock } = startWorld()
  peer.network = () => {}
  client.connect()
  await clock.pass(20_000)
  peer.network = (frame, deliver) => deliver(frame)
  await clock.pass(30_000)
  expect(client.connection.get()).toBe('online')
})

test('a token function that fails is asked again', async () => {
  let fails = 2
  const world = startWorld({
    token: async () => {
      if (fails-- > 0) throw new Error('the host is down')
      return 'good'
    },
  })
  world.client.connect()
  await world.clock.pass(60_000)
  expect(world.client.connection.get()).toBe('online')
  expect(world.peer.tokens).toEqual(['good'])
})

test('close() while the token is fetched: no socket is opened', async () => {
  let give = (_: string): void => {}
  let sockets = 0
  const world = startWorld({
    token: () => new Promise((resolve) => (give = resolve)),
    openSocket: () => {
      sockets++
      return world.peer.openSocket()
    },
  })
  world.client.connect()
  await settle()
  world.client.close()
  give('late')
  await settle()
  expect(sockets).toBe(0)
  expect(world.client.connection.get()).toBe('closed')
})

test('reconnectNow ends a wait, and finds out that a socket died in the pocket', async () => {
  const { client, peer, clock } = await startOnline()
  peer.cut()
  await settle()
  expect(client.connection.get()).toBe('offline')
  client.reconnectNow()
  await settle()
  expect(client.connection.get()).toBe('online')
  client.reconnectNow()
  await clock.pass(5_000)
  expect(client.connection.get()).toBe('online')
  peer.network = () => {}
  client.reconnectNow()
  await clock.pass(5_000)
  expect(client.connection.get()).not.toBe('online')
})

test('the server’s clock', async () => {
  const { client, peer, clock } = startWorld()
  peer.clock.at += 0
  peer.network = (frame, deliver) => deliver(frame.op === 'hello' ? { ...frame, now: clock.now() + 90_000 } : frame)
  client.connect()
  await settle()
  expect(client.serverNow()).toBe(clock.now() + 90_000)
})
