/** A gigabyte of uploads held open, as a hostile pair of members would, and a server that stops meanwhile. */
import { existsSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { mib } from '../ground/shares.ts'
import { startFilesServer } from '../testing/files-server.ts'
import { until } from '../testing/half-request.ts'
import { holdUploads, uploadBytes, uploadCount } from '../testing/held-uploads.ts'

test('[SPOOL1] sixty uploads held open a byte before their end: a gigabyte lies on disk, and none of it in memory', async () => {
  const held = await holdUploads(inject('pgUrl'), uploadBytes - 1)
  expect(held).toMatchObject({ onSpool: uploadCount * (uploadBytes - 1), reserved: uploadCount * uploadBytes })
  expect(held.arrayBuffers).toBeLessThan(64 * mib)
  // With what the allocator keeps of pieces that are gone, of both ends of the lines.
  expect(held.rss).toBeLessThan(160 * mib)
  expect(held.filesLeft).toBe(0)
})
test('[SPOOL8] [SPOOL16] a server that stops waits for uploads as for any request, then cuts them, and nothing stays', async () => {
  const world = await startFilesServer({ pgUrl: inject('pgUrl') })
  const half = world.begin('li', { 'content-length': String(mib) })
  half.write(Buffer.alloc(1_000))
  await until(() => world.left().files === 1)
  await world[Symbol.asyncDispose]()
  expect(existsSync(world.dir)).toBe(false)
  expect(await half.verdict()).toBe('503 server.draining')
  await until(() => half.isClosed && world.server.uploads.atOnce.held === 0)
})
