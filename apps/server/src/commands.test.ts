/** What an operator types: apps and keys are made, shown once, retired; the doctor says what is wrong. */
import { features } from '@qun/chat/server'
import { createLogger, createServer, readConfig, settings, type Config } from '@qun/server'
import { cloneDatabase, templateDatabase } from '@qun/storage/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createApp, createKey, listApps, listKeys, retireKey, revokeKey } from './admin.ts'
import { examine, mend, migrated, restored } from './doctor.ts'
import { helpText } from './help.ts'

let config: Config
let drop: () => Promise<void>
beforeAll(async () => {
  const empty = { adminUrl: inject('pgUrl'), name: 'qun_template_empty', prepare: async () => undefined }
  const database = await cloneDatabase(await templateDatabase(empty))
  drop = () => database.drop()
  const env = { QUN_DATABASE_URL: database.url, QUN_SECRET_KEY: 'ab'.repeat(32) }
  config = readConfig(env).config
})
afterAll(async () => drop())

/** Runs a command; gives its exit code and what it said. */
async function run(command: (say: (text: string) => void) => Promise<number>): Promise<{ code: number; said: string }> {
  const lines: string[] = []
  const code = await command((text) => void lines.push(text))
  return { code, said: lines.join('\n') }
}

test('the doctor finds an empty database, and nothing wrong once a server ran', async () => {
  const before = await run((say) => examine(config, say))
  expect(before).toMatchObject({ code: 1 })
  expect(before.said).toContain('BAD  all migrations are applied: none is applied yet')
  const server = await createServer({ features, databaseUrl: config.databaseUrl!, log: createLogger('silent') })
  await server.close()
  const after = await run((say) => examine(config, say))
  expect(after.said).not.toContain('BAD')
  expect(after.code).toBe(0)
})

test('[MIG4] a server that may not migrate refuses an older database until somebody did', async () => {
  const empty = { adminUrl: inject('pgUrl'), name: 'qun_template_empty', prepare: async () => undefined }
  const database = await cloneDatabase(await templateDatabase(empty))
  const older = { ...config, databaseUrl: database.url }
  const options = { features, databaseUrl: database.url, log: createLogger('silent'), migrate: 'never' } as const
  await expect(createServer(options)).rejects.toMatchObject({ code: 'migration.missing' })
  const done = await run((say) => migrated(older, say))
  expect(done.said).toMatch(/^applied server-001\n.*applied core-001\n/s)
  expect((await run((say) => migrated(older, say))).said).toBe('nothing to apply')
  const server = await createServer(options)
  await server.close()
  await database.drop()
})

test('[SYNC19] [AUDIT3] restored gives another epoch, repair finds nothing in a database in order', async () => {
  const start = () => createServer({ features, databaseUrl: config.databaseUrl!, log: createLogger('silent') })
  const first = await start()
  const { epoch } = first.core
  await first.close()
  expect(await run((say) => restored(config, say))).toMatchObject({ code: 0 })
  const second = await start()
  expect(second.core.epoch).not.toBe(epoch)
  expect((await run((say) => mend(config, say))).said).toMatch(/^nothing to mend\n.* 0 differences$/s)
  await second.close()
})

test('the doctor names what it cannot reach', async () => {
  const away = { ...config, databaseUrl: 'postgresql://qun:pw@127.0.0.1:1/qun' }
  const result = await run((say) => examine(away, say))
  expect(result.code).toBe(1)
  expect(result.said).toMatch(/^BAD  the database can be reached: .*ECONNREFUSED/)
})

test('the doctor notices keys sealed with another key', async () => {
  await run((say) => createApp(config, ['sealed'], say))
  const other = { ...config, secretKey: Buffer.alloc(32, 9) }
  expect((await run((say) => examine(other, say))).said).toMatch(/BAD {2}signing keys can be opened: .*sealed\./)
})

