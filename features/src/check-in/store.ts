/** Who joined which card. Every function takes the transaction first. */
import type { AppId, GroupId, Millis, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'

export const migrations: readonly Migration[] = [
  {
    id: 'check-in-001',
    up: [
      `CREATE TABLE check_in_members (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, user_id))`,
      rls('check_in_members'),
    ],
  },
]

/** A type, not an interface: Kysely's withTables needs an index signature. */
type Tables = {
  check_in_members: { app_id: string; group_id: string; seq: number; user_id: string; at: number }
}

interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}

/** [CI1] The primary key decides. False if the member had joined before. */
export async function addMember({ tx, appId, groupId, seq }: Place, userId: UserId, at: Millis): Promise<boolean> {
  const row = await tx
    .withTables<Tables>()
    .insertInto('check_in_members')
    .values({ app_id: appId, group_id: groupId, seq, user_id: userId, at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}
