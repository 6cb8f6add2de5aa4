/** A gigabyte of uploads held open, as a hostile pair of members would. */
import { expect, inject, test } from 'vitest'
import { mib } from '../testing/files-server.ts'
import { holdUploads, uploadBytes, uploadCount } from '../testing/held-uploads.ts'

test('[SPOOL1] sixty uploads held open a byte before their end: a gigabyte lies on disk, and none of it in memory', async () => {
  const held = await holdUploads(inject('pgUrl'), uploadBytes - 1)
  expect(held).toMatchObject({ onSpool: uploadCount * (uploadBytes - 1), promised: uploadCount * uploadBytes })
  expect(held.arrayBuffers).toBeLessThan(64 * mib)
  // With what the allocator keeps of pieces that are gone, of both ends of the lines.
  expect(held.rss).toBeLessThan(160 * mib)
  expect(held.filesLeft).toBe(0)
})
