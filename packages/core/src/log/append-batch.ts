/**
 * Writes one batch of posts as one transaction in two round trips. Nearly always all posts are fresh and their senders
 * may speak: then counters are moved in one step and the messages follow. If anything is otherwise (a retry, a
 * stranger, somebody muted), that is undone and the batch is written with care: the groups' rows are locked, in the
 * order of their ids, what the posts depend on is read, and each is decided for itself.
 *
 * The lock of a group's row makes commit order equal seq order. Members and messages of a group change under it only,
 * so what is read after it holds until commit: a retry is always found, and two nodes never make one message twice.
 *
 * NOTE: every statement finds its rows by key whatever the planner believes of the tables' sizes: `= ANY` on an index,
 * a lateral sub-select that cannot be flattened, or a row's own address. Joins with `unnest` were quadratic here, and
 * a lateral look-up by key took another index on tables without statistics.
 */
import { type Lane, storeTrouble } from '@qun/storage'
import type { Append, Outcome, Placed } from './batch.ts'

interface Group {
  readonly group_id: string
  readonly disbanded_at: number | null
  readonly mute_all: boolean
  version: number
  last_seq: number
  last_ordinal: number
  last_word_seq: number
  last_at: number
  isChanged: boolean
}
interface Sender {
  readonly i: number
  readonly place: string
  readonly active: boolean
  readonly muted_until: number
  readonly role: string
  own: number
  isChanged: boolean
}
interface Known {
  readonly group_id: string
  readonly client_key: string
  readonly seq: number
  readonly version: number
  readonly at: number
  readonly fingerprint: number
}

/**
 * A PostgreSQL array of these values. Written in one native step: the driver's own way costs more than the statement.
 * NOTE: JSON escapes quotes and backslashes as PostgreSQL reads them; texts with control characters never come here.
 */
const listOf = (values: readonly unknown[]) => `{${JSON.stringify(values).slice(1, -1)}}`

const begin = { name: 'append-begin', text: 'BEGIN', values: [] }
const commit = { name: 'append-commit', text: 'COMMIT', values: [] }
const rollback = { name: 'append-rollback', text: 'ROLLBACK', values: [] }
const moveText = `UPDATE groups SET last_seq = last_seq + ($3::jsonb->group_id->>0)::bigint, version = version + ($3::jsonb->group_id->>0)::bigint,
    last_ordinal = last_ordinal + ($3::jsonb->group_id->>1)::bigint, last_at = greatest(last_at, $4),
    last_word_seq = CASE ($3::jsonb->group_id->>2)::bigint WHEN 0 THEN last_word_seq ELSE last_seq + ($3::jsonb->group_id->>2)::bigint END
  WHERE app_id = $1 AND group_id = ANY($2::text[]) AND disbanded_at IS NULL
  RETURNING group_id, version, last_seq, last_ordinal, last_at AS at, mute_all`
const speakText = `UPDATE members b SET own = b.own + v.k
  FROM (SELECT x.place, t.k FROM unnest($2::text[], $3::text[], $4::bigint[]) AS t(group_id, user_id, k)
    CROSS JOIN LATERAL (SELECT m.ctid AS place FROM members m WHERE m.app_id = $1 AND m.group_id = t.group_id AND m.user_id = t.user_id OFFSET 0) x) v
  WHERE b.ctid = v.place AND b.active AND b.muted_until <= $5
  RETURNING b.group_id, b.user_id, b.role, b.own`
const lockText = `SELECT group_id, disbanded_at, mute_all, version, last_seq, last_ordinal, last_word_seq, last_at FROM groups
  WHERE app_id = $1 AND group_id = ANY($2::text[]) ORDER BY group_id FOR UPDATE`
const sendersText = `SELECT t.i::int - 1 AS i, b.* FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS t(group_id, user_id, i)
  CROSS JOIN LATERAL (SELECT m.ctid::text AS place, m.active, m.muted_until, m.role, m.own FROM members m
    WHERE m.app_id = $1 AND m.group_id = t.group_id AND m.user_id = t.user_id OFFSET 0) b`
