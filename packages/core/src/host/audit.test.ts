/** The auditor sees what it is there to see: each difference planted once, and none in a world that holds. */
import { startWorld, type World } from '@qun/testing'
import { type RawBuilder, sql } from 'kysely'
import { expect, test } from 'vitest'
import { audit, engineAudits } from './audit.ts'
import { createLab, note, postCounter } from '../fixtures.ts'

const { features } = createLab()
async function talk(): Promise<World> {
  const world = await startWorld({ features, watching: ['li'] })
  for (const [name, text] of [
    ['li', '早'],
    ['zhao', '早上好'],
    ['li', '今天有面包吗'],
  ] as const)
    await world.as(name).post(world.groupId, note, { text })
  await postCounter(world)
  return world
}
const planted: Readonly<Record<string, RawBuilder<unknown>>> = {
  M1: sql`DELETE FROM messages WHERE seq = 2`,
  M8: sql`UPDATE members SET version = version + 10000 WHERE user_id = 'li'`,
  SYNC24: sql`UPDATE messages SET born = version + 1 WHERE seq = 1`,
  M13: sql`UPDATE messages SET at = at + 1 WHERE seq = 2`,
  U1: sql`UPDATE messages SET ordinal = ordinal + 1 WHERE seq = 3`,
  U2: sql`UPDATE conversations SET read_seq = 10000 WHERE user_id = 'li'`,
  U3: sql`UPDATE members SET own = own + 1 WHERE user_id = 'zhao'`,
  U4: sql`INSERT INTO silences SELECT app_id, group_id, 'zhao', 3, 1, 1 FROM groups WHERE group_id <> ''`,
  G3: sql`UPDATE members SET role = 'owner' WHERE user_id = 'he'`,
  G7: sql`UPDATE members SET banned = true WHERE user_id = 'sun'`,
  G9: sql`UPDATE groups SET member_count = member_count + 1 WHERE group_id <> ''`,
  M16: sql`UPDATE groups SET last_fact = last_fact + 1`,
}

test('[AUDIT1] a world that holds has no difference, and each planted one is told by its check', async () => {
  await using world = await talk()
  const clock = { now: () => world.time.now(), elapsed: () => 0 }
  const results = await audit(world.store, features, clock)
  expect(results.filter(({ differences }) => differences.length > 0)).toEqual([])
  expect(Object.keys(planted).toSorted()).toEqual(engineAudits.map(({ id }) => id).toSorted())
  for (const { id, find } of engineAudits) {
    const back = new Error('back')
    let found: readonly string[] = []
    const attempt = world.store.transaction('*', async (tx) => {
      await planted[id]?.execute(tx)
      found = await find(tx, world.time.now())
      throw back
    })
    await expect(attempt).rejects.toBe(back)
    expect(found, id).not.toEqual([])
    expect(found[0], id).toContain('app_id shop')
  }
})

test('[AUDIT2] it asks each feature, and reads only', async () => {
  await using world = await talk()
  const clock = { now: () => 7, elapsed: () => 0 }
  const own = { id: 'X1', doc: 'Nothing.', find: async (_tx: unknown, now: number) => [`asked at ${now}`] }
  const results = await audit(world.store, [{ name: 'x', audits: [own] }], clock)
  expect(results.at(-1)).toMatchObject({ id: 'X1', differences: ['asked at 7'] })
  const writing = { ...own, find: async (tx: any) => (await sql`DELETE FROM messages`.execute(tx), []) }
  await expect(audit(world.store, [{ name: 'x', audits: [writing] }], clock)).rejects.toThrow(/read-only/)
})
