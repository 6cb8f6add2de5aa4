/** The whole demo on free ports with data of its own, and a clock that a journey can move ahead. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, demoCredentialsFile, type DemoCredentials } from '@qun/server'
import { startAll, type Started } from '../../../tools/start.ts'

export interface DemoWorld {
  readonly hostUrl: string
  readonly qunUrl: string
  /** What the host’s back end says to the server, with its key. */
  host(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<void>
  /** Moves the server's clock ahead; what is due then happens within a moment. */
  pass(durationMs: number): void
  close(): Promise<void>
}

export async function startDemoWorld(): Promise<DemoWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'qun-journey-'))
  let aheadMs = 0
  const started: Started = await startAll({
    dataDir,
    port: 0,
    demoPort: 0,
    wall: () => Date.now() + aheadMs,
    server: { log: createLogger('error') },
  })
  const { apiKey } = JSON.parse(readFileSync(demoCredentialsFile(dataDir), 'utf8')) as DemoCredentials
  let said = 0
  return {
    async host(method, path, body) {
      const answer = await fetch(`${started.server.url}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'idempotency-key': `journey-${++said}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    },
    hostUrl: started.demo.url,
    qunUrl: started.server.url,
    pass: (durationMs) => {
      aheadMs += durationMs
    },
    async close() {
      await started.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
