/** Teams of group buys, who keeps or paid a place in them, and what the host is to do with each order's money. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { ledgerMigrations } from '@qun/ledger'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'
import { countRunning, offerMigrations } from '../../shared/offer/store.ts'
import type { Instruction } from './contract.ts'

export const migrations: readonly Migration[] = [
  ...ledgerMigrations,
  ...offerMigrations,
  {
    id: 'group-buy-001',
    up: [
      `CREATE TABLE group_buy_teams (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, team_no integer NOT NULL,
        leader_id text NOT NULL, until bigint NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'completed', 'failed')), why text,
        held_count integer NOT NULL DEFAULT 0 CHECK (held_count >= 0),
        paid_count integer NOT NULL DEFAULT 0 CHECK (paid_count >= 0), price_fen bigint, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, team_no)) WITH (fillfactor = 70)`,
      `CREATE INDEX group_buy_teams_open ON group_buy_teams (app_id, group_id, seq, team_no) WHERE status = 'open'`,
      `CREATE TABLE group_buy_places (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, place_id text NOT NULL,
        user_id text NOT NULL, team_no integer, quantity integer NOT NULL CHECK (quantity > 0),
        amount_fen bigint NOT NULL CHECK (amount_fen >= 0), until bigint NOT NULL,
        status text NOT NULL CHECK (status IN ('held', 'returned', 'paid', 'won', 'lost', 'refunded')),
        order_id text, paid_at bigint, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, place_id))`,
      `CREATE UNIQUE INDEX group_buy_places_one ON group_buy_places (app_id, group_id, seq, user_id)
        WHERE status IN ('held', 'paid')`,
      `CREATE UNIQUE INDEX group_buy_places_order ON group_buy_places (app_id, order_id) WHERE order_id IS NOT NULL`,
      `CREATE INDEX group_buy_places_of_team ON group_buy_places (app_id, group_id, seq, team_no) WHERE team_no IS NOT NULL`,
      `CREATE INDEX group_buy_places_held ON group_buy_places (app_id, group_id, seq, until) WHERE status = 'held'`,
      `CREATE TABLE group_buy_instructions (
        app_id text NOT NULL, order_id text NOT NULL, what text NOT NULL CHECK (what IN ('capture', 'void')),
        status text NOT NULL CHECK (status IN ('due', 'done', 'dropped')), user_id text NOT NULL,
        amount_fen bigint NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, order_id))`,
      `CREATE INDEX group_buy_instructions_due ON group_buy_instructions (app_id, at, order_id) WHERE status = 'due'`,
      ...['group_buy_teams', 'group_buy_places', 'group_buy_instructions'].map(rls),
    ],
  },
  {
    // A place names the order that paid for it alone; those that may pay are kept apart, as many as there are.
    id: 'group-buy-002',
    up: [
      `CREATE TABLE group_buy_orders (
        app_id text NOT NULL, order_id text NOT NULL, group_id text, seq bigint, place_id text, paid_at bigint,
        ended_at bigint, PRIMARY KEY (app_id, order_id),
        CHECK ((place_id IS NULL) = (group_id IS NULL) AND (place_id IS NULL) = (seq IS NULL)))`,
      `INSERT INTO group_buy_orders (app_id, order_id, group_id, seq, place_id, paid_at, ended_at)
        SELECT app_id, order_id, group_id, seq, place_id, paid_at, CASE status WHEN 'refunded' THEN at END
        FROM group_buy_places WHERE order_id IS NOT NULL`,
      `CREATE INDEX group_buy_orders_of_place ON group_buy_orders (app_id, group_id, seq, place_id)
        WHERE place_id IS NOT NULL`,
      `UPDATE group_buy_places SET order_id = NULL WHERE status IN ('held', 'returned')`,
      `ALTER TABLE group_buy_places ADD CONSTRAINT group_buy_places_paid
        CHECK ((order_id IS NULL) = (status IN ('held', 'returned')))`,
      rls('group_buy_orders'),
    ],
  },
  {
    // [MER4] What an offer was allowed by: the product's list price and floor as they stood when it was posted.
    id: 'group-buy-003',
    up: [
      `CREATE TABLE group_buy_offers (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, product_id text NOT NULL,
        merchant_id text NOT NULL, price_fen bigint NOT NULL, list_fen bigint NOT NULL, floor_fen bigint,
        by_host boolean NOT NULL, at bigint NOT NULL, PRIMARY KEY (app_id, group_id, seq))`,
      rls('group_buy_offers'),
    ],
  },
  {
    // [MER5] What an offer counts against caps, and since when it is over; those from before count nothing.
    id: 'group-buy-004',
    up: [
      `ALTER TABLE group_buy_offers ADD COLUMN cut_fen bigint, ADD COLUMN over_at bigint`,
      `CREATE INDEX group_buy_offers_live ON group_buy_offers (app_id, product_id, group_id, seq)
        WHERE over_at IS NULL`,
    ],
  },
  // [MER4] Those that run count among what is offered of their products.
  { id: 'group-buy-005', up: countRunning('group_buy_offers') },
  // Whose order it is; null while nobody told.
  { id: 'group-buy-006', up: [`ALTER TABLE group_buy_orders ADD COLUMN user_id text`] },
]

/** The message of an offer, with its transaction: any card call is one. */
export interface Offered {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
export type PlaceStatus = 'held' | 'returned' | 'paid' | 'won' | 'lost' | 'refunded'
export interface Place {
  readonly placeId: string
  readonly userId: UserId
  readonly teamNo: number | null
  readonly quantity: number
  /** What is authorised for it. */
  readonly amountFen: number
  readonly until: number
  readonly status: PlaceStatus
  /** The one that paid, or whose money goes back; null while it is held, and when it was returned. */
  readonly orderId: string | null
}
export interface StoredTeam {
  readonly teamNo: number
  readonly leaderId: UserId
  readonly until: number
  readonly status: 'open' | 'completed' | 'failed'
  readonly heldCount: number
  readonly paidCount: number
}
const here = ({ appId, groupId, seq }: Offered) => sql`app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`
const placeColumns = sql`place_id AS "placeId", user_id AS "userId", team_no AS "teamNo", quantity,
  amount_fen AS "amountFen", until, status, order_id AS "orderId"`
const teamColumns = sql`team_no AS "teamNo", leader_id AS "leaderId", until, status, held_count AS "heldCount",
  paid_count AS "paidCount"`

// ── places ──
type NewPlace = Omit<Place, 'status' | 'orderId'> & Partial<Pick<Place, 'status' | 'orderId'>>
export async function addPlace(at: Offered, place: NewPlace, now: number): Promise<void> {
  const status = place.status ?? 'held'
  await sql`INSERT INTO group_buy_places (app_id, group_id, seq, place_id, user_id, team_no, quantity, amount_fen, until,
      status, order_id, paid_at, at)
    VALUES (${at.appId}, ${at.groupId}, ${at.seq}, ${place.placeId}, ${place.userId}, ${place.teamNo}, ${place.quantity},
      ${place.amountFen}, ${place.until}, ${status}, ${place.orderId ?? null}, ${status === 'held' ? null : now}, ${now})`.execute(
    at.tx,
  )
}
async function listPlaces(at: Offered, which: RawBuilder<unknown>): Promise<Place[]> {
  const { rows } =
    await sql<Place>`SELECT ${placeColumns} FROM group_buy_places WHERE ${here(at)} AND ${which}`.execute(at.tx)
  return rows
}
export async function findPlace(at: Offered, placeId: string): Promise<Place | undefined> {
  return (await listPlaces(at, sql`place_id = ${placeId}`))[0]
}
/** The one a person keeps now, else the one they kept last: a row of refused money, which no order is for, is none. */
export async function findLastPlace(at: Offered, userId: UserId): Promise<Place | undefined> {
  return (
    await listPlaces(
      at,
      sql`user_id = ${userId} AND (status <> 'lost' OR EXISTS (SELECT 1 FROM group_buy_orders o
          WHERE o.app_id = group_buy_places.app_id AND o.group_id = group_buy_places.group_id
            AND o.seq = group_buy_places.seq AND o.place_id = group_buy_places.place_id))
        ORDER BY (status IN ('held', 'paid')) DESC, at DESC, place_id DESC LIMIT 1`,
    )
  )[0]
}
/** Places paid in a team, the longest standing first. */
export function paidPlaces(at: Offered, teamNo: number): Promise<Place[]> {
  return listPlaces(at, sql`team_no = ${teamNo} AND status = 'paid' ORDER BY paid_at, place_id`)
}
export function heldPlaces(at: Offered, teamNo: number): Promise<Place[]> {
  return listPlaces(at, sql`team_no = ${teamNo} AND status = 'held' ORDER BY place_id`)
}
/** Unpaid places whose time is over by `now`, and the time of the next. */
export async function dueHolds(at: Offered, now: number): Promise<{ due: Place[]; nextAt: number | undefined }> {
  const due = await listPlaces(at, sql`status = 'held' AND until <= ${now} ORDER BY until, place_id LIMIT 200`)
  const { rows } = await sql<{ at: number | null }>`SELECT min(until) AS at FROM group_buy_places
    WHERE ${here(at)} AND status = 'held' AND place_id <> ALL(${due.map((place) => place.placeId)}::text[])`.execute(
    at.tx,
  )
  return { due, nextAt: rows[0]?.at ?? undefined }
}
export async function setPlaces(
  at: Offered,
  placeIds: readonly string[],
  change: {
    readonly status: PlaceStatus
    readonly orderId?: string
    readonly teamNo?: number
    readonly paidAt?: number
  },
): Promise<void> {
  if (placeIds.length === 0) return
  const { status, orderId = null, teamNo = null, paidAt = null } = change
  await sql`UPDATE group_buy_places SET status = ${status}, order_id = coalesce(${orderId}, order_id),
      team_no = coalesce(${teamNo}::integer, team_no), paid_at = coalesce(${paidAt}::bigint, paid_at)
    WHERE ${here(at)} AND place_id = ANY(${placeIds}::text[])`.execute(at.tx)
}
/**
 * [MER5] What pieces were cut off the list price: those of a team that bought by its price, those of an open one by the
 * lowest it may reach.
 */
export async function cutOfPlaces(at: Offered, listFen: number, lowestFen: number): Promise<number> {
  const { rows } = await sql<{ fen: number }>`SELECT coalesce(sum(p.quantity
      * (${listFen}::bigint - CASE p.status WHEN 'won' THEN t.price_fen ELSE ${lowestFen}::bigint END)), 0)::bigint AS fen
    FROM (SELECT team_no, quantity, status FROM group_buy_places
      WHERE ${here(at)} AND status IN ('held', 'paid', 'won')) p
    LEFT JOIN (SELECT team_no, price_fen FROM group_buy_teams WHERE ${here(at)}) t USING (team_no)`.execute(at.tx)
  return rows[0]?.fen ?? 0
}
/** [MER4] Pieces kept or paid that no team bought yet. */
export async function countOpen(at: Offered): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT coalesce(sum(quantity), 0)::bigint AS n FROM group_buy_places
    WHERE ${here(at)} AND status IN ('held', 'paid')`.execute(at.tx)
  return rows[0]?.n ?? 0
}
/** [GB10] The place an order of the app paid for, or the one kept for its money that goes back. */
export async function placeOfOrder(
  tx: Tx,
  appId: AppId,
  orderId: string,
): Promise<(Place & { readonly groupId: GroupId; readonly seq: number }) | undefined> {
  const { rows } = await sql<Place & { groupId: GroupId; seq: number }>`
    SELECT group_id AS "groupId", seq, ${placeColumns} FROM group_buy_places
    WHERE app_id = ${appId} AND order_id = ${orderId}`.execute(tx)
  return rows[0]
}

// ── teams ──
export async function addTeam(
  at: Offered,
  team: { readonly teamNo: number; readonly leaderId: UserId; readonly until: number },
  now: number,
): Promise<void> {
  await sql`INSERT INTO group_buy_teams (app_id, group_id, seq, team_no, leader_id, until, status, paid_count, at)
    VALUES (${at.appId}, ${at.groupId}, ${at.seq}, ${team.teamNo}, ${team.leaderId}, ${team.until}, 'open', 1,
      ${now})`.execute(at.tx)
}
export async function findTeam(at: Offered, teamNo: number): Promise<StoredTeam | undefined> {
  return (await listTeams(at, sql`team_no = ${teamNo}`))[0]
}
export function openTeams(at: Offered, page: { after: number; limit: number }): Promise<StoredTeam[]> {
  return listTeams(at, sql`status = 'open' AND team_no > ${page.after} ORDER BY team_no LIMIT ${page.limit}`)
}
async function listTeams(at: Offered, which: RawBuilder<unknown>): Promise<StoredTeam[]> {
  const { rows } =
    await sql<StoredTeam>`SELECT ${teamColumns} FROM group_buy_teams WHERE ${here(at)} AND ${which}`.execute(at.tx)
  return rows
}
export async function setTeam(
  at: Offered,
  teamNo: number,
  change: { readonly heldCount: number; readonly paidCount: number; readonly leaderId: string },
): Promise<void> {
  await sql`UPDATE group_buy_teams SET held_count = ${change.heldCount}, paid_count = ${change.paidCount},
    leader_id = ${change.leaderId} WHERE ${here(at)} AND team_no = ${teamNo}`.execute(at.tx)
}
export async function closeTeam(
  at: Offered,
  teamNo: number,
  end: { readonly status: 'completed' | 'failed'; readonly why: string; readonly priceFen: number | null },
): Promise<void> {
  await sql`UPDATE group_buy_teams SET status = ${end.status}, why = ${end.why}, price_fen = ${end.priceFen}, held_count = 0
    WHERE ${here(at)} AND team_no = ${teamNo}`.execute(at.tx)
}
/** Who paid in each of these teams, the longest standing first, with the leader in front. */
export async function facesOf(
  at: Offered,
  teams: readonly StoredTeam[],
  limit: number,
): Promise<ReadonlyMap<number, UserId[]>> {
  const { rows } = await sql<{ teamNo: number; userId: UserId }>`
    SELECT t.team_no AS "teamNo", p.user_id AS "userId" FROM unnest(${teams.map((team) => team.teamNo)}::integer[]) AS t(team_no)
    CROSS JOIN LATERAL (SELECT user_id, paid_at, place_id FROM group_buy_places
      WHERE ${here(at)} AND team_no = t.team_no AND status = 'paid' ORDER BY paid_at, place_id LIMIT ${limit}) p
    ORDER BY t.team_no, p.paid_at, p.place_id`.execute(at.tx)
  const faces = new Map(teams.map((team) => [team.teamNo, [team.leaderId]]))
  for (const { teamNo, userId } of rows) {
    const known = faces.get(teamNo)
    if (known !== undefined && known.length < limit && !known.includes(userId)) known.push(userId)
  }
  return faces
}

// ── money ──
export interface Order {
  readonly orderId: string
  readonly userId: UserId
  readonly amountFen: number
}
/** [GB11] The primary key is the wall: an order is captured or voided, once. */
export async function instruct(
  at: Offered,
  what: Instruction['what'],
  orders: readonly Order[],
  now: number,
): Promise<void> {
  if (orders.length === 0) return
  await sql`INSERT INTO group_buy_instructions (app_id, order_id, what, status, user_id, amount_fen, group_id, seq, at)
    SELECT ${at.appId}, t.order_id, ${what}, 'due', t.user_id, t.amount_fen, ${at.groupId}, ${at.seq}, ${now}
    FROM unnest(${orders.map((order) => order.orderId)}::text[], ${orders.map((order) => order.userId)}::text[],
      ${orders.map((order) => order.amountFen)}::bigint[]) AS t(order_id, user_id, amount_fen)`.execute(at.tx)
}
/** What was due of an order that the host settled otherwise is not due any more. */
export async function dropInstruction(tx: Tx, appId: AppId, orderId: string): Promise<void> {
  await sql`UPDATE group_buy_instructions SET status = 'dropped'
    WHERE app_id = ${appId} AND order_id = ${orderId} AND status = 'due'`.execute(tx)
}
/** False if there is no such instruction. */
export async function finishInstruction(
  tx: Tx,
  appId: AppId,
  { orderId, what }: Pick<Instruction, 'orderId' | 'what'>,
): Promise<boolean> {
  const { rows } = await sql`UPDATE group_buy_instructions
    SET status = CASE status WHEN 'due' THEN 'done' ELSE status END
    WHERE app_id = ${appId} AND order_id = ${orderId} AND what = ${what} RETURNING 1`.execute(tx)
  return rows.length > 0
}
export async function dueInstructions(
  tx: Tx,
  appId: AppId,
  page: { readonly afterAt: number; readonly afterOrderId: string; readonly limit: number },
): Promise<Instruction[]> {
  const { rows } = await sql<Instruction>`SELECT order_id AS "orderId", what, user_id AS "userId",
      amount_fen AS "amountFen", i.group_id AS "groupId", i.seq, i.at, o.merchant_id AS "merchantId",
      nullif(m.sender_id, '') AS "staffId"
    FROM (SELECT * FROM group_buy_instructions WHERE app_id = ${appId} AND status = 'due'
      AND (at, order_id) > (${page.afterAt}::bigint, ${page.afterOrderId}::text)
      ORDER BY at, order_id LIMIT ${page.limit}) i
    LEFT JOIN group_buy_offers o USING (app_id, group_id, seq) LEFT JOIN messages m USING (app_id, group_id, seq)
    ORDER BY i.at, i.order_id`.execute(tx)
  return rows
}
