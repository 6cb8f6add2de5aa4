/** Which user runs PostgreSQL and how he gets into folders that are closed to him; starts no server. */
import { spawn } from 'node:child_process'
import { chown, readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'

export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Undefined: run as this process's user. PostgreSQL refuses to run as root, so root gets the user who owns the existing
 * data, else the system's `postgres`, else `nobody`. No user is created.
 */
export async function serverUser(dataDir: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) {
    checkNamed()
    return undefined
  }
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

/** PostgreSQL asks who runs it by name: a container that is started with a bare number has none. */
export function checkNamed(): void {
  const uid = process.geteuid?.()
  if (uid === undefined) return
  try {
    userInfo()
  } catch {
    throw new EmbeddedUnableError(
      `user ${uid} has no name here, and PostgreSQL asks for one`,
      `add the user to /etc/passwd`,
    )
  }
}

/** The kernel's link to the folder a process works in leads there whatever the folders above it allow. */
const workingFolder = '/proc/self/cwd'
const hasWorkingFolder = process.platform === 'linux'

/**
 * How a program of this user, started in `folder`, names that folder. The folder is his; those above it may be closed
 * to him, as root's home is. Programs are started in it before they become the user, and from there on go by the
 * kernel's link, so nothing above has to be opened. Throws where there is no such link and a folder above is closed.
 */
export async function nameOfWorkingFolder(user: ServerUser | undefined, folder: string): Promise<string> {
  if (user === undefined) return folder
  if (hasWorkingFolder) return workingFolder
  const closed = await firstClosed(user, dirname(folder))
  if (closed === undefined) return folder
  throw new EmbeddedUnableError(`user ${user.uid}, as whom PostgreSQL runs for root, cannot enter ${closed}`)
}

/** The topmost folder on the way to `path`, itself included, that the user cannot enter. */
export async function firstClosed(user: ServerUser, path: string): Promise<string | undefined> {
  const above = dirname(path)
  const closed = above === path ? undefined : await firstClosed(user, above)
  if (closed !== undefined) return closed
  const { mode, uid, gid } = await stat(path)
  let passage = 0o001
  if (uid === user.uid) passage = 0o100
  else if (gid === user.gid) passage = 0o010
  return (mode & passage) === 0 ? path : undefined
}

/** PostgreSQL cannot be run here; the message says in one line what to do instead. */
export class EmbeddedUnableError extends Error {
  readonly code = 'embedded.unable'
  constructor(reason: string, cure = 'run Qun as a user other than root') {
    super(
      `the embedded PostgreSQL cannot run here: ${reason}; ${cure}, or set QUN_DATABASE_URL to a PostgreSQL of yours`,
    )
    this.name = 'EmbeddedUnableError'
  }
}

/** A failure to start a program as the user: containers may have taken the right to become another user from root. */
export function startFailure(error: unknown, user: ServerUser | undefined): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (user === undefined || (code !== 'EPERM' && code !== 'EINVAL')) return error
  return new EmbeddedUnableError(`it refuses to be root, and root may not become user ${user.uid} (${code})`)
}

export async function giveTo(user: ServerUser, path: string): Promise<void> {
  await chown(path, user.uid, user.gid).catch((error: unknown) => {
    throw startFailure(error, user)
  })
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly user: ServerUser | undefined
  /** The folder the program works in. */
  readonly folder: string
}

/** Runs a program until it ends; throws with what it said if it fails. */
export async function runToEnd({ program, args, user, folder }: Command): Promise<void> {
  const child = spawn(program, args, { ...user, cwd: folder, env: serverEnv(), stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(startFailure(error, user)))
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed with code ${code}: ${said.trim()}`)
}

/** The server needs none of this process's secrets, and no PG… or locale setting of the shell may change it. */
export function serverEnv(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}
