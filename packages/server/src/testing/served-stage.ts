/** Scenes of features on a whole server: what they set up is called over HTTP. For tests. */
import { Type, type Endpoint, type GroupId, type TSchema, type UserId } from '@qun/contract'
import { Stage, type At, type Scene, type SceneCall, type World } from '@qun/testing'
import { makeApp, tokenOf, type TestApp, type TestServer } from './test-server.ts'

declare global {
  interface ImportMeta {
    /** Vite's: the modules a pattern names. */
    glob<M>(pattern: string, options: { readonly eager: true }): Record<string, M>
  }
}

/** The features' scenes, by where they lie. */
export function listScenes(): ReadonlyMap<string, Scene> {
  const found = import.meta.glob<{ scenes: Record<string, Scene> }>('../../../../features/src/**/scene.ts', {
    eager: true,
  })
  const all = Object.entries(found).flatMap(([path, { scenes }]) =>
    Object.entries(scenes).map(([name, scene]) => [`${path.split('/').at(-2)} ${name}`, scene] as const),
  )
  return new Map(all)
}

/** A request to a route, with all it takes to be right. */
export interface Asking {
  readonly name: string
  readonly who: string
  readonly endpoint: Endpoint<any, any, any, any>
  /** What its body is held against: of an action, the action's input. */
  readonly body?: TSchema
  readonly ask: {
    readonly params: Readonly<Record<string, unknown>>
    readonly query: Readonly<Record<string, unknown>>
    readonly body?: unknown
  }
}

/** Notes what scenes post. */
export class ServedStage extends Stage {
  readonly posts: { readonly who: string; readonly at: At; readonly kind: string; readonly body: unknown }[] = []
  override async post(who: string, kind: string, body: unknown): Promise<At> {
    const at = await super.post(who, kind, body)
    this.posts.push({ who, at, kind, body })
    return at
  }
}

const people = { ownerId: 'wang', adminIds: ['he'], memberIds: ['li', 'zhao', 'sun'] }
/** The merchant behind the groups. */
const shopId = 'camellia'

/** What scenes need of a world, on a server that listens. */
export class ServedWorld {
  readonly server: TestServer
  readonly app: TestApp
  readonly #world: World
  /** One each while no time passes, as clients have. */
  readonly #tokens = new Map<string, { readonly at: number; readonly token: string }>()

  private constructor(server: TestServer, app: TestApp) {
    this.server = server
    this.app = app
    const { core, store } = server.server
    const mine = async (userId: string, at: At) => {
      const seen = await core.message({ ...this.#who(userId), guest: false }, at.groupId, at.seq)
      return seen.mine?.body
    }
    const parts = {
      ...{ core, store, time: { now: server.clock.now }, route: () => core },
      as: (userId: string) => ({ mine: (at: At) => mine(userId, at) }),
      jump: async (ms: number) => {
        server.clock.pass(ms)
        await core.settle()
      },
    }
    this.#world = parts as unknown as World
  }
  #who(userId: string) {
    return { appId: this.app.appId, userId: userId as UserId }
  }
  static async on(server: TestServer): Promise<ServedWorld> {
    const world = new ServedWorld(server, await makeApp(server.server, 'shop'))
    const { core } = server.server
    for (const userId of ['wang', 'he', 'li', 'zhao', 'sun'])
      await core.putUser(world.app.appId, { userId: userId as UserId, name: userId })
    const stage = new Stage(world.#world, '' as GroupId)
    await stage.call('merchants.put', 'host', {
      params: { merchantId: shopId },
      body: { name: '山茶', programme: 'main' },
    })
    const work = { post: '店长', abilities: ['talk-as', 'moderate', 'issue', 'campaign', 'read-numbers', 'manage'] }
    for (const userId of ['wang', 'he'])
      await stage.call('merchantStaff.put', 'host', { params: { merchantId: shopId, userId }, body: work })
    return world
  }
  async stage(): Promise<ServedStage> {
    const made = await new Stage(this.#world, '' as GroupId).call('groups.createForHost', 'host', {
      body: { name: '排练', merchantId: shopId, ...people },
    })
    return new ServedStage(this.#world, made.groupId)
  }
  /** The key or a token of whoever calls. */
  credentialOf(who: string): string {
    if (who === 'host') return this.app.apiKey
    const now = this.server.clock.now()
    const known = this.#tokens.get(who)
    if (known?.at === now) return known.token
    const token = tokenOf(this.app, who, now)
    this.#tokens.set(who, { at: now, token })
    return token
  }

  /** A call of a scene as a request. */
  askingOf({ name, who, at, params, query, body }: SceneCall): Asking {
    const { routes, core } = this.server.server
    const route = (wanted: string) => {
      const found = routes.find(({ endpoint }) => endpoint.name === wanted)
      if (found === undefined) throw new Error(`no route is called ${wanted}`)
      return found.endpoint
    }
    if (routes.some(({ endpoint }) => endpoint.name === name)) {
      const ask = { params: { ...at, ...(params as object) }, query: { ...query }, body }
      return { name, who, endpoint: route(name), ask }
    }
    const [kind, action] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)]
    const input = core.registry.cards.get(kind)?.card.actions[action]?.input
    if (input === undefined) throw new Error(`nothing is called ${name}`)
    const ask = { params: { ...at, action }, query: {}, body: body ?? {} }
    return { name, who, endpoint: route('messages.act'), body: input, ask }
  }
  /** A post of a scene as a request. */
  postingOf({ who, at, kind, body }: ServedStage['posts'][number]): Asking {
    const card = this.server.server.core.registry.cards.get(kind)?.card
    const endpoint = this.askingOf({ name: 'messages.post', who }).endpoint
    const wanted = Type.Object({ body: card?.body ?? Type.Unknown() })
    const ask = { params: { groupId: at.groupId }, query: {}, body: { kind, body } }
    return { name: `${kind} post`, who, endpoint, body: wanted, ask }
  }
}
