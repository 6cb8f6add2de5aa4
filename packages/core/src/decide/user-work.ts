/** What one decision does to people's own streams: their part of cards, their records, their conversations. */
import { sql } from 'kysely'
import { must } from '../host/assert.ts'
import { conversationText, readConversations } from '../read/conversations.ts'
import type { Footing } from './footing.ts'
import type { Ordered } from './lock-order.ts'
import type { UserNews } from '../ground/publication.ts'
import { mineText, recordText, type RowText } from '../ground/row-text.ts'
import type { GroupDbRow, MineDbRow, RecordDbRow } from '../ground/store.ts'

export interface UserWork {
  /** By group and seq. */
  readonly mine: Map<
    string,
    { readonly groupId: string; readonly seq: number; readonly kind: string; readonly body: string }
  >
  readonly hidden: Map<
    string,
    { readonly groupId: string; readonly seq: number; readonly kind: string; readonly hidden: boolean }
  >
  readonly records: Map<string, Omit<RecordDbRow, 'version'>>
  /** Groups whose conversation row changed. */
  readonly conversations: Set<string>
  readonly follow: Map<string, number>
  readonly unfollow: Set<string>
}
/** Above this many people a decision publishes no conversation rows: nodes read them for those who are connected. */
const composedMax = 100

/** A decision as far as people's streams go. */
interface People extends Ordered {
  readonly users: ReadonlyMap<string, UserWork>
  groupWork(groupId: string): { readonly row: GroupDbRow }
}
interface Stamped {
  readonly userId: string
  readonly work: UserWork
  readonly from: number
  version: number
  readonly rows: RowText[]
}

/** Locks the users in the order of their ids, stamps and writes all their rows in a few set-based statements. */
export async function stampUsers(decision: People): Promise<{ userId: string; news: UserNews; rows: RowText[] }[]> {
  const stamped = await lockStamped(decision)
  if (stamped.length === 0) return []
  await writeMine(decision, stamped)
  await writeRecords(decision, stamped)
  await writeConversations(decision, stamped)
  return stamped.map(({ userId, work, from, version, rows }) => ({
    userId,
    rows,
    news: {
      from,
      to: version,
      ...(work.follow.size === 0
        ? {}
        : {
            follow: [...work.follow].map(
              ([groupId, joinSeq]) => [groupId, joinSeq, decision.groupWork(groupId).row.version] as const,
            ),
          }),
      ...(work.unfollow.size === 0 ? {} : { unfollow: [...work.unfollow] }),
    },
  }))
}

function stampsOf(work: UserWork): number {
  return work.mine.size + work.hidden.size + work.records.size + work.conversations.size
}

async function lockStamped(decision: People): Promise<Stamped[]> {
  const { users, appId, tx, order } = decision
  const ids = [...users.keys()].filter((userId) => stampsOf(must(users.get(userId), 'a user')) > 0).toSorted()
  if (ids.length === 0) return []
  const locks = ids.map((userId) => ({ kind: 'user', userId }) as const)
  await order.reach(locks)
  const counts = ids.map((userId) => stampsOf(must(users.get(userId), 'a user')))
  // NOTE: the sub-select with ORDER BY takes the row locks in the order of ids; the update then finds them held.
  const { rows } = await sql<{ user_id: string; version: number }>`
    WITH wanted AS (SELECT * FROM unnest(${ids}::text[], ${counts}::bigint[]) WITH ORDINALITY AS t(user_id, n, place)),
      held AS MATERIALIZED (SELECT u.user_id FROM users u JOIN wanted USING (user_id) WHERE u.app_id = ${appId}
        ORDER BY wanted.place FOR UPDATE OF u)
    UPDATE users u SET version = u.version + wanted.n FROM wanted, held
    WHERE u.app_id = ${appId} AND u.user_id = wanted.user_id AND held.user_id = wanted.user_id
    RETURNING u.user_id, u.version`.execute(tx)
  // Somebody nobody mentioned before: their row is made in the order of ids, too, so before the others are held.
  if (rows.length < ids.length) throw order.overtaken(locks)
  const versions = new Map(rows.map((row) => [row.user_id, row.version]))
  return ids.map((userId) => {
    const work = must(users.get(userId), 'a user')
    const from = must(versions.get(userId), 'a version') - stampsOf(work)
    return { userId, work, from, version: from, rows: [] }
  })
}

