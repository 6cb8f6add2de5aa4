/** Catch-ups in pages of bounded bytes: of a person's own stream, of heads, and of a group that is being opened. */
import { type AppId, Refusal, type UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import type { Engine, Payer } from '../ground/engine.ts'
import {
  changesText,
  type ChangesPage,
  readChanges,
  readSnapshot,
  readViewer,
  snapshotText,
  type SnapshotTexts,
} from '../read/reading.ts'
import { readRest, type RestPlace } from '../read/snapshot-rest.ts'
import { arrayText, countOfPage, type RowText, type Speaker } from '../ground/row-text.ts'

interface Changes {
  readonly from: number
  readonly to: number
  /** In the order of versions. */
  readonly rows: readonly RowText[]
  /** Others follow the last of these pages. */
  readonly more?: boolean
}

/** Frames that follow each other from `from` to `to`; one at least, without rows when there are none. */
export function* changesPages(
  stream: string,
  { from, to, rows, more: isPart = false }: Changes,
  bytesMax: number,
  id?: number,
): Generator<{ readonly text: string; readonly to: number }> {
  let rest = rows
  let since = from
  do {
    const count = countOfPage(rest, bytesMax)
    const isLast = count >= rest.length
    const more = !isLast || isPart
    const reached = !isLast ? (rest[count - 1] as RowText).version : to
    yield {
      text: changesText(
        stream,
        { from: since, to: reached, rows: rest.slice(0, count), ...(more ? { more } : {}) },
        id,
      ),
      to: reached,
    }
    since = reached
    rest = rest.slice(count)
  } while (rest.length > 0)
}

export function* headsPages(heads: readonly object[], bytesMax: number): Generator<string> {
  let page: string[] = []
  let bytes = 0
  for (const head of heads) {
    const text = JSON.stringify(head)
    const length = Buffer.byteLength(text)
    if (page.length > 0 && bytes + length > bytesMax) {
      yield headsText(page)
      page = []
      bytes = 0
    }
    page.push(text)
    bytes += length
  }
  if (page.length > 0) yield headsText(page)
}
const headsText = (heads: readonly string[]): string => `{"op":"heads","heads":[${heads.join(',')}]}`

export interface OpeningPage {
  readonly texts: readonly string[]
  /** What is to be said before the last of `texts`, which is a snapshot: more records and own parts from here on. */
  readonly rest?: RestPlace
  readonly to: number
  readonly more: boolean
  readonly joinSeq: number
  /** What the viewer is called in the group, if it was read. */
  readonly viewer?: Speaker
}

/**
 * What a viewer who opens a group is sent next: rows since `from`, or a snapshot without it, too far behind it, or when
 * it is a position the group never had.
 */
export async function openingPage(
  engine: Engine,
  tx: Tx,
  at: { readonly appId: AppId; readonly groupId: string; readonly userId: UserId },
  from: number | undefined,
  id: number,
): Promise<OpeningPage> {
  const stream = `group/${at.groupId}`
  const page = from === undefined ? undefined : await findChanges(engine, tx, at, from)
  if (page !== undefined && page !== 'ahead' && page.behind <= engine.limits.pullBehindMax)
    return { texts: [changesText(stream, page, id)], to: page.to, more: page.more, joinSeq: page.joinSeq }
  const snapshot = await readSnapshot(engine, tx, at, at.userId)
  const { version, joinSeq, viewer, next } = snapshot
  const reset = JSON.stringify({ op: 'reset', code: 'sync.reset', stream, reason: 'ahead', id })
  return {
    texts: [
      ...(page === 'ahead' ? [reset] : []),
      ...snapshotPages(at.groupId, snapshot, engine.limits.pageBytesMax, id),
    ],
    to: version,
    more: false,
    joinSeq,
    ...(next === undefined ? {} : { rest: next }),
    ...(viewer === undefined ? {} : { viewer }),
  }
}

/** The frames of a page; what is read beside it goes before the last of them. */
export async function* openingFrames(
  engine: Engine,
  at: { readonly appId: AppId; readonly groupId: string; readonly userId: UserId },
  { texts, rest }: OpeningPage,
  { id, payer }: { readonly id: number; readonly payer: Payer },
): AsyncGenerator<string> {
  yield* texts.slice(0, -1)
  for (let place = rest; place !== undefined;) {
    const from = place
    const read = await engine.store.reading(payer, (tx) => restPages(engine, tx, at, from, id))
    yield* read.texts
    place = read.next
  }
  yield* texts.slice(-1)
}
/** Rows that did not fit into a snapshot, from a place on; refused once the viewer is no member any more. */
async function restPages(
  engine: Engine,
  tx: Tx,
  at: { readonly appId: AppId; readonly groupId: string; readonly userId: UserId },
  from: RestPlace,
  id: number,
): Promise<{ readonly texts: readonly string[]; readonly next: RestPlace | undefined }> {
  const { pageBytesMax } = engine.limits
  await readViewer(tx, at, at.userId)
  const { records, mine, next } = await readRest(tx, at, at.userId, from, pageBytesMax)
  return { texts: partPages(at.groupId, [...records, ...mine], pageBytesMax, id), next }
}

/** [SYNC21] The snapshot's frame with all that fits into a page, after frames of the rows that do not. */
function snapshotPages(groupId: string, snapshot: SnapshotTexts, bytesMax: number, id: number): string[] {
  let room = bytesMax - bytesOf(snapshot.messages)
  const aside: RowText[] = []
  const fitting = (rows: readonly RowText[]) =>
    rows.filter((row) => {
      room -= Buffer.byteLength(row.json)
      if (room < 0) aside.push(row)
      return room >= 0
    })
  const main = {
    ...snapshot,
    members: fitting(snapshot.members),
    records: fitting(snapshot.records),
    mine: fitting(snapshot.mine),
  }
  return [...partPages(groupId, aside, bytesMax, id), snapshotText(groupId, main, { id })]
}
/** Rows that go with a snapshot, in frames of a page each. */
function partPages(groupId: string, rows: readonly RowText[], bytesMax: number, id: number): string[] {
  const pages: RowText[][] = []
  let room = 0
  for (const row of rows) {
    room -= Buffer.byteLength(row.json)
    if (room < 0) {
      pages.push([])
      room = bytesMax - Buffer.byteLength(row.json)
    }
    pages.at(-1)?.push(row)
  }
  const stream = JSON.stringify(`group/${groupId}`)
  return pages.map((page) => `{"op":"part","stream":${stream},"rows":${arrayText(page)},"id":${id}}`)
}
const bytesOf = (rows: readonly RowText[]) => rows.reduce((sum, row) => sum + Buffer.byteLength(row.json), 0)
async function findChanges(
  engine: Engine,
  tx: Tx,
  at: { readonly appId: AppId; readonly groupId: string; readonly userId: UserId },
  from: number,
): Promise<ChangesPage | 'ahead'> {
  try {
    return await readChanges(engine, tx, at, at.userId, from)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'sync.reset') return 'ahead'
    throw error
  }
}
