/** Stocks of coupons, which cards offer them, and their counters. Every function takes the transaction first. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { ledgerMigrations } from '@qun/ledger'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { CouponState, StockStatus, Terms } from './contract-terms.ts'

export const migrations: readonly Migration[] = [
  ...ledgerMigrations,
  {
    id: 'coupon-001',
    up: [
      `CREATE TABLE coupon_stocks (
        app_id text NOT NULL, stock_id text NOT NULL, title text NOT NULL, terms jsonb NOT NULL,
        status text NOT NULL CHECK (status IN ('draft', 'active', 'paused', 'ended', 'deleted')),
        total integer NOT NULL, issued integer NOT NULL DEFAULT 0, per_user integer NOT NULL,
        per_day integer, day_key text NOT NULL DEFAULT '', day_issued integer NOT NULL DEFAULT 0,
        claim_from bigint NOT NULL, claim_until bigint NOT NULL, group_id text, created_at bigint NOT NULL,
        CHECK (issued >= 0 AND issued <= total),
        PRIMARY KEY (app_id, stock_id))`,
      `CREATE TABLE coupon_offers (
        app_id text NOT NULL, stock_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL,
        PRIMARY KEY (app_id, stock_id, group_id, seq))`,
      `CREATE TABLE coupon_items (
        app_id text NOT NULL, coupon_id text NOT NULL, stock_id text NOT NULL, user_id text NOT NULL,
        ordinal integer NOT NULL CHECK (ordinal > 0), batch_id text, state text NOT NULL
          CHECK (state IN ('issued', 'locked', 'used', 'returned', 'expired', 'voided')),
        valid_from bigint NOT NULL, valid_until bigint NOT NULL, order_id text, locked_until bigint,
        stack_group text NOT NULL, claimed_at bigint NOT NULL, used_at bigint, is_reminded boolean NOT NULL DEFAULT false,
        due_at bigint, group_id text, seq bigint, code_hash text, code_until bigint,
        PRIMARY KEY (app_id, coupon_id))`,
      `CREATE UNIQUE INDEX coupon_items_ordinal ON coupon_items (app_id, stock_id, user_id, ordinal)`,
      `CREATE UNIQUE INDEX coupon_items_batch ON coupon_items (app_id, stock_id, batch_id, user_id)
        WHERE batch_id IS NOT NULL`,
      `CREATE UNIQUE INDEX coupon_items_code ON coupon_items (app_id, code_hash) WHERE code_hash IS NOT NULL`,
      `CREATE UNIQUE INDEX coupon_items_stacked ON coupon_items (app_id, order_id, stack_group)
        WHERE state IN ('locked', 'used')`,
      `CREATE INDEX coupon_items_by_order ON coupon_items (app_id, order_id) WHERE order_id IS NOT NULL`,
      `CREATE INDEX coupon_items_by_user ON coupon_items (app_id, user_id, valid_until)`,
      `CREATE INDEX coupon_items_due ON coupon_items (app_id, group_id, seq, due_at) WHERE due_at IS NOT NULL`,
      `CREATE TABLE coupon_orders (
        app_id text NOT NULL, order_id text NOT NULL, user_id text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, order_id))`,
      ...['coupon_stocks', 'coupon_offers', 'coupon_items', 'coupon_orders'].map(rls),
    ],
  },
  {
    id: 'coupon-002',
    up: [
      `CREATE TABLE coupon_levels (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL, level integer NOT NULL,
        PRIMARY KEY (app_id, group_id, user_id))`,
      rls('coupon_levels'),
    ],
  },
  {
    id: 'coupon-003',
    up: [
      // [CP21] What it counts for against budgets, in fen.
      `ALTER TABLE coupon_items ADD COLUMN worth_fen bigint NOT NULL DEFAULT 0 CHECK (worth_fen >= 0)`,
      // [CP22] People a card is for, from its writing until it is posted.
      `CREATE TABLE coupon_named (
        app_id text NOT NULL, named_id text NOT NULL, sender_id text NOT NULL, user_ids text[] NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (app_id, named_id))`,
      `CREATE INDEX coupon_named_by_sender ON coupon_named (app_id, sender_id, at)`,
      rls('coupon_named'),
    ],
  },
]

export interface StoredStock {
  readonly stockId: string
  readonly title: string
  /** As first written; `total` and the others beside it are what counts now. */
  readonly terms: Terms
  readonly status: StockStatus | 'deleted'
  readonly total: number
  /** Given out, or set aside for packets: nobody else can have it. */
  readonly issued: number
  /** [CP23] Set aside for packets. */
  readonly setAside: number
  readonly perUser: number
  readonly perDay: number | null
  readonly dayKey: string
  readonly dayIssued: number
  readonly claimFrom: number
  readonly claimUntil: number
  /** The group whose card made it; null for a stock of the host. */
  readonly groupId: GroupId | null
  /** [MER3] Whose. */
  readonly merchantId: string
  readonly createdAt: number
}
const columns = sql`stock_id AS "stockId", title, terms, status, total, issued + set_aside AS issued,
  set_aside AS "setAside", per_user AS "perUser",
  per_day AS "perDay", day_key AS "dayKey", day_issued AS "dayIssued", claim_from AS "claimFrom",
  claim_until AS "claimUntil", group_id AS "groupId", merchant_id AS "merchantId", created_at AS "createdAt"`

