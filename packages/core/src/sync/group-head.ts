/** The head of one group on this node: what lists of conversations show of it. */
import type { AppId } from '@qun/contract'
import { backoffMs } from './backoff.ts'
import type { Engine } from '../ground/engine.ts'
import type { Faces } from './faces.ts'
import type { Packet } from '../host/host.ts'
import type { Speaker } from '../ground/row-text.ts'
import type { GroupNews, LastWords } from '../ground/publication.ts'
import { senderIn } from '../read/conversations.ts'
import { type HeadFor, HeadAudience, type Mention, type Untold } from './head-audience.ts'
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
/**
 * So much later than it is due, a head goes alone to who has the group open: rows said them most of it already, and the
 * next rows take it along in their write.
 */
const companyMs = 2_000

/**
 * Two audiences hear it, each at most once in a while: who has the group open, in the same write as the rows where they
 * go together, and who has it in a list.
 */
export class GroupHead {
  readonly #engine: Engine
  readonly #faces: Faces
  readonly #at: At
  readonly #open: HeadAudience
  readonly #listed: HeadAudience
  #last: LastWords | undefined
  #counters: Counters = { lastSeq: 0, lastOrdinal: 0, at: 0 }
  /** What people are called in the group, as far as anybody asked. */
  readonly #names = new Map<string, Speaker>()
  /** Up to which version somebody's row changed: a name read at an older one may be a former name. */
  #namesVersion = 0
  /** At which version the group's face changed last, as far as was heard: one read at an older one is the former. */
  #faceVersion = 0
  readonly #resume: () => void
  #failures = 0
  #cancelRetry: (() => void) | undefined

  /** `resume` runs when a head waits to be sent: its face was read, or is to be read again. */
  constructor(
    engine: Engine,
    faces: Faces,
    at: At,
    audiences: { readonly open: readonly Subscription[]; readonly listed: readonly Subscription[] },
    resume: () => void,
  ) {
    this.#engine = engine
    this.#faces = faces
    this.#at = at
    this.#open = new HeadAudience(audiences.open)
    this.#listed = new HeadAudience(audiences.listed)
    this.#resume = resume
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
  knowName(userId: string, speaker: Speaker, version: number): void {
    if (version >= this.#namesVersion) this.#names.set(userId, speaker)
  }
  /** A connection opens the group or closes it: what the audience it leaves waits for, it waits for in the other. */
  noteMove(sub: Subscription, isOpen: boolean): void {
    if (isOpen) this.#open.join(sub, this.#listed)
    else this.#listed.join(sub, this.#open)
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
    for (const audience of [this.#open, this.#listed]) if (audience.subs.length > 0) noteIn(audience, news, isDirty)
  }

  get isWaiting(): boolean {
    return this.#open.isWaiting || this.#listed.isWaiting
  }
  /** For who has the group open, to be sent with its rows; undefined if it is too soon, or the face is read first. */
  takeForOpen(now: number): HeadFor | undefined {
    return this.#open.isUnderWay ? undefined : this.#take(this.#open, now)
  }
  /** A slice of what is due: to lists, and unless they wait for rows to who has the group open; false if more waits. */
  send(now: number, count: number, areRowsWaiting: boolean): boolean {
    const waitsForRows = areRowsWaiting || (now < this.#open.dueAt + companyMs && !this.#open.isCalling)
    const isTold = this.#send(this.#open, now, count, waitsForRows)
    return this.#send(this.#listed, now, count, false) && isTold
  }
  /** To all, whatever the time. */
  sendAll(now: number): void {
    for (const audience of [this.#open, this.#listed]) {
      audience.dueAt = 0
      audience.send(Number.POSITIVE_INFINITY)
      this.#send(audience, now, Number.POSITIVE_INFINITY, false)
    }
  }

  #send(audience: HeadAudience, now: number, count: number, isHeldBack: boolean): boolean {
    if (!audience.isWaiting) return true
    if (!audience.isUnderWay && !isHeldBack) {
      const headFor = this.#take(audience, now)
      if (headFor !== undefined) audience.start(headFor)
    }
    return audience.send(count) && !audience.isWaiting
  }
  #take(audience: HeadAudience, now: number): HeadFor | undefined {
    if (!audience.isWaiting || now < audience.dueAt) return undefined
    audience.dueAt = now + this.#engine.limits.headDelayMs
    if (audience.subs.length === 0) return void audience.take()
    if (!audience.isFaceDirty && this.#names.has(this.#speaker)) return this.#headOf(audience.take(), undefined)
    audience.isReading = true
    void this.#engine.track(this.#readFace()).then(
      (group) => {
        audience.isReading = false
        this.#failures = 0
        audience.start(this.#headOf(audience.take(), group))
        if (audience.send(this.#engine.limits.fanoutSlice)) return
        this.#resume()
      },
      (error: unknown) => this.#failed(audience, error),
    )
    return undefined
  }
  /** What was to be told stays to be told: nobody may speak again for a long time. */
  #failed(audience: HeadAudience, error: unknown): void {
    audience.isReading = false
    audience.dueAt = 0
    if (this.#isOver) return
    this.#engine.onWorkerTrouble(error)
    this.#failures++
    this.#cancelRetry ??= this.#engine.wait(backoffMs(this.#engine, this.#failures), () => {
      this.#cancelRetry = undefined
      if (this.isWaiting) this.#resume()
    })
  }
  #headOf({ own, mentions, isFaceDirty }: Untold, group: object | undefined): HeadFor {
    const base = {
      groupId: this.#at.groupId,
      version: this.#at.version,
      ...this.#counters,
      last: this.#last === undefined ? null : { ...this.#last, ...this.#sender(this.#last) },
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
  #sender({ as }: LastWords) {
    const speaker = this.#names.get(this.#speaker)
    return speaker === undefined ? {} : senderIn(speaker, as)
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
      this.knowName(speakerId, face.speaker, isLast ? this.#namesVersion : face.version)
      const { name, avatar, memberCount } = face
      const isCurrent = isLast || face.version >= this.#faceVersion
      if (isCurrent && this.#names.has(this.#speaker)) return { name, avatar, memberCount }
    }
  }
}

function noteIn(audience: HeadAudience, news: GroupNews, isDirty: boolean): void {
  audience.isDirty ||= isDirty
  if (news.face === true) audience.noteFace()
  for (const [userId, own] of news.own ?? []) audience.noteOwn(userId, own)
  for (const [userId, seq, senderId] of news.mentions ?? []) audience.noteMention(userId, { seq, senderId })
}
function mentioned(mentions: readonly Mention[]): { mentions?: number[] } {
  return mentions.length === 0 ? {} : { mentions: [...new Set(mentions.map((mention) => mention.seq))] }
}
function packetOf(head: object): Packet {
  return { text: JSON.stringify({ op: 'heads', heads: [head] }) }
}
