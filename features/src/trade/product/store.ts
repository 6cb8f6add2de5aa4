/** The host's catalogue, and in which groups each product is shown. Every function takes `tx` first. */
import type { AppId, GroupId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { CatalogueProduct } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'product-001',
    up: [
      `CREATE TABLE product_products (
        app_id text NOT NULL, product_id text NOT NULL, state text NOT NULL, words text NOT NULL, link_key text,
        body jsonb NOT NULL, updated_at bigint NOT NULL,
        PRIMARY KEY (app_id, product_id))`,
      `CREATE INDEX product_products_by_link ON product_products (app_id, link_key) WHERE link_key IS NOT NULL`,
      // `stale`: the group has not been told yet what the product is now.
      `CREATE TABLE product_places (
        app_id text NOT NULL, product_id text NOT NULL, group_id text NOT NULL, stale boolean NOT NULL,
        on_shelf boolean NOT NULL DEFAULT false, shown_at bigint NOT NULL, stale_since bigint NOT NULL,
        PRIMARY KEY (app_id, product_id, group_id))`,
      `CREATE INDEX product_places_by_group ON product_places (app_id, group_id, shown_at)`,
      `CREATE INDEX product_places_stale ON product_places (app_id, group_id) WHERE stale`,
      `CREATE TABLE product_links (app_id text NOT NULL, patterns jsonb NOT NULL, PRIMARY KEY (app_id))`,
      ...['product_products', 'product_places', 'product_links'].map(rls),
    ],
  },
  {
    // [MER4] What was sold before merchants were told is of the one that the app's groups became (membership-003).
    id: 'product-002',
    up: [
      `SET LOCAL qun.app_id = '*'`,
      `INSERT INTO merchants (app_id, merchant_id, name, path, created_at)
        SELECT app_id, 'main', 'main', '{main}', min(updated_at) FROM product_products GROUP BY app_id
        ON CONFLICT DO NOTHING`,
      `ALTER TABLE product_products ADD COLUMN merchant_id text COLLATE "C" NOT NULL DEFAULT 'main'`,
      `ALTER TABLE product_products ALTER COLUMN merchant_id DROP DEFAULT`,
    ],
  },
]

// ── the catalogue ──
export type Row = CatalogueProduct
/** NOTE: the merchant is that of its column: bodies from before product-002 name none. */
const columns = sql`body, merchant_id AS "merchantId", updated_at AS "updatedAt"`
interface Found {
  readonly body: Omit<CatalogueProduct, 'updatedAt' | 'merchantId'>
  readonly merchantId: string
  readonly updatedAt: number
}
const rowOf = ({ body, merchantId, updatedAt }: Found): Row => ({ ...body, merchantId, updatedAt })
const byId = (rows: readonly Found[]) => new Map(rows.map((row) => [row.body.productId, rowOf(row)]))

export async function findProducts(tx: Tx, appId: AppId, productIds: readonly string[]): Promise<Map<string, Row>> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND product_id = ANY(${productIds}::text[])`.execute(tx)
  return byId(rows)
}
/** As they are now; nobody else changes them until commit. What is not there yet is not locked: see `makeProducts`. */
export async function lockProducts(tx: Tx, appId: AppId, productIds: readonly string[]): Promise<Map<string, Row>> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND product_id = ANY(${productIds}::text[]) AND body <> 'null' ORDER BY product_id
    FOR UPDATE`.execute(tx)
  return byId(rows)
}
/**
 * Rows to lock for products that may not be there yet: two calls that tell of the same new one stand in line. They say
 * nothing (`body` is null) until `putProducts` fills them in the same transaction.
 */
