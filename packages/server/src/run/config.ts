/** The settings of a server: one table from which they are read, checked, listed by `qun help` and documented. */
import { readFileSync } from 'node:fs'
import { createAddressBook } from '../ground/addresses.ts'
import { isOrigin } from '../apps/apps.ts'
import type { LogLevel } from './log.ts'
import { uploadLimits, type UploadLimits } from '../files/uploads.ts'
import { mib } from '../ground/shares.ts'
import { budgets, type BudgetName, type BudgetOverrides } from '../ground/rates.ts'
import { workShareLimits, type WorkShareLimits } from '@qun/storage'
import { parseSecretKey } from '../apps/secret-key.ts'

export interface Config {
  readonly port: number
  readonly host: string
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  /** Whether a server applies the migrations its store lacks, or refuses to start. */
  readonly migrate: 'auto' | 'never'
  readonly log: LogLevel
  readonly demo: boolean
  readonly allowedOrigins: readonly string[]
  readonly pictureOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly secretKey: Uint8Array | undefined
  /** Public randomness (drand): `on` reads it from the public relays, a list from these. */
  readonly drand: 'on' | 'off' | readonly string[]
  readonly rateLimits: BudgetOverrides
  /** What one person and one app may take of the machine; false: any amount. */
  readonly shares: Pick<WorkShareLimits, 'person' | 'app' | 'whole'> | false
  /** Where files on their way lie; undefined: beside the database. */
  readonly spoolDir: string | undefined
  readonly uploads: UploadLimits
}

export interface Setting {
  readonly name: `QUN_${string}`
  readonly default: string
  readonly doc: string
  /** May also be given as a file, by the name with `_FILE`: for secrets that an orchestrator mounts. */
  readonly isSecret?: boolean
  /** Reads the text; throws an error that says what is expected. */
  readonly read: (text: string) => unknown
}

const logLevels: readonly LogLevel[] = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']

const base = {
  port: { name: 'QUN_PORT', default: '7878', doc: 'The TCP port; 0 takes a free one.', read: readPort },
  host: {
    name: 'QUN_HOST',
    default: '127.0.0.1',
    doc: 'The address to listen on. A server for others stands behind a proxy that does TLS.',
    read: asText,
  },
  dataDir: {
    name: 'QUN_DATA',
    default: './data',
    doc: 'Holds the embedded database and its keys. Back it up.',
    read: asText,
  },
  spoolDir: {
    name: 'QUN_SPOOL',
    default: '',
    doc:
      'Where uploads lie until they are worked with: a folder of this machine’s own, never backed up. ' +
      'Empty: `spool` in QUN_DATA, with QUN_DATABASE_URL a folder among the machine’s temporary files.',
    read: (text: string) => (text === '' ? undefined : text),
  },
  databaseUrl: {
    name: 'QUN_DATABASE_URL',
    default: '',
    doc: 'An own PostgreSQL (15 or later), `postgresql://user:password@host:port/database`. Empty: one is started in QUN_DATA.',
    isSecret: true,
    read: readDatabaseUrl,
  },
  migrate: {
    name: 'QUN_MIGRATE',
    default: 'auto',
    doc:
      '`auto`: a server that finds its database older than itself migrates it, one node while the others wait. ' +
      '`never`: it refuses to start; run `qun migrate` before the first node of a release.',
    read: readMigrate,
  },
  log: { name: 'QUN_LOG', default: 'info', doc: `How much is logged: ${logLevels.join(', ')}.`, read: readLogLevel },
  demo: {
    name: 'QUN_DEMO',
    default: '',
    doc:
      'Whether an app `demo` is made at the first start; its keys go to demo-credentials.json in QUN_DATA. ' +
      'Empty: yes with the embedded database, no with QUN_DATABASE_URL.',
    read: (text: string) => (text === '' ? undefined : readBoolean(text)),
  },
  allowedOrigins: {
    name: 'QUN_ALLOWED_ORIGINS',
    default: '',
    doc: 'Origins of pages that may call, comma separated, beside each app’s own list: `https://shop.example`.',
    read: readOrigins,
  },
  pictureOrigins: {
    name: 'QUN_PICTURE_ORIGINS',
    default: '',
    doc:
      'Origins from which people may take the pictures of groups, comma separated, beside those that may call: ' +
      '`https://cdn.shop.example`. The host itself, with its API key, may name any address with https.',
    read: readOrigins,
  },
  trustedProxies: {
    name: 'QUN_TRUSTED_PROXIES',
    default: '',
    doc: 'Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed, comma separated.',
    read: readProxies,
  },
  secretKey: {
    name: 'QUN_SECRET_KEY',
    default: '',
    doc: '64 hexadecimal digits that encrypt signing secrets in the database. Empty with the embedded database: made and kept in QUN_DATA.',
    isSecret: true,
    read: (text: string) => (text === '' ? undefined : parseSecretKey(text, 'QUN_SECRET_KEY')),
  },
  drand: {
    name: 'QUN_DRAND',
    default: 'on',
    doc:
      'Public randomness for lucky draws (drand): `on` asks the public relays, a comma separated list asks these, `off` none. ' +
      'Asked only when a draw is prepared or held; not offered to draws while no relay answers.',
    read: readDrand,
  },
} as const satisfies Record<string, Setting>

