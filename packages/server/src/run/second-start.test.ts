/** A second server on a database in use: the first goes on as if it were alone. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloneDatabase, templateDatabase } from '@qun/storage/testing'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { demoAppId, demoCredentialsFile, type DemoCredentials } from '../apps/demo-app.ts'
import { tokenOf } from '../testing/test-server.ts'
import { readConfig } from './config.ts'
import { createLogger } from './log.ts'
import { createServer, type QunServer, type ServerOptions } from './server.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

async function emptyDatabase(): Promise<string> {
  const template = await templateDatabase({
    adminUrl: inject('pgUrl'),
    name: 'qun_template_empty',
    prepare: async () => {},
  })
  const database = await cloneDatabase(template)
  opened.push(() => database.drop())
  return database.url
}

interface Node {
  readonly server: QunServer
  readonly url: string
  readonly credentials: () => Promise<DemoCredentials>
}

/** A server with a data folder of its own that does not exist yet. */
async function startNode(databaseUrl: string, options: Partial<ServerOptions> = {}): Promise<Node> {
  const parent = await mkdtemp(join(tmpdir(), 'qun-second-'))
  opened.push(() => rm(parent, { recursive: true, force: true }))
  const dataDir = join(parent, 'data')
  const server = await createServer({ features: [], databaseUrl, dataDir, log: createLogger('silent'), ...options })
  opened.push(() => server.close())
  const url = await server.listen()
  const credentials = async () => JSON.parse(await readFile(demoCredentialsFile(dataDir), 'utf8')) as DemoCredentials
  return { server, url, credentials }
}

const statusOf = async (node: Node, token: string) =>
  (await fetch(`${node.url}/v1/conversations`, { headers: { authorization: `Bearer ${token}` } })).status

async function tokenBy(node: Node): Promise<string> {
  const { appId, apiKey, signingKey } = await node.credentials()
  const app = { appId, apiKey, kid: signingKey.kid, secret: Buffer.from(signingKey.secret, 'base64url') } as never
  return tokenOf(app, 'li', Date.now())
}

describe('[RUN1] a second server with another data folder', () => {
  test('tokens and API keys of both hold on both, however many start', async () => {
    const databaseUrl = await emptyDatabase()
    const secretKey = randomBytes(32)
    const nodes: Node[] = []
    for (let at = 0; at < 3; at += 1) nodes.push(await startNode(databaseUrl, { demo: true, secretKey }))
    const first = nodes[0]!
    await fetch(`${first.url}/v1/users/li`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${(await first.credentials()).apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: '小李' }),
    })
    // A node may remember an app's keys for five seconds; here each looks at what is stored.
    for (const { server } of nodes) server.apps.forget(demoAppId)
    const app = await first.server.apps.find(demoAppId)
    expect([...app!.signingKeys.values()].map(({ status }) => status)).toEqual(['active'])
    for (const maker of nodes) for (const node of nodes) expect(await statusOf(node, await tokenBy(maker))).toBe(200)
  })

  test('two that start at the same moment share the app', async () => {
    const databaseUrl = await emptyDatabase()
    await (await startNode(databaseUrl)).server.close()
    const nodes = await Promise.all([1, 2].map(() => startNode(databaseUrl, { demo: true })))
    for (const { server } of nodes) server.apps.forget(demoAppId)
    for (const maker of nodes) expect(await statusOf(nodes[0]!, await tokenBy(maker))).toBe(200)
  })

  test('the demo is not put into a database of one’s own unless asked for', () => {
    const demoOf = (env: NodeJS.ProcessEnv) => readConfig(env).config.demo
    const own = { QUN_DATABASE_URL: 'postgresql://qun@db/qun' }
    expect([demoOf({}), demoOf({ QUN_DEMO: 'false' })]).toEqual([true, false])
    expect([demoOf(own), demoOf({ ...own, QUN_DEMO: 'true' })]).toEqual([false, true])
  })
})

describe('[RUN2] the secret key', () => {
  const refused = /the secret key .* does not fit this database/

  test('another one than the database’s, or none, does not start, on an empty database too', async () => {
    const databaseUrl = await emptyDatabase()
    await startNode(databaseUrl, { secretKey: randomBytes(32) })
    await expect(startNode(databaseUrl, { secretKey: randomBytes(32) })).rejects.toThrow(refused)
    await expect(startNode(databaseUrl)).rejects.toThrow(refused)
  })

  test('is noticed by keys sealed before there was a sample', async () => {
    const databaseUrl = await emptyDatabase()
    const secretKey = randomBytes(32)
    const { server } = await startNode(databaseUrl, { secretKey })
    await server.apps.create({ appId: 'shop', name: 'Shop' })
    await server.store.transaction('*', async (tx) => {
      await tx.withTables<{ server_meta: { key: string } }>().deleteFrom('server_meta').execute()
    })
    await expect(startNode(databaseUrl, { secretKey: randomBytes(32) })).rejects.toThrow(refused)
    await startNode(databaseUrl, { secretKey })
  })

  test('given later than the first start, it is everybody’s from then on', async () => {
    const databaseUrl = await emptyDatabase()
    const first = await startNode(databaseUrl, { demo: true })
    const secretKey = randomBytes(32)
    const second = await startNode(databaseUrl, { secretKey, demo: true })
    expect(await statusOf(second, await tokenBy(first))).toBe(200)
    await expect(startNode(databaseUrl)).rejects.toThrow(refused)
  })
})
