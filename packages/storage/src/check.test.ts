/** Audits of one query: how differences are told, how many, and of which instant. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { check, checkEach } from './check.ts'
import { freshDatabase } from './fixtures.ts'
import { openStore, type Store } from './postgres.ts'
import type { Clone } from './testing.ts'

let database: Clone
let store: Store
beforeAll(async () => {
  database = await freshDatabase(inject('pgUrl'))
  store = await openStore({ url: database.url })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})
const find = (differences: Parameters<typeof check>[2]) =>
  store.reading('*', (tx) => check('X1', 'Nothing.', differences).find(tx, 7))

test('it is an audit of its id and its words, and finds nothing where nothing is', async () => {
  expect(check('X1', 'Nothing.', sql`SELECT 1 AS n`)).toMatchObject({ id: 'X1', doc: 'Nothing.' })
  expect(await find(sql`SELECT 1 AS n WHERE false`)).toEqual([])
})
test('a row of one column is told as it is, one of several by their names', async () => {
  expect(await find(sql`SELECT 'shop/g/1' AS place UNION ALL SELECT 'shop/g/2' ORDER BY 1`)).toEqual([
    'shop/g/1',
    'shop/g/2',
  ])
  expect(await find(sql`SELECT 'shop' AS app_id, NULL AS floor, -5::bigint AS balance`)).toEqual([
    'app_id shop, floor null, balance -5',
  ])
})
test('a query may be of an instant, end in an order of its own, and tells a hundred at most', async () => {
  const found = await find((now) => sql`SELECT n + ${now} AS n FROM generate_series(1, 150) n ORDER BY 1 DESC`)
  expect(found).toHaveLength(100)
  expect(found[0]).toBe('157')
})
test('rows that code judges are read to the last, some at a time, and a hundred differences are told', async () => {
  let seen = 0
  const audit = (rows: number, isWrong: (n: number) => boolean) =>
    checkEach('X2', 'Nothing.', sql<{ n: number }>`SELECT n FROM generate_series(1, ${rows}) n`, ({ n }) => {
      seen += 1
      return isWrong(n) ? `row ${n}` : undefined
    })
  const both = store.reading('*', (tx) =>
    Promise.all([audit(1_001, (n) => n === 1_001).find(tx, 7), audit(400, (n) => n === 1).find(tx, 7)]),
  )
  expect(await both).toEqual([['row 1001'], ['row 1']])
  expect(seen).toBe(1_401)
  seen = 0
  const many = await store.reading('*', (tx) => audit(10_000, (n) => n > 150).find(tx, 7))
  expect([many.length, many[0], many.at(-1)]).toEqual([100, 'row 151', 'row 250'])
  // What came after the hundredth was not read.
  expect(seen).toBeLessThan(1_000)
})
