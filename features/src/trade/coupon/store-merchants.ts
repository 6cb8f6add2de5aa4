/** What merchants are called, whom the engine keeps: an offer says whose coupons it gives. */
import { mainMerchant, type AppId, type GroupId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'

interface Place {
  readonly tx: Tx
  readonly appId: AppId
}
export interface NamedMerchant {
  readonly merchantId: string
  readonly name: string
}
/** The merchant of a group; undefined for a friends' group, where nobody's coupons are offered. */
export async function merchantOfGroup({ tx, appId }: Place, groupId: GroupId): Promise<NamedMerchant | undefined> {
  const { rows } = await sql<NamedMerchant>`SELECT m.merchant_id AS "merchantId", m.name FROM groups g
    JOIN merchants m ON m.app_id = g.app_id AND m.merchant_id = g.merchant_path[1]
    WHERE g.app_id = ${appId} AND g.group_id = ${groupId}`.execute(tx)
  return rows[0]
}
/** [MER3] Whether an app has several sellers beside the host itself: then a basket is nobody's unless it says whose. */
export async function hasSeveralMerchants({ tx, appId }: Place): Promise<boolean> {
  const { rows } = await sql`SELECT FROM merchants
    WHERE app_id = ${appId} AND merchant_id <> ${mainMerchant} AND ended_at IS NULL LIMIT 2`.execute(tx)
  return rows.length > 1
}
/** A merchant by its id; '' for what the host gives in no merchant's name, unless it made a merchant of that id. */
export async function merchantNamed({ tx, appId }: Place, merchantId: string): Promise<NamedMerchant> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM merchants
    WHERE app_id = ${appId} AND merchant_id = ${merchantId}`.execute(tx)
  return { merchantId, name: rows[0]?.name ?? (merchantId === mainMerchant ? '' : merchantId) }
}
