/** How a packet finds its shares among those of many: by key, whatever the planner knows. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { appId, id, open } from './fixtures.ts'
import {
  claimerOf,
  claimShare,
  hasClaimed,
  listClaims,
  openPackets,
  readPacket,
  readShares,
  refundShares,
  type Place,
} from './store.ts'

/** Many groups of packets, each of ten shares. */
const packets = 2_000
const perGroup = 20

test.each([false, true])(
  '[R3] [R7] opening and ending look at one packet’s rows; tables looked at: %s',
  async (known) => {
    await using world = await open({ watching: [] })
    const at = { appId, groupId: 'plan-7', seq: 9 } as Omit<Place, 'tx'>
    await world.store.transaction(appId, async (tx) => {
      await sql`INSERT INTO red_packet_packets
        (app_id, group_id, seq, source, currency, amount, count, share_max, secret, expires_at)
      SELECT ${appId}, 'plan-' || n / ${perGroup}::int, n % ${perGroup}::int, 'user/x', 'points', 10, 10, 20000, 's', 0
      FROM generate_series(1, ${packets}::int) n`.execute(tx)
      await sql`INSERT INTO red_packet_shares (app_id, group_id, seq, ord, amount)
      SELECT app_id, group_id, seq, ord, 1 FROM red_packet_packets, generate_series(0, 9) ord`.execute(tx)
      if (known) await sql`ANALYZE red_packet_packets, red_packet_shares`.execute(tx)
    })
    const rowsRead = await world.store.transaction(appId, async (tx) => {
      const place: Place = { ...at, tx }
      const soFar = async () => {
        const { rows } = await sql<{ n: number }>`SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)),
          0)::bigint AS n FROM pg_stat_xact_user_tables WHERE relname LIKE 'red_packet%'`.execute(tx)
        return rows[0]?.n ?? 0
      }
      const before = await soFar()
      expect(await readShares(place)).toHaveLength(10)
      await readPacket(place)
      await claimShare(place, 3, id('li'), 1)
      expect(await claimerOf(place, 3)).toBe('li')
      expect(await hasClaimed(place, id('li'))).toBe(true)
      expect(await listClaims(place, { after: 0, limit: 100 })).toHaveLength(1)
      expect(await openPackets(tx, appId, at.groupId)).toHaveLength(perGroup)
      expect(await refundShares(place)).toBe(9)
      return (await soFar()) - before
    })
    expect(rowsRead).toBeLessThan(200)
    // The auditor would miss their transfers.
    await world.store.transaction(appId, async (tx) => {
      await sql`DELETE FROM red_packet_shares`.execute(tx)
      await sql`DELETE FROM red_packet_packets`.execute(tx)
    })
  },
)
