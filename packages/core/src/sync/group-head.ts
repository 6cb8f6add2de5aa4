/** The head of one group on this node: what lists of conversations show of it. */
import type { AppId } from '@qun/contract'
import { backoffMs } from './backoff.ts'
import type { Engine } from '../ground/engine.ts'
import type { Faces } from './faces.ts'
import type { Packet } from '../host/host.ts'
import type { GroupNews, LastWords } from '../ground/publication.ts'
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

/** What the head of one audience has yet to tell. */
class Pending {
  isDirty = false
  isFaceDirty = false
  own = new Map<string, number>()
  mentions = new Map<string, readonly Mention[]>()
  /** The face is being read; all that is noted meanwhile goes out with it. */
  isReading = false

  get isWaiting(): boolean {
    return this.isDirty && !this.isReading
  }
  take(): { readonly own: Counts; readonly mentions: Mentions; readonly isFaceDirty: boolean } {
    const { own, mentions, isFaceDirty } = this
    this.own = new Map()
    this.mentions = new Map()
    this.isDirty = false
    this.isFaceDirty = false
    return { own, mentions, isFaceDirty }
  }
  addMention(userId: string, mention: Mention): void {
    this.mentions.set(userId, [...(this.mentions.get(userId) ?? []), mention])
  }
  /** Somebody comes over from the other audience, who may not have been told this yet. */
  add(other: Pending): void {
    this.isDirty ||= other.isDirty
    this.isFaceDirty ||= other.isFaceDirty
    for (const [userId, own] of other.own) this.own.set(userId, Math.max(own, this.own.get(userId) ?? 0))
    for (const [userId, mentions] of other.mentions) {
      for (const mention of mentions) this.addMention(userId, mention)
    }
  }
}

/** The head as one viewer sees it; undefined for who is no member yet. */
export type HeadFor = (sub: Subscription) => Packet | undefined

/**
 * Two audiences hear it: who has the group open gets it in the same write as the rows, who has it in a list at most
 * once in a while.
 */
export class GroupHead {
  readonly #engine: Engine
  readonly #faces: Faces
  readonly #at: At
  readonly #open: readonly Subscription[]
  readonly #listed: readonly Subscription[]
  #last: LastWords | undefined
  #counters: Counters = { lastSeq: 0, lastOrdinal: 0, at: 0 }
  readonly #forOpen = new Pending()
  readonly #forListed = new Pending()
  /** Earliest instant of the next head for lists, on the clock of `engine.elapsed`. */
  #dueAt = 0
  /** What people are called in the group, as far as anybody asked. */
  readonly #names = new Map<string, string>()
  /** Up to which version somebody's row changed: a name read at an older one may be a former name. */
  #namesVersion = 0
  /** At which version the group's face changed last, as far as was heard: one read at an older one is the former. */
  #faceVersion = 0
  readonly #retry: () => void
  #failures = 0
  #cancelRetry: (() => void) | undefined

  /** `retry` runs when a head that could not be read is to be tried again. */
  constructor(
    engine: Engine,
    faces: Faces,
    at: At,
    audiences: { readonly open: readonly Subscription[]; readonly listed: readonly Subscription[] },
    retry: () => void,
  ) {
    this.#engine = engine
    this.#faces = faces
    this.#at = at
    this.#open = audiences.open
    this.#listed = audiences.listed
    this.#retry = retry
  }
  end(): void {
    this.#cancelRetry?.()
    this.#isOver = true
  }
  #isOver = false
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
  /** A connection opens the group or closes it: what the audience it leaves waits for, it waits for in the other. */
  noteMove(isOpen: boolean): void {
    if (isOpen) this.#forOpen.add(this.#forListed)
    else this.#forListed.add(this.#forOpen)
  }

