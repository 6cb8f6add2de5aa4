/** Runs a feature's endpoint: who may call, the idempotency key, then its handler as one decision or one reading. */
import {
  type BodyOf,
  type Card,
  type Endpoint,
  fileLimitsOf,
  type GroupId,
  type MessageRow,
  refuse,
  Refusal,
  type RefusalDetail,
  type SentFile,
  type StateOf,
  type UserId,
} from '@qun/contract'
import { sql } from 'kysely'
import { isAtLeast } from '../host/access.ts'
import { assert, Bug, must } from '../host/assert.ts'
import { baseCall, defaultSettings, groupCall } from './calls.ts'
import { cardWithin, lockMessage } from './card-work.ts'
import { commit, Decision } from './decision.ts'
import {
  asRefusal,
  type Engine,
  failKeeping,
  fingerprintOf,
  keepsEffects,
  type Payer,
  payerOf,
  refusalOf,
} from '../ground/engine.ts'
import type {
  Caller,
  CardPlace,
  EndpointCall,
  EndpointServer,
  HeadCall,
  PrepareCall,
  ReadCard,
} from '../host/feature.ts'
import type { CallHead, CallRequest } from '../host/host.ts'
import { messageText } from '../ground/row-text.ts'
import type { GroupWork } from './group-work.ts'
import { lockUsers } from './lock-order.ts'
import { checkStaff, standBehind } from './merchants.ts'
import type { MessageDbRow } from '../ground/store.ts'

export async function callEndpoint(
  engine: Engine,
  server: EndpointServer,
  request: CallRequest,
): Promise<{ answer: unknown; replayed: boolean }> {
  checkCaller(server.endpoint, request.caller)
  const isReading = server.endpoint.method === 'GET'
  const { appId } = request
  const of = shareOf(request)
  const enter = <T>(run: (made: Decision) => Promise<T>): Promise<T> =>
    isReading ? engine.store.reading(of, (tx) => run(new Decision(engine, appId, tx))) : commit(engine, of, run)
  return tellingBugs(engine, server, async () => {
    const prepared = server.prepare === undefined ? undefined : await prepare(engine, server, request)
    const { outgoing, decision, refused, ...result } = await enter(async (made) => {
      const known = isReading ? undefined : await claimKey(made, server.endpoint, request)
      const none = { decision: made, outgoing: undefined, refused: undefined }
      if (known !== undefined) return { answer: known.answer, replayed: true, ...none }
      if (isReading) made.isReading = true
      await checkMember(made, server.endpoint, request)
      const { answer, refused } = await answerOf(server, made, request, prepared)
      assert(!isReading || !made.isDirty, `${server.endpoint.name} reads and may not write`)
      const outgoing = isReading ? undefined : await made.finish()
      if (refused !== undefined) await freeKey(made)
      else if (!isReading) await keepAnswer(made, request, server.endpoint.secretAnswer === true ? null : answer)
      return { answer, replayed: false, decision: made, outgoing, refused }
    })
    if (outgoing !== undefined) decision.publish(outgoing)
    if (refused !== undefined) throw refused
    return result
  })
}

/**
 * [PREP1] What an endpoint does before its decision; nothing when the request was answered before. Nothing of the store
 * is held meanwhile, so it may take its time.
 */
async function prepare(
  engine: Engine,
  server: EndpointServer,
  request: CallRequest,
): Promise<{ readonly value: unknown } | undefined> {
  if (await checkAccess(engine, server, request)) return undefined
  const { query, body } = request
  const heavy = async <T>(work: () => Promise<T>): Promise<T> => {
    const began = engine.elapsed()
    try {
      return await work()
    } finally {
      engine.store.shares?.charge(shareOf(request), engine.elapsed() - began)
    }
  }
  const call: PrepareCall<any> = Object.assign(headCall(engine, request), { query, body, heavy })
  await server.check?.(call)
  return { value: await server.prepare?.(call) }
}

function headCall(engine: Engine, head: CallHead): HeadCall<any> {
  const { appId, caller, params } = head
  return {
    ...{ appId, caller, params, now: engine.now() },
    get actorId() {
      if (caller.kind !== 'user') throw refuse('auth.scope')
      return caller.userId
    },
    fail(code, more) {
      throw refusalOf(engine.registry, code, more)
    },
    read: (run) => engine.store.reading(shareOf(head), run),
  }
}

/** Whose turn and share it takes. */
const shareOf = ({ appId, payer }: CallHead): Payer => (payer === undefined ? { appId } : payerOf(payer))

/** Refuses who may not call. True when the call was answered before: then whoever asks again may hear it. */
function checkAccess(engine: Engine, { endpoint }: EndpointServer, request: CallHead): Promise<boolean> {
  return engine.store.reading(shareOf(request), async (tx) => {
    const decision = new Decision(engine, request.appId, tx)
    decision.isReading = true
    const known = await findKey(decision, endpoint, request)
    if (known === undefined) await checkMember(decision, endpoint, request)
    return known !== undefined && known.answer !== null && endpoint.secretAnswer !== true
  })
}

