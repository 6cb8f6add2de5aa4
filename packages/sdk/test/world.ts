/** A client and its peer for one test, with time and chance in the test's hand. */
import type { Card } from '@qun/contract'
import { createClient, createMemoryOutbox, type ClientOptions, type GroupView, type QunClient } from '@qun/sdk'
import { chance, Clock, settle } from './clock.ts'
import { Peer } from './peer.ts'

/** The SDK uses of a card only its kind. */
export const text = { kind: 'text' } as unknown as Card<any, any, any, any, any>
export const groupId = 'grp_camellia'

export interface World {
  readonly clock: Clock
  readonly peer: Peer
  readonly client: QunClient
  /** Another client of the same person: the page reloaded. */
  reload(): QunClient
}

export function startWorld(options: Partial<ClientOptions> = {}): World {
  const clock = new Clock()
  const peer = new Peer(clock)
  peer.addGroup(groupId)
  let tokens = 0
  const shared: ClientOptions = {
    url: 'https://chat.example.com',
    token: async () => `token-${++tokens}`,
    openSocket: peer.openSocket,
    outbox: createMemoryOutbox(),
    now: clock.now,
    wait: clock.wait,
    random: chance(7),
    fetch: async () => new Response('{}', { status: 500 }),
    locale: 'en',
    ...options,
  }
  return { clock, peer, client: createClient(shared), reload: () => createClient(shared) }
}

export async function startOnline(options: Partial<ClientOptions> = {}): Promise<World> {
  const world = startWorld(options)
  world.client.connect()
  await settle()
  return world
}

export const wordsOf = (view: GroupView): unknown[] => view.messages.map((message) => message.body)
