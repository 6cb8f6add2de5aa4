/** Several nodes on one store that tell each other by hints: what one hears of the other, also when hints are lost. */
import { createHintBus } from '@qun/bus'
import { addMembers, leaveGroup, removeMember } from '@qun/features/people/membership/contract'
import { HintRoom, refusalOf, seeded, startWorld, turns, WorldTime, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { createLab, id, note, upTo } from '../fixtures.ts'

const { features } = createLab()
const people = ['wang', 'he', 'li', 'zhao', 'sun'] as const
const say = (world: World, name: string, text: string) => world.as(name).post(world.groupId, note, { text })

/** Two started nodes; `pass` moves the wires' time along with the world's, and lets both settle at the end of it. */
async function startTwo(options: Partial<Parameters<typeof startWorld>[0]> = {}) {
  const room = new HintRoom()
  const wires = new WorldTime(0)
  const busOf = (nodeId: string) =>
    createHintBus({ wire: room.wire(), nodeId, elapsed: () => wires.now(), wait: wires.wait })
  const world = await startWorld({ features, watching: [], ...options, bus: busOf('n1') })
  const other = await world.startNode({ bus: busOf('n2') })
  world.core.start()
  other.start()
  const pass = async (ms: number) => {
    for (let passed = 50; passed <= ms; passed += 50) {
      wires.moveTo(wires.now() + 50)
      world.time.moveTo(world.time.now() + 50)
      await turns(1)
    }
    await world.settle()
  }
  await pass(1_000)
  return { world, other, room, pass, busOf }
}

describe('two nodes', () => {
  test('[NODE1] rows, heads, typing, a person’s own marks and a cut cross over within a flush', async () => {
    const { world, other, pass } = await startTwo()
    await using _ = world
    const near = world.listen('zhao')
    const far = world.listen('li', { core: other })
    const listed = world.listen('sun', { core: other })
    await world.settle()
    near.subscribe(world.groupId)
    far.subscribe(world.groupId)
    await world.settle()
    const at = await say(world, 'wang', '听得见吗')
    near.say({ op: 'typing', groupId: world.groupId })
    await world.core.setConversation(world.as('li').principal, world.groupId, { pinned: true })
    await pass(100)
    expect(far.seqsOf(world.groupId)).toContain(at.seq)
    expect(far.list('typing').map((frame) => frame.userId)).toEqual(['zhao'])
    expect(far.changesOf('user/li').at(-1)?.rows).toMatchObject([{ row: 'conversation', pinned: true }])
    await pass(1_000)
    expect(listed.list('heads').at(-1)?.heads[0]).toMatchObject({ lastSeq: at.seq })
    world.core.disconnect(world.as('li').principal.appId, id('li'), 4401, 'revoked')
    await pass(100)
    expect(far.closing).toEqual({ code: 4401, reason: 'revoked' })
    expect(listed.closing).toBeUndefined()
  })

  test('[NODE1] [SYNC9] whoever is removed on one node hears nothing on the other 2 s later, though every hint is lost', async () => {
    const { world, other, room, pass } = await startTwo()
    await using _ = world
    const far = world.listen('li', { core: other })
    await world.settle()
    far.subscribe(world.groupId)
    await world.settle()
    room.isLost = (text) => text.includes('"hints"')
    await world.as('wang').call(removeMember, { params: { groupId: world.groupId, userId: id('li') }, body: {} })
    await pass(2_000)
    const heard = far.frames.length
    const at = await say(world, 'wang', '只说给留下的人')
    await pass(3_000)
    expect(far.seqsOf(world.groupId)).not.toContain(at.seq)
    expect(far.frames.slice(heard)).toEqual([])
  })

  test.each(upTo(2))(
    '[NODE2] [SYNC20] seed %i: with hints lost every client holds what a fresh reading gives',
    async (seed) => {
      const random = seeded(seed)
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
      const { world, other, room, pass } = await startTwo({ limits: { pullRowsMax: 5, pullBehindMax: 30 } })
      await using _ = world
      room.isLost = () => random() < 0.3
      world.route = () => pick([world.core, other])
      for (const name of people) world.as(name).watch(world.groupId)
      await pass(100)
      for (const n of upTo(25)) {
        const person = world.as(pick(people))
        const groupId = world.groupId
        const deeds = [
          () => person.post(groupId, note, { text: `${n}` }),
          () => person.post(groupId, note, { text: `又 ${n}` }),
          () => person.markRead({ groupId, seq: n }),
          () => world.route().setConversation(person.principal, groupId, { pinned: random() < 0.5 }),
          () => person.call(leaveGroup, { params: { groupId }, body: {} }),
          () => world.as('wang').call(addMembers, { params: { groupId }, body: { userIds: [id('li'), id('sun')] } }),
          async () => person.cut(),
        ]
        await refusalOf(Promise.resolve(pick(deeds)()))
        if (random() < 0.3) await pass(100)
      }
      // All are back from a cut, and what was lost is found by beats alone: nothing is said any more.
      for (let n = 0; n < 5; n++) await pass(3_000)
      room.isLost = () => false
      await pass(3_000)
    },
  )

  test('[NODE4] a look asks for so many groups or people a statement, one after another', async () => {
    let readings = 0
    const { world, room, pass, busOf } = await startTwo({ limits: { lookMax: 3 } })
    await using _ = world
    const third = await world.startNode({
      bus: busOf('n3'),
      store: ({ reading }) => ({
        reading: async (appId, run) => {
          // The workers look at all apps.
          if (appId !== '*') readings++
          return await reading(appId, run)
        },
      }),
    })
    for (let n = 0; n < 7; n++) await world.makeGroup(['wang', 'li'])
    const line = world.listen('li', { core: third })
    await pass(200)
    third.start()
    await pass(200)
    readings = 0
    room.isLost = (text, wire) => wire === 2 && text.includes('"hints"')
    const at = await say(world, 'wang', '丢了的提示')
    await pass(1_000)
    // Eight groups by threes and one person; then what was lost is read, and the face for its head.
    expect(readings).toBeGreaterThanOrEqual(4 + 1)
    expect(readings).toBeLessThanOrEqual(4 + 2)
    room.isLost = () => false
    await pass(1_500)
    expect(line.list('heads').at(-1)?.heads[0]).toMatchObject({ lastSeq: at.seq })
  })
})