export async function addStock(
  tx: Tx,
  appId: AppId,
  stock: Pick<StoredStock, 'stockId' | 'title' | 'terms' | 'status' | 'groupId' | 'merchantId' | 'createdAt'>,
): Promise<void> {
  const { stockId, title, terms, status, groupId, merchantId, createdAt } = stock
  await sql`INSERT INTO coupon_stocks
      (app_id, stock_id, title, terms, status, total, per_user, per_day, claim_from, claim_until, group_id, merchant_id,
      created_at, bounded)
    VALUES (${appId}, ${stockId}, ${title}, ${JSON.stringify(terms)}::jsonb, ${status}, ${terms.total}, ${terms.perUser},
      ${terms.perDay ?? null}, ${terms.claim.from}, ${terms.claim.until}, ${groupId}, ${merchantId},
      ${createdAt}, true)`.execute(tx)
}
export async function findStock(tx: Tx, appId: AppId, stockId: string): Promise<StoredStock | undefined> {
  return readStock(tx, appId, stockId, sql``)
}
/** Held until commit: nobody counts, changes or claims of it meanwhile. */
export async function lockStock(tx: Tx, appId: AppId, stockId: string): Promise<StoredStock | undefined> {
  return readStock(tx, appId, stockId, sql`FOR UPDATE`)
}
async function readStock(tx: Tx, appId: AppId, stockId: string, lock: ReturnType<typeof sql>) {
  const { rows } = await sql<StoredStock>`SELECT ${columns} FROM coupon_stocks
    WHERE app_id = ${appId} AND stock_id = ${stockId} ${lock}`.execute(tx)
  return rows[0]
}
/** [C7] The caller holds the stock's lock; the CHECK is the second wall. */
export async function saveStock(tx: Tx, appId: AppId, stock: StoredStock): Promise<void> {
  await sql`UPDATE coupon_stocks SET status = ${stock.status}, total = ${stock.total},
      issued = ${stock.issued} - set_aside,
      per_day = ${stock.perDay}, day_key = ${stock.dayKey}, day_issued = ${stock.dayIssued},
      claim_until = ${stock.claimUntil}
    WHERE app_id = ${appId} AND stock_id = ${stock.stockId}`.execute(tx)
}

export interface Place {
  readonly groupId: GroupId
  readonly seq: number
}
export async function addOffer(tx: Tx, appId: AppId, stockId: string, { groupId, seq }: Place): Promise<void> {
  await sql`INSERT INTO coupon_offers (app_id, stock_id, group_id, seq)
    VALUES (${appId}, ${stockId}, ${groupId}, ${seq})`.execute(tx)
}
export async function dropOffer(tx: Tx, appId: AppId, stockId: string, { groupId, seq }: Place): Promise<void> {
  await sql`DELETE FROM coupon_offers WHERE app_id = ${appId} AND stock_id = ${stockId} AND group_id = ${groupId}
    AND seq = ${seq}`.execute(tx)
}
/** In the order in which cards are locked. */
export async function listOffers(tx: Tx, appId: AppId, stockId: string): Promise<Place[]> {
  const { rows } = await sql<Place>`SELECT group_id AS "groupId", seq FROM coupon_offers
    WHERE app_id = ${appId} AND stock_id = ${stockId} ORDER BY group_id, seq`.execute(tx)
  return rows
}

