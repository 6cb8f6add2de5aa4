/** Writes of one message within a decision that holds its group. */
import type { Text } from '@qun/contract'
import { sql } from 'kysely'
import type { Footing } from './footing.ts'
import { keyOf } from '../ground/engine.ts'
import type { LastWords } from '../ground/publication.ts'
import type { RowText } from '../ground/row-text.ts'
import { silenceMin } from '../host/silences.ts'
import type { GroupDbRow, MessageDbRow } from '../ground/store.ts'

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

/** A message as it is posted. The card's first state is the caller's business. */
export interface NewMessage {
  readonly senderId: string
  readonly clientId: string
  readonly fingerprint: number
  readonly kind: string
  readonly body: string
  readonly state: string
  readonly countable: boolean
  readonly summary: Text
  readonly mentions: readonly string[]
  /** [MER7] JSON text of the shop it is spoken as. */
  readonly spokenAs?: string | null
  /** [MER9] Posted with the host's own key. */
  readonly byHost?: boolean
}
/** The row behind the last of a locked group; `own` counts the sender's words up to it. */
export function nextRow(
  group: GroupDbRow,
  message: NewMessage,
  own: number,
  now: number,
): MessageDbRow & { readonly client_id: string } {
  return {
    seq: group.last_seq + 1,
    version: group.version + 1,
    sender_id: message.senderId,
    client_id: message.clientId,
    kind: message.kind,
    body: message.body,
    state: message.state,
    countable: message.countable,
    ordinal: group.last_ordinal + (message.countable ? 1 : 0),
    own,
    at: Math.max(group.last_at, now),
    recalled_by: null,
    recalled_at: null,
    spoken_as: message.spokenAs ?? null,
  }
}

export async function insertMessage(
  { appId, tx }: Footing,
  groupId: string,
  row: MessageDbRow & { readonly client_id: string },
  { fingerprint, byHost }: Pick<NewMessage, 'fingerprint' | 'byHost'>,
): Promise<void> {
  await sql`INSERT INTO messages
      (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, ordinal, own, at,
      spoken_as, by_host)
    VALUES (${appId}, ${groupId}, ${row.seq}, ${row.version}, ${row.sender_id}, ${keyOf(row.sender_id, row.client_id)}::uuid,
      ${row.client_id}, ${fingerprint}, ${row.kind}, ${row.body}::json, ${row.state}::json,
      ${row.countable}, ${row.ordinal}, ${row.own}, ${row.at}, ${row.spoken_as}::json,
      ${byHost === true ? true : null})`.execute(tx)
}
/**
 * Counts the word of the sender at `seq`, and writes down the silence that it ends, without stamping the member's row:
 * nobody else is shown this.
 */
export async function countOwn({ appId, tx }: Footing, groupId: string, userId: string, seq: number): Promise<void> {
  const key = sql`app_id = ${appId} AND group_id = ${groupId} AND user_id = ${userId}`
  await sql`WITH old AS (SELECT own, spoke_seq, spoke_own FROM members WHERE ${key}),
      counted AS (UPDATE members SET own = own + 1, spoke_seq = ${seq}, spoke_own = own + 1 WHERE ${key})
    INSERT INTO silences (app_id, group_id, user_id, seq, since, own)
    SELECT ${appId}, ${groupId}, ${userId}, ${seq}, spoke_seq, own + 1 FROM old
    WHERE spoke_own = own AND ${seq} - spoke_seq > ${silenceMin}`.execute(tx)
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
