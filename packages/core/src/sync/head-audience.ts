/** Who hears the head of one group at one level: what they have yet to be told, how far a head under way has come. */
import type { Packet } from '../host/host.ts'
import type { Subscription } from './subscription.ts'

export interface Mention {
  readonly seq: number
  readonly senderId: string
}
/** The head as one viewer sees it; undefined for who is no member yet. */
export type HeadFor = (sub: Subscription) => Packet | undefined

/** What collects since the last head; mentions by the person mentioned, '*' is everybody. */
export interface Untold {
  readonly own: Map<string, number>
  readonly mentions: Map<string, readonly Mention[]>
  isFaceDirty: boolean
}
const nothing = (): Untold => ({ own: new Map(), mentions: new Map(), isFaceDirty: false })
/** Of one person: a list shows no more, and a conversation that is read anew tells no more. */
const mentionsMax = 100

export class HeadAudience {
  readonly subs: readonly Subscription[]
  #untold = nothing()
  isDirty = false
  /** The face is being read; all that is noted meanwhile goes out with it. */
  isReading = false
  /** Earliest instant of the next head, on the clock of `engine.elapsed`. */
  dueAt = 0
  /** A head under way: the list gets it from its end on, so that a swap within the list skips nobody. */
  #slice: { readonly headFor: HeadFor; at: number } | undefined

  constructor(subs: readonly Subscription[]) {
    this.subs = subs
  }
  get isWaiting(): boolean {
    return this.#slice !== undefined || (this.isDirty && !this.isReading)
  }
  get isUnderWay(): boolean {
    return this.#slice !== undefined
  }
  noteFace(): void {
    this.#untold.isFaceDirty = true
  }
  noteOwn(userId: string, own: number): void {
    this.#untold.own.set(userId, Math.max(own, this.#untold.own.get(userId) ?? 0))
  }
  noteMention(userId: string, mention: Mention): void {
    const known = this.#untold.mentions.get(userId) ?? []
    this.#untold.mentions.set(userId, [...known.slice(1 - mentionsMax), mention])
  }
  /** Somebody is mentioned who was not told yet. */
  get isCalling(): boolean {
    return this.#untold.mentions.size > 0
  }
  get isFaceDirty(): boolean {
    return this.#untold.isFaceDirty
  }
  take(): Untold {
    const untold = this.#untold
    this.#untold = nothing()
    this.isDirty = false
    return untold
  }
  /** Somebody comes over from the other audience, who may not have been told this yet. */
  join(sub: Subscription, from: HeadAudience): void {
    this.isDirty ||= from.isDirty
    if (from.isFaceDirty) this.noteFace()
    for (const [userId, own] of from.#untold.own) this.noteOwn(userId, own)
    for (const [userId, mentions] of from.#untold.mentions)
      for (const mention of mentions) this.noteMention(userId, mention)
    if (from.#slice !== undefined) push(sub, from.#slice.headFor)
  }
  start(headFor: HeadFor): void {
    this.#slice = { headFor, at: this.subs.length - 1 }
  }
  /** Sends a head under way to so many; false if there are more. */
  send(count: number): boolean {
    const slice = this.#slice
    if (slice === undefined) return true
    const end = Math.max(0, slice.at + 1 - count)
    let { at } = slice
    for (; at >= end; at--) {
      const sub = this.subs[at]
      if (sub !== undefined) push(sub, slice.headFor)
    }
    slice.at = at
    if (at < 0) this.#slice = undefined
    return at < 0
  }
}

function push(sub: Subscription, headFor: HeadFor): void {
  const packet = headFor(sub)
  if (packet !== undefined) sub.session.pushHead(packet)
}
