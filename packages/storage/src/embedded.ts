/** Starts the bundled PostgreSQL in a data directory and stops it with the process; knows no table. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { claimDataDir } from './claim.ts'
import { binaries } from './postgres-binaries.ts'
import { type Postmaster, startPostmaster } from './postmaster.ts'
import { giveTo, nameOfWorkingFolder, runToEnd, serverUser, type ServerUser } from './server-user.ts'

export interface EmbeddedOptions {
  /** Made if missing. Holds the database under `postgres` and the generated passwords, readable by this user only. */
  readonly dataDir: string
  /** Default 'qun'. */
  readonly database?: string
  /**
   * Default true: what is committed survives a power cut. False is for tests: nothing is synced to the disk, and the
   * user may create databases.
   */
  readonly durable?: boolean
  /** Server settings by name, over the defaults here. */
  readonly settings?: Readonly<Record<string, string>>
  /** The server's own log, line by line. */
  readonly log?: (line: string) => void
  /** Told now and then how long the recovery after a crash has taken so far: the start waits for it. */
  readonly onRecovery?: (forMs: number) => void
}

export interface Embedded {
  /** Holds the password. The user owns the database and is no superuser, so row level security binds it. */
  readonly url: string
  /** Ends all sessions, writes everything out, returns when the server is gone. May be called again. */
  stop(): Promise<void>
}

export interface Credentials {
  readonly superuser: string
  readonly owner: string
}

const superuser = 'postgres'
const owner = 'qun'

// Sized for two cores and group commit: few large commits, checkpoints rare and spread out.
const defaultSettings: Readonly<Record<string, string>> = {
  shared_buffers: '256MB',
  max_connections: '60',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '2GB',
  min_wal_size: '128MB',
  wal_compression: 'pglz',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  autovacuum: 'on',
  // A table that grew from nothing is counted soon: until then any index of it looks as good as another.
  autovacuum_naptime: '5s',
  jit: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

const carelessSettings: Readonly<Record<string, string>> = {
  // A worker of it in a database that is being dropped belongs to the superuser: the drop would be refused.
  autovacuum: 'off',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '200',
  shared_buffers: '128MB',
  io_method: 'sync',
  // Tests live in short databases: little log is kept, and not squeezed. Their passwords are long and random, and each
  // world's sessions would work the usual 4,096 rounds on them.
  max_wal_size: '256MB',
  min_wal_size: '64MB',
  wal_compression: 'off',
  scram_iterations: '1',
}

export { EmbeddedInUseError } from './claim.ts'
export { EmbeddedUnableError } from './server-user.ts'

/**
 * One process at a time per data directory: a second one is refused with EmbeddedInUseError. The server is stopped with
 * this process, however it ends, and started again on the same port if it ends by itself. What a killed process
 * left behind (a server still running, a stale pid file, a half made database) is put in order first.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const release = await claimDataDir(dataDir)
  try {
    const { url, server } = await startIn(dataDir, options)
    let stopping: Promise<void> | undefined
    return {
      url,
      stop() {
        stopping ??= server.stop().finally(release)
        return stopping
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

async function startIn(dataDir: string, options: EmbeddedOptions): Promise<{ url: string; server: Postmaster }> {
  const durable = options.durable ?? true
  const user = await serverUser(dataDir)
  const clusterDir = join(dataDir, 'postgres')
  const credentials = await credentialsIn(dataDir)
  if (!(await exists(join(clusterDir, 'PG_VERSION')))) {
    await createCluster({ dataDir, clusterDir, credentials, durable, user })
  }
  const settings = { ...defaultSettings, ...(durable ? {} : carelessSettings), ...options.settings }
  const { log = () => {}, onRecovery = () => {} } = options
  const server = await startPostmaster({ clusterDir, settings, user, log, onRecovery })
  const database = options.database ?? 'qun'
  try {
    await prepareDatabase({ port: server.port, credentials, database, durable })
  } catch (error) {
    await server.stop()
    throw error
  }
  return { url: urlOf(owner, credentials.owner, server, database), server }
}

/** The address of the database as its owner, who is no superuser. */
export function embeddedUrl(password: string, port: number, database: string): string {
  return urlOf(owner, password, { port }, database)
}
function urlOf(user: string, password: string, server: Pick<Postmaster, 'port'>, database: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

/** The passwords are made before the cluster: a kill in between leaves no cluster without them. */
async function credentialsIn(dataDir: string): Promise<Credentials> {
  const path = join(dataDir, 'postgres-credentials.json')
  if (await exists(path)) return JSON.parse(await readFile(path, 'utf8')) as Credentials
  if (await exists(join(dataDir, 'postgres', 'PG_VERSION'))) {
    throw new Error(`${path} is missing: the database beside it cannot be opened without its passwords`)
  }
  const made: Credentials = { superuser: randomBytes(32).toString('hex'), owner: randomBytes(32).toString('hex') }
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(made))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  return made
}

interface ClusterOptions {
  readonly dataDir: string
  readonly clusterDir: string
  readonly credentials: Credentials
  readonly durable: boolean
  readonly user: ServerUser | undefined
}

/** Made beside its place and moved there when whole, so a kill leaves nothing that looks like a cluster. */
async function createCluster({ dataDir, clusterDir, credentials, durable, user }: ClusterOptions): Promise<void> {
  const draft = join(dataDir, 'postgres.new')
  const cluster = join(draft, 'cluster')
  const passwordFile = join(draft, 'password')
  await rm(draft, { recursive: true, force: true })
  await mkdir(cluster, { recursive: true, mode: 0o700 })
  await writeFile(passwordFile, `${credentials.superuser}\n`, { mode: 0o600 })
  if (user !== undefined) for (const path of [draft, cluster, passwordFile]) await giveTo(user, path)
  const place = await nameOfWorkingFolder(user, cluster)
  const flags = ['--encoding=UTF8', '--locale=C', '--data-checksums', '--no-instructions', '--auth=scram-sha-256']
  if (!durable) flags.push('--no-sync')
  // NOTE: not joined: the place may be a link, and its `..` is the draft only if the system walks it.
  const args = [`--pgdata=${place}`, `--username=${superuser}`, `--pwfile=${place}/../password`, ...flags]
  await runToEnd({ program: (await binaries(user)).initdb, args, user, folder: cluster })
  await rename(cluster, clusterDir)
  await rm(draft, { recursive: true, force: true })
}

interface DatabaseOptions {
  readonly port: number
  readonly credentials: Credentials
  readonly database: string
  readonly durable: boolean
}

/** Every step is skipped if done, so a kill between two of them is made good by the next start. */
async function prepareDatabase({ port, credentials, database, durable }: DatabaseOptions): Promise<void> {
  const client = new Client({ connectionString: urlOf(superuser, credentials.superuser, { port }, 'postgres') })
  client.on('error', () => {
    // A broken connection also fails the statement under way.
  })
  await client.connect()
  try {
    const role = await client.query('select 1 from pg_roles where rolname = $1', [owner])
    if (role.rowCount === 0) {
      const rights = durable ? 'nocreatedb' : 'createdb'
      const password = escapeLiteral(credentials.owner)
      await client.query(`create role ${owner} login nosuperuser nobypassrls ${rights} password ${password}`)
      // For what empties a test's database: append-only tables have triggers that refuse it.
      if (!durable) await client.query(`grant set on parameter session_replication_role to ${owner}`)
    }
    const found = await client.query('select 1 from pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database ${escapeIdentifier(database)} owner ${owner}`)
  } finally {
    await client.end()
  }
}
