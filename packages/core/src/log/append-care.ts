/**
 * Posts of one group in a transaction of their own, decided one by one under the group's lock: retries, strangers,
 * somebody muted, or a group whose row somebody else holds. What the posts depend on is read after the lock and holds
 * until commit: a retry is always found, and two nodes never make one message twice.
 */
import type { Store, Tx } from '@qun/storage'
import { sql } from 'kysely'
import { silenceMin } from '../host/silences.ts'
import type { Append, Outcome, Placed } from './append-post.ts'
import { listOf } from './append-batch.ts'

interface Group {
  readonly disbanded_at: number | null
  readonly mute_all: boolean
  version: number
  last_seq: number
  last_ordinal: number
  last_word_seq: number
  last_at: number
}
interface Sender {
  readonly user_id: string
  readonly active: boolean
  readonly muted_until: number
  readonly role: string
  own: number
  spoke_seq: number
  spoke_own: number
}
/** See silences.ts. */
interface Silence {
  readonly user_id: string
  readonly seq: number
  readonly since: number
  readonly own: number
}
interface Known {
  readonly client_key: string
  readonly seq: number
  readonly version: number
  readonly at: number
  readonly fingerprint: number
}
interface Plan {
  readonly group: Group | undefined
  readonly senders: ReadonlyMap<string, Sender>
  readonly known: ReadonlyMap<string, Known>
  /** Those that end with the posts placed so far. */
  readonly silences: Silence[]
}
interface Row {
  readonly append: Append
  readonly placed: Placed
}

/** One outcome per post, in their order; all of one group. Throws if the store failed. */
export function writeWithCare(store: Store, now: number, appends: readonly Append[]): Promise<Outcome[]> {
  const { appId, groupId } = appends[0] as Append
  return store.transaction(appId, async (tx) => {
    const plan = await readPlan(tx, appId, groupId, appends)
    const outcomes = appends.map((append) => place(plan, append, now))
    const rows: Row[] = []
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.placed !== undefined && !outcome.replayed)
        rows.push({ append: appends[i] as Append, placed: outcome.placed })
    }
    if (plan.group !== undefined && rows.length > 0) await write(tx, appId, groupId, plan.group, plan, rows)
    return outcomes
  })
}

/** The store writes a uuid with dashes, we without. */
const bare = (uuid: string) => uuid.replaceAll('-', '')

async function readPlan(tx: Tx, appId: string, groupId: string, appends: readonly Append[]): Promise<Plan> {
  // Sent together, run in this order: what follows the lock sees what was committed before it.
  const [groups, senders, known] = await Promise.all([
    sql<Group>`SELECT disbanded_at, mute_all, version, last_seq, last_ordinal, last_word_seq, last_at FROM groups
      WHERE app_id = ${appId} AND group_id = ${groupId} FOR UPDATE`.execute(tx),
    sql<Sender>`SELECT user_id, active, muted_until, role, own, spoke_seq, spoke_own FROM members
      WHERE app_id = ${appId} AND group_id = ${groupId}
      AND user_id = ANY(${[...new Set(appends.map((append) => append.senderId))]}::text[])`.execute(tx),
    sql<Known>`SELECT client_key::text AS client_key, seq, version, at, fingerprint FROM messages
      WHERE app_id = ${appId} AND group_id = ${groupId} AND client_key = ANY(${appends.map((append) => append.clientKey)}::uuid[])`.execute(
      tx,
    ),
  ])
  return {
    group: groups.rows[0],
    senders: new Map(senders.rows.map((row) => [row.user_id, row])),
    known: new Map(known.rows.map((row) => [bare(row.client_key), row])),
    silences: [],
  }
}

/** Decides one post and moves the counters it uses. */
function place({ group, senders, known, silences }: Plan, append: Append, now: number): Outcome {
  const before = known.get(append.clientKey)
  const sender = senders.get(append.senderId)
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
  if (append.countable) speak(sender, group.last_seq, silences)
  const { last_seq: seq, version, last_at: at, last_ordinal: ordinal } = group
  return { placed: { seq, version, at, ordinal, own: sender.own }, replayed: false }
}

function speak(sender: Sender, seq: number, silences: Silence[]): void {
  const { user_id, spoke_seq: since } = sender
  const isKnown = sender.spoke_own === sender.own
  sender.own += 1
  sender.spoke_seq = seq
  sender.spoke_own = sender.own
  if (isKnown && seq - since > silenceMin) silences.push({ user_id, seq, since, own: sender.own })
}

async function write(
  tx: Tx,
  appId: string,
  groupId: string,
  group: Group,
  { senders, silences }: Plan,
  rows: readonly Row[],
): Promise<void> {
  const spoke = [...new Set(rows.map((row) => row.append.senderId))].map((id) => senders.get(id) as Sender)
  const column = (pick: (row: Row) => unknown) => listOf(rows.map(pick))
  await Promise.all([
    sql`UPDATE groups SET version = ${group.version}, last_seq = ${group.last_seq}, last_ordinal = ${group.last_ordinal},
      last_word_seq = ${group.last_word_seq}, last_at = ${group.last_at}
      WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx),
    sql`UPDATE members b SET own = t.own, spoke_seq = t.spoke_seq, spoke_own = t.spoke_own
      FROM unnest(${listOf(spoke.map((sender) => sender.user_id))}::text[], ${listOf(spoke.map((sender) => sender.own))}::bigint[],
        ${listOf(spoke.map((sender) => sender.spoke_seq))}::bigint[],
        ${listOf(spoke.map((sender) => sender.spoke_own))}::bigint[]) AS t(user_id, own, spoke_seq, spoke_own)
      WHERE b.app_id = ${appId} AND b.group_id = ${groupId} AND b.user_id = t.user_id`.execute(tx),
    ...(silences.length === 0 ? [] : [writeSilences(tx, appId, groupId, silences)]),
    sql`INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body,
        state, countable, ordinal, own, at)
      SELECT ${appId}, ${groupId}, t.* FROM unnest(${column((r) => r.placed.seq)}::bigint[], ${column((r) => r.placed.version)}::bigint[],
        ${column((r) => r.append.senderId)}::text[], ${column((r) => r.append.clientKey)}::uuid[], ${column((r) => r.append.clientId)}::text[],
        ${column((r) => r.append.fingerprint)}::bigint[], ${column((r) => r.append.kind)}::text[], ${column((r) => r.append.body)}::json[],
        ${column((r) => r.append.state)}::json[], ${column((r) => r.append.countable)}::boolean[], ${column((r) => r.placed.ordinal)}::bigint[],
        ${column((r) => r.placed.own)}::bigint[], ${column((r) => r.placed.at)}::bigint[]) AS t`.execute(tx),
  ])
}

async function writeSilences(tx: Tx, appId: string, groupId: string, silences: readonly Silence[]): Promise<void> {
  await sql`INSERT INTO silences (app_id, group_id, user_id, seq, since, own)
    SELECT ${appId}, ${groupId}, t.* FROM json_to_recordset(${JSON.stringify(silences)}::json)
      AS t(user_id text, seq bigint, since bigint, own bigint)`.execute(tx)
}
