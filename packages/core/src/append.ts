/**
 * The hot path: many posts, one transaction. While one commit is under way the posts that arrive wait together and
 * are written by one set-based statement; it adds no waiting when idle. Knows messages without an `open` handler only.
 *
 * One statement does it all, so that it is one round trip and one commit: posts made before are found by their key and
 * answered as the first time; for the others seq, version and ordinals are handed out under the lock of the group's
 * row, which makes commit order equal seq order.
 */
import { refuse, type AppId } from '@qun/contract'
import { type Lane, storeTrouble } from '@qun/storage'
import { asRefusal, type Engine, publishGroup } from './engine.ts'
import { messageText, type RowText } from './row-text.ts'
import type { GroupNews } from './publication.ts'

export interface Append {
  readonly appId: AppId
  readonly groupId: string
  readonly senderId: string
  readonly clientId: string
  /** keyOf(senderId, clientId): unique for ever within the group. */
  readonly clientKey: string
  readonly fingerprint: number
  readonly kind: string
  /** JSON texts. */
  readonly body: string
  readonly state: string
  readonly countable: boolean
  /** The face for lists of conversations, in both languages or as written. */
  readonly summary: unknown
}
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

const statement = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($3::text[], $4::text[], $5::uuid[], $6::text[], $7::bigint[], $8::text[], $9::json[], $10::json[], $11::boolean[])
    WITH ORDINALITY AS t(group_id, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, i)),
known AS MATERIALIZED (
  SELECT input.i, m.seq, m.version, m.at, m.fingerprint = input.fingerprint AS same
  FROM input JOIN messages m ON m.app_id = $1 AND m.group_id = input.group_id AND m.client_key = input.client_key),
fresh AS MATERIALIZED (
  SELECT input.*,
    row_number() OVER w AS n,
    count(*) FILTER (WHERE countable) OVER w AS c,
    count(*) FILTER (WHERE countable) OVER (PARTITION BY input.group_id, input.sender_id ORDER BY input.i) AS o
  FROM input
  JOIN members b ON b.app_id = $1 AND b.group_id = input.group_id AND b.user_id = input.sender_id
    AND b.active AND b.muted_until <= $2
  JOIN groups g ON g.app_id = $1 AND g.group_id = input.group_id AND g.disbanded_at IS NULL
    AND NOT (g.mute_all AND b.role = 'member')
  WHERE NOT EXISTS (SELECT 1 FROM known WHERE known.i = input.i)
  WINDOW w AS (PARTITION BY input.group_id ORDER BY input.i)),
bump AS (
  UPDATE groups g SET last_seq = g.last_seq + t.n, version = g.version + t.n, last_ordinal = g.last_ordinal + t.c,
    last_word_seq = CASE WHEN t.w > 0 THEN g.last_seq + t.w ELSE g.last_word_seq END,
    last_at = greatest(g.last_at, $2)
  FROM (SELECT group_id, max(n) AS n, max(c) AS c, coalesce(max(n) FILTER (WHERE countable), 0) AS w FROM fresh GROUP BY group_id) t
  WHERE g.app_id = $1 AND g.group_id = t.group_id
  RETURNING g.group_id, g.last_seq - t.n AS seq0, g.version - t.n AS version0, g.last_ordinal - t.c AS ordinal0, g.last_at AS at),
voice AS (
  UPDATE members b SET own = b.own + t.o
  FROM (SELECT group_id, sender_id, max(o) AS o FROM fresh GROUP BY group_id, sender_id) t
  WHERE b.app_id = $1 AND b.group_id = t.group_id AND b.user_id = t.sender_id
  RETURNING b.group_id, b.user_id, b.own - t.o AS own0),
placed AS MATERIALIZED (
  SELECT f.i, f.group_id, f.sender_id, f.client_key, f.client_id, f.fingerprint, f.kind, f.body, f.state, f.countable,
    bump.seq0 + f.n AS seq, bump.version0 + f.n AS version, bump.ordinal0 + f.c AS ordinal, voice.own0 + f.o AS own, bump.at
  FROM fresh f JOIN bump ON bump.group_id = f.group_id
    JOIN voice ON voice.group_id = f.group_id AND voice.user_id = f.sender_id),
written AS (
  INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, ordinal, own, at)
  SELECT $1, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, ordinal, own, at
  FROM placed ORDER BY group_id, seq)
