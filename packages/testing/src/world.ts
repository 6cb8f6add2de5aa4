/** A whole system in one process, on a database of its own, with time and chance in the test's hand. */
import { createInProcessBus, type Bus } from '@qun/bus'
import {
  mainMerchant,
  type AnswerOf,
  type Card,
  type Endpoint,
  type GroupId,
  type Issuer,
  type StateOf,
  type UserId,
} from '@qun/contract'
import {
  auditsOf,
  createCore,
  migrationsOf,
  putMerchant,
  setStaff,
  type Core,
  type Feature,
  type Limits,
  type RiskPort,
} from '@qun/core'
import { migrate, openStore, type Store } from '@qun/storage'
import { borrowDatabase } from '@qun/storage/lending'
import { templateDatabase, templateName } from '@qun/storage/testing'
import { CompiledQuery, sql } from 'kysely'
import { inject } from 'vitest'
import { Listener } from './listener.ts'
import { appId, type AskOf, type At, callEndpoint, Person } from './person.ts'
import { personas, type PersonaName } from './personas.ts'
import { Statements } from './statements.ts'
import { differences } from './proof.ts'
import { turns, WorldTime } from './time.ts'

export interface WorldOptions {
  readonly features: readonly Feature[]
  readonly limits?: Partial<Limits>
  readonly bus?: Bus
  readonly risk?: RiskPort
  /** Settings of the shop's group. */
  readonly history?: 'none' | 'recent' | 'all'
  /** Who has a client that watches the shop's group from the start; all personas unless given. */
  readonly watching?: readonly PersonaName[]
}
/**
 * The shop's group stands: 王店长 owns it, 小何 is an admin, 小李, 赵阿姨 and 孙老师 are members; 老周 is not.
 * Each member has a client that hears frames only; when the world ends, each is compared with the store.
 */
export async function startWorld(options: WorldOptions): Promise<World> {
  const migrations = migrationsOf(options.features)
  const template = await templateDatabase({
    adminUrl: inject('pgUrl'),
    name: templateName(migrations),
    prepare: async (url) => {
      const store = await openStore({ url })
      await migrate(store, migrations, () => 0)
      await store.close()
    },
  })
  const loan = await borrowDatabase(template)
  const time = new WorldTime()
  const bugs: unknown[] = []
  const statements = new Statements()
  let counter = 0
  const shared = options.bus ?? createInProcessBus()
  const startNode = async (node: NodeOptions): Promise<WorldNode> => {
    const store = await loan.openStore({ poolSize: 6, sqlLog: statements.note })
    const { reading, transaction, lane } = store
    Object.assign(store, node.store?.({ reading, transaction, lane }))
    const starting = createCore({
      store,
      // The template has those of the first node; a node of another release brings its own.
      isMigrated: node.features === undefined,
      bus: node.bus ?? shared,
      features: node.features ?? options.features,
      now: node.now ?? (() => time.now()),
      elapsed: () => time.now(),
      wait: time.wait,
      limits: { ...options.limits, ...node.limits },
      ...(node.isBusy === undefined ? {} : { isBusy: node.isBusy }),
      ...(options.risk === undefined ? {} : { risk: options.risk }),
      randomHex: (bytes) =>
        (++counter)
          .toString(16)
          .padStart(bytes * 2, '0')
          .slice(-bytes * 2),
      onBug: (error, where) => bugs.push(new Error(`a bug in ${where}`, { cause: error })),
    })
    try {
      return { core: await starting, store }
    } catch (error) {
      await store.close()
      throw error
    }
  }
  const first = await startNode({}).catch(async (error: unknown) => {
    await loan.giveBack()
    throw error
  })
  const end = async () => {
    const faults = await statements.faults(loan.url).finally(() => loan.giveBack())
    if (faults.length > 0) throw new Error(`statements grow with the tables:\n${faults.join('\n')}`)
  }
  const seen = { core: first.core, store: statements.silent(first.store) }
  const world = new World(seen, time, bugs, startNode, { url: loan.url, end }, statements)
  await world.open(options.history ?? 'none', options.watching ?? (Object.keys(personas) as PersonaName[]))
  return world
}

/** Another server process over the same store, as far as the engine can tell. */
export interface NodeOptions {
  /** The world's unless given; on a bus of its own a node hears nothing of the others. */
  readonly bus?: Bus
  /** Other features than the first node: an older or newer release. */
  readonly features?: readonly Feature[]
  /** Its own clock. */
  readonly now?: () => number
  readonly limits?: Partial<Limits>
  readonly isBusy?: () => boolean
  /** Stands between the engine and the store: a test delays or fails calls with it. */
  readonly store?: (store: StoreCalls) => Partial<StoreCalls>
}
type StoreCalls = Pick<Store, 'reading' | 'transaction' | 'lane'>
interface WorldNode {
  readonly core: Core
  readonly store: Store
}

