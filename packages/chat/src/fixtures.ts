/** All scenes of the product, and the names of the calls that have to stand in one. */
import {
  type ActionContract,
  type By,
  clientFrames,
  type Endpoint,
  engineEndpoints,
  givesOf,
  type GroupId,
  type TSchema,
  type UserId,
} from '@qun/contract'
import type { Core, Feature } from '@qun/core'
import {
  appId,
  callEndpoint,
  refusalOf,
  type Scene,
  type SceneCall,
  shopId,
  Stage,
  startWorld,
  type World,
  worthIn,
} from '@qun/testing'
import { cards as cardContracts, endpoints as endpointContracts } from './contract.ts'

declare global {
  interface ImportMeta {
    /** Vite's: the modules a pattern names. */
    glob<M>(pattern: string, options: { readonly eager: true }): Record<string, M>
  }
}

/** The engine's scene: what is done to a message, a conversation, a person. */
const engineScene: Scene = async (stage) => {
  const { groupId } = stage
  const text = await stage.post('li', 'text', { text: '先到先得' })
  const line = { kind: 'text', body: { text: '我要一份' } }
  return [
    { name: 'messages.post', who: 'zhao', params: { groupId }, body: line },
    {
      name: 'messages.post',
      who: 'li',
      params: { groupId },
      body: { kind: 'text', body: { text: '@', mentions: ['sun'] } },
    },
    { name: 'messages.recall', who: 'li', at: text },
    { name: 'messages.hide', who: 'zhao', at: text, body: { hidden: true } },
    { name: 'conversations.read', who: 'zhao', at: text },
    { name: 'conversations.set', who: 'zhao', params: { groupId }, body: { pinned: true } },
    { name: 'users.put', who: 'host', params: { userId: `person${stage.n}` }, body: { name: `新名 ${stage.n}` } },
    { name: 'members.remove', who: 'he', params: { groupId, userId: 'zhao' } },
  ]
}
/** All scenes there are, the features' by where they lie: one more folder brings its own. */
export function listScenes(): ReadonlyMap<string, Scene> {
  const found = import.meta.glob<{ scenes: Record<string, Scene> }>('../../../features/src/**/scene.ts', {
    eager: true,
  })
  const all = Object.entries(found).flatMap(([path, { scenes }]) =>
    Object.entries(scenes).map(([name, scene]) => [`${path.split('/').at(-2)} ${name}`, scene] as const),
  )
  return new Map([['engine', engineScene], ...all])
}

/** Those of the server beside the engine: keys and tokens, which no group or card has a part in. */
const beside = ['tokens.mint', 'tokens.revoke', 'keys.revoke']
/** The names of all endpoints that write and of all actions. */
export function namesOf({ endpoints, cards }: Core['registry']): string[] {
  const engine = Object.values(engineEndpoints).filter(({ name }) => name !== 'messages.act' && !beside.includes(name))
  const all = [...engine, ...[...endpoints.values()].map((server) => server.endpoint)]
  const actions = [...cards.values()].flatMap(({ card }) =>
    Object.keys(card.actions).map((name) => `${card.kind}.${name}`),
  )
  return [...all.filter(({ method }) => method !== 'GET').map(({ name }) => name), ...actions].toSorted()
}

type Input = readonly [name: string, schema: TSchema | undefined]
/** The schemas of all that is sent to a server, and what they are of. */
export function listInputs(): [name: string, schema: TSchema][] {
  const ends = [...Object.values(engineEndpoints), ...endpointContracts]
  const parts = ends.flatMap(({ name, params, query, body }) =>
    Object.entries({ params, query, body }).map(([part, schema]): Input => [`${name} ${part}`, schema]),
  )
  const played = cardContracts.flatMap(({ kind, body, actions }) => [
    [`${kind} body`, body] satisfies Input,
    ...Object.entries(actions as Readonly<Record<string, ActionContract>>).map(([action, { input }]): Input => [
      `${kind}.${action}`,
      input,
    ]),
  ])
  const frames = Object.entries(clientFrames).map(([op, schema]): Input => [`frame ${op}`, schema])
  return [...parts, ...played, ...frames].flatMap(([name, schema]) => (schema === undefined ? [] : [[name, schema]]))
}
// ── wrong callers ──
// Every call of the scenes by everybody who may not make it, by the contracts as they ship.
/** Somebody who calls. */
interface WrongCaller {
  readonly name: string
  readonly userId?: string
  readonly kind: 'user' | 'guest' | 'server' | 'anyone' | 'other app'
}
export interface Tried {
  readonly holes: readonly string[]
  readonly count: number
  /** Of those, calls that their contract says move value, or that act on a card which gives it. */
  readonly valued: number
  /** Of those, actions by somebody who has the role and not the ability. */
  readonly byRole: number
  readonly names: ReadonlySet<string>
}

