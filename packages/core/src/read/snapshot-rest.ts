/** What a snapshot holds beside messages and members and may be long: records of the group, the viewer's own parts. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { type RawBuilder, sql } from 'kysely'
import { mineText, recordText, type RowText } from '../ground/row-text.ts'
import type { MineDbRow, RecordDbRow } from '../ground/store.ts'

/** Up to where it was read: records in the order of their names, then parts in that of positions. */
export interface RestPlace {
  /** Of the last record; undefined once all are read. */
  readonly record: readonly [kind: string, key: string] | undefined
  /** Of the last part, or the position before the first message. */
  readonly seq: number
}
export interface Rest {
  readonly records: readonly RowText[]
  readonly mine: readonly RowText[]
  /** Where to go on; undefined when this was the end. */
  readonly next: RestPlace | undefined
}

export const restBefore = (lowSeq: number): RestPlace => ({ record: ['', ''], seq: lowSeq - 1 })
/** Rows looked at in one statement. */
const rowsMax = 1_000

/** [SYNC21] The next records and parts, as many as `bytesMax` bytes of their bodies, one at least. */
export async function readRest(
  tx: Tx,
  { appId, groupId }: { readonly appId: AppId; readonly groupId: string },
  userId: string,
  from: RestPlace,
  bytesMax: number,
): Promise<Rest> {
  let records: Lot<RecordDbRow> = { rows: [], bytes: 0, isCut: false }
  if (from.record !== undefined) {
    const [kind, key] = from.record
    const asked = sql`SELECT kind, key, version, body FROM records WHERE app_id = ${appId} AND stream = ${`group/${groupId}`}
      AND (kind, key) > (${kind}, ${key}) AND body IS NOT NULL ORDER BY kind, key LIMIT ${rowsMax}`
    records = await readLot<RecordDbRow>(tx, asked, sql`kind, key`, bytesMax)
  }
  const texts = records.rows.map(recordText)
  const lastRecord = records.rows.at(-1)
  if (records.isCut && lastRecord !== undefined)
    return { records: texts, mine: [], next: { record: [lastRecord.kind, lastRecord.key], seq: from.seq } }
  if (texts.length > 0 && records.bytes >= bytesMax)
    return { records: texts, mine: [], next: { record: undefined, seq: from.seq } }
  const asked = sql`SELECT group_id, seq, version, kind, body, hidden FROM mine WHERE app_id = ${appId}
    AND user_id = ${userId} AND group_id = ${groupId} AND seq > ${from.seq} ORDER BY seq LIMIT ${rowsMax}`
  const mine = await readLot<MineDbRow>(tx, asked, sql`seq`, bytesMax - records.bytes)
  const next = mine.isCut ? { record: undefined, seq: mine.rows.at(-1)?.seq ?? from.seq } : undefined
  return { records: texts, mine: mine.rows.map(mineText), next }
}

interface Lot<R> {
  readonly rows: readonly R[]
  readonly bytes: number
  readonly isCut: boolean
}
async function readLot<R>(
  tx: Tx,
  asked: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
  bytesMax: number,
): Promise<Lot<R>> {
  const { rows } = await sql<R & { readonly total: number; readonly bytes: number }>`SELECT * FROM (
      SELECT p.*, row_number() OVER (ORDER BY ${order}) AS place, count(*) OVER () AS total,
        sum(octet_length(body::text)) OVER (ORDER BY ${order}) AS bytes
      FROM (${asked}) p) t
    WHERE bytes <= ${bytesMax} OR place = 1 ORDER BY place`.execute(tx)
  const last = rows.at(-1)
  return {
    rows,
    bytes: last?.bytes ?? 0,
    isCut: last !== undefined && (rows.length < last.total || last.total === rowsMax),
  }
}
