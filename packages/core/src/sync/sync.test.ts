/** The sync protocol of one connection: hello, catch-up, frames, pulls, snapshots, resets. */
import { createInProcessBus } from '@qun/bus'
import type { GroupId } from '@qun/contract'
import { addMembers, changeGroup, leaveGroup, removeMember } from '@qun/features/people/membership/contract'
import { drift, type Listener, startWorld, turns, until, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { counter, createLab, id, note, pin, postCounter, upTo } from '../fixtures.ts'

const lab = createLab()
const open = (limits = {}, watching: ('wang' | 'li')[] = []) => startWorld({ features: lab.features, limits, watching })
const say = (world: World, name: string, text: string) => world.as(name).post(world.groupId, note, { text })
async function listenTo(
  world: World,
  name: string,
  from?: number,
  groupId: GroupId = world.groupId,
): Promise<Listener> {
  const line = world.listen(name)
  await world.settle()
  line.subscribe(groupId, 'open', from)
  await world.settle()
  return line
}
const streamOf = (world: World) => `group/${world.groupId}` as const
const versionOf = async (world: World) => (await world.core.snapshot(world.as('wang').principal, world.groupId)).version

describe('beginning', () => {
  test('[SYNC1] a connection is greeted, then brought up to date on its own stream, then hears what follows', async () => {
    await using world = await open()
    const line = world.listen('li')
    await world.settle()
    expect(line.frames.map((frame) => frame.op)).toEqual(['hello', 'changes'])
    const [hello] = line.list('hello')
    expect(hello).toMatchObject({ epoch: world.core.epoch, userId: 'li', now: world.time.now() })
    const [first] = line.changesOf('user/li')
    expect(first?.from).toBe(0)
    expect(first?.rows.map((row) => row.row)).toEqual(['conversation'])
    await world.core.setConversation(world.as('li').principal, world.groupId, { pinned: true })
    await world.settle()
    const last = line.changesOf('user/li').at(-1)
    expect(last).toMatchObject({ from: first?.to, to: (first?.to ?? 0) + 1 })
    expect(last?.rows[0]).toMatchObject({ row: 'conversation', pinned: true })
  })
  test('[SYNC2] who resumes hears only what they missed; of another epoch, or ahead, they start over', async () => {
    await using world = await open()
    const first = world.listen('li')
    await world.settle()
    const version = first.changesOf('user/li')[0]?.to ?? 0
    const { epoch } = world.core
    const resumed = async (resume: { epoch: string; version: number }) => {
      const line = world.listen('li', { resume })
      await world.settle()
      return line
    }
    const same = await resumed({ epoch, version })
    expect(same.changesOf('user/li')).toMatchObject([{ from: version, to: version, rows: [] }])
    await world.core.setConversation(world.as('li').principal, world.groupId, { quiet: true })
    const behind = await resumed({ epoch, version })
    expect(behind.changesOf('user/li')).toMatchObject([{ from: version, to: version + 1 }])
    const stranger = await resumed({ epoch: 'another', version })
    expect(stranger.changesOf('user/li')).toMatchObject([{ from: 0, to: version + 1 }])
    const ahead = await resumed({ epoch, version: version + 50 })
    expect(ahead.list('reset')).toEqual([{ op: 'reset', code: 'sync.reset', stream: 'user/li', reason: 'ahead' }])
    expect(ahead.changesOf('user/li')).toMatchObject([{ from: 0, to: version + 1 }])
  })
  test('[SYNC3] opening a group gives a snapshot, or the rows since a version; an unknown position gives a reset and a snapshot', async () => {
    await using world = await open()
    await say(world, 'wang', '一')
    const version = await versionOf(world)
    await say(world, 'wang', '二')
    const fresh = await listenTo(world, 'li')
    const [snapshot] = fresh.list('snapshot')
    expect(snapshot).toMatchObject({ version: version + 1 })
    expect(snapshot).toEqual({ ...(await world.core.snapshot(world.as('li').principal, world.groupId)), id: 1 })
    const back = await listenTo(world, 'li', version)
    expect(back.list('snapshot')).toEqual([])
    expect(back.changesOf(streamOf(world))).toMatchObject([{ from: version, to: version + 1, id: 1 }])
    const ahead = await listenTo(world, 'li', version + 100)
    expect(ahead.list('reset')).toMatchObject([{ stream: streamOf(world), reason: 'ahead', id: 1 }])
    expect(ahead.list('snapshot')).toHaveLength(1)
    for (const line of [fresh, back, ahead]) expect(line.answersTo(1).at(-1)?.op).toBe('done')
  })
})

describe('frames', () => {
  test('[SYNC4] live frames follow each other from version to version, each row once and in its latest state', async () => {
    await using world = await open({}, ['wang'])
    const line = await listenTo(world, 'li')
    const at = await postCounter(world)
    await Promise.all(upTo(40).map(() => world.as('zhao').act(at, counter, 'add', { by: 1 })))
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '新群名' } })
    await lab.decide(world.as('wang'), async (call) =>
      (await call.group(world.groupId)).putRecord(pin, 'a', { text: '钉' }),
    )
    for (const n of upTo(20)) await say(world, 'sun', `${n}`)
    await world.settle()
    let cursor = line.list('snapshot')[0]?.version ?? 0
    for (const frame of line.changesOf(streamOf(world))) {
      expect(frame.from).toBe(cursor)
      expect(frame.rows.every((row) => row.version > frame.from && row.version <= frame.to)).toBe(true)
      const versions = frame.rows.map((row) => row.version)
      expect(versions).toEqual(versions.toSorted((a, b) => a - b))
      cursor = frame.to
    }
    expect(cursor).toBe(await versionOf(world))
  })
  test('[SYNC4] what collects within one turn is one frame', async () => {
    await using world = await open()
    const line = await listenTo(world, 'li')
    const at = await postCounter(world)
    await world.settle()
    const before = line.changesOf(streamOf(world)).length
    await Promise.all(upTo(60).map((n) => world.as('zhao').act(at, counter, 'add', { by: n })))
    await world.settle()
    const frames = line.changesOf(streamOf(world)).slice(before)
    expect(frames.length).toBeLessThanOrEqual(2)
    const last = frames.at(-1)?.rows.at(-1)
    expect(last).toMatchObject({ row: 'message', seq: at.seq, state: { total: (60 * 61) / 2 } })
  })
  test('[SYNC5] a pull gives each changed row once, page by page, and pages meet without a hole', async () => {
    await using world = await open({ pullRowsMax: 3 })
    const line = await listenTo(world, 'li')
    const at = await postCounter(world)
    for (const n of upTo(11)) {
      await say(world, 'sun', `${n}`)
      await world.as('zhao').act(at, counter, 'add', { by: 1 })
    }
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '新群名' } })
    await lab.decide(world.as('wang'), async (call) =>
      (await call.group(world.groupId)).putRecord(pin, 'a', { text: '钉' }),
    )
    await world.settle()
    const keys: string[] = []
    let from = 0
    for (;;) {
      const pull = line.pull(streamOf(world), from)
      await world.settle()
      const answer = line.answersTo(pull)[0]
      if (answer?.op !== 'changes') throw new Error('no changes')
      expect(answer.from).toBe(from)
      expect(answer.rows.length).toBeLessThanOrEqual(3)
      keys.push(
        ...answer.rows.map((row) => `${row.row} ${'seq' in row ? row.seq : ''}${'userId' in row ? row.userId : ''}`),
      )
      from = answer.to
      if (answer.more !== true) break
    }
    expect(from).toBe(await versionOf(world))
    expect(new Set(keys).size).toBe(keys.length)
    const snapshot = await world.core.snapshot(world.as('li').principal, world.groupId)
    const visible = snapshot.messages.filter((row) => row.seq > 0)
    expect(keys.filter((key) => key.startsWith('message'))).toHaveLength(visible.length)
    expect(keys.filter((key) => key.startsWith('member'))).toHaveLength(snapshot.members.length)
    expect(keys.filter((key) => key === 'group ' || key.startsWith('record'))).toHaveLength(2)
  })
  test('[SYNC5] a client far behind gets a snapshot instead of rows', async () => {
    await using world = await open({ pullBehindMax: 5 })
    const version = await versionOf(world)
    for (const n of upTo(5)) await say(world, 'sun', `${n}`)
    expect((await listenTo(world, 'li', version)).list('snapshot')).toHaveLength(0)
    await say(world, 'sun', '6')
    expect((await listenTo(world, 'li', version)).list('snapshot')).toHaveLength(1)
  })
  test('[SYNC25] groups that wait for their turn are told all that was said meanwhile in one frame', async () => {
    await using world = await open({ turnFramesMax: 1 })
    const others = await Promise.all(upTo(3).map(() => world.makeGroup(['li', 'zhao'])))
    const groups = [world.groupId, ...others]
    const line = world.listen('li')
    await world.settle()
    for (const groupId of groups) line.subscribe(groupId)
    await world.settle()
    const before = line.frames.length
    await Promise.all(
      upTo(5).flatMap((n) => groups.map((groupId) => world.as('zhao').post(groupId, note, { text: `${n}` }))),
    )
    await drift(world, 500)
    const frames = line.frames.slice(before).filter((frame) => frame.op === 'changes')
    for (const groupId of groups) {
      const rows = frames.flatMap((frame) => (frame.stream === `group/${groupId}` ? frame.rows : []))
      expect(rows.map((row) => (row.row === 'message' ? (row.body as { text: string }).text : ''))).toEqual([
        ...['1', '2', '3', '4', '5'],
      ])
    }
    // The first was told at once; no later one was told in pieces, though posts of all came in turns.
    expect(frames.length).toBeLessThanOrEqual(groups.length + 2)
  })
  test('[SYNC6] a position ahead of the stream is refused as a reset, on both streams and over HTTP', async () => {
    await using world = await open()
    const line = await listenTo(world, 'li')
    const asked = [line.pull(streamOf(world), 9_999), line.pull('user/li', 9_999)]
    await world.settle()
    expect(asked.map((one) => line.answersTo(one)[0]?.op)).toEqual(['reset', 'reset'])
    await expect(world.core.changes(world.as('li').principal, world.groupId, 9_999)).rejects.toMatchObject({
      code: 'sync.reset',
    })
  })
  test('[SYNC7] frames held back during a catch-up follow it, so that nothing falls between', async () => {
    await using world = await open()
    let release = () => undefined as void
    const gate = new Promise<void>((resolve) => (release = resolve))
    let isSlow = false
    const node = await world.startNode({
      store: ({ reading }) => ({
        reading: (appId, run) => (isSlow ? gate : Promise.resolve()).then(() => reading(appId, run)),
      }),
    })
    const line = world.listen('li', { core: node })
    await world.settle()
    isSlow = true
    line.subscribe(world.groupId)
    for (const n of upTo(5)) await say(world, 'sun', `${n}`)
    isSlow = false
    release()
    await world.settle()
    await say(world, 'sun', '6')
    await world.settle()
    const version = line.list('snapshot')[0]?.version ?? 0
    let cursor = version
    for (const frame of line.changesOf(streamOf(world))) {
      expect(frame.from).toBeLessThanOrEqual(cursor)
      cursor = Math.max(cursor, frame.to)
    }
    expect(cursor).toBe(await versionOf(world))
  })
  test('[SYNC7] also for a member of a moment ago, whom this node has not heard of', async () => {
    const bus = createInProcessBus()
    const publish = (topic: string, text: string) => (topic.startsWith('4:user') ? undefined : bus.publish(topic, text))
    await using world = await startWorld({
      features: lab.features,
      watching: [],
      bus: { ...bus, isReliable: false, publish },
    })
    let release = () => undefined as void
    let gate: Promise<void> | undefined
    const node = await world.startNode({
      store: ({ reading }) => ({
        reading: async (appId, run) => {
          const read = await reading(appId, run)
          await gate
          return read
        },
      }),
    })
    const lines = [world.listen('sun', { core: node }), world.listen('zhou', { core: node })] as const
    await world.settle()
    lines[0].subscribe(world.groupId)
    await world.settle()
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('zhou')] } })
    gate = new Promise<void>((resolve) => (release = resolve))
    const asked = lines[1].subscribe(world.groupId)
    await turns(200)
    const at = await say(world, 'sun', '正在打开的时候')
    world.time.moveTo(world.time.now() + 10)
    expect(await until(() => lines[0].seqsOf(world.groupId).includes(at.seq))).toBe(true)
    gate = undefined
    release()
    await until(() => lines[1].answersTo(asked).some((frame) => frame.op === 'done'))
    expect(lines[1].seqsOf(world.groupId)).toContain(at.seq)
    await world.settle()
  })
})