SELECT i::int, seq, version, at, ordinal, own, true AS same, false AS replayed FROM placed
UNION ALL
SELECT i::int, seq, version, at, 0, 0, same, true FROM known`

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

  async #join(pending: { readonly fingerprint: number; readonly answer: Promise<Appended> }, append: Append): Promise<Appended> {
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
    while (end < this.#queue.length && end < this.#engine.limits.appendBatchMax && this.#queue[end]?.append.appId === appId) end++
    return end === this.#queue.length ? this.#queue.splice(0) : this.#queue.splice(0, end)
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { appId } = (batch[0] as Waiting).append
    const now = this.#engine.now()
    const column = (pick: (append: Append) => unknown) => batch.map((waiting) => pick(waiting.append))
    const { rows } = await this.#connection.query(appId, {
      name: 'append',
      text: statement,
      values: [
        appId, now,
        column((a) => a.groupId), column((a) => a.senderId), column((a) => a.clientKey), column((a) => a.clientId),
        column((a) => a.fingerprint), column((a) => a.kind), column((a) => a.body), column((a) => a.state),
        column((a) => a.countable),
      ],
    })
    const written = rows as unknown as Written[]
    const answered = new Array<boolean>(batch.length).fill(false)
    const frames = new Map<string, Frame>()
    for (const row of written) {
      const waiting = batch[row.i - 1] as Waiting
      answered[row.i - 1] = true
      if (!row.same) waiting.reject(refuse('idempotency.key_reused'))
      else waiting.resolve({ seq: row.seq, version: row.version, at: row.at, replayed: row.replayed })
      if (!row.replayed) addToFrame(frames, waiting.append, row)
    }
    for (const [groupId, frame] of frames) publishGroup(this.#engine, appId, groupId, newsOf(frame), frame.rows)
    batch.forEach((waiting, i) => {
      if (answered[i] === false) this.#explain(waiting)
    })
  }

  /** A post the statement passed over: says why, by looking at the sender and the group. */
  #explain({ append, reject }: Waiting): void {
    const text = `SELECT g.disbanded_at, b.active, b.muted_until, b.role, g.mute_all FROM groups g
      LEFT JOIN members b ON b.app_id = g.app_id AND b.group_id = g.group_id AND b.user_id = $3
      WHERE g.app_id = $1 AND g.group_id = $2`
    this.#connection.query(append.appId, { name: 'append-why', text, values: [append.appId, append.groupId, append.senderId] }).then(
      ({ rows }) => {
        const row = rows[0] as undefined | { disbanded_at: number | null; active: boolean | null; muted_until: number }
        if (row === undefined || row.active !== true) return reject(refuse('group.not_found'))
        if (row.disbanded_at !== null) return reject(refuse('group.dissolved'))
        const retryAfterMs = Math.max(0, row.muted_until - this.#engine.now())
        reject(refuse('member.muted', retryAfterMs > 0 ? { retryAfterMs } : {}))
      },
      (error: unknown) => reject(asRefusal(error)),
    )
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
      for (const waiting of batch) await this.#write([waiting]).catch((alone: unknown) => this.#failed([waiting], alone))
      return
    }
    if (trouble === undefined) this.#engine.onBug(error, 'append')
    for (const waiting of batch) waiting.reject(trouble === undefined ? refuse('server.bug') : asRefusal(error))
  }
}

interface Written {
  readonly i: number
  readonly seq: number
  readonly version: number
  readonly at: number
  readonly ordinal: number
  readonly own: number
  readonly same: boolean
  readonly replayed: boolean
}
interface Frame {
  readonly rows: RowText[]
  readonly own: Map<string, number>
  last: { row: Written; append: Append } | undefined
  end: Written
}

function addToFrame(frames: Map<string, Frame>, append: Append, row: Written): void {
  let frame = frames.get(append.groupId)
  if (frame === undefined) frames.set(append.groupId, (frame = { rows: [], own: new Map(), last: undefined, end: row }))
  frame.rows.push(
    messageText({
      seq: row.seq, version: row.version, sender_id: append.senderId, client_id: append.clientId, kind: append.kind,
      body: append.body, state: append.state, countable: append.countable, ordinal: row.ordinal, own: row.own, at: row.at,
      recalled_by: null, recalled_at: null,
    }),
  )
  if (row.version >= frame.end.version) frame.end = row
  if (!append.countable) return
  frame.own.set(append.senderId, Math.max(row.own, frame.own.get(append.senderId) ?? 0))
  if (frame.last === undefined || row.seq > frame.last.row.seq) frame.last = { row, append }
}

function newsOf(frame: Frame): GroupNews {
  // NOTE: rows of a batch arrive in any order from the store; a frame's rows go out in the order of the log.
  frame.rows.sort((a, b) => a.version - b.version)
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
      : { last: { seq: last.row.seq, senderId: last.append.senderId, kind: last.append.kind, summary: last.append.summary } }),
  }
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  const first: T[] = []
  const second: T[] = []
  for (const item of items) (isFirst(item) ? first : second).push(item)
  return [first, second]
}
