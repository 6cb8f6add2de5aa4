/** What plays ask of the engine: facts of the app, cards from endpoints, the host's word on risk, people under age. */
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { RiskAttempt } from '../host/risk.ts'
import type { Reaction } from '../host/feature.ts'
import { addLine, commerce, counter, createLab, id, listLines, note, postCounter, upTo } from '../fixtures.ts'

describe('facts of an app', () => {
  const reactionTo = (ran: string[]): Reaction => ({
    name: 'lab.hears',
    on: 'lab.done',
    handle: (call) => void ran.push(`${call.fact.groupId}/${call.fact.factSeq}/${JSON.stringify(call.fact.data)}`),
  })
  test('[FACT4] they are numbered for the whole app, by endpoints and cards, and reactions hear them in order', async () => {
    const ran: string[] = []
    const lab = createLab({ reactions: [reactionTo(ran)] })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    lab.steps.set('tell', (call) => call.recordForApp('lab.done', { n: 100 }))
    await Promise.all([
      ...upTo(5).map((n) => lab.decide(world.as('li'), (call) => call.recordForApp('lab.done', { n }))),
      world.as('zhao').act(at, counter, 'do', { step: 'tell' }),
    ])
    await world.settle()
    expect(ran.map((line) => line.split('/').slice(0, 2).join('/'))).toEqual(upTo(6).map((n) => `/${n}`))
    expect(ran.filter((line) => line.includes('"n":100'))).toHaveLength(1)
  })
  test('[FACT4] a refused action tells nothing, and nobody is in the group that numbers them', async () => {
    const ran: string[] = []
    const lab = createLab({ reactions: [reactionTo(ran)] })
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    lab.steps.set('bad', (call) => {
      call.recordForApp('lab.done', { n: 1 })
      call.fail('lab.refused')
    })
    lab.steps.set('good', (call) => call.recordForApp('lab.done', { n: 2 }))
    const act = (name: string, step: string) => refusalOf(world.as(name).act(at, counter, 'do', { step }))
    expect(await Promise.all([act('li', 'bad'), act('zhao', 'good'), act('sun', 'bad')])).toEqual([
      'lab.refused',
      null,
      'lab.refused',
    ])
    await world.settle()
    expect(ran).toEqual(['/1/{"n":2}'])
    expect(await refusalOf(world.core.snapshot(world.as('li').principal, id('') as never))).toBe('group.not_found')
  })
})

describe('a card from elsewhere', () => {
  test('[CARD10] an endpoint changes a card of its own feature; one of another kind is not found', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['li', 'zhao'] })
    const at = await postCounter(world)
    const words = await world.as('li').post(world.groupId, note, { text: '一句话' })
    await lab.decideAsHost(world, async (call) => {
      const card = await call.card(counter, at)
      card.setState({ ...card.state, total: card.state.total + 5 })
      card.setMine(id('zhao'), { added: 5 })
    })
    expect((await world.read(at, counter)).total).toBe(5)
    expect(await world.as('zhao').mine(at)).toEqual({ added: 5 })
    expect(await refusalOf(lab.decideAsHost(world, (call) => call.card(counter, words)))).toBe('message.not_found')
    const nowhere = { groupId: world.groupId, seq: 999 }
    expect(await refusalOf(lab.decideAsHost(world, (call) => call.card(counter, nowhere)))).toBe('message.not_found')
  })
  test('[CARD12] an endpoint reads a card as its caller may see it, and nothing else for one', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world, '读我')
    const words = await world.as('li').post(world.groupId, note, { text: '一句话' })
    await world.as('zhao').act(at, counter, 'add', { by: 3 })
    const read = (name: string, seq = at.seq) =>
      lab.decide(world.as(name), async (call) => {
        const { groupId } = world
        const { body, state, senderId, at: postedAt, ...place } = await call.readCard(counter, { groupId, seq })
        expect(place).toEqual({ tx: call.tx, appId: call.appId, groupId, seq })
        return { body, state, senderId, isPast: postedAt <= call.now }
      })
    const seen = { body: { title: '读我' }, state: { total: 3 }, senderId: 'li', isPast: true }
    expect(await read('sun')).toEqual(seen)
    const asHost = await lab.decideAsHost(world, async (call) => (await call.readCard(counter, at)).state)
    expect(asHost).toEqual(seen.state)
    for (const seq of [words.seq, 999]) expect(await refusalOf(read('sun', seq))).toBe('message.not_found')
    expect(await refusalOf(read('zhou'))).toBe('message.not_found')
    await lab.decide(world.as('wang'), async (call) => {
      await (await call.group(world.groupId)).addMember(id('zhou'), { source: 'test' })
    })
    expect(await refusalOf(read('zhou'))).toBe('message.not_found')
    await world.as('li').recall(at)
    expect(await refusalOf(read('sun'))).toBe('message.not_found')
  })
  test('[CARD10] with members acting on it at once nothing is lost', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['li'] })
    const at = await postCounter(world)
    await Promise.all(
      upTo(20).flatMap((n) => [
        world.as(n % 2 ? 'li' : 'zhao').act(at, counter, 'add', { by: 1 }),
        lab.decideAsHost(world, async (call) => {
          const card = await call.card(counter, at)
          card.setState({ ...card.state, total: card.state.total + 1 })
        }),
      ]),
    )
    expect((await world.read(at, counter)).total).toBe(40)
  })
})

