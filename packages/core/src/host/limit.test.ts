/**
 * Limits of the engine: each is in the table of SPEC.md with the test that reaches it; those that no other test reaches
 * are here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addMembers, leaveGroup } from '@qun/features/people/membership/contract'
import { refusalOf, startWorld, turns, until, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { counter, createLab, id, note, postCounter, upTo } from '../fixtures.ts'
import { defaultLimits } from './limits.ts'

const { features } = createLab()
const open = (limits = {}) => startWorld({ features, limits, watching: [] })
const say = (world: World, text: string) => refusalOf(world.as('li').post(world.groupId, note, { text }))

test('[LIMIT1] every limit is in the table of SPEC.md, with tests that are there', () => {
  const spec = readFileSync(join(import.meta.dirname, '../../SPEC.md'), 'utf8')
  const rows = [...spec.matchAll(/^\| `(\w+)` \| (\S+) \| (.*) \|$/gm)]
  expect(rows.map((row) => row[1]).toSorted()).toEqual(Object.keys(defaultLimits).toSorted())
  const features = join(import.meta.dirname, '../../../../features/src/words/message')
  const titles = [join(import.meta.dirname, '..'), features]
    .flatMap((folder) =>
      readdirSync(folder, { encoding: 'utf8', recursive: true })
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => readFileSync(join(folder, name), 'utf8')),
    )
    .join('\n')
  for (const [, name, value, tests] of rows) {
    expect([name, Number(value?.replaceAll(',', ''))]).toEqual([
      name,
      defaultLimits[name as keyof typeof defaultLimits],
    ])
    for (const one of tests?.matchAll(/[A-Z]+\d+/g) ?? []) expect(titles).toContain(`[${one[0]}]`)
    expect(tests).toMatch(/[A-Z]+\d+/)
  }
})

describe('sizes', () => {
  test('[LIMIT2] a body is measured in bytes of its JSON', async () => {
    await using world = await open({ bodyBytesMax: 300 })
    const frame = '{"text":""}'.length
    expect(await say(world, 'a'.repeat(300 - frame))).toBeNull()
    expect(await say(world, 'a'.repeat(301 - frame))).toBe('card.too_large')
    expect(await say(world, '长'.repeat(Math.floor((300 - frame) / 3)))).toBeNull()
    expect(await say(world, '长'.repeat(Math.floor((300 - frame) / 3) + 1))).toBe('card.too_large')
  })
  test('[LIMIT3] a snapshot holds so many latest messages, and of a large group only the people who appear in it', async () => {
    await using world = await open({ snapshotMessages: 4, snapshotMembers: 6 })
    for (const n of upTo(9)) await world.as(n % 2 === 0 ? 'li' : 'zhao').post(world.groupId, note, { text: `${n}` })
    const small = await world.core.snapshot(world.as('sun').principal, world.groupId)
    expect(small.messages.map((row) => row.seq)).toEqual([8, 9, 10, 11])
    expect(small.lowSeq).toBe(8)
    expect(small.members).toHaveLength(5)
    for (const name of ['zhou', 'lin'])
      await world.core.putUser(world.as('li').principal.appId, { userId: id(name), name })
    await world
      .as('wang')
      .call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('zhou'), id('lin')] } })
    const large = await world.core.snapshot(world.as('sun').principal, world.groupId)
    expect(large.members.map((row) => row.userId).toSorted()).toEqual(['li', 'sun', 'wang', 'zhao'])
  })
  test('[LIMIT3] of those who left, a snapshot holds who appears in it, and nobody else', async () => {
    await using world = await open({ snapshotMessages: 4 })
    await world.as('zhao').post(world.groupId, note, { text: '很久以前' })
    for (const name of ['zhao', 'sun', 'he']) {
      if (name === 'sun') for (const n of upTo(3)) await world.as('sun').post(world.groupId, note, { text: `${n}` })
      await world.as(name).call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    }
    const { members } = await world.core.snapshot(world.as('li').principal, world.groupId)
    const told = members.map(({ userId, active }) => `${userId} ${active}`)
    expect(told.toSorted()).toEqual(['li true', 'sun false', 'wang true'])
  })
  test('[SYNC21] what is sent of rows is cut by bytes: pages, snapshots, history, live frames and heads', async () => {
    const pageBytesMax = 2_000
    await using world = await open({ pageBytesMax })
    const groups = [world.groupId]
    for (const _ of upTo(14)) groups.push(await world.makeGroup(['wang', 'li', 'sun']))
    const resume = { epoch: world.core.epoch, version: 1 }
    const lines = [world.listen('sun'), world.listen('li', { resume })] as const
    await world.settle()
    lines[0].subscribe(world.groupId)
    await world.settle()
    const said = await Promise.all(
      upTo(12).map((n) => world.as('zhao').post(world.groupId, note, { text: '群'.repeat(n === 6 ? 900 : 200) })),
    )
    await world.settle()
    const bytesOf = (rows: readonly unknown[]) => Buffer.byteLength(JSON.stringify(rows))
    const pull = lines[1].subscribe(world.groupId, 'open', 1)
    await world.settle()
    const stream = `group/${world.groupId}` as const
    const pages = lines[1].answersTo(pull).filter((frame) => frame.op === 'changes')
    for (const frames of [lines[0].changesOf(stream), pages]) {
      expect(frames.length).toBeGreaterThan(3)
      for (const { rows } of frames) if (rows.length > 1) expect(bytesOf(rows)).toBeLessThan(pageBytesMax * 1.2)
      const seqs = frames.flatMap(({ rows }) => rows.flatMap((row) => (row.row === 'message' ? [row.seq] : [])))
      expect(seqs.slice(-12)).toEqual(said.map(({ seq }) => seq).toSorted((a, b) => a - b))
    }
    const principal = world.as('li').principal
    expect(bytesOf((await world.core.snapshot(principal, world.groupId)).messages)).toBeLessThan(pageBytesMax * 1.5)
    const history = await world.core.history(principal, world.groupId, { limit: 200 })
    expect(bytesOf(history.messages)).toBeLessThan(pageBytesMax * 6)
    expect(history.messages.at(-1)?.seq).toBe(said.at(-1)?.seq)
    const forward = await world.core.history(principal, world.groupId, { after: 0, limit: 200 })
    expect(forward.messages[0]?.seq).toBe(1)
    for (const frame of [...lines[1].list('heads'), ...lines[1].changesOf('user/li')])
      if ('heads' in frame ? frame.heads.length > 1 : frame.rows.length > 1)
        expect(bytesOf('heads' in frame ? frame.heads : frame.rows)).toBeLessThan(pageBytesMax * 1.2)
    expect(lines[1].list('heads')[0]?.heads.length).toBeLessThan(groups.length)
  })
})

describe('counts', () => {
  test('[LIMIT4] one frame names so many groups, and one connection holds so many open', async () => {
    await using world = await open({ subscribeMax: 3, openGroupsMax: 2 })
    const groups = [world.groupId]
    for (let i = 0; i < 3; i++) groups.push(await world.makeGroup(['wang', 'li']))
    const line = world.listen('li')
    await world.settle()
    const ask = (ids: readonly string[], level: 'open' | 'listed', n: number) =>
      line.say({
        op: 'subscribe',
        id: n,
        groups: ids.map((groupId) => ({ groupId: groupId as typeof world.groupId, level })),
      })
    ask(groups, 'listed', 101)
    ask(groups.slice(0, 3), 'listed', 102)
    ask(groups.slice(0, 3), 'open', 103)
    await world.settle()
    ask(groups.slice(0, 2), 'open', 104)
    await world.settle()
    ask(groups.slice(2, 3), 'open', 105)
    ask(groups.slice(0, 1), 'open', 106)
    await world.settle()
    ask(groups.slice(0, 1), 'listed', 107)
    await world.settle()
    ask(groups.slice(2, 3), 'open', 108)
    await world.settle()
    const outcomes = upTo(8).map((n) => line.refusalOf(100 + n))
    const no = 'batch.too_large'
    expect(outcomes).toEqual([no, null, no, null, no, null, null, null])
  })
  test('[LIMIT5] a person is in so many groups, though all of them want them at once', async () => {
    await using world = await open({ groupsPerUserMax: 4 })
    await world.core.putUser(world.as('li').principal.appId, { userId: id('lin'), name: '林' })
    const groups = [world.groupId]
    for (let i = 0; i < 7; i++)
      groups.push(await world.makeGroup([['wang', 'he', 'li', 'zhao'][Math.floor(i / 2)] as string]))
    const other = await world.startNode()
    expect(other.limits.groupsPerUserMax).toBe(4)
    const owners = ['wang', 'wang', 'wang', 'he', 'he', 'li', 'li', 'zhao']
    const outcomes = await Promise.all(
      groups.map((groupId, i) =>
        refusalOf(
          world.as(owners[i] as string).call(addMembers, { params: { groupId }, body: { userIds: [id('lin')] } }),
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(4)
    expect(outcomes.filter((outcome) => outcome === 'member.groups_full')).toHaveLength(4)
    expect((await world.core.conversations(world.as('lin').principal)).conversations).toHaveLength(4)
  })
})

describe('paces', () => {
  test('[LIMIT6] after a frame a group waits, the longer the more follow it, up to its limit; a large one goes out in slices', async () => {
    await using world = await open({
      frameDelayMaxMs: 1,
      slowFrameDelayMaxMs: 2,
      slowGroupMembers: 100,
      fanoutSlice: 7,
    })
    const follow = async (count: number) => {
      const lines = upTo(count).map(() => world.listen('sun'))
      await world.settle()
      for (const line of lines) line.subscribe(world.groupId)
      await world.settle()
      return lines
    }
    const lines = await follow(80)
    /** How many connections heard each of two quick posts, by milliseconds gone since the first. */
    const paceOf = async () => {
      const heard = (seq: number) => lines.filter((line) => line.seqsOf(world.groupId).includes(seq)).length
      world.time.moveTo(world.time.now() + 1_000)
      await world.settle()
      const first = await world.as('li').post(world.groupId, note, { text: '一' })
      expect(await until(() => heard(first.seq) === lines.length)).toBe(true)
      const second = await world.as('li').post(world.groupId, note, { text: '二' })
      let waited = 0
      await turns(60)
      while (heard(second.seq) < lines.length && waited < 100) {
        expect(heard(second.seq)).toBe(0)
        world.time.moveTo(world.time.now() + 1)
        waited++
        await turns(60)
      }
      return waited
    }
    expect(await paceOf()).toBe(1)
    lines.push(...(await follow(40)))
    expect(await paceOf()).toBe(2)
  })
  test('[LIMIT7] a card everybody acts on reaches each follower ten times a second at most, talk passes it at once, and all see the same end', async () => {
    await using world = await open()
    const at = await postCounter(world)
    const lines = upTo(30).map((n) => world.listen(['li', 'sun', 'wang'][n % 3] as string))
    await world.settle()
    for (const line of lines) line.subscribe(world.groupId)
    await world.settle()
    const group = `group/${world.groupId}` as const
    const before = lines.map((line) => line.changesOf(group).length)
    const began = world.time.now()
    for (let n = 0; n < 50; n++) {
      await world.as(n % 2 === 0 ? 'zhao' : 'li').act(at, counter, 'add', { by: 1 })
      await turns(20)
      world.time.moveTo(world.time.now() + 20)
    }
    const seconds = (world.time.now() - began) / 1_000
    for (const [i, line] of lines.entries()) {
      const frames = line.changesOf(group).length - (before[i] as number)
      expect(frames).toBeGreaterThan(3)
      expect(frames).toBeLessThanOrEqual(10 * seconds + 2)
    }
    // A change has just gone out and another waits: words do not, beyond the pace of LIMIT6.
    await world.as('zhao').act(at, counter, 'add', { by: 1 })
    await turns(20)
    world.time.moveTo(world.time.now() + 1)
    const said = await world.as('li').post(world.groupId, note, { text: '到了' })
    expect(await until(() => lines.every((line) => line.seqsOf(world.groupId).includes(said.seq)))).toBe(true)
    await world.settle()
    for (const line of lines) {
      const rows = line.changesOf(group).flatMap((frame) => frame.rows)
      const last = rows.findLast((row) => row.row === 'message' && row.seq === at.seq)
      expect(last).toMatchObject({ state: { total: 51 } })
    }
  })
})
