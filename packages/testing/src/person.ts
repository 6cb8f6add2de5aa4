/** One person of a world: acts through the engine, and watches through a client of their own. */
import type {
  ActionsOf,
  AnswerOf,
  AppId,
  BodyOf,
  Card,
  Endpoint,
  GroupId,
  InputOf,
  MineOf,
  ParamsOf,
  QueryOf,
  RequestOf,
  UserId,
} from '@qun/contract'
import type { Core } from '@qun/core'
import { createClient, createMemoryOutbox, type GroupHandle, type QunClient } from '@qun/sdk'
import { Link } from './link.ts'
import { worldFetch } from './routes.ts'
import { withSentBody } from './sent-file.ts'
import type { WorldTime } from './time.ts'

/** The app of every world. */
export const appId = 'shop' as AppId

export type AskOf<E> = {
  readonly params?: ParamsOf<E>
  readonly query?: QueryOf<E>
  readonly body?: RequestOf<E>
  readonly key?: string
}

/** A message of a world: where it is. */
export interface At {
  readonly groupId: GroupId
  readonly seq: number
}

/** A world as the people in it see it. */
interface Surroundings {
  readonly core: Core
  readonly time: WorldTime
  /** Which node the next call or connection goes to. */
  route(): Core
  settle(): Promise<void>
}

/** One person of the world: acts through the engine, and watches through a client of their own. */
export class Person {
  readonly userId: UserId
  readonly #world: Surroundings
  readonly #handles = new Map<string, GroupHandle>()
  #client: QunClient | undefined
  #link: Link | undefined
  #posts = 0
  #acts = 0

  constructor(world: Surroundings, userId: UserId) {
    this.#world = world
    this.userId = userId
  }
  get client(): QunClient | undefined {
    return this.#client
  }
  get principal() {
    return { appId, userId: this.userId, guest: false }
  }
  /** Starts this person's client. */
  connect(): QunClient {
    if (this.#client !== undefined) return this.#client
    const { core, time } = this.#world
    let chance = 0
    this.#client = createClient({
      url: 'http://world.test',
      token: async () => this.userId,
      fetch: worldFetch(core, appId),
      outbox: createMemoryOutbox(),
      openSocket: () => (this.#link = new Link(this.#world.route(), appId)),
      now: () => time.now(),
      wait: time.wait,
      random: () => (chance = (chance + 0.381966) % 1),
    })
    this.#client.connect()
    return this.#client
  }
  /** Watches a group with this person's client; its view is ready once the world has settled. */
  watch(groupId: GroupId): GroupHandle {
    const handle = this.connect().open(groupId)
    this.#handles.set(groupId, handle)
    return handle
  }
  /** Watches a group and waits for its view. */
  async open(groupId: GroupId): Promise<GroupHandle> {
    const handle = this.watch(groupId)
    await this.#world.settle()
    return handle
  }
  handleOf(groupId: GroupId): GroupHandle | undefined {
    return this.#handles.get(groupId)
  }
  views() {
    return [...this.#handles.values()].map((handle) => handle.get())
  }
  /** The network goes; the client comes back by itself as time passes. */
  cut(): void {
    this.#link?.break(1006, 'cut')
  }

  /** Posts to the shop's group, or another. */
  async post<C extends Card<any, any, any, any, any>>(
    groupId: GroupId,
    card: C,
    body: BodyOf<C>,
    clientId = `${this.userId}-${++this.#posts}`,
  ): Promise<At> {
    const { seq } = await this.#world.route().post({
      appId,
      groupId,
      senderId: this.userId,
      kind: card.kind,
      body,
      clientId,
    })
    return { groupId, seq }
  }
  async act<C extends Card<any, any, any, any, any>, A extends keyof ActionsOf<C> & string>(
    at: At,
    _card: C,
    action: A,
    input: InputOf<C, A>,
    clientId?: string,
  ) {
    // A client gives every action a key.
    return this.#world.route().act({
      principal: this.principal,
      ...at,
      action,
      input,
      clientId: clientId ?? `${this.userId}-a${++this.#acts}`,
    })
  }
  recall(at: At) {
    return this.#world.route().recall(this.principal, at.groupId, at.seq)
  }
  hide(at: At, hidden = true) {
    return this.#world.route().hide(this.principal, at.groupId, at.seq, hidden)
  }
  markRead(at: At) {
    return this.#world.route().read(this.principal, at.groupId, at.seq)
  }
  async mine<C extends Card<any, any, any, any, any> = any>(at: At): Promise<MineOf<C> | null> {
    const { mine } = await this.#world.route().message(this.principal, at.groupId, at.seq)
    return (mine?.body ?? null) as MineOf<C> | null
  }
  call<E extends Endpoint<any, any, any, any>>(endpoint: E, request: AskOf<E> = {}): Promise<AnswerOf<E>> {
    return callEndpoint(this.#world.route(), endpoint, request, { kind: 'user', userId: this.userId, guest: false })
  }
}

export async function callEndpoint<E extends Endpoint<any, any, any, any>>(
  core: Core,
  endpoint: E,
  request: AskOf<E>,
  caller: Parameters<Core['call']>[1]['caller'],
): Promise<AnswerOf<E>> {
  const server = core.registry.endpoints.get(endpoint.name)
  if (server === undefined) throw new Error(`no feature of this world serves ${endpoint.name}`)
  return withSentBody(endpoint, request.body, async (body) => {
    const { answer } = await core.call(server, {
      appId,
      caller,
      params: request.params ?? {},
      query: request.query ?? {},
      body,
      ...(request.key === undefined ? {} : { idempotencyKey: request.key }),
    })
    return answer as AnswerOf<E>
  })
}

/** The code a call was refused with, or null when it was not. */
export async function refusalOf(attempt: Promise<unknown>): Promise<string | null> {
  try {
    await attempt
    return null
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (typeof code === 'string' && code.includes('.')) return code
    throw error
  }
}
