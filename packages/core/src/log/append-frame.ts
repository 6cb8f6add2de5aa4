/** What a commit of posts tells a group's followers. */
import type { AppId, GroupId } from '@qun/contract'
import type { GroupNews } from '../ground/publication.ts'
import { messageText, type RowText } from '../ground/row-text.ts'
import { type Append, groupKey, type Placed } from './append-post.ts'

interface FrameParts {
  readonly rows: RowText[]
  readonly own: Map<string, number>
  last: { readonly row: Placed; readonly append: Append } | undefined
  end: Placed
}
export interface AppendFrame extends FrameParts {
  readonly appId: AppId
  readonly groupId: GroupId
}

export function addToFrame(frames: Map<string, AppendFrame>, append: Append, row: Placed): void {
  const key = groupKey(append)
  let frame = frames.get(key)
  if (frame === undefined) {
    const { appId, groupId } = append
    frames.set(key, (frame = { appId, groupId, rows: [], own: new Map(), last: undefined, end: row }))
  }
  frame.rows.push(
    messageText({
      seq: row.seq,
      version: row.version,
      sender_id: append.senderId,
      client_id: append.clientId,
      kind: append.kind,
      body: append.body,
      state: append.state,
      countable: append.countable,
      ordinal: row.ordinal,
      own: row.own,
      at: row.at,
      recalled_by: null,
      recalled_at: null,
      spoken_as: null,
    }),
  )
  if (row.version >= frame.end.version) frame.end = row
  if (!append.countable) return
  frame.own.set(append.senderId, Math.max(row.own, frame.own.get(append.senderId) ?? 0))
  if (frame.last === undefined || row.seq > frame.last.row.seq) frame.last = { row, append }
}

export function newsOf(frame: FrameParts): GroupNews {
  const { last, end } = frame
  return {
    from: (frame.rows[0] as RowText).version - 1,
    to: end.version,
    lastSeq: end.seq,
    lastOrdinal: end.ordinal,
    at: end.at,
    own: [...frame.own],
    ...(last === undefined
      ? {}
      : {
          last: {
            seq: last.row.seq,
            senderId: last.append.senderId,
            kind: last.append.kind,
            summary: last.append.summary,
          },
        }),
  }
}
