/** The doors of a whole server: who took too much waits at each of them, and nobody else does. By a clock of ours. */
import { features } from '@qun/chat/server'
import { type Owner, WorkShares } from '@qun/storage'
import { afterEach, beforeAll, afterAll, beforeEach, expect, inject, test } from 'vitest'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'
import { WireClient } from '../testing/wire-client.ts'
import { budgets } from './rates.ts'
import { Doors } from './doors.ts'

let at = 0
const shares = new WorkShares({ processors: 2, personBurstMs: 5_000, appBurstMs: 1_000_000 }, () => at)
let world: TestServer
let groupId: string
beforeAll(async () => {
  world = await startTestServer({ pgUrl: inject('pgUrl'), features, shares })
  groupId = await makeShopGroup(world)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})
const clients: WireClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})
beforeEach(() => {
  world.clock.pass(20_000)
  at += 1_000_000
})

const token = (userId: string) => tokenOf(world.app, userId, world.clock.now())
const get = (userId: string, path = '/me') => call(world, 'GET', path, { token: token(userId) })
async function enter(userId: string): Promise<WireClient> {
  const client = await WireClient.open(world.url)
  clients.push(client)
  return await client.enter(token(userId))
}
const owner = (userId: string) => ({ appId: world.app.appId, userId })
/** As after a minute's work. */
const tire = (userId: string) => shares.charge(owner(userId), 60_000)
/** Debts are over; the next who comes notices. */
async function rest(): Promise<void> {
  at += 100_000
  await get('wang')
}
const flush = () => new Promise<void>((resolve) => void setImmediate(resolve))
function watch<T>(work: Promise<T>): { isOver: boolean; readonly work: Promise<T> } {
  const watched = { isOver: false, work: work.finally(() => (watched.isOver = true)) }
  return watched
}
/** Others come and go meanwhile. */
async function othersAreServed(): Promise<void> {
  for (let n = 0; n < 5; n++) expect(verdictOf(await get('sun', `/groups/${groupId}/messages`))).toBe('200')
}

test('[FAIR7] a request of whoever took too much waits at the door; of others none does', async () => {
  await get('sun')
  tire('li')
  const late = watch(get('li'))
  await othersAreServed()
  expect(late.isOver).toBe(false)
  await rest()
  expect(verdictOf(await late.work)).toBe('200')
})

test('[FAIR7] a line too long, and one who asks too often in it, is told when to come back: never 503', async () => {
  await get('sun')
  tire('li')
  const asked = Array.from({ length: 53 }, () => watch(get('li')))
  const told = verdictOf(await Promise.race(asked.map(({ work }) => work)))
  expect(told).toBe('429 rate.limited')
  await othersAreServed()
  expect(asked.filter(({ isOver }) => !isOver)).toHaveLength(50)
  await rest()
  const verdicts = (await Promise.all(asked.map(({ work }) => work))).map(verdictOf)
  expect(verdicts.filter((verdict) => verdict === '200')).toHaveLength(50)
})

test('[FAIR7] what is asked over a socket waits too, and so does a new connection', async () => {
  const [hers, theirs] = [await enter('li'), await enter('sun')]
  tire('li')
  const ask = (client: WireClient) =>
    client.send({ op: 'subscribe', id: 1, groups: [{ groupId, level: 'open', from: 0 }] })
  const isDone = (client: WireClient) => client.frames.some((frame) => frame.op === 'done' && frame.id === 1)
  const another = watch(enter('li'))
  ask(hers)
  ask(theirs)
  await theirs.until(() => isDone(theirs))
  await othersAreServed()
  expect([isDone(hers), another.isOver]).toEqual([false, false])
  await rest()
  await hers.until(() => isDone(hers))
  expect((await another.work).frames[0]).toMatchObject({ op: 'hello', userId: 'li' })
})

test('[FAIR8] a socket of whoever took too much is read on when they have rested; the frames are answered then', async () => {
  const [hers, theirs] = [await enter('li'), await enter('sun')]
  tire('li')
  const pongs = (client: WireClient) => client.frames.filter((frame) => frame.op === 'pong').length
  for (let n = 0; n < 400; n++) hers.send({ op: 'ping' })
  theirs.send({ op: 'ping' })
  await theirs.until(() => pongs(theirs) === 1)
  at += 100_000
  await hers.until(() => pongs(hers) === 400)
})

