/** Timers of features: once a period for every app, on however many nodes and whoever dies meanwhile. */
import type { AppId } from '@qun/contract'
import { startWorld, turns, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { defineFeature, type TimerCall } from '../host/feature.ts'
import { addLine, countRows, createLab, id, listLines, note } from '../fixtures.ts'
import { createRegistry } from '../host/registry.ts'

const minute = 60_000
const hour = 60 * minute
interface Timed extends AsyncDisposable {
  readonly world: World
  readonly features: WorldFeatures
  /** What the timer `lab.hourly` does; a test puts something else. */
  run: (call: TimerCall) => void | Promise<void>
}
type WorldFeatures = Parameters<typeof startWorld>[0]['features']

/** Notes each run with its app, its period and the instant; two runs of one period would break a unique key. */
const noteRun = (call: TimerCall, name = 'hourly') => addLine(call.tx, call.appId, `${name} ${call.periodAt}`)

async function open(limits = {}): Promise<Timed> {
  const lab = createLab()
  const timers = [
    { name: 'lab.hourly', everyMs: hour, run: (call: TimerCall) => timed.run(call) },
    { name: 'lab.daily', everyMs: 24 * hour, run: (call: TimerCall) => noteRun(call, 'daily') },
  ]
  const features = [...lab.features, defineFeature({ name: 'timed', timers })]
  const world = await startWorld({ features, limits, watching: [] })
  const timed: Timed = {
    world,
    features,
    run: (call) => noteRun(call),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
  // From the beginning of a day on, so that periods are easy to tell.
  world.time.moveTo(Math.ceil(world.time.now() / (24 * hour)) * 24 * hour)
  await world.settle()
  await world.store.transaction('*', (tx) => sql`DELETE FROM lab_lines`.execute(tx))
  return timed
}
const to = async (world: World, at: number) => {
  world.time.moveTo(at)
  await world.settle()
}

describe('a timer', () => {
  test('[TIMER1] runs once in each period, not before it begins; what was missed is run once', async () => {
    await using timed = await open()
    const { world } = timed
    const start = world.time.now()
    await to(world, start + hour - 1)
    expect(await listLines(world)).toEqual([])
    await to(world, start + hour)
    await to(world, start + hour + 30 * minute)
    expect(await listLines(world)).toEqual([`hourly ${start + hour}`])
    await to(world, start + 25 * hour + 5)
    expect(await listLines(world)).toEqual([
      `daily ${start + 24 * hour}`,
      `hourly ${start + hour}`,
      `hourly ${start + 25 * hour}`,
    ])
  })
  test('[TIMER1] is found by a started engine by itself, soon after its period begins', async () => {
    await using timed = await open({ pollMs: 1_000 })
    const { world } = timed
    world.core.start()
    const dueAt = world.time.now() + hour
    world.time.moveTo(dueAt - 5_000)
    while ((await listLines(world)).length === 0 && world.time.now() < dueAt + minute) {
      world.time.moveTo(world.time.now() + 500)
      for (let i = 0; i < 4; i++) {
        await turns(5)
        await world.store.probe()
      }
    }
    expect(await listLines(world)).toEqual([`hourly ${dueAt}`])
  })
  test('[TIMER2] takes effect once on three nodes that all look for work, also when their clocks differ', async () => {
    await using timed = await open()
    const { world } = timed
    const ahead = await world.startNode({ now: () => world.time.now() + 2 * minute })
    const behind = await world.startNode({ now: () => world.time.now() - 2 * minute })
    const start = world.time.now()
    for (let step = 1; step <= 4 * 12; step += 1) {
      world.time.moveTo(start + step * 5 * minute - minute)
      await Promise.all([world.core, ahead, behind].map((core) => core.settle()))
    }
    expect(await listLines(world)).toEqual([1, 2, 3, 4].map((n) => `hourly ${start + n * hour}`))
  })
  test('[TIMER2] of a worker that was away longer than its lease has no effect: another has done it', async () => {
    await using timed = await open({ leaseMs: 15_000 })
    const { world } = timed
    let release = () => undefined as void
    let gate: Promise<void> | undefined
    const slow = await world.startNode({
      store: ({ transaction }) => ({
        transaction: (appId, run) =>
          appId === '*' || gate === undefined ? transaction(appId, run) : gate.then(() => transaction(appId, run)),
      }),
    })
    const dueAt = world.time.now() + hour
    world.time.moveTo(dueAt)
    gate = new Promise<void>((resolve) => (release = resolve))
    const stuck = slow.settle()
    while ((await countRows(world, 'timers', sql`lease IS NOT NULL`)) === 0) await turns()
    await world.core.settle()
    expect(await listLines(world)).toEqual([])
    world.time.moveTo(dueAt + 15_001)
    await world.core.settle()
    expect(await listLines(world)).toEqual([`hourly ${dueAt}`])
    gate = undefined
    release()
    await stuck
    expect(await listLines(world)).toEqual([`hourly ${dueAt}`])
  })
  test('[TIMER3] that fails is tried again and leaves nothing; after so many tries it waits for its next period', async () => {
    await using timed = await open({ attemptsMax: 3 })
    const { world } = timed
    const start = world.time.now()
    const triedAt: number[] = []
    timed.run = async (call) => {
      triedAt.push(call.now)
      await noteRun(call)
      throw new Error('planted')
    }
    world.time.moveTo(start + hour)
    for (let second = 0; second < 120; second += 1) await to(world, start + hour + second * 1_000)
    expect(triedAt).toHaveLength(3)
    expect(await listLines(world)).toEqual([])
    const { rows } = await world.store.reading('*', (tx) =>
      sql`SELECT attempts, trouble, next_at FROM timers WHERE timer = 'lab.hourly'`.execute(tx),
    )
    expect(rows).toEqual([{ attempts: 0, trouble: 'Error: planted', next_at: start + 2 * hour }])
    expect(world.takeBugs()).toHaveLength(3)
    timed.run = (call) => noteRun(call)
    await to(world, start + 24 * hour)
    expect(await listLines(world)).toEqual([`daily ${start + 24 * hour}`, `hourly ${start + 24 * hour}`])
    expect(await countRows(world, 'timers', sql`trouble IS NOT NULL OR lease IS NOT NULL`)).toBe(0)
  })
  test('[TIMER3] whose every try was cut off waits for its next period, unrun', async () => {
    await using timed = await open({ attemptsMax: 3 })
    const { world } = timed
    const start = world.time.now()
    await world.store.transaction('*', (tx) =>
      sql`UPDATE timers SET attempts = 3 WHERE timer = 'lab.hourly'`.execute(tx),
    )
    await to(world, start + hour)
    expect(await listLines(world)).toEqual([])
    expect(world.takeBugs()).toHaveLength(1)
    await to(world, start + 2 * hour)
    expect(await listLines(world)).toEqual([`hourly ${start + 2 * hour}`])
  })
  test('[TIMER4] may ask for another run at once; each is a decision of its own, and may write to groups', async () => {
    await using timed = await open()
    const { world } = timed
    let left = 3
    timed.run = async (call) => {
      await addLine(call.tx, call.appId, `run ${left}`)
      const group = await call.group(world.groupId)
      await group.post({ kind: note.kind, body: { text: `还剩 ${left}` } })
      left -= 1
      if (left > 0) call.again()
    }
    const start = world.time.now()
    await to(world, start + hour)
    expect(await listLines(world)).toEqual(['run 1', 'run 2', 'run 3'])
    await to(world, start + hour + minute)
    expect(left).toBe(0)
    timed.run = () => undefined
  })
  test('[TIMER5] an app that comes later has its own; names are unique; one whose feature is gone does not run', async () => {
    await using timed = await open()
    const { world, features } = timed
    const apps: string[] = []
    timed.run = (call) => void apps.push(call.appId)
    const start = world.time.now()
    await to(world, start + 10 * minute)
    await world.core.putUser('rival' as AppId, { userId: id('li'), name: '小李' })
    await to(world, start + 12 * minute)
    expect(apps).toEqual([])
    await to(world, start + hour)
    expect(apps.toSorted()).toEqual(['rival', 'shop'])
    expect(() =>
      createRegistry([...features, defineFeature({ name: 'other', timers: features.at(-1)?.timers ?? [] })]),
    ).toThrow('two timers share a name')
    const older = await world.startNode({ features: features.slice(0, -1) })
    world.time.moveTo(start + 2 * hour)
    await older.settle()
    expect(apps).toHaveLength(2)
  })
})
