/** Packets with their secret, their shares each in one state, and what is kept of phrases. */
import type { AppId, GroupId, Millis, UserId } from '@qun/contract'
import { ledgerMigrations } from '@qun/ledger'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  ...ledgerMigrations,
  {
    id: 'red-packet-001',
    up: [
      `CREATE TABLE red_packet_packets (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, source text NOT NULL, currency text NOT NULL,
        amount bigint NOT NULL CHECK (amount >= 1), count integer NOT NULL CHECK (count >= 1), share_max bigint NOT NULL,
        secret text NOT NULL, expires_at bigint NOT NULL, ended_at bigint,
        PRIMARY KEY (app_id, group_id, seq))`,
      `CREATE INDEX red_packet_packets_open ON red_packet_packets (app_id, group_id, seq) WHERE ended_at IS NULL`,
      // [R3] The check allows exactly the three states; [R4] the index makes a second share of one member impossible.
      `CREATE TABLE red_packet_shares (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, ord integer NOT NULL,
        amount bigint NOT NULL CHECK (amount >= 1), status text NOT NULL DEFAULT 'open', user_id text, at bigint,
        PRIMARY KEY (app_id, group_id, seq, ord),
        CONSTRAINT red_packet_shares_state CHECK (CASE status WHEN 'claimed' THEN user_id IS NOT NULL AND at IS NOT NULL
          WHEN 'open' THEN user_id IS NULL AND at IS NULL WHEN 'refunded' THEN user_id IS NULL ELSE false END))
        WITH (fillfactor = 50)`,
      `CREATE UNIQUE INDEX red_packet_shares_once ON red_packet_shares (app_id, group_id, seq, user_id)
        WHERE user_id IS NOT NULL`,
      `CREATE TABLE red_packet_phrases (
        app_id text NOT NULL, phrase_id text NOT NULL, sender_id text NOT NULL, hash text NOT NULL, at bigint NOT NULL,
        seq bigint,
        PRIMARY KEY (app_id, phrase_id))`,
      `CREATE INDEX red_packet_phrases_unused ON red_packet_phrases (app_id, sender_id, at) WHERE seq IS NULL`,
      ...['red_packet_packets', 'red_packet_shares', 'red_packet_phrases'].map(rls),
    ],
  },
]

/** The message of a packet, within its app and its transaction. */
export interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
export interface Packet {
  /** The account that paid, and gets back what is left. */
  readonly source: string
  readonly currency: string
  readonly amount: number
  readonly count: number
  readonly shareMax: number
  readonly secret: string
  readonly expiresAt: Millis
}
const at = ({ appId, groupId, seq }: Place) => sql`app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`

/** NOTE: until a packet is over its secret stays in this table: it tells all shares. */
export async function keepPacket(place: Place, packet: Packet, shares: readonly number[]): Promise<void> {
  const { tx, appId, groupId, seq } = place
  const { source, currency, amount, count, shareMax, secret, expiresAt } = packet
  await Promise.all([
    sql`INSERT INTO red_packet_packets
        (app_id, group_id, seq, source, currency, amount, count, share_max, secret, expires_at)
      VALUES (${appId}, ${groupId}, ${seq}, ${source}, ${currency}, ${amount}, ${count}, ${shareMax}, ${secret},
        ${expiresAt})`.execute(tx),
    sql`INSERT INTO red_packet_shares (app_id, group_id, seq, ord, amount)
      SELECT ${appId}, ${groupId}, ${seq}, t.n - 1, t.amount
      FROM unnest(${shares}::bigint[]) WITH ORDINALITY AS t(amount, n)`.execute(tx),
  ])
}
export async function readPacket(place: Place): Promise<Packet> {
  const { rows } = await sql<Packet>`SELECT source, currency, amount, count, share_max AS "shareMax", secret,
      expires_at AS "expiresAt" FROM red_packet_packets WHERE ${at(place)}`.execute(place.tx)
  if (rows[0] === undefined) throw new Error(`packet ${place.groupId}/${place.seq} has no row`)
  return rows[0]
}