describe('actions decided together', () => {
  test('[CARD3] each refused one undoes its own statements, whatever stands before and after it', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    for (const n of upTo(12))
      lab.steps.set(`line ${n}`, async (call) => {
        if (n % 4 === 0) return call.fail('lab.refused')
        await addLine(call.tx, call.appId, `line ${n}`)
        await addLine(call.tx, call.appId, `more ${n}`)
        if (n % 3 === 0) call.fail('lab.refused')
      })
    const codes = await Promise.all(
      upTo(12).map((n) => refusalOf(world.as('li').act(at, counter, 'do', { step: `line ${n}` }))),
    )
    expect(codes).toEqual(upTo(12).map((n) => (n % 4 === 0 || n % 3 === 0 ? 'lab.refused' : null)))
    const kept = upTo(12).filter((n) => n % 4 !== 0 && n % 3 !== 0)
    expect(await listLines(world)).toEqual(kept.flatMap((n) => [`line ${n}`, `more ${n}`]).toSorted())
  })
})

describe('a refusal that keeps', () => {
  test('[CARD11] alone and among others, what it wrote stays and its key is free', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['li'] })
    const at = await postCounter(world)
    lab.steps.set('wrong', async (call) => {
      const { added = 0 } = (await call.mineOf(call.actorId)) ?? {}
      call.setMine(call.actorId, { added: added + 1 })
      await addLine(call.tx, call.appId, `${call.actorId} ${added + 1}`)
      call.failKeeping('lab.refused')
    })
    const wrong = (name: string) => refusalOf(world.as(name).act(at, counter, 'do', { step: 'wrong' }, 'same'))
    expect(await wrong('li')).toBe('lab.refused')
    expect(await Promise.all([wrong('li'), wrong('zhao'), wrong('li')])).toEqual(upTo(3).map(() => 'lab.refused'))
    expect(await world.as('li').mine(at)).toEqual({ added: 3 })
    expect(await listLines(world)).toEqual(['li 1', 'li 2', 'li 3', 'zhao 1'])
  })
})

describe('who may take part', () => {
  const setup = async (risk: (attempt: RiskAttempt) => 'allow' | 'deny'): Promise<{ world: World }> => ({
    world: await startWorld({ features: createLab().features, watching: [], risk }),
  })
  test('[RISK1] the host is asked before what moves something of worth, and a no costs nothing', async () => {
    const asked: string[] = []
    const { world } = await setup(({ userId, kind, action }) => {
      asked.push(`${userId} ${kind} ${action}`)
      return userId === 'li' ? 'deny' : 'allow'
    })
    await using _ = world
    const at = await postCounter(world)
    expect(await refusalOf(world.as('li').act(at, counter, 'buy', {}))).toBe('risk.blocked')
    expect(await refusalOf(world.as('zhao').act(at, counter, 'buy', {}, 'once'))).toBe(null)
    expect(await refusalOf(world.as('zhao').act(at, counter, 'buy', {}, 'once'))).toBe(null)
    expect(await refusalOf(world.as('li').act(at, counter, 'add', { by: 1 }))).toBe(null)
    expect(await refusalOf(world.as('li').post(world.groupId, commerce, {}))).toBe('risk.blocked')
    expect(asked).toEqual(['li lab-counter buy', 'zhao lab-counter buy', 'li lab-commerce post'])
  })
  test('[RISK1] the host is asked of whom it speaks for with its key, and not about itself', async () => {
    const asked: string[] = []
    const { world } = await setup(({ userId }) => {
      asked.push(userId)
      return 'deny'
    })
    await using _ = world
    const { appId } = world.as('li').principal
    const post = (who: object, clientId: string) =>
      refusalOf(
        world.core.post({
          ...{ appId, groupId: world.groupId, kind: commerce.kind, body: {}, clientId, senderId: id('') },
          ...who,
        }),
      )
    expect(await post({ senderId: id('li'), byHost: true }, 'for-li')).toBe('risk.blocked')
    expect(await post({ asServer: true }, 'own')).toBeNull()
    expect(asked).toEqual(['li'])
  })
  test('[RISK1] a port that breaks lets nobody through', async () => {
    const { world } = await setup(() => {
      throw new Error('the host is away')
    })
    await using _ = world
    const at = await postCounter(world)
    expect(await refusalOf(world.as('li').act(at, counter, 'buy', {}))).toBe('risk.blocked')
    expect(world.takeBugs()).toHaveLength(1)
  })
  test('[RISK2] handlers know who is under age; nobody else is told', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world)
    await world.core.putUser(world.as('sun').principal.appId, { userId: id('sun'), name: '孙老师', minor: true })
    const seen: string[] = []
    lab.steps.set('age', async (call) => {
      seen.push(`${call.actorId} ${call.isMinor} ${(await call.findUser(call.actorId))?.minor}`)
    })
    for (const name of ['sun', 'li']) await world.as(name).act(at, counter, 'do', { step: 'age' })
    expect(seen).toEqual(['sun true true', 'li false false'])
    expect(JSON.stringify(await world.core.snapshot(world.as('li').principal, world.groupId))).not.toContain('minor')
    // A rename without the flag keeps it.
    await world.core.putUser(world.as('sun').principal.appId, { userId: id('sun'), name: '孙' })
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{ minor: boolean }>`SELECT minor FROM users WHERE user_id = 'sun'`.execute(tx),
    )
    expect(rows[0]?.minor).toBe(true)
  })
})
