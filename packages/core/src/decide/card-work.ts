/** One card under decision: what its handlers see, and their effects until the decision takes them. Knows no kind. */
import {
  type Card,
  type Gives,
  givesOf,
  type GroupId,
  type MemberRow,
  refuse,
  type RefusalDetail,
  type SpokenAs,
  type UserId,
} from '@qun/contract'
import { sql } from 'kysely'
import { assert, Bug } from '../host/assert.ts'
import { baseCall, postWithin } from './calls.ts'
import { summaryOf } from '../read/conversations.ts'
import type { Decision } from './decision.ts'
import type { Ending } from './group-row.ts'
import { type Engine, failKeeping } from '../ground/engine.ts'
import type { ActionCall, CardCall, CardServer } from '../host/feature.ts'
import { wordsOf } from '../ground/publication.ts'
import { memberRow } from '../ground/row-text.ts'
import type { ActorDbRow } from './members.ts'
import type { MessageDbRow } from '../ground/store.ts'

/** Locks a message until commit. Refuses `message.not_found`. */
export async function lockMessage(
  decision: Decision,
  { groupId, seq }: { readonly groupId: string; readonly seq: number },
): Promise<MessageDbRow> {
  await decision.order.reach([{ kind: 'message', groupId, seq }])
  const { rows } = await sql<MessageDbRow>`SELECT * FROM messages
    WHERE app_id = ${decision.appId} AND group_id = ${groupId} AND seq = ${seq} FOR UPDATE`.execute(decision.tx)
  if (rows[0] === undefined) throw refuse('message.not_found')
  return rows[0]
}
/** Locks a message until commit and finds who serves it. Refuses `message.not_found`. */
export async function openCard(
  decision: Decision,
  at: { readonly groupId: string; readonly seq: number },
): Promise<CardWork> {
  const row = await lockMessage(decision, at)
  const ending = await decision.groupWork(at.groupId).findEnding()
  const server = decision.engine.registry.cards.get(row.kind)
  if (server === undefined) throw refuse('card.unknown_type')
  return new CardWork(decision, at.groupId, row, server, ending)
}

/** A handler that lets a state grow without bound is a bug: all members are sent it at every change. */
export function checkStateSize(limits: Engine['limits'], kind: string, state: string): void {
  assert(Buffer.byteLength(state) <= limits.cardStateBytesMax, `the state of a ${kind} is too large`)
}

interface Effects {
  state: unknown
  isChanged: boolean
  readonly mine: Map<string, unknown>
  readonly facts: { readonly name: string; readonly data: unknown }[]
  readonly jobs: { readonly job: string; readonly at: number | null; readonly input: unknown }[]
  readonly userRecords: (() => void)[]
  readonly appFacts: { readonly name: string; readonly data: unknown }[]
}
/** How far the effects had come: what was added since stands behind it. */
interface Mark {
  readonly state: unknown
  readonly isChanged: boolean
  readonly facts: number
  readonly jobs: number
  readonly userRecords: number
  readonly appFacts: number
}

/** One card under decision: its effects are gathered here and handed to the decision when all actions have run. */
export class CardWork {
  readonly decision: Decision
  readonly groupId: string
  readonly row: MessageDbRow
  readonly server: CardServer
  readonly disbanded_at: number | null
  /** [MER10] It gives a merchant's value, and the merchant gives nothing any more. */
  readonly isStopped: boolean
  readonly body: unknown
  /** What viewers hold of the card, as read or changed. */
  readonly mine = new Map<string, unknown>()
  readonly #effects: Effects
  /** Takes back the parts set since the last mark, the latest first. */
  #undo: (() => void)[] = []
  /** What handlers are given, made once: a batch runs hundreds of actions. */
  #call: CardCall<any> | undefined

