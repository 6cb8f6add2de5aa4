/** Join links and who used them; whom orders led to invite or why not, and who wants no more. */
import { createHash } from 'node:crypto'
import type { AppId, GroupId, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { JoinLink, NoInvitation, OrderInvitationRule } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'invitation-001',
    up: [
      `CREATE TABLE invitation_links (
        app_id text NOT NULL, link_id text NOT NULL, group_id text NOT NULL, code_hash text NOT NULL,
        label text NOT NULL, by_id text, source text NOT NULL, created_at bigint NOT NULL,
        expires_at bigint, max_uses integer, uses integer NOT NULL DEFAULT 0, revoked_at bigint,
        PRIMARY KEY (app_id, link_id), CHECK (max_uses IS NULL OR uses <= max_uses))`,
      `CREATE UNIQUE INDEX invitation_links_by_code ON invitation_links (app_id, code_hash)`,
      `CREATE INDEX invitation_links_by_group ON invitation_links (app_id, group_id, created_at)`,
      `CREATE TABLE invitation_uses (
        app_id text NOT NULL, link_id text NOT NULL, user_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, link_id, user_id))`,
      `CREATE TABLE invitation_rules (
        app_id text NOT NULL, group_id text NOT NULL, shop_id text NOT NULL, active boolean NOT NULL,
        rule jsonb NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id))`,
      `CREATE INDEX invitation_rules_by_shop ON invitation_rules (app_id, shop_id) WHERE active`,
      `CREATE TABLE invitation_people (
        app_id text NOT NULL, user_id text NOT NULL, never boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, user_id))`,
      `CREATE TABLE invitation_reports (
        app_id text NOT NULL, event_id text NOT NULL, hash text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, event_id))`,
      `CREATE TABLE invitation_orders (
        app_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL, shop_id text NOT NULL,
        items jsonb NOT NULL, paid_at bigint, received_at bigint, ended_at bigint, parked_at bigint,
        PRIMARY KEY (app_id, order_id))`,
      `CREATE INDEX invitation_orders_parked ON invitation_orders (app_id, parked_at) WHERE parked_at IS NOT NULL`,
      `CREATE TABLE invitation_offers (
        app_id text NOT NULL, offer_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL,
        group_id text NOT NULL, phase text NOT NULL, at bigint NOT NULL, expires_at bigint NOT NULL,
        PRIMARY KEY (app_id, offer_id))`,
      `CREATE UNIQUE INDEX invitation_offers_by_order ON invitation_offers (app_id, order_id)`,
      `CREATE INDEX invitation_offers_by_user ON invitation_offers (app_id, user_id, at)`,
      ...[
        'invitation_links',
        'invitation_uses',
        'invitation_rules',
        'invitation_people',
        'invitation_reports',
        'invitation_orders',
        'invitation_offers',
      ].map(rls),
    ],
  },
  {
    // Orders have a feature of their own; what one led to stays here.
    id: 'invitation-002',
    up: [
      `DROP TABLE invitation_reports`,
      `DROP TABLE invitation_orders`,
      `CREATE TABLE invitation_outcomes (
        app_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL, reason text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, order_id))`,
      rls('invitation_outcomes'),
    ],
  },
]

/** A type, not an interface: Kysely's withTables needs an index signature. */
type Tables = {
  invitation_links: {
    app_id: string
    link_id: string
    group_id: string
    code_hash: string
    label: string
    by_id: string | null
    source: string
    created_at: number
    expires_at: number | null
    max_uses: number | null
    uses: number
    revoked_at: number | null
  }
  invitation_uses: { app_id: string; link_id: string; user_id: string; at: number }
  invitation_people: { app_id: string; user_id: string; never: boolean }
  invitation_offers: {
    app_id: string
    offer_id: string
    order_id: string
    user_id: string
    group_id: string
    phase: OfferPhase
    at: number
    expires_at: number
  }
}
const tables = (tx: Tx) => tx.withTables<Tables>()