const knownText = `SELECT group_id, client_key::text AS client_key, seq, version, at, fingerprint FROM messages
  WHERE app_id = $1 AND group_id = ANY($2::text[]) AND client_key = ANY($3::uuid[])`
const groupsText = `UPDATE groups SET version = ($3::jsonb->group_id->>0)::bigint, last_seq = ($3::jsonb->group_id->>1)::bigint,
    last_ordinal = ($3::jsonb->group_id->>2)::bigint, last_word_seq = ($3::jsonb->group_id->>3)::bigint,
    last_at = ($3::jsonb->group_id->>4)::bigint
  WHERE app_id = $1 AND group_id = ANY($2::text[])`
const ownText = `UPDATE members SET own = ($2::jsonb->>(ctid::text))::bigint WHERE app_id = $1 AND ctid = ANY($3::tid[])`
const insertText = `INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state,
    countable, ordinal, own, at)
  SELECT $1, t.* FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::uuid[], $7::text[], $8::bigint[], $9::text[],
    $10::json[], $11::json[], $12::boolean[], $13::bigint[], $14::bigint[], $15::bigint[]) AS t`

/** One outcome per post, in their order. Throws if the store failed: then nothing was written, or it is not known. */
export async function writeBatch(
  lane: Lane,
  appId: string,
  now: number,
  appends: readonly Append[],
): Promise<Outcome[]> {
  const hoped = await writeHoping(lane, appId, now, appends)
  if (hoped !== undefined) return hoped
  try {
    const plan = await readPlan(lane, appId, appends)
    const outcomes = appends.map((append, i) => place(plan, append, i, now))
    await writePlan(lane, appId, appends, plan, outcomes)
    return outcomes
  } catch (error) {
    await undo(lane, appId)
    throw error
  }
}
/** Harmless when the transaction is over; without it the connection would stay in a failed one. */
async function undo(lane: Lane, appId: string): Promise<void> {
  await lane.query(appId, rollback).catch(() => undefined)
}

interface Moved {
  readonly group_id: string
  readonly version: number
  readonly last_seq: number
  readonly last_ordinal: number
  readonly at: number
  readonly mute_all: boolean
}
interface Spoken {
  readonly group_id: string
  readonly user_id: string
  readonly role: string
  readonly own: number
}

/** All posts as fresh ones of people who may speak; undefined, with nothing written, when one of them is not. */
async function writeHoping(
  lane: Lane,
  appId: string,
  now: number,
  appends: readonly Append[],
): Promise<Outcome[] | undefined> {
  const groups = new Map<string, Tally>()
  const voices = new Map<string, Tally & { readonly append: Append }>()
  for (const append of appends) {
    tally(groups, append.groupId, () => ({ n: 0, counted: 0, lastWord: 0 }), append)
    tally(voices, `${append.groupId} ${append.senderId}`, () => ({ n: 0, counted: 0, lastWord: 0, append }), append)
  }
  const [ids, tallies] = [[...groups.keys()], [...groups.values()]]
  const speakers = [...voices.values()]
  try {
    const [, moved, spoken] = await Promise.all([
      lane.query(appId, begin),
      lane.query(appId, {
        name: 'append-move',
        text: moveText,
        values: [
          appId,
          listOf(ids),
          JSON.stringify(Object.fromEntries(ids.map((id, i) => [id, countsOf(tallies[i] as Tally)]))),
          now,
        ],
      }),
      lane.query(appId, {
        name: 'append-speak',
        text: speakText,
        values: [
          appId,
          listOf(speakers.map((v) => v.append.groupId)),
          listOf(speakers.map((v) => v.append.senderId)),
          listOf(speakers.map((v) => v.counted)),
          now,
        ],
      }),
    ])
    const placed = placeAll(
      appends,
      groups,
      voices,
      moved.rows as unknown as Moved[],
      spoken.rows as unknown as Spoken[],
    )
    if (placed === undefined) {
      await undo(lane, appId)
      return undefined
    }
    await Promise.all([lane.query(appId, insertion(appId, placed)), lane.query(appId, commit)])
    return placed.map((row) => ({ placed: row.placed, replayed: false }))
  } catch (error) {
    await undo(lane, appId)
    if (storeTrouble(error) === 'duplicate') return undefined
    throw error
  }
}

