/** Reads rows up to a bound in bytes: thousands of the largest size never are in memory at once. Knows no table. */
import type { Tx } from '@qun/storage'
import { type RawBuilder, sql } from 'kysely'

/** Bytes of what may be long in a message. */
export const messageSize = sql`coalesce(octet_length(body::text), 0) + coalesce(octet_length(state::text), 0)`

export interface Bound {
  /** Columns of the rows asked for, as SQL has them behind ORDER BY; no two rows are alike in them. */
  readonly order: RawBuilder<unknown>
  /** Of one row, in bytes. */
  readonly size: RawBuilder<unknown>
  readonly bytesMax: number
}
export interface Within<R> {
  readonly rows: readonly R[]
  /** Of these rows. */
  readonly bytes: number
  /** How many were asked for, these among them. */
  readonly total: number
  /** There are more than these. */
  readonly isCut: boolean
}

/** The first of the rows asked for, in their order: as many as `bytesMax` bytes hold, one at least. */
export async function readWithin<R>(
  tx: Tx,
  asked: RawBuilder<unknown>,
  { order, size, bytesMax }: Bound,
): Promise<Within<R>> {
  const { rows } = await sql<R & { readonly total: number; readonly bytes: number }>`SELECT * FROM (
      SELECT p.*, row_number() OVER (ORDER BY ${order}) AS place, count(*) OVER () AS total,
        sum(${size}) OVER (ORDER BY ${order}) AS bytes
      FROM (${asked}) p) t
    WHERE bytes <= ${bytesMax} OR place = 1 ORDER BY place`.execute(tx)
  const { total, bytes } = rows.at(-1) ?? { total: 0, bytes: 0 }
  return { rows, bytes, total, isCut: rows.length < total }
}