/** [MER2] Who runs the group and may give nothing of the shop: an admin's role says nothing about its value. */
const admins: readonly WrongCaller[] = [
  { name: 'an admin who works nowhere', userId: 'none', kind: 'user' },
  { name: 'an admin, staff with every ability but to give', userId: 'partly', kind: 'user' },
  { name: 'an admin who worked there once', userId: 'once', kind: 'user' },
  { name: 'an admin, staff of the shop next door', userId: 'next-admin', kind: 'user' },
]
const adminIds = ['he', ...admins.map(({ userId = '' }) => userId)]
const people = { ownerId: 'wang', adminIds, memberIds: ['li', 'zhao', 'sun', 'left'] }
/**
 * Actions by a role on cards that give what a shop issues, which give nothing more by it: they end it, and what was not
 * given goes back. Whatever else a role may do to such a card asks for the ability.
 */
const endings = ['check-in.end', 'group-buy.cancel', 'lucky-draw.cancel']
const stranger: WrongCaller = { name: 'a stranger', userId: 'stranger', kind: 'user' }
const left: WrongCaller = { name: 'who was in the group once', userId: 'left', kind: 'user' }
const nextDoor: WrongCaller = { name: 'staff of the shop next door', userId: 'next', kind: 'user' }
const above: WrongCaller = {
  name: 'staff of the shop with every ability, outside the group',
  userId: 'staff',
  kind: 'user',
}
const nobody: WrongCaller = { name: 'nobody', kind: 'anyone' }
const host: WrongCaller = { name: 'the host’s key', kind: 'server' }
const guest = (who: string): WrongCaller => ({ name: 'a guest', userId: who, kind: 'guest' })
const member = (who: string): WrongCaller => ({ name: 'a member', userId: who, kind: 'user' })
const owner: WrongCaller = { name: 'the owner of the group', userId: 'wang', kind: 'user' }
const foreign = (who: string): WrongCaller => ({
  name: 'the same person of another app',
  userId: who,
  kind: 'other app',
})

