/** One pipelined connection for hot statements, each a transaction of its own; knows no table. */
import { Client } from 'pg'
import { clientConfig, readIdentity, sessionSetup, type StoreOptions } from './connection.ts'
import type { StoreIdentity } from './identity.ts'
import { endsSession, isStalePlan } from './trouble.ts'

export interface LaneStatement {
  /** Stands for the text for good: it is prepared once per connection. */
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

export interface LaneAnswer {
  readonly rows: Record<string, unknown>[]
}

/**
 * Statements are sent at once, without waiting for the answers of those before, and run in the order of the calls. A
 * slow one holds up those behind it, so a lane is for short statements only.
 */
export interface Lane {
  /**
   * Runs and commits one statement.
   * When the connection breaks, the statements under way are refused as `unavailable` (whether they were written is
   * unknown), and the next call connects again.
   */
  query(appId: string, statement: LaneStatement): Promise<LaneAnswer>
  /** Answers what is under way, then disconnects. */
  close(): Promise<void>
}

interface Session {
  readonly client: Client
  /** The app whose rows the session sees after everything sent so far. */
  appId: string
}

/**
 * Hot statements find their rows by key. They are planned once per connection, perhaps while tables are empty, and
 * must not read whole ones when these have grown.
 */
const byKey = ['enable_seqscan', 'enable_bitmapscan', 'enable_mergejoin', 'enable_memoize']
  .map((setting) => `set ${setting} = off`)
  .concat('set plan_cache_mode = force_generic_plan')
  .join('; ')

export class PipelinedLane implements Lane {
  readonly #options: StoreOptions
  readonly #role: string | undefined
  readonly #identity: StoreIdentity
  readonly #onClose: (lane: Lane) => void
  #connecting: Promise<Session> | undefined
  #live: Session | undefined
  #closed = false

  constructor(options: StoreOptions, role: string | undefined, identity: StoreIdentity, onClose: (lane: Lane) => void) {
    this.#options = options
    this.#role = role
    this.#identity = identity
    this.#onClose = onClose
  }

  async query(appId: string, statement: LaneStatement): Promise<LaneAnswer> {
    if (this.#closed) throw new Error('this lane is closed')
    if (appId === '') throw new Error('a lane needs an app id')
    const log = this.#options.sqlLog
    const start = log === undefined ? 0 : performance.now()
    let failed = true
    try {
      const answer = await this.#sendAgain(appId, statement)
      failed = false
      return answer
    } finally {
      log?.({ text: statement.text, values: statement.values, durationMs: performance.now() - start, failed })
    }
  }
  async #sendAgain(appId: string, statement: LaneStatement): Promise<LaneAnswer> {
    try {
      return await this.#send(appId, statement)
    } catch (error) {
      if (!isStalePlan(error) || this.#closed) throw error
      return await this.#send(appId, statement)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#onClose(this)
    const open = await this.#connecting?.catch(() => undefined)
    await open?.client.end()
  }

  async #send(appId: string, statement: LaneStatement): Promise<LaneAnswer> {
    // No await when connected: the order on the wire is the order of the calls.
    const to = this.#live ?? (await (this.#connecting ??= this.#connect()))
    const entering = this.#enterApp(to, appId)
    try {
      const sent = to.client.query(statement)
      const [result] = entering === undefined ? [await sent] : await Promise.all([sent, entering])
      this.#checkEnded(to.client, statement)
      return result
    } catch (error) {
      if (endsSession(error)) this.#cut(to.client)
      else if (isStalePlan(error)) this.#drop(to.client)
      throw error
    }
  }

  /**
   * A transaction left open would take in what others send next, and lose it with the connection after they were told
   * that it is written.
   */
  #checkEnded(client: Client, { name }: LaneStatement): void {
    if (client.getTransactionStatus() === 'I') return
    this.#drop(client)
    throw new Error(`the statement ${name} left a transaction open: a lane's statements are transactions of their own`)
  }

  #enterApp(to: Session, appId: string): Promise<unknown> | undefined {
    if (to.appId === appId) return undefined
    to.appId = appId
    const sent = to.client.query({
      name: 'qun_app_id',
      text: `select set_config('qun.app_id', $1, false)`,
      values: [appId],
    })
    // The session is in an unknown app: drop it, so that neither this answer nor a later one is of another app.
    sent.catch(() => this.#drop(to.client))
    return sent
  }

  async #connect(): Promise<Session> {
    const client = new Client(clientConfig(this.#options))
    client.on('error', () => this.#forget(client))
    client.on('end', () => this.#forget(client))
    client.on('notice', (notice) => this.#options.onNotice?.(notice.message ?? ''))
    try {
      await client.connect()
      const [, found] = await Promise.all([
        client.query(`${sessionSetup(this.#options, this.#role)}; ${byKey}`),
        readIdentity(client),
      ])
      this.#identity.note(found)
    } catch (error) {
      this.#connecting = undefined
      client.end().catch(() => {})
      throw error
    }
    this.#live = { client, appId: '' }
    return this.#live
  }

  /** The next statement connects again. */
  #forget(client: Client): void {
    if (this.#live?.client !== client) return
    this.#live = undefined
    this.#connecting = undefined
  }

  /** The server will answer nothing more: what is under way is refused now, also if the connection never closes. */
  #cut(client: Client): void {
    this.#forget(client)
    client.connection.stream.destroy()
  }

  /** Answers what is under way, and sends what comes next on another connection. */
  #drop(client: Client): void {
    if (this.#live?.client !== client) return
    this.#forget(client)
    client.end().catch(() => {})
  }
}
