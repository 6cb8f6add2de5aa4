/** Reads and writes of a group's own row within a decision. */
import { type RawBuilder, sql } from 'kysely'
import { must } from '../host/assert.ts'
import type { Footing } from './footing.ts'
import type { GroupDbRow } from '../ground/store.ts'

/** Facts of a whole app are numbered by a row of `groups` that is nobody's group. */
export const appFactsGroupId = ''

export async function findRow(
  { appId, tx }: Footing,
  groupId: string,
  lock: RawBuilder<unknown>,
): Promise<GroupDbRow | undefined> {
  const { rows } = await sql<GroupDbRow>`SELECT * FROM groups
    WHERE app_id = ${appId} AND group_id = ${groupId} ${lock}`.execute(tx)
  return rows[0]
}
/** What may end what is live in a group: that it is over, or that its merchant gives nothing any more. */
export type Ending = Pick<GroupDbRow, 'disbanded_at' | 'stopped_at'>
export async function readEnding({ appId, tx }: Footing, groupId: string): Promise<Ending> {
  const { rows } = await sql<Ending>`SELECT disbanded_at, stopped_at FROM groups
    WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
  return must(rows[0], 'the group of a message')
}
export async function ensureAppFacts({ appId, tx, now }: Footing): Promise<void> {
  await sql`INSERT INTO groups (app_id, group_id, name, owner_id, settings, last_at, created_at, disbanded_at)
    VALUES (${appId}, ${appFactsGroupId}, '', '', '{}'::jsonb, ${now}, ${now}, ${now}) ON CONFLICT DO NOTHING`.execute(
    tx,
  )
}
export async function writeCounters({ appId, tx }: Footing, g: GroupDbRow): Promise<void> {
  await sql`UPDATE groups SET version = ${g.version}, last_seq = ${g.last_seq}, last_ordinal = ${g.last_ordinal},
      last_word_seq = ${g.last_word_seq}, last_fact = ${g.last_fact}, last_at = ${g.last_at}
    WHERE app_id = ${appId} AND group_id = ${g.group_id}`.execute(tx)
}
export async function writeRow({ appId, tx }: Footing, g: GroupDbRow): Promise<void> {
  await sql`UPDATE groups SET name = ${g.name}, avatar = ${g.avatar}, owner_id = ${g.owner_id},
      settings = ${JSON.stringify(g.settings)}::jsonb, mute_all = ${g.settings['muteAll'] === true}, member_count = ${g.member_count},
      version = ${g.version}, row_version = ${g.row_version}, last_seq = ${g.last_seq}, last_ordinal = ${g.last_ordinal},
      last_word_seq = ${g.last_word_seq}, last_fact = ${g.last_fact}, last_at = ${g.last_at}, disbanded_at = ${g.disbanded_at}, stopped_at = ${g.stopped_at}
    WHERE app_id = ${appId} AND group_id = ${g.group_id}`.execute(tx)
}
