/**
 * Writes posts of many groups and apps in one statement, which is its own transaction: no write can ever leave it, and
 * a connection that breaks leaves all of it or nothing.
 *
 * It takes a group's posts only if all is plain there: its row is not locked by anybody, the group is alive and not
 * muted, and all senders may speak. Whatever is otherwise is left aside for `append-care.ts`, and harms no neighbour: a
 * locked row is skipped, not waited for, and a stranger's post sets aside the posts of that group alone.
 *
 * The lock of a group's row makes commit order equal seq order. Members change under it only; should one have changed
 * between the statement's beginning and the lock, his message has no `own`, and the statement fails as a whole.
 *
 * NOTE: rows are found by key whatever the planner believes of the tables' sizes: by a lateral sub-select that cannot
 * be flattened, ordered by the key's last column so that no other index will do, and then by the row's own address. A
 * row that another commit moved meanwhile has no such address: its group is set aside. What two parts join on is
 * unnested again from arrays, which the planner takes for ten rows and joins by hash; of one row it would make a loop.
 */
import type { Lane } from '@qun/storage'
import { silenceMin } from '../host/silences.ts'
import { type Append, groupKey, type Placed } from './append-post.ts'

/**
 * A PostgreSQL array of these values. Written in one native step: the driver's own way costs more than the statement.
 * NOTE: JSON escapes quotes and backslashes as PostgreSQL reads them; texts with control characters never come here.
 */
export const listOf = (values: readonly unknown[]) => `{${JSON.stringify(values).slice(1, -1)}}`

const batchText = `WITH voice AS MATERIALIZED (
    SELECT t.i, t.g, t.k, t.first, t.last, x.place, x.spoke_seq, x.spoke_own
    FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[])
      WITH ORDINALITY AS t(app_id, group_id, user_id, g, k, first, last, i)
    CROSS JOIN LATERAL (SELECT m.ctid AS place, m.active, m.muted_until, m.spoke_seq, m.spoke_own FROM members m
      WHERE m.app_id = t.app_id AND m.group_id = t.group_id AND m.user_id >= t.user_id AND m.user_id <= t.user_id
      ORDER BY m.user_id LIMIT 1) x
    WHERE x.active AND x.muted_until <= $1
  ), moving AS (
    UPDATE groups b SET last_seq = b.last_seq + x.n, version = b.version + x.n, last_ordinal = b.last_ordinal + x.c,
      last_at = greatest(b.last_at, $1), last_word_seq = CASE x.w WHEN 0 THEN b.last_word_seq ELSE b.last_seq + x.w END
    FROM (SELECT t.g, t.n, t.c, t.w, y.place FROM (SELECT voice.g, count(*) AS voices FROM voice GROUP BY voice.g) f
      JOIN unnest($9::text[], $10::text[], $11::int[], $12::int[], $13::int[], $14::int[]) WITH ORDINALITY AS t(app_id, group_id, n, c, w, voices, g)
        ON t.g = f.g AND t.voices = f.voices
      CROSS JOIN LATERAL (SELECT m.ctid AS place FROM groups m WHERE m.app_id = t.app_id AND m.group_id = t.group_id
        AND m.disbanded_at IS NULL AND NOT m.mute_all FOR NO KEY UPDATE SKIP LOCKED) y) x
    WHERE b.ctid = x.place
    RETURNING x.g, b.app_id, b.group_id, b.last_seq - x.n AS seq, b.version - x.n AS version, b.last_ordinal - x.c AS ordinal, b.last_at AS at
  ), moved AS MATERIALIZED (
    SELECT u.* FROM (SELECT array_agg(g) AS g, array_agg(app_id) AS app_id, array_agg(group_id) AS group_id, array_agg(seq) AS seq,
        array_agg(version) AS version, array_agg(ordinal) AS ordinal, array_agg(at) AS at FROM moving) a
      CROSS JOIN LATERAL unnest(a.g, a.app_id, a.group_id, a.seq, a.version, a.ordinal, a.at) AS u(g, app_id, group_id, seq, version, ordinal, at)
  ), speaker AS MATERIALIZED (
    SELECT voice.i, voice.k, voice.place, moved.seq + voice.first AS first, moved.seq + voice.last AS last,
      voice.spoke_seq, voice.spoke_own FROM voice JOIN moved ON moved.g = voice.g
  ), speaking AS (
    UPDATE members b SET own = b.own + s.k, spoke_seq = CASE s.k WHEN 0 THEN b.spoke_seq ELSE s.last END,
      spoke_own = CASE s.k WHEN 0 THEN b.spoke_own ELSE b.own + s.k END FROM speaker s
    WHERE b.ctid = s.place AND b.active AND b.muted_until <= $1
    RETURNING s.i, b.app_id, b.group_id, b.user_id, b.own - s.k AS own, s.first, s.spoke_seq AS since,
      s.k > 0 AND s.spoke_own = b.own - s.k AND s.first - s.spoke_seq > ${silenceMin} AS was_silent
  ), silent AS (
    INSERT INTO silences (app_id, group_id, user_id, seq, since, own)
    SELECT app_id, group_id, user_id, first, since, own + 1 FROM speaking WHERE was_silent
  ), spoken AS MATERIALIZED (
    SELECT u.* FROM (SELECT array_agg(i) AS i, array_agg(user_id) AS user_id, array_agg(own) AS own FROM speaking) a
      CROSS JOIN LATERAL unnest(a.i, a.user_id, a.own) AS u(i, user_id, own)
  ), written AS (
    INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, ordinal, own, at)
    SELECT m.app_id, m.group_id, m.seq + t.n, m.version + t.n, s.user_id, t.client_key, t.client_id, t.fingerprint, t.kind, t.body, t.state,
      t.countable, m.ordinal + t.c, s.own + t.o, m.at
    FROM unnest($15::int[], $16::int[], $17::int[], $18::int[], $19::int[], $20::uuid[], $21::text[], $22::bigint[], $23::text[], $24::json[],
        $25::json[], $26::boolean[]) AS t(g, v, n, c, o, client_key, client_id, fingerprint, kind, body, state, countable)
      JOIN moved m ON m.g = t.g LEFT JOIN spoken s ON s.i = t.v
  )
  SELECT voice.i::int - 1 AS i, m.seq, m.version, m.ordinal, m.at, s.own FROM voice
    JOIN moved m ON m.g = voice.g JOIN spoken s ON s.i = voice.i`