test('an app comes with both kinds of keys; a second of its name and a misspelt one do not', async () => {
  const made = await run((say) => createApp(config, ['shop', '山茶', '咖啡'], say))
  expect(made.code).toBe(0)
  expect(made.said).toMatch(/qsk_shop\.[0-9a-f]{16}_[0-9a-f]{64}/)
  await expect(run((say) => createApp(config, ['shop'], say))).rejects.toThrow('there is already an app shop')
  await expect(run((say) => createApp(config, ['Shop_1'], say))).rejects.toThrow('not an app id')
  expect(await run((say) => createApp(config, [], say))).toMatchObject({ code: 2 })
  expect((await run((say) => listApps(config, say))).said).toContain('shop  山茶 咖啡')
})

test('keys are made, listed without their secrets, and retired', async () => {
  await run((say) => createApp(config, ['keys'], say))
  const second = await run((say) => createKey(config, ['keys', 'signing'], say))
  const kid = /keys\.[0-9a-f]+/.exec(second.said)![0]
  const secret = /base64url: (\S+)/.exec(second.said)![1]!
  expect((await run((say) => listApps(config, say))).said).not.toContain(secret)
  await expect(run((say) => createKey(config, ['keys', 'signing'], say))).rejects.toThrow(/retire one first/)
  expect(await run((say) => retireKey(config, ['keys', kid], say))).toMatchObject({ code: 0 })
  expect(await run((say) => retireKey(config, ['keys', kid], say))).toMatchObject({ code: 1 })
  expect((await run((say) => createKey(config, ['keys', 'api', 'the', 'shop'], say))).said).toContain('qsk_keys.')
  expect(await run((say) => createKey(config, ['nobody', 'api'], say))).toMatchObject({ code: 2 })
  expect(await run((say) => createKey(config, ['keys', 'golden'], say))).toMatchObject({ code: 2 })
})

test('[I5] keys of the API are listed without their secrets, and taken back beside a running server', async () => {
  const made = await run((say) => createApp(config, ['leaky'], say))
  const [key, keyId] = /qsk_(leaky\.[0-9a-f]+)_[0-9a-f]+/.exec(made.said)! as unknown as [string, string]
  const server = await createServer({
    ...{ features, databaseUrl: config.databaseUrl!, secretKey: config.secretKey!, log: createLogger('silent') },
  })
  const url = await server.listen()
  const ask = async () => {
    server.apps.forget('leaky')
    const { status } = await fetch(`${url}/v1/keys`, { headers: { authorization: `Bearer ${key}` } })
    return status
  }
  expect((await run((say) => listKeys(config, ['leaky'], say))).said).toContain(`${keyId}  api  active  made `)
  expect(await ask()).toBe(200)
  expect(await run((say) => revokeKey(config, ['leaky', keyId], say))).toMatchObject({ code: 0 })
  expect(await ask()).toBe(401)
  expect(await run((say) => revokeKey(config, ['leaky', keyId], say))).toMatchObject({ code: 1 })
  const listed = await run((say) => listKeys(config, ['leaky'], say))
  expect(listed.said).toMatch(new RegExp(`${keyId}  api  revoked 2.* last used 2`))
  expect(listed.said).toContain('signing HS256  active')
  expect(listed.said).not.toContain(key.slice(-64))
  expect(await run((say) => listKeys(config, ['nobody'], say))).toMatchObject({ code: 2 })
  expect(await run((say) => revokeKey(config, ['leaky'], say))).toMatchObject({ code: 2 })
  await server.close()
})

test('help names every command and every setting', () => {
  for (const { name } of settings) expect(helpText()).toContain(name)
  for (const command of [
    'start',
    'migrate',
    'doctor',
    'doctor --repair',
    'restored',
    'app create',
    'app list',
    'key create',
    'key list',
    'key retire',
    'key revoke',
    'version',
  ]) {
    expect(helpText()).toContain(`qun ${command}`)
  }
})
