/** The server's own tables: apps, their keys, and who was shut out. Every function takes the transaction first. */
import type { AppId, Millis, UserId } from '@qun/contract'
import { rls, type LaneStatement, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Algorithm } from './token.ts'

type Tables = {
  apps: { app_id: string; name: string; allowed_origins: string[]; created_at: number }
  signing_keys: {
    app_id: string
    kid: string
    alg: string
    secret: string
    status: string
    created_at: number
    retired_at: number | null
  }
  api_keys: {
    app_id: string
    key_id: string
    hash: string
    label: string
    created_at: number
    revoked_at: number | null
    last_used_at: number | null
  }
  revocations: { app_id: string; user_id: string; jti: string; revoked_at: number; erased: boolean }
  server_meta: { key: string; value: string }
}

export const serverMigrations: readonly Migration[] = [
  {
    id: 'server-001',
    up: [
      `CREATE TABLE apps (
        app_id text PRIMARY KEY, name text NOT NULL,
        allowed_origins jsonb NOT NULL DEFAULT '[]', created_at bigint NOT NULL)`,
      `CREATE TABLE signing_keys (
        app_id text NOT NULL REFERENCES apps ON DELETE CASCADE, kid text NOT NULL, alg text NOT NULL, secret text NOT NULL,
        status text NOT NULL CHECK (status IN ('active', 'retired')),
        created_at bigint NOT NULL, retired_at bigint,
        PRIMARY KEY (app_id, kid))`,
      `CREATE TABLE api_keys (
        app_id text NOT NULL REFERENCES apps ON DELETE CASCADE, key_id text NOT NULL, hash text NOT NULL,
        label text NOT NULL, created_at bigint NOT NULL, revoked_at bigint,
        PRIMARY KEY (app_id, key_id))`,
      // An empty jti ends every token the user got up to \`revoked_at\`.
      `CREATE TABLE revocations (
        app_id text NOT NULL REFERENCES apps ON DELETE CASCADE, user_id text NOT NULL, jti text NOT NULL DEFAULT '',
        revoked_at bigint NOT NULL, erased boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, user_id, jti))`,
      `CREATE INDEX revocations_by_time ON revocations (revoked_at)`,
      ...['apps', 'signing_keys', 'api_keys', 'revocations'].map(rls),
    ],
  },
  {
    id: 'server-002',
    // What all servers of the database have in common; nothing of any app.
    up: [`CREATE TABLE server_meta (key text PRIMARY KEY, value text NOT NULL)`],
  },
  { id: 'server-003', up: [`ALTER TABLE api_keys ADD last_used_at bigint`] },
]

export interface AppRow {
  readonly appId: AppId
  readonly name: string
  readonly allowedOrigins: readonly string[]
  readonly createdAt: Millis
}
export interface SigningKeyRow {
  readonly appId: AppId
  readonly kid: string
  readonly alg: Algorithm
  /** Sealed; see seal.ts. */
  readonly secret: string
  readonly status: 'active' | 'retired'
}
export interface ApiKeyRow {
  readonly appId: AppId
  readonly keyId: string
  readonly hash: string
  readonly label: string
  readonly createdAt: Millis
  readonly revokedAt: Millis | null
  /** To the minute; null for one that nobody used yet. */
  readonly lastUsedAt: Millis | null
}
/** A signing key as it may be shown. */
export interface ShownSigningKey {
  readonly keyId: string
  readonly alg: Algorithm
  readonly createdAt: Millis
  readonly revokedAt: Millis | null
}
export interface RevocationRow {
  readonly appId: AppId
  readonly userId: UserId
  /** Empty: every token of the user up to `revokedAt`. */
  readonly jti: string
  readonly revokedAt: Millis
  readonly erased: boolean
}

const tables = (tx: Tx) => tx.withTables<Tables>()

