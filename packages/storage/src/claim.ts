/** Which process owns a data directory, so that two never run a server over the same data; knows no server. */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Refused because another living process, or this one, runs the server of this data directory already. */
export class EmbeddedInUseError extends Error {
  readonly code = 'embedded.in_use'
  constructor(dataDir: string, pid: number) {
    super(`${dataDir} is in use by process ${pid}: stop it, or give this process another data directory`)
    this.name = 'EmbeddedInUseError'
  }
}

interface Identity {
  readonly pid: number
  /** When the process started, in the kernel's own unit; a pid alone may have been taken by another process since. */
  readonly started: string
}

/**
 * Claims the directory for this process until the returned function is called or the process is gone. Throws
 * EmbeddedInUseError. A claim of a process that is gone is taken over.
 */
export async function claimDataDir(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'postgres-owner.json')
  const mine = `${path}.${randomBytes(6).toString('hex')}`
  const text = JSON.stringify({ ...(await identityOf(process.pid)), claim: randomBytes(12).toString('hex') })
  await writeFile(mine, text, { mode: 0o600 })
  try {
    // A link is made whole or not at all, and fails if there is a claim already.
    while (!(await linked(mine, path))) await removeDead(path, dataDir)
  } finally {
    await rm(mine, { force: true })
  }
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true })
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeDead(path: string, dataDir: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    // Another user's claim: neither to be read nor to be taken over.
    throw error
  })
  if (text === undefined) return
  const owner = ownerIn(text)
  if (owner !== undefined && (await isSameProcess(owner))) throw new EmbeddedInUseError(dataDir, owner.pid)
  // Another process may do the same: moving aside tells whose claim was really taken away.
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  await rename(path, aside).catch(() => {})
  const taken = await readFile(aside, 'utf8').catch(() => text)
  if (taken !== text) await linked(aside, path)
  await rm(aside, { force: true })
}

function ownerIn(text: string): Identity | undefined {
  try {
    return JSON.parse(text) as Identity
  } catch {
    // Cut off by a power failure.
    return undefined
  }
}

async function isSameProcess(owner: Identity): Promise<boolean> {
  return (await isRunning(owner.pid)) && (await identityOf(owner.pid)).started === owner.started
}

async function identityOf(pid: number): Promise<Identity> {
  // The start time is the 22nd field of all.
  return { pid, started: (await statOf(pid))[19] ?? '' }
}

export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // A zombie is gone, only its parent has not looked yet; some containers have nobody who looks.
  return (await statOf(pid))[0] !== 'Z'
}

/** Linux: the process's state, parent and so on, from the third field on; empty elsewhere and for one that is gone. */
async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the name in parentheses, which may hold spaces and parentheses.
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ')
}
