/**
 * The sync protocol of one connection: catches the client up, then lets frames through. Knows no socket: what goes
 * out goes to an outlet, what comes in has passed its schema.
 */
import { type AppId, type ClientFrame, closeCodes, type GroupId, refuse, Refusal, type UserId } from '@qun/contract'
import { type ConversationView, readConversations } from '../read/conversations.ts'
import type { Engine } from '../ground/engine.ts'
import type { Fanout } from './fanout.ts'
import type { Outlet, Packet, PostRequest, Principal, Session } from '../host/host.ts'
import { freshHead, type OwnPart, type OwnStream, readOwnStream } from '../read/own-stream.ts'
import { packetOf } from './packets.ts'
import type { Posting } from '../log/post.ts'
import { Answers } from './answers.ts'
import { changesPages, headsPages, openingFrames, openingPage } from './pages.ts'
import { changesText, readChanges } from '../read/reading.ts'
import type { HubSubscription } from './group-hub.ts'
import type { Listener } from './listener.ts'
import { notYetMember, nothingHeld } from './subscription.ts'
import type { UserFeed } from './user-feed.ts'

/** Pages of a person's own stream that are read at once. */
const pagesAhead = 4

/** What a session asks of the rest of the engine. */
export interface SessionHost {
  readonly engine: Engine
  readonly fanout: Fanout
  /** `whenClear`: see startPost. */
  post(request: PostRequest, whenClear?: () => Promise<void>): Posting
  read(principal: Principal, groupId: GroupId, seq: number): Promise<unknown>
}

export class ClientSession implements Session, Listener {
  readonly outlet: Outlet
  readonly #principal: Principal
  readonly #host: SessionHost
  readonly #feed: UserFeed
  /** Few per session, so a list is smaller than a map and fast enough. */
  readonly #subs: HubSubscription[] = []
  /** Where the client's own stream stands after all that was sent. */
  #version: number
  #isCaughtUp = false
  /** Nobody waits any more for what it asks. */
  isGone = false
  #catching: Promise<void> | undefined
  #isCatchingAgain = false
  readonly #answers: Answers
  /** Posts wait for this while one before them had to wait, so that order is kept. */
  #tail: Promise<unknown> | undefined
  /** Posts in the queue of the group commit, and who waits until there are none. */
  #queued = 0
  #onClear: (() => void) | undefined

  constructor(
    host: SessionHost,
    principal: Principal,
    resume: { readonly epoch?: string; readonly version?: number },
    outlet: Outlet,
  ) {
    this.#host = host
    this.#principal = principal
    this.outlet = outlet
    this.#answers = new Answers(host.engine, outlet)
    const { engine, fanout } = host
    this.#version = resume.epoch === engine.epoch ? (resume.version ?? 0) : 0
    this.#feed = fanout.feed(principal.appId, principal.userId)
    this.#feed.add(this)
    this.outlet.push(
      packetOf({
        op: 'hello',
        protocol: engine.protocol,
        epoch: engine.epoch,
        userId: principal.userId,
        now: engine.now(),
        pingMs: 25_000,
      }),
    )
    void engine.track(this.catchUp(true))
  }
  get userId(): UserId {
    return this.#principal.userId
  }
  get appId(): AppId {
    return this.#principal.appId
  }