const knownText = `SELECT t.i::int - 1 AS i FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS t(app_id, group_id, client_key, i)
  CROSS JOIN LATERAL (SELECT 1 FROM messages m WHERE m.app_id = t.app_id AND m.group_id = t.group_id
    AND m.client_key >= t.client_key AND m.client_key <= t.client_key ORDER BY m.client_key LIMIT 1) x`

/** What a batch brings to one group. */
interface GroupTally {
  readonly append: Append
  /** Posts, countable ones among them, and the position of the last of those; 0 if none. */
  n: number
  counted: number
  lastWord: number
  voices: number
  readonly at: number
}
/** One sender's part in one group. */
interface Voice {
  readonly append: Append
  readonly group: GroupTally
  readonly at: number
  counted: number
  /** Places of their first and last countable post among those of the group; 0 if none. */
  first: number
  last: number
}
/** A post and its place among the batch's posts of its group, and of its sender there; from 1. */
interface Row {
  readonly append: Append
  readonly voice: Voice
  readonly n: number
  readonly counted: number
  readonly own: number
}

/**
 * The place of each post, in their order; undefined where its group was set aside, of which nothing is written then.
 * Throws if the store failed: then nothing was written, or nobody knows.
 */
export async function writeBatch(lane: Lane, now: number, appends: readonly Append[]): Promise<(Placed | undefined)[]> {
  const { groups, voices, rows } = tally(appends)
  const answer = await lane.query('*', { name: 'append', text: batchText, values: valuesOf(now, groups, voices, rows) })
  const bases: (Placed | undefined)[] = voices.map(() => undefined)
  for (const base of answer.rows as unknown as (Placed & { readonly i: number })[]) bases[base.i] = base
  return rows.map(({ voice, n, counted, own }) => {
    const base = bases[voice.at - 1]
    return base === undefined
      ? undefined
      : {
          seq: base.seq + n,
          version: base.version + n,
          ordinal: base.ordinal + counted,
          own: base.own + own,
          at: base.at,
        }
  })
}

/** Which of these posts are in the log already. */
export async function findKnown(lane: Lane, appends: readonly Append[]): Promise<ReadonlySet<number>> {
  const { rows } = await lane.query('*', {
    name: 'append-known',
    text: knownText,
    values: [
      listOf(appends.map((append) => append.appId)),
      listOf(appends.map((append) => append.groupId)),
      listOf(appends.map((append) => append.clientKey)),
    ],
  })
  return new Set((rows as unknown as { readonly i: number }[]).map((row) => row.i))
}

function tally(appends: readonly Append[]) {
  const groups = new Map<string, GroupTally>()
  const voices = new Map<string, Voice>()
  const rows = appends.map((append): Row => {
    const key = groupKey(append)
    let group = groups.get(key)
    if (group === undefined)
      groups.set(key, (group = { append, n: 0, counted: 0, lastWord: 0, voices: 0, at: groups.size + 1 }))
    const voiceKey = `${key} ${append.senderId}`
    let voice = voices.get(voiceKey)
    if (voice === undefined) {
      voices.set(voiceKey, (voice = { append, group, at: voices.size + 1, counted: 0, first: 0, last: 0 }))
      group.voices += 1
    }
    group.n += 1
    if (append.countable) {
      group.counted += 1
      group.lastWord = group.n
      voice.counted += 1
      voice.first ||= group.n
      voice.last = group.n
    }
    return { append, voice, n: group.n, counted: group.counted, own: voice.counted }
  })
  return { groups: [...groups.values()], voices: [...voices.values()], rows }
}

function valuesOf(now: number, groups: readonly GroupTally[], voices: readonly Voice[], rows: readonly Row[]) {
  const ofVoices = (pick: (voice: Voice) => unknown) => listOf(voices.map(pick))
  const ofGroups = (pick: (group: GroupTally) => unknown) => listOf(groups.map(pick))
  const ofRows = (pick: (row: Row) => unknown) => listOf(rows.map(pick))
  return [
    now,
    ofVoices((v) => v.append.appId),
    ofVoices((v) => v.append.groupId),
    ofVoices((v) => v.append.senderId),
    ofVoices((v) => v.group.at),
    ofVoices((v) => v.counted),
    ofVoices((v) => v.first),
    ofVoices((v) => v.last),
    ofGroups((g) => g.append.appId),
    ofGroups((g) => g.append.groupId),
    ofGroups((g) => g.n),
    ofGroups((g) => g.counted),
    ofGroups((g) => g.lastWord),
    ofGroups((g) => g.voices),
    ofRows((r) => r.voice.group.at),
    ofRows((r) => r.voice.at),
    ofRows((r) => r.n),
    ofRows((r) => r.counted),
    ofRows((r) => r.own),
    ofRows((r) => r.append.clientKey),
    ofRows((r) => r.append.clientId),
    ofRows((r) => r.append.fingerprint),
    ofRows((r) => r.append.kind),
    ofRows((r) => r.append.body),
    ofRows((r) => r.append.state),
    ofRows((r) => r.append.countable),
  ]
}
