/** One group as its rows arrive: every step is a pure function from state to state. Knows no socket and no card. */
import type {
  ChangesFrame,
  GroupRow,
  MemberRow,
  MessageRow,
  MineRow,
  RecordRow,
  Row,
  SnapshotFrame,
  Static,
} from '@qun/contract'
import type { SdkProblem, ViewMessage } from './api.ts'
import { applyFrame, restartAt, unreadStream, type Cursor, type Step } from './streams.ts'

export type Snapshot = Static<typeof SnapshotFrame>
export interface Page {
  readonly messages: readonly MessageRow[]
  readonly mine: readonly MineRow[]
  readonly members: readonly MemberRow[]
}

export interface GroupState {
  readonly cursor: Cursor
  readonly ready: boolean
  readonly group: GroupRow | undefined
  /** Lowest position held. Changes below it are not kept: the history route brings those messages when wanted. */
  readonly lowSeq: number
  /** Held messages from `lowSeq`, ascending; with holes only in the middle of a catch-up. */
  readonly held: readonly ViewMessage[]
  /** What a person sees: up to the first hole, without what they hid. */
  readonly messages: readonly ViewMessage[]
  readonly atStart: boolean
  readonly members: ReadonlyMap<string, MemberRow>
  /** Removed records stay as rows with a null body, so that a late frame cannot bring them back. */
  readonly recordRows: ReadonlyMap<string, RecordRow>
  readonly records: ReadonlyMap<string, RecordRow>
  readonly mine: ReadonlyMap<number, MineRow>
  /**
   * Changes below `lowSeq` that arrive while a page of history is under way: the page may have been read before them.
   * Undefined while no page is under way.
   */
  readonly beside: ReadonlyMap<number, MessageRow> | undefined
  readonly gone: SdkProblem | undefined
}
export interface GroupStep {
  readonly state: GroupState
  readonly behind: boolean
}

export const emptyGroup: GroupState = {
  cursor: unreadStream,
  ready: false,
  group: undefined,
  lowSeq: 0,
  held: [],
  messages: [],
  atStart: false,
  members: new Map(),
  recordRows: new Map(),
  records: new Map(),
  mine: new Map(),
  beside: undefined,
  gone: undefined,
}

/** The snapshot with the rows that came before it because they did not fit. */
export function joinParts(frame: Snapshot, parts: readonly Row[]): Snapshot {
  if (parts.length === 0) return frame
  const members = parts.filter((row) => row.row === 'member')
  const records = parts.filter((row) => row.row === 'record')
  const mine = parts.filter((row) => row.row === 'mine')
  return {
    ...frame,
    members: [...frame.members, ...members],
    records: [...frame.records, ...records],
    mine: [...frame.mine, ...mine],
  }
}

/** Replaces what is held. A snapshot older than what is held is a late one and changes nothing. */
export function withSnapshot(state: GroupState, frame: Snapshot): GroupStep {
  if (state.ready && frame.version <= state.cursor.version) return { state, behind: false }
  const mine = newerRows(state.mine, frame.mine, (row) => row.seq)
  const held = frame.messages.map((row) => joined(row, mine)).toSorted((a, b) => a.seq - b.seq)
  const step = restartAt(state.cursor, frame.version)
  const fresh: GroupState = {
    ...emptyGroup,
    ready: true,
    group: frame.group,
    lowSeq: held[0]?.seq ?? Math.max(1, frame.lowSeq),
    held,
    messages: visible(held),
    members: newerRows(new Map(), frame.members, (row) => row.userId),
    mine,
    ...withRecords(emptyGroup, frame.records),
  }
  return settle(fresh, step)
}

export function withChanges(state: GroupState, frame: Static<typeof ChangesFrame>): GroupStep {
  return settle(state, applyFrame(state.cursor, frame))
}

function settle(state: GroupState, step: Step): GroupStep {
  const moved = step.cursor === state.cursor ? state : { ...state, cursor: step.cursor }
  return { state: step.rows.length === 0 ? moved : withRows(moved, step.rows), behind: step.behind }
}

function withRows(state: GroupState, rows: readonly Row[]): GroupState {
  const messages: MessageRow[] = []
  const members: MemberRow[] = []
  const records: RecordRow[] = []
  let group = state.group
  for (const row of rows) {
    if (row.row === 'message') messages.push(row)
    else if (row.row === 'member') members.push(row)
    else if (row.row === 'record') records.push(row)
    else if (row.row === 'group' && (group === undefined || row.version > group.version)) group = row
  }
  return {
    ...state,
    ...withMessages(state, messages),
    ...withRecords(state, records),
    members: newerRows(state.members, members, (row) => row.userId),
    group,
  }
}

/** Newer rows of messages; those below the held ones are set aside or dropped. */
export function withMessages(
  state: GroupState,
  rows: readonly MessageRow[],
): Pick<GroupState, 'held' | 'messages' | 'beside'> {
  const low = state.held[0]?.seq ?? state.lowSeq
  const beside =
    state.beside &&
    newerRows(
      state.beside,
      rows.filter((row) => row.seq < low),
      (row) => row.seq,
    )
  const held = [...state.held]
  let isChanged = false
  for (const row of rows) {
    if (row.seq < low) continue
    const at = lowerBound(held, row.seq)
    const known = held[at]
    if (known !== undefined && known.seq === row.seq) {
      if (row.version <= known.version) continue
      held[at] = joined(row, state.mine)
    } else held.splice(at, 0, joined(row, state.mine))
    isChanged = true
  }
  if (!isChanged) return { held: state.held, messages: state.messages, beside }
  return { held, messages: visible(held), beside }
}

