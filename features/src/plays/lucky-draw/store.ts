/** Who entered which draw, each draw's secret seed, and the proof once it is drawn. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { ledgerMigrations } from '@qun/ledger'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Proof } from './contract.ts'

export const migrations: readonly Migration[] = [
  ...ledgerMigrations,
  {
    id: 'lucky-draw-001',
    up: [
      `CREATE TABLE lucky_draw_draws (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, draw_id text NOT NULL, seed text NOT NULL,
        proof jsonb,
        PRIMARY KEY (app_id, group_id, seq))`,
      `CREATE TABLE lucky_draw_entries (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, entry_no integer NOT NULL,
        user_id text NOT NULL, weight integer NOT NULL DEFAULT 1, nonce text, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, entry_no))`,
      `CREATE UNIQUE INDEX lucky_draw_entries_once ON lucky_draw_entries (app_id, group_id, seq, user_id)`,
      ...['lucky_draw_draws', 'lucky_draw_entries'].map(rls),
    ],
  },
  {
    id: 'lucky-draw-002',
    up: [
      `CREATE TABLE lucky_draw_claims (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, user_id))`,
      rls('lucky_draw_claims'),
    ],
  },
  {
    id: 'lucky-draw-003',
    up: [
      `CREATE TABLE lucky_draw_chances (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, chance_id text NOT NULL,
        user_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, chance_id))`,
      `CREATE INDEX lucky_draw_chances_by_user ON lucky_draw_chances (app_id, group_id, seq, user_id)`,
      rls('lucky_draw_chances'),
    ],
  },
  {
    // [LD27] Which order gave a chance, which orders ended, and which chances went back with theirs.
    id: 'lucky-draw-004',
    up: [
      `ALTER TABLE lucky_draw_chances ADD COLUMN order_id text, ADD COLUMN taken_at bigint,
        ADD CONSTRAINT lucky_draw_chances_taken CHECK (taken_at IS NULL OR order_id IS NOT NULL)`,
      `CREATE INDEX lucky_draw_chances_of_order ON lucky_draw_chances (app_id, order_id) WHERE order_id IS NOT NULL`,
      `CREATE TABLE lucky_draw_orders (
        app_id text NOT NULL, order_id text NOT NULL, ended_at bigint, PRIMARY KEY (app_id, order_id))`,
      rls('lucky_draw_orders'),
    ],
  },
]

/** A type, not an interface: Kysely's withTables needs an index signature. */
type Tables = {
  lucky_draw_draws: { app_id: string; group_id: string; seq: number; draw_id: string; seed: string }
  lucky_draw_entries: {
    app_id: string
    group_id: string
    seq: number
    entry_no: number
    user_id: string
    weight: number
    nonce: string | null
    at: number
  }
}
const tables = (tx: Tx) => tx.withTables<Tables>()

/** The message of a draw, within its app. */
export interface Place {
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}

/** NOTE: what is kept here decides the draw: it leaves this table only in the proof, once drawn. */
export async function keepSeed(tx: Tx, place: Place, drawId: string, seed: string): Promise<void> {
  const row = { app_id: place.appId, group_id: place.groupId, seq: place.seq, draw_id: drawId, seed }
  await tables(tx).insertInto('lucky_draw_draws').values(row).execute()
}
export async function readSeed(tx: Tx, place: Place): Promise<string> {
  const row = await tables(tx)
    .selectFrom('lucky_draw_draws')
    .select('seed')
    .where('app_id', '=', place.appId)
    .where('group_id', '=', place.groupId)
    .where('seq', '=', place.seq)
    .executeTakeFirstOrThrow()
  return row.seed
}
export async function keepProof(tx: Tx, place: Place, proof: Proof): Promise<void> {
  await sql`UPDATE lucky_draw_draws SET proof = ${JSON.stringify(proof)}::jsonb
    WHERE app_id = ${place.appId} AND group_id = ${place.groupId} AND seq = ${place.seq}`.execute(tx)
}
/** Undefined until drawn. */
export async function findProof(tx: Tx, place: Place): Promise<Proof | undefined> {
  const { rows } = await sql<{ proof: Proof | null }>`SELECT proof FROM lucky_draw_draws
    WHERE app_id = ${place.appId} AND group_id = ${place.groupId} AND seq = ${place.seq}`.execute(tx)
  return rows[0]?.proof ?? undefined
}

export interface Entry {
  readonly entryNo: number
  readonly userId: UserId
  readonly weight: number
  readonly nonce?: string
}
/** [LD2] The unique index is the second wall: the card's lock is the first. */
export async function addEntry(tx: Tx, place: Place, entry: Entry, at: number): Promise<void> {
  const row = {
    app_id: place.appId,
    group_id: place.groupId,
    seq: place.seq,
    entry_no: entry.entryNo,
    user_id: entry.userId,
    weight: entry.weight,
    nonce: entry.nonce ?? null,
    at,
  }
  await tables(tx).insertInto('lucky_draw_entries').values(row).execute()
}
/** In order of `entryNo`, those after `after`. */
export async function listEntries(tx: Tx, place: Place, page: { after: number; limit: number }): Promise<Entry[]> {
  const rows = await tables(tx)
    .selectFrom('lucky_draw_entries')
    .select(['entry_no', 'user_id', 'weight', 'nonce'])
    .where('app_id', '=', place.appId)
    .where('group_id', '=', place.groupId)
    .where('seq', '=', place.seq)
    .where('entry_no', '>', page.after)
    .orderBy('entry_no')
    .limit(page.limit)
    .execute()
  return rows.map(({ entry_no, user_id, weight, nonce }) => ({
    entryNo: entry_no,
    userId: user_id as UserId,
    weight,
    ...(nonce === null ? {} : { nonce }),
  }))
}

/** [LD17] The primary key is the second wall: a winner claims once. */
export async function addClaim(tx: Tx, { appId, groupId, seq }: Place, userId: UserId, at: number): Promise<void> {
  await sql`INSERT INTO lucky_draw_claims (app_id, group_id, seq, user_id, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${userId}, ${at})`.execute(tx)
}
/** Who has claimed, of both draws. */
export async function listClaims(tx: Tx, { appId, groupId, seq }: Place): Promise<string[]> {
  const { rows } = await sql<{ userId: string }>`SELECT user_id AS "userId" FROM lucky_draw_claims
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`.execute(tx)
  return rows.map(({ userId }) => userId)
}
