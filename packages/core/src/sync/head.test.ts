/** What lists of conversations hear: heads, exact and rare; and who hears that somebody types. */
import { createInProcessBus } from '@qun/bus'
import type { ConversationRow } from '@qun/contract'
import { addMembers, changeGroup, removeMember, setNickname } from '@qun/features/people/membership/contract'
import { textMessage } from '@qun/features/words/message/contract'
import { drift, type Listener, startWorld, turns, until, type World } from '@qun/testing'
import type { KyselyPlugin } from 'kysely'
import { describe, expect, test } from 'vitest'
import { counter, createLab, id, note, upTo } from '../fixtures.ts'

const { features } = createLab()
const open = (limits = {}) => startWorld({ features, limits, watching: [] })
const say = (world: World, name: string, text: string) => world.as(name).post(world.groupId, note, { text })
async function listen(world: World, name: string): Promise<Listener> {
  const line = world.listen(name)
  await world.settle()
  return line
}
const headsOf = (line: Listener) => line.list('heads').flatMap((frame) => frame.heads)
/** The row a fresh reading gives. */
async function readRow(world: World, name: string): Promise<ConversationRow> {
  const { conversations } = await world.core.conversations(world.as(name).principal)
  return conversations.find((row) => row.groupId === world.groupId) as ConversationRow
}
/** What a store's answer waits at until it is opened; open at the latest when the test ends, so that nothing hangs. */
function createGate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve, [Symbol.dispose]: resolve }
}
/** A node whose first reading of a row with this column waits, when PostgreSQL has answered, until it is let go. */
async function startHeldNode(world: World, column: string) {
  const gate = createGate()
  let isHeld = false
  const slow: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (!isHeld && result.rows.some((row) => column in row)) {
        isHeld = true
        await gate.opened
      }
      return result
    },
  }
  const node = await world.startNode({
    store: ({ reading }) => ({ reading: (appId, run) => reading(appId, (tx) => run(tx.withPlugin(slow))) }),
  })
  return { node, isHeld: () => isHeld, ...gate }
}

