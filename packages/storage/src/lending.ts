/**
 * Databases lent to one test world after another: what a world wrote is deleted when it gives its database back, and
 * the next finds it as the template has it, with sessions that know the tables and their plans already. Knows no table.
 */
import { Client, escapeIdentifier } from 'pg'
import type { StoreOptions } from './connection.ts'
import { ownerUrl, rememberUrl } from './owner.ts'
import { type Lane, openStore, type Store } from './postgres.ts'
import { type Clone, cloneDatabase, type Template } from './testing.ts'

/** A database of one world for as long as it has it. */
export interface Loan {
  readonly url: string
  /** Warm where a world before had one with the same options. Closing it leaves it to the next world. */
  openStore(options?: Omit<StoreOptions, 'url'>): Promise<Store>
  /** Every store must be closed by then. */
  giveBack(): Promise<void>
}

/** Lent to nobody and kept: more templates than these take turns in few processes, and each session takes memory. */
const keptMax = 4
/** What is deleted leaves its place behind: after so many worlds a new clone is cheaper than the way around it. */
const loansMax = 60
/** Nor is a database emptied that a world made large: dropping its files costs nothing. */
const bytesMax = 8 * 2 ** 20

const kept: LentDatabase[] = []

/** Nobody else has the database until it is given back, and it holds what the template does. */
export async function borrowDatabase(template: Template): Promise<Loan> {
  const name = `${template.adminUrl} ${template.name}`
  const at = kept.findLastIndex((database) => database.name === name)
  const found = at < 0 ? undefined : kept.splice(at, 1)[0]
  return found ?? (await LentDatabase.make(name, template))
}

class LentDatabase implements Loan {
  readonly name: string
  readonly #clone: Clone
  readonly #owner: Client
  #look: Look
  /** Open and used by nobody, by their options. */
  readonly #idle = new Map<string, SharedStore[]>()
  readonly #lent = new Set<SharedStore>()
  #loans = 0

  private constructor(name: string, clone: Clone, owner: Client, asMade: Look) {
    this.name = name
    this.#clone = clone
    this.#owner = owner
    this.#look = asMade
  }
  static async make(name: string, template: Template): Promise<LentDatabase> {
    const clone = await cloneDatabase(template)
    const owner = new Client({ connectionString: clone.url, application_name: 'qun lending' })
    owner.on('error', () => {
      // A broken connection also fails the statement under way.
    })
    await owner.connect()
    await prepareEmptying(owner)
    return new LentDatabase(name, clone, owner, await look(owner))
  }
  get url(): string {
    return this.#clone.url
  }

  async openStore(options: Omit<StoreOptions, 'url'> = {}): Promise<Store> {
    const { sqlLog, ...rest } = options
    const key = JSON.stringify(rest)
    const shared = this.#idle.get(key)?.pop() ?? (await SharedStore.open({ ...rest, url: this.url }))
    this.#lent.add(shared)
    return shared.lend(sqlLog, () => {
      this.#lent.delete(shared)
      const idle = this.#idle.get(key)
      if (idle === undefined) this.#idle.set(key, [shared])
      else idle.push(shared)
    })
  }

