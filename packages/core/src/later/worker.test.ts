/** What holds of all work after the fact: who takes it, in what turns, what counts as a try, and what a look costs. */
import { createInProcessBus } from '@qun/bus'
import type { AppId, GroupId } from '@qun/contract'
import { turns, startWorld, until, type NodeOptions, type World } from '@qun/testing'
import { appOf } from '@qun/storage'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createCore } from '../core.ts'
import type { Feature, Reaction } from '../host/feature.ts'
import { countRows, counter, createLab, labEndpoints, type Lab, postCounter, upTo } from '../fixtures.ts'
import { batchMax } from './sweep.ts'

const add = (world: World, at: { groupId: GroupId; seq: number }, by = 1) =>
  world.as('zhao').act(at, counter, 'add', { by })
const start = (world: World, at: { groupId: GroupId; seq: number }, step: string) =>
  world.as('li').act(at, counter, 'do', { step })
const reaction = (name: string, handle: Reaction['handle']): Reaction => ({ name, on: 'lab.added', handle })
/** An older release: its counters do not know the job `later`, nor its features what was added since. */
const older = (lab: Lab): Feature[] =>
  lab.features.map((feature) => ({
    ...feature,
    ...(feature.cards === undefined
      ? {}
      : {
          cards: feature.cards.map((server) =>
            server.jobs === undefined ? server : { ...server, jobs: { due: server.jobs['due']! } },
          ),
        }),
  }))
/** A node whose store fails as if it were away, while `isAway` says so of the app of a transaction. */
const failing = (isAway: (appId: string) => boolean): NodeOptions => ({
  store: ({ transaction, reading }) => {
    const away = () => Promise.reject(Object.assign(new Error('away'), { code: '57P01' }))
    return {
      transaction: (of, run) => (isAway(appOf(of)) ? away() : transaction(of, run)),
      reading: (of, run) => (isAway(appOf(of)) ? away() : reading(of, run)),
    }
  },
})

describe('two releases on one store', () => {
  test('[WORK1] each fact is heard once by whoever knows the reaction, whichever of them wrote it', async () => {
    const heard: string[] = []
    const hear = (name: string) => reaction(name, (call) => void heard.push(`${name} ${call.fact.factSeq}`))
    const old = createLab({ reactions: [hear('both')] })
    const fresh = createLab({ reactions: [hear('both'), hear('added')] })
    await using world = await startWorld({ features: old.features, watching: [] })
    const node = await world.startNode({ features: fresh.features })
    const at = await postCounter(world)
    for (const core of [world.core, node, world.core, node]) {
      world.route = () => core
      await add(world, at)
    }
    await world.core.settle()
    expect(heard).toHaveLength(4)
    expect(await countRows(world, 'reaction_queue', sql`attempts > 0`)).toBe(0)
    await node.settle()
    expect(heard.filter((entry) => entry.startsWith('added'))).toEqual(
      heard.filter((entry) => entry.startsWith('both')).map((entry) => entry.replace('both', 'added')),
    )
    expect(heard).toHaveLength(8)
    await world.settle()
    expect(heard).toHaveLength(8)
  })
  test('[WORK1] a job waits untried for a node that knows it, also one that does not say its kind', async () => {
    const lab = createLab()
    for (const step of ['due', 'later']) {
      lab.steps.set(step, (call) => call.schedule(call.now + 1_000, step))
      lab.jobs.set(step, (call) => call.setState({ total: call.state.total + 1 }))
    }
    await using world = await startWorld({ features: older(lab), limits: { attemptsMax: 2 }, watching: [] })
    const node = await world.startNode({ features: lab.features })
    world.route = () => node
    const ats = [await postCounter(world), await postCounter(world)]
    for (const at of ats) await start(world, at, 'later')
    await start(world, ats[0]!, 'due')
    await world.store.transaction('*', (tx) => sql`UPDATE jobs SET kind = '' WHERE seq = ${ats[1]!.seq}`.execute(tx))
    for (const _ of upTo(4)) {
      world.time.moveTo(world.time.now() + 60_000)
      await world.core.settle()
    }
    expect(await countRows(world, 'jobs', sql`attempts = 0 AND lease IS NULL AND kind = ${counter.kind}`)).toBe(2)
    await node.settle()
    expect(await Promise.all(ats.map(async (at) => (await world.read(at, counter)).total))).toEqual([2, 1])
    expect(await countRows(world, 'jobs')).toBe(0)
  })
})

