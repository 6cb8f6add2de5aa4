/** Notices between processes of one database, and the hint bus on them: breaks are mended, bad ends are noticed. */
import { createHintBus, type BusMessage } from '@qun/bus'
import { busSuite } from '@qun/bus/suite'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createNotices } from './notices.ts'
import { openStore, type Store } from './postgres.ts'
import { type Clone, cloneDatabase, templateDatabase, templateName } from './testing.ts'

let database: Clone
let store: Store
let admin: Client
beforeAll(async () => {
  const name = templateName([])
  database = await cloneDatabase(await templateDatabase({ adminUrl: inject('pgUrl'), name, prepare: async () => {} }))
  store = await openStore({ url: database.url })
  admin = new Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await store.close()
  await database.drop()
})

function waitFor(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
let nodes = 0
function startBus(channel: string, onError: (error: unknown) => void = () => undefined) {
  const wire = createNotices(store, channel)
  const nodeId = `node-${++nodes}`
  return createHintBus({ wire, nodeId, elapsed: () => performance.now(), wait: waitFor, onError })
}

busSuite('hints by PostgreSQL', async () => {
  const channel = `suite_${nodes}`
  const reported: unknown[] = []
  const report = (error: unknown) => void reported.push(error)
  const [here, there] = [startBus(channel, report), startBus(channel, report)]
  await Promise.all([here.ready, there.ready])
  await expect.poll(() => [here.others, there.others], { interval: 5 }).toEqual([1, 1])
  let marks = 0
  /** What was published before a mark has arrived when the mark has. */
  const settle = async () => {
    const mark = `mark ${++marks}`
    const heard: BusMessage[] = []
    const ends = [here, there].map((bus) => bus.subscribe(mark, (message) => heard.push(message)))
    here.publish(mark, 'here')
    there.publish(mark, 'there')
    await expect.poll(() => heard.length, { interval: 5, timeout: 5_000 }).toBe(4)
    for (const end of ends) end()
  }
  return { here, there, settle, reported, bytesMax: 7_000 }
})

test('[NODE2] a wire that the server ends is connected again, and says that something may have been lost', async () => {
  const [here, there] = [startBus('breaks'), startBus('breaks')]
  await Promise.all([here.ready, there.ready])
  await expect.poll(() => [here.others, there.others]).toEqual([1, 1])
  let looks = 0
  there.onLoss?.(() => looks++)
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'qun notices' and datname = current_database()`)
  await expect.poll(() => [here.isReliable, there.isReliable], { timeout: 5_000 }).toEqual([false, false])
  await expect.poll(() => [here.isReliable, there.isReliable], { timeout: 10_000 }).toEqual([true, true])
  expect(looks).toBeGreaterThanOrEqual(1)
  const heard: unknown[] = []
  there.subscribe(
    't',
    () => undefined,
    (version) => heard.push(version),
  )
  here.publish('t', 'm', 7)
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual([7])
  await here.close()
  await there.close()
})

test('saying without a connection is refused at once, and closing is harmless at any time', async () => {
  const notices = createNotices(store, 'closed')
  await expect(notices.say(['nobody'])).rejects.toThrow('not connected')
  await notices.close()
  const opened = createNotices(store, 'closed')
  opened.open({ hear: () => undefined, setUp: () => undefined })
  await opened.close()
  await opened.close()
})
