/** The test run's one PostgreSQL, as vitest's global setup: starts it, provides its url, leaves nothing behind. */
import { rmSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { isRunning } from './claim.ts'
import { startEmbedded } from './embedded.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A user who may create databases, for `templateDatabase`. */
    pgUrl: string
  }
}

const prefix = 'qun-test-'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep()
  const dataDir = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  // An interrupted run skips the teardown; the server is stopped by its own watch.
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  process.once('exit', remove)
  const server = await startEmbedded({ dataDir, durable: false })
  project.provide('pgUrl', server.url)
  return async () => {
    await server.stop()
    process.removeListener('exit', remove)
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Removes what runs left behind that were killed. The folders' names hold the pid of their run. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1])
    if (pid > 0 && !(await isRunning(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}
