/** The assembled server as its operator meets it: first start, restart, health, files, raw bodies, drain. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closed, defineEndpoint, fileAnswer, fileBody, Type } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { features } from '@qun/chat/server'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { demoCredentialsFile, type DemoCredentials } from '../apps/demo-app.ts'
import { createSeal } from '../apps/seal.ts'
import { call, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'

const upload = defineEndpoint({
  name: 'files.put',
  method: 'POST',
  path: '/files',
  doc: 'Keeps bytes.',
  by: 'user',
  status: 201,
  body: fileBody({ bytesMax: 20 * 1_048_576, contentTypes: ['image/*', 'application/octet-stream'] }),
  answer: closed({ length: Type.Integer(), contentType: Type.String() }),
})
const download = defineEndpoint({
  name: 'files.get',
  method: 'GET',
  path: '/files/:file',
  doc: 'Gives them back.',
  by: 'user',
  params: closed({ file: Type.String() }),
  answer: fileAnswer(),
})
const page = '<script>alert(1)</script>'
const files = defineFeature({
  name: 'files',
  endpoints: [
    serveEndpoint(upload, ({ body }) => ({ length: body.size, contentType: body.contentType })),
    serveEndpoint(download, ({ params }) => ({
      bytes: Buffer.from(page),
      contentType: params.file === 'page' ? 'text/html' : 'image/png',
    })),
  ],
})

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})
async function start(options = {}): Promise<TestServer> {
  const world = await startTestServer({ pgUrl: inject('pgUrl'), features: [...features, files], ...options })
  opened.push(async () => world[Symbol.asyncDispose]())
  return world
}
async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'qun-server-'))
  opened.push(() => rm(dir, { recursive: true }))
  return dir
}

describe('the first start', () => {
  test('makes a demo app whose keys only this user can read, works with them, and logs none of them', async () => {
    const dataDir = await temporaryDir()
    const world = await start({ dataDir, demo: true })
    const file = demoCredentialsFile(dataDir)
    const credentials = JSON.parse(await readFile(file, 'utf8')) as DemoCredentials
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(
      verdictOf(await call(world, 'PUT', '/users/wang', { token: credentials.apiKey, body: { name: '王店长' } })),
    ).toBe('200')
    const { kid, secret } = credentials.signingKey
    const demo = { appId: 'demo', apiKey: credentials.apiKey, kid, secret: Buffer.from(secret, 'base64url') } as never
    expect(verdictOf(await call(world, 'GET', '/me', { token: tokenOf(demo, 'wang', world.clock.now()) }))).toBe('200')
    expect(world.logLines.join('\n')).toContain(file)
    for (const hidden of [credentials.apiKey, secret]) expect(world.logLines.join('\n')).not.toContain(hidden)
  })
})

describe('health', () => {
  test('alive, ready, measured, versioned; not ready once draining', async () => {
    const world = await start()
    const get = async (path: string) => (await fetch(`${world.url}${path}`)).status
    expect([await get('/livez'), await get('/readyz'), await get('/version')]).toEqual([200, 200, 200])
    await call(world, 'GET', '/me')
    const metrics = await (await fetch(`${world.url}/metrics`)).text()
    for (const name of [
      'qun_event_loop_delay_p99_seconds',
      'qun_sockets',
      'qun_socket_queued_bytes_max',
      'qun_ack_seconds',
      'qun_refusals_total{code="auth.missing"',
    ]) {
      expect(metrics).toContain(name)
    }
  })
  test('[P22] a store that is away is 503 with Retry-After, never 500', async () => {
    const world = await start()
    await world.server.store.close()
    const answer = await call(world, 'GET', '/me', { token: tokenOf(world.app, 'li', world.clock.now()) })
    expect(verdictOf(answer)).toBe('503 store.unavailable')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await fetch(`${world.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${world.url}/livez`)).status).toBe(200)
  })
})

describe('bytes', () => {
  const put = (world: TestServer, body: Uint8Array | string, type: string) =>
    call(world, 'POST', '/files', {
      token: tokenOf(world.app, 'li', world.clock.now()),
      body,
      headers: { 'content-type': type },
    })
  test('up to 20 MiB arrive as they are; JSON and more do not', async () => {
    const world = await start()
    const largest = Buffer.alloc(20 * 1_048_576, 7)
    expect((await put(world, largest, 'image/png; name=x')).json).toEqual({
      length: largest.length,
      contentType: 'image/png',
    })
    expect(verdictOf(await put(world, Buffer.concat([largest, largest.subarray(0, 1)]), 'image/png'))).toBe(
      '413 request.too_large',
    )
    expect(verdictOf(await put(world, '{}', 'application/json'))).toBe('415 request.media_type')
    expect(verdictOf(await put(world, 'x', 'text/html'))).toBe('415 request.media_type')
    expect(verdictOf(await call(world, 'POST', '/files', { token: tokenOf(world.app, 'li', world.clock.now()) }))).toBe(
      '415 request.media_type',
    )
  })
  test('[MED-13] come back unable to run', async () => {
    const world = await start()
    const token = tokenOf(world.app, 'li', world.clock.now())
    const html = await call(world, 'GET', '/files/page', { token })
    expect(html.text).toBe(page)
    expect(html.headers.get('x-content-type-options')).toBe('nosniff')
    expect(html.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(html.headers.get('content-disposition')).toBe('attachment')
    expect(html.headers.get('cache-control')).toBe('private, no-store')
    expect((await call(world, 'GET', '/files/picture', { token })).headers.get('content-disposition')).toBe('inline')
  })
})

describe('web apps', () => {
  test('are served with a policy; their own addresses get the page, missing files and ways out do not', async () => {
    const dir = await temporaryDir()
    await mkdir(join(dir, 'web/assets'), { recursive: true })
    await writeFile(join(dir, 'web/index.html'), '<!doctype html>app')
    await writeFile(join(dir, 'web/assets/app-1a2b.js'), 'run()')
    await writeFile(join(dir, 'secret.txt'), 'secret')
    const world = await start({ static: [{ prefix: '/app/', dir: join(dir, 'web') }], landing: '/app/' })
    const get = (path: string) => fetch(`${world.url}${path}`, { redirect: 'manual' })
    expect((await get('/')).headers.get('location')).toBe('/app/')
    expect((await get('/app')).headers.get('location')).toBe('/app/')
    const index = await get('/app/')
    expect(await index.text()).toContain('app')
    expect(index.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(index.headers.get('cache-control')).toBe('no-cache')
    expect((await get('/app/assets/app-1a2b.js')).headers.get('cache-control')).toContain('immutable')
    expect(await (await get('/app/g/grp_000000')).text()).toContain('app')
    for (const path of [
      '/app/missing.js',
      '/app/../secret.txt',
      '/app/%2e%2e/secret.txt',
      '/app/..%2fsecret.txt',
      '/app/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    ]) {
      const answer = await get(path)
      expect(await answer.text(), path).not.toContain('secret\n')
      expect(answer.status, path).toBe(404)
    }
  })
})

describe('secrets at rest', () => {
  test('are sealed with a key that is not in the database; another key opens nothing', () => {
    const seal = createSeal(Buffer.alloc(32, 1))
    const secret = Buffer.from('a signing secret')
    const sealed = seal.seal(secret)
    expect(sealed).not.toContain(secret.toString('base64').slice(0, 8))
    expect(Buffer.from(seal.open(sealed))).toEqual(secret)
    expect(seal.seal(secret)).not.toBe(sealed)
    expect(() => createSeal(Buffer.alloc(32, 2)).open(sealed)).toThrow()
    expect(() => createSeal(undefined).open(sealed)).toThrow(/QUN_SECRET_KEY/)
    expect(() => createSeal(Buffer.alloc(16))).toThrow(/32 bytes/)
  })
})
