/** Apps on one store know nothing of each other, by the engine's own queries and by the store's second wall. */
import { topicOf } from '@qun/bus'
import type { AppId, GroupId } from '@qun/contract'
import { createGroupForHost } from '@qun/features/people/membership/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { keyOf } from './engine.ts'
import { counter, createLab, id, note } from '../fixtures.ts'

const { features } = createLab()
const open = () => startWorld({ features, watching: ['li'] })
/** A group of another app with the same people; its id may be chosen to look like one of ours. */
async function makeElsewhere(world: World, appId: AppId, groupId?: GroupId): Promise<GroupId> {
  for (const name of ['wang', 'li']) await world.core.putUser(appId, { userId: id(name), name })
  const server = world.core.registry.endpoints.get(createGroupForHost.name)
  if (server === undefined) throw new Error('no membership')
  const { answer } = await world.core.call(server, {
    appId,
    caller: { kind: 'server' },
    params: {},
    query: {},
    body: { name: '别家的群', ownerId: 'wang', memberIds: ['li'] },
  })
  const made = (answer as { groupId: GroupId }).groupId
  if (groupId === undefined) return made
  for (const table of ['messages', 'members', 'conversations', 'groups', 'facts']) {
    await world.store.transaction(appId, (tx) =>
      sql`UPDATE ${sql.table(table)} SET group_id = ${groupId} WHERE group_id = ${made}`.execute(tx),
    )
  }
  return groupId
}
async function listTables(world: World): Promise<string[]> {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ name: string }>`SELECT DISTINCT table_name AS name FROM information_schema.columns
      WHERE table_schema = current_schema() AND column_name = 'app_id'`.execute(tx),
  )
  return rows.map((row) => row.name)
}