describe('turns', () => {
  test('[WORK2] an app whose handlers hang holds up no other, and folds hold up no job', async () => {
    let open = () => undefined as void
    const gate = new Promise<void>((resolve) => (open = resolve))
    const heard: string[] = []
    const hang = reaction('hang', async (call) => {
      if (call.appId === 'shop') await gate
      heard.push(call.appId)
    })
    const lab = createLab({ reactions: [hang] })
    let isHung = false
    const folds = [{ name: 'lab.hang', handle: () => (isHung ? gate : undefined) }]
    await using world = await startWorld({ features: [...lab.features, { name: 'folding', folds }], watching: [] })
    lab.steps.set('due', (call) => call.schedule(call.now, 'due'))
    lab.jobs.set('due', () => void heard.push('job'))
    lab.name('tell', (call) => call.recordForApp('lab.added', { by: 1, userId: 'li' }))
    const ats = [await postCounter(world)]
    for (const name of ['li', 'zhao', 'sun']) {
      const groupId = await world.makeGroup([name, 'zhao', 'li'].filter((one, i) => i === 0 || one !== name))
      ats.push(await world.as('li').post(groupId, counter, { title: '计数' }))
    }
    await world.settle()
    isHung = true
    world.core.start()
    await world.as('li').post(world.groupId, counter, { title: '挂起' })
    for (const at of ats) await add(world, at)
    world.time.moveTo(world.time.now() + 5_000)
    const server = world.core.registry.endpoints.get(labEndpoints.server.name)!
    const rival = { appId: 'rival' as AppId, caller: { kind: 'server' as const }, params: {}, query: {} }
    await world.core.call(server, { ...rival, body: { step: 'tell' } })
    await start(world, ats[0]!, 'due')
    expect(await until(() => heard.length === 2)).toBe(true)
    expect(heard.toSorted()).toEqual(['job', 'rival'])
    open()
    expect(await until(() => heard.length === 2 + ats.length)).toBe(true)
  })
})

describe('trouble', () => {
  test('[WORK3] of the store counts no try: a job and a reaction it met come back by themselves', async () => {
    const heard: string[] = []
    const lab = createLab({ reactions: [reaction('hear', () => void heard.push('fact'))] })
    lab.steps.set('due', (call) => call.schedule(call.now, 'due'))
    lab.jobs.set('due', () => void heard.push('job'))
    await using world = await startWorld({ features: lab.features, limits: { attemptsMax: 1 }, watching: [] })
    const at = await postCounter(world)
    let left = 0
    const node = await world.startNode(failing((appId) => appId === 'shop' && left-- > 0))
    for (const begin of [() => start(world, at, 'due'), () => add(world, at)]) {
      await begin()
      for (const _ of upTo(4)) {
        left = 1
        await node.settle()
        expect(left).toBeLessThan(1)
        world.time.moveTo(world.time.now() + 2_000)
      }
      left = 0
      await node.settle()
    }
    expect(heard).toEqual(['job', 'fact'])
    expect((await countRows(world, 'jobs')) + (await countRows(world, 'reaction_queue'))).toBe(0)
  })
  test('[WORK3] a lease that ran out without a word is a try; after so many it is set aside unrun', async () => {
    const heard: string[] = []
    const lab = createLab({ reactions: [reaction('hear', (call) => void heard.push(`fact ${call.fact.factSeq}`))] })
    lab.steps.set('due', (call) => call.schedule(call.now, 'due'))
    lab.jobs.set('due', (call) => void heard.push(`job ${call.seq}`))
    await using world = await startWorld({ features: lab.features, limits: { attemptsMax: 3 }, watching: [] })
    const [once, often] = [await postCounter(world), await postCounter(world)]
    await Promise.all([once, often].map((at) => start(world, at, 'due')))
    await add(world, once)
    await world.store.transaction('*', async (tx) => {
      await sql`UPDATE jobs SET lease = 'lost', attempts = CASE seq WHEN ${often.seq} THEN 2 ELSE 1 END`.execute(tx)
      await sql`UPDATE reaction_queue SET lease = 'lost', attempts = 2`.execute(tx)
    })
    await world.pass(120_000)
    expect(heard).toEqual([`job ${once.seq}`])
    const trouble = sql<boolean>`attempts = 3 AND lease IS NULL AND trouble = 'each try was cut off'`
    expect([await countRows(world, 'jobs', trouble), await countRows(world, 'reaction_queue', trouble)]).toEqual([1, 1])
    expect(world.takeBugs()).toHaveLength(2)
  })
  test('[WORK4] a store that is away is asked less and less often, and work goes on when it is back', async () => {
    const lab = createLab()
    let ran = 0
    lab.steps.set('due', (call) => call.schedule(call.now, 'due'))
    lab.jobs.set('due', () => void (ran += 1))
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    let isAway = false
    let asked = 0
    const node = await world.startNode(
      failing((appId) => {
        if (appId === '*' && isAway) asked += 1
        return isAway
      }),
    )
    await start(world, at, 'due')
    isAway = true
    node.start()
    const passSeconds = async (count: number) => {
      for (const _ of upTo(count)) {
        world.time.moveTo(world.time.now() + 1_000)
        await turns(4)
      }
    }
    await passSeconds(300)
    // Of each crew that asks the store: after 2, 4, 8 and 16 s, and then every 30 s.
    expect(asked).toBeGreaterThanOrEqual(12)
    expect(asked).toBeLessThanOrEqual(5 * 16)
    isAway = false
    await passSeconds(31)
    expect(await until(() => ran === 1)).toBe(true)
  })
})

