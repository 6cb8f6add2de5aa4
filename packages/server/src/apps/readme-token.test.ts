/** The README's way to make a token, run as it is printed there. */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { call, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'

const root = join(import.meta.dirname, '../../../..')
let world: TestServer
let folder: string
beforeAll(async () => {
  world = await startTestServer({ pgUrl: inject('pgUrl'), features: [], isLive: true })
  folder = await mkdtemp(join(tmpdir(), 'qun-readme-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await world[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

type Handler = (request: { user: { id: string } }) => Promise<string>

/** The routes of the README's block that signs with jose, unchanged. */
async function readSnippet(): Promise<Record<string, Handler>> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!)
  const block = blocks.filter((text) => text.includes("from 'jose'"))
  expect(block).toHaveLength(1)
  const file = join(folder, 'snippet.mjs')
  const app = 'export const routes = {}\nconst app = { get: (path, handler) => (routes[path] = handler) }\n'
  await writeFile(file, app + block[0]!)
  return ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { routes: Record<string, Handler> }).routes
}

describe('[RUN5] a token without a jti', () => {
  test('as the README makes it, is accepted', async () => {
    const { kid, secret, appId, apiKey } = world.app
    vi.stubEnv('QUN_KEY_ID', kid)
    vi.stubEnv('QUN_APP_ID', appId)
    vi.stubEnv('QUN_SIGNING_KEY', Buffer.from(secret).toString('base64url'))
    await call(world, 'PUT', '/users/li', { token: apiKey, body: { name: '小李' } })
    const make = (await readSnippet())['/api/chat-token']!
    expect(verdictOf(await call(world, 'GET', '/me', { token: await make({ user: { id: 'li' } }) }))).toBe('200')
  })

  test('ends with all its person got so far, and not by anybody’s jti', async () => {
    const token = tokenOf(world.app, 'zhao', Date.now(), { claims: { jti: undefined } })
    const me = async () => verdictOf(await call(world, 'GET', '/me', { token }))
    const revoke = (body: object) => call(world, 'POST', '/users/zhao/revoke', { token: world.app.apiKey, body })
    await call(world, 'PUT', '/users/zhao', { token: world.app.apiKey, body: { name: '赵阿姨' } })
    expect(await me()).toBe('200')
    await revoke({ jti: 'undefined' })
    expect(await me()).toBe('200')
    await revoke({})
    expect(await me()).toBe('401 auth.token_revoked')
  })
})
