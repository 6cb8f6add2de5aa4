/** Applies migrations once, in order, safely in several processes; knows no table but its own list. */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { buildIndex, type OnlineIndex } from './online-index.ts'
import { ownerUrl } from './owner.ts'
import type { Store } from './postgres.ts'

export interface Migration {
  /** Such as 'lucky-draw-001'. Never reused, and what it stands for never changes once applied anywhere. */
  readonly id: string
  /**
   * SQL; one entry may hold several statements. All run in one transaction, so no CREATE INDEX CONCURRENTLY, and see
   * the rows of all apps.
   */
  readonly up: readonly string[]
  /** Indexes on tables that may be large, built while others write. A migration that has them has an empty `up`. */
  readonly online?: readonly OnlineIndex[]
}

export interface MigrateOptions {
  /** How long a statement waits for a lock: everybody who needs the table waits behind it meanwhile. Default 2,000. */
  readonly lockTimeoutMs?: number
  /** Tries of a migration that did not get its locks. Default 30. */
  readonly tries?: number
  /** Between two tries, so that whoever queued gets on. Default 1,000. */
  readonly pauseMs?: number
  /** Told of each migration once it is applied. */
  readonly onApplied?: (id: string) => void
}
const defaults = { lockTimeoutMs: 2_000, tries: 30, pauseMs: 1_000 }
/** How often a process looks whether the one that migrates is done. */
const turnMs = 200

/** Refused before anything is written: an applied migration reads differently, or the list itself is wrong. */
export class MigrationChangedError extends Error {
  readonly code = 'migration.changed'
  readonly id: string
  constructor(id: string, message: string) {
    super(message)
    this.name = 'MigrationChangedError'
    this.id = id
  }
}

/** One migration failed and left nothing behind; those before it are applied. `cause` is the database's error. */
export class MigrationFailedError extends Error {
  readonly code = 'migration.failed'
  readonly id: string
  constructor(id: string, statement: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`migration ${id} failed: ${reason}, in: ${statement.trim().slice(0, 200)}`, { cause })
    this.name = 'MigrationFailedError'
    this.id = id
  }
}

/** The store is older than this release, and this process was told not to change it. */
export class MigrationsMissingError extends Error {
  readonly code = 'migration.missing'
  readonly ids: readonly string[]
  constructor(ids: readonly string[]) {
    super(`the database lacks migrations (${ids.join(', ')}): run \`qun migrate\` first`)
    this.name = 'MigrationsMissingError'
    this.ids = ids
  }
}

/** What the migration is compared by later. */
export function migrationHash({ up, online }: Migration): string {
  return createHash('sha256')
    .update(JSON.stringify(online === undefined ? up : [up, online]))
    .digest('hex')
}

/**
 * Applies those of `migrations` that are not applied yet, in the order given, each in a transaction of its own, and
 * returns their ids. A process that is killed at any point leaves whole migrations only, and of an index built online
 * nothing that counts; the next call goes on. Several processes may call at once: one works, the others wait until its
 * connection ends, then find all done.
 * Applied migrations that the list does not hold are left alone: they are of a later release. `now` in ms.
 * Given a store, runs as the user it was opened with.
 */
export async function migrate(
  target: Store | string,
  migrations: readonly Migration[],
  now: () => number,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  checkList(migrations)
  return await connected(target, async (client) => {
    if ((await listWaiting(client, migrations)).length === 0) return { applied: [] }
    const patience = { ...defaults, ...options }
    await client.query(`set statement_timeout = 0; set client_min_messages = warning`)
    // The database notices within a second that a process which builds an index was killed; not every system can.
    await client.query(`set client_connection_check_interval = 1000`).catch(() => undefined)
    await takeTurn(client)
    await client.query(`
      create table if not exists qun_migrations (id text primary key, hash text not null, applied_at bigint not null)`)
    const waiting = await listWaiting(client, migrations)
    for (const migration of waiting) {
      await applyPatiently(client, migration, now, patience)
      options.onApplied?.(migration.id)
    }
    return { applied: waiting.map((migration) => migration.id) }
  })
}

