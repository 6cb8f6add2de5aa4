/** Facts, written with the decision they tell of, and reactions, which act on each once and in order. */
import type { GroupId } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Reaction, ReactionCall } from '../host/feature.ts'
import { addLine, countRows, counter, createLab, listLines, note, offer, postCounter, upTo } from '../fixtures.ts'

type Fact = { group_id: string; fact_seq: number; name: string; data: string }
async function listFacts(world: World, groupId: GroupId = world.groupId): Promise<Fact[]> {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<Fact>`SELECT * FROM facts WHERE group_id = ${groupId} ORDER BY fact_seq`.execute(tx),
  )
  return rows
}
/** Reactions to `lab.added` that do what the test says; `ran` lists what each was called with. */
function react(
  names: readonly string[],
  run: (call: ReactionCall, name: string) => void | Promise<void> = () => undefined,
) {
  const ran: string[] = []
  const reactions: Reaction[] = names.map((name) => ({
    name,
    on: 'lab.added',
    async handle(call) {
      ran.push(`${name} ${call.fact.factSeq}`)
      await run(call, name)
    },
  }))
  return { ran, reactions }
}
const add = (world: World, at: { groupId: GroupId; seq: number }, by = 1) =>
  world.as('zhao').act(at, counter, 'add', { by })

describe('facts', () => {
  test('[FACT1] they are numbered 1, 2, 3 … per group, whoever records them and however many at once', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const [first, second] = [await postCounter(world), await postCounter(world)]
    await Promise.all([
      ...upTo(20).map(() => add(world, first)),
      ...upTo(20).map(() => add(world, second)),
      ...upTo(5).map(() =>
        lab.decide(world.as('li'), async (call) => (await call.group(world.groupId)).record('lab.done', { n: 1 })),
      ),
    ])
    const facts = await listFacts(world)
    expect(facts.map((fact) => fact.fact_seq)).toEqual(upTo(facts.length))
    expect(facts.filter((fact) => fact.name.startsWith('lab.'))).toHaveLength(45)
  })
  test('[FACT2] a refused decision records nothing, and numbers no hole', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    lab.steps.set('bad', (call) => {
      call.record('lab.done', { n: 1 })
      call.fail('lab.refused')
    })
    const before = (await listFacts(world)).length
    expect(await refusalOf(world.as('li').act(at, counter, 'do', { step: 'bad' }))).toBe('lab.refused')
    await add(world, at)
    const facts = await listFacts(world)
    expect(facts).toHaveLength(before + 1)
    expect(facts.at(-1)).toMatchObject({ name: 'lab.added', fact_seq: before + 1 })
  })
  test('[FACT3] a fact nobody declared, or that does not fit, is a bug of whoever records it', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    lab.steps.set('unheard', (call) => call.record('lab.unheard' as never, {}))
    lab.steps.set('misfit', (call) => call.record('lab.done', { n: 'one' }))
    for (const step of ['unheard', 'misfit'])
      expect(await refusalOf(world.as('li').act(at, counter, 'do', { step }))).toBe('server.bug')
    for (const [fact, data] of [
      ['lab.unheard', {}],
      ['lab.done', { n: 'one' }],
    ] as const) {
      expect(
        await refusalOf(
          lab.decide(world.as('li'), async (call) => (await call.group(world.groupId)).record(fact, data)),
        ),
      ).toBe('server.bug')
    }
    expect(world.takeBugs()).toHaveLength(4)
    expect(await countRows(world, 'facts', sql`name LIKE 'lab.%'`)).toBe(0)
  })
})

