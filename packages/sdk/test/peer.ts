/**
 * The other end of the wire for tests of the SDK: a small state machine of the protocol with its own rows, streams
 * and sockets, and a network in between that a test can make lose, repeat and reorder frames. Knows no client code.
 */
import type {
  ChangesFrame,
  ClientFrame,
  ConversationRow,
  Head,
  MemberRow,
  MessageRow,
  MineRow,
  Row,
  ServerFrame,
  Static,
} from '@qun/contract'
import type { SocketLike } from '@qun/sdk'
import type { Clock } from './clock.ts'

type Changes = Static<typeof ChangesFrame>
export type Network = (frame: ServerFrame, deliver: (frame: ServerFrame) => void) => void

interface Rows {
  version: number
  readonly rows: Map<string, Row>
}
interface PeerGroup extends Rows {
  readonly groupId: string
  ordinal: number
  readonly own: Map<string, number>
  readonly posted: Map<string, number>
}

const keyOf = (row: Row): string =>
  row.row === 'message'
    ? `m${row.seq}`
    : row.row === 'member'
      ? `u${row.userId}`
      : row.row === 'conversation'
        ? `c${row.groupId}`
        : row.row === 'mine'
          ? `i${row.groupId}/${row.seq}`
          : row.row === 'record'
            ? `r${row.kind}/${row.key}`
            : 'g'

export class Peer {
  readonly clock: Clock
  readonly userId: string
  epoch = 'e1'
  readonly groups = new Map<string, PeerGroup>()
  own: Rows = { version: 0, rows: new Map() }
  readonly sockets = new Set<PeerSocket>()
  /** Every frame a client sent, in order. */
  readonly heard: ClientFrame[] = []
  readonly tokens: string[] = []
  /** What lies between: by default every frame arrives, once, in order. */
  network: Network = (frame, deliver) => deliver(frame)
  /** Answers a frame in the test's own way; true if it did. */
  answer: (frame: ClientFrame, socket: PeerSocket) => boolean = () => false
  isReachable = true
  snapshotMessages = 5
  pullRows = 1_000
  pingMs = 25_000

  constructor(clock: Clock, userId = 'li') {
    this.clock = clock
    this.userId = userId
  }

  readonly openSocket = (): SocketLike => new PeerSocket(this)
  cut(code = 1006): void {
    for (const socket of this.sockets) socket.end(code)
  }

