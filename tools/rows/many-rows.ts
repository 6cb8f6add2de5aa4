/** A PostgreSQL of its own with the rows of a large shop, for measuring. Made once per folder, which may be kept. */
import { features } from '@qun/chat/server'
import { migrationsOf } from '@qun/core'
import { migrate, startEmbedded } from '@qun/storage'
import type { Statement } from '@qun/storage/testing'
import pg from 'pg'
import { fillBigRows, isFilled } from './big-rows.ts'
import type { Sizes } from './big-tables.ts'
import { measure, type Measured, readStatements } from './measure.ts'

export interface ManyRows extends AsyncDisposable {
  /** Of the database; the rows are to be left as they are. */
  readonly url: string
  measure(statements: readonly Statement[]): Promise<Measured[]>
  /** Every statement collected in the folder. */
  measureAll(statementsFolder: string): Promise<Measured[]>
}

/** Nothing is synced to the disk and tables of large rows are not logged: what is lost can be made again. */
const settings = { shared_buffers: '1GB', max_wal_size: '4GB' }

export async function openManyRows(dataDir: string, sizes: Sizes, tell: (line: string) => void): Promise<ManyRows> {
  const server = await startEmbedded({ dataDir, durable: false, settings })
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await migrate(server.url, migrationsOf(features), () => 0)
    if (!(await isFilled(client)))
      await fillBigRows(server.url, sizes, (step, seconds) =>
        tell(seconds === undefined ? step : `${step}: ${seconds.toFixed(1)} s`),
      )
  } catch (error) {
    await client.end()
    await server.stop()
    throw error
  }
  const measureEach = async (statements: readonly Statement[]) => {
    await client.query(`BEGIN; SELECT set_config('qun.app_id', 'shop', true)`)
    try {
      const measured: Measured[] = []
      for (const statement of statements) measured.push(await measure(client, statement))
      return measured
    } finally {
      await client.query('ROLLBACK')
    }
  }
  return {
    url: server.url,
    measure: measureEach,
    measureAll: async (folder) => await measureEach(await readStatements(folder)),
    async [Symbol.asyncDispose]() {
      await client.end()
      await server.stop()
    },
  }
}
