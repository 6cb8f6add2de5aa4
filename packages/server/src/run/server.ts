/** Assembles a whole server: store, engine, HTTP, sockets. A library: it reads no environment and no arguments. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createHintBus, createInProcessBus, type Bus } from '@qun/bus'
import { refuse, type Millis } from '@qun/contract'
import { createCore, migrationsOf, type Core, type Feature, type Limits, type RiskPort } from '@qun/core'
import {
  checkMigrated,
  createNotices,
  migrate,
  openStore,
  type WorkShareLimits,
  type Owner,
  WorkShares,
  startEmbedded,
  type Store,
} from '@qun/storage'
import { Doors } from '../ground/doors.ts'
import { ThreadAccounts } from '../ground/thread-accounts.ts'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { createAddressBook, type AddressBook } from '../ground/addresses.ts'
import { Pictures } from '../apps/pictures.ts'
import { Apps } from '../apps/apps.ts'
import { Auth } from '../apps/auth.ts'
import { prepareDemoApp } from '../apps/demo-app.ts'
import { answerLimits, FileAnswers, type AnswerLimits } from '../files/answers.ts'
import { Pace } from '../files/pace.ts'
import { Spool } from '../files/spool.ts'
import { uploadLimits, Uploads, type SpoolFile, type UploadLimits } from '../files/uploads.ts'
import { addDocuments } from '../http/documents.ts'
import { Gateway } from '../socket/gateway.ts'
import { writeMs } from '../socket/outlet.ts'
import { addHealth } from './health.ts'
import { createHttp } from '../http/http.ts'
import { httpLimits } from '../http/http-limits.ts'
import { letHelpersYield } from './heap.ts'
import { ProcessLoad } from './load.ts'
import { createLogger } from './log.ts'
import { Limiter, type BudgetOverrides } from '../ground/rates.ts'
import { refusalOf } from '../ground/problem.ts'
import { Shares, type ShareLimits } from '../ground/shares.ts'
import { Revocations } from '../apps/revocations.ts'
import type { Route } from '../http/route.ts'
import { addRoutes } from '../http/routes.ts'
import { createSeal } from '../apps/seal.ts'
import { addStatics, type StaticSite } from '../http/statics.ts'
import { serverMigrations } from '../apps/store.ts'
import { createTelemetry, type Telemetry } from '../ground/telemetry.ts'
import { readSecretKey } from '../apps/secret-key.ts'

export interface ServerOptions {
  readonly features: readonly Feature[]
  /** An own PostgreSQL; without it one is started in `dataDir`. */
  readonly databaseUrl?: string
  /** Holds the embedded database, its keys and the demo's credentials. Needed unless `databaseUrl` is given. */
  readonly dataDir?: string
  /** 127.0.0.1 unless told: a server meant for others stands behind a proxy that does TLS. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port?: number
  readonly log?: Logger
  readonly bus?: Bus
  readonly now?: () => Millis
  /** Milliseconds that only grow, whatever becomes of the clock. */
  readonly elapsed?: () => number
  readonly randomHex?: (bytes: number) => string
  readonly random?: () => number
  readonly limits?: Partial<Limits>
  /** The host's word on who may take part in what moves money, points or stock. */
  readonly risk?: RiskPort
  /** 0 lifts a budget. */
  readonly rateLimits?: BudgetOverrides
  /** What one person and one app may take of the machine while others want something; false: any amount. */
  readonly shares?: WorkShares | Partial<WorkShareLimits> | false
  /** Bytes that JSON bodies of requests may hold in memory. */
  readonly bodyLimits?: ShareLimits
  /** Where files on their way lie. Unless told: beside the embedded database, else among temporary files. */
  readonly spoolDir?: string
  /** What uploads may have of the spool. */
  readonly uploads?: UploadLimits
  /** With what they are written: for tests. */
  readonly openSpoolFile?: (path: string) => Promise<SpoolFile>
  /** Bytes that files under way to their readers may hold in memory. */
  readonly answerLimits?: AnswerLimits
  /** Origins that may call for users of any app, beside each app's own list. */
  readonly allowedOrigins?: readonly string[]
  /** Origins of pictures that people and groups may have, beside those that may call. */
  readonly pictureOrigins?: readonly string[]
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[]
  /** 32 bytes that encrypt signing secrets at rest; made in `dataDir` when the database is embedded. */
  readonly secretKey?: Uint8Array
  /** Makes an app `demo` at the first start and writes its keys to `dataDir`. */
  readonly demo?: boolean
  /** Built web apps to serve. */
  readonly static?: readonly StaticSite[]
  /** Where `/` leads; `/docs` unless told. */
  readonly landing?: string
  /** The version of the wire, from the batteries package. */
  readonly protocol?: number
  readonly version?: string
  /** Whether a store that is older than this release is migrated, or refused. */
  readonly migrate?: 'auto' | 'never'
  /** False in tests with commits that need not survive a power cut. */
  readonly durable?: boolean
  /** Holds every answer against its contract: for tests. */
  readonly checkAnswers?: boolean
}

