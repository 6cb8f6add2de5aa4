/** Repair: each fault planted into a group that was in order; afterwards nothing is found and everybody can speak. */
import { recount, startWorld, type World } from '@qun/testing'
import { type RawBuilder, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createLab, note, postCounter, upTo } from '../fixtures.ts'
import { audit } from '../host/audit.ts'
import { repair, type Repaired } from './repair.ts'

const { features } = createLab()
const here = sql`app_id = 'shop' AND group_id <> ''`

/** What a batch leaves whose counters were rolled back and whose rows were not, and other faults of the kind. */
const planted: Readonly<Record<string, RawBuilder<unknown>>> = {
  'counters behind rows': sql`UPDATE groups SET last_seq = last_seq - 2, version = version - 2,
    last_ordinal = last_ordinal - 2, last_word_seq = last_word_seq - 2 WHERE ${here}`,
  'a counter that moved without rows': sql`UPDATE groups SET last_seq = last_seq + 3, version = version + 3 WHERE ${here}`,
  'a hole amid': sql`DELETE FROM messages WHERE seq = 4`,
  'the first positions lost': sql`DELETE FROM messages WHERE seq <= 2`,
  'versions not reached': sql`UPDATE members SET version = version + 100 WHERE user_id = 'li'`,
  'versions of two': sql`UPDATE messages SET version = (SELECT version FROM groups WHERE ${here}) + 1 WHERE seq > 4`,
  ordinals: sql`UPDATE messages SET ordinal = ordinal + 1 WHERE seq = 5`,
  'a birth above its version': sql`UPDATE messages SET born = version + 1 WHERE seq = 6`,
  'births out of order': sql`UPDATE messages SET born = 0 WHERE seq = 5`,
  'the last word': sql`UPDATE groups SET last_word_seq = 1 WHERE ${here}`,
  'instants that go back': sql`UPDATE messages SET at = at + 5 WHERE seq = 4`,
  'own words': sql`UPDATE members SET own = own + 7 WHERE user_id = 'zhao'`,
  'a silence that was none': sql`INSERT INTO silences SELECT app_id, group_id, 'zhao', 3, 1, 2 FROM groups WHERE ${here}`,
  'where somebody spoke last': sql`UPDATE members SET spoke_seq = 1 WHERE user_id = 'zhao'`,
  'a count of members': sql`UPDATE groups SET member_count = 0 WHERE ${here}`,
  'facts counted and not there': sql`UPDATE groups SET last_fact = last_fact + 2 WHERE ${here}`,
  'a reaction to nothing': sql`INSERT INTO reaction_queue (app_id, group_id, reaction, fact_seq)
    SELECT app_id, group_id, 'gone', 999 FROM groups WHERE ${here}`,
  'read beyond the end': sql`UPDATE conversations SET read_seq = 10000, read_ordinal = 9000 WHERE user_id = 'li'`,
  'a person behind their rows': sql`UPDATE users SET version = 0 WHERE user_id = 'li'`,
}

async function talk(): Promise<World> {
  const world = await startWorld({ features, watching: [] })
  for (const name of ['li', 'zhao', 'li', 'sun', 'li'])
    await world.as(name).post(world.groupId, note, { text: `${name} 说` })
  await world.as('zhao').markRead({ groupId: world.groupId, seq: 5 })
  await postCounter(world)
  await world.settle()
  return world
}
async function mend(world: World): Promise<Repaired[]> {
  const told: Repaired[] = []
  await repair(world.store, (one) => told.push(one))
  return told
}

describe('repair', () => {
  test('[AUDIT3] finds nothing to mend in a world that holds', async () => {
    await using world = await talk()
    expect(await mend(world)).toEqual([])
  })

  test.each(upTo(6))(
    '[AUDIT3] mends planted faults once, part %i: nothing is found, all can speak, who was away hears',
    async (part) => {
      await using world = await talk()
      const clock = { now: () => world.time.now(), elapsed: () => 0 }
      let lastVersion = 0
      for (const [name, fault] of Object.entries(planted).slice(3 * part - 3, 3 * part)) {
        const before = await world.core.snapshot(world.as('wang').principal, world.groupId)
        const own = await world.core.conversations(world.as('li').principal)
        await world.store.transaction('*', (tx) => fault.execute(tx))
        const told = await mend(world)
        expect(
          told.map(({ appId }) => appId),
          name,
        ).toEqual(['shop'])
        expect(told[0]?.changes, name).not.toEqual([])
        expect(await mend(world), name).toEqual([])
        const found = await audit(world.store, features, clock)
        expect(
          found.filter(({ differences }) => differences.length > 0),
          name,
        ).toEqual([])
        for (const who of ['li', 'zhao']) await world.as(who).post(world.groupId, note, { text: `修好了 ${name}` })
        await world.settle()
        const after = await world.core.snapshot(world.as('wang').principal, world.groupId)
        expect(after.version, name).toBeGreaterThan(lastVersion)
        lastVersion = after.version
        expect(after.group.memberCount, name).toBe(5)
        await expectSame(world, before.version, after, own.version)
      }
    },
  )
})

/** Whoever knew the group before the fault and reads the rows since holds what a fresh reading gives. */
async function expectSame(
  world: World,
  since: number,
  fresh: Awaited<ReturnType<World['core']['snapshot']>>,
  own: number,
) {
  const changes = await world.core.changes(world.as('wang').principal, world.groupId, since)
  const rows = new Map(changes.rows.flatMap((row) => (row.row === 'message' ? [[row.seq, row] as const] : [])))
  expect(changes.more ?? false).toBe(false)
  for (const message of fresh.messages) if (message.version > since) expect(rows.get(message.seq)).toEqual(message)
  const versions = fresh.messages.map((message) => message.version)
  expect(new Set(versions).size).toBe(versions.length)
  const { principal } = world.as('li')
  expect((await world.core.conversations(principal)).version).toBeGreaterThanOrEqual(own)
  const { unread } = await world.core.read(principal, world.groupId, 0)
  expect(unread).toBe(await recount(world.store, principal.appId, world.groupId, principal.userId))
}
