/** Reads a person's own stream: conversations, their parts of cards, their records, as rows since a version. */
import type { AppId, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { conversationText, type ConversationView, headOf, mentionsIn, readConversations } from './conversations.ts'
import type { Engine } from '../ground/engine.ts'
import type { Registry } from '../host/registry.ts'
import { mineText, recordText, type RowText } from '../ground/row-text.ts'
import type { MineDbRow, RecordDbRow } from '../ground/store.ts'

export interface OwnStream {
  readonly version: number
  readonly rows: readonly RowText[]
  /** All groups the person is in, changed or not; and those they left since. */
  readonly views: readonly ConversationView[]
}

/** From 0 the whole stream, without parts of cards: those come with the snapshots of groups. */
export async function readOwnStream(
  engine: Engine,
  tx: Tx,
  { appId, userId }: { readonly appId: AppId; readonly userId: UserId },
  since: number,
): Promise<OwnStream> {
  const user = await sql<{ version: number }>`SELECT version FROM users
    WHERE app_id = ${appId} AND user_id = ${userId}`.execute(tx)
  const views = await readConversations(tx, appId, userId, since === 0 ? {} : { since })
  const shown = since === 0 ? views : views.filter((view) => view.version > since)
  const mine = since === 0 ? [] : await readMineSince(tx, appId, userId, since)
  const records = await sql<RecordDbRow>`SELECT kind, key, version, body FROM records
    WHERE app_id = ${appId} AND stream = ${`user/${userId}`} AND version > ${since}
      AND (${since > 0} OR body IS NOT NULL)`.execute(tx)
  const rows = [
    ...shown.map((view) => conversationText(view, engine.registry)),
    ...mine.map(mineText),
    ...records.rows.map(recordText),
  ]
  return { version: user.rows[0]?.version ?? 0, rows: rows.toSorted((a, b) => a.version - b.version), views }
}

async function readMineSince(tx: Tx, appId: AppId, userId: UserId, since: number): Promise<MineDbRow[]> {
  const { rows } = await sql<MineDbRow>`SELECT group_id, seq, version, kind, body, hidden FROM mine
    WHERE app_id = ${appId} AND user_id = ${userId} AND version > ${since}`.execute(tx)
  return rows
}

/** The head of a group as one viewer sees it, with all that heads tell only when it changed. */
export function freshHead(view: ConversationView, registry: Registry): object {
  return {
    ...headOf(view, registry),
    own: view.own,
    mentions: mentionsIn(view),
    group: { name: view.name, avatar: view.avatar, memberCount: view.member_count },
  }
}
