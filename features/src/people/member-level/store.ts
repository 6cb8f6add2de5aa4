/** Standings, what earned each point, weeks of talk, honours. Every function takes the place, with its transaction. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Honour } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'member-level-001',
    up: [
      `CREATE TABLE member_level_people (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL,
        points integer NOT NULL CHECK (points >= 0), decayed integer NOT NULL, reached integer NOT NULL, day integer NOT NULL,
        day_points integer NOT NULL, day_talk integer NOT NULL, last_at bigint NOT NULL,
        first_seq bigint NOT NULL DEFAULT 0, first_at bigint NOT NULL DEFAULT 0, welcomed boolean NOT NULL DEFAULT false,
        recent jsonb NOT NULL DEFAULT '[]',
        PRIMARY KEY (app_id, group_id, user_id)) WITH (fillfactor = 70)`,
      `CREATE INDEX member_level_people_by_points ON member_level_people (app_id, group_id, points DESC)`,
      `CREATE TABLE member_level_points (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL, ref text NOT NULL,
        seq bigint NOT NULL DEFAULT 0, points integer NOT NULL, day integer NOT NULL,
        PRIMARY KEY (app_id, group_id, user_id, ref))`,
      `CREATE INDEX member_level_points_by_seq ON member_level_points (app_id, group_id, seq) WHERE seq > 0`,
      `CREATE TABLE member_level_weeks (
        app_id text NOT NULL, group_id text NOT NULL, week integer NOT NULL, user_id text NOT NULL,
        words integer NOT NULL, smiles integer NOT NULL, heard_by jsonb NOT NULL, answered jsonb NOT NULL,
        pairs integer NOT NULL,
        PRIMARY KEY (app_id, group_id, week, user_id)) WITH (fillfactor = 70)`,
      `CREATE TABLE member_level_pairs (
        app_id text NOT NULL, group_id text NOT NULL, one_id text NOT NULL, other_id text NOT NULL,
        PRIMARY KEY (app_id, group_id, one_id, other_id))`,
      `CREATE TABLE member_level_groups (
        app_id text NOT NULL, group_id text NOT NULL, week integer NOT NULL, echoes jsonb NOT NULL,
        PRIMARY KEY (app_id, group_id))`,
      `CREATE TABLE member_level_honours (
        app_id text NOT NULL, group_id text NOT NULL, week_at bigint NOT NULL, honour text NOT NULL, user_id text NOT NULL,
        figure integer NOT NULL,
        PRIMARY KEY (app_id, group_id, week_at, honour))`,
      `CREATE UNIQUE INDEX member_level_honours_once ON member_level_honours (app_id, group_id, week_at, user_id)`,
      ...['people', 'points', 'weeks', 'pairs', 'groups', 'honours'].map((name) => rls(`member_level_${name}`)),
    ],
  },
  {
    id: 'member-level-002',
    up: [],
    online: [
      {
        index: 'member_level_people_by_rest',
        create: `CREATE INDEX CONCURRENTLY member_level_people_by_rest ON member_level_people (app_id, group_id,
          (ln(greatest(points, 1)::float8) + last_at::float8 * 1.661761880539261e-11) DESC) WHERE points > 0`,
      },
    ],
  },
]

/** A group with its transaction. */
export interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
}
const here = ({ appId, groupId }: Place) => sql`app_id = ${appId} AND group_id = ${groupId}`

// ── people ──
export interface PersonRow {
  readonly userId: UserId
  readonly points: number
  readonly decayed: number
  readonly reached: number
  readonly day: number
  readonly dayPoints: number
  readonly dayTalk: number
  readonly lastAt: number
  readonly firstSeq: number
  readonly firstAt: number
  /** Somebody answered their first words. */
  readonly welcomed: boolean
  /** Prints of their last messages. */
  readonly recent: readonly string[]
}
const personColumns = sql`user_id AS "userId", points, decayed, reached, day, day_points AS "dayPoints", day_talk AS "dayTalk",
  last_at AS "lastAt", first_seq AS "firstSeq", first_at AS "firstAt", welcomed, recent`
