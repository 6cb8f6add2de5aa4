/** Files that are answered: what they may hold in memory, and how slowly they may be read. */
import { connect } from 'node:net'
import { expect, inject, test } from 'vitest'
import { mib } from '../ground/shares.ts'
import { startFilesServer, type FilesServer } from '../testing/files-server.ts'
import { HalfRequest, until } from '../testing/half-request.ts'
import { call, verdictOf, type TestApp } from '../testing/test-server.ts'
import { answerLimits, largeBytesMin, stuckMs } from './answers.ts'

const pgUrl = inject('pgUrl')
/** More than lines take that nobody reads. */
const size = 32 * mib
const { small } = answerLimits

/** Asks for a file and reads nothing. */
async function ask(world: FilesServer, userId: string, app?: TestApp, bytes = size): Promise<HalfRequest> {
  const { held } = world.server.answers
  const headers = { authorization: `Bearer ${world.token(userId, app)}` }
  const half = new HalfRequest(world.url, 'GET', `/files/${bytes}`, headers)
  half.socket.pause()
  await until(() => world.server.answers.held > held)
  return half
}
const get = (world: FilesServer, userId: string, bytes: number, app?: TestApp) =>
  call(world, 'GET', `/files/${bytes}`, { token: world.token(userId, app) })

test('[SPOOL11] answers under way: a person, an app and the server have their share, and the neighbour keeps theirs', async () => {
  const large = { max: 4 * size, perAppMax: 3 * size, perPersonMax: 2 * size }
  await using world = await startFilesServer({ pgUrl, answerLimits: { large, small } })
  const { answers } = world.server
  const open = [await ask(world, 'li'), await ask(world, 'li')]
  expect(verdictOf(await get(world, 'li', mib))).toBe('429 rate.limited')
  open.push(await ask(world, 'zhao'))
  expect(verdictOf(await get(world, 'sun', mib))).toBe('503 server.overloaded')
  open.push(await ask(world, 'li', world.otherApp))
  expect(verdictOf(await get(world, 'li', mib, world.otherApp))).toBe('503 server.overloaded')
  // What is small has room of its own.
  expect(verdictOf(await get(world, 'li', largeBytesMin - 1))).toBe('200')
  open[0]!.break()
  await until(() => answers.large.held === 3 * size)
  expect(verdictOf(await get(world, 'li', mib))).toBe('200')
  for (const half of open) half.break()
  await until(() => answers.held === 0)
})
test('[SPOOL11] where there is no room, whoever has taken nothing for long is cut, the longest first, and no more of them', async () => {
  const large = { max: 3 * size, perAppMax: 3 * size, perPersonMax: 2 * size }
  await using world = await startFilesServer({ pgUrl, answerLimits: { large, small } })
  const { answers } = world.server
  const open: HalfRequest[] = []
  for (const userId of ['li', 'li', 'zhao']) {
    open.push(await ask(world, userId))
    world.clock.pass(1_000)
  }
  expect(verdictOf(await get(world, 'sun', mib))).toBe('503 server.overloaded')
  world.clock.pass(stuckMs)
  await untilStuck(world)
  world.clock.pass(stuckMs)
  // Of a person who has too much, one of their own goes.
  expect(verdictOf(await get(world, 'li', mib))).toBe('200')
  expect(answers.large.held).toBe(2 * size)
  const more = await ask(world, 'sun')
  expect(verdictOf(await get(world, 'wang', mib))).toBe('200')
  expect(answers.large.held).toBe(2 * size)
  for (const half of [...open, more]) half.break()
  await until(() => answers.held === 0)
})
/** Lines are full, and it was seen that nothing moves any more. */
async function untilStuck(world: FilesServer): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve))
  world.server.uploads.pace.look()
}
test('[SPOOL11] a file larger than one’s share is read alone; who reads nothing is cut', async () => {
  const one = { max: size, perAppMax: size, perPersonMax: mib }
  await using world = await startFilesServer({ pgUrl, answerLimits: { large: one, small } })
  const { answers, uploads } = world.server
  const half = await ask(world, 'li')
  expect(answers.held).toBe(mib)
  await untilStuck(world)
  // However much the line took at first.
  world.clock.pass(600_000)
  uploads.pace.look()
  await until(() => answers.held === 0)
  half.socket.resume()
  await until(() => half.isClosed)
  expect(half.answer.length).toBeLessThan(size)
  const whole = await get(world, 'li', size)
  expect([whole.status, whole.headers.get('content-length'), whole.text.length]).toEqual([200, String(size), size])
  await until(() => answers.held === 0 && uploads.pace.count === 0)
})
test('[SPOOL11] answers that wait for others of their line go with the line', async () => {
  await using world = await startFilesServer({ pgUrl })
  const { answers, uploads } = world.server
  const { hostname, port } = new URL(world.url)
  const socket = connect(Number(port), hostname).pause()
  const head = `GET /v1/files/${6 * mib} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${world.token('li')}\r\n\r\n`
  socket.write(head.repeat(3))
  await until(() => answers.held === 18 * mib)
  socket.destroy()
  await until(() => (uploads.pace.look(), answers.held === 0 && uploads.pace.count === 0))
})
