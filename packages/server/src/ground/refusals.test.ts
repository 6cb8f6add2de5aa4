/** Whoever waits to be told that they ask too often, of a whole server of which the time stands still. */
import { closed, defineEndpoint, Type } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { features } from '@qun/chat/server'
import { type Owner, WorkShares } from '@qun/storage'
import { expect, inject, test } from 'vitest'
import { HalfRequest, until } from '../testing/half-request.ts'
import { startTestServer, tokenOf, type TestServer, type TestServerOptions } from '../testing/test-server.ts'
import { WireClient } from '../testing/wire-client.ts'
import { Doors } from './doors.ts'
import { budgets } from './rates.ts'

/** Told at once: what may come at once of a person, and the one that goes past it. */
const toldAtOnce = 21
const open = defineEndpoint({
  name: 'open.look',
  method: 'GET',
  path: '/open',
  doc: 'Answers anyone.',
  by: 'open',
  answer: closed({ isSeen: Type.Boolean() }),
})
const feature = defineFeature({ name: 'open', endpoints: [serveEndpoint(open, () => ({ isSeen: true }))] })

/** Nobody waits at a door; who is refused waits for ever. */
async function start(options: Partial<TestServerOptions> = {}): Promise<TestServer> {
  const shares = new WorkShares({ processors: 2, personBurstMs: 1e9, appBurstMs: 1e9 }, () => 0)
  return await startTestServer({ pgUrl: inject('pgUrl'), features: [...features, feature], shares, ...options })
}
const upgrade = {
  ...{ upgrade: 'websocket', connection: 'upgrade' },
  ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
}
const asking = (world: TestServer) => new HalfRequest(world.url, 'GET', '/socket', upgrade)
const ofHost = (world: TestServer) =>
  new HalfRequest(world.url, 'GET', '/open', { authorization: `Bearer ${world.app.apiKey}`, connection: 'close' })
/** All that was asked before has come by then. */
async function settle(world: TestServer): Promise<void> {
  for (let n = 0; n < 5; n++) await ofHost(world).verdict()
}
const connectionsOf = ({ server }: TestServer) =>
  new Promise<number>((resolve) => void server.app.server.getConnections((_error, count) => resolve(count)))
const token = (world: TestServer, userId = 'li') => tokenOf(world.app, userId, world.clock.now())
const told = (halves: readonly HalfRequest[]) => halves.filter(({ answer }) => answer !== '')
const codesOf = ({ frames }: WireClient) => frames.filter(({ op }) => op === 'error').map(({ code }) => code)
const flush = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** One person’s sockets, the last of which are too many. */
async function crowd(world: TestServer, count: number): Promise<WireClient[]> {
  const clients: WireClient[] = []
  for (let n = 0; n < count; n++) {
    const client = await WireClient.open(world.url)
    client.send({ op: 'auth', token: token(world) })
    clients.push(client)
  }
  return clients
}

test('[FAIR10] a server that stops tells everybody who waits for it at once, and no line stays open', async () => {
  const world = await start({ rateLimits: { stranger: 1, connect: 51 } })
  const clients = await crowd(world, 50)
  const requests = Array.from({ length: 40 }, () => new HalfRequest(world.url, 'GET', '/open', {}))
  const upgrades = Array.from({ length: 40 }, () => asking(world))
  await settle(world)
  await world[Symbol.asyncDispose]()
  const all = [...requests, ...upgrades]
  await until(() => all.every(({ isClosed }) => isClosed))
  expect(told(all)).toHaveLength(80)
  await Promise.all(clients.map((client) => client.untilClosed()))
  const refusedMax = 30 - budgets.replace.limit
  expect(clients.filter((client) => codesOf(client).includes('conn.limit'))).toHaveLength(refusedMax)
  expect(world.server.app.server.listening).toBe(false)
})

test('[FAIR10] a socket that waits to be told is not ended meanwhile as if the server had no room', async () => {
  const world = await start()
  const clients = await crowd(world, 60)
  // Whoever still waits to be let in by then has been kept too long, and is told that.
  const isIn = ({ frames, closedWith }: WireClient) =>
    closedWith === undefined && frames.some(({ op }) => op === 'hello')
  await until(() => clients.filter(isIn).length === 20)
  await settle(world)
  world.clock.pass(30_000)
  world.server.gateway.sweep()
  await world[Symbol.asyncDispose]()
  await Promise.all(clients.map((client) => client.untilClosed()))
  const ends = clients.map((client) => `${client.closedWith} ${codesOf(client).join(' ')}`)
  const { limit } = budgets.replace
  expect(ends.toSorted()).toEqual([
    ...Array(20).fill('1012 '),
    ...Array(limit).fill('4409 conn.replaced'),
    ...Array(40 - limit).fill('4429 conn.limit'),
  ])
})

test('[FAIR10] whoever ends the line on which they asked for a socket is gone, and leaves no line behind', async () => {
  await using world = await start({ rateLimits: { connect: 1 } })
  const upgrades = Array.from({ length: 60 }, () => asking(world))
  await until(() => told(upgrades).length > toldAtOnce)
  const waiting = upgrades.filter(({ answer }) => answer === '')
  for (const { socket } of waiting) socket.end()
  for (const half of told(upgrades)) half.break()
  while ((await connectionsOf(world)) > 0) await flush()
  await until(() => waiting.every(({ isClosed }) => isClosed))
  expect(told(waiting)).toEqual([])
})

test('[FAIR10] strangers wait in lines of their own, by address: the host of the app they ask is told at once', async () => {
  await using world = await start({ rateLimits: { stranger: 1, host: 1 } })
  const ofApp = { 'qun-app': world.app.appId }
  const strangers = Array.from({ length: 60 }, () => new HalfRequest(world.url, 'GET', '/open', ofApp))
  await until(() => told(strangers).length > toldAtOnce)
  await ofHost(world).verdict()
  expect(await ofHost(world).verdict()).toBe('429 rate.limited')
  for (const half of strangers) half.break()
})

test('[FAIR10] as many wait as an address may have lines; what comes beyond ends, and others are told', async () => {
  const doors = new Doors(new WorkShares({ processors: 2 }, () => 0))
  const ends: string[] = []
  const ask = (who: Owner) => void doors.refuse(who).then((isDue) => void ends.push(`${who.userId} ${isDue}`))
  for (let n = 0; n < 20_000; n++) ask({ appId: 'shop', userId: 'li' })
  ask({ appId: 'other', userId: 'sun' })
  await flush()
  const count = (what: string) => ends.filter((one) => one === what).length
  expect([count('li true'), count('li false'), count('sun true')]).toEqual([toldAtOnce, 20_000 - 1_000 - toldAtOnce, 1])
  doors.stop()
  await flush()
  expect(count('li true')).toBe(1_000 + toldAtOnce)
})