/**
 * Locked, in the order of their ids. Who has no row yet is given an empty one first: what is not there cannot be
 * locked, and two transactions that both found nothing would write over each other.
 */
export async function lockPeople(at: Place, userIds: readonly string[]): Promise<Map<UserId, PersonRow>> {
  await sql`INSERT INTO member_level_people (app_id, group_id, user_id, points, decayed, reached, day, day_points, day_talk,
      last_at, first_seq, first_at, welcomed, recent)
    SELECT ${at.appId}, ${at.groupId}, t.user_id, 0, 0, 1, 0, 0, 0, 0, 0, 0, false, '[]'
    FROM unnest(${userIds}::text[]) AS t(user_id) ORDER BY t.user_id ON CONFLICT DO NOTHING`.execute(at.tx)
  const { rows } = await sql<PersonRow>`SELECT ${personColumns} FROM member_level_people
    WHERE ${here(at)} AND user_id = ANY(${userIds}::text[]) ORDER BY user_id FOR UPDATE`.execute(at.tx)
  return new Map(rows.map((row) => [row.userId, row]))
}
export async function findPerson(at: Place, userId: UserId): Promise<PersonRow | undefined> {
  const { rows } = await sql<PersonRow>`SELECT ${personColumns} FROM member_level_people
    WHERE ${here(at)} AND user_id = ${userId}`.execute(at.tx)
  return rows[0]
}
/** When each first said something; those who never did are missing. */
export async function firstWordsAt(at: Place, userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ userId: string; firstAt: number }>`SELECT user_id AS "userId", first_at AS "firstAt"
    FROM member_level_people WHERE ${here(at)} AND user_id = ANY(${userIds}::text[]) AND first_at > 0`.execute(at.tx)
  return new Map(rows.map((row) => [row.userId, row.firstAt]))
}
export async function writePeople(at: Place, people: readonly PersonRow[]): Promise<void> {
  if (people.length === 0) return
  await sql`INSERT INTO member_level_people (app_id, group_id, user_id, points, decayed, reached, day, day_points, day_talk,
      last_at, first_seq, first_at, welcomed, recent)
    SELECT ${at.appId}, ${at.groupId}, t.* FROM jsonb_to_recordset(${JSON.stringify(people)}::jsonb) AS t("userId" text,
      points integer, decayed integer, reached integer, day integer, "dayPoints" integer, "dayTalk" integer, "lastAt" bigint,
      "firstSeq" bigint, "firstAt" bigint, welcomed boolean, recent jsonb)
    ON CONFLICT (app_id, group_id, user_id) DO UPDATE SET points = excluded.points, decayed = excluded.decayed,
      reached = excluded.reached, day = excluded.day, day_points = excluded.day_points, day_talk = excluded.day_talk,
      last_at = excluded.last_at, first_seq = excluded.first_seq, first_at = excluded.first_at,
      welcomed = excluded.welcomed, recent = excluded.recent`.execute(at.tx)
}
/** What 0.99 a week is in a millisecond: −ln 0.99 / 604,800,000, as the index has it. */
const lostPerMs = 1.661761880539261e-11
/**
 * What points are worth once they decay, whenever that is asked: of two who were quiet equally long enough the one with
 * more of it has more left. NOTE: reads as the index does, to the letter.
 */
const worth = sql`(ln(greatest(points, 1)::float8) + last_at::float8 * ${sql.lit(lostPerMs)})`
/** How many may have next to the same. */
const tiesMax = 2_000
/**
 * Who has points left, those with most first; ties by id. What is left is by whole weeks, so its order is that of worth
 * but for those who differ by five weeks of decay or less: as many as are asked for with the highest worth, and so many
 * more, are put in order. NOTE: a bound on worth would be no condition of the index, since row security comes first.
 */