  // ── what happens in the groups ──
  addGroup(groupId: string, joinSeq = 0): void {
    const group: PeerGroup = { groupId, version: 0, rows: new Map(), ordinal: 0, own: new Map(), posted: new Map() }
    this.groups.set(groupId, group)
    this.#write(group, {
      row: 'group',
      groupId,
      version: 0,
      name: groupId,
      avatar: '',
      ownerId: 'wang',
      memberCount: 2,
      createdAt: 1,
      settings: { description: '', capacity: 500, history: 'all', muteAll: false, roster: 'members' },
    } as unknown as Row)
    this.putMember(groupId, 'li', '小李')
    this.putMember(groupId, 'wang', '王店长')
    this.putConversation(groupId, { joinSeq })
  }
  putMember(groupId: string, userId: string, name: string): void {
    const row = {
      row: 'member',
      userId,
      version: 0,
      role: 'member',
      name,
      avatar: '',
      badge: null,
      joinedAt: 1,
      mutedUntil: 0,
      active: true,
    }
    this.#write(this.#group(groupId), row as unknown as MemberRow)
  }
  putRecord(groupId: string, key: string, body: unknown): void {
    this.#write(this.#group(groupId), { row: 'record', kind: 'note', key, version: 0, body })
  }
  post(groupId: string, senderId: string, clientId: string, body: unknown, kind = 'text'): number {
    const group = this.#group(groupId)
    const known = group.posted.get(`${senderId}/${clientId}`)
    if (known !== undefined) return known
    const seq = group.posted.size + 1
    group.posted.set(`${senderId}/${clientId}`, seq)
    const own = (group.own.get(senderId) ?? 0) + 1
    group.own.set(senderId, own)
    this.#write(group, {
      row: 'message',
      seq,
      version: 0,
      senderId,
      clientId,
      kind,
      body,
      state: null,
      ordinal: ++group.ordinal,
      own,
      at: this.clock.now(),
    } as unknown as MessageRow)
    return seq
  }
  setState(groupId: string, seq: number, state: unknown): number {
    const group = this.#group(groupId)
    this.#write(group, { ...(group.rows.get(`m${seq}`) as MessageRow), state })
    return group.version
  }
  setMine(groupId: string, seq: number, body: unknown, hidden = false): void {
    this.#write(this.own, { row: 'mine', groupId, seq, version: 0, kind: 'text', body, hidden } as unknown as MineRow)
  }
  putConversation(groupId: string, patch: Partial<ConversationRow> = {}): void {
    const before = this.own.rows.get(`c${groupId}`) as ConversationRow | undefined
    const own = this.#group(groupId).own.get(this.userId) ?? 0
    const base = {
      row: 'conversation',
      groupId,
      version: 0,
      active: true,
      role: 'member',
      joinSeq: 0,
      readSeq: 0,
      readOrdinal: 0,
      readOwn: 0,
      pinned: false,
      quiet: false,
      name: groupId,
      avatar: '',
      memberCount: 2,
      faces: [],
      mentions: [],
    }
    const row = { ...base, ...before, own, head: this.headOf(groupId), ...patch }
    this.#write(this.own, row as unknown as ConversationRow)
  }
  headOf(groupId: string, mentions: readonly number[] = []): Head {
    const group = this.#group(groupId)
    const last = group.rows.get(`m${group.posted.size}`) as MessageRow | undefined
    return {
      groupId,
      version: group.version,
      lastSeq: group.posted.size,
      lastOrdinal: group.ordinal,
      at: last?.at ?? 1,
      last: last ? { seq: last.seq, senderId: last.senderId, senderName: '', kind: last.kind, summary: '…' } : null,
      own: group.own.get(this.userId) ?? 0,
      ...(mentions.length > 0 ? { mentions: [...mentions] } : {}),
    } as unknown as Head
  }
  sendHead(groupId: string, mentions: readonly number[] = []): void {
    this.push({ op: 'heads', heads: [this.headOf(groupId, mentions)] })
  }
  /** Another store, restored from an older one. */
  restore(epoch: string): void {
    this.epoch = epoch
    this.cut(1012)
  }
  messages(groupId: string): MessageRow[] {
    const rows = [...this.#group(groupId).rows.values()].filter((row) => row.row === 'message')
    return rows.toSorted((a, b) => a.seq - b.seq)
  }
  listRows(groupId: string, kind: Row['row']): Row[] {
    return [...this.#group(groupId).rows.values()].filter((row) => row.row === kind)
  }
  push(frame: ServerFrame): void {
    for (const socket of this.sockets) socket.push(frame)
  }
  changesOf(stream: string, from: number, limit = Number.MAX_SAFE_INTEGER): Changes {
    const held = this.#rowsOf(stream)
    const behind = [...held.rows.values()].filter((row) => row.version > from).toSorted((a, b) => a.version - b.version)
    const rows = behind.slice(0, limit)
    const more = rows.length < behind.length
    const to = more ? (rows.at(-1)?.version ?? from) : Math.max(from, held.version)
    return { op: 'changes', stream, from, to, rows, ...(more ? { more } : {}) }
  }
  history(groupId: string, before: number, limit: number) {
    const joinSeq = (this.own.rows.get(`c${groupId}`) as ConversationRow).joinSeq
    const messages = this.messages(groupId)
      .filter((row) => row.seq < before && row.seq > joinSeq)
      .slice(-limit)
    const mine = this.mineOf(groupId).filter((row) => messages.some((message) => message.seq === row.seq))
    return { messages, mine, members: this.listRows(groupId, 'member') }
  }
  mineOf(groupId: string): MineRow[] {
    return [...this.own.rows.values()].filter((row) => row.row === 'mine' && row.groupId === groupId) as MineRow[]
  }

  // ── the protocol ──
  receive(socket: PeerSocket, frame: ClientFrame): void {
    this.heard.push(frame)
    if (this.answer(frame, socket)) return
    switch (frame.op) {
      case 'auth':
        return this.#welcome(socket, frame)
      case 'subscribe':
        for (const one of frame.groups) this.#subscribe(socket, frame.id, one)
        return
      case 'pull':
        return socket.push({ ...this.changesOf(frame.stream, frame.from, this.pullRows), id: frame.id })
      case 'send': {
        const seq = this.post(frame.groupId, this.userId, frame.clientId, frame.body, frame.kind)
        const { id, groupId, clientId } = frame
        const version = this.#group(groupId).version
        return socket.push({ op: 'sent', id, groupId, clientId, seq, version, at: this.clock.now(), replayed: false })
      }
      case 'read': {
        const message = this.#group(frame.groupId).rows.get(`m${frame.seq}`) as MessageRow | undefined
        const readOwn = this.messages(frame.groupId).filter(
          (row) => row.senderId === this.userId && row.seq <= frame.seq,
        ).length
        return this.putConversation(frame.groupId, { readSeq: frame.seq, readOrdinal: message?.ordinal ?? 0, readOwn })
      }
      case 'ping':
        return socket.push({ op: 'pong', now: this.clock.now() })
      case 'typing':
        return
    }
  }
  #welcome(socket: PeerSocket, frame: Extract<ClientFrame, { op: 'auth' }>): void {
    this.tokens.push(frame.token)
    const { epoch, pingMs } = this
    socket.push({ op: 'hello', protocol: 1, epoch, userId: this.userId, now: this.clock.now(), pingMs } as ServerFrame)
    if (socket.isKnown) return
    socket.isKnown = true
    this.sockets.add(socket)
    const from = frame.epoch === epoch ? (frame.version ?? 0) : 0
    socket.push(this.changesOf(`user/${this.userId}`, from))
  }
  #subscribe(socket: PeerSocket, id: number, one: { groupId: string; level: string; from?: number }): void {
    const stream = `group/${one.groupId}`
    if (one.level === 'listed') {
      socket.open.delete(one.groupId)
      return
    }
    const group = this.groups.get(one.groupId)
    if (group === undefined) {
      return socket.push({ op: 'error', id, code: 'group.not_found', status: 404, retry: 'never', title: '群不存在' })
    }
    socket.open.add(one.groupId)
    if (one.from !== undefined) socket.push({ ...this.changesOf(stream, one.from), id })
    else socket.push(this.#snapshot(group, id))
    socket.push({ op: 'done', id })
  }
  #snapshot(group: PeerGroup, id: number): ServerFrame {
    const joinSeq = (this.own.rows.get(`c${group.groupId}`) as ConversationRow).joinSeq
    const messages = this.messages(group.groupId)
      .filter((row) => row.seq > joinSeq)
      .slice(-this.snapshotMessages)
    const low = messages[0]?.seq ?? joinSeq + 1
    return {
      op: 'snapshot',
      stream: `group/${group.groupId}`,
      version: group.version,
      lowSeq: low,
      group: group.rows.get('g'),
      messages,
      members: this.listRows(group.groupId, 'member'),
      records: this.listRows(group.groupId, 'record'),
      mine: this.mineOf(group.groupId).filter((row) => row.seq >= low),
      id,
    } as ServerFrame
  }
  #group(groupId: string): PeerGroup {
    const group = this.groups.get(groupId)
    if (group === undefined) throw new Error(`The peer has no group ${groupId}`)
    return group
  }
  #rowsOf(stream: string): Rows {
    return stream.startsWith('group/') ? this.#group(stream.slice(6)) : this.own
  }
  #write(held: Rows, row: Row): void {
    const from = held.version
    const stamped = { ...row, version: ++held.version }
    held.rows.set(keyOf(row), stamped)
    const stream = 'groupId' in held ? `group/${(held as PeerGroup).groupId}` : `user/${this.userId}`
    const frame = { op: 'changes', stream, from, to: held.version, rows: [stamped] } as ServerFrame
    for (const socket of this.sockets) {
      if (!('groupId' in held) || socket.open.has((held as PeerGroup).groupId)) socket.push(frame)
    }
  }
}