describe('heads', () => {
  test('[SYNC10] a listed connection hears one head a second at most, and the last one is exact', async () => {
    await using world = await open()
    const line = await listen(world, 'sun')
    const before = headsOf(line).length
    for (let n = 0; n < 60; n++) {
      await say(world, n % 2 === 0 ? 'li' : 'zhao', `第 ${n} 句`)
      world.time.moveTo(world.time.now() + 50)
      await turns(4)
    }
    await drift(world, 1_100)
    await until(() => headsOf(line).at(-1)?.lastSeq === 62)
    const heads = headsOf(line).slice(before)
    expect(heads.length).toBeGreaterThanOrEqual(3)
    expect(heads.length).toBeLessThanOrEqual(5)
    expect(line.changesOf(`group/${world.groupId}`)).toEqual([])
    const { head } = await readRow(world, 'sun')
    expect(heads.at(-1)).toMatchObject({
      lastSeq: head.lastSeq,
      lastOrdinal: head.lastOrdinal,
      version: head.version,
      last: head.last,
    })
  })
  test('[SYNC10] the first words after a silence are told at once', async () => {
    await using world = await open()
    const line = await listen(world, 'sun')
    await drift(world, 2_000)
    await say(world, 'li', '在吗')
    // No time passes; only the name of the sender is read.
    await until(() => headsOf(line).length > 0)
    expect(headsOf(line).at(-1)?.last).toMatchObject({ summary: '在吗', senderName: '小李' })
  })
  test('[SYNC11] a head carries the viewer’s own count and mentions, everybody’s for all but the sender', async () => {
    await using world = await open()
    const lines = { li: await listen(world, 'li'), sun: await listen(world, 'sun'), wang: await listen(world, 'wang') }
    const toSun = await world.as('li').post(world.groupId, textMessage, { text: '@孙老师', mentions: [id('sun')] })
    const toAll = await world.as('wang').post(world.groupId, textMessage, { text: '@所有人', mentions: ['*'] })
    await world.settle()
    const mentionsOf = (line: Listener) => [...new Set(headsOf(line).flatMap((head) => head.mentions ?? []))]
    expect(mentionsOf(lines.sun).toSorted((a, b) => a - b)).toEqual([toSun.seq, toAll.seq])
    expect(mentionsOf(lines.li)).toEqual([toAll.seq])
    expect(mentionsOf(lines.wang)).toEqual([])
    expect(headsOf(lines.li).findLast((head) => head.own !== undefined)?.own).toBe(1)
    expect(headsOf(lines.sun).every((head) => head.own === undefined)).toBe(true)
  })
  test('[SYNC11] a head tells the group’s new face, and the sender’s name as it is now', async () => {
    await using world = await open()
    await say(world, 'li', '你好')
    const line = await listen(world, 'sun')
    await world.as('li').call(setNickname, { params: { groupId: world.groupId }, body: { nickname: '李师傅' } })
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '新名字' } })
    await world.settle()
    const last = headsOf(line).at(-1)
    expect(last?.group).toMatchObject({ name: '新名字', memberCount: 5 })
    expect(headsOf(line).findLast((head) => head.last !== null)?.last).toMatchObject({
      senderName: '李师傅',
      summary: '你好',
    })
  })
  test('[SYNC11] a face that changes while a node reads it is told as it is after', async () => {
    await using world = await open()
    await say(world, 'li', '你好')
    using held = await startHeldNode(world, 'speakerName')
    const line = world.listen('sun', { core: held.node })
    await world.settle()
    await world.as('li').call(setNickname, { params: { groupId: world.groupId }, body: { nickname: '李师傅' } })
    expect(await until(held.isHeld)).toBe(true)
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '新名字' } })
    await turns()
    held.open()
    await world.settle()
    expect(headsOf(line).at(-1)?.group).toMatchObject({ name: '新名字', memberCount: 5 })
  })
  test('[SYNC11] a node that knows a group only since a moment ago shows its latest words, not those last touched', async () => {
    await using world = await open()
    const old = await world.as('li').post(world.groupId, counter, { title: '旧卡片' })
    await say(world, 'zhao', '最新的话')
    const line = await listen(world, 'sun')
    await world.as('he').act(old, counter, 'add', { by: 1 })
    await world.settle()
    await world.as('li').recall(old)
    await world.settle()
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '新名字' } })
    await world.settle()
    for (const head of headsOf(line)) expect(head.last).toMatchObject({ summary: '最新的话' })
    expect(headsOf(line).length).toBeGreaterThan(0)
  })
  test('[SYNC10] news of a joining that come late do not hide what was said meanwhile', async () => {
    const bus = createInProcessBus()
    const late: (() => void)[] = []
    let isLate = false
    const publish = (topic: string, text: string) => {
      if (isLate && topic.startsWith('4:user')) late.push(() => bus.publish(topic, text))
      else bus.publish(topic, text)
    }
    await using world = await startWorld({ features, watching: [], bus: { ...bus, publish } })
    const lines = [await listen(world, 'sun'), await listen(world, 'zhou')] as const
    isLate = true
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('zhou')] } })
    const at = await say(world, 'li', '欢迎')
    await world.settle()
    for (const tell of late) tell()
    await world.settle()
    expect(headsOf(lines[1]).at(-1)).toMatchObject({ lastSeq: at.seq, lastOrdinal: 1, last: { seq: at.seq } })
  })
  test('[SYNC10] who has the group open hears the first head with the rows, the last exactly, and none with most of a burst', async () => {
    await using world = await open()
    const line = await listen(world, 'sun')
    line.subscribe(world.groupId)
    await world.settle()
    await say(world, 'li', '先说一句')
    await world.settle()
    await drift(world, 3_200)
    const before = line.frames.length
    for (let n = 0; n < 5; n++) {
      await say(world, 'li', `第 ${n} 句`)
      await turns(20)
      world.time.moveTo(world.time.now() + 50)
      await turns(4)
    }
    await drift(world, 3_200)
    const told = line.frames.slice(before).map((frame) => frame.op)
    expect(told).toEqual(['changes', 'heads', 'changes', 'changes', 'changes', 'changes', 'heads'])
    expect(headsOf(line).at(-1)).toMatchObject({ version: line.list('changes').at(-1)?.to, lastSeq: 8 })
  })
  test('[SYNC10] a head for many lists goes out in slices, and skips nobody who opens the group meanwhile', async () => {
    await using world = await open({ fanoutSlice: 3 })
    const lines = upTo(10).map(() => world.listen('sun'))
    await world.settle()
    await drift(world, 2_000)
    const at = await say(world, 'li', '大家好')
    const heard = () => lines.filter((line) => headsOf(line).at(-1)?.lastSeq === at.seq).length
    expect(await until(() => heard() > 0)).toBe(true)
    expect(heard()).toBeLessThan(10)
    lines[0]?.subscribe(world.groupId)
    lines[9]?.subscribe(world.groupId)
    await until(() => lines[0]?.list('snapshot').length === 1)
    await drift(world, 500)
    expect(heard()).toBe(10)
  })
  test('[SYNC10] what a list waits for is told to who opens the group, and to who closes it', async () => {
    await using world = await open()
    const line = await listen(world, 'sun')
    const mention = (text: string) => world.as('li').post(world.groupId, textMessage, { text, mentions: [id('sun')] })
    const mentions = () => headsOf(line).flatMap((head) => head.mentions ?? [])
    await mention('@孙老师 一')
    await until(() => mentions().length === 1)
    // The next head of the list is a second away.
    const second = await mention('@孙老师 二')
    await turns()
    line.subscribe(world.groupId)
    await until(() => line.list('snapshot').length === 1)
    await drift(world, 200)
    expect(mentions()).toContain(second.seq)
    const third = await mention('@孙老师 三')
    line.say({ op: 'subscribe', id: 900, groups: [{ groupId: world.groupId, level: 'listed' }] })
    await drift(world, 1_200)
    expect(mentions()).toContain(third.seq)
  })
  test('[SYNC10] words said while a node reads the group are in its head', async () => {
    await using world = await open()
    await say(world, 'li', '先前的话')
    // The node has the group's row, and waits for its latest words, when the next ones are said.
    using gate = createGate()
    let isHeld = false
    const slow: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (isHeld) await gate.opened
        isHeld ||= result.rows.some((row) => 'last_word_seq' in row)
        return result
      },
    }
    const node = await world.startNode({
      store: ({ reading }) => ({ reading: (appId, run) => reading(appId, (tx) => run(tx.withPlugin(slow))) }),
    })
    const line = world.listen('sun', { core: node })
    expect(await until(() => isHeld)).toBe(true)
    const at = await say(world, 'li', '这时说的话')
    await turns()
    gate.open()
    await world.settle()
    const { head } = await readRow(world, 'sun')
    const told = headsOf(line).filter(({ version }) => version === head.version)
    expect(told.length).toBeGreaterThan(0)
    for (const one of told) expect(one).toMatchObject({ lastSeq: at.seq, lastOrdinal: 2, last: { seq: at.seq } })
  })
  test('[SYNC11] groups that speak at once ask for their speakers’ names together, and once', async () => {
    await using world = await open()
    let readings = 0
    const node = await world.startNode({
      store: ({ reading }) => ({ reading: (appId, run) => ((readings += appId === '*' ? 0 : 1), reading(appId, run)) }),
    })
    const groupIds = await Promise.all(upTo(20).map(() => world.makeGroup(['wang', 'li', 'sun'])))
    const line = world.listen('sun', { core: node })
    await world.settle()
    const sayAll = async (text: string) => {
      readings = 0
      const before = headsOf(line).length
      await Promise.all(groupIds.map((groupId) => world.as('li').post(groupId, note, { text })))
      await world.settle()
      const heads = headsOf(line).slice(before)
      expect(heads.map((head) => head.last?.senderName)).toEqual(groupIds.map(() => '小李'))
    }
    await sayAll('大家好')
    expect(readings).toBeGreaterThan(0)
    expect(readings).toBeLessThanOrEqual(3)
    await sayAll('还在吗')
    expect(readings).toBe(0)
  })
  test('[SYNC11] whoever has the group open is called by name without asking', async () => {
    await using world = await open()
    let readings = 0
    const node = await world.startNode({
      store: ({ reading }) => ({ reading: (appId, run) => ((readings += appId === '*' ? 0 : 1), reading(appId, run)) }),
    })
    const line = world.listen('li', { core: node })
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    readings = 0
    await say(world, 'li', '我来说')
    await world.settle()
    expect(headsOf(line).at(-1)?.last).toMatchObject({ summary: '我来说', senderName: '小李' })
    expect(readings).toBe(0)
  })
  test('[SYNC11] who is introduced to a large group is called by the name read for that', async () => {
    const limits = { snapshotMembers: 2 }
    await using world = await open(limits)
    let readings = 0
    const node = await world.startNode({
      limits,
      store: ({ reading }) => ({ reading: (appId, run) => ((readings += appId === '*' ? 0 : 1), reading(appId, run)) }),
    })
    const line = world.listen('sun', { core: node })
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    readings = 0
    await say(world, 'li', '第一次说话')
    await world.settle()
    expect(headsOf(line).at(-1)?.last).toMatchObject({ summary: '第一次说话', senderName: '小李' })
    expect(readings).toBe(1)
  })
  test('[SYNC11] a name that changes while its bearer opens the group is told as it is after', async () => {
    await using world = await open()
    await say(world, 'zhao', '先前的话')
    using held = await startHeldNode(world, 'nickname')
    const line = world.listen('li', { core: held.node })
    await until(() => line.list('changes').length > 0)
    line.subscribe(world.groupId)
    expect(await until(held.isHeld)).toBe(true)
    await world.as('li').call(setNickname, { params: { groupId: world.groupId }, body: { nickname: '李师傅' } })
    await turns()
    held.open()
    await world.settle()
    await say(world, 'li', '你好')
    await world.settle()
    expect(headsOf(line).at(-1)?.last).toMatchObject({ summary: '你好', senderName: '李师傅' })
  })
  test('[SYNC11] the words of a recalled message vanish from heads', async () => {
    await using world = await open()
    const line = await listen(world, 'sun')
    const at = await say(world, 'li', '说错了')
    await world.settle()
    await world.as('li').recall(at)
    await world.settle()
    expect(headsOf(line).at(-1)?.last).toMatchObject({ seq: at.seq, summary: { en: 'recalled a message' } })
  })
  test('[SYNC12] a stranger who asks for a group learns nothing of it, not even while it is asked for', async () => {
    await using world = await open({ headDelayMs: 0 })
    let release = () => undefined as void
    let gate: Promise<void> | undefined
    const node = await world.startNode({
      limits: { headDelayMs: 0 },
      store: ({ reading }) => ({
        reading: (appId, run) => (gate ?? Promise.resolve()).then(() => reading(appId, run)),
      }),
    })
    const member = world.listen('sun', { core: node })
    const stranger = world.listen('zhou', { core: node })
    await world.settle()
    member.subscribe(world.groupId)
    await say(world, 'li', '名字记住了')
    await world.settle()
    gate = new Promise<void>((resolve) => (release = resolve))
    const asked = stranger.subscribe(world.groupId)
    await turns()
    stranger.say({ op: 'typing', groupId: world.groupId })
    member.say({ op: 'typing', groupId: world.groupId })
    for (const n of upTo(3)) {
      await say(world, 'li', `${n}`)
      world.time.moveTo(world.time.now() + 10)
      await turns(10)
    }
    gate = undefined
    release()
    await world.settle()
    expect(stranger.refusalOf(asked)).toBe('group.not_found')
    expect(stranger.frames.filter((frame) => !['hello', 'changes', 'error'].includes(frame.op))).toEqual([])
    expect(stranger.changesOf(`group/${world.groupId}`)).toEqual([])
    expect(member.list('typing')).toEqual([])
    expect(headsOf(member).length).toBeGreaterThan(0)
  })
})

