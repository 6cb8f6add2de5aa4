/** The test run's one PostgreSQL, as vitest's global setup: starts it, provides its url, leaves nothing behind. */
import { rmSync } from 'node:fs'
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
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
const memory = '/dev/shm'
const roomMinBytes = 4 * 2 ** 30

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folders = [tmpdir(), ...((await hasRoom(memory)) ? [memory] : [])]
  for (const folder of folders) await sweep(folder)
  const dataDir = await mkdtemp(join(folders.at(-1) ?? '', `${prefix}${process.pid}-`))
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

/** Linux's memory as a file system, where a clone's thousand files cost a third; containers may leave little of it. */
async function hasRoom(folder: string): Promise<boolean> {
  const room = await statfs(folder).catch(() => undefined)
  return room !== undefined && room.bavail * room.bsize >= roomMinBytes
}

/** Removes what runs left behind that were killed. The folders' names hold the pid of their run. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1])
    if (pid > 0 && !(await isRunning(pid))) await rm(join(folder, name), { recursive: true, force: true })
  }
}