describe('what is old', () => {
  test('[WORK6] goes a batch at a time until none is left, also after a batch that failed', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    await world.settle()
    await world.store.transaction('*', (tx) =>
      sql`INSERT INTO idempotency (app_id, caller, key, fingerprint, at)
        SELECT 'shop', 'li', 'old ' || n, 0, ${world.time.now()}::bigint
        FROM generate_series(1, ${batchMax * 2 + 10}::int) AS n`.execute(tx),
    )
    // A store that takes no more rows than a batch in one statement, and none while it is out of time.
    const outOfTime = async (most: number) => {
      await sql
        .raw(`CREATE OR REPLACE FUNCTION out_of_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF (SELECT count(*) FROM gone) > ${most} THEN RAISE EXCEPTION 'late' USING ERRCODE = '57014'; END IF;
          RETURN NULL; END $$;
          CREATE OR REPLACE TRIGGER out_of_time AFTER DELETE ON idempotency REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION out_of_time()`)
        .execute(world.store.db)
    }
    await outOfTime(0)
    world.time.moveTo(world.time.now() + world.core.limits.idempotencyKeptMs + 1)
    await world.settle()
    expect(await countRows(world, 'idempotency')).toBe(batchMax * 2 + 10)
    await outOfTime(batchMax)
    await world.settle()
    expect(await countRows(world, 'idempotency')).toBe(0)
  })
})

test('[WORK7] a core narrowed to some apps does all work of these and leaves the others', async () => {
  const heard: string[] = []
  const lab = createLab({ reactions: [reaction('hear', (call) => void heard.push(`fact ${call.appId}`))] })
  const timers = [
    { name: 'lab.often', everyMs: 60_000, run: (call: { appId: AppId }) => void heard.push(`timer ${call.appId}`) },
  ]
  const folds = [{ name: 'lab.fold', handle: (call: { appId: AppId }) => void heard.push(`fold ${call.appId}`) }]
  const features = [...lab.features, { name: 'more', timers, folds }]
  await using world = await startWorld({ features, watching: [] })
  lab.steps.set('due', (call) => call.schedule(call.now, 'due'))
  lab.jobs.set('due', (call) => void heard.push(`job ${call.appId}`))
  await world.settle()
  const narrowed = (app: string) =>
    createCore({
      store: world.store,
      isMigrated: true,
      bus: createInProcessBus(),
      features,
      now: () => world.time.now(),
      elapsed: () => world.time.now(),
      wait: world.time.wait,
      apps: [app as AppId],
    })
  const [rival, shop] = [await narrowed('rival'), await narrowed('shop')]
  heard.length = 0
  const at = await postCounter(world)
  await start(world, at, 'due')
  await add(world, at)
  world.time.moveTo(world.time.now() + 60_000)
  await rival.settle()
  expect(heard).toEqual([])
  await shop.settle()
  expect(heard.toSorted()).toEqual(['fact shop', 'fold shop', 'job shop', 'timer shop'])
})
