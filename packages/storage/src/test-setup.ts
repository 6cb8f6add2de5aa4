/** The test run's one PostgreSQL, as vitest's global setup: starts it, provides its url, leaves nothing behind. */
import { mkdtemp, rm } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from './embedded.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A user who may create databases, for `templateDatabase`. */
    pgUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'qun-test-'))
  const server = await startEmbedded({ dataDir, durable: false })
  project.provide('pgUrl', server.url)
  const sweep = () => rmSync(dataDir, { recursive: true, force: true })
  // An interrupted run skips the teardown; the server itself is stopped by its watch.
  process.once('exit', sweep)
  return async () => {
    await server.stop()
    process.removeListener('exit', sweep)
    await rm(dataDir, { recursive: true, force: true })
  }
}
