/** Unread, by example and by a short random walk; the long one is unread.slow.test.ts. */
import { changeGroup, leaveGroup, addMembers } from '@qun/features/people/membership/contract'
import { textMessage } from '@qun/features/words/message/contract'
import { type At, refusalOf, startWorld, walkUnread, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { counter, createLab, id, note, unreadMoves, upTo } from '../fixtures.ts'

const { features } = createLab()
const open = () => startWorld({ features, watching: ['li', 'wang'] })
const say = (world: World, name: string, text = '说') => world.as(name).post(world.groupId, note, { text })
const rowOf = async (world: World, name: string) => {
  const { conversations } = await world.core.conversations(world.as(name).principal)
  const row = conversations.find((one) => one.groupId === world.groupId)
  return (
    row && {
      unread: row.head.lastOrdinal - row.readOrdinal - (row.own - row.readOwn),
      readSeq: row.readSeq,
      mentions: row.mentions,
    }
  )
}

describe('unread', () => {
  test('[UNREAD1] it counts others’ countable messages after the read position, on the server and in a client', async () => {
    await using world = await open()
    for (const name of ['wang', 'li', 'zhao', 'li', 'sun']) await say(world, name)
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '只是系统的一行' } })
    await world.settle()
    expect(await rowOf(world, 'li')).toMatchObject({ unread: 3 })
    expect(await rowOf(world, 'zhou')).toBeUndefined()
    expect(world.as('li').client?.conversations.get()[0]?.unread).toBe(3)
    expect(world.as('li').client?.badge.get()).toBe(3)
  })
  test('[UNREAD2] reading moves forward only, not past the end; the furthest device counts', async () => {
    await using world = await open()
    const at: At[] = []
    for (const n of upTo(10)) at.push(await say(world, 'zhao', `${n}`))
    const read = (n: number) => world.as('li').markRead(at[n] as At)
    const answers = await Promise.all([read(3), read(8), read(5), read(8), read(0)])
    expect(Math.max(...answers.map((answer) => answer.readSeq))).toBe(at[8]?.seq)
    expect(await read(2)).toEqual({ readSeq: at[8]?.seq, unread: 1 })
    expect(await refusalOf(world.core.read(world.as('li').principal, world.groupId, 9_999))).toBe(
      'read.seq_out_of_range',
    )
    expect(await world.core.read(world.as('li').principal, world.groupId, 0)).toEqual({
      readSeq: at[8]?.seq,
      unread: 1,
    })
    await world.as('li').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    for (const n of upTo(5)) await say(world, 'sun', `${n}`)
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('li')] } })
    expect((await rowOf(world, 'li'))?.unread).toBe(0)
    await say(world, 'sun')
    expect((await rowOf(world, 'li'))?.unread).toBe(1)
  })
  test('[UNREAD3] a recalled message counts until it is passed; edits, actions and lines of the system change nothing', async () => {
    await using world = await open()
    const first = await say(world, 'zhao')
    const card = await world.as('zhao').post(world.groupId, counter, { title: '卡片' })
    const text = await world.as('zhao').post(world.groupId, textMessage, { text: '可以改' })
    expect((await rowOf(world, 'li'))?.unread).toBe(3)
    await world.as('zhao').recall(first)
    await world.as('wang').act(card, counter, 'add', { by: 1 })
    await world.as('zhao').act(text, textMessage, 'edit', { text: '改了', ifEdits: 0 })
    await world.settle()
    expect((await rowOf(world, 'li'))?.unread).toBe(3)
    expect(world.as('li').client?.conversations.get()[0]?.unread).toBe(3)
    expect(await world.as('li').markRead(first)).toMatchObject({ unread: 2 })
  })
  test('[UNREAD4] mentions are counted apart: of the viewer and of everybody, without their own, until read', async () => {
    await using world = await open()
    const mention = (name: string, who: string) =>
      world.as(name).post(world.groupId, textMessage, { text: '@', mentions: [who as ReturnType<typeof id>] })
    const toLi = await mention('zhao', 'li')
    await mention('zhao', 'sun')
    const toAll = await mention('wang', '*')
    await mention('li', 'li')
    await world.settle()
    const held = (name: string) => world.as(name).client?.conversations.get()[0]?.mentions
    expect((await rowOf(world, 'li'))?.mentions).toEqual([toLi.seq, toAll.seq])
    expect(held('li')).toEqual([toLi.seq, toAll.seq])
    expect(held('wang')).toEqual([])
    await world.core.setConversation(world.as('li').principal, world.groupId, { quiet: true })
    await world.settle()
    expect(world.as('li').client?.badge.get()).toBe(2)
    await world.as('li').markRead(toLi)
    await world.settle()
    expect(held('li')).toEqual([toAll.seq])
  })
})

test('[UNREAD1] [UNREAD2] [UNREAD3] [UNREAD4] a walk of two thousand moves on three devices shows no difference', async () => {
  expect(await walkUnread(unreadMoves, 11, 2_000)).toBeGreaterThan(50)
})