test('[FAIR8] thread time is paid for by person and by app, and the host’s by its app alone', async () => {
  const own = new WorkShares({ processors: 2 }, () => at)
  const doors = new Doors(own)
  own.ask(owner('sun'))
  own.ask({ appId: 'other', userId: 'he' })
  expect(doors.pay(owner('li'), 500)).toBeGreaterThan(0)
  expect(own.restOf(owner('sun'))).toBe(0)
  expect(doors.pay({ appId: world.app.appId }, 500)).toBeGreaterThan(0)
  expect(own.restOf(owner('sun'))).toBeGreaterThan(0)
  expect(new Doors(undefined).pay(owner('li'), 500)).toBe(0)
})

test('[FAIR8] of this thread nobody has much at once beside others, whatever their share of the machine', () => {
  const own = new WorkShares({ processors: 8, personBurstMs: 5_000, appBurstMs: 5_000 }, () => at)
  const doors = new Doors(own)
  doors.pay({ appId: 'other', userId: 'he' }, 0.1)
  expect(doors.pay(owner('li'), 15)).toBe(0)
  expect(doors.pay(owner('li'), 15)).toBeGreaterThan(0)
  expect(own.restOf(owner('li'))).toBe(0)
  at += 1_000
  doors.pay({ appId: 'other', userId: 'he' }, 0.1)
  expect(doors.pay(owner('li'), 0.1)).toBe(0)
})

test('[FAIR8] lines that were held up go on one after another, not all in the moment the rest is over', async () => {
  const own = new WorkShares({ processors: 2 }, () => at)
  const doors = new Doors(own)
  doors.pay({ appId: 'other', userId: 'he' }, 0.1)
  doors.pay(owner('li'), 10_000)
  const lines = Array.from({ length: 60 }, () => watch(doors.rest(owner('li'))))
  at += 5_000
  // Whoever asks next has the line looked at.
  doors.pay({ appId: 'other', userId: 'he' }, 0.1)
  void doors.rest(owner('li'))
  await flush()
  const gone = lines.filter(({ isOver }) => isOver).length
  expect(gone).toBeLessThan(60)
})

test('[FAIR10] twenty refusals of a person are answered at once, more as time passes, and of whoever is gone none', async () => {
  const doors = new Doors(new WorkShares({ processors: 2 }, () => at))
  const isGone = { value: false }
  const gone = {
    ...owner('sun'),
    get isGone() {
      return isGone.value
    },
  }
  const told: string[] = []
  const ask = (who: Owner) =>
    void doors.refuse(who).then((isDue) => void told.push(`${who.userId} ${isDue ? 'told' : 'left'}`))
  const count = (what: string) => told.filter((one) => one === what).length
  for (let n = 0; n < 100; n++) ask(owner('li'))
  await flush()
  expect(count('li told')).toBe(21)
  // They lie in a line of their own: somebody else of the app is told in between.
  ask(owner('he'))
  at += 40
  ask(owner('he'))
  await flush()
  expect(count('he told')).toBe(2)
  for (let n = 0; n < 30; n++) ask(gone)
  await flush()
  isGone.value = true
  for (let n = 0; n < 20; n++) {
    at += 100
    ask(owner('he'))
    await flush()
  }
  expect([count('li told') > 50, count('sun told') <= 21, count('sun left') >= 9]).toEqual([true, true, true])
})

test('[FAIR10] a connection that is refused is told so in turn, too; somebody else is let in meanwhile', async () => {
  // Those that may end older ones have done so.
  const hers = await Promise.all(Array.from({ length: 20 + budgets.replace.limit }, () => enter('li')))
  const late = Array.from({ length: 40 }, async () => {
    const client = await WireClient.open(world.url)
    clients.push(client)
    client.send({ op: 'auth', token: token('li') })
    return client
  })
  const refused = await Promise.all(late)
  const told = () => refused.filter(({ frames }) => frames.some(({ op }) => op === 'error')).length
  await WireClient.untilAny(refused, () => told() >= 20)
  expect((await enter('sun')).frames[0]).toMatchObject({ op: 'hello' })
  expect(told()).toBeLessThan(25)
  // By a clock of ours, and how late a connection comes to the line is the machine's: until the last has been told.
  while (told() < 40) {
    at += 200
    await get('sun')
  }
  expect(hers.filter(({ closedWith }) => closedWith === undefined)).toHaveLength(20)
})
