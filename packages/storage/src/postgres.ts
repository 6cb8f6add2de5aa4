/** The store: transactions of one app on a pool of PostgreSQL connections; knows no table. */
import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { DefaultQueryExecutor, DummyDriver, Kysely, PostgresDialect, Transaction } from 'kysely'
import { type ClientBase, Pool, type PoolClient, escapeIdentifier } from 'pg'
import { clientConfig, prepareRole, readIdentity, sessionSetup, type StoreOptions } from './connection.ts'
import { StoreIdentity } from './identity.ts'
import { type Lane, PipelinedLane } from './lane.ts'
import { rememberUrl } from './owner.ts'
import type { Owner, WorkShares } from './work-shares.ts'
import { createStatementNames } from './statement-names.ts'
import { PipelinedTransaction, type TransactionFrame } from './transaction.ts'
import { CommitUnknownError, mayRunAgain } from './trouble.ts'
import { Turns } from './turns.ts'

export type { SqlLogEntry, StoreOptions } from './connection.ts'
export type { Lane, LaneAnswer, LaneStatement } from './lane.ts'
export {
  appOf,
  BothAccounts,
  WorkShares,
  workShareLimits,
  type Owner,
  type WorkAccounts,
  type WorkShareLimits,
} from './work-shares.ts'
export { TurnRefusedError, Turns, type TurnsOptions } from './turns.ts'
export { CommitUnknownError, storeTrouble, type StoreTrouble } from './trouble.ts'

export type NoTables = Record<never, never>
export type Db = Kysely<NoTables>
/** Owners type their own tables: `tx.withTables<Tables>()`. */
export type Tx = Transaction<NoTables>

export interface Store {
  /** No app is set, so row level security hides every tenant's rows: for tables without tenants only. */
  readonly db: Db
  /**
   * Names the cluster, its timeline and the database: a store that was restored or promoted has another. Known after
   * the first transaction; undefined where the database does not tell.
   */
  readonly identity: string | undefined
  /** `learn` is called when a session finds itself in another store. Returns the end of it. */
  onOtherIdentity(learn: () => void): () => void
  /**
   * One READ COMMITTED transaction that sees and writes the rows of an app only, for it or for a person of it; '*'
   * sees all apps and is for the engine's own workers. `run` may be called up to 5 times (deadlocks, serialisation
   * failures), so its only effects are statements on `tx`. Statements started together in it share a round trip. Apps
   * take turns at the connections, and people within an app; one that waits too long, or behind too many of its own
   * app, is refused as `unavailable`.
   */
  transaction<T>(of: string | Owner, run: (tx: Tx) => Promise<T>): Promise<T>
  /** The same, READ ONLY. */
  reading<T>(of: string | Owner, run: (tx: Tx) => Promise<T>): Promise<T>
  /** What each app and person takes and may take; undefined where it was opened without. */
  readonly shares: WorkShares | undefined
  /** A connection of its own for hot statements; connects on first use and again after a break. */
  lane(): Lane
  /** Answers within a second: whether a transaction can be made durable. */
  probe(): Promise<boolean>
  /** Waits for transactions under way, then disconnects, lanes too. May be called again. */
  close(): Promise<void>
}

const attemptsMax = 5
const probeMs = 1_000
/** Ten for one app, as many as two cores keep busy, and two that are left to others. */
const poolSizeDefault = 12
/** As long as a new connection may take. */
const turnWaitMs = 5_000
/** At 2 ms each on ten connections they are gone within a tenth of the wait; slow ones are refused by it. */
const waitingPerAppMax = 500
const waitingMax = 2_000
/** Of one person, where people have shares: one thing beside another, and more than a screen asks for at once. */
const perPersonMax = 2
const waitingPerPersonMax = 50
/** What a transaction costs at least, on both sides. */
const entryMs = 0.5

/**
 * SQL that binds a table to its tenant column `app_id`: a session sees and writes only the rows of the app it is in,
 * the table's owner included. Several statements in one string; runs once per table, in its migration.
 */
export const rls = (table: string): string => {
  const name = escapeIdentifier(table)
  const inApp = `app_id = current_setting('qun.app_id', true) or current_setting('qun.app_id', true) = '*'`
  return [
    `alter table ${name} enable row level security`,
    `alter table ${name} force row level security`,
    `create policy qun_app on ${name} using (${inApp}) with check (${inApp})`,
  ].join('; ')
}

/** Connects once to check the server and the user; throws if that fails (see `storeTrouble`). */
export async function openStore(options: StoreOptions): Promise<Store> {
  const role = await prepareRole(options.url)
  const identity = new StoreIdentity()
  const places = options.poolSize ?? poolSizeDefault
  const pool = openPool(options, role, places, identity)
  const { shares, onTurn } = options
  const turns = new Turns({
    ...{ places, waitingPerAppMax, waitingMax, shares, onTurn },
    ...(shares === undefined ? {} : { perPersonMax, waitingPerPersonMax, entryMs, isCharged: true }),
    reserved: Math.floor(places / 6),
    waitMs: turnWaitMs,
  })
  const dialect = new PostgresDialect({ pool })
  const db: Db = new Kysely({ dialect })
  const source: Source = { pool, turns, start: txFactory(dialect) }
  const names = createStatementNames()
  const log = options.sqlLog
  const lanes = new Set<Lane>()
  let closing: Promise<void> | undefined
  let probing: Promise<boolean> | undefined

  const store: Store = {
    db,
    get identity() {
      return identity.value
    },
    onOtherIdentity: (learn) => identity.onOther(learn),
    shares,
    transaction: (of, run) => runRepeatedly(source, { owner: ownerOf(of), mode: 'write', names, log }, run),
    reading: (of, run) => runRepeatedly(source, { owner: ownerOf(of), mode: 'read', names, log }, run),
    lane() {
      if (closing !== undefined) throw new Error('this store is closed')
      const lane = new PipelinedLane(options, role, identity, (closed) => lanes.delete(closed))
      lanes.add(lane)
      return lane
    },
    probe() {
      probing ??= probe(pool).finally(() => {
        probing = undefined
      })
      return probing
    },
    close() {
      closing ??= (async () => {
        await Promise.all([...lanes].map((lane) => lane.close()))
        await pool.end()
      })()
      return closing
    },
  }
  rememberUrl(store, options.url)
  return store
}

