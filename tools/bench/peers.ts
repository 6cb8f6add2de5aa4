/** The servers that are measured: how each is started on its core, and with which wire it is spoken to. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { heapFlags } from '@qun/server'
import { startChild, type Child, type ChildOptions } from './child.ts'
import type { Signing, WirePlan } from './plan.ts'
import { listFamily } from './process-stat.ts'

/** The first CPU serves, the second loads. */
export const serverCpu = '0'
export const generatorCpu = '1'

export type PeerName = 'qun' | 'socket.io' | 'socket.io+pg' | 'c' | 'c-merging'
export interface Peer {
  readonly name: PeerName
  readonly pid: number
  readonly port: number
  readonly wire: WirePlan
  stop(): Promise<void>
}
/** What the Qun server process prints when it is ready. */
export interface QunReady {
  readonly url: string
  readonly port: number
  readonly apiKey: string
  readonly signing: Signing
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
/** The kit with the C server lies beside the repository; without it (or without gcc) the ceiling is left out. */
const cServerSource = at('../../../shared/perf-kit/servers/cserver.c')
const cache = at('../../.cache/bench')

/**
 * What runs on the server's core: the server alone, as where the goals were measured (the default), its PostgreSQL with
 * it, or nothing in particular.
 */
export type Pinning = 'server' | 'server and database' | null

export interface QunOptions {
  readonly dataDir: string
  readonly port?: number
  readonly nodeFlags?: readonly string[]
  readonly pinning?: Pinning
  readonly args?: readonly string[]
}
export interface QunChild extends Child {
  readonly ready: QunReady
  /** kill -9 of the server and of every process of its PostgreSQL at once, as when the machine stops. */
  killFamily(): void
}

/** A real server in its own process with its own durable PostgreSQL. Throws when it does not come up. */
export async function startQun(options: QunOptions): Promise<QunChild> {
  const { pinning = 'server' } = options
  const child = await startPinned(pinning, {
    command: at('./server-process.ts'),
    args: ['--data', options.dataDir, '--port', String(options.port ?? 0), ...(options.args ?? [])],
    nodeFlags: [...heapFlags, ...(options.nodeFlags ?? [])],
  })
  return {
    ...child,
    ready: child.said as unknown as QunReady,
    killFamily: () => {
      for (const { pid } of listFamily(child.pid)) signal(pid, 'SIGKILL')
    },
  }
}

async function startPinned(pinning: Pinning, options: ChildOptions): Promise<Child> {
  if (pinning === null || !canPin()) return startChild(options)
  if (pinning === 'server and database') return startChild({ ...options, cpus: serverCpu })
  const child = await startChild(options)
  // Every thread of the server; its PostgreSQL was started before and stays free.
  execFileSync('taskset', ['-a', '-p', '-c', serverCpu, String(child.pid)], { stdio: 'ignore' })
  return child
}

/** A process may be gone before the signal reaches it. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Socket.IO; with a data directory it inserts every message into a PostgreSQL of its own first. */
export async function startSocketIo(pinning: Pinning, dataDir?: string): Promise<Peer> {
  const args = dataDir === undefined ? [] : [dataDir]
  const child = await startPinned(pinning, { command: at('./peers/socket-io.ts'), args })
  return {
    name: dataDir === undefined ? 'socket.io' : 'socket.io+pg',
    pid: child.pid,
    port: child.said['port'] as number,
    wire: { kind: 'socket.io' },
    stop: async () => void (await child.stop()),
  }
}

/** The C server; undefined where it cannot be had. `tickMs` above 0 merges what comes within it into one write. */
export async function startCServer(tickMs: number): Promise<Peer | undefined> {
  const program = compileCServer()
  if (program === undefined) return undefined
  const port = await freePort()
  const child = await startChild({
    command: program,
    speaks: false,
    env: { PORT: String(port), TICK: String(tickMs * 1_000), MODE: 'send' },
    ...(canPin() ? { cpus: serverCpu } : {}),
  })
  await pause(300)
  return {
    name: tickMs > 0 ? 'c-merging' : 'c',
    pid: child.pid,
    port,
    wire: { kind: 'plain' },
    stop: async () => void (await child.stop()),
  }
}

function compileCServer(): string | undefined {
  if (!existsSync(cServerSource)) return undefined
  const program = `${cache}/cserver`
  if (existsSync(program) && statSync(program).mtimeMs > statSync(cServerSource).mtimeMs) return program
  mkdirSync(cache, { recursive: true })
  try {
    execFileSync('gcc', ['-O2', '-w', '-I', at('./peers/c-stub'), '-o', program, cServerSource], { stdio: 'ignore' })
    return program
  } catch {
    return undefined
  }
}

let pinnable: boolean | undefined
/** Pinning needs `taskset` and two CPUs. */
export function canPin(): boolean {
  if (pinnable === undefined) {
    try {
      execFileSync('taskset', ['-c', `${serverCpu},${generatorCpu}`, 'true'], { stdio: 'ignore' })
      pinnable = true
    } catch {
      pinnable = false
    }
  }
  return pinnable
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
