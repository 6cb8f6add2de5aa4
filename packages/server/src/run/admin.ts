/** Opens a server's store for administration: beside a running server, or without one. Serves nothing. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { AppId } from '@qun/contract'
import { audit, migrationsOf, renewEpoch, repair, type Audited, type Feature, type Repaired } from '@qun/core'
import { findRunningEmbedded, migrate, openStore, startEmbedded, type Store, type StoreOptions } from '@qun/storage'
import { sql } from 'kysely'
import { Apps } from '../apps/apps.ts'
import type { Config } from './config.ts'
import { createSeal, isOpenedBy } from '../apps/seal.ts'
import { readSecretKey } from '../apps/secret-key.ts'
import { serverMigrations } from '../apps/store.ts'

/** Where a server's data is. */
export type Place = Pick<Config, 'databaseUrl' | 'dataDir' | 'secretKey'>

export interface Admin extends AsyncDisposable {
  readonly apps: Apps
  readonly store: Store
  appId(text: string): AppId
}

/** Works beside running servers, also of an embedded database; they learn of changes within five seconds. */
export async function openAdmin(config: Place): Promise<Admin> {
  const ground = await openBeside(config)
  await migrate(ground.store, serverMigrations, Date.now)
  const secretKey =
    config.secretKey ?? (config.databaseUrl === undefined ? await readSecretKey(config.dataDir) : undefined)
  const randomHex = (bytes: number) => randomBytes(bytes).toString('hex')
  const apps = new Apps({ store: ground.store, seal: createSeal(secretKey), now: Date.now, randomHex })
  await apps.checkSeal().catch(async (error: unknown) => {
    await ground.close()
    throw error
  })
  return { apps, store: ground.store, appId: (text) => text as AppId, [Symbol.asyncDispose]: ground.close }
}

interface Ground {
  readonly store: Store
  readonly close: () => Promise<void>
}

/** How long a statement may take where the store’s own bound is too short. */
type Patience = Pick<StoreOptions, 'statementTimeoutMs'>

async function openGround(config: Place, patience: Patience = {}): Promise<Ground> {
  const embedded =
    config.databaseUrl === undefined ? await startEmbedded({ dataDir: join(config.dataDir, 'database') }) : undefined
  try {
    const store = await openStore({ url: config.databaseUrl ?? embedded!.url, ...patience })
    const close = async () => {
      await store.close()
      await embedded?.stop()
    }
    return { store, close }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

async function openBeside(config: Place, patience?: Patience): Promise<Ground> {
  const running = config.databaseUrl ?? (await findRunningEmbedded(join(config.dataDir, 'database')))
  return openGround(running === undefined ? config : { ...config, databaseUrl: running }, patience)
}

/** The store beside a running server: an embedded one through that server's own PostgreSQL, else opened here. */
async function withStore<T>(config: Config, use: (store: Store) => Promise<T>, patience?: Patience): Promise<T> {
  const { store, close } = await openBeside(config, patience)
  try {
    return await use(store)
  } finally {
    await close()
  }
}

/** One audit reads a whole log: of five million messages some take fifteen seconds, the bound of a request. */
const auditPatience: Patience = { statementTimeoutMs: 10 * 60_000 }
/** Proves the invariants of all rows: the engine's and every feature's. Reads only, and beside a running server. */
export function auditStore(config: Config, features: readonly Feature[]): Promise<Audited[]> {
  const clock = { now: Date.now, elapsed: () => performance.now() }
  return withStore(config, (store) => audit(store, features, clock), auditPatience)
}

/** Mends counters that disagree with their rows, each group under its lock, beside a running server. */
export function repairStore(config: Config, tell: (repaired: Repaired) => void): Promise<void> {
  return withStore(config, (store) => repair(store, tell))
}

/** Applies what the store lacks of this release, beside running servers of the one before. */
export function migrateStore(
  config: Config,
  features: readonly Feature[],
  onApplied: (id: string) => void,
): Promise<unknown> {
  const migrations = [...serverMigrations, ...migrationsOf(features)]
  return withStore(config, (store) => migrate(store, migrations, Date.now, { onApplied }))
}

/** Says that the store's files were put back: every client starts over once its server was started again. */
export function noteRestored(config: Config): Promise<void> {
  return withStore(config, (store) => renewEpoch(store, (bytes) => randomBytes(bytes).toString('hex')))
}

export interface Examined {
  readonly name: string
  /** Undefined when all is well. */
  readonly trouble: string | undefined
}

/** Looks at the database without changing it: reachable, durable, migrated, and walled between apps. */
export async function findTroubles(config: Config, features: readonly Feature[]): Promise<Examined[]> {
  const examined: Examined[] = []
  const examine = async (name: string, find: () => Promise<string | undefined>) => {
    const trouble = await find().catch((error: unknown) => (error as Error).message)
    examined.push({ name, trouble })
    return trouble === undefined
  }
  let ground: Ground | undefined
  const isOpen = await examine('the database can be reached', async () => {
    ground = await openGround(config)
    return undefined
  })
  if (!isOpen || ground === undefined) return examined
  const { store, close } = ground
  try {
    await examine('a transaction can be made durable', async () =>
      (await store.probe()) ? undefined : 'the probe failed',
    )
    await examine('all migrations are applied', () => missingMigrations(store, features))
    await examine('every table of an app is walled by row level security', () => unwalledTables(store))
    await examine('signing keys can be opened', () => unopenedKeys(store, config))
  } finally {
    await close()
  }
  return examined
}

async function missingMigrations(store: Store, features: readonly Feature[]): Promise<string | undefined> {
  const wanted = [...serverMigrations, ...migrationsOf(features)].map(({ id }) => id)
  if (!(await isTable(store, 'qun_migrations'))) return 'none is applied yet; starting the server applies them'
  const { rows } = await sql<{ id: string }>`SELECT id FROM qun_migrations`.execute(store.db)
  const applied = new Set(rows.map(({ id }) => id))
  const missing = wanted.filter((id) => !applied.has(id))
  return missing.length === 0 ? undefined : `not applied yet: ${missing.join(', ')}; starting the server applies them`
}

async function isTable(store: Store, name: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`SELECT to_regclass(${name}) IS NOT NULL AS found`.execute(store.db)
  return rows[0]?.found === true
}

/** [T1] A table with `app_id` that a session without an app could read. */
async function unwalledTables(store: Store): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`SELECT c.relname AS name FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'app_id' AND NOT a.attisdropped
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    ORDER BY 1`.execute(store.db)
  return rows.length === 0 ? undefined : rows.map(({ name }) => name).join(', ')
}

async function unopenedKeys(store: Store, config: Config): Promise<string | undefined> {
  const key = config.secretKey ?? (config.databaseUrl === undefined ? await readSecretKey(config.dataDir) : undefined)
  const seal = createSeal(key)
  if (!(await isTable(store, 'signing_keys'))) return undefined
  const { rows } = await store.reading('*', (tx) =>
    sql<{ kid: string; secret: string }>`SELECT kid, secret FROM signing_keys`.execute(tx),
  )
  const bad = rows.filter(({ secret }) => !isOpenedBy(seal, secret))
  return bad.length === 0 ? undefined : `sealed with another key: ${bad.map(({ kid }) => kid).join(', ')}`
}