function openPool(options: StoreOptions, role: string | undefined, places: number, identity: StoreIdentity): Pool {
  const setup = sessionSetup(options, role)
  const pool = new Pool({
    ...clientConfig(options),
    // One more than there are turns: the probe has to get through when they are all taken.
    max: places + 1,
    idleTimeoutMillis: 60_000,
    // The pool waits for the promise, although its types do not say so.
    onConnect: (client) => prepare(client, setup, identity) as unknown as void,
  })
  pool.on('error', () => {
    // An idle connection broke; the pool has dropped it already, and the next transaction connects again.
  })
  pool.on('connect', (client) => {
    client.on('error', () => {
      // A connection in use broke; its statements fail with the same error. Without a listener the process would end.
    })
    client.on('notice', (notice) => options.onNotice?.(notice.message ?? ''))
  })
  return pool
}

async function prepare(client: ClientBase, setup: string, identity: StoreIdentity): Promise<void> {
  const [, found] = await Promise.all([client.query(setup), readIdentity(client)])
  identity.note(found)
}

const ownerOf = (of: string | Owner): Owner => (typeof of === 'string' ? { appId: of } : of)

/** What a transaction runs on. */
interface Source {
  readonly pool: Pool
  readonly turns: Turns
  readonly start: StartTx
}

async function runRepeatedly<T>(source: Source, frame: TransactionFrame, run: (tx: Tx) => Promise<T>): Promise<T> {
  if (frame.owner.appId === '' || frame.owner.appId.includes('\0')) throw new Error('a transaction needs an app id')
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(source, frame, run)
    } catch (error) {
      if (attempt >= attemptsMax || !mayRunAgain(error)) throw error
      await wait(randomInt(2, 10 * 2 ** attempt))
    }
  }
}

async function runOnce<T>(source: Source, frame: TransactionFrame, run: (tx: Tx) => Promise<T>): Promise<T> {
  const { client, release } = await connect(source, frame.owner)
  const connection = new PipelinedTransaction(client, frame)
  let result: T
  try {
    const tx = source.start(connection)
    connections.set(tx, connection)
    result = await run(tx)
  } catch (error) {
    release(!(await connection.rollback()))
    // A lost deadlock that the caller wrapped in an error of its own is still a lost deadlock.
    throw mayRunAgain(connection.failure) ? connection.failure : error
  }
  const committed = connection.commit().then(
    () => release(false),
    (error: unknown) => {
      release(error instanceof CommitUnknownError)
      throw error
    },
  )
  // What was read is known already; a COMMIT that fails has nothing to lose.
  if (frame.mode === 'read') committed.catch(() => {})
  else await committed
  return result
}

interface Connected {
  readonly client: PoolClient
  /** Gives the connection and the turn back; a broken connection is not used again. */
  release(isBroken: boolean): void
}

async function connect({ pool, turns }: Source, owner: Owner): Promise<Connected> {
  const endTurn = await turns.take(owner)
  try {
    const client = await pool.connect()
    return {
      client,
      release(isBroken) {
        client.release(isBroken)
        endTurn()
      },
    }
  } catch (error) {
    endTurn()
    throw error
  }
}

const connections = new WeakMap<Tx, PipelinedTransaction>()
/**
 * Marks a place in a transaction: `back` undoes every statement since. Free while no statement follows, so a batch may
 * mark each of its parts. Only the latest mark counts.
 */
export function markPlace(tx: Tx): { back(): void } {
  const connection = connections.get(tx)
  if (connection === undefined) throw new Error('only a transaction of a store can be marked')
  connection.mark()
  return { back: () => connection.backToMark() }
}

type StartTx = (connection: PipelinedTransaction) => Tx

/** Makes Kysely's transaction object over a connection whose BEGIN and COMMIT are sent here, not by Kysely's driver. */
function txFactory(dialect: PostgresDialect): StartTx {
  const compiler = dialect.createQueryCompiler()
  const adapter = dialect.createAdapter()
  const props = { config: { dialect }, dialect, driver: new DummyDriver() }
  return (connection) =>
    new Transaction<NoTables>({ ...props, executor: new DefaultQueryExecutor(compiler, adapter, connection) })
}

/** Writes to the log and waits for the disk, which an answer to `select 1` would not prove. */
async function probe(pool: Pool): Promise<boolean> {
  const wrote = (async () => {
    const client = await pool.connect()
    let usable = false
    try {
      await client.query(`select pg_logical_emit_message(true, 'qun.probe', '')`)
      usable = true
    } finally {
      client.release(!usable)
    }
    return true
  })().catch(() => false)
  const late = new AbortController()
  const timeout = wait(probeMs, false, { signal: late.signal }).catch(() => false)
  const answer = await Promise.race([wrote, timeout])
  late.abort()
  return answer
}
