/** The lane: order, apps, breaks. */
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { addNote, freshDatabase, type Wire, wireTo } from './fixtures.ts'
import { openStore, type Store, storeTrouble } from './postgres.ts'
import type { Clone } from './testing.ts'

let database: Clone
let wire: Wire
let store: Store

beforeEach(async () => {
  database = await freshDatabase(inject('pgUrl'))
  wire = await wireTo(database.url)
  store = await openStore({ url: wire.url })
})

afterEach(async () => {
  await store.close()
  await wire.close()
  await database.drop()
})

const insert = (appId: string, id: number, body = 'hello') => ({
  name: 'insert-note',
  text: 'insert into note (app_id, id, body) values ($1, $2, $3)',
  values: [appId, id, body],
})
const list = { name: 'list-notes', text: 'select app_id, id from note order by id', values: [] }
const ask = (text: string) => ({ name: '', text, values: [] })

test('interleaved apps never see each other, and statements run in the order of the calls', async () => {
  const lane = store.lane()
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, id) => {
      const appId = `app${id % 3}`
      const written = lane.query(appId, insert(appId, id))
      const read = lane.query(appId, list)
      await written
      const { rows } = await read
      return rows.every((row) => row['app_id'] === appId) && rows.at(-1)?.['id'] === id && rows.length
    }),
  )
  expect(answers).toEqual(Array.from({ length: 200 }, (_, id) => Math.floor(id / 3) + 1))
})

test('a statement into another app is refused, and the following ones work', async () => {
  const lane = store.lane()
  const results = await Promise.allSettled([
    lane.query('shop', insert('shop', 1)),
    lane.query('rival', insert('shop', 2)),
    lane.query('shop', insert('shop', 1)),
    lane.query('shop', insert('shop', 3)),
    lane.query('shop', list),
  ])
  expect(results.map((result) => result.status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(results[2]?.status === 'rejected' && storeTrouble(results[2].reason)).toBe('duplicate')
  expect((await lane.query('*', list)).rows).toEqual([
    { app_id: 'shop', id: 1 },
    { app_id: 'shop', id: 3 },
  ])
})

test('the app of a lane is nobody else’s: transactions and other lanes keep theirs', async () => {
  const lane = store.lane()
  await lane.query('shop', insert('shop', 1))
  expect((await store.lane().query('rival', list)).rows).toEqual([])
  await store.transaction('rival', (tx) => addNote(tx, 'rival', 1))
  expect((await lane.query('shop', list)).rows).toEqual([{ app_id: 'shop', id: 1 }])
})

test('statements together cost one round trip', async () => {
  const lane = store.lane()
  await lane.query('shop', list)
  wire.resetTurns()
  await Promise.all(Array.from({ length: 20 }, (_, id) => lane.query('shop', insert('shop', id))))
  expect(wire.turns()).toBeLessThanOrEqual(2)
})

test('a break refuses what is under way as unavailable; the next call connects again, in the right app', async () => {
  const lane = store.lane()
  await lane.query('shop', insert('shop', 1))
  await lane.query('rival', list)
  const broken = await Promise.allSettled([
    lane.query('rival', ask('select pg_terminate_backend(pg_backend_pid())')),
    lane.query('rival', list),
  ])
  for (const result of broken) expect(result.status === 'rejected' && storeTrouble(result.reason)).toBe('unavailable')
  expect((await lane.query('rival', list)).rows).toEqual([])
  expect((await lane.query('shop', list)).rows).toEqual([{ app_id: 'shop', id: 1 }])
  await wire.cut()
  const away = await Promise.allSettled([lane.query('shop', list), lane.query('shop', list)])
  for (const result of away) expect(result.status === 'rejected' && storeTrouble(result.reason)).toBe('unavailable')
  await wire.restore()
  expect((await lane.query('shop', list)).rows).toEqual([{ app_id: 'shop', id: 1 }])
})

test('[LOG16] an answer that ends the session is its end: the next call does not wait for the connection to close', async () => {
  const lane = store.lane()
  await lane.query('shop', insert('shop', 1))
  wire.hideEnds()
  const refused = await Promise.allSettled([
    lane.query('shop', ask('select pg_terminate_backend(pg_backend_pid())')),
    lane.query('rival', list),
    lane.query('shop', insert('shop', 2)),
  ])
  for (const result of refused) expect(result.status === 'rejected' && storeTrouble(result.reason)).toBe('unavailable')
  expect((await lane.query('shop', list)).rows).toEqual([{ app_id: 'shop', id: 1 }])
})

test('closing answers what is under way, then refuses', async () => {
  const lane = store.lane()
  const under = lane.query('shop', insert('shop', 1))
  await lane.close()
  expect((await under).rows).toEqual([])
  await expect(lane.query('shop', list)).rejects.toThrow('this lane is closed')
  await expect(store.lane().query('', list)).rejects.toThrow('needs an app id')
})
