/**
 * Actions on cards. Those that wait for the same card are decided together: the message is locked once, each action
 * runs behind a savepoint of its own, and the card is stamped and published once.
 */
import { type ActionContract, type AppId, refuse, Refusal } from '@qun/contract'
import { markPlace } from '@qun/storage'
import { sql } from 'kysely'
import { checkActor, checkAlive } from '../host/access.ts'
import { must } from '../host/assert.ts'
import { type CardWork, openCard } from './card-work.ts'
import { commit, type Decision } from './decision.ts'
import { asRefusal, type Engine, fingerprintOf, keepsEffects } from '../ground/engine.ts'
import type { ActRequest, ActResult } from '../host/host.ts'
import type { ActorDbRow } from './members.ts'
import { issuerOfGroup } from './issuer.ts'
import { checkIssuer, checkSpeaker } from './merchants.ts'
import { checkActRisk } from './risk-check.ts'

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
    if (this.#engine.risk === undefined) return this.#queue(request)
    const checked = checkActRisk(this.#engine, request).catch((error: unknown) => {
      throw asRefusal(error)
    })
    return this.#engine.track(checked.then(() => this.#queue(request)))
  }
  #queue(request: ActRequest): Promise<ActResult> {
    const { appId } = request.principal
    const key = `${appId.length}:${appId}${request.groupId}/${request.seq}`
    const fingerprint = fingerprintOf(`${request.action}\n${JSON.stringify(request.input)}`)
    return new Promise<ActResult>((resolve, reject) => {
      const waiting = { request, fingerprint, resolve, reject }
      const queue = this.#queues.get(key)
      if (queue !== undefined) {
        queue.push(waiting)
        return
      }
      this.#queues.set(key, [waiting])
      const drained = new Promise<void>((done) => setImmediate(() => void this.#drain(key, appId).finally(done)))
      void this.#engine.track(drained)
    })
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
  member: ActorDbRow | undefined,
  isShared: boolean,
): Promise<unknown> {
  const mark = card.mark()
  const posted = decision.groupWork(card.groupId).posted.length
  // Only this action's statements are undone when it is refused; one that issues none costs none.
  const place = isShared ? markPlace(decision.tx) : undefined
  try {
    const { actions } = card.server.card
    const contract = Object.hasOwn(actions, request.action) ? actions[request.action] : undefined
    if (member === undefined || !member.active || request.seq <= member.join_seq) throw refuse('message.not_found')
    if (contract === undefined) throw refuse('card.unknown_action')
    checkAlive(card)
    if (card.isStopped && gives(contract)) throw refuse('merchant.suspended')
    if (card.row.recalled_at !== null) throw refuse('message.recalled')
    checkActor(contract.by, { userId: member.user_id, role: member.role }, card.row.sender_id)
    if (member.muted_until > decision.now && contract.by === 'sender') throw refuse('member.muted')
    if (contract.commerce === true) checkCommerce(request)
    await checkAbility(decision, card, contract, member.user_id)
    decision.engine.validators.check(contract.input, request.input)
    const run = must(card.server.actions?.[request.action], `the handler of ${card.row.kind}.${request.action}`)
    await run(card.actionCall(member), request.input)
    return undefined
  } catch (error) {
    if (keepsEffects(error)) return error
    card.backTo(mark)
    // Alone, the whole transaction goes.
    if (place === undefined) throw error
    if (error instanceof Refusal && posted === decision.groupWork(card.groupId).posted.length) {
      place.back()
      return error
    }
    throw error
  }
}

/**
 * [MER2] [MER7] What was asked of whoever posted it is asked again of whoever changes it, the merchants held as then.
 * NOTE: whose group it is never changes, so it is read without a lock.
 */
async function checkAbility(
  decision: Decision,
  card: CardWork,
  { needs }: ActionContract,
  userId: string,
): Promise<void> {
  const { spokenAs } = card
  const gives = needs === 'issue' && card.gives === 'issued'
  const speaks = needs === 'talk-as' && spokenAs !== undefined
  if (!gives && !speaks) return
  const path = (await issuerOfGroup(decision, card.groupId))?.path ?? null
  if (gives) await checkIssuer(decision, path, userId)
  if (speaks) await checkSpeaker(decision, path, { userId, merchantId: spokenAs.merchantId })
}
/** [MER10] Whatever moves value, but for the sender's own taking back. */
const gives = ({ by, commerce }: ActionContract) => commerce === true && by !== 'sender'
/** What moves money, points or stock must be repeatable without harm, and is not for people anybody can make. */
function checkCommerce({ principal, clientId }: ActRequest): void {
  if (principal.guest) throw refuse('auth.guest_forbidden')
  if (clientId === undefined) throw refuse('idempotency.key_missing')
}

async function readActors(
  decision: Decision,
  card: CardWork,
  batch: readonly Waiting[],
): Promise<Map<string, ActorDbRow>> {
  const ids = batch.map((waiting) => waiting.request.principal.userId)
  const rows = await decision.groupWork(card.groupId).findActors(ids)
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
