/** A first world: everything wired, in sync at the end. */
import { features } from '@qun/chat/server'
import { textMessage as text } from '@qun/features/words/message/contract'
import { refusalOf, startWorld } from '@qun/testing'
import { describe, expect, test } from 'vitest'

describe('a world', () => {
  test('people talk, and every client equals the store', async () => {
    await using world = await startWorld({ features })
    const first = await world.as('li').post(world.groupId, text, { text: '你好' })
    await world.as('zhao').post(world.groupId, text, { text: '来啦', quote: { seq: first.seq } })
    await world.settle()
    const wang = world.as('wang')
    expect(
      wang
        .views()[0]
        ?.messages.filter((message) => message.kind === 'text')
        .map((message) => (message.body as { text: string }).text),
    ).toEqual(['你好', '来啦'])
    expect(await refusalOf(world.as('zhou').post(world.groupId, text, { text: 'x' }))).toBe('group.not_found')
    await world.as('wang').act(first, text, 'react', { emoji: '👍', on: true })
    await world.as('li').recall(first)
    wang.cut()
    for (let i = 0; i < 80; i++) await world.as('sun').post(world.groupId, text, { text: `第 ${i} 句` })
    await world.pass(40_000)
    expect(wang.client?.connection.get()).toBe('online')
  })
})
