/** Settings: read from one table, refused with all reasons at once, documented from the same table. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError, readConfig, settings, settingsMarkdown, settingsText } from './config.ts'
import { optionsOfConfig } from './config-options.ts'

test('nothing given: everything has a default that works', () => {
  const { config, warnings } = readConfig({})
  expect(config).toMatchObject({
    port: 7878,
    host: '127.0.0.1',
    dataDir: './data',
    databaseUrl: undefined,
    log: 'info',
    demo: true,
    drand: 'on',
    rateLimits: {},
  })
  expect(warnings).toEqual([])
})

test('all that is wrong is said at once, and no secret with it', () => {
  const env = {
    QUN_PORT: '70000',
    QUN_LOG: 'loud',
    QUN_DEMO: 'maybe',
    QUN_ALLOWED_ORIGINS: 'https://shop.example/',
    QUN_TRUSTED_PROXIES: 'proxy',
    QUN_DATABASE_URL: 'mysql://root:hunter2@db',
    QUN_SECRET_KEY: 'abc',
    QUN_RATE_SEND: '-1',
    QUN_DRAND: 'relay.example',
  }
  try {
    readConfig(env)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { problems, message } = error as ConfigError
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual(Object.keys(env).toSorted())
    expect(message).not.toContain('hunter2')
  }
})

test('a variable that is no setting is a warning', () => {
  expect(readConfig({ QUN_PROT: '80', PATH: '/bin' }).warnings).toEqual(['QUN_PROT is no setting of this server'])
})

test('a secret may stand in a file, but not in both places', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'qun-config-'))
  const file = join(dir, 'url')
  await writeFile(file, 'postgresql://qun:pw@db/qun\n')
  expect(readConfig({ QUN_DATABASE_URL_FILE: file }).config.databaseUrl).toBe('postgresql://qun:pw@db/qun')
  expect(() => readConfig({ QUN_DATABASE_URL_FILE: file, QUN_DATABASE_URL: 'postgresql://x/y' })).toThrow(/either/)
  expect(() => readConfig({ QUN_DATABASE_URL_FILE: join(dir, 'missing') })).toThrow(/ENOENT/)
  await rm(dir, { recursive: true })
})

test('budgets can be changed by name; 0 lifts one', () => {
  expect(readConfig({ QUN_RATE_SEND: '0', QUN_RATE_REFUSED_CREDENTIAL: '5' }).config.rateLimits).toEqual({
    send: 0,
    refusedCredential: 5,
  })
})

test('each setting of a server reaches whoever starts one, and what is not set is left to the server', () => {
  const env = {
    QUN_SPOOL: '/spool',
    QUN_SHARE_PERSON: '5',
    QUN_UPLOADS_AT_ONCE: '7',
    QUN_RATE_SEND: '9',
    QUN_PORT: '81',
  }
  const options = optionsOfConfig(readConfig(env).config)
  expect(options).toMatchObject({
    spoolDir: '/spool',
    shares: { person: 0.05 },
    uploads: { atOnce: { max: 7 } },
    rateLimits: { send: 9 },
    port: 81,
  })
  expect(Object.keys(options)).not.toContain('log')
  expect(Object.keys(optionsOfConfig(readConfig({}).config))).not.toContain('spoolDir')
})

test('public randomness is on, off, or asked of relays', () => {
  const drandOf = (text: string) => readConfig({ QUN_DRAND: text }).config.drand
  expect([drandOf('on'), drandOf('off')]).toEqual(['on', 'off'])
  expect(drandOf('https://one.example/, http://10.0.0.2:4444/drand')).toEqual([
    'https://one.example',
    'http://10.0.0.2:4444/drand',
  ])
  for (const wrong of ['yes', '', 'ftp://one.example', 'https://one.example?x'])
    expect(() => drandOf(wrong)).toThrow('QUN_DRAND')
})

test('help and documentation name every setting', () => {
  for (const { name } of settings) {
    expect(settingsText()).toContain(name)
    expect(settingsMarkdown()).toContain(`\`${name}\``)
  }
})
