/** Answers the SDK's HTTP requests in a world without a server: the same routes, straight to the engine. */
import { engineEndpoints, Refusal, type AppId, type Endpoint, type GroupId, type UserId } from '@qun/contract'
import type { Core } from '@qun/core'

interface Asked {
  readonly params: Record<string, string>
  readonly query: Record<string, string>
  readonly body: unknown
  readonly userId: UserId
  readonly key: string | undefined
}
type Answer = (core: Core, appId: AppId, asked: Asked) => Promise<unknown>

const who = (appId: AppId, asked: Asked) => ({ appId, userId: asked.userId, guest: false })
const at = (asked: Asked) => asked.params['groupId'] as GroupId
const seqOf = (asked: Asked) => Number(asked.params['seq'])
const numbers = (query: Record<string, string>) =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, Number(value)]))

const engineAnswers: Partial<Record<keyof typeof engineEndpoints, Answer>> = {
  history: (core, appId, asked) => core.history(who(appId, asked), at(asked), numbers(asked.query)),
  message: (core, appId, asked) => core.message(who(appId, asked), at(asked), seqOf(asked)),
  recall: (core, appId, asked) => core.recall(who(appId, asked), at(asked), seqOf(asked)),
  hide: (core, appId, asked) =>
    core.hide(who(appId, asked), at(asked), seqOf(asked), (asked.body as { hidden: boolean }).hidden).then(() => ({})),
  conversation: (core, appId, asked) =>
    core.setConversation(who(appId, asked), at(asked), asked.body as object).then(() => ({})),
  act: (core, appId, asked) =>
    core.act({
      principal: who(appId, asked),
      groupId: at(asked),
      seq: seqOf(asked),
      action: asked.params['action'] as string,
      input: asked.body,
      ...(asked.key === undefined ? {} : { clientId: asked.key }),
    }),
}

/** A `fetch` for one client; the bearer token is the user's id. */
export function worldFetch(core: Core, appId: AppId): typeof fetch {
  const known = Object.entries(engineAnswers).map(([name, answer]) => ({
    endpoint: engineEndpoints[name as keyof typeof engineEndpoints] as Endpoint,
    answer,
  }))
  return async (input, init) => {
    const url = new URL(String(input))
    const headers = new Headers(init?.headers)
    const asked = {
      query: Object.fromEntries(url.searchParams),
      body: init?.body === undefined || init.body === null ? undefined : JSON.parse(String(init.body)),
      userId: (headers.get('authorization') ?? '').replace('Bearer ', '') as UserId,
      key: headers.get('idempotency-key') ?? undefined,
    }
    const method = init?.method ?? 'GET'
    try {
      for (const { endpoint, answer } of known) {
        const params = endpoint.method === method ? paramsOf(endpoint.path, url.pathname) : undefined
        if (params !== undefined) return Response.json(await answer(core, appId, { ...asked, params }))
      }
      for (const server of core.registry.endpoints.values()) {
        const params = server.endpoint.method === method ? paramsOf(server.endpoint.path, url.pathname) : undefined
        if (params === undefined) continue
        const { answer } = await core.call(server, {
          appId,
          caller: { kind: 'user', userId: asked.userId, guest: false },
          params,
          query: asked.query,
          body: asked.body,
          ...(asked.key === undefined ? {} : { idempotencyKey: asked.key }),
        })
        return Response.json(answer)
      }
      return Response.json({ code: 'route.not_found', status: 404, title: '', retry: 'never' }, { status: 404 })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, kind } = error
      return Response.json(
        { code, status: kind.status, title: kind.title.en, retry: kind.retry },
        { status: kind.status },
      )
    }
  }
}
function paramsOf(path: string, pathname: string): Record<string, string> | undefined {
  const names = path.split('/')
  const parts = pathname.replace(/^\/v1/, '').split('/')
  if (names.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, name] of names.entries()) {
    const part = decodeURIComponent(parts[i] as string)
    if (name.startsWith(':')) params[name.slice(1)] = part
    else if (name !== part) return undefined
  }
  return params
}
