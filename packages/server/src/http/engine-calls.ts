/** The engine's own endpoints: which method of the engine answers each. */
import { refuse, type engineEndpoints, type GroupId, type RequestOf, type UserId } from '@qun/contract'
import { must, type Core, type Principal } from '@qun/core'
import type { Apps } from '../apps/apps.ts'
import type { Auth } from '../apps/auth.ts'
import { userKey, type Limiter } from '../ground/rates.ts'
import type { RouteAnswer, RouteRequest } from './route.ts'
import type { Telemetry } from '../ground/telemetry.ts'

type EngineCalls = Record<keyof typeof engineEndpoints, (request: RouteRequest) => Promise<RouteAnswer>>

export interface EngineCallsOptions {
  readonly core: Core
  readonly apps: Apps
  readonly auth: Auth
  readonly limiter: Limiter
  readonly telemetry: Telemetry
}

const groupOf = (request: RouteRequest) => request.params['groupId'] as GroupId
const seqOf = (request: RouteRequest) => request.params['seq'] as number
const whoOf = (request: RouteRequest): Principal => must(request.calling.principal, 'a route of users without a user')
const done = (): RouteAnswer => ({ answer: {} })

/** One entry per engine endpoint; params, query and body have passed their schemas. */
export function engineCalls(options: EngineCallsOptions): EngineCalls {
  const { core } = options
  return {
    ...messageCalls(options),
    ...hostCalls(options),
    ...keyCalls(options),
    snapshot: async (request) => ({ answer: await core.snapshot(whoOf(request), groupOf(request)) }),
    changes: async (request) => ({
      answer: await core.changes(whoOf(request), groupOf(request), request.query['from'] as number),
    }),
    members: async (request) => ({ answer: await core.members(whoOf(request), groupOf(request), request.query) }),
    read: async (request) => {
      const { seq } = request.body as RequestOf<typeof engineEndpoints.read>
      return { answer: await core.read(whoOf(request), groupOf(request), seq) }
    },
    conversations: async (request) => ({ answer: await core.conversations(whoOf(request)) }),
    conversation: async (request) => {
      await core.setConversation(whoOf(request), groupOf(request), request.body as object)
      return done()
    },
    me: async (request) => ({ answer: await core.me(whoOf(request)) }),
  }
}

type MessageCall = 'post' | 'history' | 'message' | 'act' | 'recall' | 'hide'

function messageCalls({ core, telemetry }: EngineCallsOptions): Pick<EngineCalls, MessageCall> {
  return {
    post: async (request) => {
      const { clientId, kind, body, as } = request.body as RequestOf<typeof engineEndpoints.post>
      const { appId, principal, isHost } = request.calling
      // A key that speaks for somebody may what they may; for nobody, it is the host in its own name.
      const sender =
        principal === undefined
          ? { senderId: '' as UserId, asServer: true }
          : { senderId: principal.userId, guest: principal.guest, byHost: isHost }
      telemetry.posted('http')
      const startedAt = core.now()
      const posted = await core.post({
        appId,
        groupId: groupOf(request),
        ...sender,
        kind,
        body,
        clientId,
        ...(as === undefined ? {} : { as }),
      })
      telemetry.acknowledged((core.now() - startedAt) / 1_000)
      return { answer: posted, replayed: posted.replayed }
    },
    history: async (request) => ({ answer: await core.history(whoOf(request), groupOf(request), request.query) }),
    message: async (request) => ({ answer: await core.message(whoOf(request), groupOf(request), seqOf(request)) }),
    act: async (request) => ({
      answer: await core.act({
        principal: whoOf(request),
        groupId: groupOf(request),
        seq: seqOf(request),
        action: request.params['action'] as string,
        input: request.body,
        ...(request.idempotencyKey === undefined ? {} : { clientId: request.idempotencyKey }),
      }),
    }),
    recall: async (request) => ({ answer: await core.recall(whoOf(request), groupOf(request), seqOf(request)) }),
    hide: async (request) => {
      const { hidden } = request.body as RequestOf<typeof engineEndpoints.hide>
      await core.hide(whoOf(request), groupOf(request), seqOf(request), hidden)
      return done()
    },
  }
}

function hostCalls({ core, auth, limiter }: EngineCallsOptions): Pick<EngineCalls, 'upsertUser' | 'mint' | 'revoke'> {
  return {
    upsertUser: async (request) => {
      const userId = request.params['userId'] as UserId
      await core.putUser(request.calling.appId, {
        ...(request.body as RequestOf<typeof engineEndpoints.upsertUser>),
        userId,
      })
      return { answer: { userId } }
    },
    mint: async (request) => {
      const wish = request.body as RequestOf<typeof engineEndpoints.mint>
      limiter.check('mint', userKey(request.calling.appId, wish.userId))
      return { answer: await auth.mint(request.calling.appId, wish) }
    },
    revoke: async (request) => {
      const { jti, reason } = request.body as RequestOf<typeof engineEndpoints.revoke>
      if (jti === '') throw refuse('request.invalid', { errors: [{ pointer: '/jti', code: 'request.invalid' }] })
      const userId = request.params['userId'] as UserId
      await auth.revoke(request.calling.appId, userId, {
        erased: reason === 'erased',
        ...(jti === undefined ? {} : { jti }),
      })
      return done()
    },
  }
}

function keyCalls({ apps }: EngineCallsOptions): Pick<EngineCalls, 'keys' | 'revokeKey'> {
  return {
    keys: async ({ calling }) => {
      const { api, signing } = await apps.showKeys(calling.appId)
      const keys = [
        ...api.map(({ keyId, label, createdAt, lastUsedAt, revokedAt }) => ({
          ...{ keyId, kind: 'api', label, createdAt, lastUsedAt, revokedAt },
        })),
        // Who signs asks nobody: when a signing key was last used is known to the host alone.
        ...signing.map(({ keyId, alg, createdAt, revokedAt }) => ({
          ...{ keyId, kind: 'signing', label: alg, createdAt, lastUsedAt: null, revokedAt },
        })),
      ]
      return { answer: { keys: keys.toSorted((a, b) => b.createdAt - a.createdAt) } }
    },
    revokeKey: async ({ calling, params }) => {
      const keyId = String(params['keyId'])
      const isDone =
        (await apps.revokeApiKey(calling.appId, keyId)) || (await apps.retireSigningKey(calling.appId, keyId))
      if (!isDone) throw refuse('key.not_found')
      return done()
    },
  }
}