export async function addApp(tx: Tx, app: AppRow): Promise<boolean> {
  const row = await tables(tx)
    .insertInto('apps')
    .values({
      app_id: app.appId,
      name: app.name,
      allowed_origins: JSON.stringify(app.allowedOrigins) as unknown as string[],
      created_at: app.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('app_id')
    .executeTakeFirst()
  return row !== undefined
}

export async function setAllowedOrigins(tx: Tx, appId: AppId, origins: readonly string[]): Promise<void> {
  await tables(tx)
    .updateTable('apps')
    .set({ allowed_origins: JSON.stringify(origins) as unknown as string[] })
    .where('app_id', '=', appId)
    .execute()
}

/** All apps the transaction may see, oldest first. */
export async function listApps(tx: Tx): Promise<AppRow[]> {
  const rows = await tables(tx).selectFrom('apps').selectAll().orderBy('created_at').orderBy('app_id').execute()
  return rows.map((row) => ({
    appId: row.app_id as AppId,
    name: row.name,
    allowedOrigins: row.allowed_origins,
    createdAt: row.created_at,
  }))
}

/** Removes the app with its keys; the rows of its groups belong to the engine and stay until they are erased there. */
export async function removeApp(tx: Tx, appId: AppId): Promise<void> {
  await tables(tx).deleteFrom('apps').where('app_id', '=', appId).execute()
}

export async function addSigningKey(tx: Tx, key: SigningKeyRow, now: Millis): Promise<void> {
  const { appId, kid, alg, secret, status } = key
  await tables(tx)
    .insertInto('signing_keys')
    .values({ app_id: appId, kid, alg, secret, status, created_at: now, retired_at: null })
    .execute()
}

/** The app's keys, youngest first. Locks nothing. */
export async function listSigningKeys(tx: Tx, appId: AppId): Promise<SigningKeyRow[]> {
  const rows = await tables(tx)
    .selectFrom('signing_keys')
    .select(['app_id', 'kid', 'alg', 'secret', 'status'])
    .where('app_id', '=', appId)
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .execute()
  return rows.map((row) => ({
    appId: row.app_id as AppId,
    kid: row.kid,
    alg: row.alg as Algorithm,
    secret: row.secret,
    status: row.status as SigningKeyRow['status'],
  }))
}

/** A secret of any app that was sealed with a key; undefined when there is none. */
export async function findSealedSecret(tx: Tx): Promise<string | undefined> {
  const row = await tables(tx)
    .selectFrom('signing_keys')
    .select('secret')
    .where('secret', 'not like', 'plain:%')
    .limit(1)
    .executeTakeFirst()
  return row?.secret
}

const sealSample = 'seal-sample'
/** The text that tells whether a server's seal is the database's; `made` is kept if there is none. Locks it. */
export async function readSealSample(tx: Tx, made: string): Promise<string> {
  await tables(tx)
    .insertInto('server_meta')
    .values({ key: sealSample, value: made })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await tables(tx)
    .selectFrom('server_meta')
    .select('value')
    .where('key', '=', sealSample)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return row.value
}
export async function putSealSample(tx: Tx, value: string): Promise<void> {
  await tables(tx).updateTable('server_meta').set({ value }).where('key', '=', sealSample).execute()
}

export async function retireSigningKey(tx: Tx, appId: AppId, kid: string, now: Millis): Promise<boolean> {
  const row = await tables(tx)
    .updateTable('signing_keys')
    .set({ status: 'retired', retired_at: now })
    .where('app_id', '=', appId)
    .where('kid', '=', kid)
    .where('status', '=', 'active')
    .returning('kid')
    .executeTakeFirst()
  return row !== undefined
}

export async function addApiKey(tx: Tx, key: Omit<ApiKeyRow, 'revokedAt' | 'lastUsedAt'>): Promise<void> {
  await tables(tx)
    .insertInto('api_keys')
    .values({
      app_id: key.appId,
      key_id: key.keyId,
      hash: key.hash,
      label: key.label,
      created_at: key.createdAt,
      revoked_at: null,
      last_used_at: null,
    })
    .execute()
}

export async function listApiKeys(tx: Tx, appId: AppId): Promise<ApiKeyRow[]> {
  const rows = await tables(tx)
    .selectFrom('api_keys')
    .selectAll()
    .where('app_id', '=', appId)
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map((row) => ({
    appId: row.app_id as AppId,
    keyId: row.key_id,
    hash: row.hash,
    label: row.label,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }))
}
/** The app's signing keys without their secrets, youngest first. */
export async function showSigningKeys(tx: Tx, appId: AppId): Promise<ShownSigningKey[]> {
  const rows = await tables(tx)
    .selectFrom('signing_keys')
    .select(['kid', 'alg', 'created_at', 'retired_at'])
    .where('app_id', '=', appId)
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .execute()
  return rows.map((row) => ({
    keyId: row.kid,
    alg: row.alg as Algorithm,
    createdAt: row.created_at,
    revokedAt: row.retired_at,
  }))
}
export async function noteApiKeyUse(tx: Tx, appId: AppId, keyId: string, now: Millis): Promise<void> {
  await tables(tx)
    .updateTable('api_keys')
    .set({ last_used_at: now })
    .where('app_id', '=', appId)
    .where('key_id', '=', keyId)
    .execute()
}

export async function revokeApiKey(tx: Tx, appId: AppId, keyId: string, now: Millis): Promise<boolean> {
  const row = await tables(tx)
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('app_id', '=', appId)
    .where('key_id', '=', keyId)
    .where('revoked_at', 'is', null)
    .returning('key_id')
    .executeTakeFirst()
  return row !== undefined
}

/** Shutting out twice moves the moment forward, and nobody who was erased comes back. */
export async function putRevocation(tx: Tx, row: RevocationRow): Promise<void> {
  await tables(tx)
    .insertInto('revocations')
    .values({ app_id: row.appId, user_id: row.userId, jti: row.jti, revoked_at: row.revokedAt, erased: row.erased })
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'user_id', 'jti']).doUpdateSet((eb) => ({
        revoked_at: eb.fn('greatest', ['revocations.revoked_at', 'excluded.revoked_at']) as never,
        erased: eb.or([eb.ref('revocations.erased'), eb.ref('excluded.erased')]) as never,
      })),
    )
    .execute()
}

