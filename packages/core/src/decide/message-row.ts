/** Writes of one message within a decision that holds its group. */
import { sql } from 'kysely'
import type { Footing } from './footing.ts'
import { keyOf } from '../ground/engine.ts'
import type { LastWords } from '../ground/publication.ts'
import type { RowText } from '../ground/row-text.ts'
import type { MessageDbRow } from '../ground/store.ts'

export interface PostedRow {
  readonly seq: number
  readonly ordinal: number
  readonly own: number
  readonly at: number
  readonly senderId: string
  readonly countable: boolean
  readonly words: LastWords
  readonly text: RowText
}

export async function insertMessage(
  { appId, tx }: Footing,
  groupId: string,
  row: MessageDbRow & { readonly client_id: string },
  fingerprint: number,
): Promise<void> {
  await sql`INSERT INTO messages
      (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, ordinal, own, at)
    VALUES (${appId}, ${groupId}, ${row.seq}, ${row.version}, ${row.sender_id}, ${keyOf(row.sender_id, row.client_id)}::uuid,
      ${row.client_id}, ${fingerprint}, ${row.kind}, ${row.body}::json, ${row.state}::json,
      ${row.countable}, ${row.ordinal}, ${row.own}, ${row.at})`.execute(tx)
}
/** Counts a word of the sender without stamping the member's row: nobody else is shown this number. */
export async function countOwn({ appId, tx }: Footing, groupId: string, userId: string): Promise<void> {
  await sql`UPDATE members SET own = own + 1 WHERE app_id = ${appId} AND group_id = ${groupId}
    AND user_id = ${userId}`.execute(tx)
}
export async function writeMentions(
  { appId, tx }: Footing,
  groupId: string,
  { seq, sender_id }: Pick<MessageDbRow, 'seq' | 'sender_id'>,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return
  await sql`INSERT INTO mentions (app_id, group_id, user_id, seq, sender_id)
    SELECT ${appId}, ${groupId}, t, ${seq}, ${sender_id} FROM unnest(${[...new Set(userIds)]}::text[]) t
    ON CONFLICT DO NOTHING`.execute(tx)
}
