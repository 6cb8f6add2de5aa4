/**
 * Posting: checks what may be posted by whom, then the group commit, or a decision for cards that open with work to do.
 */
import {
  type Card,
  givesOf,
  refuse,
  Refusal,
  type RefusalDetail,
  type Role,
  type SpokenAs,
  type UserId,
} from '@qun/contract'
import { sql } from 'kysely'
import { checkActor, checkAlive } from '../host/access.ts'
import type { Appender } from './append.ts'
import { summaryOf } from '../read/conversations.ts'
import { decide, type Decision } from '../decide/decision.ts'
import { asRefusal, type Engine, fingerprintOf, keyOf, type Payer, refusalOf } from '../ground/engine.ts'
import type { CardServer, OpenCall } from '../host/feature.ts'
import type { PostAttempt } from '../host/guard.ts'
import type { PostRequest, PostResult } from '../host/host.ts'
import { CardWork, checkStateSize } from '../decide/card-work.ts'
import { checkIssuer, shopOf, speakerOf } from '../decide/merchants.ts'
import { checkRisk } from '../decide/risk-check.ts'
import { assert, must } from '../host/assert.ts'

export interface Posting {
  readonly result: Promise<PostResult>
  /** True when the post has its place in the queue already: what is posted next comes after it. */
  readonly isQueued: boolean
}

/**
 * Synchronous up to the first thing that must wait, so that posts of one connection keep their order. `whenClear` tells
 * when the posts queued before are in the log: a post that does not take the queue must not overtake them.
 */
export function startPost(
  engine: Engine,
  appender: Appender,
  request: PostRequest,
  whenClear?: () => Promise<void>,
): Posting {
  const server = engine.registry.cards.get(request.kind)
  if (server === undefined) return refused(refuse('card.unknown_type'))
  const card = server.card as Card
  try {
    assert(
      (request.asServer === true) === (request.senderId === ''),
      'the host posts in nobody’s name, nobody else does',
    )
    checkKind(card, request)
    engine.validators.check(card.body, request.body, '/body')
    const guarded = runGuards(engine, server, request)
    if (!(guarded instanceof Promise)) return postBody(engine, appender, server, request, guarded, whenClear)
    const result = guarded
      .then((body) => postBody(engine, appender, server, request, body, whenClear).result)
      .catch((error: unknown) => {
        throw refusalFrom(engine, error)
      })
    return { result, isQueued: false }
  } catch (error) {
    return refused(refusalFrom(engine, error))
  }
}
function refused(error: unknown): Posting {
  return { result: Promise.reject(error), isQueued: true }
}
/** What the poster is told; whatever is not a refusal is a bug of ours. */
function refusalFrom(engine: Engine, error: unknown): Refusal {
  const told = asRefusal(error)
  if (told instanceof Refusal) return told
  engine.onBug(told, 'post')
  return refuse('server.bug')
}

function checkKind(card: Card, request: PostRequest): void {
  if (card.post.by === 'server' && request.asServer !== true) throw refuse('message.type_forbidden')
  if (card.post.commerce === true && request.guest === true) throw refuse('auth.guest_forbidden')
}

/** The body after all guards; a promise only if one of them needs to wait or the message mentions somebody. */
function runGuards(engine: Engine, server: CardServer, request: PostRequest): unknown {
  const guards = engine.registry.guards.filter(
    (guard) => guard.kinds === undefined || guard.kinds.includes(request.kind),
  )
  if (guards.length === 0) return request.body
  const attempt = attemptOf(engine, request)
  const isScarce = (server.mentions?.(request.body)?.length ?? 0) > 0
  // A retry must not be counted against what is scarce: it is answered before the guards run.
  if (isScarce)
    return isKnown(engine, request).then((known) => (known ? request.body : runFrom(guards, 0, attempt, request.body)))
  const guarded = runFrom(guards, 0, attempt, request.body)
  if (!(guarded instanceof Promise)) return guarded
  // What a guard looked up may have changed since the first try.
  return guarded.catch(async (error: unknown) => {
    if (await isKnown(engine, request)) return request.body
    throw error
  })
}
function runFrom(guards: Engine['registry']['guards'], from: number, attempt: PostAttempt, body: unknown): unknown {
  let current = body
  for (let i = from; i < guards.length; i++) {
    const verdict = guards[i]?.post({ ...attempt, body: current })
    if (verdict instanceof Promise) {
      const held = current
      return verdict.then((rewritten: unknown) => runFrom(guards, i + 1, attempt, rewritten ?? held))
    }
    current = verdict ?? current
  }
  return current
}

async function isKnown(engine: Engine, request: PostRequest): Promise<boolean> {
  const clientKey = keyOf(request.senderId, request.clientId)
  return engine.store.reading(senderOf(request), async (tx) => {
    const { rows } = await sql`SELECT 1 FROM messages WHERE app_id = ${request.appId} AND group_id = ${request.groupId}
      AND client_key = ${clientKey}::uuid`.execute(tx)
    return rows.length > 0
  })
}

