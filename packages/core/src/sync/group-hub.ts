/**
 * One group on this node: who follows it at which level, the frame that collects, and the head for lists. Frames that
 * arrive out of order wait briefly; a gap is read from the store, so the bus may lose what it likes.
 */
import type { AppId } from '@qun/contract'
import { type Engine, groupTopic } from '../ground/engine.ts'
import type { Packet } from '../host/host.ts'
import { readPublication, type GroupNews, type Publication } from '../ground/publication.ts'
import { readGap } from './gap.ts'
import { GroupHead } from './group-head.ts'
import type { HeadFor } from './head-audience.ts'
import { type Hearer, Hearing, type News } from './hearing.ts'
import { Introductions } from './introductions.ts'
import { LiveFrame } from './live-frame.ts'
import { changesText } from '../read/reading.ts'
import type { RowText, Speaker } from '../ground/row-text.ts'
import type { Faces } from './faces.ts'
import type { GroupStarts } from './group-starts.ts'
import type { Listener } from './listener.ts'
import { type Frame, hold, type HeldFrame, type Subscription } from './subscription.ts'

/** A flush under way: who has the group open gets it from the end of their list on. */
interface Slice {
  readonly packet: Packet
  readonly frame: Frame
  readonly head: HeadFor | undefined
  at: number
}

/** Who says when a hub's turn is. */
interface Turns {
  readonly engine: Engine
  readonly faces: Faces
  readonly starts: GroupStarts
  schedule(hub: GroupHub, at: number): void
  scheduleHead(hub: GroupHub): void
}
/** A subscription as its connection holds it. */
export interface HubSubscription extends Subscription {
  readonly hub: GroupHub
}

export class GroupHub implements Hearer {
  readonly appId: AppId
  readonly groupId: string
  readonly #fanout: Turns
  readonly #engine: Engine
  readonly #end: () => void
  readonly #unsubscribe: () => void
  readonly #open: Subscription[] = []
  readonly #listed: Subscription[] = []
  #memberCount = 0
  readonly #hearing: Hearing
  /** What followers were told of the group before it was loaded: whoever was told less than it holds gets a head. */
  #told = new Map<Subscription, number>()

  // The frame that collects.
  readonly #live: LiveFrame
  #flushableAt = 0
  /** When the next frame that only changes what was told may go. */
  #updatableAt = 0
  readonly #introductions: Introductions
  #slice: Slice | undefined

  readonly #head: GroupHead

