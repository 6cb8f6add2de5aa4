/** What comes of a refused body: its beginning is thrown away, and nothing of it is kept. */
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { until } from '../testing/half-request.ts'
import { discard, isSpent } from './discard.ts'
import { giveBack } from './give-back.ts'

const mib = 1_048_576

/** A body of so many bytes, as a server has it that was told of its head. */
async function bodyOf(bytes: number) {
  const arrived = Promise.withResolvers<IncomingMessage>()
  const server = createServer((body) => arrived.resolve(body))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sending = request({ host: '127.0.0.1', port, method: 'POST', headers: { 'content-length': bytes } })
  sending.on('error', () => undefined)
  sending.end(Buffer.alloc(bytes))
  const close = () => {
    sending.destroy()
    server.closeAllConnections()
    server.close()
  }
  return { body: await arrived.promise, close }
}

test('[SPOOL18] a short body ends, and its line can go on', async () => {
  const { body, close } = await bodyOf(30_000)
  discard(body)
  discard(body)
  await until(() => body.complete)
  expect(isSpent(body)).toBe(false)
  close()
})
test('[SPOOL18] a body that ends with the last that is read of it leaves its line to the next request', async () => {
  const { body, close } = await bodyOf(65_536)
  discard(body)
  await until(() => isSpent(body))
  await new Promise((resolve) => setImmediate(resolve))
  expect([body.complete, body.socket.isPaused()]).toEqual([true, false])
  close()
})
test('[SPOOL18] of a long one some is read and thrown away, then nothing more is taken from the line', async () => {
  const { body, close } = await bodyOf(64 * mib)
  discard(body)
  await until(() => isSpent(body) && body.socket.isPaused())
  await new Promise((resolve) => setImmediate(resolve))
  const read = body.socket.bytesRead
  for (let turns = 0; turns < 2_000; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect([body.socket.bytesRead - read, read < mib, body.readableLength < mib / 4]).toEqual([0, true, true])
  close()
})
test('[SPOOL18] memory is given back of bytes that have it for themselves alone', () => {
  const own = Buffer.from(new ArrayBuffer(100_000))
  giveBack(own)
  expect(own.length).toBe(0)
  const shared = Buffer.from(new ArrayBuffer(100_000), 10)
  giveBack(shared)
  expect(shared.length).toBe(99_990)
})
