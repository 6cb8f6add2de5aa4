/** How the workers read what may be huge. Knows no table. */
import type { Tx } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'

/**
 * Runs a statement along indexes, whatever the planner believes of its tables: a queue that was empty when it was last
 * counted and holds a hundred thousand rows now would be read and sorted whole for its first sixteen.
 * NOTE: the rest of the transaction is planned so, too: let it be the only statement.
 */
export async function walk<R>(tx: Tx, statement: RawBuilder<R>): Promise<R[]> {
  const [, { rows }] = await Promise.all([alongIndexes.execute(tx), statement.execute(tx)])
  return rows
}
export const alongIndexes = sql.raw('SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off')
