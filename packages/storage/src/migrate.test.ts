/** Migrations: once, in order, whole or not at all, whoever starts or dies meanwhile. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { checkMigrated, migrate, type Migration } from './migrate.ts'
import { openStore, rls } from './postgres.ts'
import { type Clone, cloneDatabase, templateDatabase, templateName } from './testing.ts'

let database: Clone
let admin: Client
/** Holds what a test wants held: within a transaction the server shows each table of activity as it was at first. */
let holder: Client

beforeEach(async () => {
  const name = templateName([])
  database = await cloneDatabase(await templateDatabase({ adminUrl: inject('pgUrl'), name, prepare: async () => {} }))
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  holder = new Client({ connectionString: database.url })
  await holder.connect()
})

afterEach(async () => {
  await admin.end()
  await holder.end()
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

test('[MIG5] sees and changes the rows of all apps, whoever runs it', async () => {
  const made = `create table noted (app_id text not null, at bigint not null); ${rls('noted')}`
  await migrate(database.url, [{ id: 'core-001', up: [made] }], now)
  await admin.query(`set qun.app_id = '*'; insert into noted values ('shop', 1), ('next', 2)`)
  const moving = [
    { id: 'core-002', up: ['create table moved as select app_id from noted', 'update noted set at = at + 10'] },
  ]
  await migrate(database.url, [{ id: 'core-001', up: [made] }, ...moving], now)
  expect(await read('select at::int from noted order by at')).toEqual([11, 12])
  expect(await read('select app_id from moved order by 1')).toEqual(['next', 'shop'])
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

/** Starts a process that migrates, and kills it while it waits as `waiting` (of pg_stat_activity) says. */
async function killWhile(waiting: string, migrations: readonly (Migration | undefined)[]): Promise<void> {
  const script = `
    const { migrate } = await import(${JSON.stringify(new URL('migrate.ts', import.meta.url).href)})
    await migrate(${JSON.stringify(database.url)}, ${JSON.stringify(migrations)}, () => 1, { lockTimeoutMs: 60_000 })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  const blocked = `select count(*)::int from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and ${waiting}`
  await expect.poll(() => read(blocked), { timeout: 20_000, interval: 20 }).toEqual([1])
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('[MIG1] a killed process leaves whole migrations only, and its lock ends with it', async () => {
  // The second migration waits for a lock held here, so the process is killed in the middle of it for certain.
  await admin.query('select pg_advisory_lock(42)')
  const waits: Migration = { id: 'core-002', up: ['insert into first values (2)', 'select pg_advisory_xact_lock(42)'] }
  const migrations = [list[0], waits, list[2]]
  await killWhile(`wait_event = 'advisory' and query like '%42%'`, migrations)
  expect(await applied()).toEqual(['core-001'])
  const again = migrate(database.url, migrations as Migration[], now)
  await admin.query('select pg_advisory_unlock(42)')
  await again
  expect(await applied()).toEqual(['core-001', 'core-002', 'draw-001'])
  expect(await firstRows()).toEqual([1, 2])
})

describe('an index built online', () => {
  const index = { index: 'first_by_id', create: 'create index concurrently first_by_id on first (id)' }
  const online: Migration = { id: 'core-002', up: [], online: [index] }
  const withIndex = [list[0] as Migration, online]
  const valid = () => read(`select indisvalid from pg_index where indexrelid = to_regclass('first_by_id')`)

  test('[MIG2] is built beside writers, once, and what others write meanwhile is in it', async () => {
    await migrate(database.url, list.slice(0, 1), now)
    await holder.query('begin; insert into first values (7)')
    const building = migrate(database.url, withIndex, now)
    await expect.poll(() => blockedBuilders(), { interval: 20, timeout: 10_000 }).toEqual([1])
    const other = new Client({ connectionString: database.url })
    await other.connect()
    await other.query('insert into first values (8)')
    await other.end()
    await holder.query('commit')
    expect(await building).toEqual({ applied: ['core-002'] })
    expect(await valid()).toEqual([true])
    expect(await migrate(database.url, withIndex, now)).toEqual({ applied: [] })
  })

  test('[MIG2] that a kill left half built is dropped and built again by the next try', async () => {
    await migrate(database.url, list.slice(0, 1), now)
    await holder.query('begin; insert into first values (7)')
    await killWhile(`query like 'create index%' and wait_event_type = 'Lock'`, withIndex)
    const gone = `select count(*)::int from pg_stat_activity where application_name = 'qun migrate' and datname = current_database()`
    await expect.poll(() => read(gone), { timeout: 20_000, interval: 100 }).toEqual([0])
    expect(await valid()).toEqual([false])
    expect(await applied()).toEqual(['core-001'])
    await holder.query('commit')
    expect(await migrate(database.url, withIndex, now)).toEqual({ applied: ['core-002'] })
    expect(await valid()).toEqual([true])
  })

  test('[MIG2] by several processes at once is built by one, and the others do not stand in its way', async () => {
    await migrate(database.url, list.slice(0, 1), now)
    const results = await Promise.all([1, 2, 3].map(() => migrate(database.url, withIndex, now)))
    expect(results.flatMap((result) => result.applied)).toEqual(['core-002'])
    expect(await valid()).toEqual([true])
  })

  test('stands alone in its migration and is called what its statement calls it', async () => {
    const both = { ...online, up: ['select 1'] }
    await expect(migrate(database.url, [both], now)).rejects.toMatchObject({ code: 'migration.changed' })
    const other = { ...online, online: [{ ...index, index: 'other' }] }
    await migrate(database.url, list.slice(0, 1), now)
    await expect(migrate(database.url, [other], now)).rejects.toThrow(/is not: create index concurrently other/)
  })

  const blockedBuilders = () =>
    read(`select count(*)::int from pg_stat_activity where datname = current_database()
      and query like 'create index%' and wait_event_type = 'Lock'`)
})

describe('a table that somebody holds', () => {
  const alters = [list[0] as Migration, { id: 'core-002', up: ['alter table first add column more text'] }]

  test('[MIG3] is asked for briefly and again: whoever reads waits no longer than that, and it is changed once it is free', async () => {
    await migrate(database.url, list.slice(0, 1), now)
    await holder.query('begin; lock table first in access share mode')
    const going = migrate(database.url, alters, now, { lockTimeoutMs: 200, pauseMs: 50, tries: 1_000 })
    const waits = `select count(*)::int from pg_locks where not granted and relation = 'first'::regclass`
    await expect.poll(() => read(waits), { interval: 10, timeout: 10_000 }).toEqual([1])
    const reader = new Client({ connectionString: database.url })
    await reader.connect()
    await reader.query(`set statement_timeout = 5000`)
    expect((await reader.query('select count(*) from first')).rowCount).toBe(1)
    await reader.end()
    await holder.query('rollback')
    expect(await going).toEqual({ applied: ['core-002'] })
  })

  test('[MIG3] and never lets go of is given up after so many tries, in one line', async () => {
    await migrate(database.url, list.slice(0, 1), now)
    await holder.query('begin; lock table first in access share mode')
    const going = migrate(database.url, alters, now, { lockTimeoutMs: 20, pauseMs: 1, tries: 3 })
    await expect(going).rejects.toThrow(/core-002 failed: canceling statement due to lock timeout, in: alter table/)
    await holder.query('rollback')
    expect(await applied()).toEqual(['core-001'])
  })
})

test('[MIG4] a check tells what is missing and changes nothing', async () => {
  await expect(checkMigrated(database.url, list)).rejects.toMatchObject({
    code: 'migration.missing',
    ids: list.map(({ id }) => id),
  })
  expect(await read(`select to_regclass('qun_migrations')`)).toEqual([null])
  await migrate(database.url, list.slice(0, 2), now)
  await expect(checkMigrated(database.url, list)).rejects.toThrow(
    /lacks migrations \(draw-001\): run `qun migrate` first/,
  )
  await migrate(database.url, list, now)
  await checkMigrated(database.url, list)
})
