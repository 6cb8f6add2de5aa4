/**
 * One group on this node: who follows it at which level, the frame that collects, and the head for lists. Frames that
 * arrive out of order wait briefly; a gap is read from the store, so the bus may lose what it likes.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import type { Fanout } from './fanout.ts'
import { type Engine, groupTopic } from '../ground/engine.ts'
import type { Packet } from '../host/host.ts'
import { decodePublication, type GroupNews, type Publication } from '../ground/publication.ts'
import { readGap, readLastWords } from './gap.ts'
import { GroupHead, type HeadFor } from './group-head.ts'
import { changesText } from '../read/reading.ts'
import { memberText, nameIn, type RowText } from '../ground/row-text.ts'
import type { ClientSession } from './session.ts'
import type { GroupDbRow, MemberDbRow } from '../ground/store.ts'
import type { Frame, HeldFrame, Subscription } from './subscription.ts'

/**
 * Writing one frame to one cold socket takes about this long (performance.md: 7–14 µs). A group flushes again only
 * after twice the time its last flush took.
 */
const writeCostMs = 0.01
/** Frames of commits that overtook each other arrive within this time; after it the gap is read from the store. */
const gapDelayMs = 20

/** A flush under way: who has the group open gets it from the end of their list on. */
interface Slice {
  readonly packet: Packet
  readonly frame: Frame
  readonly head: HeadFor | undefined
  at: number
}

export class GroupHub {
  readonly appId: AppId
  readonly groupId: string
  readonly #fanout: Fanout
  readonly #engine: Engine
  readonly #end: () => void
  readonly #unsubscribe: () => void
  readonly #open: Subscription[] = []
  readonly #listed: Subscription[] = []
  /** News up to here were taken in; undefined while loading. */
  #version: number | undefined
  /** How far the store is said to be: told while loading, it may be more than what was loaded. */
  #storedVersion = 0
  #memberCount = 0
  readonly ready: Promise<void>
  #waiting: Publication<GroupNews>[] = []
  #filling: Promise<void> | undefined
  #cancelGap: (() => void) | undefined

  // The frame that collects.
  #from = 0
  #rows = new Map<string, RowText>()
  #lowSeq = Number.POSITIVE_INFINITY
  #flushableAt = 0
  /** Whether the frame tells something new, or only changes what was told; and when the next of the latter may go. */
  #tellsNew = false
  #changesTold = false
  #updatableAt = 0
  /**
   * In a large group: the position of each sender's last message, to see who appears to followers for the first time.
   */
  readonly #spoke = new Map<string, number>()
  /** While the rows of such senders are read, the frame that shows their words waits. */
  #introducing: Promise<void> | undefined
  #slice: Slice | undefined

  readonly #head: GroupHead

