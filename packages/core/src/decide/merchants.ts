/**
 * Merchants, and who works for them: whose value a group's plays may give, and by whom. Roles in a group say who runs
 * the conversation; they never say who may spend somebody's money. Knows no endpoint and no card.
 */
import { type Ability, merchantDepthMax, refuse, type SpokenAs } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'

/** Any call of the engine fits. */
export interface MerchantCall {
  readonly tx: Tx
  readonly appId: string
  readonly now: number
}
export interface Merchant {
  readonly merchantId: string
  readonly name: string
  /** Itself, then those it belongs to. */
  readonly path: readonly string[]
  readonly suspendedAt: number | null
}
export interface Staff {
  readonly userId: string
  readonly post: string
  readonly abilities: readonly Ability[]
  /** Since when, as of the post and abilities told last. */
  readonly since: number
}

// ── merchants ──
export async function findMerchant({ tx, appId }: MerchantCall, merchantId: string): Promise<Merchant | undefined> {
  const { rows } = await sql<Merchant>`SELECT merchant_id AS "merchantId", name, path, suspended_at AS "suspendedAt"
    FROM merchants WHERE app_id = ${appId} AND merchant_id = ${merchantId}`.execute(tx)
  return rows[0]
}
/** Those after a merchant, in the order of their ids. */
export async function listMerchants({ tx, appId }: MerchantCall, after: string, limit: number): Promise<Merchant[]> {
  const { rows } = await sql<Merchant>`SELECT merchant_id AS "merchantId", name, path, suspended_at AS "suspendedAt"
    FROM merchants WHERE app_id = ${appId} AND merchant_id > ${after} ORDER BY merchant_id LIMIT ${limit}`.execute(tx)
  return rows
}
/**
 * [MER1] Makes a merchant, or names it anew. Whom it belongs to is told once: groups and what was given hang on it.
 * False when it belongs to another, or lies too deep. Refuses `merchant.not_found` for a parent nobody knows.
 */
export async function putMerchant(
  call: MerchantCall,
  { merchantId, name, parentId }: { readonly merchantId: string; readonly name: string; readonly parentId?: string },
): Promise<boolean> {
  const { tx, appId, now } = call
  const parent = parentId === undefined ? undefined : await findMerchant(call, parentId)
  if (parentId !== undefined && parent === undefined) throw refuse('merchant.not_found')
  const path = [merchantId, ...(parent?.path ?? [])]
  if (path.length > merchantDepthMax || new Set(path).size < path.length) return false
  const { rows } = await sql`INSERT INTO merchants (app_id, merchant_id, name, path, created_at)
    VALUES (${appId}, ${merchantId}, ${name}, ${path}::text[], ${now})
    ON CONFLICT (app_id, merchant_id) DO UPDATE SET name = excluded.name WHERE merchants.path = excluded.path
    RETURNING 1`.execute(tx)
  return rows.length > 0
}
/** [MER10] Refuses `merchant.not_found`. */
export async function setSuspended({ tx, appId, now }: MerchantCall, merchantId: string, on: boolean): Promise<void> {
  const { rows } = await sql`UPDATE merchants SET suspended_at = CASE WHEN ${on} THEN coalesce(suspended_at, ${now}) END
    WHERE app_id = ${appId} AND merchant_id = ${merchantId} RETURNING 1`.execute(tx)
  if (rows.length === 0) throw refuse('merchant.not_found')
}

// ── staff ──
/** Staff of a merchant, those after a person, in the order of their ids. */
export async function listStaff(
  { tx, appId }: MerchantCall,
  page: { readonly merchantId: string; readonly after: string; readonly limit: number },
): Promise<Staff[]> {
  const { rows } = await sql<Staff>`SELECT user_id AS "userId", post, abilities, since FROM merchant_staff
    WHERE app_id = ${appId} AND merchant_id = ${page.merchantId} AND until IS NULL
      AND user_id > ${page.after} ORDER BY user_id LIMIT ${page.limit}`.execute(tx)
  return rows
}
/**
 * [MER1] [MER9] What a person may do for a merchant from now on; null ends it. What they could until now stays written.
 * Refuses `merchant.not_found`.
 */