async function writeMine({ appId, tx }: Footing, stamped: readonly Stamped[]): Promise<void> {
  const values: object[] = []
  for (const user of stamped) {
    for (const part of user.work.mine.values()) {
      values.push({ user_id: user.userId, ...part, group_id: part.groupId, version: ++user.version, hidden: null })
    }
    for (const part of user.work.hidden.values()) {
      values.push({ user_id: user.userId, ...part, group_id: part.groupId, version: ++user.version, body: null })
    }
  }
  if (values.length === 0) return
  const { rows } = await sql<MineDbRow & { user_id: string }>`
    INSERT INTO mine AS old (app_id, user_id, group_id, seq, version, kind, body, hidden)
    SELECT ${appId}, t.user_id, t.group_id, t.seq, t.version, t.kind, coalesce(t.body, 'null')::json, coalesce(t.hidden, false)
    FROM json_to_recordset(${JSON.stringify(values)}::json)
      AS t(user_id text, group_id text, seq bigint, version bigint, kind text, body text, hidden boolean)
    ON CONFLICT (app_id, user_id, group_id, seq) DO UPDATE SET version = excluded.version,
      body = CASE WHEN excluded.body::text = 'null' THEN old.body ELSE excluded.body END,
      hidden = CASE WHEN excluded.body::text = 'null' THEN excluded.hidden ELSE old.hidden END
    RETURNING user_id, group_id, seq, version, kind, body, hidden`.execute(tx)
  addTexts(stamped, rows, mineText)
}

async function writeRecords({ appId, tx }: Footing, stamped: readonly Stamped[]): Promise<void> {
  const values: (RecordDbRow & { user_id: string; stream: string })[] = []
  for (const user of stamped) {
    for (const record of user.work.records.values()) {
      values.push({ user_id: user.userId, stream: `user/${user.userId}`, ...record, version: ++user.version })
    }
  }
  if (values.length === 0) return
  await sql`INSERT INTO records (app_id, stream, kind, key, version, body)
    SELECT ${appId}, t.stream, t.kind, t.key, t.version, t.body::json
    FROM json_to_recordset(${JSON.stringify(values)}::json) AS t(stream text, kind text, key text, version bigint, body text)
    ON CONFLICT (app_id, stream, kind, key) DO UPDATE SET version = excluded.version, body = excluded.body`.execute(tx)
  addTexts(stamped, values, recordText)
}

async function writeConversations(decision: Footing, stamped: readonly Stamped[]): Promise<void> {
  const { appId, tx } = decision
  const values = stamped.flatMap((user) =>
    [...user.work.conversations].map((groupId) => ({
      user_id: user.userId,
      group_id: groupId,
      version: ++user.version,
    })),
  )
  if (values.length === 0) return
  await sql`UPDATE conversations c SET version = t.version
    FROM json_to_recordset(${JSON.stringify(values)}::json) AS t(user_id text, group_id text, version bigint)
    WHERE c.app_id = ${appId} AND c.user_id = t.user_id AND c.group_id = t.group_id`.execute(tx)
  if (stamped.length > composedMax) return
  for (const user of stamped) {
    if (user.work.conversations.size === 0) continue
    const views = await readConversations(decision.tx, appId, user.userId, { groupIds: [...user.work.conversations] })
    for (const view of views) user.rows.push(conversationText(view, decision.engine.registry))
  }
}

function addTexts<R extends { user_id: string }>(
  stamped: readonly Stamped[],
  rows: readonly R[],
  text: (row: R) => RowText,
): void {
  const byUser = new Map(stamped.map((user) => [user.userId, user]))
  for (const row of rows) must(byUser.get(row.user_id), 'a stamped user').rows.push(text(row))
}
