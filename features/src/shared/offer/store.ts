/**
 * What each offer of a kind of card was allowed by, its product's list price and floor as they stood when it was
 * posted, and what it counts. Each kind has a table of its own, of these columns and made by its own migrations, and
 * hands its name in.
 */
import type { AppId, GroupId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

/** What all kinds of offers keep together; each kind lists it before its own. */
export const offerMigrations: readonly Migration[] = [
  {
    // [MER4] How many pieces of a product an offer may still sell, whatever its kind; none of one has no row.
    id: 'offer-001',
    up: [
      `CREATE TABLE offer_pieces (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, product_id text NOT NULL,
        pieces bigint NOT NULL CHECK (pieces > 0), PRIMARY KEY (app_id, group_id, seq))`,
      `CREATE INDEX offer_pieces_of_product ON offer_pieces (app_id, product_id)`,
      rls('offer_pieces'),
    ],
  },
]
/** SQL by which a kind counts the offers that run already when it begins to. */
export const countRunning = (table: string): readonly string[] => [
  `SET LOCAL qun.app_id = '*'`,
  `INSERT INTO offer_pieces (app_id, group_id, seq, product_id, pieces)
    SELECT o.app_id, o.group_id, o.seq, o.product_id, (m.body->>'stock')::bigint
    FROM ${table} o JOIN messages m USING (app_id, group_id, seq)
    WHERE o.over_at IS NULL AND m.recalled_at IS NULL AND m.state->>'phase' = 'on'
      AND (m.body->>'stock')::bigint > 0`,
]

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
/** [MER4] What offers of a product may still sell together; whoever asks holds the product. */
export async function piecesOffered({ tx, appId }: Pick<Offered, 'tx' | 'appId'>, productId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT coalesce(sum(pieces), 0)::bigint AS n FROM offer_pieces
    WHERE app_id = ${appId} AND product_id = ${productId}`.execute(tx)
  return rows[0]?.n ?? 0
}
export async function addPieces(
  { tx, appId, groupId, seq }: Offered,
  productId: string,
  pieces: number,
): Promise<void> {
  await sql`INSERT INTO offer_pieces (app_id, group_id, seq, product_id, pieces)
    VALUES (${appId}, ${groupId}, ${seq}, ${productId}, ${pieces})`.execute(tx)
}
/** Only ever lowers; with none left the row goes. */
export async function keepPieces({ tx, appId, groupId, seq }: Offered, pieces: number): Promise<void> {
  const here = sql`app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`
  if (pieces === 0) await sql`DELETE FROM offer_pieces WHERE ${here}`.execute(tx)
  else await sql`UPDATE offer_pieces SET pieces = least(pieces, ${pieces}::bigint) WHERE ${here}`.execute(tx)
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