/** Throws `MigrationsMissingError` if the store is older than the list; changes nothing. */
export async function checkMigrated(target: Store | string, migrations: readonly Migration[]): Promise<void> {
  checkList(migrations)
  const waiting = await connected(target, (client) => listWaiting(client, migrations))
  if (waiting.length > 0) throw new MigrationsMissingError(waiting.map(({ id }) => id))
}

async function connected<T>(target: Store | string, run: (client: Client) => Promise<T>): Promise<T> {
  const url = typeof target === 'string' ? target : ownerUrl(target)
  const client = new Client({ connectionString: url, application_name: 'qun migrate', connectionTimeoutMillis: 5_000 })
  client.on('error', () => {
    // A broken connection also fails the statement under way.
  })
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}

/**
 * Held by the session: a killed process gives it back when its connection ends. Asked for again and again, because a
 * statement that waits holds a snapshot, and who builds an index online waits for all of those.
 */
async function takeTurn(client: Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>(
      `select pg_try_advisory_lock(hashtext('qun_migrations')) as mine`,
    )
    if (rows[0]?.mine === true) return
    await wait(turnMs)
  }
}

function checkList(migrations: readonly Migration[]): void {
  const seen = new Set<string>()
  for (const { id, up, online } of migrations) {
    if (seen.has(id)) throw new MigrationChangedError(id, `two migrations are called ${id}`)
    if (online !== undefined && up.length > 0)
      throw new MigrationChangedError(id, `migration ${id} builds indexes online and does something else: make it two`)
    seen.add(id)
  }
}

async function listWaiting(client: Client, migrations: readonly Migration[]): Promise<Migration[]> {
  const found = await client.query<{ found: boolean }>(`select to_regclass('qun_migrations') is not null as found`)
  if (found.rows[0]?.found !== true) return [...migrations]
  const { rows } = await client.query<{ id: string; hash: string }>('select id, hash from qun_migrations')
  const applied = new Map(rows.map((row) => [row.id, row.hash]))
  for (const migration of migrations) {
    const hash = applied.get(migration.id)
    if (hash === undefined || hash === migrationHash(migration)) continue
    throw new MigrationChangedError(
      migration.id,
      `migration ${migration.id} is applied to this database with another text: restore the text, add a migration`,
    )
  }
  return migrations.filter((migration) => !applied.has(migration.id))
}

type Patience = Required<Omit<MigrateOptions, 'onApplied'>>

async function applyPatiently(
  client: Client,
  migration: Migration,
  now: () => number,
  { lockTimeoutMs, tries, pauseMs }: Patience,
): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await apply(client, migration, now, lockTimeoutMs)
    } catch (error) {
      const isHeld = ((error as Error).cause as { code?: string } | undefined)?.code === '55P03'
      if (!isHeld || tried >= tries) throw error
      await wait(pauseMs)
    }
  }
}

async function apply(client: Client, migration: Migration, now: () => number, lockTimeoutMs: number): Promise<void> {
  let statement = 'begin'
  try {
    // Nobody else waits behind one that builds online, and it has to outwait every transaction under way.
    await client.query('set lock_timeout = 0')
    for (const index of migration.online ?? []) {
      statement = index.create
      await buildIndex(client, index)
    }
    await client.query(`set lock_timeout = ${Math.trunc(lockTimeoutMs)}`)
    statement = 'begin'
    await client.query(statement)
    // Row-level security holds for the tables' owner too: without this a migration would see no app's rows.
    statement = `set local qun.app_id = '*'`
    await client.query(statement)
    for (statement of migration.up) {
      await client.query(statement)
      if (client.getTransactionStatus() !== 'T') throw new Error('a statement ended the transaction')
    }
    statement = 'insert into qun_migrations (id, hash, applied_at) values ($1, $2, $3)'
    await client.query(statement, [migration.id, migrationHash(migration), now()])
    statement = 'commit'
    await client.query(statement)
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw new MigrationFailedError(migration.id, statement, error)
  }
}
