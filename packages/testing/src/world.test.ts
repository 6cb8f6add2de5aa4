/** Worlds: people, time, nodes and listeners, and a walk that finds what differs. */
import { features } from '@qun/chat/server'
import { textMessage } from '@qun/features/words/message/contract'
import { describe, expect, test } from 'vitest'
import { fuzzWorld } from './fuzz.ts'
import { personas } from './personas.ts'
import { refusalOf } from './person.ts'
import { startWorld } from './world.ts'

/** A card with jobs, where it ships. */
const draw = features.flatMap((feature) => feature.cards ?? []).find(({ card }) => card.kind === 'lucky-draw')?.card

describe('a world', () => {
  test('has the shop’s group and its people, and nobody else', async () => {
    await using world = await startWorld({ features })
    const { members } = await world.core.members(world.as('sun').principal, world.groupId, {})
    expect(members.map((member) => [member.userId, member.role, member.name, member.badge])).toEqual([
      ['wang', 'owner', '王店长', 'merchant'],
      ['he', 'admin', '小何', 'staff'],
      ['li', 'member', '小李', null],
      ['sun', 'member', '孙老师', null],
      ['zhao', 'member', '赵阿姨', null],
    ])
    for (const name of Object.keys(personas)) {
      const [view] = world.as(name).views()
      expect([name, view?.ready, view?.gone?.code]).toEqual([
        name,
        name !== 'zhou',
        name === 'zhou' ? 'group.not_found' : undefined,
      ])
    }
    expect(await refusalOf(world.as('zhou').post(world.groupId, textMessage, { text: '？' }))).toBe('group.not_found')
  })
  test('time stands still until a test lets it pass; jobs run on the way at their own instants', async (run) => {
    if (draw === undefined) return run.skip()
    await using world = await startWorld({ features, watching: ['sun'] })
    const startedAt = world.time.now()
    const closesAt = startedAt + 90_000
    const told = { organiser: '山茶咖啡', contact: '021-5555 0100', conditions: '每人一次', method: '到店领取' }
    const prizes = [{ name: '手冲一杯', quantity: 1, valueFen: 3_800 }]
    const at = await world
      .as('wang')
      .post(world.groupId, draw, { title: '抽奖', closesAt, drawsAt: closesAt + 10_000, ...told, prizes })
    await world.as('sun').act(at, draw, 'enter', {})
    expect(world.time.now()).toBe(startedAt)
    await world.pass(200_000)
    expect(await world.read(at, draw)).toMatchObject({ phase: 'drawn', drawnAt: closesAt + 10_000 })
  })
  test('a client that is cut off comes back by itself and catches up', async () => {
    await using world = await startWorld({ features, watching: ['wang'] })
    world.as('wang').cut()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '断线时说的' })
    await world.settle()
    expect(world.as('wang').client?.connection.get()).not.toBe('online')
    await world.pass(40_000)
    expect(world.as('wang').views()[0]?.messages.at(-1)?.seq).toBe(at.seq)
  })
  test('several nodes on one store, several devices of a person, connections at the level of frames', async () => {
    await using world = await startWorld({ features, watching: ['wang'] })
    const other = await world.startNode()
    const tablet = world.anotherDevice('wang')
    await tablet.open(world.groupId)
    const line = world.listen('li', { core: other })
    await world.settle()
    const asked = line.subscribe(world.groupId)
    await world.settle()
    const at = await world.as('sun').post(world.groupId, textMessage, { text: '大家都听见' })
    await world.settle()
    expect(line.answersTo(asked).map((frame) => frame.op)).toEqual(['snapshot', 'done'])
    expect(line.seqsOf(world.groupId).at(-1)).toBe(at.seq)
    expect(tablet.views()[0]?.messages.at(-1)?.seq).toBe(at.seq)
  })
})

describe('a fuzz run', () => {
  test('names its seed and its moves when it fails', async () => {
    const moves = { 'break*40': () => Promise.reject(new Error('planted')) }
    await expect(fuzzWorld({ features, moves }, 3, 40)).rejects.toThrow(/^seed 3 failed after:\n0 \w+ /)
  })
})