/** The state of a coupon at an instant, as `stateAt` of the rules says it. */
export const stateColumn = (now: number) => sql<CouponState>`CASE
  WHEN i.state IN ('used', 'voided', 'expired') OR (i.state = 'locked' AND i.locked_until > ${now}) THEN i.state
  WHEN i.valid_until <= ${now} THEN 'expired' WHEN i.state = 'locked' THEN 'issued' ELSE i.state END`
export async function countStates(
  tx: Tx,
  appId: AppId,
  stockId: string,
  now: number,
): Promise<Record<CouponState, number>> {
  const { rows } = await sql<{ state: CouponState; n: number }>`SELECT state, count(*) AS n
    FROM (SELECT ${stateColumn(now)} AS state FROM coupon_items i
      WHERE i.app_id = ${appId} AND i.stock_id = ${stockId}) t GROUP BY state`.execute(tx)
  const counts = { issued: 0, locked: 0, used: 0, returned: 0, expired: 0, voided: 0 }
  for (const { state, n } of rows) counts[state] = n
  return counts
}

export interface Claimed {
  readonly issued: number
  readonly total: number
  readonly dayKey: string
  readonly dayIssued: number
}
export interface NewItem {
  readonly couponId: string
  readonly stockId: string
  readonly userId: string
  readonly validFrom: number
  readonly validUntil: number
  readonly stackGroup: string
  readonly dueAt: number
  /** What it counts for against budgets. */
  readonly worthFen: number
  /** [MER6] Who of the staff gives it; '' for the host itself. */
  readonly staffId: string
  readonly place: Place | undefined
}
/**
 * [C1] [C2] [C8] One statement decides a claim: the stock is counted only while there is some, today is some left and
 * its window is open, and its row stays locked until commit, so that a person's ordinals follow each other. Undefined
 * when the stock says no; `limit` when the person has as many as they may, and then nothing of it may be kept.
 */
export async function claimItem(
  tx: Tx,
  appId: AppId,
  item: NewItem,
  { now, day }: { readonly now: number; readonly day: string },
): Promise<Claimed | 'limit' | undefined> {
  // A clock that is behind counts towards the later day: a day once over is never filled again.
  const { rows } = await sql<Claimed & { ordinal: number | null }>`
    WITH taken AS (UPDATE coupon_stocks SET issued = issued + 1, day_key = greatest(day_key, ${day}),
        day_issued = CASE WHEN day_key < ${day} THEN 1 ELSE day_issued + 1 END
      WHERE app_id = ${appId} AND stock_id = ${item.stockId} AND status = 'active'
        AND issued + set_aside < total
        AND claim_from <= ${now} AND claim_until > ${now}
        AND (per_day IS NULL OR day_key < ${day} OR day_issued < per_day)
      RETURNING issued + set_aside AS issued, total, day_key, day_issued, per_user),
    made AS (${insertOf(appId, item, now)})
    SELECT taken.issued, taken.total, taken.day_key AS "dayKey", taken.day_issued AS "dayIssued", made.ordinal
    FROM taken LEFT JOIN made ON true`.execute(tx)
  const row = rows[0]
  if (row === undefined) return undefined
  const { ordinal, ...claimed } = row
  if (ordinal !== null) return claimed
  // Another card of the stock gave the same person one while this waited for the row: look again, from here.
  const again = await sql`WITH taken AS (SELECT per_user FROM coupon_stocks
      WHERE app_id = ${appId} AND stock_id = ${item.stockId}) ${insertOf(appId, item, now)}`.execute(tx)
  return again.rows.length === 0 ? 'limit' : claimed
}
function insertOf(appId: AppId, item: NewItem, now: number) {
  const { couponId, stockId, userId, validFrom, validUntil, stackGroup, dueAt, worthFen, staffId, place } = item
  return sql`INSERT INTO coupon_items (app_id, coupon_id, stock_id, user_id, ordinal, state, valid_from, valid_until,
      stack_group, claimed_at, due_at, worth_fen, staff_id, group_id, seq)
    SELECT ${appId}, ${couponId}, ${stockId}, ${userId}, held.n + 1, 'issued', ${validFrom}::bigint,
      ${validUntil}::bigint, ${stackGroup}, ${now}::bigint, ${dueAt}::bigint, ${worthFen}::bigint,
      ${staffId}, ${place?.groupId ?? null}, ${place?.seq ?? null}::bigint
    FROM taken, (SELECT count(*)::integer AS n FROM coupon_items WHERE app_id = ${appId} AND stock_id = ${stockId}
      AND user_id = ${userId}) held
    WHERE held.n < taken.per_user ON CONFLICT DO NOTHING RETURNING ordinal`
}