  constructor(fanout: Turns, appId: AppId, groupId: string, end: () => void) {
    this.#fanout = fanout
    this.#engine = fanout.engine
    this.appId = appId
    this.groupId = groupId
    this.#end = end
    const audiences = { open: this.#open, listed: this.#listed }
    this.#head = new GroupHead(this.#engine, fanout.faces, this, audiences, () => fanout.scheduleHead(this))
    this.#live = new LiveFrame(this.#engine.limits.pageBytesMax)
    this.#introductions = new Introductions(this.#engine, this, (members, version) => {
      for (const { userId, speaker, row } of members) {
        this.#live.introduce(row)
        this.#head.knowName(userId, speaker, Math.max(row.version, version))
      }
      if (!this.#live.isEmpty) this.#fanout.schedule(this, this.#dueAt)
    })
    this.#unsubscribe = this.#engine.bus.subscribe(
      groupTopic(appId, groupId),
      (message) => this.#receive(readPublication<GroupNews>(message)),
      (version) => this.noteStored(version),
    )
    this.#hearing = new Hearing(this.#engine, this)
  }
  get version(): number {
    return this.#hearing.version
  }
  /** Resolves once the hub knows where the group stands; rejects if the store fails, and is tried again when asked. */
  whenReady(): Promise<void> {
    return this.#hearing.ready()
  }

  // ── who follows ──
  add(session: Listener, joinSeq: number, isOpen: boolean): HubSubscription {
    const sub: HubSubscription = { session, hub: this, joinSeq, isOpen, held: undefined, index: 0 }
    this.#put(isOpen ? this.#open : this.#listed, sub)
    return sub
  }
  setOpen(sub: Subscription, isOpen: boolean): void {
    if (sub.isOpen === isOpen) return
    // What goes out in slices passes by who closes the group meanwhile.
    if (!isOpen) this.#pushHead(sub)
    this.#take(sub)
    sub.isOpen = isOpen
    this.#put(isOpen ? this.#open : this.#listed, sub)
    this.#head.noteMove(sub, isOpen)
    if (this.#head.isWaiting) this.#fanout.scheduleHead(this)
  }
  remove(sub: Subscription): void {
    this.#take(sub)
    this.#told.delete(sub)
    if (this.#open.length > 0 || this.#listed.length > 0) return
    this.#unsubscribe()
    this.#hearing.end()
    this.#introductions.end()
    this.#head.end()
    this.#end()
  }
  /** A follower was told of the group as it was at `version`: if it is further, they get its head. */
  wasTold(sub: Subscription, version: number): void {
    if (!this.#hearing.isLoaded) this.#told.set(sub, version)
    else if (this.version > version) sub.session.readHead(this.groupId)
  }
  #put(list: Subscription[], sub: Subscription): void {
    sub.index = list.push(sub) - 1
  }
  #take(sub: Subscription): void {
    const list = sub.isOpen ? this.#open : this.#listed
    const last = list.pop()
    if (last === undefined || last === sub) return
    // A flush under way goes through the list from its end: a swap never makes it skip anyone.
    list[sub.index] = last
    last.index = sub.index
  }

  // ── taking news in ──
  async load(): Promise<number> {
    const { row, last } = await this.#fanout.starts.read(this.appId, this.groupId)
    this.#memberCount = row?.member_count ?? 0
    this.#head.start({ lastSeq: row?.last_seq ?? 0, lastOrdinal: row?.last_ordinal ?? 0, at: row?.last_at ?? 0 }, last)
    return row?.version ?? 0
  }
  loaded(): void {
    const told = this.#told
    this.#told = new Map()
    for (const [sub, version] of told) this.wasTold(sub, version)
  }
  async readGap(since: number): Promise<News> {
    const followers = [...this.#open, ...this.#listed]
    const userIds = [...new Set(followers.map((sub) => sub.session.userId as string))]
    const at = { version: since, seq: this.#head.lastSeq, userIds }
    return this.#engine.store.reading(this.appId, async (tx) => {
      const gap = await readGap(this.#engine, tx, this, at)
      if (gap !== undefined) return gap
      // Each follower lacks more than heads can tell: they come back and read it.
      for (const sub of followers) sub.session.fail()
      return (await readGap(this.#engine, tx, this, { ...at, userIds: [] })) as News
    })
  }
  #receive(publication: Publication<GroupNews>): void {
    const { typing, stored } = publication.news
    if (typing !== undefined) this.#relayTyping(typing)
    else if (stored !== undefined) this.noteStored(stored)
    else this.#hearing.hear(publication)
  }
  /** The store is at this version: if the bus told less, what it lost is read. */
  noteStored(version: number): void {
    this.#hearing.noteStored(version)
  }
  takeIn({ news, rows }: News, before: number): void {
    if (news.joined !== undefined) this.#moveUp(new Map(news.joined))
    this.#live.begin(before)
    for (const row of rows) this.#addRow(row)
    this.#live.end(news.to)
    if (news.skips === true) {
      this.#live.skip()
      this.#introductions.forget()
    }
    if (this.#memberCount > this.#engine.limits.snapshotMembers) this.#introduce(news)
    this.#head.note(news)
    const hasListeners = this.#open.length > 0 && !this.#live.isEmpty
    if (!hasListeners) this.#live.drop()
    if (hasListeners) this.#fanout.schedule(this, this.#dueAt)
    else if (this.#head.isWaiting) this.#fanout.scheduleHead(this)
  }
  #addRow(row: RowText): void {
    const isTold = row.seq > 0 && row.seq <= this.#head.lastSeq
    if (isTold) this.#live.changesTold = true
    else this.#live.tellsNew = true
    this.#live.add(row)
    if (row.key === 'g') this.#memberCount = (JSON.parse(row.json) as { memberCount: number }).memberCount
    if (!row.key.startsWith('u')) return
    this.#head.forgetName(row.key.slice(1), row.version)
    this.#introductions.changed(row)
  }
  #introduce(news: GroupNews): void {
    const senders = (news.own ?? []).map(([userId]) => userId)
    const listens = this.#open.length > 0 && !this.#live.isEmpty
    for (const { userId, speaker, row } of this.#introductions.spoke(
      senders,
      news.lastSeq ?? this.#head.lastSeq,
      listens,
    )) {
      this.#live.introduce(row)
      this.#head.knowName(userId, speaker, this.version)
    }
  }
  /** As read when the group was at `version`. */
  noteName(userId: string, speaker: Speaker, version: number): void {
    this.#head.knowName(userId, speaker, version)
  }
  /** Whoever left sees what came before, and nothing after. */
  letGo({ news: { left } }: News): void {
    if (left === undefined) return
    if (!this.#live.isEmpty) this.flushAll()
    for (const sub of [...this.#open, ...this.#listed]) {
      if (left.includes(sub.session.userId)) sub.session.unfollow(this.groupId)
    }
  }
  /** Whoever left and came back within a gap sees nothing of the time between. */
  #moveUp(joined: ReadonlyMap<string, number>): void {
    for (const sub of [...this.#open, ...this.#listed]) {
      sub.joinSeq = Math.max(sub.joinSeq, joined.get(sub.session.userId) ?? 0)
    }
  }
  get #dueAt(): number {
    return this.#live.tellsNew ? this.#flushableAt : Math.max(this.#flushableAt, this.#updatableAt)
  }

  // ── frames out ──
  /** Sends what may go now: how many frames, and when the rest may go; undefined when nothing waits. */
  flush(now: number): { readonly at: number | undefined; readonly count: number } {
    if (this.#slice === undefined && this.#isReady && now >= this.#dueAt) this.#begin()
    const count = this.#slice === undefined ? 0 : this.#sendSlice(this.#engine.limits.fanoutSlice)
    if (!this.sendHead(now)) this.#fanout.scheduleHead(this)
    if (this.#slice !== undefined) return { at: now, count }
    return { at: this.#isReady ? this.#dueAt : undefined, count }
  }
  get #isReady(): boolean {
    return !this.#live.isEmpty && !this.#introductions.isReading
  }
  /** Sends the head where it changed and is due; false if lists must wait. Who waits for rows gets it with them. */
  sendHead(now: number): boolean {
    return this.#head.send(now, this.#engine.limits.fanoutSlice, !this.#live.isEmpty || this.#slice !== undefined)
  }
  flushAll(): void {
    while (this.#slice !== undefined) this.#sendSlice(Number.POSITIVE_INFINITY)
    while (this.#isReady) {
      this.#begin()
      this.#sendSlice(Number.POSITIVE_INFINITY)
    }
    this.#head.sendAll(this.#engine.elapsed())
  }
  #begin(): void {
    const { changesTold } = this.#live
    const frame = this.#live.take()
    const now = this.#engine.elapsed()
    const packet = { text: changesText(`group/${this.groupId}`, frame) }
    this.#slice = { packet, frame, head: this.#head.takeForOpen(now), at: this.#open.length - 1 }
    const { frameDelayMaxMs, slowFrameDelayMaxMs, slowGroupMembers, updateDelayMs } = this.#engine.limits
    if (changesTold) this.#updatableAt = now + updateDelayMs
    const max = this.#open.length > slowGroupMembers ? slowFrameDelayMaxMs : frameDelayMaxMs
    // As long as it is written, it is left to others: half of the time at most goes to one group.
    this.#flushableAt = now + Math.min(max, 2 * this.#engine.writeMs() * this.#open.length)
  }
  #sendSlice(count: number): number {
    const slice = this.#slice as Slice
    const from = slice.at
    const end = Math.max(0, from + 1 - count)
    let { at } = slice
    for (; at >= end; at--) {
      const sub = this.#open[at]
      if (sub === undefined) continue
      if (sub.held === undefined) sub.session.outlet.push(this.packetFor(sub, slice))
      else hold(sub.held, { packet: slice.packet, frame: slice.frame })
      this.#pushHead(sub)
    }
    slice.at = at
    if (at < 0) this.#slice = undefined
    return from - at
  }
  /** The head that goes out with the rows under way. */
  #pushHead(sub: Subscription): void {
    const head = this.#slice?.head?.(sub)
    if (head !== undefined) sub.session.pushHead(head)
  }
  /** A frame for one member: without messages from before they joined. */
  packetFor({ joinSeq }: Subscription, { packet, frame }: HeldFrame): Packet {
    if (joinSeq < frame.lowSeq) return packet
    const rows = frame.rows.filter((row) => row.seq === 0 || row.seq > joinSeq)
    return { text: changesText(`group/${this.groupId}`, { from: frame.from, to: frame.to, rows }) }
  }

  // ── typing ──
  publishTyping(userId: string): void {
    if (this.#memberCount > this.#engine.limits.typingMembersMax) return
    this.#engine.bus.publish(
      groupTopic(this.appId, this.groupId),
      JSON.stringify({ from: 0, to: 0, typing: userId, index: [] }),
    )
  }
  #relayTyping(userId: string): void {
    const packet: Packet = { text: JSON.stringify({ op: 'typing', groupId: this.groupId, userId }) }
    for (const sub of this.#open)
      if (sub.session.userId !== userId && sub.held === undefined) sub.session.outlet.push(packet)
  }

  /** Waits until nothing is read any more; what failed is tried again in its own time. */
  async settle(): Promise<void> {
    await this.#hearing.settle()
    await this.#introductions.settle()
  }
}
