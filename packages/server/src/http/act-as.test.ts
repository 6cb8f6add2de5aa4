/** A key that speaks for somebody may what they may; a key that speaks for nobody is the host in its own name. */
import { features } from '@qun/chat/server'
import { auditsOf } from '@qun/core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { call, people, startTestServer, tokenOf, verdictOf, type TestServer } from '../testing/test-server.ts'

const day = 86_400_000
let world: TestServer
let shopGroup: string
let friends: string
let n = 0
const at = () => world.clock.now()
/** `li` with her token, `key:li` with the key for her, `key` with the key alone. */
function ask(who: string, method: string, path: string, body?: object) {
  const [kind, userId] = who.split(':')
  const headers = {
    ...(method === 'GET' ? {} : { 'idempotency-key': `act-as-${++n}` }),
    ...(userId === undefined ? {} : { 'qun-act-as': userId }),
  }
  const token = kind === 'key' ? world.app.apiKey : tokenOf(world.app, who, at())
  return call(world, method, path, { token, headers, ...(body === undefined ? {} : { body }) })
}
const tell = async (path: string, body: object, method = 'PUT') => {
  const answer = await ask('key', method, path, body)
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer.json
}
const post = (who: string, groupId: string, kind: string, body: object, more: object = {}) =>
  ask(who, 'POST', `/groups/${groupId}/messages`, { clientId: `act-as-${++n}`, kind, body, ...more })
const posted = async (who: string, kind: string, body: object, groupId = shopGroup, more: object = {}) =>
  verdictOf(await post(who, groupId, kind, body, more))
const act = async (who: string, seq: number, action: string, input: object) =>
  verdictOf(await ask(who, 'POST', `/groups/${shopGroup}/messages/${seq}/actions/${action}`, input))
const couponBody = (total = 10) => ({
  ...{ title: '券', contact: '店内' },
  terms: {
    ...{ kind: 'direct', amountFen: 500, total, perUser: 1, claim: { from: at(), until: at() + 7 * day } },
    validity: { mode: 'relative', afterDays: 0, forDays: 7 },
  },
})
const saleBody = (productId: string) => ({
  ...{ productId, priceFen: 5_000, stock: 2, perMember: 1, refunds: '不退', startsAt: at(), endsAt: at() + day },
})
const say = { text: '早' }

