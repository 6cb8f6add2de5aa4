/** What one person with a token can ask for over HTTP, all at once: every route they may call, dear ones more often. */
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { engineEndpoints, fileLimitsOf, type Endpoint } from '@qun/contract'
import { features } from '@qun/chat/server'
import { sampleOf } from '@qun/server/samples'
import type { WickedPlan } from './plan.ts'
import type { Pressure } from './pressure.ts'
import { type Asked, type Asker, lost, type Told } from './talker.ts'

type AnyEndpoint = Endpoint<any, any, any, any>
export const everyEndpoint: readonly AnyEndpoint[] = [
  ...(Object.values(engineEndpoints) as AnyEndpoint[]),
  ...features.flatMap((feature) => feature.endpoints ?? []).map(({ endpoint }) => endpoint as AnyEndpoint),
]
/** These would only make the requests after them easy to refuse. */
const leftOut = new Set(['groups.disband', 'groups.transfer', 'members.leave', 'tokens.revoke'])

/** A text of the greatest size that holds nothing but letters. */
export const longText = '群'.repeat(5_000)
export interface Wicked {
  readonly plan: WickedPlan
  readonly userId: string
  readonly token: string
  readonly asker: Asker
  readonly pressure: Pressure
  /** Files of pictures with forty million pixels. */
  readonly picture: Buffer
}

/** A group to ask about: the giant one, one with good people, one of their own. */
export function groupOf({ giantId, sharedIds, ownIds }: WickedPlan, number: number): string {
  const others = number % 2 === 0 ? sharedIds : ownIds
  return number % 3 === 0 || others.length === 0 ? giantId : others[number % others.length]!
}

/** What a query is asked for the most with. */
const wide: Record<string, string> = { limit: '200', after: '0', from: '0', option: '0', words: 'a', day: '2026-01-01' }
/** A request to an endpoint that fits its contract, the largest where a page has a size. */
export function requestTo(endpoint: AnyEndpoint, plan: WickedPlan, number: number): Omit<Asked, 'token'> {
  const victim = plan.victims[number % plan.victims.length]!
  const needsOwn = endpoint.by === 'admin' || endpoint.by === 'owner'
  const groupId = needsOwn ? plan.ownIds[number % plan.ownIds.length]! : groupOf(plan, number)
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const known: Record<string, string> = { groupId, userId: victim, seq: String(1 + (number % 40)) }
    const schema = (endpoint.params?.properties as Record<string, never> | undefined)?.[name]
    return encodeURIComponent(known[name] ?? String(sampleOf(schema)))
  })
  const query = new URLSearchParams()
  const needed = (endpoint.query?.required ?? []) as string[]
  for (const [name, schema] of Object.entries((endpoint.query?.properties ?? {}) as Record<string, never>)) {
    const value = wide[name] ?? (needed.includes(name) ? String(sampleOf(schema)) : undefined)
    if (value !== undefined) query.set(name, value)
  }
  const search = query.size > 0 ? `?${query.toString()}` : ''
  const body = endpoint.body === undefined ? undefined : bodyOf(endpoint, plan, number)
  const key = endpoint.method === 'GET' ? {} : { key: `${endpoint.name}-${process.pid}-${number}` }
  return { method: endpoint.method, path: path + search, ...(body === undefined ? {} : { body }), ...key }
}
function bodyOf(endpoint: AnyEndpoint, { victims, userIds }: WickedPlan, number: number): object {
  const some = (count: number) =>
    Array.from({ length: count }, (_, at) => victims[(number * 31 + at) % victims.length]!)
  const distinct = (count: number) => [...new Set(some(count))]
  const [ownerId] = userIds
  const bodies: Record<string, object> = {
    'members.add': { userIds: distinct(100) },
    'groups.create': { name: `Wicked ${number}`, memberIds: distinct(40) },
    'groups.createForHost': {
      name: `Wicked ${number}`,
      ownerId,
      memberIds: distinct(500).filter((id) => id !== ownerId),
    },
    'groups.change': { name: `Wicked ${number}` },
    'users.put': { name: `Wicked ${number}` },
    'messages.post': { clientId: `h${process.pid}-${number}`, kind: 'text', body: { text: longText } },
    'conversations.read': { seq: 1 + (number % 40) },
  }
  return bodies[endpoint.name] ?? (sampleOf(endpoint.body) as object)
}

const routesFor = (isRead: boolean) =>
  everyEndpoint.filter(
    (endpoint) =>
      endpoint.by !== 'server' &&
      (endpoint.method === 'GET') === isRead &&
      fileLimitsOf(endpoint) === undefined &&
      !leftOut.has(endpoint.name) &&
      !['messages.post', 'messages.act', 'media.get'].includes(endpoint.name),
  )
/** What costs a server most by its own account: asked for as often as all others together. */
const dear = ['conversations.list', 'members.list', 'groups.changes', 'messages.list', 'groups.get', 'products.search']

