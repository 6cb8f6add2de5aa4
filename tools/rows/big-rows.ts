/** Fills tables in the database itself, indexes built afterwards; which rows is said elsewhere. */
import pg, { type Client } from 'pg'
import { bigTables, type Sizes } from './big-tables.ts'
import { spreadRows } from './spread.ts'

/** What takes longest has a session of its own, so that two cores are busy. */
const longest = 'messages'

/** Fills the tables of a fresh, migrated database. `tell` is told of every step and how long it took. */
export async function fillBigRows(
  url: string,
  sizes: Sizes,
  tell: (step: string, seconds?: number) => void,
): Promise<void> {
  const tables = bigTables(sizes)
  const fill = (isHere: (table: string) => boolean, then?: (client: Client) => Promise<void>) =>
    withClient(url, async (client) => {
      for (const [table, statement] of tables.filter(([name]) => isHere(name))) {
        const start = performance.now()
        await withoutIndexes(client, table, async () => void (await client.query(statement)))
        tell(table, (performance.now() - start) / 1_000)
      }
      await then?.(client)
    })
  const names = new Set(tables.map(([table]) => table))
  await Promise.all([
    fill((table) => table === longest),
    fill(
      (table) => table !== longest,
      async (client) => {
        for (const line of await spreadRows(client, names)) tell(`left empty: ${line}`)
      },
    ),
  ])
  await withClient(url, async (client) => void (await client.query(`COMMENT ON DATABASE qun IS '${filledMark}'`)))
}
/** Says that the rows are all there: a run that was killed amid begins anew. */
const filledMark = 'large rows'
export async function isFilled(client: Client): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM pg_database WHERE datname = current_database()
    AND shobj_description(oid, 'pg_database') = '${filledMark}'`)
  return rows.length > 0
}

async function withClient(url: string, run: (client: Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`SELECT set_config('qun.app_id', '*', false)`)
    await client.query(`SET maintenance_work_mem = '768MB'; SET work_mem = '256MB'; SET statement_timeout = 0`)
    await run(client)
  } finally {
    await client.end()
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
  // The owner's own rows: nobody else's could be among them, and looking at each costs a quarter of the time.
  await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`)
  for (const { name, constraint } of rows)
    await client.query(constraint === null ? `DROP INDEX ${name}` : `ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  await fill()
  await client.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`)
  for (const { name, definition, constraint } of rows)
    await client.query(constraint === null ? definition : `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${constraint}`)
  await client.query(`VACUUM (ANALYZE) ${table}`)
}
