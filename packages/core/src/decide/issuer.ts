/**
 * Whose value a group's plays give, and whose midnight its days end at. Knows no play and no endpoint; who may give is
 * told by merchants.ts.
 */
import { defaultZone, mainMerchant, nextMidnight, pointsOf, refuse, type Issuer } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'
import type { MerchantCall } from './merchants.ts'

// ── zones ──
export interface Zone {
  readonly timeZone: string
  /** What was told and is not in force yet. */
  readonly next: { readonly timeZone: string; readonly at: number } | null
}
interface ZoneRow {
  readonly merchant_id: string
  readonly time_zone: string
  readonly next_time_zone: string | null
  readonly next_at: number | null
}
/** The merchants of a path, its own first, then the app. */
const ownersOf = (path: readonly string[] | null): string[] => [...(path ?? []), '']
const rowsOf = async ({ tx, appId }: MerchantCall, owners: readonly string[]) => {
  const { rows } = await sql<ZoneRow>`SELECT merchant_id, time_zone, next_time_zone, next_at FROM time_zones
    WHERE app_id = ${appId} AND merchant_id = ANY(${[...owners]}::text[])`.execute(tx)
  return rows
}
function zoneOf(row: ZoneRow, now: number): Zone {
  const { time_zone, next_time_zone, next_at } = row
  if (next_time_zone === null || next_at === null) return { timeZone: time_zone, next: null }
  if (next_at <= now) return { timeZone: next_time_zone, next: null }
  return { timeZone: time_zone, next: { timeZone: next_time_zone, at: next_at } }
}
function zoneAmong(rows: readonly ZoneRow[], path: readonly string[] | null, now: number): Zone {
  for (const owner of ownersOf(path)) {
    const row = rows.find(({ merchant_id }) => merchant_id === owner)
    if (row !== undefined) return zoneOf(row, now)
  }
  return { timeZone: defaultZone, next: null }
}
/** [MER8] The zone of a merchant's path, or of a friends' group: its own, its parents', the app's, Shanghai's. */
export async function zoneAt(call: MerchantCall, path: readonly string[] | null): Promise<Zone> {
  return zoneAmong(await rowsOf(call, ownersOf(path)), path, call.now)
}
/**
 * [MER8] A day that has begun ends when it was to end: what is told holds from the next midnight. The app's own has no
 * path.
 */
export async function setZone(call: MerchantCall, path: readonly string[] | null, timeZone: string): Promise<Zone> {
  const { tx, appId, now } = call
  const owner = path?.[0] ?? ''
  // Made first: what is not there cannot be locked.
  const before = (await zoneAt(call, path)).timeZone
  await sql`INSERT INTO time_zones (app_id, merchant_id, time_zone) VALUES (${appId}, ${owner}, ${before})
    ON CONFLICT DO NOTHING`.execute(tx)
  const { rows } = await sql<ZoneRow>`SELECT merchant_id, time_zone, next_time_zone, next_at FROM time_zones
    WHERE app_id = ${appId} AND merchant_id = ${owner} FOR UPDATE`.execute(tx)
  const [row] = rows
  const current = row === undefined ? before : zoneOf(row, now).timeZone
  const next = current === timeZone ? null : { timeZone, at: nextMidnight(current, now) }
  await sql`UPDATE time_zones SET time_zone = ${current}, next_time_zone = ${next?.timeZone ?? null},
    next_at = ${next?.at ?? null} WHERE app_id = ${appId} AND merchant_id = ${owner}`.execute(tx)
  return { timeZone: current, next }
}

// ── issuers ──
export interface GroupIssuer extends Issuer {
  /** Itself, then those it belongs to. */
  readonly path: readonly string[]
  /** [MER3] The ledger's currency of its points. */
  readonly points: string
}
interface Standing {
  readonly path: readonly string[] | null
  readonly programme: string | null
  readonly zones: readonly ZoneRow[] | null
}
const zonesOf = (path: RawBuilder<unknown>) => sql`(SELECT jsonb_agg(jsonb_build_object('merchant_id', z.merchant_id,
    'time_zone', z.time_zone, 'next_time_zone', z.next_time_zone, 'next_at', z.next_at)) FROM time_zones z
  WHERE z.app_id = m.app_id AND z.merchant_id = ANY(${path} || ''::text))`
/** NOTE: whose group it is never changes, so it is read without a lock. */
async function standingOf({ tx, appId }: MerchantCall, groupId: string): Promise<Standing | undefined> {
  const { rows } = await sql<Standing>`SELECT m.merchant_path AS path, ${zonesOf(sql`m.merchant_path`)} AS zones,
      (SELECT programme FROM merchants p WHERE p.app_id = m.app_id AND p.merchant_id = m.merchant_path[1]) AS programme
    FROM groups m WHERE m.app_id = ${appId} AND m.group_id = ${groupId}`.execute(tx)
  return rows[0]
}
const issuerIn = ({ path, programme, zones }: Standing, now: number): GroupIssuer | undefined => {
  const merchantId = path?.[0]
  if (merchantId === undefined) return undefined
  const { timeZone } = zoneAmong(zones ?? [], path, now)
  return { merchantId, path: path ?? [], timeZone, points: pointsOf(programme ?? mainMerchant) }
}
/** Whose value a group's plays give; undefined for a friends' group, where nothing of anybody's is given. */
export async function issuerOfGroup(call: MerchantCall, groupId: string): Promise<GroupIssuer | undefined> {
  const standing = await standingOf(call, groupId)
  return standing === undefined ? undefined : issuerIn(standing, call.now)
}
/** [MER8] Whose midnight ends a group's days. */
export async function zoneOfGroup(call: MerchantCall, groupId: string): Promise<string> {
  const standing = await standingOf(call, groupId)
  return zoneAmong(standing?.zones ?? [], standing?.path ?? null, call.now).timeZone
}
export interface NamedIssuer extends GroupIssuer {
  /** [MER10] It, or one it belongs to, gives nothing now. */
  readonly isSuspended: boolean
}
/** The merchant the host names, or who gives what it gives without a name. Refuses `merchant.not_found`. */
export async function issuerNamed(call: MerchantCall, merchantId: string = mainMerchant): Promise<NamedIssuer> {
  const { tx, appId, now } = call
  const { rows } = await sql<Standing & Pick<NamedIssuer, 'isSuspended'>>`SELECT m.path, m.programme,
      ${zonesOf(sql`m.path`)} AS zones, EXISTS (SELECT FROM merchants a WHERE a.app_id = ${appId}
        AND a.merchant_id = ANY(m.path) AND a.suspended_at IS NOT NULL) AS "isSuspended"
    FROM merchants m WHERE m.app_id = ${appId} AND m.merchant_id = ${merchantId}`.execute(tx)
  const [row] = rows
  const known = row && issuerIn(row, now)
  if (known !== undefined) return { ...known, isSuspended: row?.isSuspended === true }
  if (merchantId !== mainMerchant) throw refuse('merchant.not_found')
  const { timeZone } = await zoneAt(call, null)
  const points = pointsOf(mainMerchant)
  return { merchantId: mainMerchant, path: [mainMerchant], timeZone, points, isSuspended: false }
}
/**
 * [MER10] The same, for whoever gives in its name. Refuses `merchant.suspended`. NOTE: read without a lock: what is
 * given while a suspension is being told comes before it.
 */
export async function giverNamed(call: MerchantCall, merchantId?: string): Promise<NamedIssuer> {
  const issuer = await issuerNamed(call, merchantId)
  if (issuer.isSuspended) throw refuse('merchant.suspended')
  return issuer
}