export function readAll({ plan, token, asker, pressure }: Wicked): void {
  const routes = routesFor(true)
  const dearRoutes = routes.filter(({ name }) => dear.includes(name))
  pressure.press(6, async (number) => {
    const list = number % 2 === 0 ? routes : dearRoutes
    const endpoint = list[(number >> 1) % list.length]!
    return [endpoint.name, await asker.ask({ ...requestTo(endpoint, plan, number), token })]
  })
  let cursor = ''
  pressure.press(1, async () => {
    const path = `/groups/${plan.giantId}/members?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const told = await asker.ask({ method: 'GET', path, token })
    if (told.status === 200) cursor = (JSON.parse(told.body) as { cursor: string | null }).cursor ?? ''
    return ['members.list, in order', told]
  })
}
export function writeAll({ plan, token, asker, pressure }: Wicked): void {
  const routes = routesFor(false)
  pressure.press(4, async (number) => {
    const endpoint = routes[number % routes.length]!
    return [endpoint.name, await asker.ask({ ...requestTo(endpoint, plan, number), token })]
  })
}

/** Texts of the greatest size, each then edited into another of the greatest size as often as actions are taken. */
export function editMuch({ plan, token, asker, pressure }: Wicked): void {
  const groupIds = plan.sharedIds.length > 0 ? plan.sharedIds : [plan.giantId]
  let sent: { readonly groupId: string; readonly seq: number } | undefined
  let edits = 0
  pressure.press(1, async (number) => {
    const isOfMany = number % 2 === 0
    const groupId = isOfMany ? plan.giantId : groupIds[number % groupIds.length]!
    const mentions = plan.victims.slice(number % 100, (number % 100) + 50)
    const wish = { text: longText, ...(isOfMany ? { mentions } : {}) }
    const body = {
      clientId: `e${process.pid}-${plan.userIds[0]}-${token.slice(-8)}-${number}`,
      kind: 'text',
      body: wish,
    }
    const told = await asker.ask({ method: 'POST', path: `/groups/${groupId}/messages`, token, body })
    if (told.status < 300 && told.status > 0 && !isOfMany) {
      sent = { groupId, seq: (JSON.parse(told.body) as { seq: number }).seq }
      edits = 0
    }
    return ['post of the largest text', told]
  })
  pressure.press(1, async (number) => {
    if (sent === undefined) return undefined
    const { groupId, seq } = sent
    const body = { text: longText.slice(0, -2) + String(number % 90).padStart(2, '0'), ifEdits: edits }
    const path = `/groups/${groupId}/messages/${seq}/actions/edit`
    const told = await asker.ask({ method: 'POST', path, token, body, key: `${token.slice(-8)}-${seq}-${number}` })
    if (told.status === 200) edits += 1
    return ['edit to the largest text', told]
  })
  pressure.press(2, async (number) => {
    const path = `/groups/${groupIds[0]}/messages/${plan.pollSeq}/actions/vote`
    const body = { choices: [number % 3] }
    return ['vote', await asker.ask({ method: 'POST', path, token, body, key: `${token.slice(-8)}-v${number}` })]
  })
}

/** Pictures of forty million pixels, and uploads of the largest size that come as slowly as they may. */
export function uploadMuch(wicked: Wicked): void {
  const { plan, token, asker, pressure, picture } = wicked
  const path = `/groups/${plan.giantId}/media`
  pressure.press(6, async () => [
    'picture',
    await asker.ask({ method: 'POST', path, token, body: picture, type: 'image/png' }),
  ])
  pressure.press(6, async () => ['slow upload', await uploadSlowly(wicked, `/v1${path}`)])
}
/** All but the last byte, spread over fifty seconds; then nothing more. */
function uploadSlowly({ plan, token, pressure }: Wicked, path: string): Promise<Told> {
  const bytes = 20 * 1_048_576
  const piece = Buffer.alloc(bytes / 100)
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'image/png', 'content-length': String(bytes) }
    const { host, port } = plan
    const asking = request({ host, port, method: 'POST', path, headers }, (answer) => {
      answer.resume()
      const { 'retry-after': after = '0' } = answer.headers
      resolve({ status: answer.statusCode ?? 0, code: '', retryAfterMs: Number(after) * 1_000, body: '' })
      asking.destroy()
    })
    asking.on('error', () => resolve(lost))
    const drip = async () => {
      for (let at = 0; at < 99 && !pressure.isOver && !asking.destroyed; at += 1) {
        asking.write(piece)
        await pause(500)
      }
      if (pressure.isOver) asking.destroy()
    }
    void drip()
  })
}

/** Answers are of no interest: the same cheap request again and again, whatever was said. */
export function hammer({ token, asker, pressure }: Wicked): void {
  pressure.press(8, async () => {
    const told = await asker.ask({ method: 'GET', path: '/me', token })
    return ['hammering', { ...told, retryAfterMs: 0 }]
  })
}
/** Into a group by its link and out again. */
export function comeAndGo({ plan, token, asker, pressure, userId }: Wicked): void {
  const groupId = plan.ownIds[0]!
  let code = ''
  pressure.press(1, async (number) => {
    if (code === '') {
      const made = await asker.ask({
        method: 'POST',
        path: `/groups/${groupId}/join-links`,
        token,
        body: {},
        key: `l${userId}${number}`,
      })
      if (made.status < 300 && made.status > 0) code = (JSON.parse(made.body) as { code?: string }).code ?? 'none'
      return ['joinLinks.create', made]
    }
    const path = number % 2 === 0 ? `/groups/${groupId}/leave` : `/invites/${code}/accept`
    return ['come and go', await asker.ask({ method: 'POST', path, token, body: {}, key: `j${userId}${number}` })]
  })
}
