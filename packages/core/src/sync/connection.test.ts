/** Connections as the engine sees them: ending, losing the bus, losing the store, draining. */
import { createInProcessBus } from '@qun/bus'
import { addMembers, leaveGroup } from '@qun/features/people/membership/contract'
import { createLossyBus, refusalOf, seeded, startWorld, turns, until, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'

import { counter, createLab, id, note, postCounter, upTo } from '../fixtures.ts'

const { features } = createLab()
const open = (options = {}) => startWorld({ features, watching: [], ...options })
const say = (world: World, name: string, text: string) => world.as(name).post(world.groupId, note, { text })
const unavailable = Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' })

describe('ending', () => {
  test('[SYNC14] a user is cut off on every node and every device at once, with the reason', async () => {
    await using world = await open()
    const other = await world.startNode()
    const lines = [world.listen('li'), world.listen('li', { core: other }), world.listen('zhao', { core: other })]
    await world.settle()
    world.core.disconnect(world.as('li').principal.appId, id('li'), 4401, 'revoked')
    await world.settle()
    expect(lines.map((line) => line.closing)).toEqual([
      { code: 4401, reason: 'revoked' },
      { code: 4401, reason: 'revoked' },
      undefined,
    ])
  })
  test('[SYNC15] a connection that is gone hears nothing more, whatever it was asking for', async () => {
    await using world = await open({ limits: { headDelayMs: 0 } })
    const groups = [world.groupId]
    for (let i = 0; i < 3; i++) groups.push(await world.makeGroup(['wang', 'li', 'zhao']))
    const lines = []
    for (const afterTurns of [0, 1, 2, 4, 8, 16]) {
      const line = world.listen('li')
      if (afterTurns > 2) await world.settle()
      for (const groupId of groups) line.subscribe(groupId)
      await turns(afterTurns)
      line.close()
      lines.push(line)
    }
    await world.settle()
    for (const line of lines) line.late.length = 0
    for (const groupId of groups)
      await world
        .as('zhao')
        .post(groupId, note, { text: '还有人吗' })
        .catch(() => undefined)
    await world.settle()
    await world.core.setConversation(world.as('li').principal, world.groupId, { pinned: true })
    await world.settle()
    expect(lines.map((line) => line.late)).toEqual(lines.map(() => []))
  })
})

describe('a bus that loses', () => {
  test('[SYNC16] what it swallowed arrives at the next poll, on both streams and in lists', async () => {
    let isLosing = false
    const bus = createInProcessBus()
    const losing = {
      ...bus,
      isReliable: false,
      publish: (topic: string, text: string) => (isLosing ? undefined : bus.publish(topic, text)),
    }
    await using world = await open({ bus: losing })
    world.core.start()
    const line = world.listen('li')
    const listed = world.listen('sun')
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    isLosing = true
    const at = await say(world, 'zhao', '丢了的话')
    await world.core.setConversation(world.as('li').principal, world.groupId, { pinned: true })
    await turns(50)
    expect(line.seqsOf(world.groupId)).not.toContain(at.seq)
    world.time.moveTo(world.time.now() + world.core.limits.hintPollMs)
    expect(await until(() => line.seqsOf(world.groupId).includes(at.seq) && line.changesOf('user/li').length > 1)).toBe(
      true,
    )
    world.time.moveTo(world.time.now() + world.core.limits.headDelayMs)
    expect(await until(() => listed.list('heads').length > 0)).toBe(true)
    expect(line.seqsOf(world.groupId).filter((seq) => seq === at.seq)).toHaveLength(1)
    expect(line.changesOf('user/li').at(-1)?.rows).toMatchObject([{ row: 'conversation', pinned: true }])
    expect(
      listed
        .list('heads')
        .flatMap((frame) => frame.heads)
        .at(-1)?.last,
    ).toMatchObject({ seq: at.seq })
    isLosing = false
  })
  test('[SYNC16] one that repeats and reorders changes nothing of what is heard', async () => {
    await using world = await open({ bus: createLossyBus(seeded(5), { lost: 0, twice: 0.4, late: 0.4 }) })
    const line = world.listen('li')
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    for (const n of upTo(40)) await say(world, n % 2 === 0 ? 'zhao' : 'sun', `${n}`)
    await world.settle()
    const seqs = line.seqsOf(world.groupId)
    expect(seqs).toEqual([...new Set(seqs)])
    expect(seqs.slice(-40)).toEqual(upTo(40).map((n) => n + 2))
  })
})

test('[SYNC9] [SYNC20] a client that heard neither of its leaving nor of its coming back shows what was said since, and nothing else', async () => {
  let isLosing = false
  const bus = createInProcessBus()
  const publish = (topic: string, text: string) => (isLosing ? undefined : bus.publish(topic, text))
  await using world = await startWorld({ features, watching: ['li'], bus: { ...bus, isReliable: false, publish } })
  await say(world, 'zhao', '从前')
  await world.settle()
  isLosing = true
  await world.as('li').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
  await say(world, 'zhao', '不在的时候')
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('li')] } })
  await say(world, 'zhao', '回来以后')
  isLosing = false
  await world.pass(5_000)
  const [view] = world.as('li').views()
  const texts = view?.messages.filter((row) => row.kind === note.kind).map((row) => (row.body as { text: string }).text)
  expect(texts).toEqual(['回来以后'])
})