export async function makeProducts(tx: Tx, appId: AppId, productIds: readonly string[]): Promise<void> {
  await sql`INSERT INTO product_products (app_id, product_id, merchant_id, state, words, body, updated_at)
    SELECT ${appId}, t, '', 'gone', '', 'null', 0 FROM unnest(${productIds.toSorted()}::text[]) t
    ON CONFLICT (app_id, product_id) DO NOTHING`.execute(tx)
}
/** [MER4] As it stands until commit: the host's next word of it waits, and so does whoever else offers it. */
export async function holdProduct(tx: Tx, appId: AppId, productId: string): Promise<Row | undefined> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND product_id = ${productId} FOR NO KEY UPDATE`.execute(tx)
  return rows[0] && rowOf(rows[0])
}
/** A product, and what its merchant is called. */
export async function findOffered(
  tx: Tx,
  appId: AppId,
  productId: string,
): Promise<(Row & { readonly merchantName: string }) | undefined> {
  const { rows } = await sql<Found & { readonly merchantName: string }>`
    SELECT p.body, p.merchant_id AS "merchantId", p.updated_at AS "updatedAt", m.name AS "merchantName"
    FROM product_products p JOIN merchants m USING (app_id, merchant_id)
    WHERE p.app_id = ${appId} AND p.product_id = ${productId}`.execute(tx)
  return rows[0] && { ...rowOf(rows[0]), merchantName: rows[0].merchantName }
}
export interface Put {
  readonly product: Omit<CatalogueProduct, 'updatedAt'>
  readonly linkKey: string | null
}
export async function putProducts(tx: Tx, appId: AppId, puts: readonly Put[], now: number): Promise<void> {
  const rows = puts
    .toSorted((a, b) => (a.product.productId < b.product.productId ? -1 : 1))
    .map(({ product, linkKey }) => ({
      product_id: product.productId,
      merchant_id: product.merchantId,
      state: product.state,
      words: [product.title, ...product.categories].join('\n').toLowerCase(),
      link_key: linkKey,
      body: product,
    }))
  await sql`INSERT INTO product_products (app_id, product_id, merchant_id, state, words, link_key, body, updated_at)
    SELECT ${appId}, t.product_id, t.merchant_id, t.state, t.words, t.link_key, t.body, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS t(product_id text, merchant_id text, state text, words text, link_key text, body jsonb)
    ON CONFLICT (app_id, product_id) DO UPDATE SET merchant_id = excluded.merchant_id, state = excluded.state,
      words = excluded.words, link_key = excluded.link_key, body = excluded.body,
      updated_at = excluded.updated_at`.execute(tx)
}
export interface Page {
  readonly after: string
  readonly limit: number
}
export async function listProducts(tx: Tx, appId: AppId, page: Page, gone: boolean): Promise<Row[]> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND product_id > ${page.after} AND (${gone} OR state <> 'gone')
    ORDER BY product_id LIMIT ${page.limit}`.execute(tx)
  return rows.map(rowOf)
}
const likeOf = (words: string) => `%${words.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
/** Those on sale whose title or a category holds the words. */
export async function searchProducts(tx: Tx, appId: AppId, page: Page, words: string): Promise<Row[]> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND product_id > ${page.after} AND state = 'on' AND words LIKE ${likeOf(words)}
    ORDER BY product_id LIMIT ${page.limit}`.execute(tx)
  return rows.map(rowOf)
}
/** [MER4] The same of some merchants alone. */
export async function searchOfMerchants(
  tx: Tx,
  appId: AppId,
  page: Page,
  of: { readonly words: string; readonly path: readonly string[] },
): Promise<Row[]> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND product_id > ${page.after} AND state = 'on' AND words LIKE ${likeOf(of.words)}
      AND merchant_id = ANY(${[...of.path]}::text[])
    ORDER BY product_id LIMIT ${page.limit}`.execute(tx)
  return rows.map(rowOf)
}
/** The first by id, should the host have given two products one address. */
export async function findByLink(tx: Tx, appId: AppId, linkKey: string): Promise<Row | undefined> {
  const { rows } = await sql<Found>`SELECT ${columns} FROM product_products
    WHERE app_id = ${appId} AND link_key = ${linkKey} ORDER BY state = 'on' DESC, product_id LIMIT 1`.execute(tx)
  return rows[0] && rowOf(rows[0])
}
export async function putPatterns(tx: Tx, appId: AppId, patterns: readonly string[]): Promise<void> {
  await sql`INSERT INTO product_links (app_id, patterns) VALUES (${appId}, ${JSON.stringify(patterns)}::jsonb)
    ON CONFLICT (app_id) DO UPDATE SET patterns = excluded.patterns`.execute(tx)
}
export async function listPatterns(tx: Tx, appId: AppId): Promise<readonly string[]> {
  const { rows } = await sql<{
    patterns: string[]
  }>`SELECT patterns FROM product_links WHERE app_id = ${appId}`.execute(tx)
  return rows[0]?.patterns ?? []
}

// ── merchants, which the engine keeps ──
/** [MER4] Those of these that the host made. */
export async function knownMerchants(
  tx: Tx,
  appId: AppId,
  merchantIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ merchant_id: string }>`SELECT merchant_id FROM merchants
    WHERE app_id = ${appId} AND merchant_id = ANY(${merchantIds}::text[])`.execute(tx)
  return new Set(rows.map((row) => row.merchant_id))
}
/** A group's merchant and those it belongs to; null of a friends' group. */
export async function pathOfGroup(tx: Tx, appId: AppId, groupId: GroupId): Promise<readonly string[] | null> {
  const { rows } = await sql<{ merchant_path: string[] | null }>`SELECT merchant_path FROM groups
    WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
  return rows[0]?.merchant_path ?? null
}
/** [MER10] Whether one of these gives nothing now. */
export async function isAnySuspended(tx: Tx, appId: AppId, path: readonly string[]): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM merchants WHERE app_id = ${appId}
    AND merchant_id = ANY(${[...path]}::text[]) AND suspended_at IS NOT NULL LIMIT 1`.execute(tx)
  return rows.length > 0
}
/** Whether a person works for one of these and may give its value. */
export async function mayIssue(tx: Tx, appId: AppId, path: readonly string[], userId: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM merchant_staff WHERE app_id = ${appId}
    AND merchant_id = ANY(${[...path]}::text[]) AND user_id = ${userId} AND until IS NULL
    AND 'issue' = ANY(abilities) LIMIT 1`.execute(tx)
  return rows.length > 0
}

