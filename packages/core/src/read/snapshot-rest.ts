/** What a snapshot holds beside messages and members and may be long: records of the group, the viewer's own parts. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { mineText, recordText, type RowText } from '../ground/row-text.ts'
import type { MineDbRow, RecordDbRow } from '../ground/store.ts'
import { readWithin, type Within } from './within.ts'

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
const bodySize = sql`octet_length(body::text)`
/** Than were read, or than were looked at. */
const hasMore = ({ isCut, total }: Within<unknown>): boolean => isCut || total === rowsMax

/** [SYNC21] The next records and parts, as many as `bytesMax` bytes of their bodies, one at least. */
export async function readRest(
  tx: Tx,
  { appId, groupId }: { readonly appId: AppId; readonly groupId: string },
  userId: string,
  from: RestPlace,
  bytesMax: number,
): Promise<Rest> {
  let records: Within<RecordDbRow> = { rows: [], bytes: 0, total: 0, isCut: false }
  if (from.record !== undefined) {
    const [kind, key] = from.record
    const asked = sql`SELECT kind, key, version, body FROM records WHERE app_id = ${appId} AND stream = ${`group/${groupId}`}
      AND (kind, key) > (${kind}, ${key}) AND body IS NOT NULL ORDER BY kind, key LIMIT ${rowsMax}`
    records = await readWithin<RecordDbRow>(tx, asked, { order: sql`kind, key`, size: bodySize, bytesMax })
  }
  const texts = records.rows.map(recordText)
  const lastRecord = records.rows.at(-1)
  if (hasMore(records) && lastRecord !== undefined)
    return { records: texts, mine: [], next: { record: [lastRecord.kind, lastRecord.key], seq: from.seq } }
  if (texts.length > 0 && records.bytes >= bytesMax)
    return { records: texts, mine: [], next: { record: undefined, seq: from.seq } }
  const asked = sql`SELECT group_id, seq, version, kind, body, hidden FROM mine WHERE app_id = ${appId}
    AND user_id = ${userId} AND group_id = ${groupId} AND seq > ${from.seq} ORDER BY seq LIMIT ${rowsMax}`
  const bound = { order: sql`seq`, size: bodySize, bytesMax: bytesMax - records.bytes }
  const mine = await readWithin<MineDbRow>(tx, asked, bound)
  const next = hasMore(mine) ? { record: undefined, seq: mine.rows.at(-1)?.seq ?? from.seq } : undefined
  return { records: texts, mine: mine.rows.map(mineText), next }
}