  constructor(fanout: Fanout, appId: AppId, groupId: string, end: () => void) {
    this.#fanout = fanout
    this.#engine = fanout.engine
    this.appId = appId
    this.groupId = groupId
    this.#end = end
    this.#head = new GroupHead(this.#engine, fanout.faces, this, this.#open, this.#listed)
    this.#unsubscribe = this.#engine.bus.subscribe(
      groupTopic(appId, groupId),
      (text) => this.#receive(decodePublication<GroupNews>(text)),
      (version) => this.noteStored(version),
    )
    this.ready = this.#engine.track(this.#load())
  }
  get isLoaded(): boolean {
    return this.#version !== undefined
  }
  get version(): number {
    return this.#version ?? 0
  }

  // ── who follows ──
  add(session: ClientSession, joinSeq: number, isOpen: boolean): Subscription {
    const sub: Subscription = { session, hub: this, joinSeq, isOpen, held: undefined, index: 0 }
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
    this.#head.noteMove(isOpen)
    if (this.#head.isWaiting) this.#fanout.scheduleHead(this)
  }
  remove(sub: Subscription): void {
    this.#take(sub)
    if (this.#open.length > 0 || this.#listed.length > 0) return
    this.#unsubscribe()
    this.#cancelGap?.()
    this.#end()
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
  async #load(): Promise<void> {
    try {
      const { row, last } = await this.#engine.store.reading(this.appId, async (tx) => {
        const { rows } = await sql<GroupDbRow>`SELECT * FROM groups
            WHERE app_id = ${this.appId} AND group_id = ${this.groupId}`.execute(tx)
        return { row: rows[0], last: await readLastWords(this.#engine, tx, this, rows[0]?.last_word_seq ?? 0) }
      })
      // Version and counters are of one instant: with a version alone, news would be taken in and then overwritten.
      this.#version = row?.version ?? 0
      this.#memberCount = row?.member_count ?? 0
      this.#head.start(
        { lastSeq: row?.last_seq ?? 0, lastOrdinal: row?.last_ordinal ?? 0, at: row?.last_at ?? 0 },
        last,
      )
    } catch {
      // The store is away: followers are cut, and come back to a fresh hub.
      for (const sub of [...this.#open, ...this.#listed]) sub.session.fail()
    }
    this.#advance()
    this.noteStored(this.#storedVersion)
  }
  #receive(publication: Publication<GroupNews>): void {
    if (publication.news.typing !== undefined) return this.#relayTyping(publication.news.typing)
    if (publication.news.stored !== undefined) return this.noteStored(publication.news.stored)
    this.#waiting.push(publication)
    this.#advance()
  }
  /** Takes in what follows on; keeps what does not, and sees to the gap. */
  #advance(): void {
    if (this.#version === undefined) return
    for (let took = true; took;) {
      took = false
      for (const [i, publication] of this.#waiting.entries()) {
        if (publication.news.from > this.#version) continue
        this.#waiting.splice(i, 1)
        if (publication.news.to > this.#version) this.#takeIn(publication)
        took = true
        break
      }
    }
    if (this.#waiting.length === 0) {
      this.#cancelGap?.()
      this.#cancelGap = undefined
    } else if (this.#filling === undefined) {
      this.#cancelGap ??= this.#engine.wait(gapDelayMs, () => this.#fill())
    }
  }
  #takeIn({ news, rows }: Publication<GroupNews>): void {
    if (news.left !== undefined) this.#letGo(news.left)
    if (news.joined !== undefined) this.#moveUp(new Map(news.joined))
    if (this.#rows.size === 0) this.#from = this.#version as number
    for (const row of rows) {
      const isTold = row.seq > 0 && row.seq <= this.#head.lastSeq
      if (isTold) this.#changesTold = true
      else this.#tellsNew = true
      this.#addRow(row)
    }
    this.#version = news.to
    if (this.#memberCount > this.#engine.limits.snapshotMembers) this.#introduce(news, rows)
    this.#head.note(news)
    const hasListeners = this.#open.length > 0 && this.#rows.size > 0
    if (!hasListeners) this.#drop()
    if (hasListeners) this.#fanout.schedule(this, this.#dueAt)
    else if (this.#head.isWaiting) this.#fanout.scheduleHead(this)
  }
  #addRow(row: RowText): void {
    const held = this.#rows.get(row.key)
    if (held !== undefined && held.version > row.version) return
    // Deleting first keeps the map in the order of versions.
    this.#rows.delete(row.key)
    this.#rows.set(row.key, row)
    if (row.seq > 0 && row.seq < this.#lowSeq) this.#lowSeq = row.seq
    if (row.key === 'g') this.#memberCount = (JSON.parse(row.json) as { memberCount: number }).memberCount
    if (row.key.startsWith('u')) this.#head.forgetName(row.key.slice(1), row.version)
  }
  /**
   * Followers of a large group hold the rows of those who appear in it only. Somebody whose last words lie outside a
   * snapshot may be unknown to them: their row travels with their words.
   */
  #introduce(news: GroupNews, rows: readonly RowText[]): void {
    const seq = news.lastSeq ?? this.#head.lastSeq
    const unknown: string[] = []
    for (const [userId] of news.own ?? []) {
      if (seq - (this.#spoke.get(userId) ?? Number.NEGATIVE_INFINITY) >= this.#engine.limits.snapshotMessages)
        unknown.push(userId)
      this.#spoke.set(userId, seq)
    }
    if (unknown.length === 0 || rows.length === 0 || this.#open.length === 0) return
    const before = this.#introducing ?? Promise.resolve()
    // What is read from here on is of this version at least.
    const version = this.version
    const reading = before
      .then(() => this.#readMembers(unknown))
      .then(
        (members) => {
          for (const member of members) {
            if (this.#rows.size > 0) this.#addRow(memberText(member))
            this.#head.knowName(member.user_id, nameIn(member), Math.max(member.version, version))
          }
        },
        () => undefined,
      )
    const done = reading.finally(() => {
      if (this.#introducing !== done) return
      this.#introducing = undefined
      if (this.#rows.size > 0) this.#fanout.schedule(this, this.#dueAt)
    })
    this.#introducing = this.#engine.track(done)
  }
  async #readMembers(userIds: readonly string[]): Promise<MemberDbRow[]> {
    const { rows } = await this.#engine.store.reading(this.appId, (tx) =>
      sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m JOIN users u USING (app_id, user_id)
        WHERE m.app_id = ${this.appId} AND m.group_id = ${this.groupId}
          AND m.user_id = ANY(${userIds}::text[])`.execute(tx),
    )
    return rows
  }
  /** As read when the group was at `version`. */
  noteName(userId: string, name: string, version: number): void {
    this.#head.knowName(userId, name, version)
  }
  /** Whoever left sees what came before, and nothing after. */
  #letGo(userIds: readonly string[]): void {
    if (this.#rows.size > 0) this.flushAll()
    for (const sub of [...this.#open, ...this.#listed]) {
      if (userIds.includes(sub.session.userId)) sub.session.unfollow(this.groupId)
    }
  }
  /** Whoever left and came back within a gap sees nothing of the time between. */
  #moveUp(joined: ReadonlyMap<string, number>): void {
    for (const sub of [...this.#open, ...this.#listed]) {
      sub.joinSeq = Math.max(sub.joinSeq, joined.get(sub.session.userId) ?? 0)
    }
  }
  get #dueAt(): number {
    return this.#tellsNew ? this.#flushableAt : Math.max(this.#flushableAt, this.#updatableAt)
  }
  #drop(): void {
    this.#rows = new Map()
    this.#tellsNew = false
    this.#changesTold = false
    this.#lowSeq = Number.POSITIVE_INFINITY
  }

  // ── gaps ──
  /** The store is at this version: if the bus told less, what it lost is read. */
  noteStored(version: number): void {
    this.#storedVersion = Math.max(this.#storedVersion, version)
    if (this.#version !== undefined && version > this.#version) this.#fill()
  }
  #fill(): void {
    this.#cancelGap = undefined
    if (this.#filling !== undefined) return
    this.#filling = this.#engine
      .track(this.#readGap())
      .catch(() => undefined)
      .finally(() => {
        this.#filling = undefined
        this.#advance()
      })
  }
  async #readGap(): Promise<void> {
    const userIds = [...new Set([...this.#open, ...this.#listed].map((sub) => sub.session.userId as string))]
    const since = { version: this.#version ?? 0, seq: this.#head.lastSeq, userIds }
    const gap = await this.#engine.store.reading(this.appId, (tx) => readGap(this.#engine, tx, this, since))
    if (gap.news.to > (this.#version ?? 0)) this.#takeIn(gap)
  }

  // ── frames out ──
  /** Sends what may go now; returns when the rest may, or undefined when nothing waits. */
  flush(now: number): number | undefined {
    if (this.#slice === undefined && this.#rows.size > 0 && now >= this.#dueAt && this.#introducing === undefined)
      this.#begin()
    if (this.#slice !== undefined) this.#sendSlice(this.#engine.limits.fanoutSlice)
    if (!this.sendHead(now)) this.#fanout.scheduleHead(this)
    if (this.#slice !== undefined) return now
    const isReady = this.#rows.size > 0 && this.#introducing === undefined
    return isReady ? this.#dueAt : undefined
  }
  /** Sends the head where it changed and is due; false if lists must wait. Who waits for rows gets it with them. */
  sendHead(now: number): boolean {
    if (this.#rows.size === 0 && this.#slice === undefined) this.#head.sendToOpen()
    return this.#head.sendToListed(now)
  }
  flushAll(): void {
    while (this.#slice !== undefined) this.#sendSlice(Number.POSITIVE_INFINITY)
    if (this.#rows.size > 0) {
      this.#begin()
      this.#sendSlice(Number.POSITIVE_INFINITY)
    }
    this.#head.sendAll(this.#engine.elapsed())
  }
  #begin(): void {
    const frame: Frame = {
      from: this.#from,
      to: this.#version as number,
      rows: [...this.#rows.values()],
      lowSeq: this.#lowSeq,
    }
    const packet = { text: changesText(`group/${this.groupId}`, frame) }
    this.#slice = { packet, frame, head: this.#head.takeForOpen(), at: this.#open.length - 1 }
    const { frameDelayMaxMs, slowFrameDelayMaxMs, slowGroupMembers, updateDelayMs } = this.#engine.limits
    const now = this.#engine.elapsed()
    if (this.#changesTold) this.#updatableAt = now + updateDelayMs
    this.#drop()
    const max = this.#open.length > slowGroupMembers ? slowFrameDelayMaxMs : frameDelayMaxMs
    this.#flushableAt = now + Math.min(max, 2 * writeCostMs * this.#open.length)
  }
  #sendSlice(count: number): void {
    const slice = this.#slice as Slice
    const end = Math.max(0, slice.at + 1 - count)
    let { at } = slice
    for (; at >= end; at--) {
      const sub = this.#open[at]
      if (sub === undefined) continue
      if (sub.held === undefined) sub.session.outlet.push(this.packetFor(sub, slice))
      else sub.held.push({ packet: slice.packet, frame: slice.frame })
      this.#pushHead(sub)
    }
    slice.at = at
    if (at < 0) this.#slice = undefined
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

  /** Waits until it is loaded and no gap is open. */
  async settle(): Promise<void> {
    await this.ready
    if (this.#waiting.length > 0) this.#fill()
    while (this.#filling !== undefined) await this.#filling
    while (this.#introducing !== undefined) await this.#introducing
  }
}