export type RevocationDbRow = Tables['revocations']

/** What shuts users out, for many at once: pairs of app and user, as two lists of the same length. */
export function revocationsOf(appIds: readonly string[], userIds: readonly string[]): LaneStatement {
  return {
    name: 'server_revocations_of',
    text: `SELECT r.app_id, r.user_id, r.jti, r.revoked_at, r.erased FROM revocations r
      JOIN unnest($1::text[], $2::text[]) AS asked (app_id, user_id)
        ON r.app_id = asked.app_id AND r.user_id = asked.user_id`,
    values: [appIds, userIds],
  }
}

/** Rows of one step over many revocations. */
export const revocationsPage = 1_000

/** Who was shut out since a moment, in all apps the transaction may see: a page, latest first, of those before one. */
export async function listRevocationsSince(tx: Tx, since: Millis, before?: RevocationRow): Promise<RevocationRow[]> {
  const earlier =
    before === undefined
      ? sql<boolean>`true`
      : sql<boolean>`(revoked_at, app_id, user_id, jti)
          < (${before.revokedAt}, ${before.appId}, ${before.userId}, ${before.jti})`
  const rows = await tables(tx)
    .selectFrom('revocations')
    .selectAll()
    .where('revoked_at', '>=', since)
    .where(earlier)
    .orderBy('revoked_at', 'desc')
    .orderBy('app_id', 'desc')
    .orderBy('user_id', 'desc')
    .orderBy('jti', 'desc')
    .limit(revocationsPage)
    .execute()
  return rows.map(toRevocation)
}

export function toRevocation(row: RevocationDbRow): RevocationRow {
  return {
    appId: row.app_id as AppId,
    userId: row.user_id as UserId,
    jti: row.jti,
    revokedAt: row.revoked_at,
    erased: row.erased,
  }
}

/**
 * Drops a page of what no living token can need any more, oldest first, and says how many; those erased are remembered
 * for ever. Looks at nothing before `from`.
 */
export async function forgetRevocations(tx: Tx, from: Millis, before: Millis): Promise<number> {
  const { rows } = await sql`DELETE FROM revocations WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM revocations WHERE revoked_at >= ${from} AND revoked_at < ${before} AND NOT erased
      ORDER BY revoked_at LIMIT ${revocationsPage} FOR UPDATE SKIP LOCKED))
    RETURNING 1`.execute(tx)
  return rows.length
}
