/** What a host's back end does over HTTP with its API key, for tools: calls that are repeated until answered. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { AnswerOf, Endpoint, MessageRow, ParamsOf, Problem, QueryOf, RequestOf } from '@qun/contract'
import { engineEndpoints } from '@qun/contract'
import { addMembers, createGroupForHost } from '@qun/features/people/membership/contract'
import { putMerchantEndpoint } from '@qun/features/people/merchant/contract'

export interface HostCredentials {
  /** Without a path: `http://127.0.0.1:8080`. */
  readonly url: string
  /** `qsk_…`. */
  readonly apiKey: string
}
export interface Request<E> {
  readonly params?: ParamsOf<E>
  readonly query?: QueryOf<E>
  readonly body?: RequestOf<E>
  /** A user's token, when not the host itself calls. */
  readonly token?: string
  /** The member for whom the host calls. */
  readonly actAs?: string
}

/** People added in one request, and in the request that makes the group; both are the contract's limits. */
const addedMax = 100
const startedMax = 500
/** A server that is away this long does not come back. */
const patienceMs = 90_000

/** The server's refusal of a call. */
export class Refused extends Error {
  readonly problem: Problem
  constructor(name: string, problem: Problem) {
    super(`${name}: ${problem.status} ${problem.code} ${problem.detail ?? ''} ${JSON.stringify(problem.errors ?? '')}`)
    this.problem = problem
  }
}

export class HostApi {
  readonly #credentials: HostCredentials

  constructor(credentials: HostCredentials) {
    this.#credentials = credentials
  }

  /**
   * Calls until there is an answer: a broken connection, 429 and 503 are repeated with the same Idempotency-Key.
   * Throws `Refused` on any other refusal.
   */
  async call<E extends Endpoint<any, any, any, any>>(endpoint: E, request: Request<E>): Promise<AnswerOf<E>> {
    const key = randomUUID()
    const until = performance.now() + patienceMs
    for (;;) {
      const answer = await this.#once(endpoint, request, key).catch((error: unknown) => error as Error)
      if (!(answer instanceof Error)) {
        const value = (await answer.json()) as AnswerOf<E> & Problem
        if (answer.ok) return value
        if (answer.status !== 429 && answer.status !== 503) throw new Refused(endpoint.name, value)
        await pause(Math.min((value.retry_after ?? 0.2) * 1_000, 2_000))
      } else await pause(100)
      if (performance.now() > until)
        throw new Error(`${endpoint.name}: no answer in ${patienceMs} ms`, { cause: answer })
    }
  }

  async #once(endpoint: Endpoint, request: Request<Endpoint>, key: string): Promise<Response> {
    const params = (request.params ?? {}) as Record<string, string | number>
    const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!))
    const url = new URL(`/v1${path}`, this.#credentials.url)
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
    const headers: Record<string, string> = { authorization: `Bearer ${request.token ?? this.#credentials.apiKey}` }
    if (request.actAs !== undefined) headers['qun-act-as'] = request.actAs
    if (endpoint.method !== 'GET') {
      headers['content-type'] = 'application/json'
      headers['idempotency-key'] = key
    }
    const response = await fetch(url, {
      method: endpoint.method,
      headers,
      ...(endpoint.method === 'GET' ? {} : { body: JSON.stringify(request.body ?? {}) }),
    })
    // Read whole here: a connection that breaks within the answer is a connection that broke.
    return new Response(await response.arrayBuffer(), response)
  }

  async putUser(userId: string, name: string): Promise<void> {
    const params = { userId } as ParamsOf<typeof engineEndpoints.upsertUser>
    await this.call(engineEndpoints.upsertUser, { params, body: { name } })
  }

  async mintToken(userId: string): Promise<string> {
    type Mint = RequestOf<typeof engineEndpoints.mint>
    const answer = await this.call(engineEndpoints.mint, { body: { userId, ttlSeconds: 86_400 } as Mint })
    return answer.token
  }

  async putMerchant(merchantId: string, name: string): Promise<void> {
    await this.call(putMerchantEndpoint, { params: { merchantId }, body: { name } })
  }

  /**
   * A group of existing users, the first its owner; any number of them. Everybody may read all of it. A merchant's
   * points are worth something only in the merchant's own groups.
   */
  async makeGroup(name: string, userIds: readonly string[], merchantId?: string): Promise<string> {
    type Create = RequestOf<typeof createGroupForHost>
    const [ownerId, ...others] = userIds
    const settings = { history: 'all', capacity: 20_000 }
    const memberIds = others.slice(0, startedMax)
    const body = {
      ...{ name, ownerId, settings },
      ...(memberIds.length > 0 ? { memberIds } : {}),
      ...(merchantId === undefined ? {} : { merchantId }),
    }
    const { groupId } = await this.call(createGroupForHost, { body: body as Create })
    for (let at = startedMax; at < others.length; at += addedMax)
      await this.addMembers(groupId, others.slice(at, at + addedMax), ownerId!)
    return groupId
  }

  /** `ownerId`: an owner or admin of the group, in whose name the host adds them. */
  async addMembers(groupId: string, userIds: readonly string[], ownerId: string): Promise<void> {
    type Add = typeof addMembers
    await this.call(addMembers, {
      params: { groupId } as ParamsOf<Add>,
      body: { userIds } as unknown as RequestOf<Add>,
      actAs: ownerId,
    })
  }

  /** The whole log as a member who was there from the start sees it, ascending. */
  async readLog(groupId: string, token: string): Promise<MessageRow[]> {
    const messages: MessageRow[] = []
    for (;;) {
      const params = { groupId } as ParamsOf<typeof engineEndpoints.history>
      const query = { after: messages.at(-1)?.seq ?? 0, limit: 200 }
      const page = await this.call(engineEndpoints.history, { params, query, token })
      messages.push(...page.messages)
      if (page.messages.length === 0) return messages
    }
  }
}

/** Runs `work` for every item, `atOnce` at a time, in the items' order. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}
