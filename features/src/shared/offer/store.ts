/**
 * What each offer of a kind of card was allowed by, its product's list price and floor as they stood when it was
 * posted, and what it counts. Each kind has a table of its own, of these columns and made by its own migrations, and
 * hands its name in.
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
  /** [MER5] What it counted when it was posted; null for one from before cuts counted. */
  readonly cutFen: number | null
}
/** [MER4] */
export async function keepOffer(
  table: string,
  { tx, appId, groupId, seq }: Offered,
  offer: StoredOffer,
  at: number,
): Promise<void> {
  await sql`INSERT INTO ${sql.table(table)} (app_id, group_id, seq, product_id, merchant_id, price_fen, list_fen,
      floor_fen, by_host, cut_fen, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${offer.productId}, ${offer.merchantId}, ${offer.priceFen}, ${offer.listFen},
      ${offer.floorFen}, ${offer.isByHost}, ${offer.cutFen}, ${at})`.execute(tx)
}
/** Marks that an offer is over, once, and answers it; its card is locked. Undefined where none was kept. */
export async function endOffer(
  table: string,
  { tx, appId, groupId, seq }: Offered,
  at: number,
): Promise<StoredOffer | undefined> {
  const { rows } = await sql<StoredOffer>`UPDATE ${sql.table(table)} SET over_at = coalesce(over_at, ${at}::bigint)
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}
    RETURNING product_id AS "productId", merchant_id AS "merchantId", price_fen AS "priceFen", list_fen AS "listFen",
      floor_fen AS "floorFen", by_host AS "isByHost", cut_fen AS "cutFen"`.execute(tx)
  return rows[0]
}
/** Where an offer stands. */
export interface Spot {
  readonly groupId: GroupId
  readonly seq: number
}
/** Offers of some products that are not over, in the order in which their cards are locked, those behind `after`. */
export async function listLive(
  table: string,
  { tx, appId }: Pick<Offered, 'tx' | 'appId'>,
  productIds: readonly string[],
  page: { readonly after: Spot | undefined; readonly limit: number },
): Promise<Spot[]> {
  const { groupId, seq } = page.after ?? { groupId: '', seq: 0 }
  const { rows } = await sql<Spot>`SELECT group_id AS "groupId", seq FROM ${sql.table(table)}
    WHERE app_id = ${appId} AND product_id = ANY(${[...productIds]}::text[]) AND over_at IS NULL
      AND (group_id, seq) > (${groupId}::text, ${seq}::bigint) ORDER BY group_id, seq LIMIT ${page.limit}`.execute(tx)
  return rows
}
