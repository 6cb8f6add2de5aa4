/** Templates and clones. */
import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { cloneDatabase, templateDatabase, templateName } from './testing.ts'

async function run(url: string, text: string): Promise<void> {
  await query(url, text)
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

const adminUrl = inject('pgUrl')
const migration = (text: string) => [{ id: 'template-test-001', up: [text] }]

test('the name follows the migrations', () => {
  expect(templateName(migration('a'))).toBe(templateName(migration('a')))
  expect(templateName(migration('a'))).not.toBe(templateName(migration('b')))
})

test('parallel callers prepare a template once, and clones do not touch each other', async () => {
  const name = templateName(migration(`once ${process.pid}`))
  let prepared = 0
  const prepare = async (url: string) => {
    prepared += 1
    await query(url, 'create table t as select 1 as id')
  }
  const templates = await Promise.all([1, 2, 3].map(() => templateDatabase({ adminUrl, name, prepare })))
  expect(prepared).toBe(1)
  const clones = await Promise.all(templates.map((template) => cloneDatabase(template)))
  await query(clones[0]?.url ?? '', 'insert into t values (2)')
  expect(await query(clones[0]?.url ?? '', 'select id from t order by id')).toEqual([1, 2])
  expect(await query(clones[1]?.url ?? '', 'select id from t order by id')).toEqual([1])
  for (const clone of clones) await clone.drop()
  await expect(query(clones[0]?.url ?? '', 'select 1')).rejects.toMatchObject({ code: '3D000' })
})

test('a preparation that fails leaves no template', async () => {
  const name = templateName(migration(`fails ${process.pid}`))
  const broken = templateDatabase({ adminUrl, name, prepare: (url) => run(url, 'nonsense') })
  await expect(broken).rejects.toMatchObject({ code: '42601' })
  const template = await templateDatabase({
    adminUrl,
    name,
    prepare: (url) => run(url, 'create table t (id int)'),
  })
  const clone = await cloneDatabase(template)
  expect(await query(clone.url, 'select count(*)::int from t')).toEqual([0])
  await clone.drop()
})

test('dropping ends the sessions that are still there', async () => {
  const template = await templateDatabase({ adminUrl, name: templateName([]), prepare: async () => {} })
  const clone = await cloneDatabase(template)
  const forgotten = new Client({ connectionString: clone.url })
  const ended = new Promise((resolve) => forgotten.on('error', resolve))
  await forgotten.connect()
  await clone.drop()
  expect(await ended).toMatchObject({ code: '57P01' })
})
