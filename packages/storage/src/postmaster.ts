/** The server process over a data directory: start, watch, stop, and clean up after a killed predecessor. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFile, readdir, readlink, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isRunning } from './claim.ts'
import { binaries } from './postgres-binaries.ts'
import { nameOfWorkingFolder, serverEnv, startFailure, type ServerUser } from './server-user.ts'

export interface Postmaster {
  readonly port: number
  stop(): Promise<void>
}

export interface PostmasterOptions {
  readonly clusterDir: string
  readonly settings: Readonly<Record<string, string>>
  readonly user: ServerUser | undefined
  readonly log: (line: string) => void
  /** Told now and then how long the recovery after a crash has taken so far. */
  readonly onRecovery?: (forMs: number) => void
  /** Milliseconds that only grow; the machine's unless told. */
  readonly elapsed?: () => number
}

/** Until the server has written its own pid file; how long it recovers after that, only its data knows. */
const startMs = 60_000
const recoveryNoticeMs = 10_000
const fastStopMs = 20_000
const immediateStopMs = 5_000
const restartDelayMinMs = 100
const restartDelayMaxMs = 5_000
const pollMs = 10
const startAttemptsMax = 5
// The port was lost to another process, or the predecessor's processes are not all gone yet.
const temporary = /could not create any TCP\/IP sockets|lock file "postmaster.pid"|pre-existing shared memory block/

/**
 * Returns when the server accepts connections on 127.0.0.1. Stops the server that a killed process left running, so the
 * caller holds the claim on the data directory. A server that ends although nobody stopped it is started again, on the
 * same port.
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    await stopLeftover(options.clusterDir)
    const port = await freePort()
    const said: string[] = []
    const child = await launch(options, port, said)
    if (await isReady(child, options)) return supervise(child, options, port)
    await stopChild(child)
    const { failure } = child
    if (failure !== undefined) throw startFailure(failure, options.user)
    const again = said.some((line) => temporary.test(line)) && attempt < startAttemptsMax
    if (again) await wait(restartDelayMinMs * attempt)
    else throw new Error(`PostgreSQL did not start in ${options.clusterDir}: ${said.slice(-20).join('\n')}`)
  }
}

interface Launched extends ChildProcess {
  /** Why there is no process. */
  failure?: Error
}

async function launch(options: PostmasterOptions, port: number, said: string[]): Promise<Launched> {
  const { clusterDir, settings, user, log } = options
  const all = { ...settings, listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { postgres } = await binaries(user)
  const child: Launched = spawn(postgres, ['-D', await nameOfWorkingFolder(user, clusterDir), ...flags], {
    ...user,
    cwd: clusterDir,
    env: serverEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a group of its own: a Ctrl-C in the terminal is for this process, which still needs the server to finish.
    detached: true,
  })
  child.on('error', (error) => (child.failure = error))
  const lines = createInterface({ input: child.stderr! })
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

/**
 * False when the process ended, or never got as far as to say that it starts. While it lives and says so it is waited
 * for: a recovery that is broken off begins anew, so one longer than any patience would never end.
 */
async function isReady(child: ChildProcess, options: PostmasterOptions): Promise<boolean> {
  const elapsed = options.elapsed ?? (() => performance.now())
  const startedAt = elapsed()
  let noticeAt = startedAt + recoveryNoticeMs
  for (;;) {
    const now = elapsed()
    const found = await readPidFile(options.clusterDir)
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false
    const status = found?.pid === child.pid ? found.status : ''
    if (status === 'ready') return true
    if (status !== 'starting' && now - startedAt > startMs) return false
    if (status === 'starting' && now >= noticeAt) {
      options.onRecovery?.(now - startedAt)
      noticeAt = now + recoveryNoticeMs
    }
    await wait(pollMs)
  }
}

function supervise(first: ChildProcess, options: PostmasterOptions, port: number): Postmaster {
  let current = first
  let stopping: Promise<void> | undefined
  let restarting: Promise<void> | undefined

  const isStopped = () => stopping !== undefined
  const startAgain = async (delayMs: number): Promise<void> => {
    await wait(delayMs, undefined, { ref: false })
    if (isStopped()) return
    options.log(`PostgreSQL ended unexpectedly; starting it again on port ${port}`)
    await endOrphans(options.clusterDir)
    // Where orphans cannot be found, they need a moment to notice; until then the start fails and is tried again.
    current = await launch(options, port, [])
    if (await isReady(current, options)) return
    await stopChild(current)
    await startAgain(Math.min(delayMs * 2, restartDelayMaxMs))
  }
  const guard = () => {
    current.once('exit', () => {
      if (isStopped()) return
      restarting = startAgain(restartDelayMinMs).then(guard, (error: unknown) => options.log(String(error)))
    })
  }
  guard()

  return {
    port,
    stop() {
      stopping ??= (async () => {
        await stopChild(current)
        await restarting
        await stopChild(current)
      })()
      return stopping
    },
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  await end(pid, async () => child.exitCode === null && child.signalCode === null)
}

async function stopLeftover(clusterDir: string): Promise<void> {
  const found = await readPidFile(clusterDir)
  if (found === undefined) return await endOrphans(clusterDir)
  if (await runsCluster(found.pid, clusterDir)) await end(found.pid, () => runsCluster(found.pid, clusterDir))
  // Left by a kill. PostgreSQL clears it itself unless the pid now belongs to another process, common in containers.
  else await rm(join(clusterDir, 'postmaster.pid'), { force: true })
  await endOrphans(clusterDir)
}

/**
 * Ends the sessions that outlived a killed server: one in the middle of its work notices late, or never while it waits
 * for the disk, and no server starts over the memory it holds. Recovery makes good what they leave, as after any crash.
 * The caller knows that no server of this cluster runs. Only Linux says which processes work in a folder.
 */
async function endOrphans(clusterDir: string): Promise<void> {
  if (process.platform !== 'linux') return
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const orphans: number[] = []
  for (const pid of pids) if (await runsCluster(pid, clusterDir)) orphans.push(pid)
  for (const pid of orphans) signal(pid, 'SIGKILL')
  const deadline = performance.now() + immediateStopMs
  for (const pid of orphans) {
    while ((await runsCluster(pid, clusterDir)) && performance.now() < deadline) await wait(pollMs)
  }
}

/**
 * SIGINT ends the sessions and writes everything out; SIGQUIT leaves that to the next start's recovery; SIGKILL is for
 * a server that does not even answer to that.
 */
async function end(pid: number, goesOn: () => Promise<boolean>): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGINT', fastStopMs],
    ['SIGQUIT', immediateStopMs],
    ['SIGKILL', immediateStopMs],
  ]
  for (const [name, patienceMs] of steps) {
    if (!(await goesOn())) return
    signal(pid, name)
    const deadline = performance.now() + patienceMs
    while (performance.now() < deadline) {
      if (!(await goesOn())) return
      await wait(pollMs)
    }
  }
  throw new Error(`the PostgreSQL process ${pid} cannot be stopped`)
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

/** Whether this pid is a server of exactly this cluster, not another process that has taken the pid. */
async function runsCluster(pid: number, clusterDir: string): Promise<boolean> {
  if (!(await isRunning(pid))) return false
  if (process.platform === 'linux') {
    // The server works in its data directory.
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    return folder !== undefined && folder === (await realpath(clusterDir).catch(() => undefined))
  }
  const listed = promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
  return await listed.then(
    ({ stdout }) => stdout.includes(clusterDir),
    () => false,
  )
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It went in the meantime.
  }
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
