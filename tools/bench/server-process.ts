/**
 * Qun as it ships, in a process of its own, for benches, replays and fault runs: all features, tokens, permissions,
 * validation, a durable PostgreSQL. Only the rate limits are raised (and still counted). Prints where it is as JSON.
 *
 * `--data DIR --port N [--database URL] [--own-limits] [--phase FOLDER] [--lose SHARE --seed N]`: `--own-limits`
 * raises none; for `--phase` see phase-profile.ts; with `--lose` that share of what other nodes say is not heard.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createHintBus, type HintWire } from '@qun/bus'
import { features, PROTOCOL_VERSION } from '@qun/chat/server'
import { budgets, createLogger, createServer, demoCredentialsFile, type DemoCredentials } from '@qun/server'
import { createNotices } from '@qun/storage'
import { pino } from 'pino'
import { seededRandom } from '../replay/own-server.ts'
import { watchPhase } from './phase-profile.ts'
import type { QunReady } from './peers.ts'

/** Uses within a budget's window: far above any run, so that the counting costs what it costs and nobody is refused. */
const raisedLimit = 100_000_000

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    database: { type: 'string' },
    'own-limits': { type: 'boolean', default: false },
    phase: { type: 'string' },
    lose: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
if (values.data === undefined) throw new Error('--data is missing')

/** A bus whose wire loses a share of the texts of others. */
function losingBus(url: string, share: number, seed: number) {
  const notices = createNotices(url)
  const random = seededRandom(seed)
  const nodeId = randomUUID()
  const wire: HintWire = {
    open: (ear) =>
      notices.open({
        hear: (text) => (text.includes(nodeId) || random() >= share ? ear.hear(text) : undefined),
        setUp: (isUp) => ear.setUp(isUp),
      }),
    say: (texts) => notices.say(texts),
    close: () => notices.close(),
  }
  const wait = (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  }
  return createHintBus({ wire, nodeId, elapsed: () => performance.now(), wait })
}

mkdirSync(values.data, { recursive: true })
const { database, lose } = values
const bus = lose === undefined ? undefined : losingBus(database!, Number(lose), Number(values.seed))
await bus?.ready
const server = await createServer({
  features,
  protocol: PROTOCOL_VERSION,
  dataDir: values.data,
  port: Number(values.port),
  demo: true,
  // The first line of stdout is for whoever started this; what the server says goes to stderr.
  log: createLogger('error', pino.destination(2)),
  ...(values['own-limits']
    ? {}
    : {
        shares: { person: raisedLimit, app: raisedLimit, whole: raisedLimit },
        rateLimits: Object.fromEntries(Object.keys(budgets).map((name) => [name, raisedLimit])),
      }),
  ...(database === undefined ? {} : { databaseUrl: database }),
  ...(bus === undefined ? {} : { bus }),
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
      async () => {
        await bus?.close()
        process.exit(0)
      },
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
}
