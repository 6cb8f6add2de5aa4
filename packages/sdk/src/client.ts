/** Puts the parts together: one connection, the viewer's own stream, opened groups, the outbox, requests. */
import type { AnswerOf, ClientFrame, Endpoint, MineRow, ServerFrame, Static, ResetFrame, Stream } from '@qun/contract'
import type { ClientOptions, ConnectionState, Conversation, GroupHandle, QunClient, Readable } from './api.ts'
import { Connection, type Hello } from './connection.ts'
import { platformOf, type Platform } from './defaults.ts'
import { findMessage, type Page } from './group-view.ts'
import { Groups } from './groups.ts'
import type { OpenedGroup } from './opened-group.ts'
import { OwnStream } from './own-stream.ts'
import { isTransient, readProblem } from './problem.ts'
import { Pulls } from './pulls.ts'
import { Cell, Turn } from './readable.ts'
import { Reads } from './reads.ts'
import { Requests, type Ask } from './requests.ts'
import { routes } from './routes.ts'
import { Sending } from './sending.ts'
import { Tokens } from './tokens.ts'

/** Makes a client; nothing is sent before `connect()`, a request, or an upload. */
export function createClient(options: ClientOptions): QunClient {
  return new Client(options)
}

class Client implements QunClient {
  readonly userId: Cell<string | undefined>
  readonly connection: Cell<ConnectionState>
  readonly conversations: Readable<readonly Conversation[]>
  readonly records: QunClient['records']
  readonly badge: Readable<number>
  readonly #platform: Platform
  readonly #requests: Requests
  readonly #connection: Connection
  readonly #own: OwnStream
  readonly #groups: Groups
  readonly #sending: Sending
  readonly #pulls: Pulls
  readonly #reads: Reads
  #userId: string | undefined
  #epoch: string | undefined
  #lastId = 0
  /** Server's clock less ours. */
  #aheadMs = 0

