/** The host's own words for what it granted, took or took back. The points themselves are in the ledger. */
import type { AppId, LocalText } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  {
    id: 'points-001',
    up: [
      `CREATE TABLE points_titles (
        app_id text NOT NULL, ref text NOT NULL, zh text NOT NULL, en text NOT NULL,
        PRIMARY KEY (app_id, ref))`,
      rls('points_titles'),
    ],
  },
]

interface Place {
  readonly tx: Tx
  readonly appId: AppId
}
/** The first words of a ref stay. */
export async function keepTitle({ tx, appId }: Place, ref: string, title: LocalText): Promise<void> {
  await sql`INSERT INTO points_titles (app_id, ref, zh, en) VALUES (${appId}, ${ref}, ${title['zh-CN']}, ${title.en})
    ON CONFLICT DO NOTHING`.execute(tx)
}
export async function titlesOf({ tx, appId }: Place, refs: readonly string[]): Promise<ReadonlyMap<string, LocalText>> {
  if (refs.length === 0) return new Map()
  const { rows } = await sql<{ ref: string; zh: string; en: string }>`SELECT ref, zh, en FROM points_titles
    WHERE app_id = ${appId} AND ref = ANY(${refs})`.execute(tx)
  return new Map(rows.map(({ ref, zh, en }) => [ref, { 'zh-CN': zh, en }]))
}
