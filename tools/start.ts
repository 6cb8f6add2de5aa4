/**
 * `npm start`: builds the web apps when their sources changed, starts the server with its embedded database and all
 * features, tells the demo's story on the first start, and starts the demo shop beside it.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startDemoHost, type DemoHost } from '@qun/app-demo-host/backend'
import { features, featuresWith, PROTOCOL_VERSION } from '@qun/chat/server'
import {
  checkPortFree,
  createLogger,
  createServer,
  demoAppId,
  demoCredentialsFile,
  openAdmin,
  optionsOfConfig,
  readConfig,
  runUntilSignal,
  startTroubleText,
  UsageError,
  type DemoCredentials,
  type QunServer,
  type ServerOptions,
} from '@qun/server'
import { createSeedClock, seed, storyLengthMs } from './seed.ts'

const root = resolve(import.meta.dirname, '..')
const webApps = ['apps/member', 'apps/demo-host'] as const
/** Everything that ends up in a browser. */
const webSources = [
  ...webApps.map((app) => `${app}/src`),
  'apps/member/public',
  'packages/contract/src',
  'packages/sdk/src',
  'packages/ui/src',
  'packages/chat/src',
  'features/src',
]
const storyLangs = ['zh', 'en'] as const
const demoPortStandard = 7_879

export interface StartOptions {
  readonly dataDir: string
  /** 0 takes a free one. */
  readonly port: number
  readonly demoPort: number
  readonly host?: string
  /** The wall clock; a journey moves its own ahead instead of waiting. */
  readonly wall?: () => number
  readonly server?: Partial<ServerOptions>
  /** Told of each step that takes a moment. */
  readonly say?: (line: string) => void
}
export interface Started {
  readonly server: QunServer
  readonly demo: DemoHost
  /** Drains the shop, then the server. */
  close(): Promise<void>
}

/** Starts everything and resolves when both take requests. A second start on the same data tells no story again. */
export async function startAll(options: StartOptions): Promise<Started> {
  const { dataDir, say = () => undefined } = options
  mkdirSync(dataDir, { recursive: true })
  await buildStale(say)
  const first = prepareFirstStart(dataDir) && !(await isTold(options))
  const clock = createSeedClock(options.wall ?? Date.now, first ? storyLengthMs(storyLangs) : 0)
  const host = options.host ?? '127.0.0.1'
  // The shop's origin must be known to the server before the shop knows the server's address.
  const demoPort = options.demoPort === 0 ? await findFreePort(host) : options.demoPort
  const hostUrl = `http://${host}:${demoPort}`
  const origins = [hostUrl, `http://localhost:${demoPort}`]
  const server = await createServer({
    features,
    protocol: PROTOCOL_VERSION,
    dataDir,
    host,
    port: options.port,
    demo: true,
    static: [{ prefix: '/app/', dir: join(root, 'apps/member/dist') }],
    ...options.server,
    allowedOrigins: [...origins, ...(options.server?.allowedOrigins ?? [])],
    now: clock.now,
  })
  try {
    const qunUrl = await server.listen()
    const { appId, apiKey, signingKey } = JSON.parse(
      readFileSync(demoCredentialsFile(dataDir), 'utf8'),
    ) as DemoCredentials
    const access = { qunUrl, appId, apiKey, signingKey }
    if (first) {
      say('Telling the demo’s story …')
      await seed({ ...access, hostUrl, langs: storyLangs, clock })
      writeFileSync(markerFile(dataDir, 'seeded'), '')
    }
    const demo = await startDemoHost({
      ...access,
      host,
      port: demoPort,
      publicUrl: hostUrl,
      dataDir: join(dataDir, 'demo-shop'),
      webDir: join(root, 'apps/demo-host/dist'),
    })
    let closing: Promise<void> | undefined
    const close = async () => {
      await demo.close()
      await server.close()
    }
    return { server, demo, close: () => (closing ??= close()) }
  } catch (error) {
    await server.close()
    throw error
  }
}

const markerFile = (dataDir: string, name: 'seeding' | 'seeded') => join(dataDir, `demo-${name}`)
/** True when the story is still to be told. A start that was killed in the middle of telling it begins again. */
function prepareFirstStart(dataDir: string): boolean {
  if (existsSync(markerFile(dataDir, 'seeded'))) return false
  const hadData = existsSync(join(dataDir, 'database'))
  if (hadData && !existsSync(markerFile(dataDir, 'seeding'))) return false
  // Only what this very program half filled is thrown away.
  for (const part of ['database', 'demo-shop']) rmSync(join(dataDir, part), { recursive: true, force: true })
  rmSync(demoCredentialsFile(dataDir), { force: true })
  writeFileSync(markerFile(dataDir, 'seeding'), '')
  return true
}

