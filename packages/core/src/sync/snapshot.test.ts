/** Snapshots of groups with very much in them: each frame is a page, nothing is left out, clients show it whole. */
import { appId, startWorld, until, type World } from '@qun/testing'
import { appOf } from '@qun/storage'
import { expect, test } from 'vitest'
import { counter, createLab, id, note, pin, postCounter, upTo } from '../fixtures.ts'

const pageBytesMax = 2_000
const lab = createLab()
const bytesOf = (frame: unknown) => Buffer.byteLength(JSON.stringify(frame))
/** Beside its rows a frame has a name, a version and the group's own row. */
const frameMax = pageBytesMax * 1.2 + 700

/** Fifty records, parts of thirty cards, sixty members with long addresses of pictures. */
async function talk(): Promise<World> {
  const world = await startWorld({ features: lab.features, watching: [], limits: { pageBytesMax } })
  const people = upTo(60).map((n) => id(`person${n}`))
  for (const userId of people)
    await world.core.putUser(appId, {
      userId,
      name: `路人 ${userId}`,
      avatar: `https://host.example/${'p'.repeat(100)}`,
    })
  const groupId = await world.makeGroup(['wang', 'li', ...people])
  await lab.decide(world.as('wang'), async (call) => {
    const group = await call.group(groupId)
    for (const n of upTo(50)) group.putRecord(pin, `${n}`, { text: '钉'.repeat(100) })
  })
  for (const n of upTo(5)) await world.as('wang').post(groupId, note, { text: `${n}` })
  world.groupId = groupId
  const cards = await Promise.all(upTo(30).map(() => postCounter(world)))
  for (const { seq } of cards) await world.as('li').act({ groupId, seq }, counter, 'add', { by: 1 })
  await world.settle()
  return world
}

test('[SYNC21] a snapshot of many records, members and own parts comes as pages, and a client shows all of them', async () => {
  await using world = await talk()
  let readings = 0
  const core = await world.startNode({
    store: ({ reading }) => ({
      reading: (app, run) => {
        if (appOf(app) === appId) readings++
        return reading(app, run)
      },
    }),
  })
  const line = world.listen('li', { core })
  await world.settle()
  readings = 0
  const asked = line.subscribe(world.groupId)
  await world.settle()
  const frames = line.answersTo(asked)
  expect(frames.map(({ op }) => op).filter((op, i, all) => op !== all[i - 1])).toEqual(['part', 'snapshot', 'done'])
  // Messages have a measure of their own: that of what they say.
  for (const frame of frames) expect(bytesOf({ ...frame, messages: [] })).toBeLessThan(frameMax)
  // Some 20 kB of records, a page at a time.
  expect(readings).toBeGreaterThan(5)
  const rows = frames.flatMap((frame) =>
    frame.op === 'part'
      ? frame.rows
      : frame.op === 'snapshot'
        ? [...frame.members, ...frame.records, ...frame.mine]
        : [],
  )
  const counts = Object.fromEntries([...Map.groupBy(rows, ({ row }) => row)].map(([row, all]) => [row, all.length]))
  const snapshot = line.list('snapshot')[0]
  const shownCards = snapshot?.messages.filter(({ kind }) => kind === 'lab-counter').length
  expect(counts).toEqual({ member: 62, record: 50, mine: shownCards })
  expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(rows.length)

  // A client of the kit; the world compares what it shows with a fresh reading at its end.
  world.as('li').watch(world.groupId)
  await world.settle()
  const view = world.as('li').views()[0]
  expect([view?.ready, view?.members.size, view?.records.size]).toEqual([true, 62, 50])
})

test('[SYNC21] over HTTP a snapshot holds four pages of records and parts, and says that there are more', async () => {
  await using world = await talk()
  const { principal } = world.as('li')
  const cut = await world.core.snapshot(principal, world.groupId)
  expect(cut.more).toBe(true)
  expect(cut.records.length).toBeGreaterThan(10)
  expect(bytesOf(cut.records)).toBeLessThan(4 * frameMax)
})

test('[SYNC21] who is removed while parts of a snapshot are on the way gets no more of it', async () => {
  await using world = await talk()
  let toGo = Number.POSITIVE_INFINITY
  let go = () => {}
  const core = await world.startNode({
    store: ({ reading }) => ({
      reading: async (app, run) => {
        if (appOf(app) === appId && --toGo === 0) await new Promise<void>((resolve) => (go = resolve))
        return await reading(app, run)
      },
    }),
  })
  const line = world.listen('li', { core })
  await world.settle()
  toGo = 3
  const asked = line.subscribe(world.groupId)
  await until(() => toGo <= 0)
  await lab.decide(
    world.as('wang'),
    async (call) => void (await (await call.group(world.groupId)).removeMember(id('li'))),
  )
  const before = line.answersTo(asked).length
  go()
  await world.settle()
  expect(
    line
      .answersTo(asked)
      .slice(before)
      .map(({ op }) => op),
  ).toEqual(['error'])
})
