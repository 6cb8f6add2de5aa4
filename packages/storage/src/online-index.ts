/** Builds an index while others write to its table; one that was left half built is dropped and built again. */
import { type Client, escapeIdentifier } from 'pg'

export interface OnlineIndex {
  readonly index: string
  /** `CREATE [UNIQUE] INDEX CONCURRENTLY name ON …`. */
  readonly create: string
}

/** Outside of a transaction. Does nothing if the index stands. */
export async function buildIndex(client: Client, { index, create }: OnlineIndex): Promise<void> {
  if (!new RegExp(`^create (unique )?index concurrently ${index} on `, 'i').test(create.trim()))
    throw new Error(`“${create.slice(0, 80)}” is not: create index concurrently ${index} on …`)
  const { rows } = await client.query<{ valid: boolean }>(
    'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
    [escapeIdentifier(index)],
  )
  if (rows[0]?.valid === true) return
  if (rows[0] !== undefined) await client.query(`drop index concurrently if exists ${escapeIdentifier(index)}`)
  await client.query(create)
}