interface Tally {
  n: number
  counted: number
  /** Position within the tally of the last countable one; 0 if none. */
  lastWord: number
}
const countsOf = (t: Tally) => [t.n, t.counted, t.lastWord]
function tally<T extends Tally>(tallies: Map<string, T>, key: string, make: () => T, append: Append): void {
  let entry = tallies.get(key)
  if (entry === undefined) tallies.set(key, (entry = make()))
  entry.n += 1
  if (!append.countable) return
  entry.counted += 1
  entry.lastWord = entry.n
}

/** Hands out positions from the counters as they are after the move; undefined if somebody was left out of it. */
function placeAll(
  appends: readonly Append[],
  groups: ReadonlyMap<string, Tally>,
  voices: ReadonlyMap<string, Tally>,
  moved: readonly Moved[],
  spoken: readonly Spoken[],
): Row[] | undefined {
  if (moved.length < groups.size || spoken.length < voices.size) return undefined
  const quiet = new Set(moved.filter((row) => row.mute_all).map((row) => row.group_id))
  if (spoken.some((voice) => voice.role === 'member' && quiet.has(voice.group_id))) return undefined
  const next = new Map(
    moved.map((row) => {
      const { n, counted } = groups.get(row.group_id) as Tally
      return [
        row.group_id,
        { seq: row.last_seq - n, version: row.version - n, ordinal: row.last_ordinal - counted, at: row.at },
      ]
    }),
  )
  const own = new Map(
    spoken.map((row) => {
      const key = `${row.group_id} ${row.user_id}`
      return [key, { own: row.own - (voices.get(key) as Tally).counted }]
    }),
  )
  return appends.map((append) => {
    const group = next.get(append.groupId) as { seq: number; version: number; ordinal: number; at: number }
    const voice = own.get(`${append.groupId} ${append.senderId}`) as { own: number }
    group.seq += 1
    group.version += 1
    if (append.countable) {
      group.ordinal += 1
      voice.own += 1
    }
    return {
      append,
      placed: { seq: group.seq, version: group.version, at: group.at, ordinal: group.ordinal, own: voice.own },
    }
  })
}

interface Row {
  readonly append: Append
  readonly placed: Placed
}
function insertion(appId: string, rows: readonly Row[]) {
  const column = (pick: (row: Row) => unknown) => listOf(rows.map(pick))
  return {
    name: 'append-insert',
    text: insertText,
    values: [
      appId,
      column((r) => r.append.groupId),
      column((r) => r.placed.seq),
      column((r) => r.placed.version),
      column((r) => r.append.senderId),
      column((r) => r.append.clientKey),
      column((r) => r.append.clientId),
      column((r) => r.append.fingerprint),
      column((r) => r.append.kind),
      column((r) => r.append.body),
      column((r) => r.append.state),
      column((r) => r.append.countable),
      column((r) => r.placed.ordinal),
      column((r) => r.placed.own),
      column((r) => r.placed.at),
    ],
  }
}

// ── with care ──
interface Plan {
  readonly groups: ReadonlyMap<string, Group>
  /** By index of the post; posts of one sender share the object. */
  readonly senders: readonly (Sender | undefined)[]
  /** By group and key. */
  readonly known: ReadonlyMap<string, Known>
}

/** The store writes a uuid with dashes, we without. */
function postKey(groupId: string, clientKey: string): string {
  return `${groupId} ${clientKey.replaceAll('-', '')}`
}

