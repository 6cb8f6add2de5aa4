/** The reports of days compared, one per provider and day. Every function takes the call first; knows no rule. */
import type { AppId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { LocalDay, Report } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'payment-001',
    up: [
      `CREATE TABLE payment_reports (
        app_id text NOT NULL, provider text NOT NULL, day text NOT NULL, at bigint NOT NULL,
        lines integer NOT NULL, settled integer NOT NULL, difference_count integer NOT NULL, differences jsonb NOT NULL,
        trouble text, nightly boolean NOT NULL,
        PRIMARY KEY (app_id, provider, day))`,
      rls('payment_reports'),
    ],
  },
]

interface Place {
  readonly tx: Tx
  readonly appId: AppId
}
/** A day compared again has a new report; that the provider was silent does not undo one. */
export async function keepReport({ tx, appId }: Place, report: Report, nightly: boolean): Promise<void> {
  const { provider, day, at, lines, settled, differenceCount, differences, trouble } = report
  await sql`INSERT INTO payment_reports AS r
      (app_id, provider, day, at, lines, settled, difference_count, differences, trouble, nightly)
    VALUES (${appId}, ${provider}, ${day}, ${at}, ${lines}, ${settled}, ${differenceCount},
      ${JSON.stringify(differences)}::jsonb, ${trouble}, ${nightly})
    ON CONFLICT (app_id, provider, day) DO UPDATE SET at = excluded.at, lines = excluded.lines,
      settled = excluded.settled, difference_count = excluded.difference_count, differences = excluded.differences,
      trouble = excluded.trouble, nightly = r.nightly OR excluded.nightly
    WHERE excluded.trouble IS NULL OR r.trouble IS NOT NULL`.execute(tx)
}
const columns = sql.raw(
  `provider, day, at, lines, settled, difference_count AS "differenceCount", differences, trouble`,
)
export async function listReports(
  { tx, appId }: Place,
  of: { readonly provider: string; readonly before: LocalDay | undefined; readonly limit: number },
): Promise<Report[]> {
  const { rows } = await sql<Report>`SELECT ${columns} FROM payment_reports WHERE app_id = ${appId}
    AND provider = ${of.provider} AND day < ${of.before ?? '3000'} ORDER BY day DESC LIMIT ${of.limit}`.execute(tx)
  return rows
}
/** The last day whose night compared it, and when a later one was tried without a statement. */
export async function lastCompared(
  { tx, appId }: Place,
  provider: string,
): Promise<{ readonly day: LocalDay | undefined; readonly triedAt: number }> {
  const { rows } = await sql<{ day: string | null; triedAt: number | null }>`SELECT
      (SELECT day FROM payment_reports WHERE app_id = ${appId} AND provider = ${provider} AND trouble IS NULL
        AND nightly ORDER BY day DESC LIMIT 1) AS day,
      (SELECT max(at) FROM payment_reports WHERE app_id = ${appId} AND provider = ${provider}
        AND trouble IS NOT NULL) AS "triedAt"`.execute(tx)
  const { day = null, triedAt = null } = rows[0] ?? {}
  return { day: day ?? undefined, triedAt: triedAt ?? 0 }
}