describe('apps', () => {
  test('[ISO1] the same ids in two apps are two groups: posts, positions, people, streams and jobs stay apart', async () => {
    await using world = await open()
    const rival = 'rival' as AppId
    const groupId = await makeElsewhere(world, rival, world.groupId)
    const theirs = { appId: rival, userId: id('li'), guest: false }
    const ours = world.as('li').principal
    const mine = await world.as('li').post(world.groupId, counter, { title: '我们的' }, 'same')
    const line = world.listen('li')
    await world.settle()
    const { length } = line.frames
    const post = await world.core.post({
      appId: rival,
      groupId,
      senderId: id('li'),
      kind: counter.kind,
      body: { title: '他们的' },
      clientId: 'same',
    })
    expect(post.replayed).toBe(false)
    await world.core.act({
      principal: theirs,
      groupId,
      seq: post.seq,
      action: 'add',
      input: { by: 5 },
      clientId: 'same',
    })
    await world.core.read(theirs, groupId, post.seq)
    await world.core.putUser(rival, { userId: id('li'), name: '另一个小李' })
    await world.settle()
    expect(line.frames).toHaveLength(length)
    expect(JSON.stringify(world.as('li').views())).not.toContain('他们的')
    expect((await world.core.message(ours, mine.groupId, mine.seq)).message).toMatchObject({
      body: { title: '我们的' },
      state: { total: 0 },
    })
    expect((await world.core.message(theirs, groupId, post.seq)).message).toMatchObject({
      body: { title: '他们的' },
      state: { total: 5 },
    })
    expect((await world.core.me(ours)).name).toBe('小李')
    expect(JSON.stringify(await world.core.conversations(ours))).not.toContain('他们的')
  })
  test('[ISO1] a group of another app is not there', async () => {
    await using world = await open()
    const groupId = await makeElsewhere(world, 'rival' as AppId)
    const { principal } = world.as('li')
    const attempts = [
      world.core.snapshot(principal, groupId),
      world.core.history(principal, groupId, {}),
      world.as('li').post(groupId, note, { text: '？' }),
      world.core.read(principal, groupId, 1),
    ]
    expect(await Promise.all(attempts.map(refusalOf))).toEqual(attempts.map(() => 'group.not_found'))
    expect(await refusalOf(world.as('li').act({ groupId, seq: 1 }, counter, 'add', { by: 1 }))).toBe(
      'message.not_found',
    )
    const line = world.listen('li')
    await world.settle()
    const asked = [
      line.subscribe(groupId),
      line.pull(`group/${groupId}`, 0),
      line.subscribe(groupId, 'listed'),
      line.pull('user/wang', 0),
    ]
    await world.settle()
    expect(asked.map((one) => line.refusalOf(one))).toEqual(asked.map(() => 'group.not_found'))
  })
  test('[ISO2] a query that forgot its app finds nothing in any table and writes nothing; one in another app neither', async () => {
    await using world = await open()
    await world.as('li').post(world.groupId, note, { text: '在' })
    await makeElsewhere(world, 'rival' as AppId)
    const tables = await listTables(world)
    expect(tables).toEqual(
      expect.arrayContaining([
        'users',
        'groups',
        'members',
        'messages',
        'mine',
        'records',
        'facts',
        'jobs',
        'lab_lines',
      ]),
    )
    for (const table of tables) {
      const bare = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(world.store.db)
      expect([table, bare.rows[0]?.n]).toEqual([table, 0])
      const strange = await world.store.reading('stranger', (tx) =>
        sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(tx),
      )
      expect([table, strange.rows[0]?.n]).toEqual([table, 0])
    }
    const deleted = await world.store.transaction('rival', (tx) =>
      sql`DELETE FROM messages WHERE app_id = 'shop'`.execute(tx),
    )
    expect(Number(deleted.numAffectedRows)).toBe(0)
    const forged = world.store.transaction('rival', (tx) =>
      sql`INSERT INTO users (app_id, user_id, name) VALUES ('shop', 'forged', 'x')`.execute(tx),
    )
    await expect(forged).rejects.toThrow(/row-level security/)
  })
  test('[ISO2] every table that has an app has the second wall, and its key begins with the app', async () => {
    await using world = await open()
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{
        name: string
        walled: boolean
        first: string
      }>`SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS walled,
          (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = c.oid AND i.indisprimary) AS first
        FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
          AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'app_id')`.execute(tx),
    )
    expect(rows.length).toBeGreaterThan(12)
    expect(rows.filter((row) => !row.walled || row.first !== 'app_id')).toEqual([])
  })
})

test('[ISO3] keys made of several parts cannot be mistaken for each other', () => {
  expect(keyOf('a:b', 'c')).not.toBe(keyOf('a', 'b:c'))
  expect(keyOf('ab', 'c')).not.toBe(keyOf('a', 'bc'))
  expect(keyOf('1:a', '')).not.toBe(keyOf('1', ':a'))
  expect(topicOf('group', 'a:b', 'c')).not.toBe(topicOf('group', 'a', 'b:c'))
})
test('[ISO3] people and groups whose names run into each other stay apart', async () => {
  await using world = await open()
  const [one, two] = ['a:b', 'a'] as const
  for (const name of [one, two]) await world.core.putUser(world.as('li').principal.appId, { userId: id(name), name })
  const groupId = await world.makeGroup([one, two])
  const first = await world.as(one).post(groupId, note, { text: '一' }, 'c')
  const second = await world.as(two).post(groupId, note, { text: '二' }, 'b:c')
  expect(second.seq).toBe(first.seq + 1)
  const shop = world.listen(two)
  await world.settle()
  await world.core.putUser('shop:a' as AppId, { userId: id('x'), name: 'x' })
  await world.core.setConversation(world.as(one).principal, groupId, { pinned: true })
  await world.settle()
  expect(
    shop
      .changesOf(`user/${two}`)
      .flatMap((frame) => frame.rows)
      .some((row) => row.row === 'conversation' && row.pinned),
  ).toBe(false)
})
