/** One pipelined connection for hot statements, each its own transaction; knows no table. */
import { Client } from 'pg'
import { clientConfig, sessionSetup, type StoreOptions } from './connection.ts'
import { isStalePlan } from './trouble.ts'

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

export function openLane(options: StoreOptions, role: string | undefined, onClose: () => void): Lane {
  let session: Promise<Session> | undefined
  let live: Session | undefined
  let closed = false

  const forget = (client: Client) => {
    if (live !== undefined && live.client !== client) return
    live = undefined
    session = undefined
  }

  /** Answers what is under way, and sends what comes next on another connection. */
  const drop = (client: Client) => {
    if (live?.client !== client) return
    forget(client)
    client.end().catch(() => {})
  }

  const connect = async (): Promise<Session> => {
    const client = new Client(clientConfig(options))
    client.on('error', () => forget(client))
    client.on('end', () => forget(client))
    client.on('notice', (notice) => options.onNotice?.(notice.message ?? ''))
    try {
      await client.connect()
      await client.query(sessionSetup(options, role))
    } catch (error) {
      session = undefined
      client.end().catch(() => {})
      throw error
    }
    live = { client, appId: '' }
    return live
  }

  const enterApp = (to: Session, appId: string): Promise<unknown> | undefined => {
    if (to.appId === appId) return undefined
    to.appId = appId
    const sent = to.client.query({
      name: 'qun_app_id',
      text: `select set_config('qun.app_id', $1, false)`,
      values: [appId],
    })
    // The session is in an unknown app: drop it, so that neither this answer nor a later one is of another app.
    sent.catch(() => drop(to.client))
    return sent
  }

  const send = async (appId: string, statement: LaneStatement): Promise<LaneAnswer> => {
    // No await when connected: the order on the wire is the order of the calls.
    const to = live ?? (await (session ??= connect()))
    const entering = enterApp(to, appId)
    try {
      const sent = to.client.query(statement)
      if (entering === undefined) return await sent
      const [result] = await Promise.all([sent, entering])
      return result
    } catch (error) {
      if (isStalePlan(error)) drop(to.client)
      throw error
    }
  }

  return {
    async query(appId, statement) {
      if (closed) throw new Error('this lane is closed')
      if (appId === '') throw new Error('a lane needs an app id')
      try {
        return await send(appId, statement)
      } catch (error) {
        if (!isStalePlan(error) || closed) throw error
        return await send(appId, statement)
      }
    },
    async close() {
      closed = true
      onClose()
      const open = await session?.catch(() => undefined)
      await open?.client.end()
    },
  }
}