interface Contract {
  readonly by: By | Endpoint['by']
  readonly commerce: boolean
  readonly valued: boolean
  readonly isAction: boolean
  readonly needs?: ActionContract['needs']
}
/** What the product ships, whatever the world that is tried serves. */
function contractsOf(features: readonly Feature[]): ReadonlyMap<string, Contract> {
  const found = new Map<string, Contract>()
  const add = (endpoint: Endpoint<any, any, any, any>) => {
    const commerce = endpoint.commerce === true
    found.set(endpoint.name, {
      by: endpoint.by,
      commerce,
      valued: commerce || endpoint.by === 'server' || endpoint.by === 'staff',
      isAction: false,
    })
  }
  for (const endpoint of Object.values(engineEndpoints)) add(endpoint)
  for (const { endpoints = [], cards = [] } of features) {
    for (const { endpoint } of endpoints) add(endpoint)
    for (const { card } of cards)
      for (const [name, { by, commerce, needs }] of Object.entries<ActionContract>(card.actions)) {
        const valued = commerce === true || card.gives !== 'nothing'
        found.set(`${card.kind}.${name}`, { by, commerce: commerce === true, valued, isAction: true, needs })
      }
  }
  return found
}
/** [MER2] Actions by a role on cards that give what a shop issues, of which nobody says whether they give more. */
export function listUndeclared(features: readonly Feature[]): string[] {
  const roles: readonly By[] = ['owner', 'admin']
  return features.flatMap(({ cards = [] }) =>
    cards.flatMap(({ card }) =>
      Object.entries<ActionContract>(card.actions)
        .filter(([, { by, needs }]) => card.gives !== 'nothing' && roles.includes(by) && needs !== 'issue')
        .map(([name]) => `${card.kind}.${name}`)
        .filter((name) => !endings.includes(name)),
    ),
  )
}
/** Everybody who may not make the call. Whoever `who` is may. */
function wrongFor({ by, commerce, isAction, needs }: Contract, { who }: SceneCall): WrongCaller[] {
  if (by === 'open') return []
  const apart = isAction ? [] : [nobody]
  if (by === 'server') return [...apart, stranger, left, nextDoor, above, member('zhao'), owner]
  const guests = commerce ? [guest(who)] : []
  const others = [...apart, foreign(who), ...guests, ...(isAction ? [] : [host])]
  if (by === 'user') return others
  // [MER1] Whoever works elsewhere, or there without the ability, whatever their role in a group.
  if (by === 'staff') return [...others, stranger, left, nextDoor, above, member('zhao'), member('sun'), member('he')]
  const outside = [stranger, left, nextDoor, above]
  const weaker = ['admin', 'owner', 'sender'].includes(by) && who !== 'zhao' ? [member('zhao')] : []
  return [...others, ...outside, ...weaker, ...(needs === 'issue' ? admins : [])]
}

let keys = 0
async function makeAs(stage: Stage, call: SceneCall, { userId = '', kind }: WrongCaller): Promise<unknown> {
  const { core } = stage.world
  const app = kind === 'other app' ? ('other' as typeof appId) : appId
  const principal = { appId: app, userId: userId as UserId, guest: kind === 'guest' }
  const key = `wrong-${++keys}`
  if (call.at !== undefined && core.registry.endpoints.get(call.name) === undefined) {
    const action = call.name.slice(call.name.lastIndexOf('.') + 1)
    return core.act({ principal, ...call.at, action, input: call.body ?? {}, clientId: key })
  }
  const server = core.registry.endpoints.get(call.name)
  if (server === undefined) throw new Error(`no feature of this world serves ${call.name}`)
  const caller =
    kind === 'server' || kind === 'anyone'
      ? ({ kind } as const)
      : ({ kind: 'user', userId: principal.userId, guest: principal.guest } as const)
  const ask = { params: { ...call.params }, query: call.query ?? {}, body: call.body ?? {} }
  if (kind !== 'other app') return callEndpoint(core, server.endpoint, { ...ask, key }, caller)
  return core.call(server, { appId: app, caller, ...ask, idempotencyKey: key })
}

/** Those who are of no group and no shop of the scene, or were. */
async function prepare(world: World): Promise<void> {
  const stage = new Stage(world, world.groupId)
  for (const userId of ['stranger', 'left', 'next', 'staff'])
    await stage.call('users.put', 'host', { params: { userId }, body: { name: userId } })
  await stage.call('merchants.put', 'host', { params: { merchantId: 'next-door' }, body: { name: '隔壁' } })
  const abilities = ['talk-as', 'moderate', 'issue', 'campaign', 'read-numbers', 'manage']
  const hire = (merchantId: string, userId: string) =>
    stage.call('merchantStaff.put', 'host', { params: { merchantId, userId }, body: { post: '店长', abilities } })
  await hire('next-door', 'next')
  await hire(shopId, 'staff')
  for (const { userId = '' } of admins)
    await stage.call('users.put', 'host', { params: { userId }, body: { name: userId } })
  await hire('next-door', 'next-admin')
  await hire(shopId, 'once')
  await stage.call('merchantStaff.remove', 'host', { params: { merchantId: shopId, userId: 'once' } })
  const body = { post: '店长', abilities: abilities.filter((ability) => ability !== 'issue') }
  await stage.call('merchantStaff.put', 'host', { params: { merchantId: shopId, userId: 'partly' }, body })
  // Who left is out of the roles they had, before the scenes give them one.
  await world.settle()
}

