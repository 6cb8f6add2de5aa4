/** Starts a helper process and waits for the line of JSON it prints when ready; knows nothing of what it does. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ChildOptions {
  /** A script for this process's own Node, or a program. */
  readonly command: string
  readonly args?: readonly string[]
  readonly nodeFlags?: readonly string[]
  /** CPUs it may run on, as `taskset -c` takes them; no pinning when absent. */
  readonly cpus?: string
  readonly env?: Readonly<Record<string, string>>
  readonly readyWithinMs?: number
  /** False when the program prints nothing: it counts as ready at once. */
  readonly speaks?: boolean
  /** In a session of its own, so that Linux weighs it apart from ours. */
  readonly isApart?: boolean
}
export interface Child {
  readonly pid: number
  /** What it printed when ready. */
  readonly said: Record<string, unknown>
  /** The lines after that, until it ends. */
  readonly lines: AsyncIterable<string>
  /** Resolves with the exit code (or the signal's name) once it ended. */
  readonly ended: Promise<number | string>
  kill(signal?: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<number | string>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Throws when it ends before it is ready; what it wrote to stderr goes to ours. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const isScript = options.command.endsWith('.ts')
  const command = isScript ? [process.execPath, ...(options.nodeFlags ?? []), options.command] : [options.command]
  const pinned = options.cpus === undefined ? command : ['taskset', '-c', options.cpus, ...command]
  const [program, ...rest] = [...pinned, ...(options.args ?? [])]
  const child = spawn(program!, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
    detached: options.isApart === true,
  })
  running.add(child)
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child)
      resolve(code ?? signal ?? 'unknown')
    })
    child.once('error', (error) => resolve(String(error)))
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const said = options.speaks === false ? {} : await firstLine(options, lines, ended)
  return {
    pid: child.pid!,
    said,
    lines: { [Symbol.asyncIterator]: () => lines },
    ended,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    stop: async (graceMs = 30_000) => {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs)
      const code = await ended
      clearTimeout(late)
      return code
    },
  }
}

async function firstLine(
  { command, readyWithinMs = 60_000 }: ChildOptions,
  lines: AsyncIterator<string>,
  ended: Promise<number | string>,
): Promise<Record<string, unknown>> {
  let late: NodeJS.Timeout | undefined
  const first = await Promise.race([
    lines.next(),
    ended.then((code) => new Error(`${command} ended with ${code} before it was ready`)),
    new Promise<Error>((resolve) => {
      late = setTimeout(() => resolve(new Error(`${command} was not ready in ${readyWithinMs} ms`)), readyWithinMs)
    }),
  ])
  clearTimeout(late)
  if (first instanceof Error) throw first
  if (first.done === true) throw new Error(`${command} ended before it was ready`)
  return JSON.parse(first.value) as Record<string, unknown>
}
