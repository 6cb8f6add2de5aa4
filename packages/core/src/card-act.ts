/**
 * Actions on cards. Those that wait for the same card are decided together: the message is locked once, each action
 * runs behind a savepoint of its own, and the card is stamped and published once.
 */
import { type AppId, type MemberRow, refuse, Refusal, type UserId } from '@qun/contract'
import { sql } from 'kysely'
import { checkActor, checkAlive } from './access.ts'
import { assert, Bug, must } from './assert.ts'
import { baseCall, postWithin } from './calls.ts'
import { summaryOf } from './conversations.ts'
import { commit, type Decision } from './decision.ts'
import { asRefusal, type Engine, fingerprintOf } from './engine.ts'
import type { ActionCall, CardCall, CardServer } from './feature.ts'
import type { ActRequest, ActResult } from './host.ts'
import { memberRow } from './row-text.ts'
import type { MemberDbRow, MessageDbRow } from './store.ts'

interface Waiting {
  readonly request: ActRequest
  readonly fingerprint: number
  readonly resolve: (result: ActResult) => void
  readonly reject: (error: unknown) => void
}
type Outcome = { readonly error: unknown } | { readonly replayed: boolean }

/** Actions waiting per card; one batch of a card is under way at a time in this process. */
export class ActionQueue {
  readonly #engine: Engine
  readonly #queues = new Map<string, Waiting[]>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  act(request: ActRequest): Promise<ActResult> {
    const { appId } = request.principal
    const key = `${appId.length}:${appId}${request.groupId}/${request.seq}`
    const fingerprint = fingerprintOf(`${request.action}\n${JSON.stringify(request.input)}`)
    const result = new Promise<ActResult>((resolve, reject) => {
      const waiting = { request, fingerprint, resolve, reject }
      const queue = this.#queues.get(key)
      if (queue !== undefined) {
        queue.push(waiting)
        return
      }
      this.#queues.set(key, [waiting])
      setImmediate(() => void this.#drain(key, appId))
    })
    return this.#engine.track(result)
  }