/** [PREP3] What can be refused of a call before its body is here; the call itself looks again. */
export function checkHead(engine: Engine, server: EndpointServer, head: CallHead): Promise<void> {
  return tellingBugs(engine, server, async () => {
    checkCaller(server.endpoint, head.caller)
    if (!(await checkAccess(engine, server, head))) await server.check?.(headCall(engine, head))
  })
}

/** What is no refusal is a bug, and no caller's business. */
async function tellingBugs<T>(engine: Engine, { endpoint }: EndpointServer, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const told = asRefusal(error)
    if (!(told instanceof Refusal)) engine.onBug(told, endpoint.name)
    throw told instanceof Refusal ? told : refuse('server.bug')
  }
}

/** [IDEM5] A refusal that keeps what was written is an outcome, not a failure. */
async function answerOf(
  server: EndpointServer,
  decision: Decision,
  request: CallRequest,
  prepared: { readonly value: unknown } | undefined,
): Promise<{ readonly answer: unknown; readonly refused: Refusal | undefined }> {
  try {
    if (server.prepare === undefined)
      return { answer: await server.handle(endpointCall(decision, request), undefined), refused: undefined }
    // Its answer was there a moment ago, and is not: the retry comes again.
    if (prepared === undefined) throw refuse('idempotency.in_progress', { retryAfterMs: 1_000 })
    return { answer: await server.handle(endpointCall(decision, request), prepared.value), refused: undefined }
  } catch (error) {
    if (keepsEffects(error)) return { answer: undefined, refused: error }
    throw error
  }
}

function checkCaller(endpoint: Endpoint, caller: Caller): void {
  if (endpoint.by === 'open') return
  if (caller.kind === 'anyone') throw refuse('auth.missing')
  if (endpoint.by === 'server' && caller.kind !== 'server') throw refuse('auth.scope')
  if (endpoint.by !== 'server' && caller.kind === 'server') throw refuse('auth.scope')
  if (endpoint.commerce === true && caller.kind === 'user' && caller.guest) throw refuse('auth.guest_forbidden')
}

/** The role the route asks for, in the group its path names. Strangers learn nothing: `group.not_found`. */
async function checkMember(decision: Decision, endpoint: Endpoint, request: CallHead): Promise<void> {
  const { by, ability } = endpoint
  if (by === 'staff') {
    const userId = request.caller.kind === 'user' ? request.caller.userId : ''
    const merchantId = String(request.params['merchantId'])
    return checkStaff(decision, { merchantId, userId, ability: must(ability, `what ${endpoint.name} asks of staff`) })
  }
  if (by !== 'member' && by !== 'admin' && by !== 'owner') return
  const groupId = String(request.params['groupId'])
  const userId = request.caller.kind === 'user' ? request.caller.userId : ''
  const member = await decision.groupWork(groupId).findMember(userId)
  if (member?.active !== true) throw refuse('group.not_found')
  if (!isAtLeast(member.role, by)) throw refuse('group.permission')
}

function callerName(caller: Caller): string {
  return caller.kind === 'user' ? `user/${caller.userId}` : caller.kind
}

/**
 * The body as text. A file is the same when its bytes and its type are, wherever it lies: said as servers said it that
 * held its bytes in an object with a `toJSON`, so that a retry of what they answered is known.
 */
export function bodyText(endpoint: Endpoint, body: unknown): string {
  if (fileLimitsOf(endpoint) !== undefined) {
    const { sha256, contentType } = body as SentFile
    return JSON.stringify(Object.entries({ bytes: sha256, contentType, toJSON: null }))
  }
  if (typeof body !== 'object' || body === null) return JSON.stringify(body ?? null)
  return JSON.stringify(Object.entries(body))
}

/**
 * Takes the key within this transaction; a second request with it waits for the first to end and then finds its
 * answer. Undefined when the request is the first (or has no key).
 */
