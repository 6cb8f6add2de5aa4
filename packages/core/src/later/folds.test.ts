/** What folds are handed: every message once, in order, whoever posted and whoever dies; recalls; failures. */
import { drift, driftUntil, refusalOf, startWorld, turns, until, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Feature, Fold, FoldCall } from '../host/feature.ts'
import { addLine, createLab, id, listLines, note, pin, upTo } from '../fixtures.ts'

const textOf = (body: unknown) => (body as { text?: string }).text ?? ''
/** Lab features with a fold that keeps what it is handed, in memory and (once per message) in the lab's table. */
function withFold(handle?: (call: FoldCall) => void | Promise<void>) {
  const heard: string[] = []
  const fold: Fold = {
    name: 'lab.talk',
    async handle(call) {
      await handle?.(call)
      for (const post of call.posts) if (post.kind === note.kind) await addLine(call.tx, call.appId, textOf(post.body))
      heard.push(
        ...call.posts.filter((post) => post.kind === note.kind).map((post) => `${post.seq} ${textOf(post.body)}`),
        ...call.recalls.map((recall) => `${recall.seq} recalled by ${recall.by} of ${recall.senderId}`),
      )
    },
  }
  const lab = createLab()
  const features: Feature[] = [...lab.features.filter((one) => one !== lab.feature), { ...lab.feature, folds: [fold] }]
  return { features, heard, plain: lab.features }
}
const say = (world: World, who: string, text: string) => world.as(who).post(world.groupId, note, { text })

describe('a fold', () => {
  test('[FOLD1] hears each message once, in the order of the log', async () => {
    const { features, heard } = withFold()
    await using world = await startWorld({ features, watching: [] })
    await Promise.all(upTo(20).map((n) => say(world, n % 2 ? 'li' : 'zhao', `words ${n}`)))
    await world.settle()
    const seqs = heard.map((line) => Number(line.split(' ')[0]))
    expect(seqs).toHaveLength(20)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    await say(world, 'li', 'later')
    await world.settle()
    expect(heard).toHaveLength(21)
    await world.settle()
    expect(heard).toHaveLength(21)
  })
  test('[FOLD1] three nodes at once hand over each message once', async () => {
    const { features } = withFold()
    await using world = await startWorld({ features, watching: [] })
    const nodes = [world.core, await world.startNode(), await world.startNode()]
    for (const round of upTo(4)) {
      await Promise.all(
        upTo(30).map(
          (n) => ((world.route = () => nodes[n % 3] as typeof world.core), say(world, 'li', `${round} ${n}`)),
        ),
      )
      await Promise.all(nodes.map((node) => node.settle()))
    }
    // The table's key would refuse a second time.
    expect(await listLines(world)).toHaveLength(120)
  })
  test('[FOLD5] rests on a busy process, loses nothing by it, and does not keep waiting who waits', async () => {
    let handled = 0
    let passTime: () => void = () => undefined
    const { features } = withFold(() => {
      handled += 1
      passTime()
    })
    await using world = await startWorld({ features, watching: [] })
    let isBusy = true
    const node = await world.startNode({ isBusy: () => isBusy, limits: { pollMs: 100 } })
    const groups = await Promise.all(upTo(8).map(() => world.makeGroup(['li', 'zhao'])))
    await world.settle()
    handled = 0
    passTime = () => world.time.moveTo(world.time.now() + 100)
    node.start()
    world.route = () => node
    for (const [n, groupId] of groups.entries()) await world.as('li').post(groupId, note, { text: `说 ${n}` })
    await drift(world, 2_200)
    expect(await until(() => handled === 1)).toBe(true)
    // A tenth of a second of work, and nine of rest.
    await drift(world, 800)
    await turns(200)
    expect(handled).toBe(1)
    expect(await driftUntil(world, () => handled === 2)).toBe(true)
    isBusy = false
    expect(await driftUntil(world, () => handled === 8)).toBe(true)
    await node.stop()
  })
  test('[FOLD5] what others do while it breathes is no work of its own', async () => {
    let handled = 0
    let passTime: () => void = () => undefined
    const { features } = withFold(async (call) => {
      handled += 1
      setImmediate(passTime)
      await call.breathe()
    })
    await using world = await startWorld({ features, watching: [] })
    const node = await world.startNode({ isBusy: () => true, limits: { pollMs: 100 } })
    const groups = await Promise.all(upTo(2).map(() => world.makeGroup(['li', 'zhao'])))
    await world.settle()
    handled = 0
    const othersMs = 1_000_000
    passTime = () => world.time.moveTo(world.time.now() + othersMs)
    node.start()
    world.route = () => node
    for (const [n, groupId] of groups.entries()) await world.as('li').post(groupId, note, { text: `说 ${n}` })
    expect(await driftUntil(world, () => handled >= 1)).toBe(true)
    const startedAt = world.time.now()
    passTime = () => undefined
    expect(await driftUntil(world, () => handled === 2)).toBe(true)
    // The rest after so much work would be nine times as long.
    expect(world.time.now() - startedAt).toBeLessThan(2 * othersMs)
    await node.stop()
  })
  test('[FOLD6] lets everybody else have a turn when it breathes', async () => {
    const order: string[] = []
    const { features } = withFold(async (call) => {
      setImmediate(() => order.push('others'))
      await call.breathe()
      order.push('fold')
    })
    await using world = await startWorld({ features, watching: [] })
    await say(world, 'li', 'first')
    await world.settle()
    expect(order.slice(0, 2)).toEqual(['others', 'fold'])
  })
  test('[FOLD2] hears of recalls of what it heard, and not of what was gone before', async () => {
    const { features, heard } = withFold()
    await using world = await startWorld({ features, watching: ['li'] })
    const first = await say(world, 'li', 'first')
    await world.settle()
    await world.as('wang').recall(first)
    const second = await say(world, 'li', 'second')
    await world.as('li').recall(second)
    await world.settle()
    await say(world, 'li', 'third')
    await world.settle()
    expect(heard).toEqual([`${first.seq} first`, `${first.seq} recalled by wang of li`, `${second.seq + 1} third`])
  })
  test('[FOLD1] may read earlier messages and people, post and put records', async () => {
    const seen: string[] = []
    const { features } = withFold(async (call) => {
      const mine = call.posts.filter((post) => post.senderId === 'li')
      if (mine.length === 0) return
      const before = await call.readPosts([mine[0]?.seq ?? 0, 9_999])
      const people = await call.findUsers([id('li'), id('nobody')])
      seen.push(`${[...before.keys()].join()} ${[...people.values()].map((one) => one.name).join()}`)
      const group = await call.group()
      group.putRecord(pin, 'said', { text: textOf(mine[0]?.body) })
      await group.post({ kind: note.kind, body: { text: 'heard' } })
    })
    await using world = await startWorld({ features, watching: ['li', 'zhao'] })
    const at = await say(world, 'li', 'hello')
    await world.settle()
    expect(seen).toEqual([`${at.seq} 小李`])
    expect(
      [...(world.as('zhao').handleOf(world.groupId)?.get().records.values() ?? [])].map((row) => row.body),
    ).toEqual([{ text: 'hello' }])
  })
})

