/** Fills tables in the database itself, indexes built afterwards; which rows is said elsewhere. */
import type { Client } from 'pg'
import { bigTables, type Sizes } from './big-tables.ts'

/** Fills the tables of a fresh, migrated database. `run` is told of every step and how long it took. */
export async function fillBigRows(
  client: Client,
  sizes: Sizes,
  tell: (step: string, seconds: number) => void,
): Promise<void> {
  await client.query(`SELECT set_config('qun.app_id', '*', false)`)
  await client.query(`SET maintenance_work_mem = '768MB'; SET work_mem = '256MB'; SET statement_timeout = 0`)
  for (const [table, statement] of bigTables(sizes)) {
    const start = performance.now()
    await withoutIndexes(client, table, async () => void (await client.query(statement)))
    tell(table, (performance.now() - start) / 1_000)
  }
}

/** An index is built from whole rows far faster than it grows. The log is of no use to rows that can be made again. */
export async function withoutIndexes(client: Client, table: string, fill: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string; constraint: string | null }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition,
      pg_get_constraintdef(c.oid) AS constraint
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
    WHERE i.indrelid = $1::regclass`,
    [table],
  )
  await client.query(`ALTER TABLE ${table} SET UNLOGGED`)
  for (const { name, constraint } of rows)
    await client.query(constraint === null ? `DROP INDEX ${name}` : `ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  await fill()
  for (const { name, definition, constraint } of rows)
    await client.query(constraint === null ? definition : `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${constraint}`)
  await client.query(`VACUUM (ANALYZE) ${table}`)
}
