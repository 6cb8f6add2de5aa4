/** One statement a batch: what is in the way of one post or group is in nobody else's. */
import { muteMember } from '@qun/features/people/membership/contract'
import type { Lane } from '@qun/storage'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createLab, id, listStored, note, upTo } from '../fixtures.ts'

const { features } = createLab()
const open = (limits = {}) => startWorld({ features, limits, watching: ['wang', 'li'] })
const say = (world: World, name: string, text: string, groupId = world.groupId) =>
  world.as(name).post(groupId, note, { text })

/** A node that counts its batches; the lane can be held between batches. */
async function countingNode(world: World, limits = {}) {
  const batches: number[] = []
  const core = await world.startNode({
    limits,
    store: ({ lane }) => ({
      lane(): Lane {
        const plain = lane()
        return {
          close: () => plain.close(),
          async query(appId, asked) {
            const answer = await plain.query(appId, asked)
            if (asked.name === 'append') batches.push(answer.rows.length)
            return answer
          },
        }
      },
    }),
  })
  const { appId } = world.as('li').principal
  const post = (n: number, more: { text?: string; name?: string; groupId?: World['groupId'] } = {}) =>
    core.post({
      appId,
      groupId: more.groupId ?? world.groupId,
      senderId: id(more.name ?? 'li'),
      kind: note.kind,
      body: { text: more.text ?? `${n}` },
      clientId: `c${n}`,
    })
  return { batches, post }
}

test('[LOG16] a lane refuses a statement that leaves a transaction open, and what follows is committed', async () => {
  await using world = await open()
  const lane = world.store.lane()
  const ask = (text: string) => lane.query('*', { name: '', text, values: [] })
  await expect(ask('BEGIN')).rejects.toThrow('left a transaction open')
  await ask(`INSERT INTO meta (key, value) VALUES ('after', 'kept')`)
  await lane.close()
  const { rows } = await world.store.reading('*', (tx) => sql`SELECT value FROM meta WHERE key = 'after'`.execute(tx))
  expect(rows).toEqual([{ value: 'kept' }])
})

test('[LOG16] sessions end at any moment under posts: counters equal the rows, and the group can be posted to', async () => {
  await using world = await open()
  const { post } = await countingNode(world)
  let acknowledged = 0
  for (const wave of upTo(12)) {
    const posts = upTo(10).map((n) => refusalOf(post(wave * 100 + n)))
    if (wave % 3 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    await world.store.transaction('*', (tx) =>
      sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
        AND query LIKE 'WITH voice%'`.execute(tx),
    )
    acknowledged += (await Promise.all(posts)).filter((refusal) => refusal === null).length
  }
  // The last session to end may do so after its wave: a client whose post met that repeats it.
  const last = [await refusalOf(post(9_999)), await refusalOf(post(9_999))]
  expect(last).toContain(null)
  const stored = await listStored(world)
  expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
  expect(stored.filter((row) => row.sender_id === 'li').length).toBeGreaterThanOrEqual(acknowledged + 1)
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ last_seq: number; version: number }>`SELECT last_seq FROM groups WHERE group_id = ${world.groupId}`.execute(
      tx,
    ),
  )
  expect(rows[0]?.last_seq).toBe(stored.length)
  await world.settle()
})

test('[LOG17] a locked group delays its own posts alone, and keeps their order', async () => {
  await using world = await open()
  const other = await world.makeGroup(['wang', 'li'])
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const locked = Promise.withResolvers<void>()
  const holding = world.store.transaction('*', async (tx) => {
    await sql`SELECT 1 FROM groups WHERE group_id = ${world.groupId} FOR UPDATE`.execute(tx)
    locked.resolve()
    await held
  })
  await locked.promise
  const first = upTo(5).map((n) => say(world, 'li', `前 ${n}`))
  for (const n of upTo(20)) await say(world, 'wang', `别处 ${n}`, other)
  const second = upTo(5).map((n) => say(world, 'wang', `后 ${n}`))
  for (const n of upTo(20)) await say(world, 'li', `别处 ${n}`, other)
  release()
  await holding
  const seqs = (await Promise.all([...first, ...second])).map((at) => at.seq)
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  expect((await listStored(world, other)).filter((row) => row.kind === note.kind)).toHaveLength(40)
})

test('[LOG17] a stranger, a muted member and a retry are answered, and their neighbours stand in the same commit', async () => {
  await using world = await open()
  const { batches, post } = await countingNode(world)
  const quiet = await world.makeGroup(['wang', 'sun'])
  await world
    .as('wang')
    .call(muteMember, { params: { groupId: quiet, userId: id('sun') }, body: { durationMs: 60_000 } })
  const before = await post(1)
  batches.length = 0
  const outcomes = await Promise.all([
    post(2),
    refusalOf(post(3, { name: 'zhou', groupId: quiet })),
    refusalOf(post(4, { name: 'sun', groupId: quiet })),
    post(5),
  ])
  expect(outcomes.slice(1, 3)).toEqual(['group.not_found', 'member.muted'])
  expect([outcomes[0], outcomes[3]].map((at) => (at as { seq: number }).seq)).toEqual([before.seq + 1, before.seq + 2])
  // One statement took both neighbours; the two groups share a lane or not.
  expect(batches.filter((rows) => rows > 0)).toEqual([1])
  const again = await Promise.all([post(1), post(6, { name: 'wang', groupId: quiet })])
  expect(again.map((answer) => answer.replayed)).toEqual([true, false])
  expect(again[0].seq).toBe(before.seq)
})

test('[LOG18] a batch is bounded in posts and in bytes', async () => {
  await using world = await open()
  const few = await countingNode(world, { appendBatchMax: 8 })
  await Promise.all(upTo(30).map((n) => few.post(n)))
  expect(few.batches.length).toBe(4)
  const small = await countingNode(world, { appendBatchBytes: 1_000 })
  await Promise.all(upTo(20).map((n) => small.post(100 + n, { text: 'x'.repeat(400) })))
  expect(small.batches.length).toBeGreaterThanOrEqual(6)
})
