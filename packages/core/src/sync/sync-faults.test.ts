/** A store that fails one call, whichever: who listens holds what a fresh reading gives, soon and by itself. */
import { createInProcessBus, topicOf } from '@qun/bus'
import { changeGroup, setNickname } from '@qun/features/people/membership/contract'
import { textMessage } from '@qun/features/words/message/contract'
import { differences, type Listener, type Person, startWorld, until, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { appOf } from '@qun/storage'
import { createLab, id, note, upTo } from '../fixtures.ts'

const { features } = createLab()
const unavailable = Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' })

/** A bus that is trusted and loses what it is told to, and a node whose store fails the calls it is told to fail. */
async function openFaulty(limits = {}) {
  const bus = createInProcessBus()
  const fate = { isLosing: false, calls: 0, failAt: 0, isAway: false }
  const publish = (topic: string, text: string) => (fate.isLosing ? undefined : bus.publish(topic, text))
  const world = await startWorld({ features, watching: [], limits, bus: { ...bus, publish } })
  // Workers, who ask for all apps, have tests of their own.
  const isFailing = (appId: string) => appId !== '*' && (++fate.calls === fate.failAt || fate.isAway)
  const node = await world.startNode({
    limits,
    store: ({ reading, transaction }) => ({
      reading: (of, run) => (isFailing(appOf(of)) ? Promise.reject(unavailable) : reading(of, run)),
      transaction: (of, run) => (isFailing(appOf(of)) ? Promise.reject(unavailable) : transaction(of, run)),
    }),
  })
  const say = (text: string, mentions?: readonly 'sun'[]) =>
    world
      .as('zhao')
      .post(world.groupId, textMessage, mentions === undefined ? { text } : { text, mentions: mentions.map(id) })
  /** News of the group that no commit made. */
  const tell = (news: object) =>
    bus.publish(
      topicOf('group', world.as('li').principal.appId, world.groupId),
      JSON.stringify({ from: 0, to: 0, ...news, index: [] }),
    )
  /** Tells all nodes how far the group is, as after a commit that may have gone unheard. */
  const hint = (version: number) => tell({ stored: version })
  return { world, node, fate, say, hint, tell }
}
type Faulty = Awaited<ReturnType<typeof openFaulty>>

/** What people with clients on the node live through; the last words are followed by silence. */
async function liveThrough({ world, node, fate, say, hint }: Faulty): Promise<Person[]> {
  const [li, sun] = [world.anotherDevice('li'), world.anotherDevice('sun')]
  const params = { groupId: world.groupId }
  world.route = () => node
  li.watch(world.groupId)
  sun.connect()
  await world.settle()
  world.route = () => world.core
  await say('第一句')
  await world.as('wang').call(changeGroup, { params, body: { name: `群 ${fate.failAt}` } })
  await world.settle()
  fate.isLosing = true
  await say('丢了的话', ['sun'])
  fate.isLosing = false
  await world.as('he').post(world.groupId, note, { text: '后面的话' })
  await world.as('zhao').call(setNickname, { params, body: { nickname: `赵 ${fate.failAt}` } })
  await world.settle()
  fate.isLosing = true
  const { version } = await world.as('zhao').recall(await say('收回'))
  fate.isLosing = false
  hint(version)
  world.route = () => node
  li.cut()
  await world.pass(10_000)
  return [li, sun]
}
async function differencesOf(world: World, person: Person): Promise<string[]> {
  const client = person.client
  if (client === undefined || client.connection.get() !== 'online') return [`${person.userId} is not online`]
  const notReady = person.views().filter((view) => !view.ready)
  if (notReady.length > 0) return [`${person.userId} sees nothing of ${notReady[0]?.groupId}`]
  return differences(world.core, world.store, person.principal.appId, client, person.views())
}

test(
  '[SYNC22] whichever call of the store fails, everybody converges without another word',
  { timeout: 240_000 },
  async () => {
    const faulty = await openFaulty()
    await using world = faulty.world
    const { fate } = faulty
    for (let n = 1, calls = n; n <= calls; n++) {
      Object.assign(fate, { calls: 0, failAt: n })
      const people = await liveThrough(faulty)
      calls = fate.calls
      fate.failAt = 0
      for (const person of people) expect([n, await differencesOf(world, person)]).toEqual([n, []])
      for (const person of people) person.client?.close()
      await world.settle()
    }
  },
)

describe('by itself', () => {
  const listenAt = async ({ world, node }: Faulty, name: string): Promise<Listener> => {
    const line = world.listen(name, { core: node })
    await world.settle()
    return line
  }
  const headsOf = (line: Listener) => line.list('heads').flatMap((frame) => frame.heads)

  test('[SYNC22] a group whose first reading failed is heard by who follows it already, and by who comes after', async () => {
    const faulty = await openFaulty()
    await using world = faulty.world
    const { fate, node, say } = faulty
    // The first reading of a connection is its own stream, the second its group.
    Object.assign(fate, { calls: 0, failAt: 2 })
    const listed = world.listen('sun', { core: node })
    await until(() => fate.calls >= 2)
    const opened = world.listen('li', { core: node })
    await until(() => opened.list('changes').length > 0)
    const asked = opened.subscribe(world.groupId)
    await world.pass(1_000)
    expect(opened.refusalOf(asked)).toBeNull()
    const seqs = []
    for (const n of upTo(5)) seqs.push((await say(`${n}`)).seq)
    await world.pass(1_500)
    expect(opened.seqsOf(world.groupId)).toEqual(expect.arrayContaining(seqs))
    expect(headsOf(listed).at(-1)?.lastSeq).toBe(seqs.at(-1))
    expect([listed.closing, opened.closing]).toEqual([undefined, undefined])
  })
  test('[SYNC22] what collects while a group cannot be read is not kept without bound', async () => {
    const faulty = await openFaulty()
    await using world = faulty.world
    const { fate, node, say } = faulty
    Object.assign(fate, { calls: 0, failAt: 2 })
    const line = world.listen('sun', { core: node })
    await until(() => fate.calls >= 2)
    fate.isAway = true
    let last = 0
    for (const n of upTo(300)) last = (await say(`${n}`)).seq
    fate.isAway = false
    await world.pass(10_000)
    expect(headsOf(line).at(-1)).toMatchObject({ lastSeq: last, last: { seq: last } })
  })
  test('[SYNC22] the last head comes though the face could not be read, to lists and to who has the group open', async () => {
    const faulty = await openFaulty()
    await using world = faulty.world
    const { fate, say } = faulty
    const lines = [await listenAt(faulty, 'sun'), await listenAt(faulty, 'li')] as const
    lines[1].subscribe(world.groupId)
    await world.settle()
    fate.isAway = true
    const at = await say('最后一句')
    await until(() => lines[1].seqsOf(world.groupId).includes(at.seq))
    await world.pass(500)
    for (const line of lines) expect(headsOf(line).at(-1)?.lastSeq).not.toBe(at.seq)
    fate.isAway = false
    await world.pass(10_000)
    for (const line of lines)
      expect(headsOf(line).at(-1)).toMatchObject({ lastSeq: at.seq, last: { senderName: '赵阿姨' } })
  })
  test('[SYNC22] what a node was told that the store has is read, though the first reading failed', async () => {
    const faulty = await openFaulty()
    await using world = faulty.world
    const { fate, say, hint } = faulty
    const line = await listenAt(faulty, 'li')
    line.subscribe(world.groupId)
    await world.settle()
    fate.isLosing = true
    const at = await say('丢了的话')
    fate.isLosing = false
    fate.isAway = true
    hint(line.list('snapshot')[0]!.version + 1)
    await world.pass(200)
    fate.isAway = false
    await world.pass(5_000)
    expect(line.seqsOf(world.groupId)).toContain(at.seq)
  })
  test('[SYNC22] news of a version the store does not have are not waited for', async () => {
    const faulty = await openFaulty()
    await using world = faulty.world
    const { fate, hint, tell } = faulty
    const line = await listenAt(faulty, 'li')
    line.subscribe(world.groupId)
    await world.settle()
    fate.calls = 0
    hint(1_000)
    tell({ from: 1_000, to: 1_001 })
    await world.pass(10_000)
    expect(fate.calls).toBeLessThan(60)
    const at = await faulty.say('还听得见')
    await world.settle()
    expect(line.seqsOf(world.groupId)).toContain(at.seq)
  })
  test('[SYNC22] [SYNC11] words whose sender could not be read wait for the sender', async () => {
    const faulty = await openFaulty({ snapshotMembers: 2 })
    await using world = faulty.world
    const { fate } = faulty
    const line = await listenAt(faulty, 'sun')
    line.subscribe(world.groupId)
    await world.settle()
    fate.isAway = true
    const at = await faulty.say('你们好')
    await world.pass(400)
    expect(line.seqsOf(world.groupId)).not.toContain(at.seq)
    fate.isAway = false
    await world.pass(10_000)
    const frame = line
      .changesOf(`group/${world.groupId}`)
      .find((one) => one.rows.some((row) => 'seq' in row && row.seq === at.seq))
    expect(frame?.rows.map((row) => row.row)).toEqual(['member', 'message'])
  })
  test('[SYNC11] a sender of a large group is read once, and told as they are after each change', async () => {
    const faulty = await openFaulty({ snapshotMembers: 2, snapshotMessages: 2 })
    await using world = faulty.world
    const { fate, say } = faulty
    const line = await listenAt(faulty, 'sun')
    line.subscribe(world.groupId)
    await world.settle()
    await say('第一次')
    await world.as('zhao').call(setNickname, { params: { groupId: world.groupId }, body: { nickname: '赵老师' } })
    for (const n of upTo(4)) await world.as('li').post(world.groupId, note, { text: `${n}` })
    await world.settle()
    fate.calls = 0
    const at = await say('又来了')
    await world.settle()
    const frame = line.changesOf(`group/${world.groupId}`).at(-1)
    expect(frame?.rows).toMatchObject([
      { row: 'member', userId: 'zhao', name: '赵老师' },
      { row: 'message', seq: at.seq },
    ])
    expect(fate.calls).toBeLessThanOrEqual(2)
  })
})
