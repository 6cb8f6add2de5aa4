/** How lines end: those of bodies that were cut, of a server that stops, of requests behind a refused one. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { WorkShares } from '@qun/storage'
import { expect, inject, test } from 'vitest'
import { mib } from '../ground/shares.ts'
import { startFilesServer, type FilesServer } from '../testing/files-server.ts'
import { HalfRequest, until } from '../testing/half-request.ts'

const pgUrl = inject('pgUrl')
const ofLength = (bytes: number) => ({ 'content-length': String(bytes) })
/** The codes of all answers on a line. */
const statusesOf = ({ answer }: HalfRequest) => [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
const untilFree = ({ server: { uploads } }: FilesServer) =>
  until(() => uploads.atOnce.held === 0 && uploads.bytes.held === 0 && uploads.pace.count === 0)

test('[SPOOL15] an upload that takes longer than a request may is told once, and goes: what still comes is not served', async () => {
  await using world = await startFilesServer({ pgUrl })
  const { server } = world.server.app
  let socket: Socket | undefined
  server.once('connection', (each: Socket) => (socket = each))
  const half = world.begin('li', ofLength(mib))
  half.write(Buffer.alloc(1_000))
  await until(() => world.left().files === 1)
  // What Node says when its `requestTimeout` is over.
  server.emit('clientError', Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket)
  expect(await half.verdict()).toBe('408 request.timeout')
  await untilFree(world)
  half.write(Buffer.alloc(mib - 1_000))
  await until(() => half.isClosed)
  expect([statusesOf(half), world.served, world.left()]).toEqual([['408'], [], { files: 0, open: 0 }])
})
test('[SPOOL15] an upload whose chunks break is told once, and goes', async () => {
  await using world = await startFilesServer({ pgUrl })
  const half = world.begin('li', { 'transfer-encoding': 'chunked' })
  half.write('3\r\nabc\r\n')
  await until(() => world.left().files === 1)
  half.write('no length\r\n\r\n')
  expect(await half.verdict()).toBe('400 request.malformed')
  await untilFree(world)
  expect([statusesOf(half), world.served]).toEqual([['400'], []])
})
test('[SPOOL15] what follows a refused body is ignored; answers to what came before it are sent, and then its own', async () => {
  const gate = Promise.withResolvers<void>()
  await using world = await startFilesServer({ pgUrl, work: () => gate.promise })
  const head = (method: string, path: string, more = '') =>
    `${method} /v1/files${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${world.token('li')}\r\n${more}\r\n`
  const half = world.begin('li', ofLength(3))
  half.write('abc')
  await until(() => world.served.length === 1)
  half.write(`${head('POST', '', 'content-type: text/x\r\ncontent-length: 5\r\n')}ab`)
  half.write(`cde${head('GET', '/3')}`)
  await until(() => half.socket.writableLength === 0)
  gate.resolve()
  await until(() => half.isClosed)
  expect(statusesOf(half)).toEqual(['200', '415'])
  await untilFree(world)
})
test('[SPOOL15] what is no request behind an upload at work is told after the answer to the upload', async () => {
  const gate = Promise.withResolvers<void>()
  await using world = await startFilesServer({ pgUrl, work: () => gate.promise })
  const { server } = world.server.app
  let isBroken = false
  server.on('clientError', () => (isBroken = true))
  const half = world.begin('li', ofLength(3))
  half.write('abc')
  await until(() => world.served.length === 1)
  half.write('no request\r\n\r\n')
  await until(() => isBroken)
  gate.resolve()
  await until(() => half.isClosed)
  expect(statusesOf(half)).toEqual(['200', '405'])
})
test('[SPOOL15] a line that breaks again with every piece is told once, and nothing grows with it', async () => {
  const gate = Promise.withResolvers<void>()
  await using world = await startFilesServer({ pgUrl, work: () => gate.promise })
  const { server } = world.server.app
  const arrived = Promise.withResolvers<ServerResponse>()
  server.once('request', (_request, response) => arrived.resolve(response))
  const half = world.begin('li', ofLength(3))
  half.write('abc')
  const response = await arrived.promise
  await until(() => world.served.length === 1)
  const listeners = response.listenerCount('finish')
  const error = Object.assign(new Error('no request'), { code: 'HPE_INVALID_METHOD' })
  for (let n = 0; n < 50; n++) server.emit('clientError', error, response.socket)
  expect(response.listenerCount('finish')).toBe(listeners + 1)
  gate.resolve()
  await until(() => half.isClosed)
  expect(statusesOf(half)).toEqual(['200', '400'])
})
test('[SPOOL16] an upload that was let in before the stop is served, its line ends with the answer, and nobody waits for idle lines', async () => {
  const world = await startFilesServer({ pgUrl })
  const idle = world.begin('zhao', ofLength(3))
  idle.write('abc')
  expect(await idle.verdict()).toBe('200')
  const half = world.begin('li', ofLength(3))
  half.write('a')
  await until(() => world.left().files === 1 && world.server.uploads.pace.count === 1)
  const began = performance.now()
  const stopped = world[Symbol.asyncDispose]()
  await until(() => idle.isClosed)
  half.write('bc')
  expect(await half.verdict()).toBe('200')
  expect(half.answer.toLowerCase()).toContain('connection: close')
  await stopped
  expect(half.isClosed).toBe(true)
  // Waiting for a line would take ten seconds.
  expect(performance.now() - began).toBeLessThan(5_000)
})
test('[SPOOL16] an upload whose sender rests for what they took rests no longer when the server stops', async () => {
  // Time stands still, beside somebody of another app.
  const shares = new WorkShares({ processors: 2, personBurstMs: 1e9, appBurstMs: 1e9 }, () => 0)
  const world = await startFilesServer({ pgUrl, shares })
  await new HalfRequest(world.url, 'GET', '/me', {
    authorization: `Bearer ${world.token('sun', world.otherApp)}`,
  }).verdict()
  const half = world.begin('li', ofLength(8 * mib))
  half.write(Buffer.alloc(8 * mib))
  await until(() => world.left().files === 1 && world.server.uploads.pace.count === 1)
  const stopped = world[Symbol.asyncDispose]()
  expect(await half.verdict()).toBe('200')
  await stopped
})
test('[FAIR8] what the host uploads for somebody is its app’s to make up for', async () => {
  const shares = new WorkShares({ processors: 2, personBurstMs: 10, appBurstMs: 1e9 }, () => 0)
  await using world = await startFilesServer({ pgUrl, shares })
  const act = { authorization: `Bearer ${world.app.apiKey}`, 'qun-act-as': 'li', 'content-type': 'image/png' }
  const half = new HalfRequest(world.url, 'POST', '/files', { ...act, ...ofLength(mib) })
  half.write(Buffer.alloc(mib))
  expect(await half.verdict()).toBe('200')
  const { appId } = world.app
  shares.ask({ appId, userId: 'sun' })
  expect(shares.restOf({ appId, userId: 'li' })).toBe(0)
})
test('[P31] what a refused body held is let go at once, also where nobody will ever read the answer', async () => {
  const gate = Promise.withResolvers<void>()
  await using world = await startFilesServer({ pgUrl, work: () => gate.promise })
  const { bodies } = world.server
  const half = world.begin('li', ofLength(3))
  half.write('abc')
  await until(() => world.served.length === 1)
  const authorization = `authorization: Bearer ${world.token('li')}\r\n`
  half.write(`POST /v1/groups HTTP/1.1\r\nhost: x\r\n${authorization}`)
  half.write(`content-type: application/json\r\ncontent-length: 1000\r\n\r\n${' '.repeat(1_000)}`)
  await until(() => world.logLines.some((line) => line.includes('"code":"request.malformed"')))
  half.break()
  gate.resolve()
  await until(() => bodies.held === 0)
})
test('[SPOOL17] who asks before sending is told to send once let in, and not when refused', async () => {
  await using world = await startFilesServer({ pgUrl })
  const asking = { ...ofLength(3), expect: '100-continue' }
  const half = world.begin('li', asking)
  await until(() => half.answer !== '')
  expect([statusesOf(half), world.server.uploads.atOnce.held]).toEqual([['100'], 1])
  half.write('abc')
  await until(() => statusesOf(half).length === 2)
  expect(statusesOf(half)).toEqual(['100', '200'])
  const refused = world.begin('li', { ...asking, 'content-type': 'text/html' })
  await until(() => refused.isClosed)
  expect(statusesOf(refused)).toEqual(['415'])
  const json = new HalfRequest(world.url, 'POST', '/groups', {
    ...{ ...asking, 'content-type': 'application/json', authorization: `Bearer ${world.token('li')}` },
  })
  json.write('{"')
  await until(() => json.answer !== '')
  expect(statusesOf(json)).toEqual(['100'])
  json.break()
})
