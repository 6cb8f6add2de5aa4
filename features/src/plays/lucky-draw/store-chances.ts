/** Chances beyond the own one, of whom and by which order; and which orders ended. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Place } from './store.ts'

export interface Chance {
  readonly chanceId: string
  readonly userId: UserId
  /** The order that gave it; null for one that nothing was bought for. */
  readonly orderId: string | null
}
/** [LD20] The chance of that id: as it was given first. */
export async function addChance(
  tx: Tx,
  { appId, groupId, seq }: Place,
  { chanceId, userId, orderId }: Chance,
  at: number,
): Promise<Chance> {
  const { rows } = await sql<Chance>`INSERT INTO lucky_draw_chances AS c
      (app_id, group_id, seq, chance_id, user_id, order_id, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${chanceId}, ${userId}, ${orderId}, ${at})
    ON CONFLICT (app_id, group_id, seq, chance_id) DO UPDATE SET user_id = c.user_id
    RETURNING chance_id AS "chanceId", user_id AS "userId", order_id AS "orderId"`.execute(tx)
  return rows[0] as Chance
}
/** Those that count: given, and not taken back. */
export async function countChances(tx: Tx, { appId, groupId, seq }: Place, userId: UserId): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM lucky_draw_chances
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND user_id = ${userId}
      AND taken_at IS NULL`.execute(tx)
  return rows[0]?.n ?? 0
}
export async function setWeight(tx: Tx, { appId, groupId, seq }: Place, userId: UserId, weight: number): Promise<void> {
  await sql`UPDATE lucky_draw_entries SET weight = ${weight}
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND user_id = ${userId}`.execute(tx)
}

// ── orders ──
/**
 * Makes an order known, with its end if that is told, and locks it until commit: what it gives and its end wait for
 * each other. It is locked before any card. Whether it had ended before.
 */
export async function lockOrder(tx: Tx, appId: AppId, orderId: string, endedAt: number | null = null) {
  await sql`INSERT INTO lucky_draw_orders (app_id, order_id) VALUES (${appId}, ${orderId})
    ON CONFLICT DO NOTHING`.execute(tx)
  const { rows } = await sql<{ isEnded: boolean }>`SELECT ended_at IS NOT NULL AS "isEnded" FROM lucky_draw_orders
    WHERE app_id = ${appId} AND order_id = ${orderId} FOR UPDATE`.execute(tx)
  const isEnded = rows[0]?.isEnded === true
  if (endedAt !== null && !isEnded)
    await sql`UPDATE lucky_draw_orders SET ended_at = ${endedAt}
      WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
  return { isEnded }
}
interface PlacedChance extends Chance {
  readonly groupId: GroupId
  readonly seq: number
}
/** What an order gave, of all draws, in the order in which their cards are locked; it is locked. */
export async function chancesOfOrder(tx: Tx, appId: AppId, orderId: string): Promise<PlacedChance[]> {
  const { rows } = await sql<PlacedChance>`SELECT group_id AS "groupId", seq, chance_id AS "chanceId",
      user_id AS "userId", order_id AS "orderId" FROM lucky_draw_chances
    WHERE app_id = ${appId} AND order_id = ${orderId} ORDER BY group_id, seq, chance_id`.execute(tx)
  return rows
}
export async function takeChance(
  tx: Tx,
  { appId, groupId, seq }: Place,
  chanceId: string,
  takenAt: number,
): Promise<void> {
  await sql`UPDATE lucky_draw_chances SET taken_at = ${takenAt} WHERE app_id = ${appId} AND group_id = ${groupId}
    AND seq = ${seq} AND chance_id = ${chanceId} AND taken_at IS NULL`.execute(tx)
}