/** [MER10] What gives the shop's value gives none of it while the shop is suspended, to those who otherwise may. */
async function tryWhileSuspended(
  stage: Stage,
  calls: readonly SceneCall[],
  contracts: ReadonlyMap<string, Contract>,
): Promise<{ readonly name: string; readonly code: string | null }[]> {
  const { core } = stage.world
  const wang = { appId, userId: 'wang' as UserId, guest: false }
  const given: SceneCall[] = []
  for (const call of calls) {
    const contract = contracts.get(call.name)
    if (call.at === undefined || contract?.isAction !== true || !contract.commerce || contract.by === 'sender') continue
    const { message } = await core.message(wang, call.at.groupId, call.at.seq)
    const card = core.registry.cards.get(message.kind)?.card
    if (card !== undefined && message.body !== null && givesOf(card, message.body) === 'issued') given.push(call)
  }
  if (given.length === 0) return []
  const suspend = async (suspended: boolean) => {
    await stage.call('merchants.suspend', 'host', { params: { merchantId: shopId }, body: { suspended } })
    await stage.world.settle()
  }
  await suspend(true)
  const told = []
  for (const call of given) told.push({ name: call.name, code: await refusalOf(stage.make(call)) })
  await suspend(false)
  return told
}

/** `shipped` says who may; `served` is what is tried. */
export async function tryWrongCallers(options: {
  readonly shipped: readonly Feature[]
  readonly served: readonly Feature[]
  readonly scenes: ReadonlyMap<string, Scene>
}): Promise<Tried> {
  const contracts = contractsOf(options.shipped)
  await using world = await startWorld({ features: options.served, watching: [] })
  await prepare(world)
  const holes: string[] = []
  const names = new Set<string>()
  let count = 0
  let valued = 0
  let byRole = 0
  for (const scene of options.scenes.values()) {
    const first = new Stage(world, world.groupId)
    const body = { name: '排练', merchantId: shopId, ...people }
    const { groupId } = (await first.call('groups.createForHost', 'host', { body })) as { groupId: GroupId }
    const stage = new Stage(world, groupId)
    await stage.call('members.remove', 'wang', { params: { groupId, userId: 'left' }, body: {} })
    const calls = await scene(stage)
    await world.settle()
    const before = await worthIn(world)
    for (const call of calls) {
      const contract = contracts.get(call.name)
      // The engine's own calls are walled by the server's tests, on the wire.
      if (contract === undefined || (call.name in engineCallNames && !contract.isAction)) continue
      for (const caller of wrongFor(contract, call)) {
        const told = await refusalOf(makeAs(stage, call, caller))
        count++
        valued += contract.valued ? 1 : 0
        names.add(call.name)
        const isAdmin = admins.includes(caller)
        byRole += isAdmin ? 1 : 0
        if (isAdmin && told !== null && told !== 'merchant.not_issuer')
          holes.push(`${caller.name}: ${call.name}, refused ${told} alone`)
        // In their own app they may do as they like; that nothing of this one moved is looked at below.
        const isApart = caller.kind === 'other app' && contract.by === 'user'
        if ((told === null && !isApart) || told === 'server.bug') holes.push(`${caller.name}: ${call.name}`)
      }
    }
    await world.settle()
    const after = await worthIn(world)
    if (after !== before) holes.push(`something of worth moved: ${calls.map(({ name }) => name).join(', ')}`)
    // Nobody was refused for want of what the call needs: whoever may makes it now.
    const [one] = calls
    const told = one === undefined || one.isRefused === true ? null : await refusalOf(stage.make(one))
    if (told !== null) holes.push(`whoever may was refused as well: ${one?.name} ${told}`)
    for (const { name, code } of await tryWhileSuspended(stage, calls, contracts)) {
      count++
      valued++
      if (code !== 'merchant.suspended') holes.push(`whoever may, while the shop is suspended: ${name} ${code}`)
    }
  }
  return { holes: [...new Set(holes)], count, valued, byRole, names }
}
const engineCallNames: Readonly<Record<string, true>> = Object.fromEntries(
  Object.values(engineEndpoints).map(({ name }) => [name, true as const]),
)
