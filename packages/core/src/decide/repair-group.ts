/**
 * Mends one group whose counters disagree with its rows: rows are what people were told, so counters follow them, and a
 * position nobody can read any more becomes a line taken back. Under the group's lock; whoever holds a changed row is
 * told by a higher version. Knows no feature.
 */
import { type Tx } from '@qun/storage'
import { sql } from 'kysely'
import { silencesSaid, silencesUntrue } from '../host/silences.ts'
import type { GroupDbRow } from '../ground/store.ts'

export interface Place {
  readonly app_id: string
  readonly group_id: string
}
/** More lost positions than any batch holds are not filled: somebody has to look at that. */
export const filledMax = 10_000

/** What was changed, in words; empty when nothing was. Undefined when the group is not to be mended by a machine. */
export async function mendGroup(tx: Tx, place: Place): Promise<string[] | undefined> {
  const { app_id: appId, group_id: groupId } = place
  const { rows } = await sql<GroupDbRow>`SELECT * FROM groups
    WHERE app_id = ${appId} AND group_id = ${groupId} FOR UPDATE`.execute(tx)
  const group = rows[0]
  if (group === undefined) return []
  const said: string[] = []
  const last = await lastOf(tx, place, group)
  if (last.lost > filledMax) return undefined
  const folds = await listDoneFolds(tx, place)
  const filled = await fillPositions(tx, place, group, last.seq)
  if (filled > 0) said.push(`${filled} lost positions are lines taken back now`)
  const counted = await countAgain(tx, place)
  if (counted > 0) said.push(`${counted} messages counted again`)
  const version = await stampMessages(tx, place, group)
  const born = await tellBirths(tx, place)
  if (born > 0) said.push(`${born} messages are known as changed or not again`)
  await sql`UPDATE folds SET version = ${version} WHERE app_id = ${appId} AND group_id = ${groupId}
    AND fold = ANY(${folds}::text[])`.execute(tx)
  const facts = await fillFacts(tx, place, group)
  if (facts.gone > 0) said.push(`${facts.gone} reactions to facts that are not there dropped`)
  if (facts.filled > 0) said.push(`${facts.filled} lost facts are empty ones now`)
  const voices = await mendVoices(tx, place)
  if (voices.length > 0) said.push(`own words of ${voices.length} members counted again`)
  const silences = await mendSilences(tx, place)
  if (silences > 0) said.push(`silences written anew: ${silences} were not so`)
  said.push(...(await mendCounters(tx, place, group, version)))
  const readers = await mendReaders(tx, place, voices)
  if (readers > 0) said.push(`${readers} read positions moved to what they stand for`)
  return said
}

/** Folds that were handed every recall: of those that get another version they are not to hear again. */
async function listDoneFolds(tx: Tx, { app_id, group_id }: Place): Promise<string[]> {
  const { rows } = await sql<{ fold: string }>`SELECT fold FROM folds
    WHERE app_id = ${app_id} AND group_id = ${group_id} AND version >= coalesce((SELECT max(version) FROM messages
      WHERE app_id = ${app_id} AND group_id = ${group_id} AND recalled_at IS NOT NULL), 0)`.execute(tx)
  return rows.map((row) => row.fold)
}

interface Last {
  readonly seq: number
  readonly lost: number
}
async function lastOf(tx: Tx, { app_id, group_id }: Place, group: GroupDbRow): Promise<Last> {
  const { rows } = await sql<Last>`SELECT greatest(${group.last_seq}::bigint, coalesce(max(seq), 0)) AS seq,
      greatest(${group.last_seq}::bigint, coalesce(max(seq), 0)) - count(*) AS lost FROM messages
    WHERE app_id = ${app_id} AND group_id = ${group_id}`.execute(tx)
  return rows[0] as Last
}

async function fillPositions(tx: Tx, { app_id, group_id }: Place, group: GroupDbRow, last: number): Promise<number> {
  const { rows } = await sql`INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id,
      fingerprint, kind, body, state, countable, ordinal, own, at, recalled_by, recalled_at)
    SELECT ${app_id}, ${group_id}, s, 0, '', gen_random_uuid(), 'repair', 0, 'repair', NULL, NULL, false, 0, 0,
      t.at, '', t.at
    FROM generate_series(1, ${last}::bigint) s, LATERAL (SELECT coalesce((SELECT at FROM messages b
        WHERE b.app_id = ${app_id} AND b.group_id = ${group_id} AND b.seq < s ORDER BY b.seq DESC LIMIT 1),
        ${group.created_at}::bigint) AS at) t
    WHERE NOT EXISTS (SELECT FROM messages m WHERE m.app_id = ${app_id} AND m.group_id = ${group_id} AND m.seq = s)
    RETURNING seq`.execute(tx)
  return rows.length
}

