/** Two people who begin thirty uploads of 20 MiB each and end none, and what that takes of memory. For tests. */
import { statSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { mib } from '../ground/shares.ts'
import { startFilesServer } from './files-server.ts'
import { until } from './half-request.ts'

export const uploadBytes = 20 * mib
export const uploadCount = 60
const wide = { max: 2 * uploadCount, perAppMax: 2 * uploadCount, perPersonMax: 2 * uploadCount }
const wideBytes = { max: 4_096 * mib, perAppMax: 4_096 * mib, perPersonMax: 4_096 * mib }

export interface HeldUploads {
  /** By how much memory grew, in bytes: buffers, and the process as a whole. */
  readonly arrayBuffers: number
  readonly rss: number
  readonly onSpool: number
  readonly reserved: number
  /** On the spool once the lines broke. */
  readonly filesLeft: number
}

/** Resolves when all that is to arrive of each upload has arrived, was measured, and is gone again. */
export async function holdUploads(pgUrl: string, arrivingBytes: number): Promise<HeldUploads> {
  const uploads = { bytes: wideBytes, atOnce: wide }
  await using world = await startFilesServer({ pgUrl, uploads, rateLimits: { upload: 0 } })
  const onSpool = () => readdirSync(world.dir).reduce((sum, name) => sum + statSync(join(world.dir, name)).size, 0)
  const body = Buffer.alloc(arrivingBytes, 7)
  const before = measureMemory()
  const held = Array.from({ length: uploadCount }, (_, n) =>
    world.begin(n % 2 === 0 ? 'li' : 'zhao', { 'content-length': String(uploadBytes) }),
  )
  for (const half of held) half.write(body)
  await until(() => held.every(({ socket }) => socket.writableLength === 0))
  await until(() => onSpool() === uploadCount * arrivingBytes)
  const after = measureMemory()
  const measured = {
    arrayBuffers: after.arrayBuffers - before.arrayBuffers,
    rss: after.rss - before.rss,
    onSpool: onSpool(),
    reserved: world.server.uploads.bytes.held,
  }
  for (const half of held) half.break()
  await until(() => world.server.uploads.atOnce.held === 0)
  return { ...measured, filesLeft: world.left().files }
}

/** What is held, not what the collector has not come to yet. */
function measureMemory(): NodeJS.MemoryUsage {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  setFlagsFromString('--no-expose-gc')
  return process.memoryUsage()
}