export async function listByPoints(
  at: Place,
  page: { readonly after: number; readonly limit: number; readonly now: number; readonly idleWeeks: number },
): Promise<PersonRow[]> {
  const left = sql`floor(points * power(0.99::float8,
    greatest(0, (${page.now}::bigint - last_at) / 604800000 - ${page.idleWeeks}::integer)))`
  const { rows } = await sql<PersonRow>`SELECT ${personColumns} FROM (
      SELECT *, ${left} AS left FROM member_level_people WHERE ${here(at)} AND points > 0
      ORDER BY ${worth} DESC LIMIT ${page.after + page.limit + tiesMax}) t
    WHERE t.left >= 1 ORDER BY t.left DESC, user_id OFFSET ${page.after} LIMIT ${page.limit}`.execute(at.tx)
  return rows
}

/** By their points before any decay, highest first; ties by id. */
export async function listByEarned(at: Place, limit: number): Promise<PersonRow[]> {
  const { rows } =
    await sql<PersonRow>`SELECT ${personColumns} FROM member_level_people WHERE ${here(at)} AND points > 0
    ORDER BY points DESC, user_id LIMIT ${limit}`.execute(at.tx)
  return rows
}

// ── points ──
export interface Earned {
  readonly userId: UserId
  /** What for, once for ever: `talk/7`. */
  readonly ref: string
  /** The message that earned it; 0 for none. */
  readonly seq: number
  readonly points: number
  readonly day: number
}
/** What is earned, each for the first time. */
export async function addEarned(at: Place, earned: readonly Earned[]): Promise<void> {
  if (earned.length === 0) return
  await sql`INSERT INTO member_level_points (app_id, group_id, user_id, ref, seq, points, day)
    SELECT ${at.appId}, ${at.groupId}, t.* FROM jsonb_to_recordset(${JSON.stringify(earned)}::jsonb)
      AS t("userId" text, ref text, seq bigint, points integer, day integer)`.execute(at.tx)
}
export async function hasEarned(at: Place, userId: UserId, ref: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM member_level_points
    WHERE ${here(at)} AND user_id = ${userId} AND ref = ${ref}`.execute(at.tx)
  return rows.length > 0
}
/** [ML7] What these messages had earned anybody; it is theirs no more. */
export async function removeEarned(at: Place, seqs: readonly number[]): Promise<Earned[]> {
  const { rows } = await sql<Earned>`DELETE FROM member_level_points
    WHERE ${here(at)} AND seq = ANY(${seqs}::bigint[]) AND seq > 0
    RETURNING user_id AS "userId", ref, seq, points, day`.execute(at.tx)
  return rows.toSorted((a, b) => a.seq - b.seq || (a.userId < b.userId ? -1 : 1))
}

// ── weeks ──
export interface WeekRow {
  readonly userId: UserId
  readonly words: number
  readonly smiles: number
  readonly heardBy: readonly string[]
  readonly answered: readonly string[]
  readonly pairs: number
}
export async function readWeek(at: Place, week: number, userIds?: readonly string[]): Promise<WeekRow[]> {
  const { rows } = await sql<WeekRow>`SELECT user_id AS "userId", words, smiles, heard_by AS "heardBy", answered, pairs
    FROM member_level_weeks WHERE ${here(at)} AND week = ${week}
      AND (${userIds === undefined} OR user_id = ANY(${userIds ?? []}::text[])) ORDER BY user_id`.execute(at.tx)
  return rows
}
export async function writeWeek(at: Place, week: number, rows: readonly WeekRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`INSERT INTO member_level_weeks (app_id, group_id, week, user_id, words, smiles, heard_by, answered, pairs)
    SELECT ${at.appId}, ${at.groupId}, ${week}::integer, t.* FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS t("userId" text, words integer, smiles integer, "heardBy" jsonb, answered jsonb, pairs integer)
    ON CONFLICT (app_id, group_id, week, user_id) DO UPDATE SET words = excluded.words, smiles = excluded.smiles,
      heard_by = excluded.heard_by, answered = excluded.answered, pairs = excluded.pairs`.execute(at.tx)
}
/** Weeks that are over need no rows any more. */
export async function dropWeeks(at: Place, before: number): Promise<void> {
  await sql`DELETE FROM member_level_weeks WHERE ${here(at)} AND week < ${before}`.execute(at.tx)
}
/** Which of these pairs never exchanged words before; from now on they have. */
export async function addPairs(at: Place, pairs: readonly (readonly [string, string])[]): Promise<[string, string][]> {
  if (pairs.length === 0) return []
  const sorted = pairs.map(([a, b]) => (a < b ? [a, b] : [b, a]))
  const { rows } = await sql<{
    one: string
    other: string
  }>`INSERT INTO member_level_pairs (app_id, group_id, one_id, other_id)
    SELECT DISTINCT ${at.appId}, ${at.groupId}, t.one, t.other
    FROM unnest(${sorted.map((pair) => pair[0])}::text[], ${sorted.map((pair) => pair[1])}::text[]) AS t(one, other)
    ON CONFLICT DO NOTHING RETURNING one_id AS one, other_id AS other`.execute(at.tx)
  return rows.map(({ one, other }) => [one, other])
}

// ── groups ──
export interface GroupRow {
  /** The week being counted; 0 before the first words. */
  readonly week: number
  readonly echoes: readonly { readonly at: number; readonly userId: string; readonly print: string }[]
}
export async function readGroup(at: Place): Promise<GroupRow> {
  const { rows } = await sql<GroupRow>`SELECT week, echoes FROM member_level_groups WHERE ${here(at)}`.execute(at.tx)
  return rows[0] ?? { week: 0, echoes: [] }
}
export async function writeGroup(at: Place, { week, echoes }: GroupRow): Promise<void> {
  await sql`INSERT INTO member_level_groups (app_id, group_id, week, echoes)
    VALUES (${at.appId}, ${at.groupId}, ${week}, ${JSON.stringify(echoes)}::jsonb)
    ON CONFLICT (app_id, group_id) DO UPDATE SET week = excluded.week, echoes = excluded.echoes`.execute(at.tx)
}

// ── honours ──
export interface HonourRow {
  readonly weekAt: number
  readonly honour: Honour
  readonly userId: UserId
  readonly figure: number
}
export async function addHonours(at: Place, honours: readonly HonourRow[]): Promise<void> {
  await sql`INSERT INTO member_level_honours (app_id, group_id, week_at, honour, user_id, figure)
    SELECT ${at.appId}, ${at.groupId}, t.* FROM jsonb_to_recordset(${JSON.stringify(honours)}::jsonb)
      AS t("weekAt" bigint, honour text, "userId" text, figure integer)`.execute(at.tx)
}
/** The latest week first. */
export async function listHonours(
  at: Place,
  page: { readonly before: number; readonly limit: number },
): Promise<HonourRow[]> {
  const { rows } = await sql<HonourRow>`SELECT week_at AS "weekAt", honour, user_id AS "userId", figure
    FROM member_level_honours WHERE ${here(at)} AND week_at < ${page.before}
    ORDER BY week_at DESC, honour LIMIT ${page.limit}`.execute(at.tx)
  return rows
}
export async function latestHonours(at: Place): Promise<HonourRow[]> {
  const { rows } = await sql<HonourRow>`SELECT week_at AS "weekAt", honour, user_id AS "userId", figure
    FROM member_level_honours WHERE ${here(at)}
      AND week_at = (SELECT max(week_at) FROM member_level_honours WHERE ${here(at)}) ORDER BY honour`.execute(at.tx)
  return rows
}

// ── audits ──
export const audits: readonly Audit[] = [
  check(
    'ML4',
    'A member’s points are the sum of what earned them less what decayed.',
    sql`SELECT p.app_id || '/' || p.group_id || '/' || p.user_id AS place
      FROM member_level_people p LEFT JOIN (SELECT app_id, group_id, user_id, sum(points) AS earned
        FROM member_level_points GROUP BY 1, 2, 3) e USING (app_id, group_id, user_id)
      WHERE p.points <> coalesce(e.earned, 0) - p.decayed`,
  ),
]