/** One connection, both ends: the client sees a socket, the peer pushes frames. */
export class PeerSocket implements SocketLike {
  onopen: (() => void) | null = null
  onmessage: ((message: { data: unknown }) => void) | null = null
  onclose: ((closing: { code: number; reason: string }) => void) | null = null
  onerror: ((error: unknown) => void) | null = null
  readonly open = new Set<string>()
  isKnown = false
  #isClosed = false
  readonly #peer: Peer

  constructor(peer: Peer) {
    this.#peer = peer
    void Promise.resolve().then(() => (peer.isReachable ? this.onopen?.() : this.end(1006)))
  }
  send(text: string): void {
    if (!this.#isClosed) this.#peer.receive(this, JSON.parse(text) as ClientFrame)
  }
  close(): void {
    this.#isClosed = true
    this.#peer.sockets.delete(this)
  }
  end(code: number): void {
    if (this.#isClosed) return
    this.close()
    this.onclose?.({ code, reason: '' })
  }
  push(frame: ServerFrame): void {
    this.#peer.network(frame, (arrived) => {
      // Frames take a moment, so that no answer arrives within the call that asked.
      const data = JSON.stringify(arrived)
      void Promise.resolve().then(() => (this.#isClosed ? undefined : this.onmessage?.({ data })))
    })
  }
}