/** Amounts never change, so one reading serves all who open a share in one transaction. */
const known = new WeakMap<Tx, Map<string, Promise<number[]>>>()
/** All shares in the order they are opened in. */
export function readShares(place: Place): Promise<number[]> {
  let ofTx = known.get(place.tx)
  if (ofTx === undefined) known.set(place.tx, (ofTx = new Map()))
  const key = `${place.groupId}/${place.seq}`
  let shares = ofTx.get(key)
  if (shares === undefined) {
    shares = sql<{ amount: number }>`SELECT amount FROM red_packet_shares WHERE ${at(place)} ORDER BY ord`
      .execute(place.tx)
      .then(({ rows }) => rows.map(({ amount }) => amount))
    ofTx.set(key, shares)
  }
  return shares
}
/** [R3] [R4] Throws when that share is not open: the card's count and the table would differ. */
export async function claimShare(place: Place, ord: number, userId: UserId, now: Millis): Promise<void> {
  const { numAffectedRows } =
    await sql`UPDATE red_packet_shares SET status = 'claimed', user_id = ${userId}, at = ${now}
    WHERE ${at(place)} AND ord = ${ord} AND status = 'open'`.execute(place.tx)
  if (numAffectedRows !== 1n) throw new Error(`share ${ord} of packet ${place.groupId}/${place.seq} is not open`)
}
export async function claimerOf(place: Place, ord: number): Promise<UserId> {
  const { rows } = await sql<{ userId: UserId }>`SELECT user_id AS "userId" FROM red_packet_shares
    WHERE ${at(place)} AND ord = ${ord} AND status = 'claimed'`.execute(place.tx)
  if (rows[0] === undefined) throw new Error(`share ${ord} of packet ${place.groupId}/${place.seq} is not claimed`)
  return rows[0].userId
}
/** [R7] All open shares at once; returns their sum. */
export async function refundShares(place: Place): Promise<number> {
  const { rows } = await sql<{ sum: number }>`WITH back AS (
      UPDATE red_packet_shares SET status = 'refunded' WHERE ${at(place)} AND status = 'open' RETURNING amount)
    SELECT coalesce(sum(amount), 0)::bigint AS sum FROM back`.execute(place.tx)
  return rows[0]?.sum ?? 0
}
export async function endPacket(place: Place, now: Millis): Promise<void> {
  await sql`UPDATE red_packet_packets SET ended_at = ${now} WHERE ${at(place)}`.execute(place.tx)
}
/** Packets of a group that are not over, first one first. */
export async function openPackets(tx: Tx, appId: AppId, groupId: GroupId): Promise<number[]> {
  const { rows } = await sql<{ seq: number }>`SELECT seq FROM red_packet_packets
    WHERE app_id = ${appId} AND group_id = ${groupId} AND ended_at IS NULL ORDER BY seq`.execute(tx)
  return rows.map(({ seq }) => seq)
}

export interface ClaimRow {
  readonly ord: number
  readonly userId: UserId
  readonly at: Millis
  readonly amount: number
}
/** In the order of opening, those from place `after` on. */
export async function listClaims(place: Place, page: { after: number; limit: number }): Promise<ClaimRow[]> {
  const { rows } = await sql<ClaimRow>`SELECT ord, user_id AS "userId", at, amount FROM red_packet_shares
    WHERE ${at(place)} AND ord >= ${page.after} AND status = 'claimed' ORDER BY ord LIMIT ${page.limit}`.execute(
    place.tx,
  )
  return rows
}
export async function hasClaimed(place: Place, userId: UserId): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM red_packet_shares WHERE ${at(place)} AND user_id = ${userId}`.execute(
    place.tx,
  )
  return rows.length > 0
}
/** Members of the group the packet is posted to; its row is locked while a packet is opened. */
export async function countMembers({ tx, appId, groupId }: Omit<Place, 'seq'>): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT member_count AS n FROM groups
    WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
  return rows[0]?.n ?? 0
}

// ── phrases ──
/** An attempt that came to nothing leaves its phrase behind; the sender's next one sweeps it away. */
const unusedLifeMs = 86_400_000
export async function keepPhrase(
  tx: Tx,
  phrase: { readonly appId: AppId; readonly senderId: UserId; readonly at: Millis },
  hashOf: (phraseId: string) => string,
): Promise<string> {
  const { appId, senderId, at: now } = phrase
  await sql`DELETE FROM red_packet_phrases
    WHERE app_id = ${appId} AND sender_id = ${senderId} AND seq IS NULL AND at < ${now - unusedLifeMs}`.execute(tx)
  const { rows } = await sql<{ id: string }>`SELECT replace('phr_' || gen_random_uuid(), '-', '') AS id`.execute(tx)
  const phraseId = rows[0]?.id ?? ''
  await sql`INSERT INTO red_packet_phrases (app_id, phrase_id, sender_id, hash, at)
    VALUES (${appId}, ${phraseId}, ${senderId}, ${hashOf(phraseId)}, ${now})`.execute(tx)
  return phraseId
}
/** Binds a phrase to its packet; false if it is not there or another packet's. */
export async function usePhrase({ tx, appId, seq }: Place, phraseId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE red_packet_phrases SET seq = ${seq}
    WHERE app_id = ${appId} AND phrase_id = ${phraseId} AND seq IS NULL`.execute(tx)
  return numAffectedRows === 1n
}
export async function readPhraseHash({ tx, appId }: Place, phraseId: string): Promise<string> {
  const { rows } = await sql<{ hash: string }>`SELECT hash FROM red_packet_phrases
    WHERE app_id = ${appId} AND phrase_id = ${phraseId}`.execute(tx)
  return rows[0]?.hash ?? ''
}