test('[SYNC9] news of a leaving that come after those of the return do not end what was opened since', async () => {
  const bus = createInProcessBus()
  const late: (() => void)[] = []
  let isLate = false
  const publish = (topic: string, text: string) => {
    if (isLate && topic.startsWith('4:user')) late.push(() => bus.publish(topic, text))
    else bus.publish(topic, text)
  }
  await using world = await startWorld({ features, watching: [], bus: { ...bus, publish } })
  const line = world.listen('li')
  await world.settle()
  isLate = true
  await world.as('li').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('li')] } })
  await world.settle()
  const [left, back] = late
  back?.()
  await world.settle()
  line.subscribe(world.groupId)
  await world.settle()
  left?.()
  await world.settle()
  const at = await say(world, 'zhao', '还听得见吗')
  await world.settle()
  expect(line.seqsOf(world.groupId)).toContain(at.seq)
})

describe('a store that fails', () => {
  test('[SYNC17] a connection whose catch-up fails is closed to come back; one whose request fails is told to try later', async () => {
    await using world = await open()
    let isAway = false
    const node = await world.startNode({
      store: ({ reading, transaction }) => ({
        reading: (appId, run) => (isAway ? Promise.reject(unavailable) : reading(appId, run)),
        transaction: (appId, run) => (isAway ? Promise.reject(unavailable) : transaction(appId, run)),
      }),
    })
    const line = world.listen('li', { core: node })
    await world.settle()
    isAway = true
    const asked = [
      line.subscribe(world.groupId),
      line.pull(`group/${world.groupId}`, 0),
      line.pull('user/li', 0),
      line.read(world.groupId, 1),
    ]
    const late = world.listen('li', { core: node })
    await turns(50)
    expect(asked.map((one) => line.refusalOf(one))).toEqual(asked.map(() => 'store.unavailable'))
    expect(late.closing).toEqual({ code: 1013, reason: 'store.unavailable' })
    isAway = false
    const again = line.subscribe(world.groupId)
    await world.settle()
    expect(line.answersTo(again).map((frame) => frame.op)).toEqual(['snapshot', 'done'])
    isAway = true
    const failed = line.subscribe(world.groupId, 'open', 9_999)
    await until(() => line.refusalOf(failed) !== null)
    isAway = false
    // The group went back to the list, where it is still heard.
    const at = await say(world, 'sun', '还在列表里')
    await world.settle()
    expect(line.seqsOf(world.groupId)).not.toContain(at.seq)
    expect(line.list('heads').at(-1)?.heads[0]).toMatchObject({ lastSeq: at.seq })
  })
})

describe('draining', () => {
  test('[SYNC18] an engine that stops takes no post, action or read, by call or by connection; what was under way is answered', async () => {
    await using world = await open()
    const at = await postCounter(world)
    const node = await world.startNode()
    const line = world.listen('li', { core: node })
    await world.settle()
    const { appId } = world.as('li').principal
    const before = upTo(10).map((n) => line.send(world.groupId, note.kind, { text: `${n}` }, `d${n}`))
    await node.stop()
    expect(before.map((one) => line.answersTo(one)[0]?.op)).toEqual(before.map(() => 'sent'))
    const asked = [line.send(world.groupId, note.kind, { text: '晚了' }, 'late'), line.read(world.groupId, 1)]
    const calls = [
      node.post({
        appId,
        groupId: world.groupId,
        senderId: id('li'),
        kind: note.kind,
        body: { text: '晚了' },
        clientId: 'late',
      }),
      node.act({ principal: world.as('li').principal, ...at, action: 'add', input: { by: 1 } }),
      node.recall(world.as('li').principal, at.groupId, at.seq),
      node.read(world.as('li').principal, world.groupId, 1),
    ]
    expect(await Promise.all(calls.map(refusalOf))).toEqual(calls.map(() => 'server.draining'))
    await turns(50)
    expect(asked.map((one) => line.refusalOf(one))).toEqual(asked.map(() => 'server.draining'))
    expect((await world.read(at, counter)).total).toBe(0)
  })
  test('[SYNC19] all nodes of a store have its epoch, and a restarted one too', async () => {
    await using world = await open()
    const nodes = [await world.startNode(), await world.startNode()]
    expect(nodes.map((node) => node.epoch)).toEqual([world.core.epoch, world.core.epoch])
    expect(world.core.epoch).not.toBe('')
  })
})
