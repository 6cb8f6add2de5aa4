/** The server process over a data directory: start, watch, stop, and clean up after a killed predecessor. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { binaries, serverEnv, type ServerUser } from './postgres-binaries.ts'

export interface Postmaster {
  readonly port: number
  stop(): Promise<void>
}

export interface PostmasterOptions {
  readonly dataDir: string
  readonly clusterDir: string
  readonly settings: Readonly<Record<string, string>>
  readonly user: ServerUser | undefined
  readonly log: (line: string) => void
}

const startMs = 60_000
const fastStopMs = 20_000
const pollMs = 10
const portAttemptsMax = 5

/** Refused because another living process runs the server of this data directory. */
export class EmbeddedInUseError extends Error {
  readonly code = 'embedded.in_use'
  constructor(dataDir: string, pid: number) {
    super(`${dataDir} is in use by process ${pid}: stop it, or give this process another data directory`)
    this.name = 'EmbeddedInUseError'
  }
}

/** Returns when the server accepts connections on 127.0.0.1. Several ports are tried, since a free one may be lost. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  await writeFile(ownerFile(options.dataDir), JSON.stringify(await identityOf(process.pid)), { mode: 0o600 })
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const said: string[] = []
    const child = await launch(options, port, said)
    if (await isReady(child, options.clusterDir)) return running(child, port, options.dataDir)
    await stopChild(child)
    const portTaken = said.some((line) => line.includes('could not create any TCP/IP sockets'))
    if (portTaken && attempt < portAttemptsMax) continue
    await rm(ownerFile(options.dataDir), { force: true })
    throw new Error(`PostgreSQL did not start in ${options.clusterDir}: ${said.slice(-20).join('\n')}`)
  }
}

async function launch({ clusterDir, settings, user, log }: PostmasterOptions, port: number, said: string[]) {
  const all = { ...settings, listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn((await binaries()).postgres, ['-D', clusterDir, ...flags], {
    ...user,
    env: serverEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a group of its own: a Ctrl-C in the terminal is for this process, which still needs the server to finish.
    detached: true,
  })
  child.on('error', (error) => said.push(String(error)))
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => {
    log(line)
    said.push(line)
    if (said.length > 100) said.shift()
  })
  // The server must not keep a process alive that has nothing else to do.
  child.unref()
  ;(child.stderr as unknown as { unref(): void }).unref()
  watch(child)
  return child
}

/**
 * Stops the server when this process is gone in any way, a kill included: the shell's input ends then. It ends itself
 * with the server, so it never signals a pid that another process has taken.
 */
function watch(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) return
  const script = 'read _; kill -INT "$1" 2>/dev/null'
  const dog = spawn('/bin/sh', ['-c', script, 'qun-watch', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: serverEnv(),
    cwd: '/',
  })
  dog.on('error', () => {
    // No shell: the next start finds the server and stops it.
  })
  dog.unref()
  ;(dog.stdin as unknown as { unref(): void }).unref()
  child.on('exit', () => dog.kill('SIGKILL'))
}

async function isReady(child: ChildProcess, clusterDir: string): Promise<boolean> {
  const deadline = performance.now() + startMs
  while (performance.now() < deadline) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false
    const found = await readPidFile(clusterDir)
    if (found?.pid === child.pid && found.status === 'ready') return true
    await wait(pollMs)
  }
  return false
}

function running(child: ChildProcess, port: number, dataDir: string): Postmaster {
  let stopping: Promise<void> | undefined
  return {
    port,
    stop() {
      stopping ??= (async () => {
        await stopChild(child)
        await rm(ownerFile(dataDir), { force: true })
      })()
      return stopping
    },
  }
}

/** SIGINT ends the sessions and writes everything out; SIGQUIT leaves that to the next start's recovery. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.ref()
  child.kill('SIGINT')
  const late = new AbortController()
  const timeout = wait(fastStopMs, 'late', { signal: late.signal }).catch(() => 'stopped')
  if ((await Promise.race([gone, timeout])) === 'late') child.kill('SIGQUIT')
  await gone
  late.abort()
}

/** Stops the server of a killed process; throws EmbeddedInUseError if that process lives. */
export async function stopLeftover(dataDir: string, clusterDir: string): Promise<void> {
  await refuseIfOwned(dataDir)
  const found = await readPidFile(clusterDir)
  if (found === undefined) return
  if (!(await runsCluster(found.pid, clusterDir))) {
    // Left by a kill. PostgreSQL clears it itself unless the pid now belongs to another process, common in containers.
    await rm(join(clusterDir, 'postmaster.pid'), { force: true })
    return
  }
  signal(found.pid, 'SIGINT')
  const deadline = performance.now() + fastStopMs
  while (await runsCluster(found.pid, clusterDir)) {
    if (performance.now() > deadline) signal(found.pid, 'SIGQUIT')
    await wait(pollMs)
  }
}

interface PidFile {
  readonly pid: number
  readonly status: string
}

/** PostgreSQL's own file: the first line is its pid, the eighth its state. */
async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined
}

/** Whether this pid is a server of exactly this cluster, which works in its data directory. */
async function runsCluster(pid: number, clusterDir: string): Promise<boolean> {
  if (!(await isRunning(pid))) return false
  if (process.platform !== 'linux') return true
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return folder !== undefined && folder === (await realpath(clusterDir).catch(() => undefined))
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // A zombie is gone, only its parent has not looked yet; some containers have nobody who looks.
  return (await statOf(pid))[0] !== 'Z'
}

/** Linux: the process's state, parent and so on, from the third field on; empty elsewhere and for a process that is gone. */
async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the name in parentheses, which may hold spaces and parentheses.
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It went in the meantime.
  }
}

interface Identity {
  readonly pid: number
  /** When the process started, in the kernel's own unit; a pid alone may have been taken by another process since. */
  readonly started: string
}

function ownerFile(dataDir: string): string {
  return join(dataDir, 'postgres-owner.json')
}

async function identityOf(pid: number): Promise<Identity> {
  // The start time is the 22nd field of all.
  return { pid, started: (await statOf(pid))[19] ?? '' }
}

async function refuseIfOwned(dataDir: string): Promise<void> {
  const text = await readFile(ownerFile(dataDir), 'utf8').catch(() => undefined)
  if (text === undefined) return
  let owner: Identity
  try {
    owner = JSON.parse(text) as Identity
  } catch {
    return
  }
  if (!(await isRunning(owner.pid))) return
  const actual = await identityOf(owner.pid)
  if (actual.started === owner.started) throw new EmbeddedInUseError(dataDir, owner.pid)
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
