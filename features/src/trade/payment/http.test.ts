/** Call-backs over HTTP: the key, the signature, and each answer as a provider's relay meets it. */
import { randomBytes } from 'node:crypto'
import { DAY, type AppId } from '@qun/contract'
import { migrationsOf } from '@qun/core'
import { advance, instruct, transfer } from '@qun/ledger'
import { TestProvider } from '@qun/ledger/testing'
import { createLogger, createServer, serverMigrations } from '@qun/server'
import { openStore } from '@qun/storage'
import { cloneDatabase, templateDatabase, templateName } from '@qun/storage/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { createPayment } from './server.ts'

const appId = 'camellia' as AppId
const start = Date.UTC(2026, 0, 1)
const provider = new TestProvider('wxpay', () => start)
const features = [message, membership, createPayment({ providers: [provider] })]
const log = createLogger('silent')
let url = ''
let apiKey = ''
let end = async () => {}

beforeAll(async () => {
  const template = await templateDatabase({
    adminUrl: inject('pgUrl'),
    name: `${templateName([...serverMigrations, ...migrationsOf(features)])}_server`,
    prepare: async (databaseUrl) => (await createServer({ features, databaseUrl, log })).close(),
  })
  const database = await cloneDatabase(template)
  const server = await createServer({
    ...{ databaseUrl: database.url, features, log, secretKey: randomBytes(32), checkAnswers: true, now: () => start },
  })
  await server.apps.create({ appId, name: 'camellia' })
  apiKey = await server.apps.addApiKey(appId, 'test')
  url = await server.listen()
  const store = await openStore({ url: database.url })
  const call = { appId, now: start, randomHex: (bytes = 12) => randomBytes(bytes).toString('hex') }
  await store.transaction(appId, async (tx) => {
    const legs = [
      { account: 'issuer/test', amount: -900 },
      { account: 'user/li', amount: 900 },
    ]
    await transfer({ ...call, tx }, { ref: 'test/fund', currency: 'CNY', reason: 'test', legs })
    const order = { kind: 'pay-out', currency: 'CNY', amount: 500, userId: 'li', account: 'user/li' } as const
    await instruct({ ...call, tx }, { ...order, key: 'p1', provider: 'wxpay' })
  })
  await store.transaction(appId, async (tx) => {
    await advance({ ...call, tx }, provider, 'p1')
    provider.moods.push('pending')
    await advance({ ...call, tx }, provider, 'p1')
  })
  end = async () => {
    await server.close()
    await store.close()
    await database.drop()
  }
})
afterAll(() => end())

async function ask(method: string, path: string, body?: unknown, token = apiKey): Promise<string> {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const { code, outcome } = (await response.json()) as { code?: string; outcome?: string }
  return `${response.status} ${code ?? outcome ?? ''}`.trim()
}
const hear = (lie: object = {}, more: object = {}, token = apiKey) => {
  const { headers, body } = provider.callback('p1', lie)
  const list = Object.entries(headers).map(([name, value]) => ({ name, value }))
  return ask('POST', '/payments/wxpay/callbacks', { headers: list, body, ...more }, token)
}

test('[PM1] [PM2] true, repeated, forged, senseless and contradicting ones: each its answer, and never a 5xx', async () => {
  expect(await hear({}, {}, '')).toBe('401 auth.missing')
  expect(await hear({}, {}, 'sk_nobody')).toMatch(/^401 auth\./)
  expect(await hear({}, { headers: [{ name: 'x-signature', value: '0' }] })).toBe('401 event.signature_invalid')
  expect(await hear({ amount: 0.1 })).toBe('401 event.signature_invalid')
  expect(await hear({ amount: 499 })).toBe('409 ledger.provider_mismatch')
  expect(await hear({ state: 'pending' })).toBe('200 pending')
  provider.change('p1', { state: 'confirmed' })
  expect((await Promise.all([hear(), hear(), hear()])).toSorted()).toEqual([
    '200 replayed',
    '200 replayed',
    '200 taken',
  ])
  expect(await hear({ state: 'failed' })).toBe('409 ledger.provider_mismatch')
  expect(await hear({ key: 'p9' })).toBe('409 ledger.provider_mismatch')
  for (const bad of ['', '{', '[]', '{"headers":{},"body":""}', { headers: [], body: 7 }, { headers: [] }])
    expect(await ask('POST', '/payments/wxpay/callbacks', bad)).toMatch(/^400 request\./)
  expect(await ask('POST', '/payments/Wx Pay/callbacks', { headers: [], body: '' })).toBe('400 request.invalid')
  expect(await ask('POST', '/payments/alipay/callbacks', { headers: [], body: '' })).toBe(
    '404 payment.provider_unknown',
  )
})
test('[PM4] [PM5] [PM6] the reports and differences are the host’s to read', async () => {
  const yesterday = new Date(start - DAY).toISOString().slice(0, 10)
  const path = '/payments/wxpay/reconciliations'
  expect(await ask('POST', path, { day: yesterday })).toBe('200')
  expect(await ask('POST', path, { day: '2026-01-01' })).toBe('422 payment.day_invalid')
  expect(await ask('POST', path, { day: 'today' })).toBe('400 request.invalid')
  expect(await ask('GET', path)).toBe('200')
  expect(await ask('GET', `${path}?limit=0`)).toBe('400 request.invalid')
  expect(await ask('GET', '/payments/instructions?key=p1')).toBe('200')
  expect(await ask('GET', '/payments/instructions?key=p0')).toBe('404 payment.instruction_not_found')
  expect(await ask('GET', '/payments/differences')).toBe('200')
  const close = { provider: 'wxpay', key: 'p9', what: 'unknown', note: '查过' }
  expect(await ask('POST', '/payments/differences/close', close)).toBe('200')
  expect(await ask('POST', '/payments/differences/close', close)).toBe('404 payment.difference_not_found')
})
