/** Who made how many groups, and who banned whom; the engine keeps the members themselves. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  {
    id: 'membership-001',
    up: [
      `CREATE TABLE membership_created (
        app_id text NOT NULL, user_id text NOT NULL, group_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, user_id, group_id))`,
      `CREATE TABLE membership_bans (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL, by_id text, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, user_id))`,
      ...['membership_created', 'membership_bans'].map(rls),
    ],
  },
  // The latest bans of a group are listed without sorting all it ever made.
  {
    id: 'membership-002',
    up: [],
    online: [
      {
        index: 'membership_bans_by_time',
        create: `CREATE INDEX CONCURRENTLY membership_bans_by_time ON membership_bans
          (app_id, group_id, at DESC, user_id)`,
      },
    ],
  },
  {
    // [MER2] Groups the host made are of one merchant of the app; those that people made are of friends. Who works for
    // the merchant the host says: no role in a group ever did.
    id: 'membership-003',
    up: [
      `SET LOCAL qun.app_id = '*'`,
      `INSERT INTO merchants (app_id, merchant_id, name, path, created_at)
        SELECT app_id, 'main', 'main', '{main}', min(created_at) FROM groups WHERE group_id <> '' GROUP BY app_id
        ON CONFLICT DO NOTHING`,
      `UPDATE groups g SET merchant_path = '{main}' WHERE g.group_id <> '' AND NOT EXISTS (SELECT FROM membership_created c
        WHERE c.app_id = g.app_id AND c.group_id = g.group_id)`,
    ],
  },
]

/** A type, not an interface: Kysely's withTables needs an index signature. */
type Tables = {
  membership_created: { app_id: string; user_id: string; group_id: string; at: number }
  membership_bans: { app_id: string; group_id: string; user_id: string; by_id: string | null; at: number }
}
const tables = (tx: Tx) => tx.withTables<Tables>()

/** Instants at which a person made groups since `since`, oldest first. Others of this person wait until commit. */
export async function lockCreations(tx: Tx, appId: AppId, userId: UserId, since: number): Promise<number[]> {
  const person = `membership:${appId.length}:${appId}${userId}`
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${person}, 0))`.execute(tx)
  const rows = await tables(tx)
    .selectFrom('membership_created')
    .select('at')
    .where('app_id', '=', appId)
    .where('user_id', '=', userId)
    .where('at', '>', since)
    .orderBy('at')
    .execute()
  return rows.map((row) => row.at)
}
export async function addCreation(tx: Tx, appId: AppId, userId: UserId, groupId: GroupId, at: number): Promise<void> {
  await tables(tx)
    .insertInto('membership_created')
    .values({ app_id: appId, user_id: userId, group_id: groupId, at })
    .execute()
}

export async function addBan(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
  userId: UserId,
  byId: UserId | null,
  at: number,
): Promise<void> {
  await tables(tx)
    .insertInto('membership_bans')
    .values({ app_id: appId, group_id: groupId, user_id: userId, by_id: byId, at })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
/** False if there was none. */
export async function removeBan(tx: Tx, appId: AppId, groupId: GroupId, userId: UserId): Promise<boolean> {
  const gone = await tables(tx)
    .deleteFrom('membership_bans')
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .returning('user_id')
    .executeTakeFirst()
  return gone !== undefined
}
/** Latest first, at most 500. */
export async function listBans(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
): Promise<{ userId: UserId; byId: UserId | null; at: number }[]> {
  const rows = await tables(tx)
    .selectFrom('membership_bans')
    .select(['user_id', 'by_id', 'at'])
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
    .orderBy('at', 'desc')
    .orderBy('user_id')
    .limit(500)
    .execute()
  return rows.map((row) => ({ userId: row.user_id as UserId, byId: row.by_id as UserId | null, at: row.at }))
}