async function claimKey(
  decision: Decision,
  endpoint: Endpoint,
  request: CallRequest,
): Promise<{ answer: unknown } | undefined> {
  const { idempotencyKey } = request
  if (idempotencyKey === undefined) return undefined
  const caller = holderOf(endpoint, request)
  const fingerprint = fingerprintOf(JSON.stringify([request.params, bodyText(endpoint, request.body)]))
  const { rows } = await sql`INSERT INTO idempotency (app_id, caller, key, fingerprint, at)
    VALUES (${decision.appId}, ${caller}, ${idempotencyKey}, ${fingerprint}, ${decision.now})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(decision.tx)
  decision.idempotencyKey = { caller, key: idempotencyKey }
  if (rows.length > 0) return undefined
  const row = await findKey(decision, endpoint, request)
  if (row === undefined || row.answer === null) throw refuse('idempotency.in_progress', { retryAfterMs: 1_000 })
  if (row.fingerprint !== fingerprint) throw refuse('idempotency.key_reused')
  // [IDEM6] The key was known; its answer is not.
  return endpoint.secretAnswer === true ? undefined : { answer: JSON.parse(row.answer) }
}
const holderOf = (endpoint: Endpoint, { caller }: CallHead) => `${callerName(caller)} ${endpoint.name}`
async function findKey(
  { appId, tx }: Decision,
  endpoint: Endpoint,
  request: CallHead,
): Promise<{ readonly fingerprint: number; readonly answer: string | null } | undefined> {
  const { idempotencyKey } = request
  if (idempotencyKey === undefined) return undefined
  const { rows } = await sql<{ fingerprint: number; answer: string | null }>`SELECT fingerprint, answer FROM idempotency
    WHERE app_id = ${appId} AND caller = ${holderOf(endpoint, request)} AND key = ${idempotencyKey}`.execute(tx)
  return rows[0]
}
async function keepAnswer(decision: Decision, request: CallRequest, answer: unknown): Promise<void> {
  if (request.idempotencyKey === undefined || decision.idempotencyKey === undefined) return
  const { caller, key } = decision.idempotencyKey
  await sql`UPDATE idempotency SET answer = ${JSON.stringify(answer ?? null)}::json
    WHERE app_id = ${decision.appId} AND caller = ${caller} AND key = ${key}`.execute(decision.tx)
}
/** [IDEM5] */
async function freeKey(decision: Decision): Promise<void> {
  if (decision.idempotencyKey === undefined) return
  const { caller, key } = decision.idempotencyKey
  await sql`DELETE FROM idempotency WHERE app_id = ${decision.appId} AND caller = ${caller} AND key = ${key}`.execute(
    decision.tx,
  )
}

function endpointCall(decision: Decision, request: CallRequest): EndpointCall<any> {
  const { caller } = request
  const open = async (groupId: GroupId): Promise<GroupWork> => {
    const work = decision.groupWork(groupId)
    await (decision.isReading ? work.read() : work.lock())
    return work
  }
  return {
    ...baseCall(decision),
    caller,
    get actorId() {
      if (caller.kind !== 'user') throw refuse('auth.scope')
      return caller.userId
    },
    params: request.params,
    query: request.query,
    body: request.body,
    group: async (groupId: GroupId) => groupCall(await open(groupId)),
    failKeeping: (code: string, more?: RefusalDetail) => failKeeping(decision.engine.registry, code, more),
    card: (card, at) => cardWithin(decision, card, at),
    async readCard<C extends Card<any, any, any, any, any>>(
      card: C,
      { groupId, seq }: CardPlace,
    ): Promise<ReadCard<C>> {
      const row = await readMessage(decision, caller, groupId, seq)
      if (row.kind !== card.kind || row.recalled !== undefined) throw refuse('message.not_found')
      const [body, state] = [row.body as BodyOf<C>, row.state as StateOf<C>]
      const senderId = row.senderId as UserId
      return { tx: decision.tx, appId: decision.appId, groupId, seq, senderId, at: row.at, body, state }
    },
    readMessage: (groupId: GroupId, seq: number) => readMessage(decision, caller, groupId, seq),
    async createGroup(group) {
      if (decision.isReading) throw new Bug('a reading endpoint makes no group')
      const groupId = `grp_${decision.engine.randomHex(16)}`
      const work = decision.groupWork(groupId)
      const settings = { ...defaultSettings, ...group.settings }
      const { name, avatar = '', ownerId, merchantId } = group
      // Before anybody's row: a suspension waits for it, and finds the group.
      const behind =
        merchantId === undefined ? { path: null, isStopped: false } : await standBehind(decision, merchantId)
      await lockUsers(decision, [group.ownerId, ...(group.withUsers ?? [])])
      await work.create({ name, avatar, ownerId, settings, merchantPath: behind.path, isStopped: behind.isStopped })
      await work.addMember(group.ownerId, { role: 'owner', source: 'created' })
      return groupCall(work)
    },
  }
}

async function readMessage(decision: Decision, caller: Caller, groupId: string, seq: number): Promise<MessageRow> {
  const row = await (decision.isReading ? seeMessage : lockMessage)(decision, { groupId, seq })
  if (caller.kind !== 'server') {
    const member = caller.kind === 'user' ? await decision.groupWork(groupId).findMember(caller.userId) : undefined
    if (member?.active !== true || seq <= member.join_seq) throw refuse('message.not_found')
  }
  return JSON.parse(messageText(row).json) as MessageRow
}
async function seeMessage({ appId, tx }: Decision, { groupId, seq }: { groupId: string; seq: number }) {
  const { rows } = await sql<MessageDbRow>`SELECT * FROM messages
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`.execute(tx)
  if (rows[0] === undefined) throw refuse('message.not_found')
  return rows[0]
}
