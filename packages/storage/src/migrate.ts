/** Applies migrations once, in order, safely in several processes; knows no table but its own list. */
import { createHash } from 'node:crypto'
import { Client } from 'pg'
import { ownerUrl } from './owner.ts'
import type { Store } from './postgres.ts'

export interface Migration {
  /** Such as 'lucky-draw-001'. Never reused, and what it stands for never changes once applied anywhere. */
  readonly id: string
  /** SQL; one entry may hold several statements. All run in one transaction, so no CREATE INDEX CONCURRENTLY. */
  readonly up: readonly string[]
}

/** Refused before anything is written: an applied migration reads differently, or an id stands twice in the list. */
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

/** What the migration is compared by later. */
export function migrationHash(migration: Migration): string {
  return createHash('sha256').update(JSON.stringify(migration.up)).digest('hex')
}

/**
 * Applies those of `migrations` that are not applied yet, in the order given, each in a transaction of its own, and
 * returns their ids. A process that is killed at any point leaves whole migrations only; the next call goes on. Several
 * processes may call at once: one works, the others wait on a lock that ends with its connection, then find all done.
 * Applied migrations that the list does not hold are left alone: they are of a later release. `now` in ms.
 * Given a store, runs as the user it was opened with.
 */
export async function migrate(
  target: Store | string,
  migrations: readonly Migration[],
  now: () => number,
): Promise<{ applied: string[] }> {
  checkUnique(migrations)
  const url = typeof target === 'string' ? target : ownerUrl(target)
  const client = new Client({ connectionString: url, application_name: 'qun migrate', connectionTimeoutMillis: 5_000 })
  client.on('error', () => {
    // A broken connection also fails the statement under way.
  })
  await client.connect()
  try {
    // Held by the session: a killed process gives it back when its connection ends.
    await client.query(`set statement_timeout = 0; set lock_timeout = 0; set client_min_messages = warning`)
    await client.query(`select pg_advisory_lock(hashtext('qun_migrations'))`)
    await client.query(`
      create table if not exists qun_migrations (id text primary key, hash text not null, applied_at bigint not null)`)
    const waiting = await listWaiting(client, migrations)
    for (const migration of waiting) await apply(client, migration, now)
    return { applied: waiting.map((migration) => migration.id) }
  } finally {
    await client.end()
  }
}

function checkUnique(migrations: readonly Migration[]): void {
  const seen = new Set<string>()
  for (const { id } of migrations) {
    if (seen.has(id)) throw new MigrationChangedError(id, `two migrations are called ${id}`)
    seen.add(id)
  }
}

async function listWaiting(client: Client, migrations: readonly Migration[]): Promise<Migration[]> {
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

async function apply(client: Client, migration: Migration, now: () => number): Promise<void> {
  let statement = 'begin'
  try {
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