/** A bug with what caused it. */
const told = (bug: unknown): string =>
  bug instanceof Error && bug.cause !== undefined ? `${bug}: ${String(bug.cause)}` : String(bug)

/** The merchant behind the shop's groups. */
export const shopId = 'camellia'
/** The same as budgets name it. */
export const shopIssuer: Issuer = { merchantId: shopId, timeZone: 'Asia/Shanghai' }
/** Clients and engine may answer each other for ever. */
const settleRoundsMax = 4

export class World implements AsyncDisposable {
  readonly core: Core
  readonly store: Store
  readonly time: WorldTime
  /** What its nodes sent to the database. */
  readonly statements: Statements
  /** Its database, for what an operator runs beside the server. */
  readonly url: string
  /** Which node the next call or connection of a person goes to; the first unless a test says otherwise. */
  route: () => Core = () => this.core
  /** The shop's group. */
  groupId = '' as GroupId
  readonly #bugs: unknown[]
  readonly #startNode: (options: NodeOptions) => Promise<WorldNode>
  readonly #end: () => Promise<void>
  readonly #nodes: WorldNode[]
  readonly #people = new Map<string, Person>()
  readonly #listeners: Listener[] = []
  #groups = 1

  constructor(
    first: WorldNode,
    time: WorldTime,
    bugs: unknown[],
    startNode: (options: NodeOptions) => Promise<WorldNode>,
    database: { readonly url: string; readonly end: () => Promise<void> },
    statements: Statements,
  ) {
    this.url = database.url
    this.statements = statements
    this.core = first.core
    this.store = first.store
    this.time = time
    this.#nodes = [first]
    this.#bugs = bugs
    this.#startNode = startNode
    this.#end = database.end
  }
  /** A second, third … engine on the same database; it ends with the world. */
  async startNode(options: NodeOptions = {}): Promise<Core> {
    const node = await this.#startNode(options)
    this.#nodes.push(node)
    return node.core
  }
  /** A connection of `name` at the level of frames. */
  listen(
    name: PersonaName | (string & {}),
    options: { readonly core?: Core; readonly resume?: { readonly epoch?: string; readonly version?: number } } = {},
  ): Listener {
    const listener = new Listener(options.core ?? this.core, this.as(name).principal, options.resume)
    this.#listeners.push(listener)
    return listener
  }
  /** The bugs reported so far, taken by a test that expects them: the world's end reports the others. */
  takeBugs(): unknown[] {
    return this.#bugs.splice(0)
  }
  async open(history: 'none' | 'recent' | 'all', watching: readonly PersonaName[]): Promise<void> {
    for (const [userId, { name, badge }] of Object.entries(personas)) {
      await this.core.putUser(appId, { userId: userId as UserId, name, badge })
    }
    await this.#hire(['wang', 'he'])
    this.groupId = await makeGroup(this.core, {
      merchantId: shopId,
      name: '山茶咖啡·老友群',
      ownerId: 'wang',
      adminIds: ['he'],
      memberIds: ['li', 'zhao', 'sun'],
      settings: { history },
    })
    for (const name of watching) this.as(name).watch(this.groupId)
    await this.settle()
  }