  receive(frame: ClientFrame): void {
    if ('id' in frame && !this.#answers.isNew(frame.id)) return
    switch (frame.op) {
      case 'subscribe':
        return this.#answers.add(frame.id, () => this.#subscribe(frame))
      case 'pull':
        return this.#answers.add(frame.id, () => this.#pull(frame))
      case 'send':
        return this.#send(frame)
      case 'read':
        return void this.#answers.run(frame.id, () => this.#host.read(this.#principal, frame.groupId, frame.seq))
      case 'typing':
        return this.#say(frame.groupId)
      case 'ping':
        return this.outlet.push(packetOf({ op: 'pong', now: this.#host.engine.now() }))
      case 'auth':
        // The gateway renews a connection's token; the engine has nothing to do.
        return
    }
  }
  close(): void {
    if (this.isGone) return
    this.isGone = true
    for (const sub of this.#subs.splice(0)) sub.hub.remove(sub)
    this.#feed.remove(this)
  }
  /** The store failed this connection: it comes back and catches up. */
  fail(): void {
    this.outlet.close(closeCodes.tryLater, 'store.unavailable')
  }

  // ── the user's own stream ──
  canTake(from: number): boolean {
    return this.#isCaughtUp && from <= this.#version
  }
  isBehind(version: number): boolean {
    return this.#isCaughtUp && version > this.#version
  }
  pushUser(packet: Packet, to: number): void {
    if (to <= this.#version) return
    this.#version = to
    this.outlet.push(packet)
  }
  /** Reads and sends what the client's own stream has after its version; runs one at a time, and one waits at most. */
  catchUp(isFirst = false): Promise<void> {
    const before = this.#catching
    if (before !== undefined && this.#isCatchingAgain) return before
    this.#isCatchingAgain = before !== undefined
    const next = (before ?? Promise.resolve())
      .then(() => {
        this.#isCatchingAgain = false
        return this.#catchUp(isFirst)
      })
      .catch(() => this.fail())
      .finally(() => {
        if (this.#catching === next) this.#catching = undefined
      })
    this.#catching = next
    return next
  }
  async #catchUp(isFirst: boolean): Promise<void> {
    if (this.isGone) return
    const since = this.#version
    const isFresh = since === 0
    const first = await this.#readOwn({ since, isFresh, bytesMax: this.#aheadBytes })
    if (since > first.version) {
      // The client knows more than the store: the store was put back. It starts over.
      this.#version = 0
      this.outlet.push(packetOf({ op: 'reset', code: 'sync.reset', stream: `user/${this.userId}`, reason: 'ahead' }))
      return this.#catchUp(isFirst)
    }
    const active = new Set(first.views.filter((view) => view.active).map((view) => view.group_id))
    for (const sub of [...this.#subs]) if (!active.has(sub.hub.groupId)) this.unfollow(sub.hub.groupId)
    for (let read = first, from = since; ;) {
      // Who leaves or joins between two parts is told by the later one.
      for (const { active: isIn, group_id, join_seq, group_version } of read.views)
        if (isIn) this.follow(group_id, join_seq, group_version)
        else this.unfollow(group_id)
      if (!(await this.#pushOwn(from, read))) return
      if (read.to >= read.version) break
      from = read.to
      read = await this.#readOwn({ since: from, isFresh, begunAt: first.version, bytesMax: this.#aheadBytes })
    }
    this.#isCaughtUp = true
    if (isFirst && !isFresh) await this.#pushHeads(first.views)
  }
  /** What is read of a long answer at once: as a rule all of it, so that it costs one reading. */
  get #aheadBytes(): number {
    return pagesAhead * this.#host.engine.limits.pageBytesMax
  }
  #readOwn(part: OwnPart): Promise<OwnStream> {
    const { engine } = this.#host
    return engine.store.reading(this, (tx) => readOwnStream(engine, tx, this, part))
  }
  /** False if the connection is over. */
  async #pushOwn(from: number, { to, version, rows }: OwnStream): Promise<boolean> {
    const { pageBytesMax } = this.#host.engine.limits
    const more = to < version
    for (const page of changesPages(`user/${this.userId}`, { from, to, rows, more }, pageBytesMax)) {
      await this.outlet.room?.()
      if (this.isGone) return false
      this.#version = page.to
      this.outlet.push({ text: page.text })
    }
    return true
  }
  /** The heads of all groups of a person; what is long in them is read a few pages at a time. */
  async #pushHeads(views: readonly ConversationView[]): Promise<void> {
    const { engine } = this.#host
    for (let rest = views.filter((view) => view.active); rest.length > 0;) {
      const heads = rest.filter((view) => !view.is_cut).map((view) => freshHead(view, engine.registry))
      for (const text of headsPages(heads, engine.limits.pageBytesMax)) {
        await this.outlet.room?.()
        if (this.isGone) return
        this.outlet.push({ text })
      }
      const groupIds = rest.filter((view) => view.is_cut).map((view) => view.group_id)
      if (groupIds.length === 0) return
      const read = await engine.store.reading(this, (tx) =>
        readConversations(tx, this.appId, this.userId, { groupIds }, this.#aheadBytes),
      )
      rest = read.filter((view) => view.active)
    }
  }
  // ── groups ──
  #find(groupId: string): HubSubscription | undefined {
    return this.#subs.find((sub) => sub.hub.groupId === groupId)
  }
  /** Follows a group at level `listed`. `version` is what the client was told of it, to notice news in between. */
  follow(groupId: string, joinSeq: number, version?: number): void {
    if (this.isGone) return
    const held = this.#find(groupId)
    if (held !== undefined) {
      held.joinSeq = joinSeq
      return
    }
    const hub = this.#host.fanout.hub(this.appId, groupId)
    const sub = hub.add(this, joinSeq, false)
    this.#subs.push(sub)
    if (version !== undefined) hub.wasTold(sub, version)
  }
  unfollow(groupId: string): void {
    const index = this.#subs.findIndex((sub) => sub.hub.groupId === groupId)
    if (index < 0) return
    const [sub] = this.#subs.splice(index, 1)
    sub?.hub.remove(sub)
  }
  /** Reads the head of a followed group for this viewer alone, and sends it. */
  readHead(groupId: string): void {
    void this.#host.engine.track(this.#readHead(groupId)).catch(() => this.fail())
  }
  async #readHead(groupId: string): Promise<void> {
    const views = await this.#host.engine.store.reading(this, (tx) =>
      readConversations(tx, this.appId, this.userId, { groupIds: [groupId] }),
    )
    const heads = views.filter((view) => view.active).map((view) => freshHead(view, this.#host.engine.registry))
    if (heads.length > 0) this.outlet.push(packetOf({ op: 'heads', heads }))
  }
  pushHead(packet: Packet): void {
    this.outlet.push(packet)
  }

  #checkOpening(groupIds: readonly string[]): void {
    const open = this.#subs.filter((sub) => sub.isOpen).map((sub) => sub.hub.groupId)
    if (new Set([...open, ...groupIds]).size > this.#host.engine.limits.openGroupsMax) throw refuse('batch.too_large')
  }
  async #subscribe(frame: Extract<ClientFrame, { op: 'subscribe' }>): Promise<void> {
    const { limits } = this.#host.engine
    if (frame.groups.length > limits.subscribeMax) throw refuse('batch.too_large')
    const opening = frame.groups.filter((group) => group.level === 'open').map((group) => group.groupId)
    this.#checkOpening(opening)
    await this.#catching
    // A group named twice is asked for once, as named last.
    for (const { groupId, level, from } of new Map(frame.groups.map((group) => [group.groupId, group])).values()) {
      if (this.isGone) return
      const sub = this.#find(groupId)
      if (level === 'listed') {
        if (sub === undefined || sub.joinSeq === notYetMember) throw refuse('group.not_found')
        sub.hub.setOpen(sub, false)
      } else {
        // Another request may have opened groups meanwhile.
        this.#checkOpening([groupId])
        await this.#open(groupId, from, frame.id)
      }
    }
  }
  /** From here on live frames are held until the catch-up is out; the client drops what it has already. */
  async #open(groupId: string, from: number | undefined, id: number): Promise<void> {
    const { engine } = this.#host
    const at = { appId: this.appId, groupId, userId: this.userId }
    // A member of a moment ago may not be followed yet: the store decides, not what this node happened to hear.
    let sub = this.#find(groupId)
    if (sub === undefined) {
      const hub = this.#host.fanout.hub(this.appId, groupId)
      sub = hub.add(this, notYetMember, false)
      this.#subs.push(sub)
    }
    const held = (sub.held = nothingHeld())
    sub.hub.setOpen(sub, true)
    try {
      await sub.hub.whenReady()
      for (let cursor = from, isWhole = false; !isWhole;) {
        await this.outlet.room?.()
        if (sub.held !== held || this.isGone) return
        // What is read from here on holds all told before.
        Object.assign(held, nothingHeld())
        const since = cursor
        const page = await engine.store.reading(this, (tx) => openingPage(engine, tx, at, since, id))
        if (sub.held !== held) return
        sub.joinSeq = page.joinSeq
        // Whoever opens a group is the likeliest to speak next.
        if (page.viewer !== undefined) sub.hub.noteName(this.userId, page.viewer, page.to)
        for await (const text of openingFrames(engine, at, page, { id, payer: this })) {
          await this.outlet.room?.()
          if (sub.held !== held || this.isGone) return
          this.outlet.push({ text })
        }
        cursor = page.to
        isWhole = !page.more && !held.isFull
      }
      for (const one of held.frames) this.outlet.push(sub.hub.packetFor(sub, one))
      sub.held = undefined
    } catch (error) {
      this.#closeAfter(error, sub, held)
      throw error
    }
  }
  /** A stranger was never in the group; a member whom the store failed keeps it in their list. */
  #closeAfter(error: unknown, sub: HubSubscription, held: HubSubscription['held']): void {
    const isStranger = sub.joinSeq === notYetMember || (error instanceof Refusal && error.code === 'group.not_found')
    if (isStranger) return this.unfollow(sub.hub.groupId)
    if (sub.held !== held || !this.#subs.includes(sub)) return
    sub.held = undefined
    sub.hub.setOpen(sub, false)
  }
  async #pull(frame: Extract<ClientFrame, { op: 'pull' }>): Promise<void> {
    const { engine } = this.#host
    await this.outlet.room?.()
    if (this.isGone) return
    if (frame.stream === `user/${this.userId}`) {
      const isFresh = frame.from === 0
      const read = await this.#readOwn({ since: frame.from, isFresh, bytesMax: engine.limits.pageBytesMax })
      if (frame.from > read.version) {
        const { stream, id } = frame
        this.outlet.push(packetOf({ op: 'reset', code: 'sync.reset', stream, reason: 'ahead', id }))
      } else {
        const all = { from: frame.from, to: read.to, rows: read.rows, more: read.to < read.version }
        const [first] = changesPages(frame.stream, all, engine.limits.pageBytesMax, frame.id)
        if (first !== undefined) this.outlet.push({ text: first.text })
      }
      return
    }
    if (!frame.stream.startsWith('group/')) throw refuse('group.not_found')
    const groupId = frame.stream.slice('group/'.length)
    try {
      const page = await engine.store.reading(this, (tx) =>
        readChanges(engine, tx, { appId: this.appId, groupId }, this.userId, frame.from),
      )
      this.outlet.push({ text: changesText(frame.stream, page, frame.id) })
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'sync.reset') throw error
      this.outlet.push(
        packetOf({ op: 'reset', code: 'sync.reset', stream: frame.stream, reason: 'ahead', id: frame.id }),
      )
    }
  }

  #say(groupId: GroupId): void {
    const sub = this.#find(groupId)
    if (sub !== undefined && sub.joinSeq !== notYetMember) sub.hub.publishTyping(this.userId)
  }

  // ── posts ──
  readonly #whenClear = (): Promise<void> =>
    this.#queued === 0 ? Promise.resolve() : new Promise((resolve) => (this.#onClear = resolve))
  #send(frame: Extract<ClientFrame, { op: 'send' }>): void {
    const { op: _op, id, ...said } = frame
    const { guest } = this.#principal
    const request: PostRequest = { appId: this.appId, senderId: this.userId, guest, ...said }
    const { groupId, clientId } = said
    const started = this.#tail === undefined ? this.#host.post(request, this.#whenClear) : undefined
    const result =
      started === undefined
        ? (this.#tail as Promise<unknown>).then(() => this.#host.post(request).result)
        : started.result
    const sent = result.then(
      (posted) =>
        this.#answers.answer(
          id,
          `{"op":"sent","id":${id},"groupId":"${groupId}","clientId":"${clientId}","seq":${posted.seq}` +
            `,"version":${posted.version},"at":${posted.at},"replayed":${posted.replayed}}`,
        ),
      (error: unknown) => this.#answers.refused(id, error),
    )
    if (started?.isQueued === true) {
      this.#queued++
      void sent.finally(() => {
        if (--this.#queued === 0) this.#onClear?.()
      })
      return
    }
    const tail = this.#host.engine.track(
      sent.finally(() => {
        if (this.#tail === tail) this.#tail = undefined
      }),
    )
    this.#tail = tail
  }
}
