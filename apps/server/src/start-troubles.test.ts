/** What keeps a server from starting, as an operator meets it: the process's code and what it prints. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createQun } from '@qun/server'
import { cloneDatabase, templateDatabase, type Clone } from '@qun/storage/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
let folder: string
let database: Clone
let listener: Server
let port: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qun-troubles-'))
  await writeFile(join(folder, 'file'), '')
  const template = await templateDatabase({
    adminUrl: inject('pgUrl'),
    name: 'qun_template_empty',
    prepare: async () => {},
  })
  database = await cloneDatabase(template)
  const first = await createQun({ features: [], databaseUrl: database.url, secretKey: randomBytes(32) })
  await first.close()
  listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  port = String((listener.address() as AddressInfo).port)
})
afterAll(async () => {
  listener.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

/** Runs a program of the repository to its end. */
async function run(program: readonly string[], settings: Record<string, string>) {
  const env = { ...process.env, QUN_PORT: '0', QUN_LOG: 'error', QUN_DATA: join(folder, 'data'), ...settings }
  const child = spawn(process.execPath, program, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, lines: said.trim().split('\n') }
}

const main = ['apps/server/src/main.ts']
const command = ['apps/server/src/cli.ts', 'start']
const demo = ['tools/start.ts']
const unreachable = 'postgresql://qun:hunter2@127.0.0.1:1/qun'

const troubles: [string, readonly string[], () => Record<string, string>, RegExp][] = [
  ['a port taken, by command', command, () => ({ QUN_PORT: port }), /^cannot listen on .*another process/],
  ['the demo shop’s port taken', demo, () => ({ QUN_DEMO_PORT: port }), /^cannot listen on .*QUN_DEMO_PORT/],
  ['the demo on a database of one’s own', demo, () => ({ QUN_DATABASE_URL: database.url }), /^npm start runs the demo/],
  [
    'a file in the data’s place',
    main,
    () => ({ QUN_DATA: join(folder, 'file') }),
    /^cannot use .*: (ENOTDIR|EEXIST); QUN_DATA/,
  ],
  [
    'a database away',
    main,
    () => ({ QUN_DATABASE_URL: unreachable }),
    /^the database cannot be used: .*QUN_DATABASE_URL/,
  ],
  [
    'another secret key',
    main,
    () => ({ QUN_DATABASE_URL: database.url, QUN_SECRET_KEY: '7'.repeat(64) }),
    /^the secret key \(QUN_SECRET_KEY, .*does not fit this database/,
  ],
]

test.for(troubles)('[RUN3] %s: code 1 and one line', { timeout: 120_000 }, async ([, program, settings, line]) => {
  const { code, lines } = await run(program, settings())
  expect(lines).toEqual([expect.stringMatching(line)])
  expect(lines[0]).not.toContain('hunter2')
  expect(code).toBe(1)
  // Nothing was begun: no cluster, no story, no credentials.
  expect(existsSync(join(folder, 'data'))).toBe(false)
})
