/**
 * One group on this node: who follows it at which level, the frame that collects, and the head for lists. Frames that
 * arrive out of order wait briefly; a gap is read from the store, so the bus may lose what it likes.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import type { Fanout } from './fanout.ts'
import { type Engine, groupTopic } from './engine.ts'
import type { Packet } from './host.ts'
import { decodePublication, type GroupNews, type LastWords, type Publication } from './publication.ts'
import { readGap } from './gap.ts'
import { changesText } from './reading.ts'
import type { RowText } from './row-text.ts'
import type { ClientSession } from './session.ts'
import type { GroupDbRow } from './store.ts'

/** One connection's interest in one group. Plain fields only: a node holds hundreds of thousands of these. */
export interface Subscription {
  readonly session: ClientSession
  readonly hub: GroupHub
  joinSeq: number
  isOpen: boolean
  /** Packets that wait until the catch-up is sent; undefined when live. */
  held: Packet[] | undefined
  /** Where it stands in its hub's list, so that leaving is O(1). */
  index: number
}

/**
 * Writing one frame to one cold socket takes about this long (performance.md: 7–14 µs). A group flushes again only
 * after twice the time its last flush took.
 */
const writeCostMs = 0.01
/** Frames of commits that overtook each other arrive within this time; after it the gap is read from the store. */
const gapDelayMs = 20

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
  #slice: { readonly packet: Packet; readonly frame: Frame; at: number } | undefined

  // The head for lists.
  #last: LastWords | undefined
  #counters = { lastSeq: 0, lastOrdinal: 0, at: 0 }
  #isHeadDirty = false
  #isFaceDirty = false
  #headAt = 0
  readonly #own = new Map<string, number>()
  readonly #mentions = new Map<string, number[]>()
  readonly #names = new Map<string, string>()

  constructor(fanout: Fanout, appId: AppId, groupId: string, end: () => void) {
    this.#fanout = fanout
    this.#engine = fanout.engine
    this.appId = appId
    this.groupId = groupId
    this.#end = end
    this.#unsubscribe = this.#engine.bus.subscribe(groupTopic(appId, groupId), (text) => this.#receive(decodePublication<GroupNews>(text)))
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
    this.#take(sub)
    sub.isOpen = isOpen
    this.#put(isOpen ? this.#open : this.#listed, sub)
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
    await this.#engine.store
      .reading(this.appId, async (tx) => {
        const { rows } = await sql<GroupDbRow>`SELECT * FROM groups WHERE app_id = ${this.appId} AND group_id = ${this.groupId}`.execute(tx)
        const row = rows[0]
        this.#version = row?.version ?? 0
        this.#memberCount = row?.member_count ?? 0
        this.#counters = { lastSeq: row?.last_seq ?? 0, lastOrdinal: row?.last_ordinal ?? 0, at: row?.last_at ?? 0 }
      })
      .catch(() => {
        // The store is away: followers are cut, and come back to a fresh hub.
        for (const sub of [...this.#open, ...this.#listed]) sub.session.fail()
      })
    this.#advance()
  }
  #receive(publication: Publication<GroupNews>): void {
    if (publication.news.typing !== undefined) return this.#relayTyping(publication.news.typing)
    this.#waiting.push(publication)
    this.#advance()
  }
  /** Takes in what follows on; keeps what does not, and sees to the gap. */
  #advance(): void {
    if (this.#version === undefined) return
    for (let took = true; took; ) {
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
    if (this.#rows.size === 0) this.#from = this.#version as number
    for (const row of rows) this.#addRow(row)
    this.#version = news.to
    this.#noteHead(news)
    const hasListeners = this.#open.length > 0 && this.#rows.size > 0
    if (!hasListeners) this.#drop()
    if (hasListeners || this.#isHeadDirty) this.#fanout.schedule(this, hasListeners ? this.#flushableAt : this.#headAt)
  }
  #addRow(row: RowText): void {
    const held = this.#rows.get(row.key)
    if (held !== undefined && held.version > row.version) return
    // Deleting first keeps the map in the order of versions.
    this.#rows.delete(row.key)
    this.#rows.set(row.key, row)
    if (row.seq > 0 && row.seq < this.#lowSeq) this.#lowSeq = row.seq
    if (row.key === 'g') this.#memberCount = (JSON.parse(row.json) as { memberCount: number }).memberCount
    if (row.key.startsWith('u')) this.#names.delete(row.key.slice(1))
  }
  /** Whoever left sees what came before, and nothing after. */
  #letGo(userIds: readonly string[]): void {
    if (this.#rows.size > 0) this.flushAll()
    for (const sub of [...this.#open, ...this.#listed]) {
      if (userIds.includes(sub.session.userId)) sub.session.unfollow(this.groupId)
    }
  }
  #drop(): void {
    this.#rows = new Map()
    this.#lowSeq = Number.POSITIVE_INFINITY
  }

  // ── gaps ──
  /** The store is at this version: if the bus told less, what it lost is read. */
  noteStored(version: number): void {
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
    const since = { version: this.#version ?? 0, seq: this.#counters.lastSeq, userIds }
    const gap = await this.#engine.store.reading(this.appId, (tx) => readGap(this.#engine, tx, this, since))
    if (gap.news.to > (this.#version ?? 0)) this.#takeIn(gap)
  }

  // ── frames out ──
  /** Sends what may go now; returns when the rest may, or undefined when nothing waits. */
  flush(now: number): number | undefined {
    if (this.#slice === undefined && this.#rows.size > 0 && now >= this.#flushableAt) this.#begin()
    if (this.#slice !== undefined) this.#sendSlice(this.#engine.limits.fanoutSlice)
    if (this.#isHeadDirty && now >= this.#headAt) this.#sendHeads(now)
    if (this.#slice !== undefined) return now
    const frameAt = this.#rows.size > 0 ? this.#flushableAt : Number.POSITIVE_INFINITY
    const headAt = this.#isHeadDirty ? this.#headAt : Number.POSITIVE_INFINITY
    const next = Math.min(frameAt, headAt)
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }
  flushAll(): void {
    while (this.#slice !== undefined) this.#sendSlice(Number.POSITIVE_INFINITY)
    if (this.#rows.size > 0) {
      this.#begin()
      this.#sendSlice(Number.POSITIVE_INFINITY)
    }
    if (this.#isHeadDirty) this.#sendHeads(performance.now())
  }
  #begin(): void {
    const frame: Frame = { from: this.#from, to: this.#version as number, rows: [...this.#rows.values()], lowSeq: this.#lowSeq }
    this.#slice = { packet: { text: changesText(`group/${this.groupId}`, frame) }, frame, at: this.#open.length - 1 }
    this.#drop()
    const { frameDelayMaxMs, slowFrameDelayMaxMs, slowGroupMembers } = this.#engine.limits
    const max = this.#open.length > slowGroupMembers ? slowFrameDelayMaxMs : frameDelayMaxMs
    this.#flushableAt = performance.now() + Math.min(max, 2 * writeCostMs * this.#open.length)
  }
  #sendSlice(count: number): void {
    const slice = this.#slice as { packet: Packet; frame: Frame; at: number }
    const end = Math.max(0, slice.at + 1 - count)
    let { at } = slice
    for (; at >= end; at--) {
      const sub = this.#open[at]
      if (sub === undefined) continue
      const packet = sub.joinSeq < slice.frame.lowSeq ? slice.packet : this.#clipped(slice.frame, sub.joinSeq)
      if (sub.held === undefined) sub.session.outlet.push(packet)
      else sub.held.push(packet)
    }
    slice.at = at
    if (at < 0) this.#slice = undefined
  }
  /** The frame without messages from before a member joined. */
  #clipped(frame: Frame, joinSeq: number): Packet {
    const rows = frame.rows.filter((row) => row.seq === 0 || row.seq > joinSeq)
    return { text: changesText(`group/${this.groupId}`, { from: frame.from, to: frame.to, rows }) }
  }

  // ── heads ──
  #noteHead(news: GroupNews): void {
    if (news.lastSeq !== undefined && news.lastSeq >= this.#counters.lastSeq) {
      this.#counters = { lastSeq: news.lastSeq, lastOrdinal: news.lastOrdinal ?? 0, at: news.at ?? 0 }
      this.#isHeadDirty = true
    }
    if (news.last !== undefined) this.#last = news.last
    if (news.reworded !== undefined && (this.#last === undefined || news.reworded.seq === this.#last.seq)) {
      this.#last = news.reworded
      this.#isHeadDirty = true
    }
    for (const [userId, own] of news.own ?? []) this.#own.set(userId, own)
    for (const [userId, seq] of news.mentions ?? []) this.#mentions.set(userId, [...(this.#mentions.get(userId) ?? []), seq])
    if (news.face === true) {
      this.#isFaceDirty = true
      this.#isHeadDirty = true
    }
  }
  #sendHeads(now: number): void {
    this.#isHeadDirty = false
    this.#headAt = now + this.#engine.limits.headDelayMs
    const own = new Map(this.#own)
    const mentions = new Map(this.#mentions)
    this.#own.clear()
    this.#mentions.clear()
    const isFaceDirty = this.#isFaceDirty
    this.#isFaceDirty = false
    if (this.#listed.length === 0 && this.#open.length === 0) return
    const name = this.#last === undefined ? '' : this.#names.get(this.#last.senderId)
    if (name !== undefined && !isFaceDirty) return this.#pushHeads(name, own, mentions, undefined)
    void this.#engine.track(this.#readFace()).then(
      (face) => this.#pushHeads(face.senderName, own, mentions, isFaceDirty ? face.group : undefined),
      () => undefined,
    )
  }
  /**
   * Listed connections get every head. Open ones see the rows themselves, but their list still needs the head for its
   * counters: they get it too, since it is one small frame a second.
   */
  #pushHeads(senderName: string, own: ReadonlyMap<string, number>, mentions: ReadonlyMap<string, number[]>, group: object | undefined): void {
    const base = {
      groupId: this.groupId, version: this.version, ...this.#counters,
      last: this.#last === undefined ? null : { ...this.#last, senderName },
      ...(group === undefined ? {} : { group }),
    }
    const everybody = mentions.get('*') ?? []
    const shared: Packet = { text: JSON.stringify({ op: 'heads', heads: [{ ...base, ...(everybody.length === 0 ? {} : { mentions: everybody }) }] }) }
    for (const sub of [...this.#listed, ...this.#open]) {
      const { userId } = sub.session
      const ownCount = own.get(userId)
      const named = mentions.get(userId)
      // Words from before somebody joined are not theirs to read, in a list neither.
      const isBefore = this.#last !== undefined && this.#last.seq <= sub.joinSeq
      if (ownCount === undefined && named === undefined && !isBefore) {
        sub.session.pushHead(shared)
        continue
      }
      // The viewer's own words do not mention the viewer.
      const seqs = ownCount === undefined ? [...everybody, ...(named ?? [])] : (named ?? [])
      const shown = isBefore ? { ...base, last: null } : base
      const head = { ...shown, ...(ownCount === undefined ? {} : { own: ownCount }), ...(seqs.length === 0 ? {} : { mentions: seqs }) }
      sub.session.pushHead({ text: JSON.stringify({ op: 'heads', heads: [head] }) })
    }
  }
  async #readFace(): Promise<{ senderName: string; group: object }> {
    const senderId = this.#last?.senderId ?? ''
    return this.#engine.store.reading(this.appId, async (tx) => {
      const { rows } = await sql<{ name: string; avatar: string; member_count: number; sender: string | null }>`
        SELECT g.name, g.avatar, g.member_count, (SELECT coalesce(m.nickname, u.name) FROM members m JOIN users u USING (app_id, user_id)
          WHERE m.app_id = g.app_id AND m.group_id = g.group_id AND m.user_id = ${senderId}) AS sender
        FROM groups g WHERE g.app_id = ${this.appId} AND g.group_id = ${this.groupId}`.execute(tx)
      const row = rows[0]
      const senderName = row?.sender ?? ''
      this.#names.set(senderId, senderName)
      return { senderName, group: { name: row?.name ?? '', avatar: row?.avatar ?? '', memberCount: row?.member_count ?? 0 } }
    })
  }

  // ── typing ──
  publishTyping(userId: string): void {
    if (this.#memberCount > this.#engine.limits.typingMembersMax) return
    this.#engine.bus.publish(groupTopic(this.appId, this.groupId), JSON.stringify({ from: 0, to: 0, typing: userId, index: [] }))
  }
  #relayTyping(userId: string): void {
    const packet: Packet = { text: JSON.stringify({ op: 'typing', groupId: this.groupId, userId }) }
    for (const sub of this.#open) if (sub.session.userId !== userId && sub.held === undefined) sub.session.outlet.push(packet)
  }

  /** Waits until it is loaded and no gap is open. */
  async settle(): Promise<void> {
    await this.ready
    if (this.#waiting.length > 0) this.#fill()
    while (this.#filling !== undefined) await this.#filling
  }
}

interface Frame {
  readonly from: number
  readonly to: number
  readonly rows: readonly RowText[]
  readonly lowSeq: number
}