describe('trouble', () => {
  test('[FOLD3] is tried again without a half done try, then passed over; others go on', async () => {
    let tries = 0
    const { features, heard } = withFold(async (call) => {
      if (!call.posts.some((post) => textOf(post.body) === 'poison')) return
      tries += 1
      await addLine(call.tx, call.appId, 'half')
      throw new Error('cannot read it')
    })
    await using world = await startWorld({ features, watching: [], limits: { attemptsMax: 3 } })
    for (const text of ['one', 'poison', 'two']) await say(world, 'li', text)
    for (const _ of upTo(6)) {
      await world.settle()
      world.time.moveTo(world.time.now() + 60_000)
    }
    await world.settle()
    expect(heard.map((line) => line.split(' ')[1])).toEqual(['one', 'two'])
    expect(tries).toBe(4)
    expect(await listLines(world)).toEqual(['one', 'two'])
    expect(world.takeBugs()).toHaveLength(4)
  })
  test('[FOLD4] what a node without the fold took is found, from the first message on', async () => {
    const { features, heard, plain } = withFold()
    await using world = await startWorld({ features: plain, watching: [] })
    for (const n of upTo(600)) await say(world, 'li', `${n}`)
    await world.settle()
    await world.startNode({ features })
    await world.settle()
    expect(heard).toHaveLength(600)
    await say(world, 'li', 'unnoted')
    await world.settle()
    expect(heard).toHaveLength(600)
    world.time.moveTo(world.time.now() + 300_000)
    await world.settle()
    expect(heard.at(-1)).toContain('unnoted')
  })
  test('[FOLD4] no other app sees a cursor', async () => {
    const { features } = withFold()
    await using world = await startWorld({ features, watching: [] })
    await say(world, 'li', 'hello')
    await world.settle()
    const count = (appId: string) =>
      world.store.reading(appId, (tx) => sql<{ n: number }>`SELECT count(*) AS n FROM folds`.execute(tx))
    expect((await count('shop')).rows[0]?.n).toBe(1)
    expect((await count('other')).rows[0]?.n).toBe(0)
    expect(await refusalOf(say(world, 'zhou', 'nobody hears'))).toBe('group.not_found')
  })
})
