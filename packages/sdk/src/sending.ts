/**
 * Brings messages to the server: at once to the screen, kept until acknowledged, one at a time per group so that
 * order holds whatever fails, with the same clientId at every try. Knows no socket and no view.
 */
import type { ErrorFrame, MessageRow, SendFrame, SentFrame, Static } from '@qun/contract'
import type { OutboxEntry, PendingMessage, SdkProblem } from './api.ts'
import { backoffMs } from './backoff.ts'
import type { Platform } from './defaults.ts'
import { isTransient, problemOf, QunError, readProblem } from './problem.ts'

/** The words of an acknowledgement that matter; a row that arrived has them too. */
type Sent = Record<keyof Pick<Static<typeof SentFrame>, 'groupId' | 'clientId'>, string> & { readonly seq: number }

export interface SendingHost {
  /** False when there is no connection to speak on. */
  readonly send: (frame: Static<typeof SendFrame>) => boolean
  readonly nextId: () => number
  readonly serverNow: () => number
  /** True while an acknowledged message is not yet in the view that will show it: it stays pending, not to blink. */
  readonly isAwaited: (groupId: string, seq: number) => boolean
  readonly changed: (groupId: string) => void
}
/** What is said, and the shop it is said as. */
type Words = { readonly kind: string; readonly body: unknown; readonly as?: OutboxEntry['as'] | undefined }
interface Item {
  entry: OutboxEntry
  /** `asked`: on its way under `id`. `sent`: acknowledged at `seq`, shown until its row is. */
  phase: 'queued' | 'asked' | 'sent' | 'failed'
  id: number
  seq: number
  tries: number
  shown: PendingMessage
  readonly settle: { resolve(sent: { seq: number }): void; reject(error: QunError): void } | undefined
}
interface Queue {
  items: Item[]
  /** Ends the wait before the next try, or the wait for an answer. */
  cancel: (() => void) | undefined
  isWaiting: boolean
  pending: readonly PendingMessage[]
}

/** An answer normally takes milliseconds; asking again is harmless. */
const answerMs = 15_000
/** A server that says nothing about when is asked again after at most half a minute. */
const retryFloorMs = 500

export class Sending {
  readonly #platform: Platform
  readonly #host: SendingHost
  readonly #queues = new Map<string, Queue>()
  #userId: string | undefined
  #isLoaded = false
  #lastAt = 0
  /** Store calls run one after the other, so that a removal never overtakes the entry it removes. */
  #stored: Promise<unknown> = Promise.resolve()

  constructor(platform: Platform, host: SendingHost) {
    this.#platform = platform
    this.#host = host
  }