export interface QunServer {
  readonly app: FastifyInstance
  readonly core: Core
  readonly store: Store
  readonly apps: Apps
  readonly auth: Auth
  readonly gateway: Gateway
  readonly telemetry: Telemetry
  readonly routes: readonly Route[]
  readonly bodies: Shares
  readonly uploads: Uploads
  readonly answers: FileAnswers
  /** Where it listens; known after `listen`. */
  readonly url: string
  listen(): Promise<string>
  /** Drains, then closes: refuses what is new, lets what is under way finish (at most 10 s). May be called again. */
  close(): Promise<void>
}

/** A graceful end waits this long for requests under way. */
const drainMs = 10_000
/** And this long for those it cuts then to be told. */
const cutMs = 1_000

export async function createServer(options: ServerOptions): Promise<QunServer> {
  const log = options.log ?? createLogger('info')
  const now = options.now ?? Date.now
  const elapsed = options.elapsed ?? (() => performance.now())
  const randomHex = options.randomHex ?? ((bytes: number) => randomBytes(bytes).toString('hex'))
  const means = { log, now, elapsed, randomHex }
  letHelpersYield()
  const base = await openBase(options, means)
  try {
    return await assemble(options, { ...base, ...means })
  } catch (error) {
    await base.stop()
    throw error
  }
}

interface Base {
  readonly store: Store
  /** Accounts of this thread, where people and apps have shares. */
  readonly thread: ThreadAccounts | undefined
  readonly bus: Bus
  readonly spool: Spool
  readonly stop: () => Promise<void>
  readonly secretKey: Uint8Array | undefined
}
interface Means {
  readonly log: Logger
  readonly now: () => Millis
  readonly elapsed: () => number
  readonly randomHex: (bytes: number) => string
}
interface Ground extends Base, Means {}

function sharesOf({ shares }: ServerOptions): WorkShares | undefined {
  if (shares === false) return undefined
  return shares instanceof WorkShares ? shares : new WorkShares(shares)
}

