/** Uploads beside each other: what is only told takes nothing from others, and who is on the way gets to the end. */
import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { features } from '@qun/chat/server'
import { expect, inject, test } from 'vitest'
import { mib } from '../ground/shares.ts'
import { startFilesServer } from '../testing/files-server.ts'
import { HalfRequest, until } from '../testing/half-request.ts'
import { call, makeShopGroup, startTestServer, tokenOf, verdictOf } from '../testing/test-server.ts'
import { sendingLimits } from './sending.ts'

const pgUrl = inject('pgUrl')
const atOnce = { max: 100, perAppMax: 100, perPersonMax: 20 }
const ofLength = (bytes: number) => ({ 'content-length': String(bytes) })

test('[SPOOL3] heads of four people that tell twice what an app may have leave it room; bytes that come are counted', async () => {
  const bytes = { max: 640 * mib, perAppMax: 64 * mib, perPersonMax: 40 * mib }
  await using world = await startFilesServer({ pgUrl, uploads: { bytes, atOnce } })
  const { uploads } = world.server
  const held = ['a', 'b', 'c', 'd'].flatMap((userId) =>
    Array.from({ length: 8 }, () => world.begin(userId, ofLength(20 * mib))),
  )
  await until(() => uploads.atOnce.held === 32)
  expect(uploads.bytes.held).toBe(32 * mib)
  const whole = await call(world, 'POST', '/files', {
    token: world.token('li'),
    body: randomBytes(20 * mib),
    headers: { 'content-type': 'image/png' },
  })
  expect(verdictOf(whole)).toBe('200')
  held[0]!.write(Buffer.alloc(3 * mib))
  await until(() => uploads.bytes.held === 37 * mib)
  for (const half of held) half.break()
  await until(() => uploads.bytes.held === 0)
})
test('[SPOOL3] whoever is half way has room for the rest, whoever comes meanwhile', async () => {
  const bytes = { max: 24 * mib, perAppMax: 24 * mib, perPersonMax: 24 * mib }
  await using world = await startFilesServer({ pgUrl, uploads: { bytes, atOnce } })
  const { uploads } = world.server
  const half = world.begin('li', ofLength(20 * mib))
  half.write(Buffer.alloc(10 * mib))
  await until(() => uploads.bytes.held === 20 * mib)
  const later = world.begin('zhao', ofLength(20 * mib))
  later.write(Buffer.alloc(4 * mib))
  await until(() => uploads.bytes.held === 24 * mib)
  later.write(Buffer.alloc(mib))
  expect(await later.verdict()).toBe('503 server.overloaded')
  half.write(Buffer.alloc(10 * mib))
  expect(await half.verdict()).toBe('200')
  expect(world.served.map(({ size }) => size)).toEqual([20 * mib])
})
test('[SPOOL13] who is let in and sends nothing is cut after five seconds, and pays for five uploads', async () => {
  let opened = 0
  await using world = await startFilesServer({
    pgUrl,
    rateLimits: { upload: 7 },
    async openSpoolFile(path) {
      const file = await open(path, 'wx')
      opened++
      return file
    },
  })
  const { pace } = world.server.uploads
  const idle = async () => {
    const before = opened
    const half = world.begin('li', ofLength(mib))
    // Time in which the disk keeps it waiting would not count.
    await until(() => opened > before)
    world.clock.pass(sendingLimits.firstByteMs)
    pace.look()
    return half.verdict()
  }
  expect([await idle(), await idle()]).toEqual(['408 request.timeout', '408 request.timeout'])
  expect(await world.begin('li', ofLength(mib)).verdict()).toBe('429 rate.limited')
  expect(world.served).toEqual([])
})
test('[SPOOL5] whoever may not, and what is not valid of a head, is told before the body', async () => {
  await using world = await startTestServer({ pgUrl, features })
  const groupId = await makeShopGroup(world)
  const half = (userId: string, path: string, headers: Readonly<Record<string, string>> = {}) => {
    const authorization = `Bearer ${tokenOf(world.app, userId, world.clock.now())}`
    const own = { authorization, 'content-type': 'image/png', ...ofLength(20 * mib), ...headers }
    return new HalfRequest(world.url, 'POST', path, own).verdict()
  }
  const path = `/groups/${groupId}/media`
  expect(await half('zhou', path)).toBe('404 group.not_found')
  expect(await half('li', `/groups/grp_${'0'.repeat(32)}/media`)).toBe('404 group.not_found')
  expect(await half('li', `${path}?x=1`)).toBe('400 request.unknown_field')
  expect(await half('li', path, { 'idempotency-key': 'a b' })).toBe('400 request.invalid')
  expect(world.server.uploads.atOnce.held).toBe(0)
})
test('[SPOOL4] all that one person may send at once, and more, is converted: nobody sent it for nothing', async () => {
  const uploads = { bytes: { max: mib, perAppMax: mib, perPersonMax: mib }, atOnce }
  await using world = await startTestServer({ pgUrl, features, uploads })
  const path = `/groups/${await makeShopGroup(world)}/media`
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const token = tokenOf(world.app, 'li', world.clock.now())
  const body = Buffer.from(dot, 'base64')
  const upload = () => call(world, 'POST', path, { token, body, headers: { 'content-type': 'image/png' } })
  const told = await Promise.all(Array.from({ length: atOnce.perPersonMax }, upload))
  expect([...new Set(told.map(verdictOf))]).toEqual(['201'])
})