  /** Takes up what this person had not sent. Nothing is sent before, so that older messages go first. */
  async adopt(userId: string): Promise<void> {
    if (this.#userId === userId) return
    if (this.#userId !== undefined) this.#drop()
    this.#userId = userId
    this.#isLoaded = false
    const entries = await this.#platform.outbox.list(userId).catch((): OutboxEntry[] => [])
    if (this.#userId !== userId) return
    for (const [groupId, queue] of this.#queues) {
      for (const item of queue.items) {
        if (item.entry.userId === userId) continue
        item.entry = { ...item.entry, userId }
        this.#keep(item.entry)
      }
      this.#changed(groupId)
    }
    this.#restore(entries)
    this.#isLoaded = true
    this.flush()
  }

  /** Resolves with the position once acknowledged; rejects when refused for good. */
  add(groupId: string, words: Words): Promise<{ seq: number }> {
    return new Promise((resolve, reject) => this.#enqueue(groupId, words, { resolve, reject }))
  }
  /** A failed message once more, as another message: the refusal of the first one stands for its clientId. */
  resend(groupId: string, clientId: string): void {
    const item = this.#find(groupId, clientId)
    if (item?.phase !== 'failed') return
    this.#remove(groupId, item)
    this.#enqueue(groupId, item.entry, undefined)
  }
  discard(groupId: string, clientId: string): void {
    const item = this.#find(groupId, clientId)
    if (item?.phase === 'failed') this.#remove(groupId, item)
  }
  pending(groupId: string): readonly PendingMessage[] {
    return this.#queues.get(groupId)?.pending ?? none
  }

  /** The connection is up, or up again. */
  flush(): void {
    for (const groupId of this.#queues.keys()) this.#next(groupId)
  }
  /** The connection is gone: what was asked may or may not have arrived, and is asked again. */
  pause(): void {
    for (const queue of this.#queues.values()) {
      if (queue.isWaiting) continue
      queue.cancel?.()
      queue.cancel = undefined
      for (const item of queue.items) if (item.phase === 'asked') item.phase = 'queued'
    }
  }
  sent(frame: Sent): void {
    const item = this.#find(frame.groupId, frame.clientId)
    if (item === undefined || item.phase === 'sent') return
    const wasAsked = item.phase === 'asked'
    item.phase = 'sent'
    item.seq = frame.seq
    this.#forget(item.entry)
    item.settle?.resolve({ seq: frame.seq })
    this.#answered(frame.groupId, wasAsked)
  }
  /** Own messages that arrived as rows: as good as an acknowledgement. */
  arrived(groupId: string, rows: readonly Pick<MessageRow, 'senderId' | 'clientId' | 'seq'>[]): void {
    if (!this.#queues.has(groupId)) return
    for (const row of rows) {
      if (row.senderId === this.#userId) this.sent({ ...row, groupId })
    }
    this.prune(groupId)
  }
  /** Leaves out acknowledged messages that their view shows. */
  prune(groupId: string): void {
    const queue = this.#queues.get(groupId)
    if (queue === undefined) return
    const items = queue.items.filter((item) => item.phase !== 'sent' || this.#host.isAwaited(groupId, item.seq))
    if (items.length === queue.items.length) return
    queue.items = items
    this.#changed(groupId)
  }
  /** True if the refusal answered a send. */
  refused(frame: Static<typeof ErrorFrame>): boolean {
    for (const [groupId, queue] of this.#queues) {
      const item = queue.items.find((one) => one.phase === 'asked' && one.id === frame.id)
      if (item === undefined) continue
      const problem = readProblem(frame)
      if (problem !== undefined && isTransient(problem)) this.#later(groupId, item, problem)
      else if (problem !== undefined) this.#failed(groupId, item, problem)
      return true
    }
    return false
  }
  /** Ends all waits; what is unsent stays in the store. */
  close(): void {
    this.pause()
    for (const queue of this.#queues.values()) {
      queue.cancel?.()
      queue.cancel = undefined
      queue.isWaiting = false
    }
  }

  #enqueue(groupId: string, { kind, body, as }: Words, settle: Item['settle']): void {
    // Strictly rising, because the store gives entries back in this order.
    this.#lastAt = Math.max(this.#host.serverNow(), this.#lastAt + 1)
    const clientId = this.#platform.freshId()
    const spoken = as === undefined ? {} : { as }
    const entry = { userId: this.#userId ?? '', groupId, clientId, kind, body, at: this.#lastAt, ...spoken }
    this.#queue(groupId).items.push(itemOf(entry, settle))
    if (this.#userId !== undefined) this.#keep(entry)
    this.#changed(groupId)
    this.#next(groupId)
  }
  #next(groupId: string): void {
    const queue = this.#queues.get(groupId)
    if (queue === undefined || !this.#isLoaded || queue.isWaiting) return
    if (queue.items.some((item) => item.phase === 'asked')) return
    const item = queue.items.find((one) => one.phase === 'queued')
    if (item === undefined) return
    const { clientId, kind, body, as } = item.entry
    const id = this.#host.nextId()
    const asked = as === undefined ? {} : { as: true }
    const frame = { op: 'send', id, groupId, clientId, kind, body, ...asked } as Static<typeof SendFrame>
    if (!this.#host.send(frame)) return
    item.phase = 'asked'
    item.id = id
    queue.cancel = this.#platform.wait(answerMs, () => {
      item.phase = 'queued'
      queue.cancel = undefined
      this.#next(groupId)
    })
  }
  #later(groupId: string, item: Item, problem: SdkProblem): void {
    const queue = this.#queue(groupId)
    item.phase = 'queued'
    item.tries++
    const spreadMs = retryFloorMs + backoffMs(item.tries, this.#platform.random())
    const askedMs = (problem.retry_after ?? 0) * 1_000
    queue.cancel?.()
    queue.isWaiting = true
    queue.cancel = this.#platform.wait(Math.max(askedMs, spreadMs), () => {
      queue.isWaiting = false
      queue.cancel = undefined
      this.#next(groupId)
    })
  }
  #failed(groupId: string, item: Item, problem: SdkProblem): void {
    item.phase = 'failed'
    item.entry = { ...item.entry, problem }
    item.shown = shownOf(item.entry)
    this.#keep(item.entry)
    item.settle?.reject(new QunError(problem))
    this.#answered(groupId, true)
  }
  #answered(groupId: string, wasAsked: boolean): void {
    const queue = this.#queue(groupId)
    if (wasAsked) {
      queue.cancel?.()
      queue.cancel = undefined
    }
    this.#changed(groupId)
    this.prune(groupId)
    this.#next(groupId)
  }
  #restore(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      this.#lastAt = Math.max(this.#lastAt, entry.at)
      if (this.#find(entry.groupId, entry.clientId) !== undefined) continue
      const queue = this.#queue(entry.groupId)
      const at = queue.items.findIndex((item) => item.entry.at > entry.at)
      queue.items.splice(at < 0 ? queue.items.length : at, 0, itemOf(entry, undefined))
    }
    for (const groupId of new Set(entries.map((entry) => entry.groupId))) this.#changed(groupId)
  }
  #drop(): void {
    this.close()
    const problem = problemOf('client.closed', this.#platform.locale)
    for (const [groupId, queue] of this.#queues) {
      for (const item of queue.items) item.settle?.reject(new QunError(problem))
      this.#queues.delete(groupId)
      this.#host.changed(groupId)
    }
  }
  #remove(groupId: string, item: Item): void {
    const queue = this.#queue(groupId)
    queue.items = queue.items.filter((one) => one !== item)
    this.#forget(item.entry)
    this.#changed(groupId)
  }
  #find(groupId: string, clientId: string): Item | undefined {
    return this.#queues.get(groupId)?.items.find((item) => item.entry.clientId === clientId)
  }
  #queue(groupId: string): Queue {
    let queue = this.#queues.get(groupId)
    if (queue === undefined) {
      queue = { items: [], cancel: undefined, isWaiting: false, pending: none }
      this.#queues.set(groupId, queue)
    }
    return queue
  }
  #changed(groupId: string): void {
    const queue = this.#queue(groupId)
    queue.pending = queue.items.map((item) => item.shown)
    this.#host.changed(groupId)
  }
  // A store that cannot keep (private window, full disk) costs survival of a reload, not the message.
  #keep(entry: OutboxEntry): void {
    this.#stored = this.#stored.then(() => this.#platform.outbox.put(entry)).catch(() => {})
  }
  #forget(entry: OutboxEntry): void {
    this.#stored = this.#stored.then(() => this.#platform.outbox.remove(entry)).catch(() => {})
  }
}

const none: readonly PendingMessage[] = []

function itemOf(entry: OutboxEntry, settle: Item['settle']): Item {
  const phase = entry.problem === undefined ? 'queued' : 'failed'
  return { entry, phase, id: 0, seq: 0, tries: 0, shown: shownOf(entry), settle }
}
function shownOf({ clientId, kind, body, at, as, problem }: OutboxEntry): PendingMessage {
  const spoken = as === undefined ? {} : { as }
  if (problem === undefined) return { clientId, kind, body, at, ...spoken, status: 'sending' }
  return { clientId, kind, body, at, ...spoken, status: 'failed', problem }
}
