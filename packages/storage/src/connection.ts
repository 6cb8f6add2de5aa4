/** How a connection to PostgreSQL is set up: value types, timeouts, role; knows no transaction and no table. */
import type { Owner, WorkShares } from './work-shares.ts'
import { Client, type ClientBase, type ClientConfig, escapeIdentifier, types as builtin } from 'pg'

/** The role that a session gets when its own user would bypass row level security. */
export const appRole = 'qun_app'

export interface StoreOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string
  /** Most transactions at the same time; lanes come on top. One app leaves a sixth of them to others. Default 12. */
  readonly poolSize?: number
  /** What each app and person may take; any amount, unless given. */
  readonly shares?: WorkShares
  /** Told for whom a transaction begins. */
  readonly onTurn?: (owner: Owner) => void
  /** A statement that takes longer is cancelled and reported as `unavailable`. Default 15,000. */
  readonly statementTimeoutMs?: number
  /** Waiting longer for a row or table lock is reported as `conflict`. Default 5,000. */
  readonly lockTimeoutMs?: number
  /** What the server says besides answers. */
  readonly onNotice?: (message: string) => void
  /** Told of every statement of transactions and lanes. Its values hold people's words: they belong in no log. */
  readonly sqlLog?: (entry: SqlLogEntry) => void
}

export interface SqlLogEntry {
  readonly text: string
  readonly values: readonly unknown[]
  readonly durationMs: number
  readonly failed: boolean
}

const idleInTransactionMs = 10_000
const connectTimeoutMs = 5_000

function parseSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the bigint ${text} does not fit in a number`)
  return value
}

function asIs(text: string): string {
  return text
}

const { builtins, getTypeParser } = builtin
const textArray = getTypeParser(1009 as never) as (text: string) => (string | null)[]

type Parse = (text: string) => unknown

// json stays text because it is written into frames unparsed; jsonb is for code that looks inside.
const parsers = new Map<number, Parse>([
  [builtins.INT8, parseSafeInteger],
  [1016, (text) => textArray(text).map((item) => (item === null ? null : parseSafeInteger(item)))],
  [builtins.JSON, asIs],
  [199, textArray],
  [builtins.JSONB, (text) => JSON.parse(text)],
  [builtins.NUMERIC, asIs],
])

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return parsers.get(oid) ?? getTypeParser(oid, format)
  },
}

/** The driver's options for the store's connections. */
export function clientConfig(options: StoreOptions): ClientConfig {
  return {
    connectionString: options.url,
    application_name: 'qun',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    pipeline: true,
    types,
  }
}

/**
 * What every session runs first. Timeouts are set by a statement, not by start-up options, because connection poolers
 * refuse the latter.
 */
export function sessionSetup(options: StoreOptions, role: string | undefined): string {
  const settings = [
    `set statement_timeout = ${Math.trunc(options.statementTimeoutMs ?? 15_000)}`,
    `set lock_timeout = ${Math.trunc(options.lockTimeoutMs ?? 5_000)}`,
    `set idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
    `set client_min_messages = warning`,
  ]
  if (role !== undefined) settings.push(`set role ${escapeIdentifier(role)}`)
  return settings.join('; ')
}

/**
 * Which store a session is in: another cluster, a restored or promoted one (its timeline), another database of the same
 * name. Undefined where the user may not read it or the server is a standby.
 */
export async function readIdentity(client: ClientBase): Promise<string | undefined> {
  const answer = client.query<{ identity: string }>(
    `select c.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || d.oid as identity
      from pg_control_system() c, pg_database d where d.datname = current_database()`,
  )
  return await answer.then(
    ({ rows }) => rows[0]?.identity,
    () => undefined,
  )
}

/**
 * The role that sessions of this user must take so that row level security binds them, undefined if it does already.
 * Creates the role with its rights on existing and future tables; needs a superuser for that, which is the only user
 * (with BYPASSRLS) who needs it. Safe in several processes at once.
 */
export async function prepareRole(url: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs })
  client.on('error', () => {
    // A broken connection also fails the statement under way.
  })
  await client.connect()
  try {
    const { rows } = await client.query<{ bypasses: boolean }>(
      'select rolsuper or rolbypassrls as bypasses from pg_roles where rolname = session_user',
    )
    if (rows[0]?.bypasses !== true) return undefined
    await client.query('begin')
    // Two processes granting at once fail with "tuple concurrently updated".
    await client.query(`select pg_advisory_xact_lock(hashtext('${appRole}'))`)
    const found = await client.query('select 1 from pg_roles where rolname = $1', [appRole])
    if (found.rowCount === 0) await client.query(`create role ${appRole} nologin nosuperuser nobypassrls`)
    await client.query(`
      grant usage, create on schema public to ${appRole};
      grant select, insert, update, delete on all tables in schema public to ${appRole};
      grant usage, select, update on all sequences in schema public to ${appRole};
      alter default privileges in schema public grant select, insert, update, delete on tables to ${appRole};
      alter default privileges in schema public grant usage, select, update on sequences to ${appRole};
      commit`)
    return appRole
  } finally {
    await client.end()
  }
}
