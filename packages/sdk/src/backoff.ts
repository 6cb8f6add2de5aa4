/** When to connect again after a connection ended: pure, chance is handed in. Knows no socket. */
import { closeCodes } from './routes.ts'

/** First retry within half a second: most drops are a lift or a tunnel. */
export const backoffBaseMs = 500
/** Long enough to spread a returning crowd, short enough that the last of it is back within twenty seconds (P8). */
export const backoffCapMs = 15_000
/** A connection that lasted this long was a good one: the next failure counts as the first. */
const stableMs = 10_000
/** The server asked to come back soon (restart, slow reader): spread over a second. */
const soonMs = 1_000
/** We spoke too fast: at least this long. */
const rateMs = 5_000

export interface Ending {
  /** Close code; 1006 when the connection just broke, or never came to be. */
  readonly code: number
  /** Failed attempts in a row before this one. */
  readonly failures: number
  readonly onlineMs: number
  /** Milliseconds left of the wait the server asked for in `goaway`. */
  readonly goawayMs?: number
}
export type Next =
  | { readonly final: true }
  | { readonly final: false; readonly delayMs: number; readonly failures: number; readonly freshToken: boolean }

/** Full jitter: anywhere between nothing and the doubling bound. `chance` is in [0, 1). */
export function backoffMs(failures: number, chance: number): number {
  return Math.floor(chance * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(failures, 16)))
}

export function afterEnding(ending: Ending, chance: number): Next {
  const { code, goawayMs } = ending
  if (code === closeCodes.forbidden || code === closeCodes.replaced) return { final: true }
  const failures = ending.onlineMs >= stableMs ? 0 : ending.failures
  const later = (delayMs: number, freshToken = false): Next => ({
    final: false,
    delayMs,
    failures: failures + 1,
    freshToken,
  })
  if (goawayMs !== undefined) return later(goawayMs + Math.floor(chance * Math.max(soonMs, goawayMs * 0.2)))
  // A repeated refusal of the token is no surprise any more: it takes the common road.
  if (code === closeCodes.auth) return later(failures === 0 ? 0 : backoffMs(failures, chance), true)
  const isSoon = code === closeCodes.slow || code === closeCodes.restart || code === closeCodes.tryLater
  if (isSoon && failures === 0) return later(Math.floor(chance * soonMs))
  if (code === closeCodes.rate) return later(rateMs + backoffMs(failures, chance))
  return later(backoffMs(failures, chance))
}