/** Ordinals, counts of own words and instants, as rows before say. A version of 0 waits for a stamp. */
async function countAgain(tx: Tx, { app_id, group_id }: Place): Promise<number> {
  const { rows } = await sql`UPDATE messages m SET ordinal = t.words, own = t.voice, at = t.since, version = 0
    FROM (SELECT seq, sum(countable::int) OVER (ORDER BY seq) AS words,
        CASE sender_id WHEN '' THEN own ELSE sum(countable::int) OVER (PARTITION BY sender_id ORDER BY seq) END AS voice,
        max(at) OVER (ORDER BY seq) AS since
      FROM messages WHERE app_id = ${app_id} AND group_id = ${group_id}) t
    WHERE m.app_id = ${app_id} AND m.group_id = ${group_id} AND m.seq = t.seq
      AND (m.ordinal, m.own, m.at) IS DISTINCT FROM (t.words, t.voice, t.since) RETURNING m.seq`.execute(tx)
  return rows.length
}

/**
 * Messages that changed, that stand above what the group had reached, or share a version with another, get versions of
 * their own above all others. Returns the highest version in use.
 */
async function stampMessages(tx: Tx, { app_id, group_id }: Place, group: GroupDbRow): Promise<number> {
  const at = sql`app_id = ${app_id} AND group_id = ${group_id}`
  const { rows } = await sql<{
    top: number
  }>`WITH top AS (SELECT greatest(${group.version}::bigint, ${group.row_version}::bigint,
        (SELECT max(version) FROM messages WHERE ${at}), (SELECT max(version) FROM members WHERE ${at}),
        (SELECT max(version) FROM records WHERE app_id = ${app_id} AND stream = ${`group/${group_id}`})) AS version),
      stamped AS (SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM (SELECT seq, version,
          count(*) OVER (PARTITION BY version) AS same FROM messages WHERE ${at}) t
        WHERE version = 0 OR version > ${group.version} OR same > 1),
      moved AS (UPDATE messages m SET version = top.version + n FROM stamped, top
        WHERE m.app_id = ${app_id} AND m.group_id = ${group_id} AND m.seq = stamped.seq RETURNING m.version)
    SELECT greatest(top.version, (SELECT max(version) FROM moved)) AS top FROM top`.execute(tx)
  return (rows[0] as { top: number }).top
}

/**
 * Which messages changed since they were born, told by their versions alone: those above one behind them. The version
 * such a one was born with is not known any more: any will do that lies above those before it and below those behind.
 */
async function tellBirths(tx: Tx, { app_id, group_id }: Place): Promise<number> {
  const at = sql`app_id = ${app_id} AND group_id = ${group_id}`
  const { rows } =
    await sql`UPDATE messages m SET born = t.born FROM (SELECT seq, CASE WHEN version > later THEN later - 1 END AS born
      FROM (SELECT seq, version, min(version) OVER (ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later
        FROM messages WHERE ${at}) b) t
    WHERE ${at} AND m.seq = t.seq AND m.born IS DISTINCT FROM t.born RETURNING m.seq`.execute(tx)
  return rows.length
}

async function fillFacts(tx: Tx, { app_id, group_id }: Place, group: GroupDbRow) {
  const gone =
    await sql`DELETE FROM reaction_queue q WHERE app_id = ${app_id} AND group_id = ${group_id} AND NOT EXISTS (
    SELECT FROM facts f WHERE (f.app_id, f.group_id, f.fact_seq) = (q.app_id, q.group_id, q.fact_seq))
    RETURNING q.fact_seq`.execute(tx)
  const { rows } = await sql`INSERT INTO facts (app_id, group_id, fact_seq, name, at, data)
    SELECT ${app_id}, ${group_id}, s, 'repair.lost', ${group.last_at}, '{}' FROM generate_series(1, greatest(
        ${group.last_fact}::bigint, (SELECT max(fact_seq) FROM facts WHERE app_id = ${app_id} AND group_id = ${group_id}))) s
    ON CONFLICT DO NOTHING RETURNING fact_seq`.execute(tx)
  return { gone: gone.rows.length, filled: rows.length }
}

async function mendVoices(tx: Tx, { app_id, group_id }: Place): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`UPDATE members b SET own = t.n
    FROM (SELECT user_id, (SELECT count(*) FROM messages m WHERE m.app_id = ${app_id} AND m.group_id = ${group_id}
        AND m.sender_id = o.user_id AND m.countable) AS n
      FROM members o WHERE app_id = ${app_id} AND group_id = ${group_id}) t
    WHERE b.app_id = ${app_id} AND b.group_id = ${group_id} AND b.user_id = t.user_id AND b.own <> t.n
    RETURNING b.user_id`.execute(tx)
  return rows.map((row) => row.user_id)
}