async function openBase(options: ServerOptions, means: Means): Promise<Base> {
  const { log, now } = means
  const { databaseUrl, dataDir } = options
  if (databaseUrl === undefined && dataDir === undefined) throw new Error('give databaseUrl or dataDir')
  const embedded =
    databaseUrl === undefined
      ? await startEmbedded({
          dataDir: join(dataDir!, 'database'),
          durable: options.durable ?? true,
          log: (line) => log.debug({ line }, 'postgres'),
          onRecovery: (forMs) => log.warn({ forMs }, 'the database recovers from a crash; the start waits for it'),
        })
      : undefined
  const url = databaseUrl ?? embedded!.url
  const secretKey = options.secretKey ?? (embedded === undefined ? undefined : await readSecretKey(dataDir!))
  if (secretKey === undefined) log.warn('no secret key given: signing secrets are stored unencrypted in the database')
  const shares = sharesOf(options)
  const thread = shares === undefined ? undefined : new ThreadAccounts(shares)
  const fair = shares === undefined ? {} : { shares, onTurn: (owner: Owner) => thread?.tookTurn(owner) }
  const store = await openStore({ url, ...fair }).catch(async (error: unknown) => {
    await embedded?.stop()
    throw error
  })
  let bus: Bus | undefined
  let spool: Spool | undefined
  const stop = async () => {
    if (options.bus === undefined) await bus?.close()
    await store.close()
    await embedded?.stop()
    await spool?.close()
  }
  try {
    const besideStore = embedded === undefined ? undefined : join(dataDir!, 'spool')
    spool = await Spool.open(options.spoolDir ?? besideStore, now())
    const migrations = [...serverMigrations, ...migrationsOf(options.features)]
    if (options.migrate === 'never') await checkMigrated(store, migrations)
    else await migrate(store, migrations, now, { onApplied: (id) => log.info({ id }, 'migrated') })
    bus = options.bus ?? (await openBus(options, store, means))
    return { store, thread, bus, spool, secretKey, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Parts {
  readonly bus: Bus
  readonly core: Core
  readonly load: ProcessLoad
  readonly apps: Apps
  readonly auth: Auth
  readonly limiter: Limiter
  readonly doors: Doors
  readonly addresses: AddressBook
  readonly allowedOrigins: ReadonlySet<string>
  readonly revocations: Revocations
  readonly telemetry: Telemetry
  readonly gateway: Gateway
  readonly pace: Pace
}

/** An embedded store has one node for certain; one with an address may have others, now or later. */
async function openBus({ databaseUrl }: ServerOptions, store: Store, { log, elapsed, randomHex }: Means): Promise<Bus> {
  const onError = (error: unknown, topic: string) => log.error({ err: error, topic }, 'a receiver of the bus failed')
  if (databaseUrl === undefined) return createInProcessBus({ onError })
  const wait = (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  }
  const bus = createHintBus({ wire: createNotices(store), nodeId: randomHex(8), elapsed, wait, onError })
  await bus.ready
  if (bus.isReliable !== true) log.warn('the database carries no notices (a pooler?): what other nodes do is polled')
  return bus
}

async function createParts(options: ServerOptions, ground: Ground): Promise<Parts> {
  const { store, bus, log, now, elapsed, randomHex } = ground
  const protocol = options.protocol ?? 1
  const telemetry = createTelemetry({ log, elapsed, queuedBytesMax: () => gateway.queuedBytesMax })
  const { features, limits } = options
  // A store that is away is no bug of ours, whoever noticed it.
  const onBug = (error: unknown, where: string) =>
    refusalOf(error) === undefined ? telemetry.bug(error, where) : telemetry.trouble(error, where)
  const load = new ProcessLoad()
  const core = await createCore({
    isBusy: load.isBusy,
    writeMs,
    ...{ store, bus, now, randomHex, features, protocol, onBug, isMigrated: true },
    ...(limits === undefined ? {} : { limits }),
    ...(options.risk === undefined ? {} : { risk: options.risk }),
  })
  const apps = new Apps({ store, seal: createSeal(ground.secretKey), now, randomHex })
  const revocations = new Revocations({
    ...{ store, bus, now },
    onLearned: (row) => gateway.cut(row),
    onTrouble: (error) => telemetry.trouble(error, 'revocations'),
  })
  const auth = new Auth({ apps, revocations, now, randomHex })
  const limiter = new Limiter(now, options.rateLimits)
  const doors = new Doors(store.shares, ground.thread)
  const addresses = createAddressBook(options.trustedProxies ?? [])
  const allowedOrigins = new Set(options.allowedOrigins ?? [])
  const gateway = new Gateway({
    ...{ core, auth, apps, limiter, doors, addresses, telemetry, allowedOrigins, now, protocol },
    random: options.random ?? Math.random,
  })
  return {
    bus,
    core,
    load,
    apps,
    auth,
    limiter,
    doors,
    addresses,
    allowedOrigins,
    revocations,
    telemetry,
    gateway,
    pace: new Pace(elapsed),
  }
}

async function assemble(options: ServerOptions, ground: Ground): Promise<QunServer> {
  const { store, log, now, randomHex } = ground
  const parts = await createParts(options, ground)
  const { core, apps, auth, telemetry, gateway } = parts
  const version = options.version ?? '0.1.0'
  const progress = { isDraining: false }
  const bodies = new Shares('bytes of bodies', options.bodyLimits ?? httpLimits.heldBytes)
  const isDraining = () => progress.isDraining
  const uploads = uploadsOf(options, ground.spool, parts)
  const answers = new FileAnswers(parts.pace, options.answerLimits ?? answerLimits)
  const http = createHttp({
    ...{ telemetry, addresses: parts.addresses, bodies, uploads, doors: parts.doors, now, randomHex, isDraining },
    isAllowedOrigin: async (origin) => parts.allowedOrigins.has(origin) || apps.isOriginOfAny(origin),
  })
  const pictures = new Pictures(apps, [...parts.allowedOrigins, ...(options.pictureOrigins ?? [])])
  const routes = addRoutes(http, {
    ...parts,
    pictures,
    answers,
    isDraining,
    checkAnswers: options.checkAnswers ?? false,
  })
  addHealth(http, { store, telemetry, version, epoch: () => core.epoch, isDraining })
  addDocuments(http, { routes: routes.map((route) => route.endpoint), registry: core.registry, version })
  await addStatics(http, options.static ?? [], options.landing ?? '/docs')
  await apps.checkSeal()
  await parts.revocations.start()
  const { dataDir } = options
  if (options.demo === true && dataDir !== undefined) await prepareDemoApp({ apps, dataDir, log })
  gateway.attach(http.server)
  core.start()
  parts.load.start()

  const host = options.host ?? '127.0.0.1'
  const urlOf = (address: AddressInfo | string | null) =>
    typeof address === 'object' && address !== null ? `http://${host}:${address.port}` : ''
  let closing: Promise<void> | undefined
  return {
    ...{ app: http, core, store, apps, auth, gateway, telemetry, routes, bodies, uploads, answers },
    get url() {
      return urlOf(http.server.address())
    },
    async listen() {
      await http.listen({ host, port: options.port ?? 0, backlog: 2_048 })
      return urlOf(http.server.address())
    },
    close() {
      progress.isDraining = true
      return (closing ??= closeInOrder(http, { ...parts, uploads }, ground))
    },
  }
}

function uploadsOf(options: ServerOptions, spool: Spool, parts: Parts): Uploads {
  const { pace, doors, telemetry } = parts
  const { uploads: limits = uploadLimits, openSpoolFile: openFile } = options
  return new Uploads({
    spool,
    pace,
    limits,
    onTrouble: (error) => telemetry.trouble(error, 'spool'),
    rest: (payer, bytes) => doors.received(payer, bytes),
    ...(openFile === undefined ? {} : { openFile }),
  })
}

/** Unready, no more connections, goaway, what is under way, sockets, store. */
async function closeInOrder(
  http: FastifyInstance,
  parts: Parts & { readonly uploads: Uploads },
  ground: Ground,
): Promise<void> {
  const { telemetry, gateway, core, uploads } = parts
  telemetry.drain('unready')
  gateway.announceDrain()
  parts.doors.stop()
  const closingHttp = http.close()
  telemetry.drain('finishing')
  // Uploads that were let in are under way: their bytes may come meanwhile.
  const stopping = core.stop()
  await within(drainMs, stopping)
  uploads.cutAll(refuse('server.draining'))
  await within(cutMs, stopping)
  await gateway.closeAll(drainMs)
  http.server.closeIdleConnections()
  await within(drainMs, closingHttp)
  http.server.closeAllConnections()
  parts.load.stop()
  parts.pace.stop()
  parts.revocations.stop()
  telemetry.close()
  await ground.stop()
  telemetry.drain('done')
}

/** Waits for work, but not longer than this. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
