/** Jobs of cards: at their time, once in effect, however often they are tried and whoever holds them. */
import { disbandGroup } from '@qun/features/people/membership/contract'
import { type At, startWorld, turns, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  addLine,
  countRows,
  counter,
  createLab,
  type Lab,
  listLines,
  listStored,
  note,
  postCounter,
  upTo,
} from '../fixtures.ts'

async function open(limits = {}): Promise<{ lab: Lab; world: World; at: At } & AsyncDisposable> {
  const lab = createLab()
  const world = await startWorld({ features: lab.features, limits, watching: ['li'] })
  lab.steps.set('soon', (call) => call.schedule(call.now + 10_000, 'due', { n: 1 }))
  lab.jobs.set('due', async (call, input) => {
    call.setState({ total: call.state.total + (input as { n: number }).n })
    await addLine(call.tx, call.appId, `ran at ${call.now} for ${call.seq}`)
  })
  return { lab, world, at: await postCounter(world), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}
const start = (world: World, at: At, step = 'soon') => world.as('li').act(at, counter, 'do', { step })

describe('a job', () => {
  test('[JOB1] runs at its time, not before, with its input, and is gone', async () => {
    await using opened = await open()
    const { world, at } = opened
    await start(world, at)
    const dueAt = world.time.now() + 10_000
    world.time.moveTo(dueAt - 1)
    await world.settle()
    expect((await world.read(at, counter)).total).toBe(0)
    world.time.moveTo(dueAt)
    await world.settle()
    expect((await world.read(at, counter)).total).toBe(1)
    expect(await countRows(world, 'jobs')).toBe(0)
    await world.pass(30_000)
    expect(await listLines(world)).toHaveLength(1)
  })
  test('[JOB1] is found by a started engine by itself, soon after it is due', async () => {
    await using opened = await open({ pollMs: 1_000 })
    const { world, at } = opened
    world.core.start()
    await start(world, at)
    const dueAt = world.time.now() + 10_000
    while ((await listLines(world)).length === 0 && world.time.now() < dueAt + 5_000) {
      world.time.moveTo(world.time.now() + 100)
      // The engine works on the real store meanwhile: it gets as many round trips as it may need, however slow they
      // are.
      for (let i = 0; i < 4; i++) {
        await turns(5)
        await world.store.probe()
      }
    }
    expect(world.time.now()).toBeGreaterThanOrEqual(dueAt)
    // At the next poll or one of the few after it: virtual time runs on while the real store answers.
    expect(world.time.now()).toBeLessThan(dueAt + 5_000)
  })
  test('[JOB2] moves when it is scheduled again, goes when it is cancelled; two names are two jobs', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    lab.jobs.set('later', (call) => call.setState({ ...call.state, note: '另一个' }))
    lab.steps.set('move', (call) => call.schedule(call.now + 60_000, 'due', { n: 5 }))
    lab.steps.set('both', (call) => {
      call.schedule(call.now + 1_000, 'later')
      call.cancelJob('due')
    })
    await start(world, at)
    await start(world, at, 'move')
    await world.pass(20_000)
    expect((await world.read(at, counter)).total).toBe(0)
    await world.pass(41_000)
    expect((await world.read(at, counter)).total).toBe(5)
    await start(world, at)
    await start(world, at, 'both')
    await world.pass(20_000)
    expect(await world.read(at, counter)).toEqual({ total: 5, note: '另一个' })
    expect(await countRows(world, 'jobs')).toBe(0)
  })
  test('[JOB3] runs once in effect on several nodes that all look for work', async () => {
    await using opened = await open()
    const { world, at } = opened
    const others = [await world.startNode(), await world.startNode()]
    const ats = [at]
    for (const n of upTo(19)) ats.push(await postCounter(world, `${n}`))
    for (const one of ats) await start(world, one)
    world.time.moveTo(world.time.now() + 10_000)
    await Promise.all([world.core, ...others].map((core) => core.settle()))
    await world.settle()
    for (const one of ats) expect((await world.read(one, counter)).total).toBe(1)
    expect(await listLines(world)).toHaveLength(20)
  })
  test('[JOB4] of a worker that was away longer than its lease has no effect: another has done it', async () => {
    await using opened = await open({ leaseMs: 15_000 })
    const { world, at } = opened
    let release = () => undefined as void
    let gate: Promise<void> | undefined
    const slow = await world.startNode({
      store: ({ transaction }) => ({
        transaction: (appId, run) =>
          appId === '*' || gate === undefined ? transaction(appId, run) : gate.then(() => transaction(appId, run)),
      }),
    })
    await start(world, at)
    world.time.moveTo(world.time.now() + 10_000)
    gate = new Promise<void>((resolve) => (release = resolve))
    const stuck = slow.settle()
    while ((await countRows(world, 'jobs', sql`lease IS NOT NULL`)) === 0) await turns()
    await world.core.settle()
    expect((await world.read(at, counter)).total).toBe(0)
    world.time.moveTo(world.time.now() + 15_001)
    await world.core.settle()
    expect((await world.read(at, counter)).total).toBe(1)
    gate = undefined
    release()
    await stuck
    expect((await world.read(at, counter)).total).toBe(1)
    expect(await listLines(world)).toHaveLength(1)
  })
  test('[JOB4] that was moved while a worker held it does not run on the old schedule', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    let release = () => undefined as void
    let gate: Promise<void> | undefined
    lab.steps.set('move', (call) => call.schedule(call.now + 60_000, 'due', { n: 5 }))
    const slow = await world.startNode({
      store: ({ transaction }) => ({
        transaction: (appId, run) =>
          appId === '*' || gate === undefined ? transaction(appId, run) : gate.then(() => transaction(appId, run)),
      }),
    })
    await start(world, at)
    world.time.moveTo(world.time.now() + 10_000)
    gate = new Promise<void>((resolve) => (release = resolve))
    const stuck = slow.settle()
    while ((await countRows(world, 'jobs', sql`lease IS NOT NULL`)) === 0) await turns()
    await start(world, at, 'move')
    gate = undefined
    release()
    await stuck
    expect((await world.read(at, counter)).total).toBe(0)
    await world.pass(61_000)
    expect((await world.read(at, counter)).total).toBe(5)
  })
  test('[JOB5] that fails is tried again, later each time, and its failed tries leave nothing', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    const triedAt: number[] = []
    lab.jobs.set('due', async (call) => {
      triedAt.push(call.now)
      call.setState({ total: call.state.total + 1 })
      await addLine(call.tx, call.appId, 'once')
      await call.post({ kind: note.kind, body: { text: '到点了' } })
      if (triedAt.length < 5) throw new Error('planted')
    })
    await start(world, at)
    await world.pass(120_000)
    expect(triedAt).toHaveLength(5)
    const waits = triedAt.slice(1).map((instant, i) => instant - (triedAt[i] as number))
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect((await world.read(at, counter)).total).toBe(1)
    expect((await listStored(world)).filter((row) => row.kind === note.kind)).toHaveLength(1)
    expect(await listLines(world)).toEqual(['once'])
    expect(world.takeBugs()).toHaveLength(4)
  })
  test('[JOB6] that never works is set aside with its trouble after so many tries; others go on', async () => {
    await using opened = await open({ attemptsMax: 3 })
    const { lab, world, at } = opened
    const good = await postCounter(world, '好的')
    const run = lab.jobs.get('due')
    lab.jobs.set('due', (call, input) => {
      if (call.seq === at.seq) throw new Error('poison')
      return run?.(call, input)
    })
    await start(world, at)
    await start(world, good)
    await world.pass(120_000)
    const { rows } = await world.store.reading('*', (tx) => sql`SELECT seq, attempts, trouble FROM jobs`.execute(tx))
    expect(rows).toEqual([{ seq: at.seq, attempts: 3, trouble: 'Error: poison' }])
    expect((await world.read(good, counter)).total).toBe(1)
    expect(world.takeBugs()).toHaveLength(3)
    await start(world, at)
    lab.jobs.set('due', (call) => call.setState({ total: 9 }))
    await world.pass(20_000)
    expect((await world.read(at, counter)).total).toBe(9)
  })
  test('[JOB7] of a recalled message does nothing; in a disbanded group it still settles, and may say so', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    const kept = await postCounter(world, '留着')
    const seen: boolean[] = []
    lab.jobs.set('due', async (call) => {
      seen.push(call.disbanded)
      call.setState({ total: 3 })
      await call.post({ kind: 'system', body: { what: 'note', text: '结算' } })
    })
    await start(world, at)
    await start(world, kept)
    await world.as('li').recall(at)
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    await world.pass(20_000)
    expect(seen).toEqual([true])
    expect(await world.read(kept, counter)).toEqual({ total: 3 })
    expect((await listStored(world)).at(-1)).toMatchObject({ kind: 'system', sender_id: '' })
    expect(await countRows(world, 'jobs')).toBe(0)
  })
})
