/** What each offer was allowed by: its product's list price and floor as they stood when it was posted. */
import { sql } from 'kysely'
import type { Offered } from './store.ts'

export interface StoredOffer {
  readonly productId: string
  readonly merchantId: string
  /** Of a piece of a full team. */
  readonly priceFen: number
  readonly listFen: number
  readonly floorFen: number | null
  /** Posted by the host in its own name. */
  readonly isByHost: boolean
}
/** [MER4] */
export async function keepOffer({ tx, appId, groupId, seq }: Offered, offer: StoredOffer, at: number): Promise<void> {
  await sql`INSERT INTO group_buy_offers (app_id, group_id, seq, product_id, merchant_id, price_fen, list_fen, floor_fen,
      by_host, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${offer.productId}, ${offer.merchantId}, ${offer.priceFen}, ${offer.listFen},
      ${offer.floorFen}, ${offer.isByHost}, ${at})`.execute(tx)
}