beforeAll(async () => {
  world = await startTestServer({ pgUrl: inject('pgUrl'), features })
  for (const [userId, name] of Object.entries(people)) await tell(`/users/${userId}`, { name })
  await tell('/merchants/brand', { name: '山茶咖啡' })
  await tell('/merchants/brand/staff/wang', { post: '店长', abilities: ['issue', 'talk-as'] })
  const body = { name: '门店群', ownerId: 'wang', adminIds: ['he'], memberIds: ['li', 'zhao'] }
  shopGroup = (await tell('/host/groups', { ...body, merchantId: 'brand' }, 'POST')).groupId
  friends = (await tell('/host/groups', body, 'POST')).groupId
  const product = { merchantId: 'brand', title: '豆', priceFen: 10_000, stock: 10, url: 'https://shop.example/p' }
  await tell('/products/floored', { ...product, floorFen: 5_000 })
  await tell('/products/bare', product)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

test('[MER2] [MER7] a key that speaks for somebody gives, says and changes what they may, and no more', async () => {
  for (const who of ['li', 'he', 'wang']) {
    const both = (run: (name: string) => Promise<string>) => Promise.all([run(who), run(`key:${who}`)])
    const tries: Record<string, (name: string) => Promise<string>> = {
      coupon: (name) => posted(name, 'coupon', couponBody()),
      sale: (name) => posted(name, 'flash-sale', saleBody('floored')),
      'below the list price, without a floor': (name) => posted(name, 'flash-sale', saleBody('bare')),
      'as the shop': (name) => posted(name, 'text', say, shopGroup, { as: true }),
      'a line of the host’s': (name) => posted(name, 'system', { key: 'group.created', params: {} }),
      'among friends': (name) => posted(name, 'coupon', couponBody(), friends),
    }
    for (const [title, run] of Object.entries(tries)) {
      const [own, byKey] = await both(run)
      expect(byKey, `${who}: ${title}`).toBe(own)
      if (who !== 'wang' && title !== 'a line of the host’s') expect(byKey, `${who}: ${title}`).not.toBe('201')
    }
  }
  expect(await posted('key:li', 'coupon', couponBody())).toBe('403 group.permission')
  expect(await posted('key:he', 'coupon', couponBody())).toBe('403 merchant.not_issuer')
  expect(await posted('key:he', 'flash-sale', saleBody('floored'))).toBe('403 merchant.not_issuer')
  expect(await posted('key:wang', 'coupon', couponBody())).toBe('201')
  expect(await posted('key:zhou', 'text', say)).toBe('404 group.not_found')
  const { seq } = (await post('wang', shopGroup, 'coupon', couponBody(1))).json
  expect(await act('key:li', seq, 'manage', { total: 9 })).toBe('403 group.permission')
  expect(await act('key:he', seq, 'manage', { total: 9 })).toBe('403 merchant.not_issuer')
  expect(await act('key:wang', seq, 'manage', { total: 2 })).toBe('200')
})
test('[MS7] [A-12] who is muted is muted to the key that speaks for them', async () => {
  const muting = await ask('wang', 'PUT', `/groups/${shopGroup}/members/zhao/mute`, { durationMs: 600_000 })
  expect(muting.status, muting.text).toBe(200)
  expect(await posted('zhao', 'text', say)).toBe('403 member.muted')
  expect(await posted('key:zhao', 'text', say)).toBe('403 member.muted')
  expect((await ask('wang', 'PATCH', `/groups/${shopGroup}`, { muteAll: true })).status).toBe(200)
  expect(await posted('key:li', 'text', say)).toBe('403 member.muted')
  expect(await posted('key:he', 'text', say)).toBe('201')
  expect((await ask('wang', 'PATCH', `/groups/${shopGroup}`, { muteAll: false })).status).toBe(200)
})
test('[MER4] [MER7] in its own name the host posts in a merchant’s group, as the shop, and sells below the list price there', async () => {
  expect(await posted('wang', 'flash-sale', saleBody('bare'))).toBe('422 product.no_floor')
  const { json, status } = await post('key', shopGroup, 'flash-sale', saleBody('bare'))
  expect(status).toBe(201)
  const shown = await ask('li', 'GET', `/groups/${shopGroup}/messages/${json.seq}`)
  expect(shown.json.message).toMatchObject({ senderId: '', as: { merchantId: 'brand', name: '山茶咖啡' } })
  await world.server.core.settle()
  const { conversations } = (await ask('li', 'GET', '/conversations')).json
  const last = conversations.find((one: { groupId: string }) => one.groupId === shopGroup).head.last
  expect(last).toMatchObject({ seq: json.seq, senderId: '', senderName: '山茶咖啡', senderBadge: 'merchant' })
  expect(await posted('key', 'coupon', couponBody())).toBe('201')
  expect(await posted('key', 'text', say)).toBe('201')
  const again = { clientId: 'once', kind: 'text', body: say }
  const first = await ask('key', 'POST', `/groups/${shopGroup}/messages`, again)
  const retry = await ask('key', 'POST', `/groups/${shopGroup}/messages`, again)
  expect([first.status, retry.status, retry.json.seq]).toEqual([201, 200, first.json.seq])
})
test('[MER2] [MER4] where there is no shop the host has no name, and it has nothing of its own to give', async () => {
  expect(await posted('key', 'text', say, friends)).toBe('403 auth.scope')
  expect(await posted('key', 'coupon', couponBody(), friends)).toBe('403 merchant.not_issuer')
  const packet = { currency: 'points', amount: 10, count: 2, split: 'equal' }
  expect(await posted('key', 'red-packet', packet)).toBe('403 auth.scope')
  const groupId = `grp_${'0'.repeat(32)}`
  expect(await posted('key', 'text', say, groupId)).toBe('404 group.not_found')
  await tell('/merchants/brand/suspended', { suspended: true })
  expect(await posted('key', 'coupon', couponBody())).toBe('409 merchant.suspended')
  expect(await posted('key', 'text', say)).toBe('201')
})
test('[MER9] nothing of this was given by somebody who might not', async () => {
  const { core, store } = world.server
  const audits = auditsOf(features).filter(({ id }) => id === 'MER9')
  const found = await store.reading('*', (tx) => Promise.all(audits.map((audit) => audit.find(tx, core.now()))))
  expect(found.flat()).toEqual([])
})
