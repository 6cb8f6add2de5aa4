/**
 * Processes that decode pictures, one picture at a time each. They are started when asked for, end by themselves when
 * idle for long, and are killed when they take too long. Knows no upload.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { PictureAnswer } from './server-picture-process.ts'

const script = fileURLToPath(new URL('./server-picture-process.ts', import.meta.url))
/**
 * A decoder needs nothing of what surrounds the server and is handed none of its secrets. What glibc would keep for
 * each thread is several times what a picture needs.
 */
const surroundings = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' }

export class Decoders {
  readonly #limitMs: number
  readonly #idle = new Set<ChildProcess>()
  readonly #busy = new Set<ChildProcess>()

  /** A picture takes a few seconds on a slow core; one that takes `limitMs` ends its process. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }
  /** Ids of processes that wait for a picture. */
  get idle(): readonly number[] {
    return pidsOf(this.#idle)
  }
  /** Ids of those at work. */
  get busy(): readonly number[] {
    return pidsOf(this.#busy)
  }

  /** [PI8] Undefined when the process ended without an answer, or was ended: that says nothing of the picture. */
  async convert(path: string): Promise<PictureAnswer | undefined> {
    const [waiting] = this.#idle
    // One that ended in this very moment has done nothing yet.
    const answer = waiting === undefined ? undefined : await this.#ask(waiting, path)
    return answer ?? (waiting?.killed === true ? undefined : this.#ask(this.#start(), path))
  }

  #start(): ChildProcess {
    // A session of its own: what it yields to is told by session (server-picture-process.ts).
    const child = fork(script, { execArgv: [], env: surroundings, serialization: 'advanced', detached: true })
    if (child.pid !== undefined) yieldFromTheStart(child.pid)
    child.unref()
    child.on('error', () => undefined)
    child.on('disconnect', () => this.#idle.delete(child))
    return child
  }
  #ask(child: ChildProcess, path: string): Promise<PictureAnswer | undefined> {
    this.#idle.delete(child)
    this.#busy.add(child)
    child.channel?.ref()
    return new Promise((resolve) => {
      const settle = (answer: PictureAnswer | undefined) => {
        clearTimeout(limit)
        child.off('message', onMessage).off('disconnect', onEnd).off('error', onEnd)
        child.channel?.unref()
        this.#busy.delete(child)
        resolve(answer)
      }
      const onEnd = () => settle(undefined)
      const onMessage = (answer: unknown) => {
        if (child.connected) this.#idle.add(child)
        settle(answer as PictureAnswer)
      }
      const limit = setTimeout(() => {
        child.kill('SIGKILL')
        settle(undefined)
      }, this.#limitMs).unref()
      child.on('message', onMessage).on('disconnect', onEnd).on('error', onEnd)
      child.send(path, (error) => (error === null ? undefined : onEnd()))
    })
  }
}

/** Starting takes a core for as long as a picture does; what it starts with is inherited. */
function yieldFromTheStart(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
    writeFileSync(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_LOW))
  } catch {
    // It has ended already, or this is no Linux: it yields by itself as soon as it runs.
  }
}
const pidsOf = (children: ReadonlySet<ChildProcess>): number[] => [...children].flatMap(({ pid }) => pid ?? [])
