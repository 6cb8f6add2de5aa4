/** Runs a server as a process: signals drain it, and a bug nobody caught ends it in order. */
import type { Logger } from 'pino'
import { isRunByNpm } from './config.ts'
import type { QunServer } from './server.ts'

/** Longer than a drain takes; then something hangs, and an orchestrator is about to kill the process anyway. */
const exitWithinMs = 28_000
/** How soon the end of npm's shell is noticed. */
const parentPollMs = 200

/** Never returns control to the caller's hands: the process ends with code 0 after a signal, 1 after a bug. */
export function runUntilSignal(server: QunServer, log: Logger): void {
  let isEnding = false
  const end = (code: number) => {
    if (isEnding) return
    isEnding = true
    setTimeout(() => process.exit(1), exitWithinMs).unref()
    server.close().then(
      () => process.exit(code),
      (error: unknown) => {
        log.fatal({ err: error }, 'the server did not close')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(0))
  if (isRunByNpm()) whenOrphaned(() => end(0))
  // After a bug that nobody caught the state is unknown: what is under way ends, and a fresh process takes over.
  for (const kind of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(kind, (error) => {
      log.fatal({ err: error }, kind)
      end(1)
    })
  }
}

/** A signal to npm ends its shell and nothing else: the process under it is left to whoever adopts orphans. */
function whenOrphaned(then: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    then()
  }, parentPollMs).unref()
}