// ── links ──
/** [IN1] Only this is kept of a code: whoever reads the database cannot join by it. */
export function hashOfCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
export interface StoredLink extends JoinLink {
  readonly groupId: GroupId
}
const linkOf = (row: Tables['invitation_links']): StoredLink => ({
  linkId: row.link_id,
  groupId: row.group_id as GroupId,
  label: row.label,
  byId: row.by_id as UserId | null,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  maxUses: row.max_uses,
  uses: row.uses,
  revokedAt: row.revoked_at,
  source: row.source,
})
export async function addLink(tx: Tx, appId: AppId, link: StoredLink, code: string): Promise<void> {
  const row = {
    app_id: appId,
    link_id: link.linkId,
    group_id: link.groupId,
    code_hash: hashOfCode(code),
    label: link.label,
    by_id: link.byId,
    source: link.source,
    created_at: link.createdAt,
    expires_at: link.expiresAt,
    max_uses: link.maxUses,
    uses: 0,
    revoked_at: null,
  }
  await tables(tx).insertInto('invitation_links').values(row).execute()
}
export async function findLinkByCode(tx: Tx, appId: AppId, code: string): Promise<StoredLink | undefined> {
  const row = await tables(tx)
    .selectFrom('invitation_links')
    .selectAll()
    .where('app_id', '=', appId)
    .where('code_hash', '=', hashOfCode(code))
    .executeTakeFirst()
  return row === undefined ? undefined : linkOf(row)
}
/** The link as it is now; nobody else changes it until commit. */
export async function lockLink(tx: Tx, appId: AppId, linkId: string): Promise<StoredLink | undefined> {
  const row = await tables(tx)
    .selectFrom('invitation_links')
    .selectAll()
    .where('app_id', '=', appId)
    .where('link_id', '=', linkId)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? undefined : linkOf(row)
}
/** Latest first, at most 200; one person's if `byId` is given. */
export async function listLinks(tx: Tx, appId: AppId, groupId: GroupId, byId?: UserId): Promise<JoinLink[]> {
  const all = tables(tx)
    .selectFrom('invitation_links')
    .selectAll()
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
  const wanted = byId === undefined ? all : all.where('by_id', '=', byId)
  const rows = await wanted.orderBy('created_at', 'desc').orderBy('link_id').limit(200).execute()
  return rows.map((row) => {
    const { groupId: _, ...link } = linkOf(row)
    return link
  })
}
/** Links of one person (or of the host) that still work. */
export async function countWorkingLinks(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
  byId: UserId | null,
  now: number,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM invitation_links
    WHERE app_id = ${appId} AND group_id = ${groupId} AND by_id IS NOT DISTINCT FROM ${byId} AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > ${now}) AND (max_uses IS NULL OR uses < max_uses)`.execute(tx)
  return rows[0]?.count ?? 0
}
/** One link, or all that a person made in a group. */
export async function revokeLinks(
  tx: Tx,
  appId: AppId,
  which: { readonly linkId: string } | { readonly groupId: GroupId; readonly byId: UserId },
  at: number,
): Promise<void> {
  const wanted =
    'linkId' in which ? sql`link_id = ${which.linkId}` : sql`group_id = ${which.groupId} AND by_id = ${which.byId}`
  await sql`UPDATE invitation_links SET revoked_at = ${at}
    WHERE app_id = ${appId} AND ${wanted} AND revoked_at IS NULL`.execute(tx)
}
export async function hasUsed(tx: Tx, appId: AppId, linkId: string, userId: UserId): Promise<boolean> {
  const row = await tables(tx)
    .selectFrom('invitation_uses')
    .select('user_id')
    .where('app_id', '=', appId)
    .where('link_id', '=', linkId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row !== undefined
}
/** [IN4] The link is locked, so its count cannot pass `maxUses`; the table's check is the second wall. */
export async function addUse(tx: Tx, appId: AppId, linkId: string, userId: UserId, at: number): Promise<void> {
  await tables(tx)
    .insertInto('invitation_uses')
    .values({ app_id: appId, link_id: linkId, user_id: userId, at })
    .execute()
  await tables(tx)
    .updateTable('invitation_links')
    .set((row) => ({ uses: row('uses', '+', 1) }))
    .where('app_id', '=', appId)
    .where('link_id', '=', linkId)
    .execute()
}

// ── rules ──
export async function findRule(tx: Tx, appId: AppId, groupId: GroupId): Promise<OrderInvitationRule | undefined> {
  const { rows } = await sql<{ rule: OrderInvitationRule }>`SELECT rule FROM invitation_rules
    WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
  return rows[0]?.rule
}
export async function putRule(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
  rule: OrderInvitationRule,
  at: number,
): Promise<void> {
  await sql`INSERT INTO invitation_rules (app_id, group_id, shop_id, active, rule, at)
    VALUES (${appId}, ${groupId}, ${rule.shopId}, ${rule.active}, ${JSON.stringify(rule)}::jsonb, ${at})
    ON CONFLICT (app_id, group_id) DO UPDATE
      SET shop_id = excluded.shop_id, active = excluded.active, rule = excluded.rule`.execute(tx)
}
/** Active rules of a shop, oldest first: a full group is passed over for the next. */
export async function listRulesOfShop(
  tx: Tx,
  appId: AppId,
  shopId: string,
): Promise<{ groupId: GroupId; rule: OrderInvitationRule }[]> {
  const { rows } = await sql<{ groupId: GroupId; rule: OrderInvitationRule }>`SELECT group_id AS "groupId", rule
    FROM invitation_rules WHERE app_id = ${appId} AND shop_id = ${shopId} AND active
    ORDER BY at, group_id LIMIT 20`.execute(tx)
  return rows
}

