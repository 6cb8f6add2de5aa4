/** Actions of a check-in over the real wire: the route of actions takes their names as the contract spells them. */
import { randomBytes } from 'node:crypto'
import { DAY, type AppId } from '@qun/contract'
import { migrationsOf } from '@qun/core'
import { createLogger, createServer, serverMigrations } from '@qun/server'
import { cloneDatabase, templateDatabase, templateName } from '@qun/storage/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { checkIn } from './contract.ts'
import feature from './server.ts'

const appId = 'camellia' as AppId
const features = [message, membership, feature]
const log = createLogger('silent')
/** Eight in the morning in Shanghai. */
let now = Date.UTC(2026, 0, 1)
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
    ...{ databaseUrl: database.url, features, log, secretKey: randomBytes(32), checkAnswers: true, now: () => now },
  })
  await server.apps.create({ appId, name: 'camellia' })
  apiKey = await server.apps.addApiKey(appId, 'test')
  url = await server.listen()
  end = async () => {
    await server.close()
    await database.drop()
  }
})
afterAll(() => end())

async function ask(method: string, path: string, body: unknown, token = apiKey) {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomBytes(8).toString('hex'),
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}
const tokenOf = async (userId: string) => String((await ask('POST', '/tokens', { userId })).answer['token'])

test('[I2] every action of a check-in is called over HTTP by the name the contract gives it', async () => {
  await ask('PUT', '/users/li', { name: '小李' })
  const { answer: group } = await ask('POST', '/groups', { name: '读书群' }, await tokenOf('li'))
  const path = `/groups/${String(group['groupId'])}/messages`
  const body = {
    ...{ title: '每天读书', opens: 0, closes: 1_440, mode: 'cumulative', milestones: [] },
    ...{ proof: 'none', makeUps: 1, leaderboard: false },
  }
  const post = { clientId: 'programme-1', kind: checkIn.kind, body }
  const { answer: posted } = await ask('POST', path, post, await tokenOf('li'))
  now += DAY
  const inputs: Readonly<Record<keyof typeof checkIn.actions, object>> = {
    check: {},
    make_up: { day: '2026-01-01' },
    end: {},
  }
  const token = await tokenOf('li')
  for (const [action, input] of Object.entries(inputs)) {
    const { status, answer } = await ask('POST', `${path}/${String(posted['seq'])}/actions/${action}`, input, token)
    expect([action, status, answer['code']]).toEqual([action, 200, undefined])
  }
})
