/** What every fault run needs: a real server in its own process, a group on it, and the check of its log at the end. */
import { join } from 'node:path'
import { mainMerchant, type MessageRow } from '@qun/contract'
import { HostApi, inParallel } from '../bench/host-api.ts'
import { startQun, type QunChild } from '../bench/peers.ts'
import { signToken } from '../bench/wire.ts'
import { makeWorkFolder } from '../bench/work-folder.ts'
import type { Acknowledgement } from './speaker.ts'

export class FaultWorld {
  readonly dataDir: string
  readonly host: HostApi
  readonly port: number
  server: QunChild
  readonly #args: readonly string[]

  static async start(args: readonly string[] = []): Promise<FaultWorld> {
    const dataDir = join(makeWorkFolder('qun-faults'), 'data')
    return new FaultWorld(dataDir, await startQun({ dataDir, pinning: null, args }), args)
  }

  private constructor(dataDir: string, server: QunChild, args: readonly string[]) {
    this.#args = args
    this.dataDir = dataDir
    this.server = server
    this.port = server.ready.port
    this.host = new HostApi({ url: server.ready.url, apiKey: server.ready.apiKey })
  }

  /** On the same port and data. */
  async restart(): Promise<void> {
    this.server = await startQun({ dataDir: this.dataDir, port: this.port, pinning: null, args: this.#args })
  }

  socketUrl(port = this.port): string {
    return `ws://127.0.0.1:${port}/v1/socket`
  }
  token(userId: string): string {
    return signToken(this.server.ready.signing, userId)
  }

  /** A group of these people, made known first; the first owns it. The app's one merchant is behind it. */
  async makeGroup(userIds: readonly string[]): Promise<string> {
    await inParallel(userIds, 16, (userId) => this.host.putUser(userId, userId))
    await this.host.putMerchant(mainMerchant, 'Fault run')
    return this.host.makeGroup('Fault run', userIds, mainMerchant)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.kill('SIGTERM')
    await this.server.ended
  }
}

export interface LogCheck {
  readonly texts: number
  /** Acknowledged messages that are not at their position. */
  readonly lost: readonly string[]
  /** clientIds that stand in the log more than once. */
  readonly doubled: readonly string[]
  /** Positions that are missing or out of order. */
  readonly gaps: readonly number[]
}

/** Compares what was acknowledged with what a fresh reading of the log holds. */
export function checkLog(log: readonly MessageRow[], acknowledged: readonly Acknowledgement[]): LogCheck {
  const bySeq = new Map(log.map((message) => [message.seq, message]))
  const texts = log.filter((message) => message.kind === 'text')
  const counts = Map.groupBy(texts, (message) => message.clientId)
  return {
    texts: texts.length,
    lost: acknowledged
      .filter(({ seq, clientId, text }) => {
        const kept = bySeq.get(seq)
        return kept === undefined || kept.clientId !== clientId || (kept.body as { text?: string }).text !== text
      })
      .map(({ clientId, seq }) => `${clientId} at ${seq}`),
    doubled: [...counts].filter(([, rows]) => rows.length > 1).map(([clientId]) => clientId),
    gaps: log.flatMap((message, index) => (message.seq === index + 1 ? [] : [index + 1])),
  }
}
