/** Rows of docs/bad-input.md that concern the whole server, over real HTTP and real sockets. */
import { features } from '@qun/chat/server'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf, type TestServer } from './testing/test-server.ts'

const unlimited = { send: 0, act: 0, write: 0, read: 0, join: 0, stranger: 0 }
let server: TestServer
let groupId: string
beforeAll(async () => {
  const pictureOrigins = ['https://cdn.shop.example']
  server = await startTestServer({
    pgUrl: inject('pgUrl'),
    features,
    rateLimits: unlimited,
    allowedOrigins: ['http://localhost:5173'],
    pictureOrigins,
  })
  groupId = await makeShopGroup(server)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})
const as = (userId: string) => tokenOf(server.app, userId, server.clock.now())

// ── pictures ──
const strange = [
  ...['https://tracker.example/pixel.png', 'data:image/svg+xml,<svg/>', 'javascript:alert(1)', '//cdn.shop.example/a'],
  ...['http://cdn.shop.example/a.png', 'https://cdn.shop.example@evil.example/', 'https://u:p@cdn.shop.example/a.png'],
  ...['https://cdn.shop.example.evil.example/a.png', 'https://cdn.shop.example:8443/a.png', '/v1/me', 'a.png', ' '],
]
test.each(strange)('[I8] a group does not take its picture from %j', async (avatar) => {
  const change = { token: as('wang'), body: { avatar } }
  const answer = await call(server, 'PATCH', `/groups/${groupId}`, change)
  expect(verdictOf(answer)).toBe('422 media.external_not_allowed')
  expect(answer.json.errors).toEqual([{ pointer: '/avatar', code: 'media.external_not_allowed' }])
  const made = await call(server, 'POST', '/groups', { token: as('wang'), body: { name: '新群', avatar } })
  expect(verdictOf(made)).toBe('422 media.external_not_allowed')
  const { json } = await call(server, 'GET', `/groups/${groupId}`, { token: as('wang') })
  expect(json.group.avatar).toBe('')
})
test.each(['https://cdn.shop.example/a.png', 'http://localhost:5173/art/a.svg', ''])(
  '[I8] a group takes its picture from %j, which the host lists',
  async (avatar) => {
    const { app, otherApp } = server
    const change = { token: as('wang'), body: { avatar } }
    expect(verdictOf(await call(server, 'PATCH', `/groups/${groupId}`, change))).toBe('200')
    const put = { token: app.apiKey, body: { name: '小李', avatar } }
    expect(verdictOf(await call(server, 'PUT', '/users/li', put))).toBe('200')
    expect(otherApp.appId).not.toBe(app.appId)
    await call(server, 'PATCH', `/groups/${groupId}`, { token: as('wang'), body: { avatar: '' } })
  },
)
test('[I8] the host names a person’s picture anywhere with https, and nothing that runs', async () => {
  const put = async (avatar: string) =>
    verdictOf(await call(server, 'PUT', '/users/li', { token: server.app.apiKey, body: { name: '小李', avatar } }))
  expect(await put('https://photos.example/li.png')).toBe('200')
  for (const avatar of [
    'http://photos.example/li.png',
    'data:image/png;base64,AA',
    'javascript:1',
    'https://u@x.example',
  ])
    expect(await put(avatar)).toBe('422 media.external_not_allowed')
})
test('[I8] what one app lists is not listed for another', async () => {
  await server.server.apps.create({
    appId: 'listed' as never,
    name: 'listed',
    allowedOrigins: ['https://listed.example'],
  })
  const change = { token: as('wang'), body: { avatar: 'https://listed.example/a.png' } }
  expect(verdictOf(await call(server, 'PATCH', `/groups/${groupId}`, change))).toBe('422 media.external_not_allowed')
})
