/** How long what failed waits before it is tried again. Knows no store. */
import type { Engine } from '../ground/engine.ts'

/** The first try comes soon: most failures are one connection that broke. */
const baseMs = 100
/** Long enough for a store that is away, short enough that nobody takes the silence after it for the end. */
const capMs = 5_000

/** The wait after so many failures in a row, spread so that what failed together does not return together. */
export function backoffMs(engine: Pick<Engine, 'randomHex'>, failures: number): number {
  const bound = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 16))
  return bound / 2 + (bound / 2) * (Number.parseInt(engine.randomHex(2), 16) / 65_536)
}
