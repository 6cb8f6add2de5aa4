/** Policies for making groups, and the figures they ask about, as the host told them. */
import type { AppId, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { Credit, Figures, GroupKind, GroupPolicy } from './contract.ts'

export const creationMigrations: readonly Migration[] = [
  {
    id: 'membership-004',
    up: [
      `CREATE TABLE membership_policies (
        app_id text NOT NULL, kind text NOT NULL, merchant_id text COLLATE "C" NOT NULL, policy jsonb NOT NULL,
        PRIMARY KEY (app_id, kind, merchant_id))`,
      `CREATE TABLE membership_standing (
        app_id text NOT NULL, subject text NOT NULL, followers bigint NOT NULL, store_score integer NOT NULL,
        verified boolean NOT NULL, credit text NOT NULL CHECK (credit IN ('low', 'normal')),
        PRIMARY KEY (app_id, subject))`,
      rls('membership_policies'),
      rls('membership_standing'),
    ],
  },
]

/** Whose figures they are. */
export type Subject = { readonly userId: UserId } | { readonly merchantId: string }
const subjectOf = (of: Subject) => ('userId' in of ? `user/${of.userId}` : `merchant/${of.merchantId}`)

/** A merchant's own policy before the app's; nothing is asked where none was set. */
export async function findPolicy(
  tx: Tx,
  appId: AppId,
  of: { readonly kind: GroupKind; readonly merchantId: string | undefined },
): Promise<GroupPolicy> {
  const { rows } = await sql<{ policy: GroupPolicy }>`SELECT policy FROM membership_policies
    WHERE app_id = ${appId} AND kind = ${of.kind} AND merchant_id = ANY(ARRAY['', ${of.merchantId ?? ''}])
    ORDER BY merchant_id DESC LIMIT 1`.execute(tx)
  return rows[0]?.policy ?? {}
}
/** Of the app with an empty `merchantId`; null takes it away. */
export async function putPolicy(
  tx: Tx,
  appId: AppId,
  of: { readonly kind: GroupKind; readonly merchantId: string },
  policy: GroupPolicy | null,
): Promise<void> {
  if (policy === null) {
    await sql`DELETE FROM membership_policies
      WHERE app_id = ${appId} AND kind = ${of.kind} AND merchant_id = ${of.merchantId}`.execute(tx)
    return
  }
  await sql`INSERT INTO membership_policies (app_id, kind, merchant_id, policy)
    VALUES (${appId}, ${of.kind}, ${of.merchantId}, ${JSON.stringify(policy)}::jsonb)
    ON CONFLICT (app_id, kind, merchant_id) DO UPDATE SET policy = excluded.policy`.execute(tx)
}
export interface StoredPolicy {
  readonly kind: GroupKind
  readonly merchantId: string
  readonly policy: GroupPolicy
}
export async function listPolicies(tx: Tx, appId: AppId, limit: number): Promise<StoredPolicy[]> {
  const { rows } = await sql<StoredPolicy>`SELECT kind, merchant_id AS "merchantId", policy FROM membership_policies
    WHERE app_id = ${appId} ORDER BY kind, merchant_id LIMIT ${limit}`.execute(tx)
  return rows
}

const noFigures: Figures = { followers: 0, storeScore: 0, verified: false }
export interface Standing {
  readonly figures: Figures
  readonly credit: Credit
}
export async function findStanding(tx: Tx, appId: AppId, of: Subject): Promise<Standing> {
  const { rows } = await sql<
    Figures & { credit: Credit }
  >`SELECT followers, store_score AS "storeScore", verified, credit
    FROM membership_standing WHERE app_id = ${appId} AND subject = ${subjectOf(of)}`.execute(tx)
  const [row] = rows
  if (row === undefined) return { figures: noFigures, credit: 'normal' }
  const { credit, ...figures } = row
  return { figures, credit }
}
export async function putStanding(tx: Tx, appId: AppId, of: Subject, { figures, credit }: Standing): Promise<void> {
  const { followers, storeScore, verified } = figures
  await sql`INSERT INTO membership_standing (app_id, subject, followers, store_score, verified, credit)
    VALUES (${appId}, ${subjectOf(of)}, ${followers}, ${storeScore}, ${verified}, ${credit})
    ON CONFLICT (app_id, subject) DO UPDATE SET followers = excluded.followers, store_score = excluded.store_score,
      verified = excluded.verified, credit = excluded.credit`.execute(tx)
}

/** Living groups of a kind that a person owns, at most so many as one may be in. */
export async function countOwned(tx: Tx, appId: AppId, userId: UserId, kind: GroupKind): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT group_id FROM members
      WHERE app_id = ${appId} AND user_id = ${userId} AND active AND role = 'owner' OFFSET 0) m
    CROSS JOIN LATERAL (SELECT merchant_path FROM groups WHERE app_id = ${appId} AND group_id = m.group_id
      AND disbanded_at IS NULL OFFSET 0) g
    WHERE (g.merchant_path IS NOT NULL) = ${kind === 'merchant'}`.execute(tx)
  return rows[0]?.n ?? 0
}
/** Living groups of a merchant, counted no further than asked. */
export async function countOfMerchant(tx: Tx, appId: AppId, merchantId: string, most: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT FROM groups
    WHERE app_id = ${appId} AND merchant_path[1] = ${merchantId} AND merchant_path IS NOT NULL
      AND disbanded_at IS NULL LIMIT ${most}) t`.execute(tx)
  return rows[0]?.n ?? 0
}