describe('typing', () => {
  const typing = (line: Listener) => line.list('typing').map((frame) => frame.userId)
  async function openAll(world: World, names: readonly string[]): Promise<Listener[]> {
    const lines = names.map((name) => world.listen(name))
    await world.settle()
    for (const line of lines) line.subscribe(world.groupId)
    await world.settle()
    return lines
  }
  test('[SYNC13] it reaches members who have the group open, not the typist, not lists, not strangers', async () => {
    await using world = await open()
    const [li, sun] = (await openAll(world, ['li', 'sun'])) as [Listener, Listener]
    const listed = await listen(world, 'zhao')
    const stranger = await listen(world, 'zhou')
    li.say({ op: 'typing', groupId: world.groupId })
    stranger.say({ op: 'typing', groupId: world.groupId })
    await world.settle()
    expect([li, sun, listed, stranger].map(typing)).toEqual([[], ['li'], [], []])
    await world.as('wang').call(removeMember, { params: { groupId: world.groupId, userId: id('li') }, body: {} })
    await world.settle()
    li.say({ op: 'typing', groupId: world.groupId })
    await world.settle()
    expect(typing(sun)).toEqual(['li'])
  })
  test('[SYNC13] it stops in groups above the limit', async () => {
    await using world = await open({ typingMembersMax: 5 })
    const [li, sun] = (await openAll(world, ['li', 'sun'])) as [Listener, Listener]
    li.say({ op: 'typing', groupId: world.groupId })
    await world.settle()
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('zhou')] } })
    await world.settle()
    li.say({ op: 'typing', groupId: world.groupId })
    await world.settle()
    expect(typing(sun)).toEqual(['li'])
  })
})
