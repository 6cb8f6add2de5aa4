/** The whole demo on free ports with data of its own, and a clock that a journey can move ahead. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@qun/server'
import { startAll, type Started } from '../../../tools/start.ts'

export interface DemoWorld {
  readonly hostUrl: string
  readonly qunUrl: string
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
  return {
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