describe('reactions', () => {
  test('[REACT1] each runs once for each fact, after it committed, and sees what it was', async () => {
    const seen: unknown[] = []
    const { ran, reactions } = react(['first', 'second'], (call, name) => {
      if (name === 'first') seen.push([call.fact.name, call.fact.groupId, call.fact.data, call.appId])
    })
    const lab = createLab({ reactions })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    await add(world, at, 7)
    await world.settle()
    await world.settle()
    expect(ran).toHaveLength(2)
    expect(seen).toEqual([['lab.added', world.groupId, { by: 7, userId: 'zhao' }, 'shop']])
    expect(await countRows(world, 'reaction_queue')).toBe(0)
  })
  test('[REACT2] it takes effect exactly once, though it is tried until it works', async () => {
    const failures = new Map<number, number>()
    const { ran, reactions } = react(['flaky'], async (call) => {
      await addLine(call.tx, call.appId, `fact ${call.fact.factSeq}`)
      const group = await call.group(call.fact.groupId)
      await group.post({ kind: note.kind, body: { text: `事实 ${call.fact.factSeq}` } })
      call.putUserRecord('zhao' as never, offer, `f${call.fact.factSeq}`, { text: '一次' })
      const failed = failures.get(call.fact.factSeq) ?? 0
      failures.set(call.fact.factSeq, failed + 1)
      if (failed === 0) throw new Error('planted')
      if (failed === 1) call.fail('lab.refused')
    })
    const lab = createLab({ reactions })
    await using world = await startWorld({ features: lab.features, watching: ['zhao'] })
    const at = await postCounter(world)
    for (const n of upTo(3)) await add(world, at, n)
    await world.pass(30_000)
    expect(ran).toHaveLength(9)
    expect(await listLines(world)).toHaveLength(3)
    expect(await countRows(world, 'messages', sql`kind = ${note.kind}`)).toBe(3)
    expect(world.as('zhao').client?.records.get().size).toBe(3)
    expect(world.takeBugs()).toHaveLength(6)
  })
  test('[REACT3] within a group they run in the order of the facts: a later one waits for an earlier that fails', async () => {
    let isBroken = true
    const { ran, reactions } = react(['ordered', 'other'], (call, name) => {
      if (name === 'ordered' && isBroken && (call.fact.data as { by: number }).by === 1) throw new Error('planted')
    })
    const lab = createLab({ reactions })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    const elsewhere = { groupId: await world.makeGroup(['zhao', 'li']), seq: 0 }
    elsewhere.seq = (await world.as('li').post(elsewhere.groupId, counter, { title: '别处' })).seq
    for (const by of [1, 2, 3]) await add(world, at, by)
    await add(world, elsewhere, 9)
    await world.settle()
    const facts = (await listFacts(world)).filter((fact) => fact.name === 'lab.added').map((fact) => fact.fact_seq)
    const there = (await listFacts(world, elsewhere.groupId)).at(-1)?.fact_seq
    const [one, two, three] = facts
    expect(ran.filter((call) => call === `ordered ${two}` || call === `ordered ${three}`)).toEqual([])
    expect(ran.filter((call) => call.startsWith('other'))).toEqual(
      expect.arrayContaining(facts.map((seq) => `other ${seq}`)),
    )
    expect(ran).toContain(`ordered ${there}`)
    isBroken = false
    await world.pass(60_000)
    expect(ran.filter((call) => call.startsWith('ordered') && call !== `ordered ${there}`).slice(-3)).toEqual(
      [one, two, three].map((seq) => `ordered ${seq}`),
    )
    world.takeBugs()
  })
  test.each([
    ['the first of its stream', [13, 1, 2]],
    ['one amid its stream', [1, 13, 2]],
  ])('[REACT4] %s that never works is set aside after so many tries, and the others are heard', async (_, adds) => {
    const { ran, reactions } = react(['poisoned'], (call) => {
      if ((call.fact.data as { by: number }).by === 13) throw new Error('poison')
    })
    const lab = createLab({ reactions })
    await using world = await startWorld({ features: lab.features, limits: { attemptsMax: 3 }, watching: [] })
    const at = await postCounter(world)
    for (const by of adds) await add(world, at, by)
    await world.pass(60_000)
    const facts = (await listFacts(world)).filter((fact) => fact.name === 'lab.added').map((fact) => fact.fact_seq)
    const poison = facts[adds.indexOf(13)]
    const tries = facts.flatMap((seq) => (seq === poison ? upTo(3).map(() => seq) : [seq]))
    expect(ran).toEqual(tries.map((seq) => `poisoned ${seq}`))
    const { rows } = await world.store.reading('*', (tx) =>
      sql`SELECT fact_seq, attempts, trouble FROM reaction_queue`.execute(tx),
    )
    expect(rows).toEqual([{ fact_seq: poison, attempts: 3, trouble: 'Error: poison' }])
    expect(world.takeBugs()).toHaveLength(3)
  })
  test('[REACT5] two nodes run each once, together', async () => {
    const { ran, reactions } = react(['shared'], async (call) =>
      addLine(call.tx, call.appId, `${call.fact.groupId} ${call.fact.factSeq}`),
    )
    const lab = createLab({ reactions })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const other = await world.startNode()
    const ats = [await postCounter(world)]
    for (let i = 0; i < 5; i++) {
      const groupId = await world.makeGroup(['li', 'zhao'])
      ats.push(await world.as('li').post(groupId, counter, { title: '计数' }))
    }
    for (const at of ats) for (const n of upTo(4)) await add(world, at, n)
    await Promise.all([world.core.settle(), other.settle(), world.core.settle()])
    await world.pass(20_000)
    expect(await listLines(world)).toHaveLength(24)
    expect(await countRows(world, 'reaction_queue')).toBe(0)
    expect(ran).toHaveLength(24)
  })
  test('[REACT6] facts wait a while for one that no node knows, then they go; one may bring about another', async () => {
    const { ran, reactions } = react(['gone'], () => {
      throw new Error('must not run')
    })
    const chain: Reaction = {
      name: 'chain',
      on: 'lab.added',
      async handle(call) {
        const group = await call.group(call.fact.groupId)
        group.record('lab.done', { n: 1 })
      },
    }
    const end: Reaction = { name: 'end', on: 'lab.done', handle: (call) => void ran.push(`end ${call.fact.name}`) }
    const lab = createLab({ reactions: [chain, end] })
    const before = createLab({ reactions: [...reactions, chain, end] })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    const taken = await world.startNode({ features: before.features })
    await taken.stop()
    const days = (n: number) => world.jump(n * 86_400_000)
    await add(world, at)
    await days(3)
    await add(world, at)
    await days(3)
    expect(await countRows(world, 'reaction_queue', sql`reaction = 'gone'`)).toBe(2)
    await days(2)
    await add(world, at)
    await world.settle()
    expect(ran).toEqual(upTo(3).map(() => 'end lab.done'))
    expect(await countRows(world, 'reaction_queue')).toBe(0)
  })
  test('[REACT7] two of one name cannot be assembled', async () => {
    const { reactions } = react(['twin', 'twin'])
    await expect(startWorld({ features: createLab({ reactions }).features })).rejects.toThrow(
      'reaction twin is declared twice',
    )
  })
  test('[REACT8] a backlog is worked off in turns: no stream waits for another, and each keeps its order', async () => {
    const names = upTo(20).map((n) => `r${String(n).padStart(2, '0')}`)
    const { ran, reactions } = react(names)
    const lab = createLab({ reactions })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    await Promise.all(upTo(40).map((n) => add(world, at, n)))
    await world.settle()
    expect(ran).toHaveLength(20 * 40)
    const perName = names.map((name) => ran.filter((entry) => entry.startsWith(`${name} `)))
    for (const entries of perName) {
      const order = entries.map((entry) => Number(entry.split(' ')[1]))
      expect(order).toEqual(order.toSorted((a, b) => a - b))
    }
    // Each has had a turn before any has had a third.
    const lastFirst = Math.max(...perName.map((entries) => ran.indexOf(entries[0]!)))
    const firstThird = Math.min(...perName.map((entries) => ran.indexOf(entries[32]!)))
    expect(lastFirst).toBeLessThan(firstThird)
  })
})
