/** Long silences of a member: written down on every way into the log, read instead of what others said meanwhile. */
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createLab, note, postCounter } from '../fixtures.ts'
import { engineMigrations } from '../ground/store.ts'
import { silenceMin } from '../host/silences.ts'
import { moveRead } from './read-position.ts'

const long = silenceMin + 500

/** 王店长 says so many lines, as a store holds them afterwards. */
async function talkOn(world: World, count: number): Promise<void> {
  const at = sql`app_id = 'shop' AND group_id = ${world.groupId}`
  await world.store.transaction('shop', async (tx) => {
    await sql`INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind,
        body, state, countable, ordinal, own, at)
      SELECT 'shop', ${world.groupId}, g.last_seq + n, g.version + n, 'wang', gen_random_uuid(), 'filler', 0, ${note.kind},
        '{"text":"说"}', '{}', true, g.last_ordinal + n, b.own + n, g.last_at
      FROM groups g JOIN members b ON b.app_id = g.app_id AND b.group_id = g.group_id AND b.user_id = 'wang',
        generate_series(1, ${count}::int) n WHERE g.app_id = 'shop' AND g.group_id = ${world.groupId}`.execute(tx)
    await sql`UPDATE groups SET last_seq = last_seq + ${count}, version = version + ${count},
      last_ordinal = last_ordinal + ${count}, last_word_seq = last_seq + ${count} WHERE ${at}`.execute(tx)
    await sql`UPDATE members SET own = own + ${count}, spoke_own = own + ${count},
      spoke_seq = (SELECT last_seq FROM groups WHERE ${at}) WHERE ${at} AND user_id = 'wang'`.execute(tx)
  })
}
async function silencesOf(world: World, userId: string) {
  return await world.store.reading('shop', async (tx) => {
    const { rows } = await sql`SELECT seq, since, own FROM silences
      WHERE app_id = 'shop' AND group_id = ${world.groupId} AND user_id = ${userId} ORDER BY seq`.execute(tx)
    return rows
  })
}

/** Moves the position from the beginning to each of these, and compares what is left unread with a count. */
async function expectExact(world: World, seqs: readonly number[]): Promise<void> {
  const at = { appId: 'shop', groupId: world.groupId as string, userId: 'li' }
  const back = new Error('back')
  for (const seq of seqs) {
    const attempt = world.store.transaction('shop', async (tx) => {
      await sql`UPDATE conversations SET read_seq = 0, read_ordinal = 0, read_own = 0
        WHERE app_id = 'shop' AND group_id = ${at.groupId} AND user_id = 'li'`.execute(tx)
      const { read_own } = await moveRead(tx, at, seq)
      const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM messages WHERE app_id = 'shop'
        AND group_id = ${at.groupId} AND sender_id = 'li' AND countable AND seq <= ${seq}`.execute(tx)
      expect([seq, read_own]).toEqual([seq, rows[0]?.n])
      throw back
    })
    await expect(attempt).rejects.toBe(back)
  }
}

test('[PLAN3] a long silence is written down on every way into the log, and says how much somebody had said', async () => {
  const lab = createLab()
  await using world = await startWorld({ features: lab.features, watching: [] })
  const li = world.as('li')
  const said: number[] = []
  const say = async () => said.push((await li.post(world.groupId, note, { text: '我也说' })).seq)
  await talkOn(world, long)
  await say()
  await talkOn(world, 100)
  await say()
  await talkOn(world, long)
  // A card is posted in a decision; and what a stranger says at the same time sets all posts of the group aside.
  said.push((await postCounter(world)).seq)
  await talkOn(world, long)
  const stranger = refusalOf(world.as('zhou').post(world.groupId, note, { text: '我是谁' }))
  await say()
  expect(await stranger).toBe('group.not_found')
  await talkOn(world, long)

  const [first, second, third, fourth] = said as [number, number, number, number]
  const silences = [
    { seq: first, since: 0, own: 1 },
    { seq: third, since: second, own: 3 },
    { seq: fourth, since: third, own: 4 },
  ]
  expect(await silencesOf(world, 'li')).toEqual(silences)
  const around = said.flatMap((seq) => [seq - silenceMin, seq - 1, seq, seq + 1, seq + silenceMin])
  await expectExact(world, around)

  // A migration writes down those of before.
  await world.store.transaction('shop', async (tx) => {
    await sql`DELETE FROM silences`.execute(tx)
    await sql`UPDATE members SET spoke_seq = 0, spoke_own = 0`.execute(tx)
    for (const text of engineMigrations.find(({ id }) => id === 'core-011')?.up ?? []) await sql.raw(text).execute(tx)
  })
  expect(await silencesOf(world, 'li')).toEqual(silences)
  await talkOn(world, 10)
  await say()
  expect(await silencesOf(world, 'li')).toEqual([...silences, { seq: said[4], since: fourth, own: 5 }])

  // A node of an older release counts and writes nothing down: that costs time, and every position stays exact.
  await world.store.transaction('shop', async (tx) => {
    await sql`DELETE FROM silences WHERE seq = ${third}`.execute(tx)
    await sql`UPDATE members SET spoke_seq = ${first}, spoke_own = 1 WHERE user_id = 'li'`.execute(tx)
  })
  await expectExact(world, around)
  await talkOn(world, long)
  await say()
  expect(await silencesOf(world, 'li')).toHaveLength(3)
  await expectExact(world, [said[4] ?? 0, (said[5] ?? 0) - 1, said[5] ?? 0])
})