  async giveBack(): Promise<void> {
    if (this.#lent.size > 0) throw new Error('a database is given back while a store of it is open')
    this.#loans += 1
    if (!(await this.#isEmptied())) return await this.#end()
    kept.push(this)
    const [oldest] = kept
    if (oldest !== undefined && kept.length > keptMax) {
      kept.shift()
      await oldest.#end()
    }
  }
  /** A world that changed tables, or counted them for the planner, keeps that to itself. */
  async #isEmptied(): Promise<boolean> {
    try {
      const { shape, bytes } = await look(this.#owner)
      if (shape !== this.#look.shape || bytes > bytesMax || this.#loans >= loansMax) return false
      await this.#owner.query('select pg_temp.qun_empty()')
      this.#look = await look(this.#owner)
      return true
    } catch {
      // A transaction was left open and holds what is to go, or the connection is gone.
      return false
    }
  }
  async #end(): Promise<void> {
    await this.#owner.end()
    for (const stores of this.#idle.values()) for (const store of stores) await store.end()
    await this.#clone.drop()
  }
}

/** Who is told of statements: the world that has the store. */
interface Log {
  told?: StoreOptions['sqlLog']
}

/** A store that stays open from world to world, and its lanes with it. */
class SharedStore {
  readonly #store: Store
  readonly #lanes: Lane[] = []
  readonly #log: Log

  private constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }
  static async open(options: StoreOptions): Promise<SharedStore> {
    const log: Log = {}
    return new SharedStore(await openStore({ ...options, sqlLog: (entry) => log.told?.(entry) }), log)
  }
  /** The store as one world has it: closed, it does no more, while the connections stay. */
  lend(sqlLog: StoreOptions['sqlLog'], onClose: () => void): Store {
    const store = this.#store
    const work = new Work('this store is closed')
    const lanes = new Set<Lane>()
    this.#log.told = sqlLog
    let closing: Promise<void> | undefined
    const lent: Store = {
      db: store.db,
      get identity() {
        return store.identity
      },
      onOtherIdentity: (learn) => store.onOtherIdentity(learn),
      shares: store.shares,
      transaction: (of, run) => work.do(() => store.transaction(of, run)),
      reading: (of, run) => work.do(() => store.reading(of, run)),
      probe: () => work.do(() => store.probe()),
      lane: () => {
        work.check()
        const lane = this.#lendLane(() => lanes.delete(lane))
        lanes.add(lane)
        return lane
      },
      close: () =>
        (closing ??= (async () => {
          await Promise.all([...lanes].map((lane) => lane.close()))
          await work.end()
          this.#log.told = undefined
          onClose()
        })()),
    }
    rememberUrl(lent, ownerUrl(store))
    return lent
  }
  #lendLane(onClose: () => void): Lane {
    const lane = this.#lanes.pop() ?? this.#store.lane()
    const work = new Work('this lane is closed')
    let closing: Promise<void> | undefined
    return {
      query: (appId, statement) => work.do(() => lane.query(appId, statement)),
      close: () =>
        (closing ??= work.end().then(() => {
          this.#lanes.push(lane)
          onClose()
        })),
    }
  }
  end(): Promise<void> {
    return this.#store.close()
  }
}

/** What is under way until it ends; afterwards nothing begins. */
class Work {
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #refusal: string
  #isOver = false

  constructor(refusal: string) {
    this.#refusal = refusal
  }
  check(): void {
    if (this.#isOver) throw new Error(this.#refusal)
  }
  async do<T>(begin: () => Promise<T>): Promise<T> {
    this.check()
    const work = begin()
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.allSettled(this.#underWay)
  }
}

/**
 * Makes the session's function that puts all rows back: tables that the template left empty are emptied, what it has in
 * others is kept beside them. Deletes, because TRUNCATE gives each table a new file and every plan is made anew.
 */
async function prepareEmptying(owner: Client): Promise<void> {
  await owner.query(`set statement_timeout = 0; set lock_timeout = 2000; set client_min_messages = warning; set qun.app_id = '*';
    set session_replication_role = replica`)
  const { rows: tables } = await owner.query<{ name: string; always: string[] }>(`
    select relname as name,
      array(select tgname::text from pg_trigger where tgrelid = c.oid and tgenabled = 'A') as always
    from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace`)
  const statements: string[] = []
  for (const { name, always } of tables) {
    const table = escapeIdentifier(name)
    // As a replica, a session passes by most triggers; those that always hold are put aside, and only where they must:
    // it has every plan about the table made anew.
    const aside = always.map((trigger) => `alter table ${table} disable trigger ${escapeIdentifier(trigger)};`)
    const back = always.map((trigger) => `alter table ${table} enable always trigger ${escapeIdentifier(trigger)};`)
    const emptying = [...aside, `delete from ${table};`, ...back].join(' ')
    statements.push(always.length === 0 ? emptying : `if exists (select 1 from ${table}) then ${emptying} end if;`)
    const { rowCount } = await owner.query(`select 1 from ${table} limit 1`)
    if (rowCount === 0) continue
    const copy = escapeIdentifier(`kept ${name}`)
    await owner.query(`create temporary table ${copy} as table ${table}`)
    statements.push(`insert into ${table} select * from pg_temp.${copy};`)
  }
  await owner.query(`create function pg_temp.qun_empty() returns void language plpgsql as
    $$ begin ${statements.join(' ')} end $$`)
}

interface Look {
  /** Changes with every change of a table, a trigger or a function, and with what the planner counted. */
  readonly shape: string
  readonly bytes: number
}
async function look(owner: Client): Promise<Look> {
  const { rows } = await owner.query<{ shape: string; bytes: string }>({
    name: 'look',
    text: `select
      (select sum(pg_relation_size(oid)) from pg_class where oid >= 16384 and relkind = 'r') as bytes,
      concat_ws(' ',
        (select concat(sum(xmin::text::bigint), ' ', sum(reltuples + relpages)) from pg_class
          where oid >= 16384 and relnamespace = 'public'::regnamespace),
        (select sum(xmin::text::bigint) from pg_trigger where oid >= 16384),
        (select sum(xmin::text::bigint) from pg_proc where oid >= 16384 and pronamespace = 'public'::regnamespace),
        (select sum(xmin::text::bigint) from pg_policy where oid >= 16384),
        (select sum(xmin::text::bigint) from pg_constraint where oid >= 16384)) as shape`,
  })
  return { shape: rows[0]?.shape ?? '', bytes: Number(rows[0]?.bytes ?? 0) }
}
