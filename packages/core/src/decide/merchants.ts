/**
 * Merchants, and who works for them: whose value a group's plays may give, and by whom. Roles in a group say who runs
 * the conversation; they never say who may spend somebody's money. Knows no endpoint and no card.
 */
import {
  type Ability,
  type GroupId,
  mainMerchant,
  merchantDepthMax,
  refuse,
  type Role,
  type SpokenAs,
  type UserId,
} from '@qun/contract'
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
  /** [MER3] Whose points it gives. */
  readonly programme: string
  readonly suspendedAt: number | null
  /** [MER10] Gone for good. */
  readonly endedAt: number | null
}
const merchantColumns = sql`merchant_id AS "merchantId", name, path, programme, suspended_at AS "suspendedAt",
  ended_at AS "endedAt"`
export interface Staff {
  readonly userId: string
  readonly post: string
  readonly abilities: readonly Ability[]
  /** Since when, as of the post and abilities told last. */
  readonly since: number
}

// ── merchants ──
export async function findMerchant({ tx, appId }: MerchantCall, merchantId: string): Promise<Merchant | undefined> {
  const { rows } = await sql<Merchant>`SELECT ${merchantColumns} FROM merchants
    WHERE app_id = ${appId} AND merchant_id = ${merchantId}`.execute(tx)
  return rows[0]
}
/** Refuses `merchant.not_found`. */
export async function knownMerchant(call: MerchantCall, merchantId: string): Promise<Merchant> {
  const found = await findMerchant(call, merchantId)
  if (found === undefined) throw refuse('merchant.not_found')
  return found
}
/** Those after a merchant, in the order of their ids. */
export async function listMerchants({ tx, appId }: MerchantCall, after: string, limit: number): Promise<Merchant[]> {
  const { rows } = await sql<Merchant>`SELECT ${merchantColumns} FROM merchants
    WHERE app_id = ${appId} AND merchant_id > ${after} ORDER BY merchant_id LIMIT ${limit}`.execute(tx)
  return rows
}
export interface MerchantTold {
  readonly merchantId: string
  readonly name: string
  readonly parentId?: string | undefined
  /** [MER3] Merchants that name the same share their points; its own unless told. */
  readonly programme?: string | undefined
}
/**
 * [MER1] Makes a merchant, or names it anew. Whom it belongs to and whose points it gives are told once: groups and
 * what was given hang on them. False when it was told otherwise before, or lies too deep. The host's own gives from the
 * beginning, without having been told of: it belongs to nobody, and its points are its own. Refuses
 * `merchant.not_found` for a parent nobody knows, and `merchant.ended` for one that is gone for good, or whose parent
 * is.
 */
export async function putMerchant(call: MerchantCall, told: MerchantTold): Promise<boolean> {
  const { tx, appId, now } = call
  const { merchantId, name, parentId, programme } = told
  const parent = parentId === undefined ? undefined : await knownMerchant(call, parentId)
  const path = [merchantId, ...(parent?.path ?? [])]
  const isOther = path.length > 1 || (programme ?? mainMerchant) !== mainMerchant
  if (merchantId === mainMerchant && isOther && (await findMerchant(call, merchantId)) === undefined) return false
  if (path.length > merchantDepthMax || new Set(path).size < path.length) return false
  if ((await lockPath(call, path.slice(1))).some(isEnded)) throw refuse('merchant.ended')
  const { rows } = await sql`INSERT INTO merchants (app_id, merchant_id, name, path, programme, created_at)
    VALUES (${appId}, ${merchantId}, ${name}, ${path}::text[], ${programme ?? merchantId}, ${now})
    ON CONFLICT (app_id, merchant_id) DO UPDATE SET name = excluded.name WHERE merchants.path = excluded.path
      AND merchants.ended_at IS NULL AND (${programme === undefined} OR merchants.programme = excluded.programme)
    RETURNING 1`.execute(tx)
  if (rows.length > 0) return true
  if ((await knownMerchant(call, merchantId)).endedAt !== null) throw refuse('merchant.ended')
  return false
}
/** [MER10] Refuses `merchant.not_found`, and `merchant.ended` for one that is gone for good. */
export async function setSuspended(call: MerchantCall, merchantId: string, on: boolean): Promise<void> {
  const { tx, appId, now } = call
  if (await lockStanding(call, merchantId)) throw refuse('merchant.ended')
  await sql`UPDATE merchants SET suspended_at = CASE WHEN ${on} THEN coalesce(suspended_at, ${now}) END
    WHERE app_id = ${appId} AND merchant_id = ${merchantId}`.execute(tx)
}
/**
 * Holds a merchant: what else is decided about it, its staff and its groups waits. True when it is gone for good.
 * Refuses `merchant.not_found`.
 */
