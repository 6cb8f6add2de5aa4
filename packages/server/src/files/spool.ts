/**
 * The folder in which files on their way lie: one of this server's own, that nobody else reads, within one that servers
 * of this machine share. What servers that died left there goes when the next one opens. Knows no request.
 */
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Millis } from '@qun/contract'

const dayMs = 86_400_000

export class Spool {
  readonly dir: string
  readonly #told: string | undefined
  #files = 0

  private constructor(dir: string, told: string | undefined) {
    this.dir = dir
    this.#told = told
  }
  /** Unless told in which folder, it lies among what this machine keeps for a while. */
  static async open(told: string | undefined, now: Millis): Promise<Spool> {
    const root = told ?? (await openShared())
    await mkdir(root, { recursive: true, mode: 0o700 })
    await removeLeftovers(root, now)
    // NOTE: mkdtemp makes it 0700, whatever the umask is.
    return new Spool(await mkdtemp(join(root, `${await nameOf(process.pid)}~`)), told)
  }
  /** Where a file may be written; nothing lies there. */
  newPath(): string {
    return join(this.dir, String(++this.#files))
  }
  /** Makes the folder again: machines clear away what lies among temporary files for long. */
  async restore(): Promise<void> {
    if (this.#told === undefined) await openShared()
    await mkdir(this.dir, { recursive: true, mode: 0o700 })
  }
  /** The folder goes, with whatever still lies in it and comes meanwhile. */
  close(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Where everybody may make folders, the name may have been taken by somebody who waits for our files. */
async function openShared(): Promise<string> {
  const uid = process.getuid?.() ?? 0
  const root = join(tmpdir(), `qun-spool-${uid}`)
  await mkdir(root, { recursive: true, mode: 0o700 })
  const found = await lstat(root)
  if (process.getuid === undefined || (found.isDirectory() && found.uid === uid)) return root
  throw Object.assign(new Error(`${root} is not this user's folder`), { code: 'EACCES', path: root })
}

// ── whose a folder is ──
/** A process is told from a later one of the same number by when it began, where the system says so. */
const nameOf = async (pid: number) => `${await machine()}~${pid}~${(await beginningOf(pid)) ?? ''}`
/**
 * Within which numbers of processes mean the same: containers of one host name, as with the host's network, number
 * theirs each by itself. Linux says in which space of numbers a process lives.
 */
async function machine(): Promise<string> {
  const space = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${hostname()}+${space.replace(/\D/g, '')}`
}

async function removeLeftovers(root: string, now: Millis): Promise<void> {
  const own = await machine()
  for (const name of await readdir(root)) {
    const [host, pid, beginning, random] = name.split('~')
    if (random === undefined) continue
    const dir = join(root, name)
    // Another machine's processes cannot be asked for; no file is a day on its way.
    const isOver = host === own ? !(await isAlive(Number(pid), beginning ?? '')) : await isBefore(dir, now - dayMs)
    if (isOver) await rm(dir, { recursive: true, force: true })
  }
}
async function isAlive(pid: number, beginning: string): Promise<boolean> {
  if (beginning !== '') return (await beginningOf(pid)) === beginning
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
/** Undefined when there is no such process, or no way to know. */
async function beginningOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The 22nd field; the second is a name in brackets that may hold anything.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}
async function isBefore(dir: string, at: Millis): Promise<boolean> {
  const found = await lstat(dir).catch(() => undefined)
  return found !== undefined && found.mtimeMs < at
}
