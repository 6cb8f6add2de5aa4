/** Waits until what a setup set going is done: what thousands of joins are followed by is not what is measured. */
import { setTimeout as pause } from 'node:timers/promises'
import { openStore } from '@qun/storage'
import { sql } from 'kysely'

/** Until no fact waits for a reaction in the database at `url`. Throws after `withinMs`. */
export async function untilDigested(url: string, withinMs = 240_000): Promise<void> {
  const until = performance.now() + withinMs
  const store = await openStore({ url, poolSize: 1 })
  try {
    for (;;) {
      const { rows } = await store.reading('*', (tx) =>
        sql<{ waiting: boolean }>`SELECT EXISTS (SELECT FROM reaction_queue) AS waiting`.execute(tx),
      )
      if (rows[0]?.waiting !== true) return
      if (performance.now() > until) throw new Error(`facts of the setup still wait after ${withinMs} ms`)
      await pause(500)
    }
  } finally {
    await store.close()
  }
}
