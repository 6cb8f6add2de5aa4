/** Decides who is calling a route and whether they may: the credential, `by`, and budgets. Knows no handler. */
import { fileLimitsOf, refuse, type AppId, type Endpoint, type UserId } from '@qun/contract'
import { payerOf as payerOfPrincipal, type Caller, type Principal } from '@qun/core'
import type { Owner } from '@qun/storage'
import type { FastifyRequest } from 'fastify'
import type { Apps } from './apps.ts'
import type { Auth, Credential } from './auth.ts'
import { readSecretly } from './guesses.ts'
import { isStorable } from '../ground/json.ts'
import type { Doors } from '../ground/doors.ts'
import { userKey, type BudgetName, type Limiter } from '../ground/rates.ts'
import { isUserId } from './token.ts'

export interface Calling {
  readonly appId: AppId
  readonly caller: Caller
  /** Whom the engine acts for; undefined for strangers, and for the host unless it named a user. */
  readonly principal: Principal | undefined
  /** The host calls with an API key, for itself or for a user. */
  readonly isHost: boolean
}

export interface CallerOptions {
  readonly auth: Auth
  readonly apps: Apps
  readonly limiter: Limiter
  readonly doors: Doors
}

/** Whose share a request takes: a back end's its app's, whomever it speaks for. */
export function payerOf({ appId, principal }: Calling): Owner {
  return principal === undefined ? { appId } : payerOfPrincipal(principal)
}

type AnyEndpoint = Endpoint<any, any, any, any>

/** Refuses with `auth.` codes and `rate.limited`; nothing of the request's body has been read yet. */
export async function readCalling(
  options: CallerOptions,
  endpoint: AnyEndpoint,
  request: FastifyRequest,
): Promise<Calling> {
  const credential = await readCredential(options, request)
  const calling = await callingOf(options, endpoint, request, credential)
  const { limiter, doors } = options
  if (calling.principal !== undefined || calling.isHost) {
    request.payer = payerOf(calling)
    // Who is refused for asking too often has taken their share all the same.
    await doors.request(request.payer)
  }
  limiter.check('app', calling.appId)
  if (calling.isHost) limiter.check('host', calling.appId)
  else if (calling.principal === undefined) limiter.check('stranger', request.clientAddress)
  else {
    const budget = budgetOf(endpoint)
    if (budget !== undefined) limiter.check(budget, userKey(calling.appId, calling.principal.userId))
  }
  return calling
}

async function readCredential(options: CallerOptions, request: FastifyRequest): Promise<Credential | undefined> {
  const { limiter, auth } = options
  const { authorization } = request.headers
  if (authorization === undefined) return undefined
  return readSecretly(limiter, request.clientAddress, () => auth.readCredential(authorization))
}

async function callingOf(
  options: CallerOptions,
  endpoint: AnyEndpoint,
  request: FastifyRequest,
  credential: Credential | undefined,
): Promise<Calling> {
  const { by } = endpoint
  if (credential === undefined) {
    if (by !== 'open') {
      options.limiter.check('stranger', request.clientAddress)
      throw refuse('auth.missing')
    }
    return {
      appId: await appOfStranger(options.apps, request),
      caller: { kind: 'anyone' },
      principal: undefined,
      isHost: false,
    }
  }
  if (credential.kind === 'server') return callingOfHost(endpoint, request, credential.appId)
  const { appId, userId, guest } = credential.claims
  if (by === 'server') throw refuse('auth.scope', { detail: 'this route is for the host, with an API key' })
  if (guest && endpoint.commerce === true) throw refuse('auth.guest_forbidden')
  return {
    appId,
    caller: { kind: 'user', userId, guest },
    principal: principalOf(request, { appId, userId, guest }),
    isHost: false,
  }
}

/**
 * An API key speaks for the host. With `Qun-Act-As: <userId>` it speaks for that user on routes of users, and may what
 * they may; without it, only routes of the host, those that it may call too, and open ones are served. A browser must
 * never hold one: a request with an Origin is refused.
 */
function callingOfHost(endpoint: AnyEndpoint, request: FastifyRequest, appId: AppId): Calling {
  if (request.headers.origin !== undefined)
    throw refuse('auth.scope', { detail: 'an API key must not be used in a browser' })
  const actAs = request.headers['qun-act-as']
  const isOwn = endpoint.orHost === true && actAs === undefined
  if (endpoint.by === 'server' || endpoint.by === 'open' || isOwn) {
    return { appId, caller: { kind: 'server' }, principal: undefined, isHost: true }
  }
  if (actAs === undefined)
    throw refuse('auth.scope', { detail: 'name a user in Qun-Act-As, or call with a user token' })
  const userId = decodeHeader(String(actAs))
  if (!isUserId(userId) || !isStorable(userId)) {
    throw refuse('request.invalid', {
      detail: 'Qun-Act-As is not a user id',
      errors: [{ pointer: '/Qun-Act-As', code: 'request.invalid' }],
    })
  }
  return {
    appId,
    caller: { kind: 'user', userId, guest: false },
    principal: { appId, userId, guest: false, byHost: true },
    isHost: true,
  }
}

/** Of a reading nobody waits for any more, nothing is read. */
function principalOf({ method, raw }: FastifyRequest, who: Principal): Principal {
  if (method !== 'GET') return who
  return {
    ...who,
    get isGone() {
      return raw.socket.destroyed
    },
  }
}

/** Headers are ASCII, so ids in other scripts arrive percent-encoded. */
function decodeHeader(value: string): UserId | '' {
  try {
    return decodeURIComponent(value) as UserId
  } catch {
    return ''
  }
}

/** A stranger's request concerns the app it names in `Qun-App`, else the only app there is. */
async function appOfStranger(apps: Apps, request: FastifyRequest): Promise<AppId> {
  const named = request.headers['qun-app']
  const app = named === undefined ? undefined : await apps.find(String(named))
  if (app !== undefined) return app.appId
  const all = await apps.list()
  if (named === undefined && all.length === 1) return all[0]!.appId
  throw refuse('request.invalid', {
    detail: 'name the app in Qun-App',
    errors: [{ pointer: '/Qun-App', code: 'request.invalid' }],
  })
}

/** The user's budget a route draws on; undefined when the route counts for itself. */
export function budgetOf(endpoint: AnyEndpoint): BudgetName | undefined {
  if (endpoint.name === 'messages.post') return 'send'
  if (endpoint.name === 'messages.act') return 'act'
  if (fileLimitsOf(endpoint) !== undefined) return 'upload'
  // Ways into a group are guessed at and swept through, whichever feature offers them.
  if (/\.(accept|join|redeem|preview)$/.test(endpoint.name)) return 'join'
  return endpoint.method === 'GET' ? 'read' : 'write'
}
