/** Who checked in on which day of which programme. Every function takes the place, with its transaction. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { ledgerMigrations } from '@qun/ledger'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  ...ledgerMigrations,
  {
    id: 'check-in-001',
    up: [
      `CREATE TABLE check_in_days (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL, day text NOT NULL,
        at bigint NOT NULL, made_up boolean NOT NULL, proof_key text, proof json,
        PRIMARY KEY (app_id, group_id, seq, user_id, day))`,
      rls('check_in_days'),
    ],
  },
  {
    // How many days each has and when they had the last of them, in the order of the board.
    id: 'check-in-002',
    up: [
      `CREATE TABLE check_in_standings (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL,
        days bigint NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, user_id))`,
      `CREATE INDEX check_in_standings_by_days ON check_in_standings (app_id, group_id, seq, days DESC, at, user_id)`,
      rls('check_in_standings'),
      `INSERT INTO check_in_standings (app_id, group_id, seq, user_id, days, at)
        SELECT app_id, group_id, seq, user_id, count(*), max(at) FROM check_in_days GROUP BY 1, 2, 3, 4`,
    ],
  },
  {
    // [V9] Which day each picture proves. Before, one could prove several: those keep a number of their own.
    id: 'check-in-003',
    up: [
      `CREATE TABLE check_in_pictures (
        app_id text NOT NULL, group_id text NOT NULL, media_id text NOT NULL, no integer NOT NULL DEFAULT 0,
        seq bigint NOT NULL, user_id text NOT NULL, day text NOT NULL,
        PRIMARY KEY (app_id, group_id, media_id, no))`,
      rls('check_in_pictures'),
      `INSERT INTO check_in_pictures (app_id, group_id, media_id, no, seq, user_id, day)
        SELECT app_id, group_id, proof->>'mediaId', row_number() OVER (PARTITION BY app_id, group_id, proof->>'mediaId'
          ORDER BY at, seq, user_id, day) - 1, seq, user_id, day
        FROM check_in_days WHERE proof->>'mediaId' IS NOT NULL`,
    ],
  },
]

export interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
export interface StoredDay {
  readonly day: string
  readonly at: number
  readonly madeUp: boolean
  /** What the words say, for comparing; null without words. */
  readonly proofKey: string | null
}
const at = ({ appId, groupId, seq }: Place) => sql`app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`

/** A member's days, ascending. */
export async function listDays(place: Place, userId: UserId): Promise<StoredDay[]> {
  const { rows } = await sql<StoredDay>`SELECT day, at, made_up AS "madeUp", proof_key AS "proofKey" FROM check_in_days
    WHERE ${at(place)} AND user_id = ${userId} ORDER BY day`.execute(place.tx)
  return rows
}
/**
 * [CI1] The primary key is the second wall: each day once. [CI8] The member's standing is counted from their days anew,
 * so it is right again after a day that an older release wrote.
 */
export async function addDay(place: Place, userId: UserId, day: StoredDay, proof: unknown): Promise<void> {
  const { tx, appId, groupId, seq } = place
  await sql`INSERT INTO check_in_days (app_id, group_id, seq, user_id, day, at, made_up, proof_key, proof)
    VALUES (${appId}, ${groupId}, ${seq}, ${userId}, ${day.day}, ${day.at}, ${day.madeUp}, ${day.proofKey},
      ${JSON.stringify(proof ?? null)}::json)`.execute(tx)
  await sql`INSERT INTO check_in_standings (app_id, group_id, seq, user_id, days, at)
    SELECT ${appId}, ${groupId}, ${seq}, ${userId}, count(*), max(at) FROM check_in_days
      WHERE ${at(place)} AND user_id = ${userId}
    ON CONFLICT (app_id, group_id, seq, user_id) DO UPDATE SET days = excluded.days, at = excluded.at`.execute(tx)
}
/** [V9] Makes a picture the proof of a day; false when it proves one already, in whichever programme of the group. */
export async function takePicture(place: Place, userId: UserId, day: string, mediaId: string): Promise<boolean> {
  const { tx, appId, groupId, seq } = place
  const { rows } = await sql`INSERT INTO check_in_pictures (app_id, group_id, media_id, seq, user_id, day)
    VALUES (${appId}, ${groupId}, ${mediaId}, ${seq}, ${userId}, ${day}) ON CONFLICT DO NOTHING RETURNING 1`.execute(tx)
  return rows.length > 0
}
/** Members by days, most first; on a tie who got there first. */
export async function listStandings(
  place: Place,
  page: { readonly after: number; readonly limit: number },
): Promise<{ userId: UserId; days: number }[]> {
  const { rows } = await sql<{ userId: UserId; days: number }>`SELECT user_id AS "userId", days
    FROM check_in_standings WHERE ${at(place)} ORDER BY days DESC, at, user_id
    OFFSET ${page.after} LIMIT ${page.limit}`.execute(place.tx)
  return rows
}