  note(news: GroupNews): void {
    let isDirty = news.face === true
    if (news.face === true) this.#faceVersion = Math.max(this.#faceVersion, news.to)
    if (news.lastSeq !== undefined && news.lastSeq >= this.#counters.lastSeq) {
      this.#counters = { lastSeq: news.lastSeq, lastOrdinal: news.lastOrdinal ?? 0, at: news.at ?? 0 }
      isDirty = true
    }
    if (news.last !== undefined) this.#last = news.last
    if (news.reworded !== undefined && news.reworded.seq === this.#last?.seq) {
      this.#last = news.reworded
      isDirty = true
    }
    if (this.#open.length > 0) noteIn(this.#forOpen, news, isDirty)
    if (this.#listed.length > 0) noteIn(this.#forListed, news, isDirty)
  }

  get isWaiting(): boolean {
    return this.#forOpen.isWaiting || this.#forListed.isWaiting
  }
  /** For who has the group open, to be sent with its rows; undefined if there is nothing, or the face is read first. */
  takeForOpen(): HeadFor | undefined {
    return this.#take(this.#forOpen, this.#open)
  }
  /** To who has the group open, without rows. */
  sendToOpen(): void {
    push(this.#open, this.takeForOpen())
  }
  /** To lists; false if it is too soon. */
  sendToListed(now: number): boolean {
    if (!this.#forListed.isWaiting) return true
    if (now < this.#dueAt) return false
    this.#dueAt = now + this.#engine.limits.headDelayMs
    push(this.#listed, this.#take(this.#forListed, this.#listed))
    return true
  }
  /** To all, whatever the time. */
  sendAll(now: number): void {
    this.sendToOpen()
    this.#dueAt = 0
    this.sendToListed(now)
  }

  #take(pending: Pending, audience: readonly Subscription[]): HeadFor | undefined {
    if (!pending.isWaiting) return undefined
    if (audience.length === 0) return void pending.take()
    if (!pending.isFaceDirty && this.#names.has(this.#speaker)) return this.#headOf(pending, undefined)
    pending.isReading = true
    void this.#engine.track(this.#readFace()).then(
      (group) => {
        pending.isReading = false
        this.#failures = 0
        push(audience, this.#headOf(pending, group))
      },
      (error: unknown) => this.#failed(pending, error),
    )
    return undefined
  }
  /** What was to be told stays to be told: nobody may speak again for a long time. */
  #failed(pending: Pending, error: unknown): void {
    pending.isReading = false
    if (this.#isOver) return
    this.#engine.onWorkerTrouble(error)
    this.#failures++
    this.#cancelRetry ??= this.#engine.wait(backoffMs(this.#engine, this.#failures), () => {
      this.#cancelRetry = undefined
      if (this.isWaiting) this.#retry()
    })
  }
  #headOf(pending: Pending, group: object | undefined): HeadFor {
    const { own, mentions, isFaceDirty } = pending.take()
    const base = {
      groupId: this.#at.groupId,
      version: this.#at.version,
      ...this.#counters,
      last: this.#last === undefined ? null : { ...this.#last, senderName: this.#names.get(this.#speaker) },
      ...(group === undefined || !isFaceDirty ? {} : { group }),
    }
    const lastSeq = this.#last?.seq
    const everybody = mentions.get('*') ?? []
    const callers = new Set(everybody.map((mention) => mention.senderId))
    const shared = packetOf({ ...base, ...mentioned(everybody) })
    return ({ session: { userId }, joinSeq }) => {
      if (joinSeq === notYetMember) return undefined
      const ownCount = own.get(userId)
      const named = mentions.get(userId)
      // Words from before somebody joined are not theirs to read, in a list neither.
      const isBefore = lastSeq !== undefined && lastSeq <= joinSeq
      if (ownCount === undefined && named === undefined && !isBefore && !callers.has(userId)) return shared
      // The viewer's own words do not mention the viewer.
      const calls = [...everybody, ...(named ?? [])].filter((mention) => mention.senderId !== userId)
      const shown = isBefore ? { ...base, last: null } : base
      const counted = ownCount === undefined ? {} : { own: ownCount }
      return packetOf({ ...shown, ...counted, ...mentioned(calls) })
    }
  }
  get #speaker(): string {
    return this.#last?.senderId ?? ''
  }
  /** The group's face, and the name of whoever spoke last: both may change while they are read. */
  async #readFace(): Promise<object> {
    for (let tries = 1; ; tries++) {
      const speakerId = this.#speaker
      const face = await this.#faces.read(this.#at.appId, this.#at.groupId, speakerId)
      // A store that was put back is older than what was heard, and stays so.
      const isLast = tries >= 3
      this.knowName(speakerId, face.speakerName, isLast ? this.#namesVersion : face.version)
      const { name, avatar, memberCount } = face
      const isCurrent = isLast || face.version >= this.#faceVersion
      if (isCurrent && this.#names.has(this.#speaker)) return { name, avatar, memberCount }
    }
  }
}

function noteIn(pending: Pending, news: GroupNews, isDirty: boolean): void {
  pending.isDirty ||= isDirty
  pending.isFaceDirty ||= news.face === true
  for (const [userId, own] of news.own ?? []) pending.own.set(userId, own)
  for (const [userId, seq, senderId] of news.mentions ?? []) pending.addMention(userId, { seq, senderId })
}
function push(audience: readonly Subscription[], headFor: HeadFor | undefined): void {
  if (headFor === undefined) return
  for (const sub of audience) {
    const packet = headFor(sub)
    if (packet !== undefined) sub.session.pushHead(packet)
  }
}
function mentioned(mentions: readonly Mention[]): { mentions?: number[] } {
  return mentions.length === 0 ? {} : { mentions: [...new Set(mentions.map((mention) => mention.seq))] }
}
function packetOf(head: object): Packet {
  return { text: JSON.stringify({ op: 'heads', heads: [head] }) }
}