async function lockStanding({ tx, appId }: MerchantCall, merchantId: string): Promise<boolean> {
  const { rows } = await sql<{ ended_at: number | null }>`SELECT ended_at FROM merchants
    WHERE app_id = ${appId} AND merchant_id = ${merchantId} FOR NO KEY UPDATE`.execute(tx)
  if (rows[0] === undefined) throw refuse('merchant.not_found')
  return isEnded(rows[0])
}
const isEnded = ({ ended_at }: { readonly ended_at: number | null }): boolean => ended_at !== null
/**
 * [MER10] Ends a merchant for good: it gives nothing, and nobody works for it, from now on. Its row stays, so that what
 * it gave names it and nobody takes its id again. `branches` when some belong to it still; `before` when it ended
 * already. Refuses `merchant.not_found`.
 */
export async function endMerchant(call: MerchantCall, merchantId: string): Promise<'ended' | 'before' | 'branches'> {
  const { tx, appId, now } = call
  if (await lockStanding(call, merchantId)) return 'before'
  const { rows } = await sql`SELECT FROM merchants WHERE app_id = ${appId} AND path @> ARRAY[${merchantId}]
    AND merchant_id <> ${merchantId} AND ended_at IS NULL LIMIT 1`.execute(tx)
  if (rows.length > 0) return 'branches'
  await sql`UPDATE merchants SET ended_at = ${now}, suspended_at = coalesce(suspended_at, ${now})
    WHERE app_id = ${appId} AND merchant_id = ${merchantId}`.execute(tx)
  await sql`UPDATE merchant_staff SET until = greatest(${now}, since)
    WHERE app_id = ${appId} AND merchant_id = ${merchantId} AND until IS NULL`.execute(tx)
  return 'ended'
}
/** Who worked for a merchant when it ended, those after a person, in the order of their ids. */
export async function listLastStaff(
  { tx, appId }: MerchantCall,
  page: { readonly merchantId: string; readonly after: string; readonly limit: number },
): Promise<UserId[]> {
  const { rows } = await sql<{ user_id: UserId }>`SELECT s.user_id FROM merchant_staff s
    JOIN merchants m ON m.app_id = s.app_id AND m.merchant_id = s.merchant_id
    WHERE s.app_id = ${appId} AND s.merchant_id = ${page.merchantId} AND s.user_id > ${page.after}
      AND s.until >= m.ended_at ORDER BY s.user_id LIMIT ${page.limit}`.execute(tx)
  return rows.map(({ user_id }) => user_id)
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
 * Refuses `merchant.not_found`, and `merchant.ended` to put somebody to work for one that is gone for good.
 */
export async function setStaff(
  call: MerchantCall,
  of: { readonly merchantId: string; readonly userId: string },
  work: { readonly post: string; readonly abilities: readonly Ability[] } | null,
): Promise<void> {
  const { tx, appId, now } = call
  // Changes of one merchant's staff stand in line: two at once would both begin.
  if ((await lockStanding(call, of.merchantId)) && work !== null) throw refuse('merchant.ended')
  const theirs = sql`app_id = ${appId} AND merchant_id = ${of.merchantId} AND user_id = ${of.userId}`
  await sql`UPDATE merchant_staff SET until = greatest(${now}, since) WHERE ${theirs} AND until IS NULL`.execute(tx)
  if (work === null) return
  // What was told in this very millisecond was in force before it: something may have been given by it.
  await sql`INSERT INTO merchant_staff (app_id, merchant_id, user_id, since, post, abilities)
    SELECT ${appId}, ${of.merchantId}, ${of.userId}, greatest(${now}, (SELECT max(since) + 1 FROM merchant_staff
      WHERE ${theirs})), ${work.post}, ${work.abilities}::text[]`.execute(tx)
}

// ── what they may ──
/** A merchant of a path and those it belongs to, under a lock: whoever is let go meanwhile waits, or is heard. */
async function lockPath({ tx, appId }: MerchantCall, path: readonly string[]) {
  const { rows } = await sql<{
    merchant_id: string
    name: string
    suspended_at: number | null
    ended_at: number | null
  }>`SELECT merchant_id, name, suspended_at, ended_at FROM merchants
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
/** [MER7] The shop whose group it is, for what the host says there in its own name. */
export async function shopOf(call: MerchantCall, path: readonly string[]): Promise<SpokenAs> {
  const [merchantId = ''] = path
  return { merchantId, name: (await knownMerchant(call, merchantId)).name }
}
/** [MER7] Refuses `merchant.not_speaker` unless the person may speak now as the very shop that was spoken as. */
export async function checkSpeaker(
  call: MerchantCall,
  path: readonly string[] | null,
  { userId, merchantId }: { readonly userId: string; readonly merchantId: string },
): Promise<void> {
  if (path === null) throw refuse('merchant.not_speaker')
  await lockPath(call, path)
  const places = await placesOf(call, path, { userId, ability: 'talk-as' })
  if (!places.includes(merchantId)) throw refuse('merchant.not_speaker')
}

/**
 * [MER1] Refuses `merchant.not_found` to who does not work for the merchant nor for one it belongs to, and
 * `merchant.permission` to who may not there. Whoever decides holds the merchants until the end: what is decided by
 * somebody who is let go meanwhile comes before it, or not at all.
 */
export async function checkStaff(
  call: MerchantCall & { readonly isReading: boolean },
  of: { readonly merchantId: string; readonly userId: string; readonly ability: Ability },
): Promise<void> {
  const path = (await findMerchant(call, of.merchantId))?.path
  if (path === undefined) throw refuse('merchant.not_found')
  if (!call.isReading)
    await sql`SELECT FROM merchants WHERE app_id = ${call.appId} AND merchant_id = ANY(${[...path]}::text[])
      ORDER BY merchant_id FOR NO KEY UPDATE`.execute(call.tx)
  const held = await abilitiesAt(call, path, of.userId)
  if (held === undefined) throw refuse('merchant.not_found')
  if (!held.has(of.ability)) throw refuse('merchant.permission')
}
/** All that somebody may do now for a merchant of a path; undefined for who works nowhere on it. */
export async function abilitiesAt(
  { tx, appId }: MerchantCall,
  path: readonly string[],
  userId: string,
): Promise<ReadonlySet<Ability> | undefined> {
  const { rows } = await sql<{ abilities: Ability[] }>`SELECT abilities FROM merchant_staff WHERE app_id = ${appId}
    AND merchant_id = ANY(${[...path]}::text[]) AND user_id = ${userId} AND until IS NULL`.execute(tx)
  return rows.length === 0 ? undefined : new Set(rows.flatMap(({ abilities }) => abilities))
}
/** How many work for a merchant now. */
export async function countStaff({ tx, appId }: MerchantCall, merchantId: string, most: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT FROM merchant_staff
    WHERE app_id = ${appId} AND merchant_id = ${merchantId} AND until IS NULL LIMIT ${most}) t`.execute(tx)
  return rows[0]?.n ?? 0
}
/** Whether somebody works now for a merchant of the path. */
export async function worksFor({ tx, appId }: MerchantCall, path: readonly string[], userId: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM merchant_staff WHERE app_id = ${appId}
    AND merchant_id = ANY(${[...path]}::text[]) AND user_id = ${userId} AND until IS NULL LIMIT 1`.execute(tx)
  return rows.length > 0
}
/**
 * Which of these people work now for the house a group is of: its merchant, one it belongs to, or one that belongs to
 * it. Nobody, of a friends' group. NOTE: read without a lock: who is hired meanwhile counts as not hired yet.
 */
export async function staffAmong(
  { tx, appId }: MerchantCall,
  groupId: string,
  userIds: readonly UserId[],
): Promise<ReadonlySet<UserId>> {
  const { rows } = await sql<{ user_id: UserId }>`SELECT DISTINCT s.user_id FROM merchant_staff s
    JOIN groups g ON g.app_id = s.app_id AND g.group_id = ${groupId}
    JOIN merchants m ON m.app_id = s.app_id AND m.merchant_id = s.merchant_id
    WHERE s.app_id = ${appId} AND s.user_id = ANY(${[...userIds]}::text[]) AND s.until IS NULL
      AND (s.merchant_id = ANY(g.merchant_path) OR m.path @> g.merchant_path[1:1])`.execute(tx)
  return new Set(rows.map(({ user_id }) => user_id))
}

// ── their groups ──
/**
 * [MER10] The path of a merchant that gets a group, under a lock, and whether it gives nothing now. Refuses
 * `merchant.not_found`, and `merchant.ended` where one of the path is gone for good.
 */
export async function standBehind(
  call: MerchantCall,
  merchantId: string,
): Promise<{ readonly path: readonly string[]; readonly isStopped: boolean }> {
  const found = await knownMerchant(call, merchantId)
  const merchants = await lockPath(call, found.path)
  if (merchants.some(isEnded)) throw refuse('merchant.ended')
  return { path: found.path, isStopped: merchants.some(({ suspended_at }) => suspended_at !== null) }
}
/** A group of a merchant, or of one that belongs to it. */
export interface MerchantGroup {
  readonly merchantId: string
  readonly groupId: GroupId
  /** Whether its merchant, or one that one belongs to, is suspended now. */
  readonly isStopped: boolean
}
/** Groups of a merchant and of all that belong to it, those after one, in the order of merchant and group. */
export async function listGroupsOf(
  { tx, appId }: MerchantCall,
  merchantId: string,
  page: { readonly after: Pick<MerchantGroup, 'merchantId' | 'groupId'> | null; readonly limit: number },
): Promise<MerchantGroup[]> {
  const after = page.after ?? { merchantId: '', groupId: '' }
  const { rows } = await sql<MerchantGroup>`SELECT t.merchant_id AS "merchantId", g.group_id AS "groupId",
      EXISTS (SELECT FROM merchants a WHERE a.app_id = ${appId} AND a.merchant_id = ANY(t.path)
        AND a.suspended_at IS NOT NULL) AS "isStopped"
    FROM merchants t CROSS JOIN LATERAL (SELECT group_id FROM groups WHERE app_id = ${appId}
      AND merchant_path[1] = t.merchant_id
      AND group_id > CASE t.merchant_id WHEN ${after.merchantId} THEN ${after.groupId} ELSE '' END
      ORDER BY group_id LIMIT ${page.limit}) g
    WHERE t.app_id = ${appId} AND t.merchant_id >= ${after.merchantId} AND t.path @> ARRAY[${merchantId}]
    ORDER BY t.merchant_id, g.group_id LIMIT ${page.limit}`.execute(tx)
  return rows
}
/** A group that somebody runs without working for its merchant, or for one that one belongs to. */
export interface RunGroup {
  readonly groupId: GroupId
  readonly merchantId: string
  readonly role: Role
}
/** [MER7] Living groups of a merchant, and of what belongs to it, that a person still runs, those after one. */
export async function listRunBy(
  { tx, appId }: MerchantCall,
  of: { readonly merchantId: string; readonly userId: string; readonly after: string; readonly limit: number },
): Promise<RunGroup[]> {
  const { rows } = await sql<RunGroup>`SELECT m.group_id AS "groupId", g.merchant_path[1] AS "merchantId", m.role
    FROM (SELECT group_id, role FROM members WHERE app_id = ${appId} AND user_id = ${of.userId} AND active
      AND role <> 'member' AND group_id > ${of.after} OFFSET 0) m
    CROSS JOIN LATERAL (SELECT merchant_path FROM groups WHERE app_id = ${appId} AND group_id = m.group_id
      AND disbanded_at IS NULL OFFSET 0) g
    WHERE g.merchant_path @> ARRAY[${of.merchantId}] AND NOT EXISTS (SELECT FROM merchant_staff s
      WHERE s.app_id = ${appId} AND s.user_id = ${of.userId} AND s.until IS NULL
        AND s.merchant_id = ANY(g.merchant_path))
    ORDER BY m.group_id LIMIT ${of.limit}`.execute(tx)
  return rows
}
/**
 * [MER7] Who gets a group: of the merchant's staff, else of the staff of those it belongs to, who manages before who
 * moderates, a member of the group before others, the longest-serving first. Nobody banned from it; nobody from outside
 * while it, or they, can take no more.
 */
export async function findHeir(
  { tx, appId }: MerchantCall,
  group: { readonly groupId: string; readonly path: readonly string[]; readonly isFull: boolean },
  groupsPerUserMax: number,
): Promise<UserId | undefined> {
  const path = [...group.path]
  const { rows } = await sql<{ user_id: UserId }>`SELECT s.user_id FROM merchant_staff s
    LEFT JOIN LATERAL (SELECT active, banned FROM members WHERE app_id = ${appId} AND group_id = ${group.groupId}
      AND user_id = s.user_id OFFSET 0) m ON true
    CROSS JOIN LATERAL (SELECT min(since) AS began FROM merchant_staff WHERE app_id = ${appId}
      AND merchant_id = s.merchant_id AND user_id = s.user_id) b
    WHERE s.app_id = ${appId} AND s.merchant_id = ANY(${path}::text[]) AND s.until IS NULL
      AND s.abilities && ARRAY['manage', 'moderate'] AND m.banned IS NOT TRUE
      AND (m.active IS TRUE OR (NOT ${group.isFull}::boolean AND (SELECT count(*) FROM members x
        WHERE x.app_id = ${appId} AND x.user_id = s.user_id AND x.active) < ${groupsPerUserMax}))
    ORDER BY array_position(${path}::text[], s.merchant_id), NOT 'manage' = ANY(s.abilities),
      m.active IS NOT TRUE, b.began, s.user_id LIMIT 1`.execute(tx)
  return rows[0]?.user_id
}
