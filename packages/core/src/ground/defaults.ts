/** The engine's clock and waiting where a host gives none: the only file of the engine that touches the real ones. */

/** Epoch milliseconds; never goes back while the process lives, whatever the machine's clock does. */
export function wallClock(): number {
  return Math.round(performance.timeOrigin + performance.now())
}

/** Milliseconds since some instant; only grows. */
export function steadyClock(): number {
  return performance.now()
}

/** Runs once after a delay; a delay of nothing means the end of this turn. Returns a cancel function. */
export function systemWait(delayMs: number, run: () => void): () => void {
  if (delayMs < 1) {
    const immediate = setImmediate(run)
    return () => clearImmediate(immediate)
  }
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
