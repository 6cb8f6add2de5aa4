/** What a group's followers missed when the bus lost news: all rows since a version, and what lists show of them. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { bornWithin, changedWithin, findReach } from '../read/changed-messages.ts'
import { summaryOf } from '../read/conversations.ts'
import { messageSize } from '../read/within.ts'
import type { Engine } from '../ground/engine.ts'
import { type GroupNews, type LastWords, type Publication, wordsOf } from '../ground/publication.ts'
import { groupText, memberText, messageText, recordText, type RowText } from '../ground/row-text.ts'
import type { GroupDbRow, MemberDbRow, MessageDbRow, RecordDbRow } from '../ground/store.ts'

type At = { readonly appId: AppId; readonly groupId: string }
interface Since {
  readonly version: number
  readonly seq: number
  /** Who follows the group here: their counts and mentions are told. */
  readonly userIds: readonly string[]
}
/** Mentions of followers in one gap; more are not told by heads, and each follower reads their own. */
const mentionsMax = 5_000

/**
 * Reads as one publication from `since.version` to the present; counts and mentions for the users named. More rows
 * than a page has are not told: the news says that they are skipped. Undefined if even lists cannot be told.
 */
export async function readGap(
  engine: Engine,
  tx: Tx,
  at: At,
  since: Since,
): Promise<Publication<GroupNews> | undefined> {
  const { appId, groupId } = at
  const from = since.version
  const groups = await sql<GroupDbRow>`SELECT * FROM groups WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(
    tx,
  )
  const group = groups.rows[0]
  if (group === undefined) return { news: { from, to: from }, rows: [] }
  const rows = await readRows(engine, tx, at, from)
  const last = await readLastWords(engine, tx, at, group.last_word_seq)
  const own = await sql<{ user_id: string; own: number }>`SELECT user_id, own FROM members
    WHERE app_id = ${appId} AND group_id = ${groupId} AND user_id = ANY(${since.userIds}::text[])`.execute(tx)
  const mentions = await sql<{
    user_id: string
    seq: number
    sender_id: string
  }>`SELECT user_id, seq, sender_id FROM mentions
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq > ${since.seq}
      AND user_id = ANY(${[...since.userIds, '*']}::text[]) LIMIT ${mentionsMax + 1}`.execute(tx)
  if (mentions.rows.length > mentionsMax && since.userIds.length > 0) return undefined
  if (rows !== undefined && group.row_version > from) rows.push(groupText(group))
  return {
    news: {
      from,
      to: group.version,
      lastSeq: group.last_seq,
      lastOrdinal: group.last_ordinal,
      at: group.last_at,
      face: true,
      own: own.rows.map((row) => [row.user_id, row.own] as const),
      mentions: mentions.rows.map((row) => [row.user_id, row.seq, row.sender_id] as const),
      ...(await readMoves(tx, at, since)),
      ...(last === undefined ? {} : { last }),
      ...(rows === undefined ? { skips: true as const } : {}),
    },
    rows: (rows ?? []).toSorted((a, b) => a.version - b.version),
  }
}

/** Messages, members and records changed after a version; undefined if they are more than one frame takes. */
async function readRows(engine: Engine, tx: Tx, { appId, groupId }: At, from: number): Promise<RowText[] | undefined> {
  const { pullRowsMax, pageBytesMax } = engine.limits
  const limit = pullRowsMax + 1
  const reach = await findReach(tx, { appId, groupId }, from, limit)
  if (reach === undefined || reach.until < reach.version) return undefined
  const born = bornWithin({ appId, groupId }, reach, limit)
  const changed = changedWithin({ appId, groupId }, { from, until: reach.version, limit })
  const { rows: sizes } = await sql<{ bytes: number; n: number }>`SELECT count(*) AS n,
      coalesce(sum(${messageSize}), 0) AS bytes
    FROM ((${born}) UNION ALL (${changed})) t`.execute(tx)
  if ((sizes[0]?.n ?? 0) > pullRowsMax || (sizes[0]?.bytes ?? 0) > 4 * pageBytesMax) return undefined
  const messages = await sql<MessageDbRow>`(${born}) UNION ALL (${changed})`.execute(tx)
  const members =
    await sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m JOIN users u USING (app_id, user_id)
    WHERE m.app_id = ${appId} AND m.group_id = ${groupId} AND m.version > ${from} LIMIT ${limit}`.execute(tx)
  const records = await sql<RecordDbRow>`SELECT kind, key, version, body FROM records
    WHERE app_id = ${appId} AND stream = ${`group/${groupId}`} AND version > ${from} LIMIT ${limit}`.execute(tx)
  if (members.rows.length === limit || records.rows.length === limit) return undefined
  return [...messages.rows.map(messageText), ...members.rows.map(memberText), ...records.rows.map(recordText)]
}

/** Who of the followers left, and who came: back, or for the first time. */
async function readMoves(tx: Tx, { appId, groupId }: At, since: Since): Promise<Pick<GroupNews, 'left' | 'joined'>> {
  const { rows } = await sql<{ user_id: string; active: boolean; join_seq: number }>`SELECT user_id, active, join_seq
    FROM members WHERE app_id = ${appId} AND group_id = ${groupId} AND version > ${since.version}
      AND user_id = ANY(${since.userIds}::text[])`.execute(tx)
  const left = rows.filter((member) => !member.active).map((member) => member.user_id)
  const joined = rows.filter((member) => member.active).map((member) => [member.user_id, member.join_seq] as const)
  return { ...(left.length === 0 ? {} : { left }), ...(joined.length === 0 ? {} : { joined }) }
}

/** What lists show of the message at `seq`; undefined when there is none. */
export async function readLastWords(
  engine: Engine,
  tx: Tx,
  { appId, groupId }: At,
  seq: number,
): Promise<LastWords | undefined> {
  const { rows } = await sql<MessageDbRow>`SELECT * FROM messages
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`.execute(tx)
  const row = rows[0]
  if (row === undefined) return undefined
  const [body, state] = [row.body, row.state].map((text) => (text === null ? undefined : (JSON.parse(text) as unknown)))
  return wordsOf(row, summaryOf(engine.registry, row.kind, body, state))
}