// ── where products are shown ──
interface Place {
  readonly appId: AppId
  readonly groupId: GroupId
}
/** [PD3] A product new to the group waits to be told; one that is shown already goes on being. */
export async function show(tx: Tx, at: Place, productIds: readonly string[], now: number): Promise<void> {
  await sql`INSERT INTO product_places (app_id, product_id, group_id, stale, shown_at, stale_since)
    SELECT ${at.appId}, t, ${at.groupId}, true, ${now}, ${now} FROM unnest(${productIds.toSorted()}::text[]) t
    ON CONFLICT (app_id, product_id, group_id) DO UPDATE SET shown_at = excluded.shown_at`.execute(tx)
}
/**
 * [PD3] All groups that show them are to be told anew. NOTE: also those that are to be told already: somebody may be
 * telling them the old price at this moment, and this waits for the row they hold.
 */
export async function markStale(tx: Tx, appId: AppId, productIds: readonly string[], now: number): Promise<void> {
  await sql`WITH held AS (SELECT product_id, group_id FROM product_places
      WHERE app_id = ${appId} AND product_id = ANY(${productIds}::text[]) ORDER BY product_id, group_id FOR UPDATE)
    UPDATE product_places p SET stale = true, stale_since = ${now} FROM held
    WHERE p.app_id = ${appId} AND p.product_id = held.product_id AND p.group_id = held.group_id`.execute(tx)
}
/** Groups that are to be told something, in the order in which they are locked. */
export async function listStaleGroups(tx: Tx, appId: AppId, limit: number): Promise<GroupId[]> {
  const { rows } = await sql<{ group_id: GroupId }>`SELECT DISTINCT group_id FROM product_places
    WHERE app_id = ${appId} AND stale ORDER BY group_id LIMIT ${limit}`.execute(tx)
  return rows.map((row) => row.group_id)
}
export async function isStale(tx: Tx, at: Place): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM product_places
    WHERE app_id = ${at.appId} AND group_id = ${at.groupId} AND stale LIMIT 1`.execute(tx)
  return rows.length > 0
}
/** What the group is to be told. Lock the group first; read the products after. */
export async function takeStale(tx: Tx, at: Place): Promise<string[]> {
  const { rows } = await sql<{ product_id: string }>`WITH held AS (SELECT product_id FROM product_places
      WHERE app_id = ${at.appId} AND group_id = ${at.groupId} AND stale ORDER BY product_id FOR UPDATE)
    UPDATE product_places p SET stale = false FROM held
    WHERE p.app_id = ${at.appId} AND p.group_id = ${at.groupId} AND p.product_id = held.product_id AND p.stale
    RETURNING p.product_id`.execute(tx)
  return rows.map((row) => row.product_id)
}
/** [PD10] Forgets those shown longest ago beyond `keep`, but for the shelf's. */
export async function forgetOldest(tx: Tx, at: Place, keep: number): Promise<string[]> {
  const { rows } = await sql<{ product_id: string }>`WITH old AS (SELECT product_id FROM product_places
      WHERE app_id = ${at.appId} AND group_id = ${at.groupId} AND NOT on_shelf
      ORDER BY shown_at DESC, product_id OFFSET ${keep})
    DELETE FROM product_places p USING old
    WHERE p.app_id = ${at.appId} AND p.group_id = ${at.groupId} AND p.product_id = old.product_id
    RETURNING p.product_id`.execute(tx)
  return rows.map((row) => row.product_id)
}
/** [PD7] Marks what stands on the shelf. Lock the group first. */
export async function setShelf(tx: Tx, at: Place, productIds: readonly string[], now: number): Promise<void> {
  await show(tx, at, productIds, now)
  await sql`UPDATE product_places SET on_shelf = (product_id = ANY(${productIds}::text[]))
    WHERE app_id = ${at.appId} AND group_id = ${at.groupId}
      AND on_shelf <> (product_id = ANY(${productIds}::text[]))`.execute(tx)
}

// ── audits ──
/** A place that waits this long was forgotten. */
const forgottenMs = 10 * 60_000
export const audits: readonly Audit[] = [
  check(
    'PD3',
    'No group waits for long to be told what a product it shows is now.',
    (now) => sql`SELECT 'app ' || app_id || ', group ' || group_id || ': product ' || product_id || ' waits to be told'
        AS place
      FROM product_places WHERE stale AND stale_since < ${now - forgottenMs} ORDER BY app_id, group_id, product_id`,
  ),
]
