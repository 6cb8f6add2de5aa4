/** How far a client has followed one stream, and which frames move it on: pure, and knows no socket and no row. */
import type { ChangesFrame, Row, Static } from '@qun/contract'

export type Changes = Static<typeof ChangesFrame>

export interface Cursor {
  /** Everything up to here is held; -1 until the stream was first read. */
  readonly version: number
  /** Frames that start past `version`, waiting for what lies between. */
  readonly held: readonly Changes[]
  /** The furthest version any frame spoke of. */
  readonly seen: number
}
export interface Step {
  readonly cursor: Cursor
  /** Rows to apply, in this order. A row may be older than one that is held: compare versions row by row. */
  readonly rows: readonly Row[]
  /** True when frames are missing in between: pull from `cursor.version`. */
  readonly behind: boolean
}

/** Beyond this the pull brings what was dropped: `seen` remembers that it exists. */
const heldMax = 100

export const unreadStream: Cursor = { version: -1, held: [], seen: -1 }
/** A stream that is read from its first change on. */
export const beginning: Cursor = { version: 0, held: [], seen: 0 }

/** [SYNC2] Moves the cursor only over a frame that starts at or before it; holds a frame that starts after it. */
export function applyFrame(cursor: Cursor, frame: Changes): Step {
  const seen = Math.max(cursor.seen, frame.to)
  if (frame.to <= cursor.version) return { cursor, rows: [], behind: isBehind(cursor) }
  if (frame.from > cursor.version) {
    const held = cursor.held.length < heldMax ? [...cursor.held, frame] : cursor.held
    return { cursor: { version: cursor.version, held, seen }, rows: [], behind: true }
  }
  return drain({ version: frame.to, held: cursor.held, seen }, [...frame.rows])
}

/** The stream was read as a whole at `version`; what was held beyond it follows. */
export function restartAt(cursor: Cursor, version: number): Step {
  return drain({ version, held: cursor.held, seen: Math.max(cursor.seen, version) }, [])
}

export function isBehind(cursor: Cursor): boolean {
  return cursor.version < cursor.seen
}

function drain(cursor: Cursor, rows: Row[]): Step {
  let { version } = cursor
  let held = cursor.held
  for (;;) {
    const next = held.find((frame) => frame.from <= version)
    if (next === undefined) break
    held = held.filter((frame) => frame !== next)
    if (next.to <= version) continue
    rows.push(...next.rows)
    version = next.to
  }
  const moved = { version, held, seen: cursor.seen }
  return { cursor: moved, rows, behind: isBehind(moved) }
}
