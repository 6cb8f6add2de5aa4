/** A server that has to recover first: it is waited for, however long that takes. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbedded } from './embedded.ts'
import { startPostmaster } from './postmaster.ts'
import { giveTo, serverUser } from './server-user.ts'

const settings = { wal_level: 'replica', max_wal_senders: '0', max_connections: '20', fsync: 'off' }
let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), `qun-test-${process.pid}-recovery-`))
  await (await startEmbedded({ dataDir, durable: false, settings })).stop()
})
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

/** The next start recovers, and does not get on until a line is written to the pipe this returns. */
async function holdRecovery(clusterDir: string): Promise<string> {
  const user = await serverUser(dataDir)
  const gate = join(clusterDir, 'gate')
  spawnSync('mkfifo', [gate])
  await writeFile(join(clusterDir, 'recovery.signal'), '')
  if (user !== undefined) for (const path of [gate, join(clusterDir, 'recovery.signal')]) await giveTo(user, path)
  return gate
}

test('[EMB4] a recovery of any length is waited for', { skip: process.platform === 'win32' }, async () => {
  const clusterDir = join(dataDir, 'postgres')
  const gate = await holdRecovery(clusterDir)
  const statusOf = async () => (await readFile(join(clusterDir, 'postmaster.pid'), 'utf8')).split('\n')[7]?.trim()
  let clock = 0
  let looks = 0
  const noticed: number[] = []
  const starting = startPostmaster({
    clusterDir,
    settings: { ...settings, restore_command: 'test -e opened || { read _ < gate; touch opened; }; false' },
    user: await serverUser(dataDir),
    log: () => {},
    onRecovery: (forMs) => noticed.push(forMs),
    elapsed: () => ((looks += 1), clock),
  })
  await expect.poll(() => statusOf().catch(() => ''), { timeout: 20_000 }).toBe('starting')
  clock = 3_600_000
  const before = looks
  // Three looks at the clock after the hour: any patience would have ended.
  await Promise.race([starting, expect.poll(() => looks - before, { timeout: 20_000 }).toBeGreaterThan(3)])
  expect(await statusOf()).toBe('starting')
  await writeFile(gate, '\n')
  const server = await starting
  expect(await statusOf()).toBe('ready')
  expect(noticed).toEqual([3_600_000])
  await server.stop()
  expect(await stat(join(clusterDir, 'postmaster.pid')).catch(() => 'gone')).toBe('gone')
})
