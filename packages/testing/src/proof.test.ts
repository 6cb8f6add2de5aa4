/** The proof bites: each way in which a client can differ from the store is found, and a world reports bugs. */
import { features } from '@qun/chat/server'
import { textMessage } from '@qun/features/words/message/contract'
import type { GroupView } from '@qun/sdk'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { differences } from './proof.ts'
import { appId, refusalOf } from './person.ts'
import { startWorld, type World } from './world.ts'

const open = () => startWorld({ features, watching: ['wang', 'li'] })
/** What the proof says of 王店长's client after `change` was made to the view it is shown. */
async function found(world: World, change: (view: GroupView) => Partial<GroupView>): Promise<string[]> {
  const { client } = world.as('wang')
  const [view] = world.as('wang').views()
  if (client === undefined || view === undefined) throw new Error('nobody watches')
  const told = await differences(world.core, world.store, appId, client, [{ ...view, ...change(view) }])
  return told.map((line) => line.split('\n')[0] as string)
}

describe('the proof', () => {
  test('finds nothing when nothing differs', async () => {
    await using world = await open()
    await world.as('li').post(world.groupId, textMessage, { text: '你好' })
    await world.settle()
    expect(await found(world, () => ({}))).toEqual([])
  })
  test.each([
    ['a missing message', (view: GroupView) => ({ messages: view.messages.slice(0, -1) }), 'messages'],
    [
      'another state',
      (view: GroupView) => ({ messages: view.messages.map((row) => ({ ...row, state: {} })) }),
      'messages',
    ],
    ['an old version', (view: GroupView) => ({ version: view.version - 1 }), 'version'],
    ['another name of the group', (view: GroupView) => ({ group: view.group && { ...view.group, name: '?' } }), 'face'],
    ['a missing member', () => ({ members: new Map() }), 'members'],
    [
      'a record too many',
      () => ({ records: new Map([['a', { row: 'record' as const, kind: 'k', key: 'a', version: 1, body: {} }]]) }),
      'records',
    ],
  ])('finds %s', async (_name, change, what) => {
    await using world = await open()
    await world.as('li').post(world.groupId, textMessage, { text: '你好' })
    await world.settle()
    expect(await found(world, change)).toEqual([`wang: ${what} of ${world.groupId}`])
  })
  test('finds what a client was never told: a list, and its unread', async () => {
    await using world = await open()
    await world.as('li').post(world.groupId, textMessage, { text: '你好' })
    await world.settle()
    const change = (to: number) =>
      world.store.transaction('*', (tx) =>
        sql`UPDATE conversations SET read_ordinal = ${to}, read_seq = ${to} WHERE user_id = 'wang'`.execute(tx),
      )
    await change(3)
    const told = await found(world, () => ({}))
    expect(told.some((line) => line.startsWith('wang: conversation'))).toBe(true)
    expect(told.some((line) => line.startsWith('wang: unread'))).toBe(true)
    await change(0)
  })
  test('a world ends with every bug the engine reported, unless the test took them', async () => {
    const broken = {
      ...features[0],
      guards: [
        {
          name: 'broken',
          post: () => {
            throw new Error('planted')
          },
        },
      ],
    } as (typeof features)[0]
    const run = async (takes: boolean) => {
      await using world = await startWorld({ features: [broken, ...features.slice(1)], watching: [] })
      expect(await refusalOf(world.as('li').post(world.groupId, textMessage, { text: '你好' }))).toBe('server.bug')
      if (takes) expect(world.takeBugs()).toHaveLength(1)
    }
    await expect(run(false)).rejects.toThrow('the engine reported bugs')
    await run(true)
  })
})
