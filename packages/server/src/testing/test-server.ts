/** A whole server for tests: own database, clock in the test's hand, two apps with keys. Listens on 127.0.0.1. */
import { createHmac, randomBytes } from 'node:crypto'
import type { AppId, Millis } from '@qun/contract'
import { migrationsOf, type Feature } from '@qun/core'
import { cloneDatabase, templateDatabase, templateName } from '@qun/storage/testing'
import { createLogger } from '../run/log.ts'
import { createServer, type QunServer, type ServerOptions } from '../run/server.ts'
import { serverMigrations } from '../apps/store.ts'

/** Everybody's tests begin at this moment. */
export const testStart: Millis = Date.UTC(2026, 0, 1)

export class Clock {
  #at: Millis = testStart
  #passed = 0
  now = (): Millis => this.#at
  elapsed = (): number => this.#passed
  pass(durationMs: number): void {
    this.#at += durationMs
    this.#passed += durationMs
  }
  /** Somebody sets the clock; no time passes. */
  jump(byMs: number): void {
    this.#at += byMs
  }
}

export interface TestApp {
  readonly appId: AppId
  readonly apiKey: string
  readonly kid: string
  readonly secret: Uint8Array
}

export interface TestServer extends AsyncDisposable {
  readonly server: QunServer
  readonly url: string
  readonly clock: Clock
  readonly app: TestApp
  readonly otherApp: TestApp
  /** Lines the server logged so far. */
  readonly logLines: string[]
}

export interface TestServerOptions extends Partial<ServerOptions> {
  readonly pgUrl: string
  readonly features: readonly Feature[]
  /** Uses the machine's clock instead of the test's. */
  readonly isLive?: boolean
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const { pgUrl, isLive, ...rest } = options
  const template = await templateDatabase({
    adminUrl: pgUrl,
    name: `${templateName([...serverMigrations, ...migrationsOf(options.features)])}_server`,
    prepare: async (databaseUrl) => {
      const server = await createServer({ features: options.features, databaseUrl, log: createLogger('silent') })
      await server.close()
    },
  })
  const database = await cloneDatabase(template)
  const clock = new Clock()
  const logLines: string[] = []
  const log = createLogger('debug', { write: (line: string) => void logLines.push(line) })
  const server = await createServer({
    databaseUrl: database.url,
    log,
    secretKey: randomBytes(32),
    checkAnswers: true,
    // What a test takes of a machine that is busy with other tests says nothing.
    shares: false,
    ...(isLive === true ? {} : { now: clock.now, elapsed: clock.elapsed }),
    ...rest,
  })
  const app = await makeApp(server, 'camellia')
  const otherApp = await makeApp(server, 'otherapp')
  const url = await server.listen()
  return {
    server,
    url,
    clock,
    app,
    otherApp,
    logLines,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await database.drop()
    },
  }
}

/** One more app, with its keys. */
export async function makeApp(server: QunServer, id: string): Promise<TestApp> {
  const appId = id as AppId
  const key = await server.apps.create({ appId, name: id })
  const apiKey = await server.apps.addApiKey(appId, 'test')
  return { appId, apiKey, kid: key.kid, secret: Buffer.from(key.secret ?? '', 'base64url') }
}

// ── tokens, right and wrong ──

export interface TokenWish {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  /** Replaces the claims' text, for what no serialiser writes. */
  readonly claimsText?: string
  readonly secret?: Uint8Array
}

let tokens = 0

/** Signs a token of the app by hand; whatever the wish names replaces what is right. Undefined removes. */
export function tokenOf(app: TestApp, userId: string, now: Millis, wish: TokenWish = {}): string {
  const seconds = Math.floor(now / 1_000)
  const header = { alg: 'HS256', typ: 'JWT', kid: app.kid, ...wish.header }
  const claims = {
    iss: app.appId,
    aud: 'qun',
    sub: userId,
    jti: `jti-${tokens++}`,
    iat: seconds,
    exp: seconds + 3_600,
    scope: 'user',
    ...wish.claims,
  }
  const signed = `${encode(JSON.stringify(header))}.${encode(wish.claimsText ?? JSON.stringify(claims))}`
  const signature = createHmac('sha256', wish.secret ?? app.secret)
    .update(signed)
    .digest('base64url')
  return `${signed}.${signature}`
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

// ── requests ──

export interface CallWish {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
}
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
}

/** One request; the path is below `/v1`. */
export async function call(server: TestServer, method: string, path: string, wish: CallWish = {}): Promise<Answer> {
  const isRaw = wish.body instanceof Uint8Array || typeof wish.body === 'string'
  const response = await fetch(`${server.url}/v1${path}`, {
    method,
    headers: {
      ...(wish.token === undefined ? {} : { authorization: `Bearer ${wish.token}` }),
      ...(wish.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...wish.headers,
    },
    ...(wish.body === undefined ? {} : { body: isRaw ? (wish.body as string) : JSON.stringify(wish.body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
}

/** `status code`, the way rows of the error contract are written. */
export function verdictOf(answer: Answer): string {
  return answer.json?.code === undefined ? String(answer.status) : `${answer.status} ${answer.json.code}`
}

export const people = { wang: '王店长', he: '小何', li: '小李', zhao: '赵阿姨', sun: '孙老师', zhou: '老周' } as const

/** Tells the server about everybody and makes a group of wang's with he (admin), li, zhao and sun. Returns its id. */
export async function makeShopGroup(server: TestServer): Promise<string> {
  const { app, clock } = server
  for (const [userId, name] of Object.entries(people)) {
    await call(server, 'PUT', `/users/${userId}`, { token: app.apiKey, body: { name } })
  }
  const wang = tokenOf(app, 'wang', clock.now())
  const members = ['he', 'li', 'zhao', 'sun']
  const made = await call(server, 'POST', '/groups', { token: wang, body: { name: '山茶咖啡', memberIds: members } })
  if (made.status !== 201) throw new Error(`the group was not made: ${made.text}`)
  const groupId = made.json.groupId as string
  await call(server, 'PUT', `/groups/${groupId}/members/he/role`, { token: wang, body: { role: 'admin' } })
  return groupId
}
