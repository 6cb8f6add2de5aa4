/**
 * Qun as it ships, in a process of its own, for benches, replays and fault runs: all features, tokens, permissions,
 * validation, a durable PostgreSQL. Only the rate limits are raised (and still counted). Prints where it is as JSON.
 *
 * `--data DIR --port N [--database URL] [--phase FOLDER]`: with the last, see phase-profile.ts.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { features, PROTOCOL_VERSION } from '@qun/chat/server'
import { budgets, createLogger, createServer, demoCredentialsFile, type DemoCredentials } from '@qun/server'
import { pino } from 'pino'
import { watchPhase } from './phase-profile.ts'
import type { QunReady } from './peers.ts'

/** Uses within a budget's window: far above any run, so that the counting costs what it costs and nobody is refused. */
const raisedLimit = 100_000_000

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    database: { type: 'string' },
    phase: { type: 'string' },
  },
})
if (values.data === undefined) throw new Error('--data is missing')

mkdirSync(values.data, { recursive: true })
const server = await createServer({
  features,
  protocol: PROTOCOL_VERSION,
  dataDir: values.data,
  port: Number(values.port),
  demo: true,
  // The first line of stdout is for whoever started this; what the server says goes to stderr.
  log: createLogger('error', pino.destination(2)),
  rateLimits: Object.fromEntries(Object.keys(budgets).map((name) => [name, raisedLimit])),
  ...(values.database === undefined ? {} : { databaseUrl: values.database }),
})
const url = await server.listen()
if (values.phase !== undefined) await watchPhase(values.data, values.phase)
const { appId, apiKey, signingKey } = JSON.parse(
  readFileSync(demoCredentialsFile(values.data), 'utf8'),
) as DemoCredentials
const ready: QunReady = {
  url,
  port: Number(new URL(url).port),
  apiKey,
  signing: { appId, kid: signingKey.kid, secret: signingKey.secret },
}
process.stdout.write(`${JSON.stringify(ready)}\n`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
}
