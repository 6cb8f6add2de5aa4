/** The head of one group on this node: what lists of conversations show of it, sent at most once in a while. */
import type { AppId } from '@qun/contract'
import type { Engine } from './engine.ts'
import type { Faces } from './faces.ts'
import type { Packet } from './host.ts'
import type { GroupNews, LastWords } from './publication.ts'
import { notYetMember, type Subscription } from './subscription.ts'

interface Counters {
  readonly lastSeq: number
  readonly lastOrdinal: number
  readonly at: number
}
interface At {
  readonly appId: AppId
  readonly groupId: string
  readonly version: number
}
type Counts = ReadonlyMap<string, number>
interface Mention {
  readonly seq: number
  readonly senderId: string
}
/** By the person mentioned; '*' is everybody. */
type Mentions = ReadonlyMap<string, readonly Mention[]>

export class GroupHead {
  readonly #engine: Engine
  readonly #faces: Faces
  readonly #at: At
  readonly #open: readonly Subscription[]
  readonly #listed: readonly Subscription[]
  #last: LastWords | undefined
  #counters: Counters = { lastSeq: 0, lastOrdinal: 0, at: 0 }
  /** Something changed since the head was last sent. */
  isDirty = false
  /** Earliest instant of the next head, on the clock of `engine.elapsed`. */
  dueAt = 0
  #isFaceDirty = false
  #own = new Map<string, number>()
  #mentions = new Map<string, Mention[]>()
  /** What people are called in the group, as far as anybody asked. */
  readonly #names = new Map<string, string>()
  /** Up to which version somebody's row changed: a name read at an older one may be a former name. */
  #namesVersion = 0

  constructor(engine: Engine, faces: Faces, at: At, open: readonly Subscription[], listed: readonly Subscription[]) {
    this.#engine = engine
    this.#faces = faces
    this.#at = at
    this.#open = open
    this.#listed = listed
  }
  start(counters: Counters, last: LastWords | undefined): void {
    this.#counters = counters
    this.#last = last
  }
  get lastSeq(): number {
    return this.#counters.lastSeq
  }
  forgetName(userId: string, version: number): void {
    this.#names.delete(userId)
    this.#namesVersion = Math.max(this.#namesVersion, version)
  }
  /** What somebody is called, read when the group was at `version`: the head that shows their words need not ask. */
  knowName(userId: string, name: string, version: number): void {
    if (version >= this.#namesVersion) this.#names.set(userId, name)
  }

  note(news: GroupNews): void {
    if (news.lastSeq !== undefined && news.lastSeq >= this.#counters.lastSeq) {
      this.#counters = { lastSeq: news.lastSeq, lastOrdinal: news.lastOrdinal ?? 0, at: news.at ?? 0 }
      this.isDirty = true
    }
    if (news.last !== undefined) this.#last = news.last
    if (news.reworded !== undefined && news.reworded.seq === this.#last?.seq) {
      this.#last = news.reworded
      this.isDirty = true
    }
    for (const [userId, own] of news.own ?? []) this.#own.set(userId, own)
    for (const [userId, seq, senderId] of news.mentions ?? []) {
      this.#mentions.set(userId, [...(this.#mentions.get(userId) ?? []), { seq, senderId }])
    }
    if (news.face !== true) return
    this.#isFaceDirty = true
    this.isDirty = true
  }

  send(now: number): void {
    this.isDirty = false
    this.dueAt = now + this.#engine.limits.headDelayMs
    const own = this.#own
    const mentions = this.#mentions
    const isFaceDirty = this.#isFaceDirty
    this.#own = new Map()
    this.#mentions = new Map()
    this.#isFaceDirty = false
    if (this.#listed.length === 0 && this.#open.length === 0) return
    if (this.#names.has(this.#speaker) && !isFaceDirty) return this.#push(own, mentions, undefined)
    void this.#engine.track(this.#readFace()).then(
      (group) => this.#push(own, mentions, isFaceDirty ? group : undefined),
      () => {
        // The store is away: what was to be told is told with the next head.
        for (const [userId, count] of own) if (!this.#own.has(userId)) this.#own.set(userId, count)
        for (const [userId, seqs] of mentions)
          this.#mentions.set(userId, [...seqs, ...(this.#mentions.get(userId) ?? [])])
        this.#isFaceDirty ||= isFaceDirty
        this.isDirty = true
      },
    )
  }
  /**
   * Open connections see the rows themselves, but their list needs the head for its counters: they get it too, since
   * it is one small frame a second.
   */
  #push(own: Counts, mentions: Mentions, group: object | undefined): void {
    const senderName = this.#names.get(this.#speaker)
    const base = {
      groupId: this.#at.groupId,
      version: this.#at.version,
      ...this.#counters,
      last: this.#last === undefined ? null : { ...this.#last, senderName },
      ...(group === undefined ? {} : { group }),
    }
    const everybody = mentions.get('*') ?? []
    const callers = new Set(everybody.map((mention) => mention.senderId))
    const shared = packetOf({ ...base, ...mentioned(everybody) })
    for (const list of [this.#listed, this.#open]) {
      for (const sub of list) {
        if (sub.joinSeq === notYetMember) continue
        const { userId } = sub.session
        const ownCount = own.get(userId)
        const named = mentions.get(userId)
        // Words from before somebody joined are not theirs to read, in a list neither.
        const isBefore = this.#last !== undefined && this.#last.seq <= sub.joinSeq
        if (ownCount === undefined && named === undefined && !isBefore && !callers.has(userId)) {
          sub.session.pushHead(shared)
          continue
        }
        // The viewer's own words do not mention the viewer.
        const calls = [...everybody, ...(named ?? [])].filter((mention) => mention.senderId !== userId)
        const shown = isBefore ? { ...base, last: null } : base
        const counted = ownCount === undefined ? {} : { own: ownCount }
        sub.session.pushHead(packetOf({ ...shown, ...counted, ...mentioned(calls) }))
      }
    }
  }
  get #speaker(): string {
    return this.#last?.senderId ?? ''
  }
  /** The group's face, and the name of whoever spoke last: somebody else may while it is read. */
  async #readFace(): Promise<object> {
    for (let tries = 1; ; tries++) {
      const speakerId = this.#speaker
      const face = await this.#faces.read(this.#at.appId, this.#at.groupId, speakerId)
      // A store that was put back is older than what was heard, and stays so.
      this.knowName(speakerId, face.speakerName, tries < 3 ? face.version : this.#namesVersion)
      const { name, avatar, memberCount } = face
      if (this.#names.has(this.#speaker)) return { name, avatar, memberCount }
    }
  }
}

function mentioned(mentions: readonly Mention[]): { mentions?: number[] } {
  return mentions.length === 0 ? {} : { mentions: [...new Set(mentions.map((mention) => mention.seq))] }
}
function packetOf(head: object): Packet {
  return { text: JSON.stringify({ op: 'heads', heads: [head] }) }
}
