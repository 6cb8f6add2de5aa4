/** Migrations: once, in order, whole or not at all, whoever starts or dies meanwhile. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { migrate, type Migration } from './migrate.ts'
import { openStore } from './postgres.ts'
import { type Clone, cloneDatabase, templateDatabase, templateName } from './testing.ts'

let database: Clone
let admin: Client

beforeEach(async () => {
  const name = templateName([])
  database = await cloneDatabase(await templateDatabase({ adminUrl: inject('pgUrl'), name, prepare: async () => {} }))
  admin = new Client({ connectionString: database.url })
  await admin.connect()
})

afterEach(async () => {
  await admin.end()
  await database.drop()
})

const now = () => 1_767_225_600_000
const list: readonly Migration[] = [
  { id: 'core-001', up: ['create table first (id bigint)', 'insert into first values (1)'] },
  { id: 'core-002', up: ['insert into first values (2); insert into first values (3)'] },
  { id: 'draw-001', up: ['create table second (id bigint)'] },
]

async function read(text: string): Promise<unknown[]> {
  const { rows } = await admin.query<unknown[]>({ text, rowMode: 'array' })
  return rows.flat()
}

const applied = () => read('select id from qun_migrations order by id')
const firstRows = () => read('select id::int from first order by id')

test('applies what is missing, once, in the order given', async () => {
  expect(await migrate(database.url, list.slice(0, 1), now)).toEqual({ applied: ['core-001'] })
  expect(await migrate(database.url, list, now)).toEqual({ applied: ['core-002', 'draw-001'] })
  expect(await migrate(database.url, list, now)).toEqual({ applied: [] })
  expect(await firstRows()).toEqual([1, 2, 3])
  expect(await read('select distinct applied_at::text from qun_migrations')).toEqual([String(now())])
})

test('leaves the migrations of a later release alone', async () => {
  await migrate(database.url, list, now)
  expect(await migrate(database.url, list.slice(0, 2), now)).toEqual({ applied: [] })
})

test('takes a store, and runs as the owner of the tables', async () => {
  const store = await openStore({ url: database.url })
  expect(await migrate(store, list, now)).toEqual({ applied: list.map(({ id }) => id) })
  await store.close()
  expect(await read(`select tableowner from pg_tables where tablename = 'first'`)).toEqual(['qun'])
})

describe('refuses, before it writes anything,', () => {
  test('an applied migration whose text changed', async () => {
    await migrate(database.url, list.slice(0, 1), now)
    const changed = [list[2] as Migration, { id: 'core-001', up: ['create table other (id bigint)'] }]
    await expect(migrate(database.url, changed, now)).rejects.toMatchObject({
      code: 'migration.changed',
      id: 'core-001',
    })
    expect(await applied()).toEqual(['core-001'])
  })

  test('an id that stands twice', async () => {
    const twice = [...list, { id: 'core-001', up: [] }]
    await expect(migrate(database.url, twice, now)).rejects.toMatchObject({ code: 'migration.changed', id: 'core-001' })
    expect(await read(`select count(*)::int from pg_tables where tablename = 'first'`)).toEqual([0])
  })
})

test('a failure keeps the migrations before it and nothing of its own; the next run goes on', async () => {
  const broken = [list[0] as Migration, { id: 'core-002', up: ['insert into first values (2)', 'insert into nowhere'] }]
  const failed = migrate(database.url, broken, now)
  await expect(failed).rejects.toMatchObject({ code: 'migration.failed', id: 'core-002' })
  await expect(failed).rejects.toThrow(/core-002 failed: .*nowhere/)
  expect(await firstRows()).toEqual([1])
  expect(await migrate(database.url, list, now)).toEqual({ applied: ['core-002', 'draw-001'] })
})

test('a migration that ends its own transaction is refused', async () => {
  const rogue = [{ id: 'core-001', up: ['create table first (id bigint)', 'rollback'] }]
  await expect(migrate(database.url, rogue, now)).rejects.toMatchObject({ code: 'migration.failed', id: 'core-001' })
})

test('many processes at once: each migration runs once', async () => {
  const results = await Promise.all(Array.from({ length: 6 }, () => migrate(database.url, list, now)))
  expect(results.flatMap((result) => result.applied).toSorted()).toEqual(list.map(({ id }) => id))
  expect(await firstRows()).toEqual([1, 2, 3])
})

test('a killed process leaves whole migrations only, and its lock ends with it', async () => {
  // The second migration waits for a lock held here, so the process is killed in the middle of it for certain.
  await admin.query('select pg_advisory_lock(42)')
  const waits: Migration = { id: 'core-002', up: ['insert into first values (2)', 'select pg_advisory_xact_lock(42)'] }
  const migrations = [list[0], waits, list[2]]
  const script = `
    const { migrate } = await import(${JSON.stringify(new URL('migrate.ts', import.meta.url).href)})
    await migrate(${JSON.stringify(database.url)}, ${JSON.stringify(migrations)}, () => 1)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  const blocked = `select count(*)::int from pg_stat_activity
    where datname = current_database() and wait_event = 'advisory' and query like '%42%' and pid <> pg_backend_pid()`
  await expect.poll(() => read(blocked), { timeout: 20_000, interval: 20 }).toEqual([1])
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await applied()).toEqual(['core-001'])
  const again = migrate(database.url, migrations as Migration[], now)
  await admin.query('select pg_advisory_unlock(42)')
  await again
  expect(await applied()).toEqual(['core-001', 'core-002', 'draw-001'])
  expect(await firstRows()).toEqual([1, 2])
})
