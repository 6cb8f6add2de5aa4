/** Short texts between the processes of one database (LISTEN, NOTIFY), on a connection of its own; knows no text. */
import { setTimeout as wait } from 'node:timers/promises'
import { Client, escapeIdentifier } from 'pg'
import { ownerUrl } from './owner.ts'
import type { Store } from './postgres.ts'

export interface NoticesEar {
  hear(text: string): void
  /** True: all that is said from now on is heard, also by who says it. False: the connection broke. */
  setUp(isUp: boolean): void
}
export interface Notices {
  /** Connects, and again after every break, until closed. Called once. */
  open(ear: NoticesEar): void
  /**
   * One commit for all texts; each is shorter than 8,000 bytes. They are heard in this order by every process that
   * listens. Rejects when they may not have been said.
   */
  say(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}

const connectTimeoutMs = 5_000
/** A connection that answers nothing for so long is given up: networks drop idle ones without a word. */
const answerWithinMs = 5_000
const probeEveryMs = 5_000
const closeWithinMs = 1_000
const retryMs = 250
const retryMaxMs = 2_000

/** In the database of a store, or at an address. */
export function createNotices(target: Store | string, channel = 'qun_bus'): Notices {
  return new ListeningNotices(typeof target === 'string' ? target : ownerUrl(target), channel)
}

class ListeningNotices implements Notices {
  readonly #url: string
  readonly #channel: string
  readonly #closing = new AbortController()
  #live: Client | undefined
  #running: Promise<void> | undefined

  constructor(url: string, channel: string) {
    this.#url = url
    this.#channel = channel
  }
  open(ear: NoticesEar): void {
    this.#running ??= this.#run(ear)
  }
  async say(texts: readonly string[]): Promise<void> {
    const client = this.#live
    if (client === undefined) throw new Error('not connected')
    const values = [this.#channel, texts]
    await this.#answered(client, client.query('select pg_notify($1, t) from unnest($2::text[]) t', values))
  }
  async close(): Promise<void> {
    this.#closing.abort()
    const client = this.#live
    if (client !== undefined) {
      await Promise.race([client.end().catch(() => undefined), wait(closeWithinMs)])
      this.#drop(client)
    }
    await this.#running
  }

  async #run(ear: NoticesEar): Promise<void> {
    let delay = retryMs
    while (!this.#closing.signal.aborted) {
      const client = new Client({
        connectionString: this.#url,
        application_name: 'qun notices',
        connectionTimeoutMillis: connectTimeoutMs,
        keepAlive: true,
        pipeline: true,
      })
      const ended = new Promise<void>((resolve) => {
        client.on('end', resolve)
        client.on('error', () => resolve())
      })
      client.on('notification', ({ payload }) => ear.hear(payload ?? ''))
      try {
        await client.connect()
        await client.query(`listen ${escapeIdentifier(this.#channel)}`)
        delay = retryMs
        this.#live = client
        ear.setUp(true)
        await Promise.race([ended, this.#probe(client)])
        ear.setUp(false)
      } catch {
        // The database is away: tried again below.
      }
      this.#live = undefined
      client.end().catch(() => undefined)
      await this.#pause(delay)
      delay = Math.min(2 * delay, retryMaxMs)
    }
  }
  /** Returns when the connection answers no more. */
  async #probe(client: Client): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#pause(probeEveryMs)
      await this.#answered(client, client.query('select 1')).catch(() => undefined)
      if (this.#live !== client) return
    }
  }
  async #answered(client: Client, answer: Promise<unknown>): Promise<void> {
    const over = new AbortController()
    const late = wait(answerWithinMs, true, { signal: over.signal }).catch(() => false)
    try {
      if ((await Promise.race([answer, late])) !== true) return
    } catch (error) {
      this.#drop(client)
      throw error
    } finally {
      over.abort()
    }
    answer.catch(() => undefined)
    this.#drop(client)
    throw new Error(`no answer in ${answerWithinMs} ms`)
  }
  /** Ends it at once, as the network would. */
  #drop(client: Client): void {
    if (this.#live === client) this.#live = undefined
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
  }
  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }
}