  /** A persona, or any other user id. */
  as(name: PersonaName | (string & {})): Person {
    let person = this.#people.get(name)
    if (person === undefined) this.#people.set(name, (person = new Person(this, name as UserId)))
    return person
  }
  /** A second client of somebody; the world compares it, too, at its end. */
  anotherDevice(name: PersonaName | (string & {})): Person {
    const device = new Person(this, name as UserId)
    this.#people.set(`${name} device ${this.#people.size}`, device)
    return device
  }
  /** Another group of the shop: the first named owns it and gives in it as staff do, the others are members. */
  async makeGroup(names: readonly string[], settings: object = {}): Promise<GroupId> {
    const [ownerId, ...memberIds] = names
    if (ownerId !== undefined) await this.#hire([ownerId])
    return makeGroup(this.core, { merchantId: shopId, name: `群 ${++this.#groups}`, ownerId, memberIds, settings })
  }
  /** A friends' group 好友群, of no merchant: the first named owns it. */
  makeFriendsGroup([ownerId, ...memberIds]: readonly string[]): Promise<GroupId> {
    return makeGroup(this.core, { name: `群 ${++this.#groups}`, ownerId, memberIds })
  }
  /** They may give what is the shop's. */
  async #hire(userIds: readonly string[]): Promise<void> {
    await this.store.transaction(appId, async (tx) => {
      const call = { tx, appId, now: this.time.now() }
      // The host's own points: what it grants without naming a merchant is worth something in the shop's groups.
      await putMerchant(call, { merchantId: shopId, name: '山茶咖啡', programme: mainMerchant })
      const work = { post: '店长', abilities: ['issue', 'moderate', 'talk-as'] as const }
      for (const userId of userIds) await setStaff(call, { merchantId: shopId, userId }, work)
    })
  }
  /** The host, with its API key. */
  asServer() {
    return {
      call: <E extends Endpoint<any, any, any, any>>(endpoint: E, request: AskOf<E>): Promise<AnswerOf<E>> =>
        callEndpoint(this.core, endpoint, request, { kind: 'server' }),
    }
  }
  /**
   * Lets time go by at once: what falls due on the way runs late, at the end. For days, of which each ping of a client
   * would be a step.
   */
  async jump(ms: number): Promise<void> {
    this.time.moveTo(this.time.now() + ms)
    await this.settle()
  }
  /** Lets time pass; whatever falls due on the way runs when it does. */
  async pass(ms: number): Promise<void> {
    const until = this.time.now() + ms
    await this.settle()
    for (;;) {
      const next = Math.min(until, this.time.nextAt(until) ?? until, await this.#nextDueAt())
      this.time.moveTo(next)
      await this.settle()
      if (this.time.now() >= until) return
    }
  }
  /**
   * Counts the tables for the planner, which nobody does by themselves in a test's database: a world that grows large
   * is slow without, for any index looks as good as another.
   */
  async analyze(): Promise<void> {
    await sql`ANALYZE`.execute(this.store.db)
  }
  /** When the next job or reaction falls due, tries that failed included; infinite when there is none. */
  async #nextDueAt(): Promise<number> {
    const { rows } = await this.store.reading('*', (tx) =>
      sql<{ at: number | null }>`SELECT min(at) AS at FROM (
        SELECT greatest(run_at, lease_until) AS at FROM jobs WHERE attempts < ${this.core.limits.attemptsMax}
        UNION ALL SELECT lease_until FROM reaction_queue WHERE attempts < ${this.core.limits.attemptsMax}) t
        WHERE at > ${this.time.now()}`.execute(tx),
    )
    return rows[0]?.at ?? Number.POSITIVE_INFINITY
  }
  /** Runs all that is due or under way, until nothing is. */
  async settle(): Promise<void> {
    for (let round = 0; round < settleRoundsMax; round++) {
      await turns()
      for (const { core } of this.#nodes) await core.settle()
      // What clients were told, they answer within these turns; what one node did, another may have heard.
      await turns()
      if (this.#nodes.every(({ core }) => core.isSettled())) return
    }
  }
  /** The state of a card as its members see it. */
  async read<C extends Card<any, any, any, any, any>>(at: At, _card: C): Promise<StateOf<C>> {
    const { message } = await this.core.message({ appId, userId: 'wang' as UserId, guest: false }, at.groupId, at.seq)
    return message.state as StateOf<C>
  }
  /** Compares every client with the store, audits all rows, reports every bug; called by itself at the end. */
  async prove(): Promise<void> {
    await this.settle()
    const found: string[] = []
    for (const person of this.#people.values()) {
      const client = person.client
      if (client === undefined || client.connection.get() !== 'online') continue
      found.push(...(await differences(this.core, this.store, appId, client, person.views())))
    }
    found.push(...(await this.#audit()))
    if (this.#bugs.length > 0) {
      const bugs = this.#bugs.splice(0)
      throw new AggregateError(bugs, `the engine reported bugs:\n${bugs.map(told).join('\n')}`)
    }
    if (found.length > 0) throw new Error(`the world does not hold:\n${found.join('\n')}`)
  }
  /** Writes by hand what no call would, over all apps. */
  async plant(statement: string): Promise<void> {
    await this.store.transaction('*', (tx) => tx.executeQuery(CompiledQuery.raw(statement)))
  }
  /** All audits at one moment, sent together. */
  async #audit(): Promise<string[]> {
    const audits = auditsOf(this.core.registry.features)
    const told = await this.store.reading('*', (tx) =>
      Promise.all(audits.map(async ({ id, find }) => [id, await find(tx, this.time.now())] as const)),
    )
    return told.flatMap(([id, differences]) => differences.map((difference) => `audit ${id}: ${difference}`))
  }
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.prove()
    } finally {
      for (const person of this.#people.values()) person.client?.close()
      for (const listener of this.#listeners) listener.close()
      for (const { core, store } of this.#nodes) {
        await core.stop()
        await store.close()
      }
      await this.#end()
    }
  }
}

/** Makes a group by whichever endpoint a host uses for it: worlds need the membership feature. */
async function makeGroup(core: Core, body: object): Promise<GroupId> {
  const server = [...core.registry.endpoints.values()].find(
    ({ endpoint }) => endpoint.by === 'server' && endpoint.method === 'POST' && endpoint.path === '/host/groups',
  )
  if (server === undefined) throw new Error('a world needs the membership feature')
  const { answer } = await core.call(server, { appId, caller: { kind: 'server' }, params: {}, query: {}, body })
  return (answer as { groupId: GroupId }).groupId
}
