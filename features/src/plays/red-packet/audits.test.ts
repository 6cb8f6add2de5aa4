/** The auditor of red packets finds what is not as it should be, and nothing in what is. */
import { HOUR } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'
import { expect, test } from 'vitest'
import { fund, grab, open, post } from './fixtures.ts'
import { audits } from './store-audits.ts'

/** Takes its transaction back, with what was found in it. */
class Planted extends Error {
  readonly found: readonly string[]
  constructor(found: readonly string[]) {
    super('taken back')
    this.found = found
  }
}
const shares = sql`UPDATE red_packet_shares`
const planted = (seq: number): Readonly<Record<string, RawBuilder<unknown>>> => ({
  R1: sql`${shares} SET amount = amount + 1 WHERE seq = ${seq} AND ord = 2`,
  R3: sql`${shares} SET status = 'open', user_id = NULL, at = NULL WHERE seq = ${seq} AND ord = 0`,
  R4: sql`${shares} SET user_id = 'li' WHERE seq = ${seq} AND status = 'claimed'`,
  R5: sql`${shares} SET status = 'refunded' WHERE seq = ${seq} AND ord = 2`,
  R6: sql`${shares} SET user_id = 'sun' WHERE seq = ${seq} AND ord = 0`,
  R7: sql`UPDATE red_packet_packets SET expires_at = 1 WHERE seq = ${seq}`,
  L9: sql`UPDATE red_packet_packets SET ended_at = 1 WHERE seq = ${seq}`,
  RP11: sql`UPDATE ledger_spendings SET amount = amount + 1 WHERE split_part(ref, '/', 3) = ${String(seq)}`,
})
test('[R1] [R3] [R4] [R5] [R6] [R7] [RP11] each planted difference is found, and none where all is well', async () => {
  await using world = await open({ watching: [] })
  const at = await post(world)
  for (const who of ['li', 'zhao']) await grab(world, at, who)
  const ended = await post(world)
  await grab(world, ended, 'li')
  await world.jump(25 * HOUR)
  await fund(world, 'budget/camellia/spring', 1_000)
  const fresh = await post(world, { budget: 'spring' })
  for (const who of ['li', 'zhao']) await grab(world, fresh, who)
  for (const audit of audits) {
    const found = await world.store.reading('*', (tx) => audit.find(tx, world.time.now()))
    expect([audit.id, ...found]).toEqual([audit.id])
    const differences = world.store.transaction('*', async (tx) => {
      await sql`DROP INDEX red_packet_shares_once`.execute(tx)
      await planted(fresh.seq)[audit.id]?.execute(tx)
      throw new Planted(await audit.find(tx, world.time.now()))
    })
    const error: unknown = await differences.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Planted)
    expect([audit.id, (error as Planted).found[0]]).toEqual([audit.id, expect.stringContaining(`/${fresh.seq}`)])
  }
})
