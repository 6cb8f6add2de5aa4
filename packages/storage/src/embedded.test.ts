/** The bundled server: starts, restarts, survives kills of any process, and keeps its secrets. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Embedded, EmbeddedInUseError, startEmbedded } from './embedded.ts'
import { addNote, listNotes, migrations } from './fixtures.ts'
import { migrate } from './migrate.ts'
import { openStore } from './postgres.ts'

let dataDir: string
const children = new Set<ChildProcess>()

afterEach(async () => {
  for (const child of children) await kill(child)
})

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), `qun-test-${process.pid}-embedded-`))
})

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const start = () => startEmbedded({ dataDir })

async function using<T>(run: (server: Embedded) => Promise<T>): Promise<T> {
  const server = await start()
  try {
    return await run(server)
  } finally {
    await server.stop()
  }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' })
    return rows.flat()
  } finally {
    await client.end()
  }
}

async function postmasterPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
}

/** A zombie counts as gone: its new parent may not look for a while. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
  } catch {
    return false
  }
}

async function keep(url: string, id: number): Promise<void> {
  await query(url, 'drop table if exists survives')
  await query(url, `create table survives as select ${id} as id`)
}

const gone = (pid: number) => expect.poll(() => isAlive(pid), { timeout: 20_000, interval: 20 }).toBe(false)

/** A process of its own that runs the server and then waits. */
async function startElsewhere(): Promise<{ child: ChildProcess; url: string }> {
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(new URL('embedded.ts', import.meta.url).href)})
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} })
    console.log(server.url)
    process.stdin.resume()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.add(child)
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, url }
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('a start', () => {
  test('makes a UTF-8 database with checksums, owned by a user who is no superuser', async () => {
    await using(async ({ url }) => {
      const facts = `select current_setting('server_encoding'), current_setting('data_checksums'), datcollate,
        pg_get_userbyid(datdba), rolsuper, rolbypassrls, current_setting('listen_addresses')
        from pg_database, pg_roles where datname = current_database() and rolname = current_user`
      expect(await query(url, facts)).toEqual(['UTF8', 'on', 'C', 'qun', false, false, '127.0.0.1'])
    })
  })

  test('keeps the data and gets the settings given', async () => {
    await using(({ url }) => query(url, 'create table kept as select 1 as id'))
    const server = await startEmbedded({ dataDir, settings: { work_mem: '3MB' } })
    expect(await query(server.url, `select id, current_setting('work_mem') from kept`)).toEqual([1, '3MB'])
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    await expect(query(server.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('is durable unless told otherwise', async () => {
    const server = await start()
    const settings = `select string_agg(current_setting(name), ' ') from unnest(array['fsync', 'synchronous_commit',
      'full_page_writes']) as name`
    expect(await query(server.url, settings)).toEqual(['on on on'])
    await server.stop()
  })

  test('keeps the passwords to itself and lets nobody in without one', async () => {
    await using(async ({ url }) => {
      const { mode } = await stat(join(dataDir, 'postgres-credentials.json'))
      expect(mode & 0o777).toBe(0o600)
      expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700)
      const passwords = JSON.parse(await readFile(join(dataDir, 'postgres-credentials.json'), 'utf8'))
      expect(passwords.superuser).not.toBe(passwords.owner)
      for (const user of ['qun', 'postgres']) {
        const wrong = new URL(url)
        wrong.username = user
        wrong.password = user === 'postgres' ? passwords.owner : 'guess'
        await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
      }
    })
  })

  test('with an impossible setting says why, and leaves no process and no claim', async () => {
    const failing = startEmbedded({ dataDir, settings: { work_mem: 'plenty' } })
    await expect(failing).rejects.toThrow(/did not start in .*invalid value for parameter "work_mem": "plenty"/s)
    expect(await using(({ url }) => query(url, 'select 1'))).toEqual([1])
  })

  test('after a start that was killed while making the database', async () => {
    const other = await mkdtemp(join(tmpdir(), `qun-test-${process.pid}-embedded-`))
    await mkdir(join(other, 'postgres.new', 'cluster'), { recursive: true })
    await writeFile(join(other, 'postgres.new', 'cluster', 'PG_VERSION'), '18\n')
    const server = await startEmbedded({ dataDir: join(other), durable: false })
    expect(await query(server.url, 'select 1')).toEqual([1])
    await server.stop()
    expect((await readdir(other)).toSorted()).toEqual(['postgres', 'postgres-credentials.json'])
    await rm(other, { recursive: true })
  })
})

test('a superuser’s store takes a role that row level security binds', async () => {
  const server = await startEmbedded({ dataDir, database: 'bound' })
  const { superuser } = JSON.parse(await readFile(join(dataDir, 'postgres-credentials.json'), 'utf8'))
  const adminUrl = new URL(server.url)
  adminUrl.username = 'postgres'
  adminUrl.password = superuser
  const [store, same] = await Promise.all([1, 2].map(() => openStore({ url: adminUrl.href })))
  if (store === undefined || same === undefined) throw new Error('not opened')
  await migrate(store, migrations, () => 1)
  await store.transaction('shop', (tx) => addNote(tx, 'shop', 1))
  expect(await store.reading('rival', listNotes)).toEqual([])
  expect(await store.reading('shop', listNotes)).toEqual(['shop 1'])
  const statement = { name: '', text: 'select id from note', values: [] }
  expect((await same.lane().query('rival', statement)).rows).toEqual([])
  const { rows } = await sql`select id from note`.execute(same.db)
  expect(rows).toEqual([])
  await store.close()
  await same.close()
  await server.stop()
})

describe('one process at a time', () => {
  test('of many starts at once, one works', async () => {
    const results = await Promise.allSettled(Array.from({ length: 5 }, start))
    const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(started).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(EmbeddedInUseError)
    }
    await started[0]?.stop()
    expect(await readdir(dataDir)).toEqual(['postgres', 'postgres-credentials.json'])
  })

  test('a second start is refused, here and elsewhere, and does not disturb the first', async () => {
    const { child, url } = await startElsewhere()
    await expect(start()).rejects.toMatchObject({ code: 'embedded.in_use' })
    expect(await query(url, 'select 1')).toEqual([1])
    await kill(child)
    await using(async () => {
      await expect(start()).rejects.toMatchObject({ code: 'embedded.in_use' })
    })
  })
})

describe('a kill -9', () => {
  test('of this process: the server ends by itself, and what was committed is there', async () => {
    const { child, url } = await startElsewhere()
    await keep(url, 7)
    const pid = await postmasterPid()
    await kill(child)
    await gone(pid)
    expect(await using((server) => query(server.url, 'select id from survives'))).toEqual([7])
  })

  test('of this process with an immediate restart: the start waits for the old server', async () => {
    const { child, url } = await startElsewhere()
    await keep(url, 8)
    const pid = await postmasterPid()
    await kill(child)
    expect(await using((server) => query(server.url, 'select id from survives'))).toEqual([8])
    expect(await isAlive(pid)).toBe(false)
  })

  test.runIf(process.platform === 'linux')(
    'of this process and its watch: the next start stops the server',
    async () => {
      const { child } = await startElsewhere()
      const pid = await postmasterPid()
      for (const name of await readdir('/proc')) {
        const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
        if (command.endsWith(`qun-watch\0${pid}\0`)) process.kill(Number(name), 'SIGKILL')
      }
      await kill(child)
      expect(await isAlive(pid)).toBe(true)
      await using(async () => expect(await postmasterPid()).not.toBe(pid))
      expect(await isAlive(pid)).toBe(false)
    },
  )

  test('of everything at once: the next start recovers what was committed', async () => {
    const { child, url } = await startElsewhere()
    await keep(url, 9)
    const pid = await postmasterPid()
    process.kill(pid, 'SIGKILL')
    await kill(child)
    expect(await using((server) => query(server.url, 'select id from survives'))).toEqual([9])
  })

  test.runIf(process.platform === 'linux')(
    'of everything but a session that does not notice: the next start ends it and recovers',
    async () => {
      const { child, url } = await startElsewhere()
      await keep(url, 11)
      const server = await postmasterPid()
      const session = new Client({ connectionString: url })
      session.on('error', () => {})
      await session.connect()
      const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
      const orphan = rows[0]!.pid
      process.kill(orphan, 'SIGSTOP')
      process.kill(server, 'SIGKILL')
      await kill(child)
      expect(await isAlive(orphan)).toBe(true)
      expect(await using((again) => query(again.url, 'select id from survives'))).toEqual([11])
      expect(await isAlive(orphan)).toBe(false)
      await session.end().catch(() => {})
    },
  )

  test('of the server alone: it comes back on its port', async () => {
    await using(async ({ url }) => {
      await keep(url, 10)
      const pid = await postmasterPid()
      process.kill(pid, 'SIGKILL')
      const read = () => query(url, 'select id from survives').catch(() => [])
      await gone(pid)
      await expect.poll(read, { timeout: 20_000, interval: 20 }).toEqual([10])
      expect(await postmasterPid()).not.toBe(pid)
    })
  })

  test('whose pids belong to other processes by now does not stop the start', async () => {
    await using(async () => {})
    const lines = [process.pid, join(dataDir, 'postgres'), 1, 1, '', '127.0.0.1', '1 1', 'ready', '']
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lines.join('\n'))
    await writeFile(join(dataDir, 'postgres-owner.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }))
    expect(await using(({ url }) => query(url, 'select 1'))).toEqual([1])
  })
})
