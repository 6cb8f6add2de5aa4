/** A person's own stream where there is very much of it: read and sent some pages at a time, nothing is left out. */
import { leaveGroup } from '@qun/features/people/membership/contract'
import { appId, startWorld, type Listener, type World } from '@qun/testing'
import { appOf } from '@qun/storage'
import { expect, test } from 'vitest'
import { createLab, id, note, offer, postCounter, upTo } from '../fixtures.ts'

const pageBytesMax = 2_000
const lab = createLab()

/** 小李 has parts of thirty cards, sixty records, and forty groups whose last words are long. */
async function talk(): Promise<World> {
  const world = await startWorld({ features: lab.features, watching: [], limits: { pageBytesMax } })
  for (const n of upTo(40)) {
    const groupId = await world.makeGroup(['wang', 'li'])
    await world.as('wang').post(groupId, note, { text: `${n}`.padStart(500, '话') })
  }
  const cards = await Promise.all(upTo(30).map(() => postCounter(world)))
  for (const { seq } of cards)
    await world.core.act({
      principal: world.as('li').principal,
      groupId: world.groupId,
      seq,
      action: 'add',
      input: { by: 1 },
      clientId: `add-${seq}`,
    })
  await lab.decide(world.as('wang'), async (call) => {
    for (const n of upTo(60)) call.putUserRecord(id('li'), offer, `${n}`, { text: '券'.repeat(100) })
  })
  await world.settle()
  return world
}
/** Frames follow each other, each is a page, and all rows came once in the order of versions; how many of each kind. */
function expectPages(frames: ReturnType<Listener['changesOf']>, from: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [i, frame] of frames.entries()) {
    expect(frame.from).toBe(i === 0 ? from : frames[i - 1]?.to)
    expect(frame.more === true).toBe(i < frames.length - 1)
    if (frame.rows.length > 1) expect(Buffer.byteLength(JSON.stringify(frame.rows))).toBeLessThan(pageBytesMax * 1.2)
    for (const { row } of frame.rows) counts[row] = (counts[row] ?? 0) + 1
  }
  const versions = frames.flatMap(({ rows }) => rows.map(({ version }) => version))
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  return counts
}

test('[SYNC21] a long stream of one’s own is read some pages at a time, and all of it arrives', async () => {
  await using world = await talk()
  let readings = 0
  const core = await world.startNode({
    store: ({ reading }) => ({
      reading: (of, run) => {
        if (appOf(of) === 'shop') readings++
        return reading(of, run)
      },
    }),
  })
  const own = 'user/li' as const
  const fresh = world.listen('li', { core })
  await world.settle()
  // Some 80 kB, four pages at a time.
  expect(readings).toBeGreaterThan(5)
  expect(expectPages(fresh.changesOf(own), 0)).toEqual({ conversation: 41, record: 60 })

  readings = 0
  const back = world.listen('li', { core, resume: { epoch: core.epoch, version: 1 } })
  await world.settle()
  expect(readings).toBeGreaterThan(5)
  expect(expectPages(back.changesOf(own), 1)).toEqual({ conversation: 40, mine: 30, record: 60 })
  const heads = back.list('heads')
  expect(new Set(heads.flatMap((frame) => frame.heads.map(({ groupId }) => groupId))).size).toBe(41)
  for (const frame of heads) {
    for (const head of frame.heads) expect(head.last).not.toBeNull()
    if (frame.heads.length > 1) expect(Buffer.byteLength(JSON.stringify(frame.heads))).toBeLessThan(pageBytesMax * 1.2)
  }

  const pulled: ReturnType<Listener['changesOf']> = []
  for (let from = 1, more = true; more;) {
    const asked = back.pull(own, from)
    await world.settle()
    const frame = back.answersTo(asked).find(({ op }) => op === 'changes') as ReturnType<Listener['changesOf']>[number]
    pulled.push(frame)
    more = frame.more === true
    from = frame.to
  }
  expect(expectPages(pulled, 1)).toEqual({ conversation: 40, mine: 30, record: 60 })
})

test('[SYNC21] what goes away between two parts of a fresh stream is told, and so is what changes', async () => {
  await using world = await talk()
  const groups = await world.core.conversations(world.as('li').principal)
  const left = groups.conversations.at(-1)!.groupId
  let readings = 0
  const core = await world.startNode({
    store: ({ reading }) => ({
      reading: async (app, run) => {
        if (appOf(app) === appId && ++readings === 4) {
          await world.as('li').call(leaveGroup, { params: { groupId: left } })
          await lab.decide(world.as('wang'), async (call) => call.putUserRecord(id('li'), offer, '1', null))
        }
        return await reading(app, run)
      },
    }),
  })
  const line = world.listen('li', { core })
  await world.settle()
  expect(readings).toBeGreaterThan(4)
  const held = new Map<string, (typeof rows)[number]>()
  const rows = line.changesOf('user/li').flatMap((frame) => frame.rows)
  for (const row of rows) {
    if (row.row === 'conversation') held.set(row.groupId, row)
    if (row.row === 'record') held.set(row.key, row)
  }
  const shown = [...held.values()].filter((row) => row.row === 'conversation' && row.active).map((row) => row)
  const { conversations } = await world.core.conversations(world.as('li').principal)
  expect(shown).toHaveLength(conversations.length)
  expect(held.get(left)).toMatchObject({ active: false })
  expect(held.get('1')).toMatchObject({ body: null })
})
