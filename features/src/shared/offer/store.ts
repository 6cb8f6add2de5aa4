/**
 * What each offer of a kind of card was allowed by: its product's list price and floor as they stood when it was
 * posted. Each kind has a table of its own, of these columns and made by its own migrations, and hands its name in.
 */
import type { AppId, GroupId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'

/** The message of an offer, with its transaction. */
export interface Offered {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
export interface StoredOffer {
  readonly productId: string
  readonly merchantId: string
  /** The lowest at which a piece may go. */
  readonly priceFen: number
  readonly listFen: number
  readonly floorFen: number | null
  /** Posted by the host in its own name. */
  readonly isByHost: boolean
}
/** [MER4] */
export async function keepOffer(
  table: string,
  { tx, appId, groupId, seq }: Offered,
  offer: StoredOffer,
  at: number,
): Promise<void> {
  await sql`INSERT INTO ${sql.table(table)} (app_id, group_id, seq, product_id, merchant_id, price_fen, list_fen,
      floor_fen, by_host, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${offer.productId}, ${offer.merchantId}, ${offer.priceFen}, ${offer.listFen},
      ${offer.floorFen}, ${offer.isByHost}, ${at})`.execute(tx)
}
