/**
 * Which history the store tells: clients that know another epoch start over. One part is kept in the store, the other
 * is what the database itself knows, so that a restored or promoted store has another without anybody's help.
 */
import { hash } from 'node:crypto'
import type { Store } from '@qun/storage'
import { sql } from 'kysely'

const read = sql<{ stored: string; place: string }>`SELECT value AS stored, 'meta'::regclass::oid::text AS place
  FROM meta WHERE key = 'epoch'`

export class Epoch {
  readonly #store: Store
  /** The stored part, with what tells a table that was loaded from a dump from the one it was dumped of. */
  #stored = ''

  constructor(store: Store) {
    this.#store = store
  }
  get value(): string {
    return hash('sha256', `${this.#stored}/${this.#store.identity ?? ''}`).slice(0, 16)
  }
  /** Reads the stored part, making it first in an empty store. Says whether the epoch is another one now. */
  async read(randomHex: (bytes: number) => string): Promise<boolean> {
    const before = this.value
    this.#stored = await this.#store.transaction('*', async (tx) => {
      await sql`INSERT INTO meta (key, value) VALUES ('epoch', ${randomHex(8)}) ON CONFLICT DO NOTHING`.execute(tx)
      const { rows } = await read.execute(tx)
      return `${rows[0]?.stored}/${rows[0]?.place}`
    })
    return this.value !== before
  }
}

/** After files of the store were put back by hand, which the database itself cannot tell: every client starts over. */
export async function renewEpoch(store: Store, randomHex: (bytes: number) => string): Promise<void> {
  await store.transaction('*', (tx) =>
    sql`INSERT INTO meta (key, value) VALUES ('epoch', ${randomHex(8)})
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`.execute(tx),
  )
}