// ── people ──
/** [OI6] Locks what is known of a person until commit, so that two orders at once are two asks at most in name. */
export async function lockPerson(tx: Tx, appId: AppId, userId: UserId): Promise<{ never: boolean }> {
  const { rows } = await sql<{ never: boolean }>`INSERT INTO invitation_people AS p (app_id, user_id)
    VALUES (${appId}, ${userId}) ON CONFLICT (app_id, user_id) DO UPDATE SET never = p.never RETURNING never`.execute(
    tx,
  )
  return { never: rows[0]?.never ?? false }
}
export async function setNever(tx: Tx, appId: AppId, userId: UserId, never: boolean): Promise<void> {
  await tables(tx)
    .updateTable('invitation_people')
    .set({ never })
    .where('app_id', '=', appId)
    .where('user_id', '=', userId)
    .execute()
}

// ── orders ──
/** Why an order led to no invitation; the last reason counts. */
export async function putReason(
  tx: Tx,
  appId: AppId,
  order: { readonly orderId: string; readonly userId: UserId },
  reason: NoInvitation,
  at: number,
): Promise<void> {
  await sql`INSERT INTO invitation_outcomes (app_id, order_id, user_id, reason, at)
    VALUES (${appId}, ${order.orderId}, ${order.userId}, ${reason}, ${at})
    ON CONFLICT (app_id, order_id) DO UPDATE SET reason = excluded.reason, at = excluded.at`.execute(tx)
}
export async function findReason(tx: Tx, appId: AppId, orderId: string): Promise<NoInvitation | undefined> {
  const { rows } = await sql<{ reason: NoInvitation }>`SELECT reason FROM invitation_outcomes
    WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
  return rows[0]?.reason
}

// ── offers ──
export type OfferPhase = 'open' | 'accepted' | 'dismissed' | 'withdrawn'
export interface Offer {
  readonly offerId: string
  readonly orderId: string
  readonly userId: UserId
  readonly groupId: GroupId
  readonly phase: OfferPhase
  readonly at: number
  readonly expiresAt: number
}
const offerOf = (row: Tables['invitation_offers']): Offer => ({
  offerId: row.offer_id,
  orderId: row.order_id,
  userId: row.user_id as UserId,
  groupId: row.group_id as GroupId,
  phase: row.phase,
  at: row.at,
  expiresAt: row.expires_at,
})
export async function addOffer(tx: Tx, appId: AppId, offer: Offer): Promise<void> {
  const row = {
    app_id: appId,
    offer_id: offer.offerId,
    order_id: offer.orderId,
    user_id: offer.userId,
    group_id: offer.groupId,
    phase: offer.phase,
    at: offer.at,
    expires_at: offer.expiresAt,
  }
  await tables(tx).insertInto('invitation_offers').values(row).execute()
}
/** Lock the person first: whoever changes an offer does. One order leads to one offer at most. */
export async function findOffer(
  tx: Tx,
  appId: AppId,
  by: { offerId: string } | { orderId: string },
): Promise<Offer | undefined> {
  const all = tables(tx).selectFrom('invitation_offers').selectAll().where('app_id', '=', appId)
  const wanted = 'offerId' in by ? all.where('offer_id', '=', by.offerId) : all.where('order_id', '=', by.orderId)
  const row = await wanted.executeTakeFirst()
  return row === undefined ? undefined : offerOf(row)
}
export async function setPhase(tx: Tx, appId: AppId, offerId: string, phase: OfferPhase): Promise<void> {
  await tables(tx)
    .updateTable('invitation_offers')
    .set({ phase })
    .where('app_id', '=', appId)
    .where('offer_id', '=', offerId)
    .execute()
}
/** A person's offers since `since`, and those that still wait for an answer; oldest first. */
export async function listOffers(tx: Tx, appId: AppId, userId: UserId, since: number): Promise<Offer[]> {
  const rows = await tables(tx)
    .selectFrom('invitation_offers')
    .selectAll()
    .where('app_id', '=', appId)
    .where('user_id', '=', userId)
    .where((either) => either.or([either('at', '>', since), either('phase', '=', 'open')]))
    .orderBy('at')
    .execute()
  return rows.map(offerOf)
}
