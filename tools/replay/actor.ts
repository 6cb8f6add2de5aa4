/** One person of a play on one connection: comes in, speaks, leaves, and in the end shows what they hold. */
import { setTimeout as pause } from 'node:timers/promises'
import { createClient, QunError, type GroupHandle, type QunClient } from '@qun/sdk'
import { leaveGroup } from '@qun/features/people/membership/contract'
import { textMessage } from '@qun/features/words/message/contract'
import type { HostApi } from '../bench/host-api.ts'
import type { MemberLog } from './proof.ts'

/** A view not at the log's end by then never will be: the longest wait between two tries is half a minute. */
const convergeMs = 60_000
const pollMs = 20

export interface ActorOptions {
  readonly url: string
  readonly host: HostApi
  readonly userId: string
  readonly groupId: string
  readonly ownerId: string
  /** Told of every message the first time it is in this person's view. */
  readonly seen: (userId: string, seq: number, at: number) => void
}

export class Actor {
  readonly userId: string
  readonly #options: ActorOptions
  readonly #client: QunClient
  #group: GroupHandle | undefined
  #lastSeq = 0

  constructor(options: ActorOptions) {
    this.#options = options
    this.userId = options.userId
    this.#client = createClient({ url: options.url, token: () => options.host.mintToken(options.userId) })
    this.#client.connect()
  }

  get isIn(): boolean {
    return this.#group !== undefined
  }

  /** Joins (again) and opens the group; resolves when the view is ready. */
  async enter(): Promise<void> {
    const { host, groupId, ownerId } = this.#options
    await host.addMembers(groupId, [this.userId], ownerId)
    const group = this.#client.open(groupId)
    this.#group = group
    // What the first view shows was said before this person came: no delivery to them.
    await this.#until(() => group.get().ready, 'its group to open')
    this.#lastSeq = group.get().messages.at(-1)?.seq ?? 0
    group.subscribe(() => this.#look(group))
  }

  async leave(): Promise<void> {
    const params = { groupId: this.#options.groupId } as never
    await this.#insist(() => this.#client.call(leaveGroup, { params, body: {} }))
    this.#group?.close()
    this.#group = undefined
  }

  /** Resolves with the position once acknowledged. */
  async say(text: string): Promise<number> {
    if (this.#group === undefined) throw new Error(`${this.userId} speaks without being in`)
    return (await this.#group.send(textMessage, { text })).seq
  }

  /** Waits until the view holds `lastSeq`, loads all that is visible, and says what is there. */
  async show(lastSeq: number): Promise<MemberLog> {
    const group = this.#group
    if (group === undefined) throw new Error(`${this.userId} shows a group without being in`)
    await this.#until(() => (group.get().messages.at(-1)?.seq ?? 0) >= lastSeq, `message ${lastSeq}`)
    while (!group.get().atStart) await this.#insist(() => group.loadOlder())
    const conversation = this.#client.conversations.get().find((one) => one.groupId === group.groupId)
    return {
      userId: this.userId,
      joinSeq: conversation?.joinSeq ?? 0,
      messages: group.get().messages.map(({ seq, senderId, kind, body }) => ({ seq, senderId, kind, body })),
    }
  }

  close(): void {
    this.#group?.close()
    this.#client.close()
  }

  #look(group: GroupHandle): void {
    const at = performance.now()
    const { messages } = group.get()
    for (let index = messages.length - 1; index >= 0 && messages[index]!.seq > this.#lastSeq; index -= 1)
      this.#options.seen(this.userId, messages[index]!.seq, at)
    this.#lastSeq = Math.max(this.#lastSeq, messages.at(-1)?.seq ?? 0)
  }

  /** Again while the server is away: another log may have had it killed. What is repeated does no harm twice. */
  async #insist(run: () => Promise<unknown>): Promise<void> {
    const until = performance.now() + convergeMs
    for (;;) {
      try {
        await run()
        return
      } catch (error) {
        const isAway = error instanceof QunError && error.problem.retry === 'later'
        if (!isAway || performance.now() > until) throw error
        await pause(pollMs)
      }
    }
  }
  async #until(holds: () => boolean, what: string): Promise<void> {
    const until = performance.now() + convergeMs
    while (!holds()) {
      if (performance.now() > until)
        throw new Error(`${this.userId} waited ${convergeMs} ms for ${what}; it is ${this.#client.connection.get()}`)
      await pause(pollMs)
    }
  }
}