describe('what is visible', () => {
  test('[SYNC8] a newcomer sees nothing from before they joined: by frame, pull, snapshot, history, message or head', async () => {
    await using world = await open()
    const old = await postCounter(world, '从前的秘密')
    await say(world, 'li', '也是秘密')
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('zhou')] } })
    const line = await listenTo(world, 'zhou')
    await world.as('zhao').act(old, counter, 'add', { by: 1 })
    await world.settle()
    const pull = line.pull(streamOf(world), 0)
    await world.settle()
    await world.pass(2_000)
    const principal = world.as('zhou').principal
    const read = [
      line.frames,
      line.answersTo(pull),
      await world.core.history(principal, world.groupId, {}),
      await world.core.conversations(principal),
      await world.core.changes(principal, world.groupId, 0),
    ]
    expect(JSON.stringify(read)).not.toContain('秘密')
    await expect(world.core.message(principal, world.groupId, old.seq)).rejects.toMatchObject({
      code: 'message.not_found',
    })
    await expect(world.as('zhou').act(old, counter, 'add', { by: 1 })).rejects.toMatchObject({
      code: 'message.not_found',
    })
    await expect(world.as('zhou').hide(old)).rejects.toMatchObject({ code: 'message.not_found' })
    const all = await world.core.history(world.as('li').principal, world.groupId, {})
    expect(JSON.stringify(all)).toContain('秘密')
  })
  test.each(['none', 'recent', 'all'] as const)(
    '[SYNC8] with history "%s" a newcomer reads as far back as it says',
    async (history) => {
      await using world = await startWorld({ features: lab.features, history, watching: ['wang'] })
      for (const n of upTo(60)) await say(world, 'li', `${n}`)
      const last = (await world.core.history(world.as('wang').principal, world.groupId, {})).messages.at(-1)?.seq ?? 0
      await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('zhou')] } })
      const { messages } = await world.core.history(world.as('zhou').principal, world.groupId, { limit: 200 })
      const before = messages.filter((row) => row.seq <= last)
      expect(before).toHaveLength({ none: 0, recent: 50, all: last }[history])
      const [conversation] = (await world.core.conversations(world.as('zhou').principal)).conversations
      expect(conversation).toMatchObject({ readSeq: last, readOrdinal: 60 })
    },
  )
  test('[SYNC9] who was removed hears nothing that comes after, at either level, and is told that they left', async () => {
    await using world = await open({ headDelayMs: 0 })
    const lines = [await listenTo(world, 'li'), world.listen('li')]
    await world.settle()
    await say(world, 'zhao', '之前')
    await world.settle()
    await world.as('wang').call(removeMember, { params: { groupId: world.groupId, userId: id('li') }, body: {} })
    for (const n of upTo(5)) await say(world, 'zhao', `之后 ${n}`)
    await world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { name: '秘密的新名字' } })
    await world.settle()
    for (const line of lines) {
      expect(JSON.stringify(line.frames)).not.toContain('之后')
      expect(JSON.stringify(line.frames)).not.toContain('秘密的新名字')
      expect(line.changesOf('user/li').at(-1)?.rows).toMatchObject([{ row: 'conversation', active: false }])
    }
    const late = world.listen('li', {
      resume: { epoch: world.core.epoch, version: lines[1]?.changesOf('user/li')[0]?.to ?? 0 },
    })
    await world.settle()
    expect(JSON.stringify(late.frames)).not.toContain('之后')
    expect(JSON.stringify(late.frames)).not.toContain('秘密的新名字')
    const row = late.changesOf('user/li')[0]?.rows[0]
    expect(row).toMatchObject({ active: false, memberCount: 0, head: { version: 0, at: 0, last: null } })
    const asked = [late.subscribe(world.groupId), late.pull(streamOf(world), 0)]
    await world.settle()
    expect(asked.map((one) => late.refusalOf(one))).toEqual(['group.not_found', 'group.not_found'])
  })
  test('[SYNC9] who comes back hears nothing of what was said while they were away, though the bus swallowed it all', async () => {
    await using world = await open({ headDelayMs: 0 })
    const deaf = {
      isReliable: false,
      publish: () => undefined,
      subscribe: () => () => undefined,
      close: async () => undefined,
    }
    const node = await world.startNode({ bus: deaf })
    const line = world.listen('li', { core: node })
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    await world.as('li').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    const away = await say(world, 'zhao', '背着他说')
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('li')] } })
    const back = await say(world, 'zhao', '欢迎回来')
    await world.settle()
    expect(line.seqsOf(world.groupId)).toContain(back.seq)
    expect(line.seqsOf(world.groupId)).not.toContain(away.seq)
    expect(JSON.stringify(line.frames)).not.toContain('背着他说')
  })
})