export async function setStaff(
  call: MerchantCall,
  of: { readonly merchantId: string; readonly userId: string },
  work: { readonly post: string; readonly abilities: readonly Ability[] } | null,
): Promise<void> {
  const { tx, appId, now } = call
  // Changes of one merchant's staff stand in line: two at once would both begin.
  const { rows } = await sql`SELECT FROM merchants WHERE app_id = ${appId} AND merchant_id = ${of.merchantId}
    FOR NO KEY UPDATE`.execute(tx)
  if (rows.length === 0) throw refuse('merchant.not_found')
  // What was told in this very millisecond was never in force.
  await sql`DELETE FROM merchant_staff WHERE app_id = ${appId} AND merchant_id = ${of.merchantId}
    AND user_id = ${of.userId} AND until IS NULL AND since >= ${now}`.execute(tx)
  await sql`UPDATE merchant_staff SET until = ${now} WHERE app_id = ${appId} AND merchant_id = ${of.merchantId}
    AND user_id = ${of.userId} AND until IS NULL`.execute(tx)
  if (work === null) return
  await sql`INSERT INTO merchant_staff (app_id, merchant_id, user_id, since, post, abilities)
    VALUES (${appId}, ${of.merchantId}, ${of.userId}, ${now}, ${work.post}, ${work.abilities}::text[])`.execute(tx)
}

// ── what they may ──
/** A merchant of a path and those it belongs to, under a lock: whoever is let go meanwhile waits, or is heard. */
async function lockPath({ tx, appId }: MerchantCall, path: readonly string[]) {
  const { rows } = await sql<{
    merchant_id: string
    name: string
    suspended_at: number | null
  }>`SELECT merchant_id, name,
      suspended_at FROM merchants
    WHERE app_id = ${appId} AND merchant_id = ANY(${[...path]}::text[]) ORDER BY merchant_id FOR SHARE`.execute(tx)
  return rows
}
/** At which merchants of a path somebody has the ability now, the nearest first. */
async function placesOf(
  { tx, appId }: MerchantCall,
  path: readonly string[],
  of: { readonly userId: string; readonly ability: Ability },
): Promise<string[]> {
  const { rows } = await sql<{ merchant_id: string }>`SELECT merchant_id FROM merchant_staff WHERE app_id = ${appId}
    AND merchant_id = ANY(${[...path]}::text[]) AND user_id = ${of.userId} AND until IS NULL
    AND ${of.ability} = ANY(abilities)`.execute(tx)
  const able = new Set(rows.map((row) => row.merchant_id))
  return path.filter((merchantId) => able.has(merchantId))
}
/**
 * [MER2] Refuses `merchant.not_issuer` unless the person works for the merchant of the path, or for one it belongs to,
 * and may give its value; and `merchant.suspended` while one of them is. `userId` is undefined for the host's own key.
 */
export async function checkIssuer(
  call: MerchantCall,
  path: readonly string[] | null,
  userId: string | undefined,
): Promise<void> {
  if (path === null) throw refuse('merchant.not_issuer')
  const merchants = await lockPath(call, path)
  if (userId !== undefined && (await placesOf(call, path, { userId, ability: 'issue' })).length === 0)
    throw refuse('merchant.not_issuer')
  if (merchants.some(({ suspended_at }) => suspended_at !== null)) throw refuse('merchant.suspended')
}
/**
 * [MER7] As which shop the person speaks in a group of that path: the nearest where they may. Refuses
 * `merchant.not_speaker`. A suspended shop gives nothing, and speaks on.
 */
export async function speakerOf(call: MerchantCall, path: readonly string[] | null, userId: string): Promise<SpokenAs> {
  if (path === null) throw refuse('merchant.not_speaker')
  const merchants = await lockPath(call, path)
  const [merchantId] = await placesOf(call, path, { userId, ability: 'talk-as' })
  const shop = merchants.find((merchant) => merchant.merchant_id === merchantId)
  if (merchantId === undefined || shop === undefined) throw refuse('merchant.not_speaker')
  return { merchantId, name: shop.name }
}