const percent = (share: number) => String(Math.round(share * 100))
/** In hundredths of the machine. */
const shares = {
  person: {
    name: 'QUN_SHARE_PERSON',
    default: percent(workShareLimits.person),
    doc:
      'Percent of the machine’s processors that one person’s requests may take for good while others want something; what is above it waits. ' +
      '0 lifts the shares of people and apps.',
    read: readCount,
  },
  app: {
    name: 'QUN_SHARE_APP',
    default: percent(workShareLimits.app),
    doc: 'The same for all people of one app and its back end, while other apps want something.',
    read: readCount,
  },
  whole: {
    name: 'QUN_SHARE_WHOLE',
    default: percent(workShareLimits.whole),
    doc: 'What one app and all others together may take before it has to keep to its share: the more, the longer others wait beside a busy app.',
    read: readCount,
  },
} as const satisfies Record<string, Setting>
/** Six numbers: bytes on the spool and uploads at once, each in all, of an app and of a person. */
const uploads = (
  [
    ['MIB', 'MiB on the spool of uploads', mib, uploadLimits.bytes],
    ['AT_ONCE', 'Uploads at once', 1, uploadLimits.atOnce],
  ] as const
).flatMap(([name, doc, unit, { max, perAppMax, perPersonMax }]) =>
  (
    [
      ['', ', in all', max],
      ['_PER_APP', ' of one app', perAppMax],
      ['_PER_PERSON', ' of one person', perPersonMax],
    ] as const
  ).map(([suffix, whose, count]) => ({
    unit,
    setting: {
      name: `QUN_UPLOADS_${name}${suffix}`,
      default: String(count / unit),
      doc: `${doc}${whose}. Beyond it an upload is refused as early as that is known, to come again.`,
      read: readCountFromOne,
    } satisfies Setting,
  })),
)
function uploadLimitsOf(counts: readonly number[]): UploadLimits {
  const sharesAt = (at: number) => {
    const [max = 0, perAppMax = 0, perPersonMax = 0] = counts.slice(at)
    return { max, perAppMax, perPersonMax }
  }
  return { bytes: sharesAt(0), atOnce: sharesAt(3) }
}

const rateName = (budget: string): `QUN_${string}` =>
  `QUN_RATE_${budget.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
const rates = Object.entries(budgets).map(([budget, { per, limit, windowMs, reason }]) => ({
  budget: budget as BudgetName,
  setting: {
    name: rateName(budget),
    default: String(limit),
    doc: `Requests per ${per} in ${windowMs / 1_000} s; 0 lifts the limit. ${reason}`,
    read: readCount,
  } satisfies Setting,
}))

/** Every setting there is, in the order they are documented. */
export const settings: readonly Setting[] = [
  ...Object.values(base),
  ...Object.values(shares),
  ...uploads.map(({ setting }) => setting),
  ...rates.map(({ setting }) => setting),
]

/** What is wrong with the environment, all of it at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`the settings are not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads the environment, `process.env` unless given. Throws `ConfigError` when a value is not valid; a variable that
 * begins with QUN_ and is no setting is a warning, because it is most likely misspelt.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): {
  readonly config: Config
  readonly warnings: readonly string[]
} {
  const problems: string[] = []
  const read = (setting: Setting): unknown => {
    try {
      return setting.read(textOf(setting, env))
    } catch (error) {
      problems.push(`${setting.name}: ${(error as Error).message}`)
      return undefined
    }
  }
  const values = Object.fromEntries(Object.entries(base).map(([key, setting]) => [key, read(setting)]))
  const rateLimits = Object.fromEntries(
    rates
      .filter(({ setting }) => env[setting.name] !== undefined)
      .map(({ budget, setting }) => [budget, read(setting)]),
  )
  const [person = 0, app = 0, whole = 0] = Object.values(shares).map((setting) => (read(setting) as number) / 100)
  if (person > 0 && app === 0) problems.push('QUN_SHARE_APP: 1 or more, unless QUN_SHARE_PERSON is 0')
  const uploadCounts = uploads.map(({ setting, unit }) => (read(setting) as number) * unit)
  if (problems.length > 0) throw new ConfigError(problems)
  const known = new Set(
    settings.flatMap(({ name, isSecret }) => [name, ...(isSecret === true ? [`${name}_FILE`] : [])]),
  )
  const warnings = Object.keys(env)
    .filter((name) => name.startsWith('QUN_') && !known.has(name as Setting['name']))
    .map((name) => `${name} is no setting of this server`)
  // A database of one's own holds what others rely on: a demo goes there only when asked for.
  const demo = values['demo'] ?? values['databaseUrl'] === undefined
  const given = person === 0 ? false : { person, app, whole }
  return {
    config: { ...values, demo, rateLimits, shares: given, uploads: uploadLimitsOf(uploadCounts) } as unknown as Config,
    warnings,
  }
}