// ── levels ──
interface Person {
  readonly groupId: GroupId
  readonly userId: UserId
}
/** [CP20] The highest counts, in whatever order they are told. */
export async function keepLevel(tx: Tx, appId: AppId, { groupId, userId }: Person, level: number): Promise<void> {
  await sql`INSERT INTO coupon_levels AS l (app_id, group_id, user_id, level)
    VALUES (${appId}, ${groupId}, ${userId}, ${level})
    ON CONFLICT (app_id, group_id, user_id) DO UPDATE SET level = greatest(l.level, excluded.level)`.execute(tx)
}
/** The highest level a person reached in a group; 1 when nothing was told of them. */
export async function levelOf(tx: Tx, appId: AppId, { groupId, userId }: Person): Promise<number> {
  const { rows } = await sql<{ level: number }>`SELECT level FROM coupon_levels
    WHERE app_id = ${appId} AND group_id = ${groupId} AND user_id = ${userId}`.execute(tx)
  return rows[0]?.level ?? 1
}

// ── people by name ──
/** An attempt that came to nothing leaves its people behind; the sender's next one sweeps them away. */
const unpostedLifeMs = 86_400_000
/** [CP22] Until the card is posted, which is in another transaction. */
export async function keepNamed(
  tx: Tx,
  named: { readonly appId: AppId; readonly senderId: UserId; readonly at: number },
  userIds: readonly UserId[],
): Promise<string> {
  const { appId, senderId, at } = named
  await sql`DELETE FROM coupon_named
    WHERE app_id = ${appId} AND sender_id = ${senderId} AND at < ${at - unpostedLifeMs}`.execute(tx)
  const { rows } = await sql<{ id: string }>`INSERT INTO coupon_named (app_id, named_id, sender_id, user_ids, at)
    VALUES (${appId}, replace('cpa_' || gen_random_uuid(), '-', ''), ${senderId}, ${userIds}::text[], ${at})
    RETURNING named_id AS id`.execute(tx)
  return rows[0]?.id ?? ''
}
/** Takes them out: from here on the stock has them. */
export async function takeNamed(tx: Tx, appId: AppId, namedId: string): Promise<UserId[] | undefined> {
  const { rows } = await sql<{ userIds: UserId[] }>`DELETE FROM coupon_named
    WHERE app_id = ${appId} AND named_id = ${namedId} RETURNING user_ids AS "userIds"`.execute(tx)
  return rows[0]?.userIds
}
/** [CP20] [CP22] Whether a stock that is for people by name is for this one. */
export async function isNamed(tx: Tx, appId: AppId, stockId: string, userId: UserId): Promise<boolean> {
  const { rows } = await sql<{ isNamed: boolean }>`SELECT terms->'audience'->'userIds' @> to_jsonb(${userId}::text)
      AS "isNamed" FROM coupon_stocks WHERE app_id = ${appId} AND stock_id = ${stockId}`.execute(tx)
  return rows[0]?.isNamed === true
}