  constructor(options: ClientOptions) {
    const platform = platformOf(options)
    const url = options.url.replace(/\/+$/, '')
    const turn = new Turn()
    const tokens = new Tokens(options.token, platform.locale)
    const line = { send: (frame: ClientFrame) => this.#connection.send(frame), nextId: () => ++this.#lastId }
    this.#platform = platform
    this.#userId = options.userId
    this.#requests = new Requests(url, platform, tokens)
    this.#pulls = new Pulls(platform, { ...line, lacking: (stream) => this.#lacking(stream) })
    this.#reads = new Reads(platform, { ...line, refused: (groupId) => this.#own.unread(groupId) })
    this.#sending = new Sending(platform, {
      ...line,
      serverNow: () => this.serverNow(),
      isAwaited: (groupId, seq) => this.#groups.isAwaited(groupId, seq),
      changed: (groupId) => this.#groups.redraw(groupId),
    })
    this.#groups = new Groups(platform, turn, this.#sending, this.#pulls, {
      ...line,
      userId: () => this.#userId,
      conversation: (groupId) => this.#own.find(groupId),
      history: async (groupId, before, limit) =>
        (await this.#requests.call(routes.history, { params: { groupId }, query: { before, limit } })) as Page,
      messagesChanged: (groupId) => this.#reached(groupId),
    })
    this.#own = new OwnStream(turn, {
      mine: (rows) => this.#groups.mine(rows),
      conversationChanged: (groupId) => this.#groups.conversationChanged(groupId),
    })
    this.#connection = new Connection(url, platform, tokens, {
      resume: () => this.#resume(),
      welcomed: (hello) => this.#welcomed(hello),
      received: (frame) => this.#received(frame),
      clock: (now) => (this.#aheadMs = now - platform.now()),
      changed: (state) => this.#connectionChanged(state),
      overwhelmed: () => this.#groups.overwhelmed(),
    })
    this.userId = new Cell(turn, () => this.#userId)
    this.connection = new Cell(turn, () => this.#connection.state)
    this.conversations = this.#own.conversations
    this.records = this.#own.records
    this.badge = this.#own.badge
    if (options.userId !== undefined) void this.#sending.adopt(options.userId)
  }

  serverNow(): number {
    return this.#platform.now() + this.#aheadMs
  }
  connect(): void {
    this.#connection.connect()
  }
  reconnectNow(): void {
    this.#connection.reconnectNow()
  }
  close(): void {
    this.#connection.close()
    this.#sending.close()
    this.#reads.close()
  }
  async setConversation(groupId: string, patch: { pinned?: boolean; quiet?: boolean }): Promise<void> {
    await this.#requests.call(routes.conversation, { params: { groupId }, body: patch })
  }
  async call<E extends Endpoint<any, any, any, any>>(endpoint: E, request: Ask): Promise<AnswerOf<E>> {
    return (await this.#requests.call(endpoint, request)) as AnswerOf<E>
  }
  async upload<T>(path: string, file: Blob, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<T> {
    return (await this.#requests.upload(path, file, onProgress, signal)) as T
  }
  open(groupId: string): GroupHandle {
    return this.#interestIn(this.#groups.open(groupId))
  }

  #interestIn(group: OpenedGroup): GroupHandle {
    const { groupId } = group
    let isOpen = true
    return {
      groupId,
      get: group.view.get,
      subscribe: group.view.subscribe,
      // Nobody may be waiting for the answer: the view shows a refusal, and no unhandled rejection is reported.
      send: (card, body, as) => quiet(this.#sending.add(groupId, { kind: card.kind, body, as })),
      resend: (clientId) => this.#sending.resend(groupId, clientId),
      discard: (clientId) => this.#sending.discard(groupId, clientId),
      act: (card, seq, action, input) => this.#act(group, card.kind, seq, action, input),
      recall: async (seq) => void (await this.#requests.call(routes.recall, { params: { groupId, seq }, body: {} })),
      hide: (seq) => this.#hide(group, seq),
      loadOlder: () => this.#groups.loadOlder(group),
      loadUntil: (seq) => this.#groups.loadUntil(group, seq),
      markRead: (seq) => this.#markRead(group, seq),
      typing: () => this.#groups.say(group),
      close: () => {
        if (isOpen) this.#groups.close(group)
        isOpen = false
      },
    }
  }
  async #act(group: OpenedGroup, kind: string, seq: number, action: string, input: unknown) {
    const { groupId } = group
    const before = group.state.mine.get(seq)
    const answer = (await this.#requests.call(routes.act, { params: { groupId, seq, action }, body: input ?? {} })) as {
      seq: number
      version: number
      state: unknown
      mine: unknown
      replayed: boolean
    }
    const { state, mine, replayed } = answer
    const after = mineOf(groupId, seq, before, { kind, body: mine })
    this.#groups.answered(group, answer, replayed || mine === null ? undefined : { before, after })
    return { state, mine }
  }
  async #hide(group: OpenedGroup, seq: number): Promise<void> {
    const { groupId } = group
    const before = group.state.mine.get(seq)
    await this.#requests.call(routes.hide, { params: { groupId, seq }, body: { hidden: true } })
    const kind = findMessage(group.state, seq)?.kind ?? ''
    const after = mineOf(groupId, seq, before, { kind, hidden: true })
    this.#groups.answered(group, { seq, version: 0, state: undefined }, { before, after })
  }
  #markRead(group: OpenedGroup, seq: number): void {
    const to = this.#own.read(group.groupId, seq, group.state.held, this.#userId ?? '')
    if (to !== undefined) this.#reads.mark(group.groupId, to)
  }

  // ── the connection ──
  #resume(): { epoch?: string; version?: number } {
    return this.#epoch === undefined ? {} : { epoch: this.#epoch, version: this.#own.version }
  }
  #connectionChanged(state: ConnectionState): void {
    this.connection.mark()
    if (state === 'online') return
    this.#pulls.clear()
    this.#sending.pause()
    this.#groups.paused()
  }
  #welcomed(hello: Hello): void {
    const isOther = this.#userId !== undefined && this.#userId !== hello.userId
    const isFresh = isOther || (this.#epoch !== undefined && this.#epoch !== hello.epoch)
    this.#epoch = hello.epoch
    this.#userId = hello.userId
    this.userId.mark()
    if (isOther) this.#reads.clear()
    if (isFresh) this.#own.clear()
    this.#groups.welcomed(isFresh)
    this.#reads.online((groupId, seq) => this.#own.isRead(groupId, seq))
    void this.#sending.adopt(hello.userId)
    this.#sending.flush()
  }
  #received(frame: ServerFrame): void {
    switch (frame.op) {
      case 'changes': {
        const groupId = groupIdOf(frame.stream)
        if (groupId !== undefined) this.#groups.changes(groupId, frame)
        else this.#pulls.taken(frame.stream as Stream, frame, this.#own.changes(frame))
        return
      }
      case 'snapshot':
        return this.#groups.snapshot(frame)
      case 'part':
        return this.#groups.part(frame)
      case 'heads':
        return this.#own.heads(frame.heads)
      case 'sent':
        return this.#sending.sent(frame)
      case 'typing':
        return this.#groups.typing(frame)
      case 'done':
        return void this.#groups.finished(frame.id)
      case 'reset':
        return this.#reset(frame)
      case 'error':
        return this.#refused(frame)
    }
  }
  #reset(frame: Static<typeof ResetFrame>): void {
    this.#pulls.refused(frame.id)
    const groupId = groupIdOf(frame.stream)
    if (groupId !== undefined) return this.#groups.reset(groupId, frame)
    this.#own.clear()
    this.#pulls.askFrom(frame.stream as Stream, this.#own.version)
  }
  #refused(frame: Extract<ServerFrame, { op: 'error' }>): void {
    if (frame.id === undefined || this.#sending.refused(frame)) return
    if (this.#groups.refused(frame) || this.#reads.refused(frame)) return
    const stream = this.#pulls.refused(frame.id)
    const problem = readProblem(frame)
    if (stream === undefined || problem === undefined) return
    const groupId = groupIdOf(stream)
    if (groupId === undefined || isTransient(problem)) this.#pulls.retry(stream, problem.retry_after)
    else this.#groups.pullRefused(groupId, problem)
  }
  #lacking(stream: Stream): number | undefined {
    const groupId = groupIdOf(stream)
    return groupId === undefined ? this.#own.lacking() : this.#groups.lacking(groupId)
  }
  #reached(groupId: string): void {
    const held = this.#groups.find(groupId)?.state.held
    if (held !== undefined) this.#own.reached(groupId, held, this.#userId ?? '')
  }
}

function groupIdOf(stream: string): string | undefined {
  return stream.startsWith('group/') ? stream.slice('group/'.length) : undefined
}
/** The viewer's part as an answer lets one expect it, at the version that is known. */
function mineOf(
  groupId: string,
  seq: number,
  before: MineRow | undefined,
  change: Partial<Pick<MineRow, 'kind' | 'body' | 'hidden'>>,
): MineRow {
  const base = before ?? { row: 'mine', groupId, seq, version: 0, kind: '', body: null, hidden: false }
  return { ...base, ...change } as MineRow
}
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
