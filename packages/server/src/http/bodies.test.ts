/** What bodies on their way may hold: by person, by app, in all; and that it is let go. */
import { connect, type Socket } from 'node:net'
import { Refusal } from '@qun/contract'
import { features } from '@qun/chat/server'
import { describe, expect, inject, test } from 'vitest'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf } from '../testing/test-server.ts'
import { BodyBudget } from './bodies.ts'

const kib = 1_024
const limits = { bytesMax: 800 * kib, bytesPerAppMax: 512 * kib, bytesPerPersonMax: 256 * kib }
const turn = () => new Promise((resolve) => setImmediate(resolve))
/** Lets the server's sockets work until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > 20_000) throw new Error('it never became so')
    await turn()
  }
}

describe('the budget', () => {
  test('[P31] nobody holds more than a person, an app or all may, and what is let go is there again', () => {
    const budget = new BodyBudget(limits)
    const li = { app: 'a', person: 'li' }
    const take = (app: string, person: string, n: number) => {
      try {
        budget.take({ app, person }, n * kib)
        return null
      } catch (error) {
        return error instanceof Refusal ? error.code : String(error)
      }
    }
    expect([take('a', 'li', 200), take('a', 'li', 100), budget.heldBy(li)]).toEqual([
      null,
      'server.overloaded',
      200 * kib,
    ])
    expect([take('a', 'zhao', 256), take('a', 'sun', 100)]).toEqual([null, 'server.overloaded'])
    expect([take('b', 'li', 256), take('c', 'li', 200)]).toEqual([null, 'server.overloaded'])
    budget.free(li, 200 * kib)
    expect([take('a', 'li', 256), budget.held]).toEqual([null, 768 * kib])
  })
})

test('[P31] uploads held open by many: memory stays within the budget, others are told to come back, and all is let go', async () => {
  await using world = await startTestServer({ pgUrl: inject('pgUrl'), features, bodyLimits: limits })
  const { bodies } = world.server
  const groupId = await makeShopGroup(world)
  const token = (name: string) => tokenOf(world.app, name, world.clock.now())
  const { hostname, port } = new URL(world.url)
  const open: Socket[] = []
  const answers: string[] = []
  /** The head of an upload of 128 KiB and half of it, and no more. */
  async function begin(name: string): Promise<void> {
    const [held, told] = [bodies.held, answers.length]
    const socket = connect(Number(port), hostname)
    open.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => void answers.push(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1] ?? ''))
    socket.write(
      `POST /v1/groups/${groupId}/media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token(name)}\r\n` +
        `Content-Type: image/png\r\nContent-Length: ${128 * kib}\r\n\r\n`,
    )
    socket.write(Buffer.alloc(64 * kib))
    await until(() => bodies.held === held + 64 * kib || answers.length > told)
    expect(bodies.held).toBeLessThanOrEqual(limits.bytesPerAppMax)
  }
  for (const name of ['li', 'zhao', 'sun']) for (let n = 0; n < 6; n++) await begin(name)
  // Four of each of two people; two of theirs and all of the third's found no room.
  expect(answers).toEqual(Array.from({ length: 10 }, () => '503'))
  expect(bodies.held).toBe(512 * kib)
  const upload = (name: string) =>
    call(world, 'POST', `/groups/${groupId}/media`, {
      token: token(name),
      body: Buffer.from('no picture'),
      headers: { 'content-type': 'image/png' },
    })
  const refused = await upload('sun')
  expect([verdictOf(refused), refused.json.retry, refused.headers.get('retry-after')]).toEqual([
    '503 server.overloaded',
    'later',
    '2',
  ])
  for (const socket of open) socket.destroy()
  await until(() => bodies.held === 0)
  expect(verdictOf(await upload('sun'))).toBe('415 media.type_mismatch')
  expect(bodies.held).toBe(0)
})
