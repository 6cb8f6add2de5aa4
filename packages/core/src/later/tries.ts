/** How the workers try again what failed: what counts as a try, and when the next comes. Knows no table. */
import { Refusal } from '@qun/contract'
import { storeTrouble } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'

/** A failed try waits this long, doubled each time up to a minute. */
const retryMs = 500
const retryMaxMs = 60_000
/** What met a store in trouble waits this long: the store says nothing of it. */
const awayMs = 1_000

/** What is set aside is due at this instant, which never comes: nobody looks at that part of an index. */
export const never = Number.MAX_SAFE_INTEGER
export const cutOff = 'each try was cut off'

/** Milliseconds until the next try of what failed so often. */
export function backoffAfter(attempts: number): number {
  return Math.min(retryMaxMs, retryMs * 2 ** Math.min(attempts, 10))
}

export function troubleOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500)
}

/**
 * The store was away, full, or gave another transaction the lock: no failure of what was tried. A statement that ran
 * out of its time is one, for it would do so each time.
 */
export function isStoreTrouble(error: unknown): boolean {
  if (error instanceof Refusal) return error.code === 'store.unavailable' || error.code === 'storage.full'
  if ((error as { code?: unknown } | undefined)?.code === '57014') return false
  const trouble = storeTrouble(error)
  return trouble === 'unavailable' || trouble === 'conflict' || trouble === 'full'
}

export interface Verdict {
  readonly attempts: number
  /** When the next try is due; `never` once it is set aside. */
  readonly dueAt: number
  readonly trouble: string
}
/** What a try that ended badly leaves behind, of something that had failed `attempts` times before. */
export function verdictOf(error: unknown, attempts: number, attemptsMax: number, now: number): Verdict {
  const trouble = troubleOf(error)
  if (isStoreTrouble(error)) return { attempts, dueAt: now + awayMs, trouble }
  const tried = attempts + 1
  return { attempts: tried, dueAt: tried >= attemptsMax ? never : now + backoffAfter(tried), trouble }
}

/** A lease that ran out without a word was a try: whoever held it died, or took longer than it may. */
export const triesAtLease: RawBuilder<unknown> = sql`attempts + CASE WHEN lease IS NULL THEN 0 ELSE 1 END`
