/** What JSON bodies on their way may hold in memory: by person, by app, in all; and that it is let go. */
import { features } from '@qun/chat/server'
import { WorkShares } from '@qun/storage'
import { expect, inject, test } from 'vitest'
import { HalfRequest, until } from '../testing/half-request.ts'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf } from '../testing/test-server.ts'

const kib = 1_024
const bodyLimits = { max: 800 * kib, perAppMax: 512 * kib, perPersonMax: 256 * kib }

test('[P31] bodies held open by many: memory stays within the budget, others are told to come back, and all is let go', async () => {
  await using world = await startTestServer({ pgUrl: inject('pgUrl'), features, bodyLimits })
  const { bodies } = world.server
  const groupId = await makeShopGroup(world)
  const token = (name: string) => tokenOf(world.app, name, world.clock.now())
  const path = `/groups/${groupId}/messages`
  const open: HalfRequest[] = []
  /** The head of a body of 128 KiB and half of it, and no more. */
  async function begin(name: string): Promise<string> {
    const { held } = bodies
    const headers = { 'content-type': 'application/json', 'content-length': String(128 * kib) }
    const half = new HalfRequest(world.url, 'POST', path, { ...headers, authorization: `Bearer ${token(name)}` })
    open.push(half)
    half.write(Buffer.alloc(64 * kib, ' '))
    await until(() => bodies.held === held + 64 * kib || half.answer !== '')
    expect(bodies.held).toBeLessThanOrEqual(bodyLimits.perAppMax)
    return half.answer === '' ? 'held' : half.verdict()
  }
  const told: string[] = []
  for (const name of ['li', 'zhao', 'sun']) for (let n = 0; n < 6; n++) told.push(await begin(name))
  const of = (verdict: string, count: number) => Array.from({ length: count }, () => verdict)
  const ofPerson = [...of('held', 4), ...of('429 rate.limited', 2)]
  expect(told).toEqual([...ofPerson, ...ofPerson, ...of('503 server.overloaded', 6)])
  expect(bodies.held).toBe(512 * kib)
  const body = { clientId: 'body-0001', kind: 'text', body: { text: '你好' } }
  const refused = await call(world, 'POST', path, { token: token('sun'), body })
  expect([verdictOf(refused), refused.json.retry, refused.headers.get('retry-after')]).toEqual([
    '503 server.overloaded',
    'later',
    '2',
  ])
  for (const half of open) half.break()
  await until(() => bodies.held === 0)
  expect(verdictOf(await call(world, 'POST', path, { token: token('sun'), body }))).toBe('201')
  expect(bodies.held).toBe(0)
})

test('[FAIR10] whoever waits to be told of a refused body is not cut for its slowness, and nobody else is troubled', async () => {
  // Time stands still: after the first twenty nobody is told anything.
  const shares = new WorkShares({ processors: 2 }, () => 0)
  const rateLimits = { send: 0 }
  await using world = await startTestServer({ pgUrl: inject('pgUrl'), features, bodyLimits, shares, rateLimits })
  const { bodies } = world.server
  const path = `/groups/${await makeShopGroup(world)}/messages`
  const open: HalfRequest[] = []
  function begin(name: string): HalfRequest {
    const headers = { 'content-type': 'application/json', 'content-length': String(128 * kib) }
    const authorization = `Bearer ${tokenOf(world.app, name, world.clock.now())}`
    const half = new HalfRequest(world.url, 'POST', path, { ...headers, authorization })
    open.push(half)
    half.write(Buffer.alloc(64 * kib, ' '))
    return half
  }
  for (let n = 0; n < 30; n++) begin('li')
  await until(() => open.filter(({ answer }) => answer !== '').length === 21)
  const slow = begin('sun')
  await until(() => bodies.held === 320 * kib)
  world.clock.pass(60_000)
  expect(await slow.verdict()).toBe('408 request.timeout')
  expect(verdictOf(await call(world, 'GET', '/me', { token: tokenOf(world.app, 'zhao', world.clock.now()) }))).toBe(
    '200',
  )
  for (const half of open) half.break()
})
