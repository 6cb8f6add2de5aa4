/** Groups that wait for somebody to run them: whoever ran them works for their merchant no more. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  {
    id: 'merchant-001',
    up: [
      `CREATE TABLE merchant_waiting (
        app_id text NOT NULL, merchant_id text COLLATE "C" NOT NULL, group_id text NOT NULL, owner_id text NOT NULL,
        at bigint NOT NULL, PRIMARY KEY (app_id, merchant_id, group_id))`,
      rls('merchant_waiting'),
    ],
  },
]

export interface Waiting {
  readonly merchantId: string
  readonly groupId: GroupId
  readonly ownerId: UserId
}
interface At {
  readonly tx: Tx
  readonly appId: AppId
  readonly now: number
}
/** False when it waits already. */
export async function addWaiting({ tx, appId, now }: At, { merchantId, groupId, ownerId }: Waiting): Promise<boolean> {
  const { rows } = await sql`INSERT INTO merchant_waiting (app_id, merchant_id, group_id, owner_id, at)
    VALUES (${appId}, ${merchantId}, ${groupId}, ${ownerId}, ${now}) ON CONFLICT DO NOTHING RETURNING 1`.execute(tx)
  return rows.length > 0
}
export async function dropWaiting({ tx, appId }: At, { merchantId, groupId }: Omit<Waiting, 'ownerId'>): Promise<void> {
  await sql`DELETE FROM merchant_waiting
    WHERE app_id = ${appId} AND merchant_id = ${merchantId} AND group_id = ${groupId}`.execute(tx)
}
/** Those of a merchant and of what belongs to it, behind a place, in the order of merchant and group. */
export async function listWaiting(
  { tx, appId }: At,
  merchantId: string,
  page: { readonly after: Omit<Waiting, 'ownerId'> | null; readonly limit: number },
): Promise<Waiting[]> {
  const after = page.after ?? { merchantId: '', groupId: '' }
  const { rows } =
    await sql<Waiting>`SELECT w.merchant_id AS "merchantId", w.group_id AS "groupId", w.owner_id AS "ownerId"
    FROM (SELECT * FROM merchant_waiting WHERE app_id = ${appId}
      AND (merchant_id, group_id) > (${after.merchantId}, ${after.groupId}) OFFSET 0) w
    CROSS JOIN LATERAL (SELECT path FROM merchants WHERE app_id = ${appId} AND merchant_id = w.merchant_id OFFSET 0) t
    WHERE t.path @> ARRAY[${merchantId}] ORDER BY w.merchant_id, w.group_id LIMIT ${page.limit}`.execute(tx)
  return rows
}
