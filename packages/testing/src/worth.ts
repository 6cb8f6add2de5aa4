/** What of worth there is in a world, so that a test can say that none of it moved. */
import { sql } from 'kysely'
import { appId } from './person.ts'
import type { World } from './world.ts'

/** What may tell that something of worth moved: every row of every table that a feature or the ledger keeps it in. */
export async function worthIn(world: World): Promise<string> {
  return world.store.reading(appId, async (tx) => {
    const { rows: tables } = await sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = current_schema() AND table_name ~
        '^(ledger|coupon|red_packet|lucky_draw|check_in|flash_sale|group_buy|merchant|product|order|invitation|mine)'
      ORDER BY 1`.execute(tx)
    const sums: string[] = []
    for (const { name } of tables) {
      const { rows } = await sql<{ sum: string }>`SELECT count(*) || '/' || coalesce(sum(hashtext(t::text)), 0) AS sum
        FROM ${sql.table(name)} t`.execute(tx)
      sums.push(`${name} ${rows[0]?.sum ?? ''}`)
    }
    return sums.join('\n')
  })
}