/** What is known of long silences, written anew if any of it is not so; how much that was. */
async function mendSilences(tx: Tx, { app_id, group_id }: Place): Promise<number> {
  const at = sql`app_id = ${app_id} AND group_id = ${group_id}`
  const { rows } = await sql`${silencesUntrue(sql`s.app_id = ${app_id} AND s.group_id = ${group_id}`)}`.execute(tx)
  if (rows.length === 0) return 0
  await sql`DELETE FROM silences WHERE ${at}`.execute(tx)
  await sql`INSERT INTO silences (app_id, group_id, user_id, seq, since, own) ${silencesSaid(at)}`.execute(tx)
  await sql`UPDATE members b SET spoke_seq = t.seq, spoke_own = t.own FROM (SELECT user_id, coalesce(m.seq, 0) AS seq,
        coalesce(m.own, 0) AS own
      FROM members o LEFT JOIN (SELECT DISTINCT ON (sender_id) sender_id, seq, own FROM messages
        WHERE ${at} AND countable ORDER BY sender_id, seq DESC) m ON m.sender_id = o.user_id
      WHERE ${at}) t
    WHERE b.app_id = ${app_id} AND b.group_id = ${group_id} AND b.user_id = t.user_id`.execute(tx)
  return rows.length
}

type Counters = Pick<
  GroupDbRow,
  'version' | 'last_seq' | 'last_ordinal' | 'last_word_seq' | 'last_at' | 'last_fact' | 'member_count'
>
const counterNames = [
  'version',
  'last_seq',
  'last_ordinal',
  'last_word_seq',
  'last_at',
  'last_fact',
  'member_count',
] as const

async function mendCounters(
  tx: Tx,
  { app_id, group_id }: Place,
  group: GroupDbRow,
  version: number,
): Promise<string[]> {
  const at = sql`app_id = ${app_id} AND group_id = ${group_id}`
  const { rows } = await sql<Counters>`SELECT ${version}::bigint AS version, count(*) AS last_seq,
      count(*) FILTER (WHERE countable) AS last_ordinal, coalesce(max(seq) FILTER (WHERE countable), 0) AS last_word_seq,
      greatest(${group.last_at}::bigint, max(at)) AS last_at,
      (SELECT count(*) FROM facts WHERE ${at}) AS last_fact,
      (SELECT count(*)::int FROM members WHERE ${at} AND active) AS member_count
    FROM messages WHERE ${at}`.execute(tx)
  const right = rows[0] as Counters
  const off = counterNames.filter((name) => right[name] !== group[name])
  if (off.length === 0) return []
  // The group's own row is told anew with the last version, and everybody who has the group reads up to it.
  await sql`UPDATE groups SET version = ${right.version + 1}, row_version = ${right.version + 1},
      last_seq = ${right.last_seq}, last_ordinal = ${right.last_ordinal}, last_word_seq = ${right.last_word_seq},
      last_at = ${right.last_at}, last_fact = ${right.last_fact}, member_count = ${right.member_count}
    WHERE ${at}`.execute(tx)
  return off.map((name) => `${name} ${group[name]} → ${name === 'version' ? right.version + 1 : right[name]}`)
}

/** Whoever read, reads up to the same message: what it stands for is counted again, and their own stream says so. */
async function mendReaders(tx: Tx, { app_id, group_id }: Place, voices: readonly string[]): Promise<number> {
  const { rows } = await sql<{ user_id: string }>`UPDATE conversations c
    SET read_seq = t.seq, read_ordinal = t.ordinal, read_own = t.own
    FROM (SELECT o.user_id, least(o.read_seq, g.last_seq) AS seq, coalesce(m.ordinal, 0) AS ordinal,
        (SELECT count(*) FROM messages x WHERE x.app_id = ${app_id} AND x.group_id = ${group_id}
          AND x.sender_id = o.user_id AND x.countable AND x.seq <= o.read_seq) AS own
      FROM conversations o JOIN groups g USING (app_id, group_id) LEFT JOIN messages m
        ON m.app_id = o.app_id AND m.group_id = o.group_id AND m.seq = least(o.read_seq, g.last_seq)
      WHERE o.app_id = ${app_id} AND o.group_id = ${group_id}) t
    WHERE c.app_id = ${app_id} AND c.group_id = ${group_id} AND c.user_id = t.user_id
      AND (c.read_seq, c.read_ordinal, c.read_own) IS DISTINCT FROM (t.seq, t.ordinal, t.own)
    RETURNING c.user_id`.execute(tx)
  const told = [...new Set([...voices, ...rows.map((row) => row.user_id)])]
  if (told.length === 0) return rows.length
  await sql`WITH locked AS (SELECT user_id FROM users WHERE app_id = ${app_id} AND user_id = ANY(${told}::text[])
      ORDER BY user_id FOR UPDATE),
    moved AS (UPDATE users u SET version = version + 1 FROM locked WHERE u.app_id = ${app_id} AND u.user_id = locked.user_id
      RETURNING u.user_id, u.version)
    UPDATE conversations c SET version = moved.version FROM moved
    WHERE c.app_id = ${app_id} AND c.group_id = ${group_id} AND c.user_id = moved.user_id`.execute(tx)
  return rows.length
}