async function readPlan(lane: Lane, appId: string, appends: readonly Append[]): Promise<Plan> {
  const groupIds = [...new Set(appends.map((append) => append.groupId))]
  const voices = new Map<string, { readonly at: number; readonly append: Append }>()
  const voiceOf = appends.map((append) => {
    const key = `${append.groupId} ${append.senderId}`
    const held = voices.get(key)
    if (held !== undefined) return held.at
    voices.set(key, { at: voices.size, append })
    return voices.size - 1
  })
  const speakers = [...voices.values()].map((voice) => voice.append)
  const [, locked, sending, before] = await Promise.all([
    lane.query(appId, begin),
    lane.query(appId, { name: 'append-lock', text: lockText, values: [appId, groupIds] }),
    lane.query(appId, {
      name: 'append-senders',
      text: sendersText,
      values: [appId, speakers.map((a) => a.groupId), speakers.map((a) => a.senderId)],
    }),
    lane.query(appId, {
      name: 'append-known',
      text: knownText,
      values: [appId, groupIds, appends.map((a) => a.clientKey)],
    }),
  ])
  const groups = new Map((locked.rows as unknown as Group[]).map((row) => [row.group_id, row]))
  const found = new Map((sending.rows as unknown as Sender[]).map((row) => [row.i, row]))
  const known = new Map((before.rows as unknown as Known[]).map((row) => [postKey(row.group_id, row.client_key), row]))
  return { groups, senders: voiceOf.map((at) => found.get(at)), known }
}

/** Decides one post and moves the counters it uses. */
function place({ groups, senders, known }: Plan, append: Append, i: number, now: number): Outcome {
  const before = known.get(postKey(append.groupId, append.clientKey))
  const group = groups.get(append.groupId)
  const sender = senders[i]
  if (group === undefined || sender?.active !== true) return { refusal: { code: 'group.not_found' } }
  if (before !== undefined) {
    if (before.fingerprint !== append.fingerprint) return { refusal: { code: 'idempotency.key_reused' } }
    return { placed: { seq: before.seq, version: before.version, at: before.at, ordinal: 0, own: 0 }, replayed: true }
  }
  if (group.disbanded_at !== null) return { refusal: { code: 'group.dissolved' } }
  if (sender.muted_until > now) return { refusal: { code: 'member.muted', retryAfterMs: sender.muted_until - now } }
  if (group.mute_all && sender.role === 'member') return { refusal: { code: 'member.muted' } }
  const counts = append.countable ? 1 : 0
  group.version += 1
  group.last_seq += 1
  group.last_ordinal += counts
  group.last_at = Math.max(group.last_at, now)
  if (append.countable) group.last_word_seq = group.last_seq
  group.isChanged = true
  sender.own += counts
  if (append.countable) sender.isChanged = true
  return {
    placed: {
      seq: group.last_seq,
      version: group.version,
      at: group.last_at,
      ordinal: group.last_ordinal,
      own: sender.own,
    },
    replayed: false,
  }
}

async function writePlan(
  lane: Lane,
  appId: string,
  appends: readonly Append[],
  plan: Plan,
  outcomes: readonly Outcome[],
): Promise<void> {
  const fresh: Row[] = []
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.placed !== undefined && !outcome.replayed)
      fresh.push({ append: appends[i] as Append, placed: outcome.placed })
  }
  if (fresh.length === 0) {
    await lane.query(appId, commit)
    return
  }
  const groups = [...plan.groups.values()].filter((group) => group.isChanged)
  const counters = Object.fromEntries(
    groups.map((g) => [g.group_id, [g.version, g.last_seq, g.last_ordinal, g.last_word_seq, g.last_at]]),
  )
  const senders = new Set(plan.senders.filter((sender) => sender?.isChanged === true) as Sender[])
  const own = Object.fromEntries([...senders].map((sender) => [sender.place, sender.own]))
  await Promise.all([
    lane.query(appId, {
      name: 'append-groups',
      text: groupsText,
      values: [appId, groups.map((g) => g.group_id), JSON.stringify(counters)],
    }),
    lane.query(appId, { name: 'append-own', text: ownText, values: [appId, JSON.stringify(own), Object.keys(own)] }),
    lane.query(appId, insertion(appId, fresh)),
    lane.query(appId, commit),
  ])
}
