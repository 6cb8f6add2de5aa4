/**
 * What a feature sets up so that its calls can be tried by whoever tries all calls: twice at once, and beside each
 * other. A scene is made anew for each try, in a group of its own. Knows no feature.
 */
import type { GroupId, UserId } from '@qun/contract'
import type { Core } from '@qun/core'
import { transfer } from '@qun/ledger'
import { appId, callEndpoint } from './person.ts'
import type { At } from './person.ts'
import type { World } from './world.ts'

/** One call: of an endpoint by its name, or of an action of a card, `poll.vote`. */
export interface SceneCall {
  readonly name: string
  /** A persona; `host` calls with the API key. */
  readonly who: string
  /** For an action, and for what is done to a message: which. */
  readonly at?: At
  readonly params?: Readonly<Record<string, string | number>> | At
  readonly query?: Record<string, unknown>
  /** The body of an endpoint, or the input of an action. */
  readonly body?: unknown
  /** It is refused as the product ships, for want of what an operator sets. */
  readonly isRefused?: true
}
/** The calls that can be made on what was set up; each must be able to succeed as the first. */
export type Scene = (stage: Stage) => Promise<readonly SceneCall[]>

let stages = 0
let keys = 0
/** Where a scene plays: a group of 王店长's with 小何 as an admin, 小李, 赵阿姨 and 孙老师. */
export class Stage {
  readonly world: World
  readonly groupId: GroupId
  /** Makes what a scene names unlike that of all others. */
  readonly n = ++stages

  constructor(world: World, groupId: GroupId) {
    this.world = world
    this.groupId = groupId
  }
  get inGroup(): { readonly groupId: GroupId } {
    return { groupId: this.groupId }
  }
  get now(): number {
    return this.world.time.now()
  }
  /** Posts as a persona, or as the host. */
  async post(who: string, kind: string, body: unknown): Promise<At> {
    const isHost = who === 'host'
    const { seq } = await this.world.core.post({
      ...{ appId, groupId: this.groupId, kind, body, clientId: `scene-${++keys}` },
      senderId: (isHost ? '' : who) as UserId,
      ...(isHost ? { asServer: true } : {}),
    })
    return { groupId: this.groupId, seq }
  }
  /** Calls an endpoint by its name, on the way to a scene. */
  async call(name: string, who: string, ask: Omit<SceneCall, 'name' | 'who' | 'at'> = {}): Promise<any> {
    return this.make({ name, who, ...ask })
  }
  /** Puts something of worth into an account, as the host fills a fund. */
  async fund(account: string, amount: number, currency = 'points'): Promise<void> {
    const ref = `points/fund/scene/${++keys}`
    const randomHex = (bytes = 16) => (++keys).toString(16).padStart(bytes * 2, '0')
    const legs = [
      { account: 'issuer/scene', amount: -amount },
      { account, amount },
    ]
    await this.world.store.transaction(appId, (tx) =>
      transfer({ tx, appId, now: this.now, randomHex }, { ref, currency, legs, reason: 'points.fund' }),
    )
  }
  /** Makes the call, with a key of its own. */
  make(call: SceneCall): Promise<unknown> {
    const { name, who, at, params, query, body } = call
    const core = this.world.route()
    const key = `scene-${++keys}`
    const engine = engineCalls[name]
    if (engine !== undefined) return engine(core, call, key)
    if (at !== undefined) {
      const action = name.slice(name.lastIndexOf('.') + 1)
      return core.act({ principal: principalOf(who), ...at, action, input: body ?? {}, clientId: key })
    }
    const server = core.registry.endpoints.get(name)
    if (server === undefined) throw new Error(`no feature of this world serves ${name}`)
    const caller = who === 'host' ? ({ kind: 'server' } as const) : ({ kind: 'user', ...principalOf(who) } as const)
    const ask = { key, params: { ...params }, query: query ?? {}, body: body ?? {} }
    return callEndpoint(core, server.endpoint, ask, caller)
  }
}
const principalOf = (who: string) => ({ appId, userId: who as UserId, guest: false })

/** The engine's own endpoints that write; those of the server beside it are not a world's. */
export const engineCalls: Readonly<Record<string, (core: Core, call: SceneCall, key: string) => Promise<unknown>>> = {
  'messages.post': (core, { who, params, body }, clientId) =>
    core.post({
      ...{ appId, senderId: who as UserId, clientId, groupId: paramOf(params, 'groupId') as GroupId },
      ...(body as { kind: string; body: unknown }),
    }),
  'messages.recall': (core, { who, at }) => core.recall(principalOf(who), placeOf(at).groupId, placeOf(at).seq),
  'messages.hide': (core, { who, at, body }) =>
    core.hide(principalOf(who), placeOf(at).groupId, placeOf(at).seq, (body as { hidden: boolean }).hidden),
  'conversations.read': (core, { who, at }) => core.read(principalOf(who), placeOf(at).groupId, placeOf(at).seq),
  'conversations.set': (core, { who, params, body }) =>
    core.setConversation(principalOf(who), paramOf(params, 'groupId') as GroupId, body as { pinned?: boolean }),
  'users.put': (core, { params, body }) =>
    core.putUser(appId, { userId: paramOf(params, 'userId') as UserId, ...(body as { name: string }) }),
}
function placeOf(at: At | undefined): At {
  if (at === undefined) throw new Error('the call names no message')
  return at
}
function paramOf(params: SceneCall['params'], name: string): unknown {
  return (params as Readonly<Record<string, unknown>> | undefined)?.[name]
}