/** Whether an npm script started this process: npm's shell stands between the two and passes no signal on. */
export function isRunByNpm(env: NodeJS.ProcessEnv = process.env): boolean {
  return env['npm_lifecycle_event'] !== undefined
}

function textOf(setting: Setting, env: NodeJS.ProcessEnv): string {
  const file = setting.isSecret === true ? env[`${setting.name}_FILE`] : undefined
  const value = env[setting.name]
  if (file === undefined || file === '') return (value ?? setting.default).trim()
  if (value !== undefined) throw new Error(`give either ${setting.name} or ${setting.name}_FILE`)
  return readFileSync(file, 'utf8').trim()
}

/** The table as plain text for a terminal. */
export function settingsText(): string {
  const width = Math.max(...settings.map(({ name }) => name.length))
  return settings
    .map(
      (setting) =>
        `  ${setting.name.padEnd(width)}  ${setting.doc.replaceAll('`', '')}${setting.default === '' ? '' : ` [${setting.default}]`}`,
    )
    .join('\n')
}

/** The table as Markdown, for docs/configuration.md. */
export function settingsMarkdown(): string {
  const rows = settings.map(
    ({ name, default: standard, doc, isSecret }) =>
      `| \`${name}\`${isSecret === true ? `, \`${name}_FILE\`` : ''} | ${standard === '' ? '–' : `\`${standard}\``} | ${doc} |`,
  )
  return ['| setting | default | what it does |', '| --- | --- | --- |', ...rows].join('\n')
}

// ── readers ──

function asText(text: string): string {
  if (text === '') throw new Error('must not be empty')
  return text
}
function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`a port is 0 to 65535, not ${JSON.stringify(text)}`)
  return port
}
function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`a whole number, 0 or more, not ${JSON.stringify(text)}`)
  return Number(text)
}
function readCountFromOne(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`a whole number, 1 or more, not ${JSON.stringify(text)}`)
  return Number(text)
}
function readBoolean(text: string): boolean {
  if (/^(true|1|yes)$/i.test(text)) return true
  if (/^(false|0|no)$/i.test(text)) return false
  throw new Error(`true or false, not ${JSON.stringify(text)}`)
}
function readMigrate(text: string): 'auto' | 'never' {
  if (text === 'auto' || text === 'never') return text
  throw new Error(`auto or never, not ${JSON.stringify(text)}`)
}
function readLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (level === undefined) throw new Error(`one of ${logLevels.join(', ')}, not ${JSON.stringify(text)}`)
  return level
}
function readDatabaseUrl(text: string): string | undefined {
  if (text === '') return undefined
  // NOTE: the text is not repeated in the message: it holds a password.
  if (!/^postgres(ql)?:\/\/./.test(text)) throw new Error('begins with postgresql://')
  return text
}
function readOrigins(text: string): string[] {
  const origins = listOf(text)
  for (const origin of origins)
    if (!isOrigin(origin)) throw new Error(`${JSON.stringify(origin)} is not an origin like https://shop.example`)
  return origins
}
function readProxies(text: string): string[] {
  const proxies = listOf(text)
  createAddressBook(proxies)
  return proxies
}
function readDrand(text: string): 'on' | 'off' | readonly string[] {
  if (text === 'on' || text === 'off') return text
  const relays = listOf(text)
  if (relays.length === 0) throw new Error('on, off, or relays like https://drand.example')
  for (const relay of relays)
    if (!/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(relay))
      throw new Error(`${JSON.stringify(relay)} is no relay like https://drand.example`)
  return relays.map((relay) => relay.replace(/\/+$/, ''))
}
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
