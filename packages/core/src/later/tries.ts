/** How the workers try again what failed: when, and what is noted of it. Knows no table. */
import { sql, type RawBuilder } from 'kysely'

/** A failed try waits this long, doubled each time up to a minute. */
const retryMs = 500
const retryMaxMs = 60_000

/** Milliseconds until the next try of a row that was tried so often, as it counts itself unless told; as SQL. */
export function backoffAfter(attempts: RawBuilder<unknown> = sql`attempts`): RawBuilder<unknown> {
  return sql`least(${retryMaxMs}::bigint, ${retryMs} * (1 << least(${attempts}, 10))::bigint)`
}

export function troubleOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500)
}
