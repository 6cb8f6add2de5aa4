/** Files that are answered: what they may hold in memory, and how slowly they may be read. */
import { expect, inject, test } from 'vitest'
import { mib, startFilesServer, type FilesServer } from '../testing/files-server.ts'
import { HalfRequest, until } from '../testing/half-request.ts'
import { call, verdictOf, type TestApp } from '../testing/test-server.ts'
import { paceLimits } from './pace.ts'

const pgUrl = inject('pgUrl')
/** More than lines take that nobody reads. */
const size = 32 * mib

/** Asks for a file and reads nothing. */
async function ask(world: FilesServer, userId: string, app?: TestApp): Promise<HalfRequest> {
  const { held } = world.server.answers.bytes
  const headers = { authorization: `Bearer ${world.token(userId, app)}` }
  const half = new HalfRequest(world.url, 'GET', `/files/${size}`, headers)
  half.socket.pause()
  await until(() => world.server.answers.bytes.held > held)
  return half
}
const get = (world: FilesServer, userId: string, bytes: number, app?: TestApp) =>
  call(world, 'GET', `/files/${bytes}`, { token: world.token(userId, app) })

test('[SPOOL11] answers under way: a person, an app and the server have their share, and the neighbour keeps theirs', async () => {
  const answerLimits = { max: 4 * size, perAppMax: 3 * size, perPersonMax: 2 * size }
  await using world = await startFilesServer({ pgUrl, answerLimits })
  const { bytes } = world.server.answers
  const open = [await ask(world, 'li'), await ask(world, 'li')]
  expect(verdictOf(await get(world, 'li', 10))).toBe('429 rate.limited')
  open.push(await ask(world, 'zhao'))
  expect(verdictOf(await get(world, 'sun', 10))).toBe('503 server.overloaded')
  open.push(await ask(world, 'li', world.otherApp))
  expect(verdictOf(await get(world, 'li', 10, world.otherApp))).toBe('503 server.overloaded')
  open[0]!.break()
  await until(() => bytes.held === 3 * size)
  expect(verdictOf(await get(world, 'li', 10))).toBe('200')
  for (const half of open) half.break()
  await until(() => bytes.held === 0)
})
test('[SPOOL11] who reads slower than 64 KiB in fifteen seconds is cut; a file larger than one’s share is read alone', async () => {
  const answerLimits = { max: size, perAppMax: size, perPersonMax: mib }
  await using world = await startFilesServer({ pgUrl, answerLimits })
  const { answers, uploads } = world.server
  const half = await ask(world, 'li')
  const { graceMs, windowMs } = paceLimits
  world.clock.pass(graceMs + windowMs)
  uploads.pace.look()
  expect(answers.bytes.held).toBe(mib)
  // The line is full; from now on nothing moves.
  world.clock.pass(windowMs)
  uploads.pace.look()
  await until(() => answers.bytes.held === 0)
  half.socket.resume()
  await until(() => half.isClosed)
  expect(half.answer.length).toBeLessThan(size)
  const whole = await get(world, 'li', size)
  expect([whole.status, whole.headers.get('content-length'), whole.text.length]).toEqual([200, String(size), size])
  await until(() => answers.bytes.held === 0 && uploads.pace.count === 0)
})