function attemptOf(engine: Engine, request: PostRequest): PostAttempt {
  const { appId, groupId, senderId } = request
  const of = senderOf(request)
  const readMember = (userId: string) =>
    engine.store.reading(of, async (tx) => {
      const { rows } = await sql<{
        role: Role
        join_seq: number
        last_seq: number
      }>`SELECT m.role, m.join_seq, g.last_seq FROM members m
        JOIN groups g ON g.app_id = m.app_id AND g.group_id = m.group_id
        WHERE m.app_id = ${appId} AND m.group_id = ${groupId} AND m.user_id = ${userId} AND m.active`.execute(tx)
      return rows[0]
    })
  return {
    appId,
    groupId,
    senderId,
    kind: request.kind,
    body: request.body,
    now: engine.now(),
    fail(code: string, more: RefusalDetail = {}): never {
      throw refusalOf(engine.registry, code, more)
    },
    async readRole() {
      if (request.asServer === true) return 'server'
      return (await readMember(senderId))?.role ?? notInGroup()
    },
    findMembers: (userIds) =>
      engine.store.reading(of, async (tx) => {
        const { rows } = await sql<{ user_id: UserId }>`SELECT user_id FROM members WHERE app_id = ${appId}
          AND group_id = ${groupId} AND user_id = ANY(${[...userIds]}::text[]) AND active`.execute(tx)
        return new Set(rows.map((row) => row.user_id))
      }),
    async sightOf(seq: number) {
      if (request.asServer !== true) {
        const sender = (await readMember(senderId)) ?? notInGroup()
        if (seq <= sender.join_seq || seq > sender.last_seq) return 'unseen'
      }
      const { rows } = await engine.store.reading(of, (tx) =>
        sql<{ recalled_at: number | null }>`SELECT recalled_at FROM messages
          WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`.execute(tx),
      )
      if (rows[0] === undefined) return request.asServer === true ? 'unseen' : 'visible'
      return rows[0].recalled_at === null ? 'visible' : 'recalled'
    },
    decide: (run) => engine.store.transaction(of, run),
  }
}
/** A back end that posts does so at its app's expense, whomever it speaks for. */
function senderOf({ appId, senderId, asServer, byHost }: PostRequest): Payer {
  return asServer === true || byHost === true ? { appId } : { appId, userId: senderId }
}
function notInGroup(): never {
  throw refuse('group.not_found')
}

function postBody(
  engine: Engine,
  appender: Appender,
  server: CardServer,
  request: PostRequest,
  body: unknown,
  whenClear: (() => Promise<void>) | undefined,
): Posting {
  const card = server.card as Card
  const bodyText = JSON.stringify(body)
  const { bodyBytesMax } = engine.limits
  if (bodyText.length > bodyBytesMax || Buffer.byteLength(bodyText) > bodyBytesMax)
    return refused(refuse('card.too_large'))
  const mentions = server.mentions?.(body) ?? []
  const isPlain =
    server.open === undefined &&
    mentions.length === 0 &&
    card.post.by === 'member' &&
    card.post.commerce !== true &&
    givesOf(card, request.body) !== 'issued' &&
    request.asServer !== true &&
    request.as !== true
  // Of what was asked for, not of what the guards made of it: a retry is known before they run.
  const fingerprint = fingerprintOf(
    `${request.as === true ? 'as ' : ''}${request.kind}\n${body === request.body ? bodyText : JSON.stringify(request.body)}`,
  )
  if (!isPlain) {
    const decide = async () => {
      // The host is not asked about itself.
      const isAsked = card.post.commerce === true && request.asServer !== true && engine.risk !== undefined
      if (isAsked && !(await isKnown(engine, request))) await checkRisk(engine, riskOf(request))
      return postDecided(engine, server, request, body, bodyText, fingerprint, mentions)
    }
    const result = engine
      .track(whenClear === undefined ? decide() : whenClear().then(decide))
      .catch((error: unknown) => {
        throw refusalFrom(engine, error)
      })
    return { result, isQueued: false }
  }
  const result = appender.append({
    appId: request.appId,
    groupId: request.groupId,
    senderId: request.senderId,
    clientId: request.clientId,
    clientKey: keyOf(request.senderId, request.clientId),
    fingerprint,
    kind: request.kind,
    body: bodyText,
    state: initialText(card),
    countable: card.countable ?? true,
    summary: card.summary(body),
  })
  return { result, isQueued: true }
}

function riskOf({ appId, senderId, groupId, kind }: PostRequest) {
  return { appId, userId: senderId, groupId, kind, action: 'post' }
}

const initialTexts = new WeakMap<Card, string>()
function initialText(card: Card): string {
  let text = initialTexts.get(card)
  if (text === undefined) initialTexts.set(card, (text = JSON.stringify(card.initial ?? null)))
  return text
}

