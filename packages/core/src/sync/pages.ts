/** Catch-ups in pages of bounded bytes: of a person's own stream, of heads, and of a group that is being opened. */
import { type AppId, Refusal, type UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import type { Engine } from '../ground/engine.ts'
import { changesText, type ChangesPage, readChanges, readSnapshot, snapshotText } from '../read/reading.ts'
import { countOfPage, type RowText } from '../ground/row-text.ts'

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
  readonly to: number
  readonly more: boolean
  readonly joinSeq: number
  /** What the viewer is called in the group, if it was read. */
  readonly viewerName?: string
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
  const { version, joinSeq, viewerName } = snapshot
  const reset = JSON.stringify({ op: 'reset', code: 'sync.reset', stream, reason: 'ahead', id })
  return {
    texts: [...(page === 'ahead' ? [reset] : []), snapshotText(at.groupId, snapshot, id)],
    to: version,
    more: false,
    joinSeq,
    ...(viewerName === undefined ? {} : { viewerName }),
  }
}
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