/** The viewer's own parts, from their own stream, from history, or guessed from an answer. */
export function withMine(state: GroupState, rows: readonly MineRow[]): GroupState {
  const mine = newerRows(state.mine, rows, (row) => row.seq)
  return mine === state.mine ? state : rejoined(state, mine)
}

/** What an answer said of the viewer's part; it keeps the known version, so that the true row replaces it. */
export function withMineGuess(state: GroupState, row: MineRow): GroupState {
  return rejoined(state, new Map(state.mine).set(row.seq, row))
}

function rejoined(state: GroupState, mine: ReadonlyMap<number, MineRow>): GroupState {
  const held = state.held.map((message) => (message.mine === mine.get(message.seq) ? message : joined(message, mine)))
  return { ...state, mine, held, messages: visible(held) }
}

/** A page of history was asked for; see `beside`. */
export function withPageAsked(state: GroupState): GroupState {
  return state.beside === undefined ? { ...state, beside: new Map() } : state
}

/**
 * Puts a page of history before what is held. `before` is the position it was asked for: if another snapshot has
 * replaced the rows since, the page does not fit and only what it says of people is kept.
 */
export function withPage(state: GroupState, before: number, page: Page): GroupState {
  const members = newerRows(state.members, page.members, (row) => row.userId)
  if (state.beside === undefined || state.lowSeq !== before) return { ...state, members, beside: undefined }
  const mine = newerRows(state.mine, page.mine, (row) => row.seq)
  const older = page.messages.filter((row) => row.seq < before).toSorted((a, b) => a.seq - b.seq)
  const latest = newerRows(new Map(older.map((row) => [row.seq, row])), [...state.beside.values()], (row) => row.seq)
  const prefix = older.map((row) => joined(latest.get(row.seq) ?? row, mine))
  const based = mine === state.mine ? state : rejoined(state, mine)
  const held = [...prefix, ...based.held]
  return {
    ...based,
    members,
    held,
    messages: visible(held),
    lowSeq: prefix[0]?.seq ?? state.lowSeq,
    atStart: state.atStart || prefix.length === 0,
    beside: undefined,
  }
}

/** An answer to an action shows the state before its frame arrives; the frame then brings the same version. */
export function withAnswer(state: GroupState, seq: number, version: number, cardState: unknown): GroupState {
  const known = state.held[lowerBound(state.held, seq)]
  if (known === undefined || known.seq !== seq || known.version >= version) return state
  const { mine: _, ...row } = known
  return { ...state, ...withMessages(state, [{ ...row, version, state: cardState }]) }
}

export function findMessage(state: GroupState, seq: number): ViewMessage | undefined {
  const found = state.held[lowerBound(state.held, seq)]
  return found?.seq === seq ? found : undefined
}
export function lastSeqOf(state: GroupState): number {
  return state.messages.length === 0 && state.held.length === 0 ? 0 : (state.held.at(-1)?.seq ?? 0)
}

function withRecords(state: GroupState, rows: readonly RecordRow[]): Pick<GroupState, 'recordRows' | 'records'> {
  const recordRows = newerRows(state.recordRows, rows, (row) => `${row.kind}/${row.key}`)
  if (recordRows === state.recordRows) return { recordRows, records: state.records }
  return { recordRows, records: presentRecords(recordRows) }
}
export function presentRecords(rows: ReadonlyMap<string, RecordRow>): ReadonlyMap<string, RecordRow> {
  return new Map([...rows].filter(([, row]) => row.body !== null))
}

/** The same map when nothing in `rows` is newer than what it holds. */
export function newerRows<K, R extends { readonly version: number }>(
  held: ReadonlyMap<K, R>,
  rows: readonly R[],
  keyOf: (row: R) => K,
): ReadonlyMap<K, R> {
  let next: Map<K, R> | undefined
  for (const row of rows) {
    const known = (next ?? held).get(keyOf(row))
    if (known !== undefined && known.version >= row.version) continue
    next ??= new Map(held)
    next.set(keyOf(row), row)
  }
  return next ?? held
}

function joined(row: MessageRow | ViewMessage, mine: ReadonlyMap<number, MineRow>): ViewMessage {
  const own = mine.get(row.seq)
  return own === undefined ? row : { ...row, mine: own }
}

function visible(held: readonly ViewMessage[]): readonly ViewMessage[] {
  const first = held[0]?.seq ?? 0
  const hole = held.findIndex((message, index) => message.seq !== first + index)
  return (hole < 0 ? held : held.slice(0, hole)).filter((message) => message.mine?.hidden !== true)
}

/** Index of the first held message at or after `seq`. */
function lowerBound(held: readonly ViewMessage[], seq: number): number {
  let low = 0
  let high = held.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((held[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}
