/** What a group's followers missed when the bus lost news: all rows since a version, and what lists show of them. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { summaryOf } from '../read/conversations.ts'
import type { Engine } from '../ground/engine.ts'
import type { GroupNews, LastWords, Publication } from '../ground/publication.ts'
import { groupText, memberText, messageText, recordText } from '../ground/row-text.ts'
import type { GroupDbRow, MemberDbRow, MessageDbRow, RecordDbRow } from '../ground/store.ts'

/** Reads as one publication from `since.version` to the present; counts and mentions for the users named. */
export async function readGap(
  engine: Engine,
  tx: Tx,
  { appId, groupId }: { readonly appId: AppId; readonly groupId: string },
  since: { readonly version: number; readonly seq: number; readonly userIds: readonly string[] },
): Promise<Publication<GroupNews>> {
  const from = since.version
  const groups = await sql<GroupDbRow>`SELECT * FROM groups WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(
    tx,
  )
  const group = groups.rows[0]
  if (group === undefined) return { news: { from, to: from }, rows: [] }
  const messages = await sql<MessageDbRow>`SELECT * FROM messages
    WHERE app_id = ${appId} AND group_id = ${groupId} AND version > ${from} ORDER BY version`.execute(tx)
  const members =
    await sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m JOIN users u USING (app_id, user_id)
    WHERE m.app_id = ${appId} AND m.group_id = ${groupId} AND m.version > ${from}`.execute(tx)
  const records = await sql<RecordDbRow>`SELECT kind, key, version, body FROM records
    WHERE app_id = ${appId} AND stream = ${`group/${groupId}`} AND version > ${from}`.execute(tx)
  const last = await readLastWords(engine, tx, { appId, groupId }, group.last_word_seq)
  const own = await sql<{ user_id: string; own: number }>`SELECT user_id, own FROM members
    WHERE app_id = ${appId} AND group_id = ${groupId} AND user_id = ANY(${since.userIds}::text[])`.execute(tx)
  const mentions = await sql<{
    user_id: string
    seq: number
    sender_id: string
  }>`SELECT user_id, seq, sender_id FROM mentions
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq > ${since.seq}
      AND user_id = ANY(${[...since.userIds, '*']}::text[])`.execute(tx)
  const rows = [...messages.rows.map(messageText), ...members.rows.map(memberText), ...records.rows.map(recordText)]
  if (group.row_version > from) rows.push(groupText(group))
  const left = members.rows.filter((member) => !member.active).map((member) => member.user_id)
  const joined = members.rows
    .filter((member) => member.active)
    .map((member) => [member.user_id, member.join_seq] as const)
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
      ...(left.length === 0 ? {} : { left }),
      ...(joined.length === 0 ? {} : { joined }),
      ...(last === undefined ? {} : { last }),
    },
    rows: rows.toSorted((a, b) => a.version - b.version),
  }
}

/** What lists show of the message at `seq`; undefined when there is none. */
export async function readLastWords(
  engine: Engine,
  tx: Tx,
  { appId, groupId }: { readonly appId: AppId; readonly groupId: string },
  seq: number,
): Promise<LastWords | undefined> {
  const { rows } = await sql<MessageDbRow>`SELECT * FROM messages
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`.execute(tx)
  const row = rows[0]
  if (row === undefined) return undefined
  const [body, state] = [row.body, row.state].map((text) => (text === null ? undefined : (JSON.parse(text) as unknown)))
  return { seq, senderId: row.sender_id, kind: row.kind, summary: summaryOf(engine.registry, row.kind, body, state) }
}