/** A database of one's own may hold the story already, told by another start with another data folder. */
async function isTold({ dataDir, server }: StartOptions): Promise<boolean> {
  if (server?.databaseUrl === undefined) return false
  const { databaseUrl, secretKey } = server
  await using admin = await openAdmin({ dataDir, databaseUrl, secretKey })
  return (await admin.apps.find(demoAppId)) !== undefined
}

async function findFreePort(host: string): Promise<number> {
  const { createServer: createPlainServer } = await import('node:net')
  return new Promise((done, fail) => {
    const probe = createPlainServer()
    probe.once('error', fail)
    probe.listen(0, host, () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

// ── building ──
/** A hash of the names, sizes and times of all sources: equal means built from these. */
function stampOf(app: string): string {
  const hash = createHash('sha256')
  const files = [...webSources, app].flatMap((dir) => listFiles(join(root, dir), dir === app))
  for (const file of files.toSorted()) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`${file}\t${size}\t${mtimeMs}\n`)
  }
  return hash.digest('hex')
}
/** Test files are never bundled; of an app's own folder only what lies directly in it matters here. */
function listFiles(dir: string, flat: boolean): string[] {
  return readdirSync(dir, { recursive: !flat, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
async function buildStale(say: (line: string) => void): Promise<void> {
  for (const app of webApps) {
    const stampFile = join(root, app, 'dist/.stamp')
    const stamp = stampOf(app)
    if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) continue
    say(`Building ${app} …`)
    await buildForProduction(app)
    writeFileSync(stampFile, stamp)
  }
}
/** NOTE: vite keeps a NODE_ENV it finds, and a test run's would put React's development build into the bundle. */
async function buildForProduction(app: string): Promise<void> {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    // Taken in only here: a start that has nothing to build, or cannot go on, does not wait for it.
    const { build } = await import('vite')
    await build({ root: join(root, app), configFile: join(root, app, 'vite.config.ts'), logLevel: 'warn' })
  } finally {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  }
}
/** Builds again shortly after a source changed; the browser is reloaded by hand. */
function rebuildOnChange(say: (line: string) => void): void {
  let timer: NodeJS.Timeout | undefined
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      buildStale(say).then(
        () => say('Built. Reload the page.'),
        (error: unknown) => say(`The build failed: ${error instanceof Error ? error.message : String(error)}`),
      )
    }, 300)
  }
  for (const dir of webSources) watch(join(root, dir), { recursive: true }, soon)
}

// ── the command ──
function readDemoPort(): number {
  const text = process.env['QUN_DEMO_PORT'] ?? String(demoPortStandard)
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`QUN_DEMO_PORT is a port, not ${JSON.stringify(text)}`)
  return Number(text)
}
const noDemo =
  'npm start runs the demo, which is not put into a database of yours (QUN_DATABASE_URL) nor where QUN_DEMO says no: ' +
  'npm run qun start runs the server alone, and QUN_DEMO=true asks for the demo'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { dev: { type: 'boolean', default: false } } })
  const { config, warnings } = readConfig()
  if (!config.demo) throw new UsageError(noDemo)
  const demoPort = readDemoPort()
  for (const port of [config.port, demoPort]) await checkPortFree(config.host, port)
  const say = (line: string) => console.log(line)
  for (const warning of warnings) if (!warning.startsWith('QUN_DEMO_PORT')) console.warn(warning)
  const { port, host, dataDir, drand } = config
  // People read these lines; what the server has to say at `info` belongs to operators who ask for it.
  const log = createLogger(process.env['QUN_LOG'] === undefined ? 'warn' : config.log)
  const started = await startAll({
    dataDir: resolve(dataDir),
    port,
    host,
    demoPort,
    server: { ...optionsOfConfig(config), dataDir: resolve(dataDir), features: featuresWith({ drand, fetch }), log },
    say,
  })
  if (values.dev) rebuildOnChange(say)
  say('')
  say(`  Demo shop     ${started.demo.url}        two phones side by side: start here`)
  say(`  Qun server    ${started.server.url}        API /v1 · reference /docs · member app /app/`)
  say(`  Data          ${dataDir}        keys of the demo app: ${demoCredentialsFile(dataDir)}`)
  say('  Stop with Ctrl-C; the next start goes on where this one ended.')
  runUntilSignal({ ...started.server, url: started.server.url, close: () => started.close() }, log)
}

if (import.meta.main)
  await main().catch((error: unknown) => {
    process.stderr.write(`${startTroubleText(error)}\n`)
    process.exit(1)
  })
