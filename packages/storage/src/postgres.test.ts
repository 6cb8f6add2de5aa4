/** Transactions of a store: isolation of apps, values, retries, broken connections, round trips. */
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { addNote, freshDatabase, listNotes, wireTo } from './fixtures.ts'
import { openStore, type Store, storeTrouble, type StoreOptions, type Tx } from './postgres.ts'
import type { Clone } from './testing.ts'

let database: Clone
let store: Store
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  database = await freshDatabase(inject('pgUrl'))
  store = await open()
})

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await database.drop()
})

async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
  const opened = await openStore({ url: database.url, ...options })
  closing.push(() => opened.close())
  return opened
}

async function wire() {
  const made = await wireTo(database.url)
  closing.push(() => made.close())
  return made
}

const raise = (tx: Tx, code: string) =>
  sql.raw(`do $$ begin raise exception using errcode = '${code}'; end $$`).execute(tx)

const failure = async (run: Promise<unknown>): Promise<unknown> => {
  try {
    await run
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

describe('an app', () => {
  test('sees and changes its own rows only', async () => {
    await store.transaction('shop', (tx) => addNote(tx, 'shop', 1))
    await store.transaction('rival', (tx) => addNote(tx, 'rival', 1))
    expect(await store.reading('shop', listNotes)).toEqual(['shop 1'])
    const changed = await store.transaction('rival', (tx) => sql`update note set body = 'mine'`.execute(tx))
    expect(changed.numAffectedRows).toBe(1n)
    expect(await failure(store.transaction('rival', (tx) => addNote(tx, 'shop', 2)))).toMatchObject({ code: '42501' })
  })

  test('* sees all of them', async () => {
    await store.transaction('*', async (tx) => {
      await addNote(tx, 'shop', 1)
      await addNote(tx, 'rival', 1)
    })
    expect(await store.reading('*', listNotes)).toEqual(['rival 1', 'shop 1'])
  })

  test('is not left behind on the connection', async () => {
    const single = await open({ poolSize: 1 })
    await single.transaction('shop', (tx) => addNote(tx, 'shop', 1))
    const { rows } = await sql`select * from note`.execute(single.db)
    expect(rows).toEqual([])
  })

  test('is quoted, and empty is refused', async () => {
    const odd = `o'neil\\' or true --`
    await store.transaction(odd, (tx) => addNote(tx, odd, 1))
    expect(await store.reading(odd, listNotes)).toEqual([`${odd} 1`])
    expect(String(await failure(store.reading('', listNotes)))).toContain('needs an app id')
  })
})

test('values: bigint is a number, json is text, jsonb is parsed, numeric is text', async () => {
  const read = (tx: Tx) =>
    sql<Record<string, unknown>>`
      select 9007199254740991::bigint as big, array[1::bigint, null] as bigs, '{"a": 1.0}'::json as json,
        array['[1]'::json] as jsons, '{"a": 1.0}'::jsonb as jsonb, 1.50::numeric as numeric`.execute(tx)
  const { rows } = await store.reading('shop', read)
  expect(rows).toEqual([
    { big: 9007199254740991, bigs: [1, null], json: '{"a": 1.0}', jsons: ['[1]'], jsonb: { a: 1 }, numeric: '1.50' },
  ])
  const tooBig = store.reading('shop', (tx) => sql`select 9007199254740992::bigint as big`.execute(tx))
  expect(await failure(tooBig)).toBeInstanceOf(RangeError)
})

describe('a failure', () => {
  test('of a serialisation or a deadlock runs the transaction again, at most 5 times', async () => {
    for (const code of ['40001', '40P01']) {
      let attempts = 0
      await store.transaction('shop', async (tx) => {
        attempts += 1
        await addNote(tx, 'shop', Number.parseInt(code, 36))
        if (attempts < 3) await raise(tx, code)
      })
      expect(attempts).toBe(3)
    }
    let attempts = 0
    const lost = store.transaction('shop', async (tx) => {
      attempts += 1
      await raise(tx, '40001')
    })
    expect(storeTrouble(await failure(lost))).toBe('conflict')
    expect(attempts).toBe(5)
    expect(await store.reading('shop', listNotes)).toHaveLength(2)
  })

  test('of a real deadlock is solved by running again', async () => {
    await store.transaction('shop', (tx) => addNote(tx, 'shop', 1).then(() => addNote(tx, 'shop', 2)))
    let arrived = 0
    let release = () => {}
    const both = new Promise<void>((resolve) => (release = resolve))
    const change = (first: number, second: number) =>
      store.transaction('shop', async (tx) => {
        await sql`update note set body = body || 'x' where app_id = 'shop' and id = ${first}`.execute(tx)
        arrived += 1
        if (arrived === 2) release()
        await both
        await sql`update note set body = body || 'x' where app_id = 'shop' and id = ${second}`.execute(tx)
      })
    await Promise.all([change(1, 2), change(2, 1)])
    const { rows } = await store.reading('shop', (tx) => sql<{ body: string }>`select body from note`.execute(tx))
    expect(rows).toEqual([{ body: 'helloxx' }, { body: 'helloxx' }])
    expect(arrived).toBeGreaterThan(2)
  })

  test('of anything else is thrown once and leaves nothing', async () => {
    let attempts = 0
    const refused = store.transaction('shop', async (tx) => {
      attempts += 1
      await addNote(tx, 'shop', 1)
      throw new TypeError('a refusal')
    })
    expect(await failure(refused)).toBeInstanceOf(TypeError)
    expect(attempts).toBe(1)
    expect(await store.reading('shop', listNotes)).toEqual([])
    const twice = store.transaction('shop', (tx) => addNote(tx, 'shop', 1).then(() => addNote(tx, 'shop', 1)))
    expect(storeTrouble(await failure(twice))).toBe('duplicate')
  })

  test('that run swallowed still fails the transaction, with its cause', async () => {
    const swallowed = store.transaction('shop', async (tx) => {
      await addNote(tx, 'shop', 1)
      await addNote(tx, 'shop', 1).catch(() => {})
    })
    expect(storeTrouble(await failure(swallowed))).toBe('duplicate')
    expect(await store.reading('shop', listNotes)).toEqual([])
  })

  test('gives its connection back', async () => {
    const single = await open({ poolSize: 1 })
    for (let index = 0; index < 20; index += 1) {
      await failure(single.transaction('shop', (tx) => raise(tx, '22000')))
      await failure(single.transaction('shop', () => Promise.reject(new Error('a refusal'))))
      await failure(single.reading('shop', (tx) => addNote(tx, 'shop', index)))
    }
    expect(await single.reading('shop', listNotes)).toEqual([])
  })
})

describe('a transaction that is over', () => {
  test('refuses statements instead of running them in the next one', async () => {
    let leaked: Tx | undefined
    await store.transaction('shop', async (tx) => {
      leaked = tx
    })
    expect(String(await failure(addNote(leaked as Tx, 'shop', 1)))).toContain('this transaction is over')
  })

  test('is over after the statements that nobody waited for', async () => {
    await store.transaction('shop', async (tx) => {
      void addNote(tx, 'shop', 1)
    })
    expect(await store.reading('shop', listNotes)).toEqual(['shop 1'])
  })
})

test('reading refuses to write', async () => {
  expect(await failure(store.reading('shop', (tx) => addNote(tx, 'shop', 1)))).toMatchObject({ code: '25006' })
})

test('a table that another process changes under prepared statements costs nobody a failure', async () => {
  const read = (tx: Tx) => sql`select * from note where id = ${1}`.execute(tx)
  await store.transaction('shop', (tx) => addNote(tx, 'shop', 1))
  for (let index = 0; index < 5; index += 1)
    await Promise.all([store.reading('shop', read), store.reading('shop', read)])
  const lane = store.lane()
  const statement = { name: 'read-note', text: 'select * from note where id = $1', values: [1] }
  await lane.query('shop', statement)
  await store.transaction('shop', (tx) => sql`alter table note add column stars bigint not null default 5`.execute(tx))
  const note = { app_id: 'shop', id: 1, body: 'hello', stars: 5 }
  const results = await Promise.all(Array.from({ length: 10 }, () => store.reading('shop', read)))
  expect(results.map(({ rows }) => rows)).toEqual(results.map(() => [note]))
  const answers = await Promise.all(Array.from({ length: 10 }, () => lane.query('shop', statement)))
  expect(answers.map(({ rows }) => rows)).toEqual(answers.map(() => [note]))
})

describe('round trips', () => {
  test('n statements and a commit cost n + 1, statements together cost one', async () => {
    const counted = await wire()
    const through = await open({ url: counted.url, poolSize: 1 })
    const select = (tx: Tx) => sql`select 1`.execute(tx)
    await through.reading('shop', select)
    const turnsOf = async (run: () => Promise<unknown>) => {
      await through.transaction('shop', select)
      counted.resetTurns()
      await run()
      return counted.turns()
    }
    expect(await turnsOf(() => through.transaction('shop', select))).toBe(2)
    expect(await turnsOf(() => through.transaction('shop', (tx) => select(tx).then(() => select(tx))))).toBe(3)
    expect(await turnsOf(() => through.transaction('shop', (tx) => Promise.all([select(tx), select(tx)])))).toBe(2)
    expect(await turnsOf(() => through.transaction('shop', (tx) => addNote(tx, 'shop', 1)))).toBe(2)
  })
})

describe('a broken connection', () => {
  test('fails the transaction as unavailable, and the next one connects again', async () => {
    const broken = await wire()
    const through = await open({ url: broken.url })
    const cut = through.transaction('shop', async (tx) => {
      await addNote(tx, 'shop', 1)
      await broken.cut()
      await addNote(tx, 'shop', 2)
    })
    expect(storeTrouble(await failure(cut))).toBe('unavailable')
    expect(storeTrouble(await failure(through.reading('shop', listNotes)))).toBe('unavailable')
    expect(await through.probe()).toBe(false)
    await broken.restore()
    expect(await through.reading('shop', listNotes)).toEqual([])
    expect(await through.probe()).toBe(true)
  })

  test('ended by the server in a transaction is unavailable', async () => {
    const ended = store.transaction('shop', (tx) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx))
    expect(storeTrouble(await failure(ended))).toBe('unavailable')
    await Promise.all(Array.from({ length: 10 }, () => store.reading('shop', listNotes)))
  })

  test('while committing is not tried again, because the commit may have worked', async () => {
    await store.transaction('shop', async (tx) => {
      await sql
        .raw(
          `create function leave() returns trigger language plpgsql as $$ begin
             perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
           create constraint trigger leave after insert on note deferrable initially deferred
             for each row execute function leave()`,
        )
        .execute(tx)
    })
    let attempts = 0
    const unknown = store.transaction('shop', async (tx) => {
      attempts += 1
      await addNote(tx, 'shop', 1)
    })
    const error = await failure(unknown)
    expect(error).toMatchObject({ name: 'CommitUnknownError', code: '40003' })
    expect(storeTrouble(error)).toBe('unavailable')
    expect(attempts).toBe(1)
  })

  test('that carries nothing any more fails the probe within its second', async () => {
    const dead = await wire()
    const through = await openStore({ url: dead.url })
    expect(await through.probe()).toBe(true)
    dead.freeze()
    const start = performance.now()
    expect(await through.probe()).toBe(false)
    expect(performance.now() - start).toBeLessThan(5_000)
    await dead.close()
    await through.close()
  })
})

test('a statement over its time is cancelled as unavailable, a lock held too long is a conflict', async () => {
  const hurried = await open({ statementTimeoutMs: 50, lockTimeoutMs: 20 })
  const slow = hurried.reading('shop', (tx) => sql`select pg_sleep(5)`.execute(tx))
  expect(storeTrouble(await failure(slow))).toBe('unavailable')
  await store.transaction('shop', async (tx) => {
    await sql`lock table plain`.execute(tx)
    const waiting = hurried.transaction('shop', (other) => sql`insert into plain values (1)`.execute(other))
    expect(storeTrouble(await failure(waiting))).toBe('conflict')
  })
})

test('the sql log tells statements without values, and the notice log what the server says', async () => {
  const statements: string[] = []
  const notices: string[] = []
  const logged = await open({
    sqlLog: (entry) => statements.push(`${entry.failed ? 'failed' : 'ran'}: ${entry.text}`),
    onNotice: (message) => notices.push(message),
  })
  await logged.reading('shop', (tx) => sql`select ${'secret'}::text`.execute(tx))
  await failure(logged.reading('shop', (tx) => sql`select nothing`.execute(tx)))
  await logged.reading('shop', (tx) => sql.raw(`do $$ begin raise warning 'look here'; end $$`).execute(tx))
  expect(statements.slice(0, 2)).toEqual(['ran: select $1::text', 'failed: select nothing'])
  expect(notices).toEqual(['look here'])
})

test('closing waits for what is under way, and may be repeated', async () => {
  const other = await openStore({ url: database.url })
  const under = other.transaction('shop', (tx) =>
    sql`select pg_sleep(0.05)`.execute(tx).then(() => addNote(tx, 'shop', 1)),
  )
  await Promise.all([other.close(), other.close()])
  await under
  await other.close()
  expect(await store.reading('shop', listNotes)).toEqual(['shop 1'])
  expect(() => other.lane()).toThrow('this store is closed')
  expect(storeTrouble(await failure(other.reading('shop', listNotes)))).toBe('unavailable')
})