/** Posts under the group's lock: mentions, reserved kinds, and cards whose `open` has work to do. */
async function postDecided(
  engine: Engine,
  server: CardServer,
  request: PostRequest,
  body: unknown,
  bodyText: string,
  fingerprint: number,
  mentions: readonly string[],
): Promise<PostResult> {
  return decide(engine, senderOf(request), async (decision) => {
    const work = await decision.lockGroup(request.groupId)
    const isHost = request.asServer === true
    const member = isHost ? undefined : await work.findMember(request.senderId)
    if (!isHost && member?.active !== true) throw refuse('group.not_found')
    const known = await findKnown(decision, request)
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw refuse('idempotency.key_reused')
      return { groupId: request.groupId, seq: known.seq, version: known.version, at: known.at, replayed: true }
    }
    checkAlive(work.row)
    const by = (server.card as Card).post.by
    if (!isHost) {
      const role = must(member, 'the sender').role
      if (by !== 'member') checkActor(by, { userId: request.senderId, role }, request.senderId)
      if ((member?.muted_until ?? 0) > decision.now)
        throw refuse('member.muted', { retryAfterMs: (member?.muted_until ?? 0) - decision.now })
      if (work.row.settings['muteAll'] === true && role === 'member') throw refuse('member.muted')
    }
    // [MER2] Of what was asked for and of what the guards made of it: neither may say less than the other.
    if ([request.body, body].some((one) => givesOf(server.card as Card, one) === 'issued'))
      await checkIssuer(decision, work.row.merchant_path, isHost ? undefined : request.senderId)
    // [MER7] What a client shows of itself is never what decides it.
    const spokenAs = await speaker(decision, work.row.merchant_path, server.card as Card, request)
    return {
      groupId: request.groupId,
      ...(await open(decision, work, server, request, { body, bodyText, fingerprint, mentions, spokenAs })),
      replayed: false,
    }
  })
}

/** [MER7] The shop that a post is spoken as, if one: of the host in its own name always, where there is one. */
async function speaker(
  decision: Decision,
  path: readonly string[] | null,
  card: Card,
  { as, asServer, senderId, body }: PostRequest,
): Promise<SpokenAs | undefined> {
  if (asServer !== true) return as === true ? speakerOf(decision, path, senderId) : undefined
  if (card.post.by === 'server') return undefined
  if (path === null) throw refuse('auth.scope', { detail: 'among friends the host has no name of its own' })
  if (givesOf(card, body) === 'own') throw refuse('auth.scope', { detail: 'the host has nothing of its own to give' })
  return shopOf(decision, path)
}

async function findKnown(decision: Decision, request: PostRequest) {
  const { rows } = await sql<{ seq: number; version: number; at: number; fingerprint: number }>`
    SELECT seq, version, at, fingerprint FROM messages WHERE app_id = ${request.appId} AND group_id = ${request.groupId}
      AND client_key = ${keyOf(request.senderId, request.clientId)}::uuid`.execute(decision.tx)
  return rows[0]
}

interface Content {
  readonly body: unknown
  readonly bodyText: string
  readonly fingerprint: number
  readonly mentions: readonly string[]
  readonly spokenAs: SpokenAs | undefined
}
async function open(
  decision: Decision,
  work: Awaited<ReturnType<Decision['lockGroup']>>,
  server: CardServer,
  request: PostRequest,
  { body, bodyText, fingerprint, mentions, ...content }: Content,
): Promise<{ seq: number; version: number; at: number }> {
  const card = server.card as Card
  const seq = work.row.last_seq + 1
  const spokenAs = content.spokenAs === undefined ? null : JSON.stringify(content.spokenAs)
  const draft = new CardWork(
    decision,
    request.groupId,
    {
      seq,
      version: 0,
      sender_id: request.senderId,
      client_id: request.clientId,
      kind: request.kind,
      body: bodyText,
      state: null,
      countable: card.countable ?? true,
      ordinal: 0,
      own: 0,
      at: decision.now,
      recalled_by: null,
      recalled_at: null,
      spoken_as: spokenAs,
    },
    server,
    work.row,
  )
  let state: unknown = card.initial ?? null
  if (server.open !== undefined) {
    const call = Object.defineProperties(draft.call(), { actorId: { value: request.senderId, enumerable: true } })
    state = await server.open(call as unknown as OpenCall<any>)
    decision.engine.validators.assert(card.state, state, `the first state of a ${card.kind}`)
  }
  const stateText = JSON.stringify(state)
  checkStateSize(decision.engine.limits, card.kind, stateText)
  const posted = await work.post({
    senderId: request.senderId,
    clientId: request.clientId,
    fingerprint,
    kind: request.kind,
    body: bodyText,
    state: stateText,
    countable: card.countable ?? true,
    summary: summaryOf(decision.engine.registry, card.kind, body),
    mentions,
    spokenAs,
    byHost: request.asServer === true,
  })
  draft.keep()
  return { seq: posted.seq, version: posted.text.version, at: posted.at }
}
