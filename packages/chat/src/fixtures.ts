/** All scenes of the product, and the names of the calls that have to stand in one. */
import { clientFrames, engineEndpoints, type ActionContract, type TSchema } from '@qun/contract'
import type { Core } from '@qun/core'
import type { Scene } from '@qun/testing'
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
