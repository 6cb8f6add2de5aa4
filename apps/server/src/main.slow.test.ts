/** The process as an orchestrator sees it: first start with its own database, a clean end, a restart, a kill. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoCredentialsFile, type DemoCredentials } from '@qun/server'
import { afterAll, beforeAll, expect, test } from 'vitest'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'qun-main-'))
})
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

interface Running {
  readonly process: ChildProcess
  readonly url: string
  output(): string
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
  /** It and all it started that can still print are gone. */
  readonly closed: Promise<void>
}
const root = join(import.meta.dirname, '../../..')

const main = join(import.meta.dirname, 'main.ts')

async function start(command: readonly string[] = [process.execPath, main]): Promise<Running> {
  const env = { ...process.env, QUN_DATA: join(dataDir, 'data'), QUN_PORT: '0', QUN_LOG: 'info' }
  const [program, ...args] = command
  const child = spawn(program!, args, { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const ended = new Promise<number | string | null>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? signal)),
  )
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      text += chunk.toString()
      const listening = /"url":"([^"]+)"/.exec(text)?.[1]
      if (listening !== undefined) resolve(listening)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    void ended.then((code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  return { process: child, url, output: () => text, ended, closed }
}

const readCredentials = () =>
  JSON.parse(readFileSync(demoCredentialsFile(join(dataDir, 'data')), 'utf8')) as DemoCredentials
const request = (running: Running, method: string, path: string, headers = {}, body?: object) =>
  fetch(`${running.url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readCredentials().apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

test('SIGTERM ends it with 0; what was acknowledged is there after a restart, and after a kill', async () => {
  const first = await start()
  expect((await request(first, 'PUT', '/users/wang', {}, { name: '王店长' })).status).toBe(200)
  const credentials = readCredentials()
  first.process.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  for (const secret of [credentials.apiKey, credentials.signingKey.secret]) expect(first.output()).not.toContain(secret)

  const second = await start()
  expect(readCredentials()).toEqual(credentials)
  expect(await (await request(second, 'GET', '/me', { 'qun-act-as': 'wang' })).json()).toMatchObject({ name: '王店长' })
  expect((await request(second, 'PUT', '/users/li', {}, { name: '小李' })).status).toBe(200)
  second.process.kill('SIGKILL')
  expect(await second.ended).toBe('SIGKILL')

  const third = await start()
  expect(await (await request(third, 'GET', '/me', { 'qun-act-as': 'li' })).json()).toMatchObject({ name: '小李' })
  // The auditor reads beside the running server, through that server's own PostgreSQL.
  const audited = spawnSync(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'doctor', '--check'], {
    env: { ...process.env, QUN_DATA: join(dataDir, 'data') },
    encoding: 'utf8',
  })
  expect(audited.stdout).toMatch(/^ok {3}M1 {2}/m)
  expect(audited.stdout).toMatch(/\d+ checks, 0 differences/)
  expect(audited.status).toBe(0)
  third.process.kill('SIGINT')
  expect(await third.ended).toBe(0)
})

test('[I5] keys are listed and taken back while the server of an embedded database runs, which refuses them soon', async () => {
  const running = await start()
  const qun = (...words: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...words], {
      env: { ...process.env, QUN_DATA: join(dataDir, 'data') },
      encoding: 'utf8',
    })
  const { appId, apiKey } = readCredentials()
  const keyId = /^qsk_(.+)_/.exec(apiKey)![1]!
  expect((await request(running, 'GET', '/keys')).status).toBe(200)
  expect(qun('key', 'list', appId).stdout).toContain(`${keyId}  api  active`)
  expect(qun('key', 'create', appId, 'api', 'successor').stdout).toContain('qsk_')
  expect(qun('key', 'revoke', appId, keyId)).toMatchObject({ status: 0 })
  await expect.poll(async () => (await request(running, 'GET', '/keys')).status, { timeout: 10_000 }).toBe(401)
  expect(qun('key', 'list', appId).stdout).toMatch(new RegExp(`${keyId}  api  revoked .* last used 2`))
  running.process.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})

test('a bug nobody caught drains the server and ends it with 1', async () => {
  const file = join(dataDir, 'broken.ts')
  writeFileSync(
    file,
    [
      `await import(${JSON.stringify(main)})`,
      `setTimeout(() => void Promise.reject(new Error('nobody caught me')), 500)`,
      '',
    ].join('\n'),
  )
  const broken = await start([process.execPath, file])
  expect(await broken.ended).toBe(1)
  expect(broken.output()).toContain('nobody caught me')
  expect(broken.output()).toContain('"step":"done"')
})

test('[RUN4] SIGTERM to npm ends the server it started, in order', async () => {
  const script = ['npm', 'run', '--silent', 'qun', '--', 'start']
  const running = await start(script)
  expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
  running.process.kill('SIGTERM')
  // npm itself is gone at once; what it started holds the pipe until it has ended.
  await running.closed
  expect(running.output()).toContain('"step":"done"')
  await expect(fetch(`${running.url}/livez`)).rejects.toThrow()
})