  async #drain(key: string, appId: AppId): Promise<void> {
    for (;;) {
      const queue = must(this.#queues.get(key), 'a queue being drained')
      if (queue.length === 0) break
      await actTogether(this.#engine, appId, queue.splice(0, this.#engine.limits.actBatchMax))
    }
    this.#queues.delete(key)
  }
}

async function actTogether(engine: Engine, appId: AppId, batch: readonly Waiting[]): Promise<void> {
  try {
    const { decision, card, outcomes, outgoing } = await commit(engine, appId, async (made) => {
      const opened = await openCard(made, batch[0]?.request as ActRequest)
      const results = await runAll(made, opened, batch)
      opened.keep()
      return { decision: made, card: opened, outcomes: results, outgoing: await made.finish() }
    })
    decision.publish(outgoing)
    batch.forEach(({ request, resolve, reject }, i) => {
      const outcome = outcomes[i] as Outcome
      if ('error' in outcome) return reject(outcome.error)
      const { userId } = request.principal
      resolve({
        seq: card.row.seq,
        version: card.row.version,
        state: card.state,
        mine: card.mine.get(userId) ?? null,
        replayed: outcome.replayed,
      })
    })
  } catch (error) {
    const told = asRefusal(error)
    if (batch.length > 1 && !isUnavailable(told)) {
      // Something beyond a refusal happened to one of them: each is decided alone, so that no neighbour suffers.
      for (const waiting of batch) await actTogether(engine, appId, [waiting])
      return
    }
    if (!(told instanceof Refusal)) engine.onBug(told, 'an action on a card')
    for (const { reject } of batch) reject(told instanceof Refusal ? told : refuse('server.bug'))
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && error.kind.status >= 500
}

async function runAll(decision: Decision, card: CardWork, batch: readonly Waiting[]): Promise<Outcome[]> {
  const actors = await readActors(decision, card, batch)
  const known = await readActed(decision, card, batch)
  await card.loadMine([...new Set(batch.map((waiting) => waiting.request.principal.userId))])
  const outcomes: Outcome[] = []
  const made: { actor_id: string; client_id: string; fingerprint: number }[] = []
  for (const { request, fingerprint } of batch) {
    const { userId } = request.principal
    const before = request.clientId === undefined ? undefined : known.get(`${userId}/${request.clientId}`)
    if (before !== undefined) {
      outcomes.push(before === fingerprint ? { replayed: true } : { error: refuse('idempotency.key_reused') })
      continue
    }
    const error = await runOne(decision, card, request, actors.get(userId), batch.length > 1)
    outcomes.push(error === undefined ? { replayed: false } : { error })
    if (error !== undefined || request.clientId === undefined) continue
    known.set(`${userId}/${request.clientId}`, fingerprint)
    made.push({ actor_id: userId, client_id: request.clientId, fingerprint })
  }
  if (made.length > 0) {
    await sql`INSERT INTO acted (app_id, group_id, seq, actor_id, client_id, fingerprint)
      SELECT ${decision.appId}, ${card.groupId}, ${card.row.seq}, t.actor_id, t.client_id, t.fingerprint
      FROM json_to_recordset(${JSON.stringify(made)}::json)
        AS t(actor_id text, client_id text, fingerprint bigint)`.execute(decision.tx)
  }
  return outcomes
}

/** Runs one action; returns why it was refused. Its effects are kept only if it was not. */
async function runOne(
  decision: Decision,
  card: CardWork,
  request: ActRequest,
  member: MemberDbRow | undefined,
  isShared: boolean,
): Promise<unknown> {
  const mark = card.mark()
  const posted = decision.groupWork(card.groupId).posted.length
  let isSaved = false
  try {
    const { actions } = card.server.card
    const contract = Object.hasOwn(actions, request.action) ? actions[request.action] : undefined
    if (member === undefined || !member.active || request.seq <= member.join_seq) throw refuse('message.not_found')
    if (contract === undefined) throw refuse('card.unknown_action')
    checkAlive(card)
    if (card.row.recalled_at !== null) throw refuse('message.recalled')
    checkActor(contract.by, { userId: member.user_id, role: member.role }, card.row.sender_id)
    if (member.muted_until > decision.now && contract.by === 'sender') throw refuse('member.muted')
    if (contract.commerce === true) checkCommerce(request)
    decision.engine.validators.check(contract.input, request.input)
    const run = must(card.server.actions?.[request.action], `the handler of ${card.row.kind}.${request.action}`)
    if (isShared) await sql`SAVEPOINT act`.execute(decision.tx)
    isSaved = isShared
    await run(card.actionCall(member), request.input)
    if (isShared) await sql`RELEASE SAVEPOINT act`.execute(decision.tx)
    return undefined
  } catch (error) {
    card.backTo(mark)
    // Alone, the whole transaction goes; together, only this action's writes.
    if (!isShared) throw error
    if (error instanceof Refusal && posted === decision.groupWork(card.groupId).posted.length) {
      if (isSaved) await sql`ROLLBACK TO SAVEPOINT act`.execute(decision.tx)
      return error
    }
    throw error
  }
}

/** What moves money, points or stock must be repeatable without harm, and is not for people anybody can make. */
function checkCommerce({ principal, clientId }: ActRequest): void {
  if (principal.guest) throw refuse('auth.guest_forbidden')
  if (clientId === undefined) throw refuse('idempotency.key_missing')
}

async function readActors(
  decision: Decision,
  card: CardWork,
  batch: readonly Waiting[],
): Promise<Map<string, MemberDbRow>> {
  const ids = [...new Set(batch.map((waiting) => waiting.request.principal.userId))]
  const { rows } = await sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m
    JOIN users u ON u.app_id = m.app_id AND u.user_id = m.user_id
    WHERE m.app_id = ${decision.appId} AND m.group_id = ${card.groupId} AND m.user_id = ANY(${ids}::text[])`.execute(
    decision.tx,
  )
  return new Map(rows.map((row) => [row.user_id, row]))
}

async function readActed(decision: Decision, card: CardWork, batch: readonly Waiting[]): Promise<Map<string, number>> {
  const clientIds = batch.flatMap(({ request }) => (request.clientId === undefined ? [] : [request.clientId]))
  if (clientIds.length === 0) return new Map()
  const { rows } = await sql<{ actor_id: string; client_id: string; fingerprint: number }>`
    SELECT actor_id, client_id, fingerprint FROM acted WHERE app_id = ${decision.appId}
      AND group_id = ${card.groupId} AND seq = ${card.row.seq} AND client_id = ANY(${clientIds}::text[])`.execute(
    decision.tx,
  )
  return new Map(rows.map((row) => [`${row.actor_id}/${row.client_id}`, row.fingerprint]))
}

/** Locks a message until commit and finds who serves it. Refuses `message.not_found`. */
export async function openCard(
  decision: Decision,
  at: { readonly groupId: string; readonly seq: number },
): Promise<CardWork> {
  const { rows } = await sql<MessageDbRow>`SELECT * FROM messages
    WHERE app_id = ${decision.appId} AND group_id = ${at.groupId} AND seq = ${at.seq} FOR UPDATE`.execute(decision.tx)
  const row = rows[0]
  if (row === undefined) throw refuse('message.not_found')
  const group = await sql<{ disbanded_at: number | null }>`SELECT disbanded_at FROM groups
    WHERE app_id = ${decision.appId} AND group_id = ${at.groupId}`.execute(decision.tx)
  const server = decision.engine.registry.cards.get(row.kind)
  if (server === undefined) throw refuse('card.unknown_type')
  return new CardWork(decision, at.groupId, row, server, must(group.rows[0], 'the group of a message').disbanded_at)
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
}

/** One card under decision: its effects are gathered here and handed to the decision when all actions have run. */
export class CardWork {
  readonly decision: Decision
  readonly groupId: string
  readonly row: MessageDbRow
  readonly server: CardServer
  readonly disbanded_at: number | null
  readonly body: unknown
  /** What viewers hold of the card, as read or changed. */
  readonly mine = new Map<string, unknown>()
  #effects: Effects

  constructor(decision: Decision, groupId: string, row: MessageDbRow, server: CardServer, disbandedAt: number | null) {
    this.decision = decision
    this.groupId = groupId
    this.row = row
    this.server = server
    this.disbanded_at = disbandedAt
    this.body = row.body === null ? null : JSON.parse(row.body)
    this.#effects = {
      state: row.state === null ? null : JSON.parse(row.state),
      isChanged: false,
      mine: new Map(),
      facts: [],
      jobs: [],
      userRecords: [],
    }
  }
  get state(): unknown {
    return this.#effects.state
  }

  mark(): Effects {
    const { state, isChanged, mine, facts, jobs, userRecords } = this.#effects
    return { state, isChanged, mine: new Map(mine), facts: [...facts], jobs: [...jobs], userRecords: [...userRecords] }
  }
  backTo(mark: Effects): void {
    for (const userId of this.#effects.mine.keys()) if (!mark.mine.has(userId)) this.mine.delete(userId)
    for (const [userId, mine] of mark.mine) this.mine.set(userId, mine)
    this.#effects = mark
  }
  async loadMine(userIds: readonly string[]): Promise<void> {
    const { appId, tx } = this.decision
    const { rows } = await sql<{ user_id: string; body: string }>`SELECT user_id, body FROM mine
      WHERE app_id = ${appId} AND group_id = ${this.groupId} AND seq = ${this.row.seq} AND user_id = ANY(${userIds}::text[])`.execute(
      tx,
    )
    for (const row of rows) this.mine.set(row.user_id, JSON.parse(row.body))
  }
  /** Hands all effects to the decision, which stamps and writes them. */
  keep(): void {
    const { state, isChanged, mine, facts, jobs, userRecords } = this.#effects
    const { validators, limits, registry } = this.decision.engine
    const work = this.decision.groupWork(this.groupId)
    if (isChanged) {
      validators.assert(this.server.card.state, state, `the state of a ${this.row.kind}`)
      this.row.state = JSON.stringify(state)
      checkStateSize(limits, this.row.kind, this.row.state)
      work.setMessage(this.row, {
        seq: this.row.seq,
        senderId: this.row.sender_id,
        kind: this.row.kind,
        summary: summaryOf(registry, this.row.kind, this.body, state),
      })
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
  }

  call(): CardCall<any> {
    const { decision, row, groupId } = this
    const work = decision.groupWork(groupId)
    const read = () => this.#effects
    return {
      ...baseCall(decision),
      putUserRecord: (userId, record, key, body) =>
        void read().userRecords.push(() => decision.putUserRecord(userId, record, key, body)),
      groupId: groupId as ActRequest['groupId'],
      seq: row.seq,
      senderId: row.sender_id as UserId,
      at: row.at,
      body: this.body,
      get state() {
        return read().state
      },
      setState: (state: unknown) => {
        read().state = state
        read().isChanged = true
      },
      mineOf: async (userId: UserId) => {
        if (!this.mine.has(userId)) await this.loadMine([userId])
        return this.mine.get(userId) ?? undefined
      },
      setMine: (userId: UserId, part: unknown) => {
        read().mine.set(userId, part)
        this.mine.set(userId, part)
      },
      schedule: (at, job, input) => void read().jobs.push({ job, at, input }),
      cancelJob: (job) => void read().jobs.push({ job, at: null, input: null }),
      record: (name: string, data: unknown) => {
        const schema = this.server.card.facts[name]
        if (schema === undefined) throw new Bug(`fact ${name} is not declared by ${row.kind}`)
        decision.engine.validators.assert(schema, data, `fact ${name}`)
        read().facts.push({ name, data })
      },
      findMember: async (userId: UserId): Promise<MemberRow | undefined> => {
        const found = await work.findMember(userId)
        return found === undefined ? undefined : memberRow(found)
      },
      isBanned: async (userId: UserId) => (await work.findMember(userId))?.banned === true,
      disbanded: this.disbanded_at !== null,
      post: (message) => postWithin(work, message),
    }
  }
  actionCall(member: MemberDbRow): ActionCall<any> {
    // NOTE: `state` is a getter; spreading the call would freeze it at its present value.
    return Object.defineProperties(this.call(), {
      actorId: { value: member.user_id, enumerable: true },
      actor: { value: memberRow(member), enumerable: true },
    }) as ActionCall<any>
  }
}
