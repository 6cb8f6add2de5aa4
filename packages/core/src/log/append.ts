/**
 * The hot path: many posts, one transaction. While one commit is under way the posts that arrive wait together and
 * share the next; it adds no waiting when idle. Knows messages without an `open` handler only.
 */
import { refuse } from '@qun/contract'
import { type Lane, storeTrouble } from '@qun/storage'
import { writeBatch } from './append-batch.ts'
import type { Append, Placed } from './batch.ts'
import { asRefusal, type Engine, publishGroup } from '../ground/engine.ts'
import { messageText, type RowText } from '../ground/row-text.ts'
import type { GroupNews } from '../ground/publication.ts'

export interface Appended {
  readonly seq: number
  readonly version: number
  readonly at: number
  readonly replayed: boolean
}

interface Waiting {
  readonly append: Append
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
  tries: number
}

/** A batch that lost a race with another node is tried again: by then the other node's rows are known. */
const triesMax = 5

export class Appender {
  readonly #engine: Engine
  readonly #lanes: AppendLane[]
  /** Posts not yet answered, by group and key: a retry that meets its first try waits for the same answer. */
  readonly #pending = new Map<string, { readonly fingerprint: number; readonly answer: Promise<Appended> }>()

  constructor(engine: Engine, laneCount: number) {
    this.#engine = engine
    this.#lanes = Array.from({ length: laneCount }, () => new AppendLane(engine))
  }

  append(append: Append): Promise<Appended> {
    const key = `${append.appId.length}:${append.appId}${append.groupId}${append.clientKey}`
    const pending = this.#pending.get(key)
    if (pending !== undefined) return this.#join(pending, append)
    const lane = this.#lanes[laneOf(append.groupId, this.#lanes.length)] as AppendLane
    const answer = lane.add(append).finally(() => this.#pending.delete(key))
    this.#pending.set(key, { fingerprint: append.fingerprint, answer })
    return this.#engine.track(answer)
  }

  async #join(
    pending: { readonly fingerprint: number; readonly answer: Promise<Appended> },
    append: Append,
  ): Promise<Appended> {
    if (pending.fingerprint !== append.fingerprint) throw refuse('idempotency.key_reused')
    return { ...(await pending.answer), replayed: true }
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }
}

/** Posts of one group always take the same lane, so that they never race each other within this process. */
function laneOf(groupId: string, count: number): number {
  let sum = 0
  for (let i = 0; i < groupId.length; i++) sum = (sum * 31 + groupId.charCodeAt(i)) | 0
  return Math.abs(sum) % count
}

class AppendLane {
  readonly #engine: Engine
  readonly #connection: Lane
  #queue: Waiting[] = []
  #busy = false

  constructor(engine: Engine) {
    this.#engine = engine
    this.#connection = engine.store.lane()
  }

  add(append: Append): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ append, resolve, reject, tries: 0 })
      if (this.#busy) return
      this.#busy = true
      // What arrives in the same turn of the event loop shares the first commit.
      setImmediate(() => void this.#drain())
    })
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take()
      try {
        await this.#write(batch)
      } catch (error) {
        await this.#failed(batch, error)
      }
    }
    this.#busy = false
  }

  /** The longest run of one app's posts, up to the limit; a statement sees one app only. */
  #take(): Waiting[] {
    const appId = (this.#queue[0] as Waiting).append.appId
    let end = 0
    while (
      end < this.#queue.length &&
      end < this.#engine.limits.appendBatchMax &&
      this.#queue[end]?.append.appId === appId
    )
      end++
    return end === this.#queue.length ? this.#queue.splice(0) : this.#queue.splice(0, end)
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { appId } = (batch[0] as Waiting).append
    const now = this.#engine.now()
    const outcomes = await writeBatch(
      this.#connection,
      appId,
      now,
      batch.map((waiting) => waiting.append),
    )
    const frames = new Map<string, Frame>()
    for (const [i, outcome] of outcomes.entries()) {
      const { append, resolve, reject } = batch[i] as Waiting
      if (outcome.refusal !== undefined) {
        const { code, retryAfterMs } = outcome.refusal
        reject(refuse(code, retryAfterMs === undefined ? {} : { retryAfterMs }))
        continue
      }
      const { placed } = outcome
      resolve({ seq: placed.seq, version: placed.version, at: placed.at, replayed: outcome.replayed })
      if (!outcome.replayed) addToFrame(frames, append, placed)
    }
    for (const [groupId, frame] of frames) publishGroup(this.#engine, appId, groupId, newsOf(frame), frame.rows)
  }

  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const trouble = storeTrouble(error)
    if (trouble === 'duplicate' || trouble === 'conflict') {
      const [again, spent] = split(batch, (waiting) => ++waiting.tries < triesMax)
      for (const waiting of spent) waiting.reject(refuse('store.unavailable', { retryAfterMs: 1_000 }))
      this.#queue.unshift(...again)
      return
    }
    if (trouble === undefined && batch.length > 1) {
      // One post the store cannot take must not fail its neighbours: each goes alone, still in order.
      for (const waiting of batch)
        await this.#write([waiting]).catch((alone: unknown) => this.#failed([waiting], alone))
      return
    }
    if (trouble === 'unavailable') {
      const { appId } = (batch[0] as Waiting).append
      this.#engine.doubt(appId, new Set(batch.map((waiting) => waiting.append.groupId)))
    }
    if (trouble === undefined) this.#engine.onBug(error, 'append')
    for (const waiting of batch) waiting.reject(trouble === undefined ? refuse('server.bug') : asRefusal(error))
  }
}

interface Frame {
  readonly rows: RowText[]
  readonly own: Map<string, number>
  last: { row: Placed; append: Append } | undefined
  end: Placed
}

function addToFrame(frames: Map<string, Frame>, append: Append, row: Placed): void {
  let frame = frames.get(append.groupId)
  if (frame === undefined) frames.set(append.groupId, (frame = { rows: [], own: new Map(), last: undefined, end: row }))
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
    }),
  )
  if (row.version >= frame.end.version) frame.end = row
  if (!append.countable) return
  frame.own.set(append.senderId, Math.max(row.own, frame.own.get(append.senderId) ?? 0))
  if (frame.last === undefined || row.seq > frame.last.row.seq) frame.last = { row, append }
}

function newsOf(frame: Frame): GroupNews {
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

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  const first: T[] = []
  const second: T[] = []
  for (const item of items) (isFirst(item) ? first : second).push(item)
  return [first, second]
}