  constructor(decision: Decision, groupId: string, row: MessageDbRow, server: CardServer, ending: Ending) {
    this.decision = decision
    this.groupId = groupId
    this.row = row
    this.server = server
    this.disbanded_at = ending.disbanded_at
    this.body = row.body === null ? null : JSON.parse(row.body)
    this.isStopped = ending.stopped_at !== null && this.gives === 'issued'
    this.#effects = {
      state: row.state === null ? null : JSON.parse(row.state),
      isChanged: false,
      mine: new Map(),
      facts: [],
      jobs: [],
      userRecords: [],
      appFacts: [],
    }
  }
  get gives(): Gives {
    return this.body === null ? 'nothing' : givesOf(this.server.card, this.body)
  }
  get spokenAs(): SpokenAs | undefined {
    return this.row.spoken_as === null ? undefined : (JSON.parse(this.row.spoken_as) as SpokenAs)
  }
  get state(): unknown {
    return this.#effects.state
  }

  /** A place to come back to; one at a time. It costs the same however much was done before. */
  mark(): Mark {
    const { state, isChanged, facts, jobs, userRecords, appFacts } = this.#effects
    this.#undo = []
    return {
      state,
      isChanged,
      facts: facts.length,
      jobs: jobs.length,
      userRecords: userRecords.length,
      appFacts: appFacts.length,
    }
  }
  /** Forgets all effects since the mark. */
  backTo(mark: Mark): void {
    for (const takeBack of this.#undo.toReversed()) takeBack()
    this.#undo = []
    const effects = this.#effects
    effects.state = mark.state
    effects.isChanged = mark.isChanged
    effects.facts.length = mark.facts
    effects.jobs.length = mark.jobs
    effects.userRecords.length = mark.userRecords
    effects.appFacts.length = mark.appFacts
  }
  #setMine(userId: string, part: unknown): void {
    for (const held of [this.#effects.mine, this.mine]) {
      const before = held.get(userId)
      const restore = held.has(userId) ? () => void held.set(userId, before) : () => void held.delete(userId)
      this.#undo.push(restore)
      held.set(userId, part)
    }
  }
  async loadMine(userIds: readonly string[]): Promise<void> {
    const { appId, tx } = this.decision
    const { rows } = await sql<{ user_id: string; body: string }>`SELECT user_id, body FROM mine
      WHERE app_id = ${appId} AND group_id = ${this.groupId} AND seq = ${this.row.seq} AND user_id = ANY(${userIds}::text[])`.execute(
      tx,
    )
    // Who holds nothing is remembered too: asking again costs no statement.
    for (const userId of userIds) this.mine.set(userId, undefined)
    for (const row of rows) this.mine.set(row.user_id, JSON.parse(row.body))
  }
  /** Hands all effects to the decision, which stamps and writes them. */
  keep(): void {
    const { state, isChanged, mine, facts, jobs, userRecords, appFacts } = this.#effects
    const { validators, limits, registry } = this.decision.engine
    const work = this.decision.groupWork(this.groupId)
    if (isChanged) {
      validators.assert(this.server.card.state, state, `the state of a ${this.row.kind}`)
      this.row.state = JSON.stringify(state)
      checkStateSize(limits, this.row.kind, this.row.state)
      work.setMessage(this.row, wordsOf(this.row, summaryOf(registry, this.row.kind, this.body, state)))
    }
    for (const [userId, part] of mine) {
      validators.assert(this.server.card.mine, part, `somebody's part of a ${this.row.kind}`)
      this.decision.userWork(userId).mine.set(`${this.groupId}/${this.row.seq}`, {
        groupId: this.groupId,
        seq: this.row.seq,
        kind: this.row.kind,
        body: JSON.stringify(part),
      })
    }
    for (const fact of facts) work.record(fact.name, fact.data)
    for (const { job, at, input } of jobs) work.schedule(this.row.seq, job, at, input)
    for (const put of userRecords) put()
    for (const fact of appFacts) this.decision.recordForApp(fact.name, fact.data)
  }

  call(): CardCall<any> {
    return (this.#call ??= this.#makeCall())
  }
  #makeCall(): CardCall<any> {
    const { decision, row, groupId } = this
    const work = decision.groupWork(groupId)
    const effects = this.#effects
    return {
      ...baseCall(decision),
      putUserRecord: (userId, record, key, body) =>
        void effects.userRecords.push(() => decision.putUserRecord(userId, record, key, body)),
      recordForApp: (name, data) => void effects.appFacts.push({ name, data }),
      groupId: groupId as GroupId,
      seq: row.seq,
      senderId: row.sender_id as UserId,
      gives: this.gives,
      at: row.at,
      body: this.body,
      get state() {
        return effects.state
      },
      setState: (state: unknown) => {
        effects.state = state
        effects.isChanged = true
      },
      mineOf: async (userId: UserId) => {
        if (!this.mine.has(userId)) await this.loadMine([userId])
        return this.mine.get(userId) ?? undefined
      },
      setMine: (userId: UserId, part: unknown) => this.#setMine(userId, part),
      schedule: (at, job, input) => void effects.jobs.push({ job, at, input }),
      cancelJob: (job) => void effects.jobs.push({ job, at: null, input: null }),
      record: (name: string, data: unknown) => {
        const schema = this.server.card.facts[name]
        if (schema === undefined) throw new Bug(`fact ${name} is not declared by ${row.kind}`)
        decision.engine.validators.assert(schema, data, `fact ${name}`)
        effects.facts.push({ name, data })
      },
      findMember: async (userId: UserId): Promise<MemberRow | undefined> => {
        const found = await work.findMember(userId)
        return found === undefined ? undefined : memberRow(found)
      },
      findMembers: async (userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, MemberRow>> => {
        const found = await work.findMembers([...userIds])
        return new Map(found.map((row) => [row.user_id as UserId, memberRow(row)]))
      },
      isBanned: async (userId: UserId) => (await work.findMember(userId))?.banned === true,
      disbanded: this.disbanded_at !== null || this.isStopped,
      post: (message) => postWithin(work, message),
    }
  }
  /** The same for one actor. It inherits: spread, it would be without what all actions share. */
  actionCall(member: ActorDbRow): ActionCall<any> {
    const own = {
      actorId: member.user_id,
      actor: memberRow(member),
      isMinor: member.minor,
      failKeeping: (code: string, more?: RefusalDetail) => failKeeping(this.decision.engine.registry, code, more),
    }
    return Object.assign(Object.create(this.call()) as CardCall<any>, own) as ActionCall<any>
  }
}

/** Opens a card of the own feature for an endpoint or a reaction; its effects are kept when the decision ends. */
export async function cardWithin(
  decision: Decision,
  card: Card<any, any, any, any, any>,
  at: { readonly groupId: string; readonly seq: number },
): Promise<CardCall<any>> {
  const held = decision.cards.get(`${at.groupId}/${at.seq}`)
  if (held !== undefined) return held.call()
  const work = await openCard(decision, at)
  if (work.row.kind !== card.kind) throw refuse('message.not_found')
  decision.cards.set(`${at.groupId}/${at.seq}`, work)
  return work.call()
}
