/** Audits made of one query each: what must never be found in a database in order. Knows no table. */
import { type RawBuilder, sql } from 'kysely'
import type { Tx } from './postgres.ts'

/**
 * What must hold of rows at every commit, checked on a live system (`qun doctor --check`) and after every fault in
 * tests. Reads only, over all apps at once: `tx` sees every row.
 */
export interface Audit {
  /** The invariant it proves: `R5`. */
  readonly id: string
  readonly doc: string
  /** Each difference in words, naming app and place; empty when all is well. At most some hundred. */
  find(tx: Tx, now: number): Promise<readonly string[]>
}

/** A query of differences, or what makes one for the present instant (epoch milliseconds). */
type Differences = RawBuilder<unknown> | ((now: number) => RawBuilder<unknown>)

/** Differences told of one check; more say the same. */
const shownMax = 100

/**
 * An audit that holds while its query finds nothing. A row of one column is told as it is, one of several by the names
 * and values of all: `app_id shop, balance -5`. The query stands in a FROM clause, so each of its columns needs a name.
 */
export function check(id: string, doc: string, differences: Differences): Audit {
  return {
    id,
    doc,
    async find(tx, now) {
      const query = typeof differences === 'function' ? differences(now) : differences
      const { rows } = await sql<object>`SELECT * FROM (${query}) t LIMIT ${shownMax}`.execute(tx)
      return rows.map(told)
    },
  }
}

/** Rows fetched together: each may carry a body of some kilobytes. */
const fetchedAtOnce = 200
let cursors = 0

/**
 * The same where no query can judge: each row of it is handed to `fault`, which tells what is wrong with it. Rows are
 * read some at a time in one pass, however many they are; the query leaves out what it can.
 */
export function checkEach<Row extends object>(
  id: string,
  doc: string,
  query: RawBuilder<Row>,
  fault: (row: Row) => string | undefined,
): Audit {
  return {
    id,
    doc,
    async find(tx) {
      // Several audits may share a transaction.
      const cursor = sql.id(`audit_${(cursors += 1)}`)
      // All rows are wanted in the end, not the first ones soon.
      await sql`SET LOCAL cursor_tuple_fraction = 1`.execute(tx)
      await sql`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`.execute(tx)
      const found: string[] = []
      let isMore = true
      while (isMore && found.length < shownMax) {
        const { rows } = await sql<Row>`FETCH ${sql.lit(fetchedAtOnce)} FROM ${cursor}`.execute(tx)
        found.push(...rows.flatMap((row) => fault(row) ?? []))
        isMore = rows.length === fetchedAtOnce
      }
      await sql`CLOSE ${cursor}`.execute(tx)
      return found.slice(0, shownMax)
    },
  }
}

function told(row: object): string {
  const columns = Object.entries(row)
  const [only] = columns
  if (columns.length === 1 && only !== undefined) return String(only[1])
  return columns.map(([name, value]) => `${name} ${String(value)}`).join(', ')
}
