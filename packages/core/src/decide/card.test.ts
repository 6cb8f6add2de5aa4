/** Live cards: who decides their state, together and apart; what a refused action leaves; what viewers see. */
import { refusalOf, startWorld, turns, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  addLine,
  commerce,
  countRows,
  counter,
  createLab,
  type CounterAction,
  id,
  type Lab,
  listLines,
  listStored,
  note,
  offer,
  opened as openedCard,
  postCounter,
  upTo,
} from '../fixtures.ts'

async function open(limits = {}): Promise<{ lab: Lab; world: World; at: At } & AsyncDisposable> {
  const lab = createLab()
  const world = await startWorld({ features: lab.features, limits, watching: ['wang', 'li'] })
  const at = await postCounter(world)
  return { lab, world, at, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}
const totalOf = async (world: World, at: At) => (await world.read(at, counter)).total
/** Everything a decision can write, counted. */
async function countAll(world: World): Promise<Record<string, number>> {
  const tables = ['messages', 'mine', 'records', 'facts', 'jobs', 'reaction_queue', 'acted', 'lab_lines', 'mentions']
  const counts: Record<string, number> = {}
  for (const table of tables) counts[table] = await countRows(world, table)
  return counts
}

describe('deciding', () => {
  test('[CARD1] a client names an action and never a state; what does not fit the contract changes nothing', async () => {
    await using opened = await open()
    const { world, at } = opened
    const act = (action: string, input: unknown) =>
      refusalOf(world.core.act({ principal: world.as('zhao').principal, ...at, action, input }))
    expect(await act('add', { by: 1.5 })).toBe('request.invalid')
    expect(await act('add', { by: 1, total: 99 })).toBe('request.unknown_field')
    expect(await act('add', null)).toBe('request.invalid')
    expect(await act('setState', { total: 9 })).toBe('card.unknown_action')
    expect(await act('constructor', {})).toBe('card.unknown_action')
    expect(await totalOf(world, at)).toBe(0)
    expect(await act('add', { by: 2 })).toBeNull()
    expect(await totalOf(world, at)).toBe(2)
  })
  test.each([3, 300])('[CARD2] %i actions at once on one card, from two nodes, are exact', async (count) => {
    await using opened = await open({ actBatchMax: 40 })
    const { world, at } = opened
    const other = await world.startNode()
    const names = ['wang', 'he', 'li', 'zhao', 'sun']
    const answers = await Promise.all(
      upTo(count).map((n) => {
        const { principal } = world.as(names[n % names.length] as string)
        return (n % 3 === 0 ? other : world.core).act({
          principal,
          ...at,
          action: 'add',
          input: { by: 1 },
          clientId: `c${n}`,
        })
      }),
    )
    expect(answers.every((answer) => !answer.replayed)).toBe(true)
    expect(await totalOf(world, at)).toBe(count)
    const mine = await Promise.all(
      names.map(async (name) => (await world.as(name).mine<typeof counter>(at))?.added ?? 0),
    )
    expect(mine.reduce((sum, added) => sum + added, 0)).toBe(count)
    expect(await countRows(world, 'facts', sql`name = 'lab.added'`)).toBe(count)
    expect(await countRows(world, 'acted')).toBe(count)
  })
  test('[CARD2] actions on different cards of one group do not wait for each other', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    const second = await postCounter(world, '第二张')
    let release = () => undefined as void
    const gate = new Promise<void>((resolve) => (release = resolve))
    lab.steps.set('slow', () => gate)
    const slow = world.as('li').act(at, counter, 'do', { step: 'slow' })
    await turns(20)
    await world.as('zhao').act(second, counter, 'add', { by: 1 })
    expect(await totalOf(world, second)).toBe(1)
    release()
    await slow
  })
})

describe('refusing', () => {
  /** Writes in every way a handler can, then ends as told. */
  const writeAll =
    (lab: Lab, ending: () => void, isPosting = false) =>
    async (call: CounterAction) => {
      call.setState({ total: 1_000, note: '不该留下' })
      call.setMine(call.actorId, { added: 1_000 })
      call.record('lab.done', { n: 1 })
      call.schedule(call.now + 1, 'due')
      call.putUserRecord(call.actorId, offer, 'x', { text: '不该留下' })
      await addLine(call.tx, call.appId, `不该留下 ${lab.steps.size}`)
      if (isPosting) await call.post({ kind: note.kind, body: { text: '不该留下' }, senderId: call.actorId })
      ending()
    }
  test.each([
    ['refuses', false],
    ['refuses after posting', true],
  ])('[CARD3] a handler that writes and then %s leaves nothing, alone or among others', async (_name, isPosting) => {
    await using opened = await open()
    const { lab, world, at } = opened
    lab.steps.set('bad', (call) =>
      writeAll(lab, () => call.fail('lab.refused', { detail: 'planted' }), isPosting)(call),
    )
    const before = await countAll(world)
    expect(await refusalOf(world.as('li').act(at, counter, 'do', { step: 'bad' }, 'alone'))).toBe('lab.refused')
    expect(await countAll(world)).toEqual(before)
    const outcomes = await Promise.all(
      upTo(30).map((n) =>
        refusalOf(
          n % 3 === 0
            ? world.as('li').act(at, counter, 'do', { step: 'bad' }, `b${n}`)
            : world.as('zhao').act(at, counter, 'add', { by: 1 }, `g${n}`),
        ),
      ),
    )
    expect(outcomes).toEqual(upTo(30).map((n) => (n % 3 === 0 ? 'lab.refused' : null)))
    expect(await world.read(at, counter)).toEqual({ total: 20 })
    expect(await world.as('li').mine(at)).toBeNull()
    expect(await countAll(world)).toEqual({ ...before, acted: 20, facts: (before['facts'] ?? 0) + 20, mine: 1 })
    expect(await listLines(world)).toEqual([])
  })
  test('[CARD3] a refusal before the handler ran does not cost the batch its transaction', async () => {
    await using opened = await open()
    const { world, at } = opened
    let transactions = 0
    const node = await world.startNode({
      store: ({ transaction }) => ({
        transaction: (appId, run) => ((transactions += appId === '*' ? 0 : 1), transaction(appId, run)),
      }),
    })
    const outcomes = await Promise.all(
      upTo(20).map((n) =>
        refusalOf(
          node.act({
            principal: world.as('zhao').principal,
            ...at,
            action: n % 2 === 0 ? 'admins' : 'add',
            input: n % 2 === 0 ? {} : { by: 1 },
          }),
        ),
      ),
    )
    expect(outcomes).toEqual(upTo(20).map((n) => (n % 2 === 0 ? 'group.permission' : null)))
    expect(await totalOf(world, at)).toBe(10)
    expect(transactions).toBe(1)
  })
  test.each([
    'throws',
    'breaks the database',
    'makes a state that does not fit',
    'uses a code nobody declared',
    'posts what does not fit',
  ])('[CARD3] a handler that %s is a bug; its neighbours live', async (what) => {
    await using opened = await open()
    const { lab, world, at } = opened
    lab.steps.set('bad', async (call) => {
      call.setState({ total: 77 })
      if (what === 'throws') throw new TypeError('planted')
      if (what === 'breaks the database') await sql`SELECT 1 / 0`.execute(call.tx)
      if (what === 'makes a state that does not fit') call.setState({ total: '77' } as never)
      if (what === 'uses a code nobody declared') call.fail('lab.unheard')
      if (what === 'posts what does not fit') await call.post({ kind: note.kind, body: { text: 1 } })
    })
    const outcomes = await Promise.all(
      upTo(9).map((n) =>
        refusalOf(
          n === 4
            ? world.as('li').act(at, counter, 'do', { step: 'bad' }, 'b')
            : world.as('zhao').act(at, counter, 'add', { by: 1 }),
        ),
      ),
    )
    expect(outcomes).toEqual(upTo(9).map((n) => (n === 4 ? 'server.bug' : null)))
    expect(await world.read(at, counter)).toEqual({ total: 8 })
    expect(world.takeBugs()).toHaveLength(1)
    expect(await countRows(world, 'acted')).toBe(8)
  })
})

describe('seeing', () => {
  test('[CARD4] the state is the same for all; a part of one’s own goes to its viewer alone', async () => {
    await using opened = await open()
    const { world, at } = opened
    const lines = { zhao: world.listen('zhao'), sun: world.listen('sun') }
    await world.settle()
    for (const line of Object.values(lines)) line.subscribe(world.groupId)
    await world.settle()
    await world.as('zhao').act(at, counter, 'add', { by: 41 })
    await world.settle()
    const own = lines.zhao.changesOf('user/zhao').at(-1)
    expect(own?.rows).toMatchObject([{ row: 'mine', seq: at.seq, kind: counter.kind, body: { added: 41 } }])
    expect(JSON.stringify(lines.sun.frames)).not.toContain('"added":41')
    for (const line of Object.values(lines)) {
      expect(line.changesOf(`group/${world.groupId}`).at(-1)?.rows).toMatchObject([{ state: { total: 41 } }])
    }
    const asSun = await world.core.message(world.as('sun').principal, at.groupId, at.seq)
    expect(asSun).toMatchObject({ mine: null, message: { state: { total: 41 } } })
    expect(JSON.stringify(await world.core.history(world.as('sun').principal, world.groupId, {}))).not.toContain(
      'added',
    )
  })
  test('[CARD5] lists show every kind, also one this server does not know', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: [] })
    const at = await postCounter(world, '标题')
    const lastOf = async (core = world.core) =>
      (await core.conversations(world.as('sun').principal)).conversations[0]?.head.last
    expect(await lastOf()).toMatchObject({ kind: counter.kind, summary: '[标题]', senderName: '小李' })
    const older = await world.startNode({ features: createLab().features.slice(0, 2) })
    expect(await lastOf(older)).toMatchObject({
      kind: counter.kind,
      summary: { 'zh-CN': '[新消息]', en: '[New message]' },
    })
    const { message } = await older.message(world.as('sun').principal, at.groupId, at.seq)
    expect(message).toMatchObject({ kind: counter.kind, body: { title: '标题' }, state: { total: 0 } })
    const attempt = older.act({ principal: world.as('sun').principal, ...at, action: 'add', input: { by: 1 } })
    expect(await refusalOf(attempt)).toBe('card.unknown_type')
  })
  test('[CARD6] what was stored before a field existed is served as it is, and acted on', async () => {
    await using world = await startWorld({ features: createLab().features, watching: [] })
    const at = await postCounter(world)
    await world.store.transaction('*', (tx) =>
      sql`UPDATE messages SET body = '{"title":"旧","was":1}', state = '{"total":5}' WHERE seq = ${at.seq}`.execute(tx),
    )
    await world.as('zhao').act(at, counter, 'add', { by: 1 })
    const { message } = await world.core.message(world.as('sun').principal, at.groupId, at.seq)
    expect(message).toMatchObject({ body: { title: '旧', was: 1 }, state: { total: 6 } })
  })
})

describe('repeating', () => {
  test('[CARD7] an action repeated with its key answers as the first time and acts once, at once or years later', async () => {
    await using opened = await open()
    const { world, at } = opened
    const add = (by: number, key: string, name = 'zhao') => world.as(name).act(at, counter, 'add', { by }, key)
    const burst = await Promise.all(upTo(20).map(() => add(3, 'k')))
    expect(burst.filter((answer) => !answer.replayed)).toHaveLength(1)
    expect(await totalOf(world, at)).toBe(3)
    world.time.moveTo(world.time.now() + 3 * 365 * 86_400_000)
    await world.settle()
    expect(await add(3, 'k')).toMatchObject({ replayed: true, state: { total: 3 }, mine: { added: 3 } })
    expect(await refusalOf(add(4, 'k'))).toBe('idempotency.key_reused')
    expect(await refusalOf(world.as('zhao').act(at, counter, 'admins', {}, 'k'))).toBe('idempotency.key_reused')
    await add(3, 'k', 'sun')
    const second = await postCounter(world, '另一张')
    await world.as('zhao').act(second, counter, 'add', { by: 9 }, 'k')
    expect([await totalOf(world, at), await totalOf(world, second)]).toEqual([6, 9])
  })
  test('[CARD7] a refused action keeps no key: it may succeed later', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    let isOpen = false
    lab.steps.set('try', (call) => {
      if (!isOpen) call.fail('lab.refused')
      call.setState({ total: 1 })
    })
    expect(await refusalOf(world.as('zhao').act(at, counter, 'do', { step: 'try' }, 'k'))).toBe('lab.refused')
    isOpen = true
    expect(await world.as('zhao').act(at, counter, 'do', { step: 'try' }, 'k')).toMatchObject({
      replayed: false,
      state: { total: 1 },
    })
  })
})

describe('handlers', () => {
  test('[CARD9] a handler that posts does so in its own transaction, from a sender or the system, and members see both at once', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    lab.steps.set('speak', async (call) => {
      call.setState({ total: 5 })
      await call.post({ kind: note.kind, body: { text: '我说' }, senderId: call.actorId })
      await call.post({ kind: 'system', body: { what: 'note', text: '系统说' } })
    })
    const line = world.listen('sun')
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    await world.as('zhao').act(at, counter, 'do', { step: 'speak' })
    await world.settle()
    const frames = line.changesOf(`group/${world.groupId}`)
    expect(frames).toHaveLength(1)
    expect(frames[0]?.rows.map((row) => (row.row === 'message' ? row.seq : row.row))).toEqual([
      at.seq + 1,
      at.seq + 2,
      at.seq,
    ])
    const stored = await listStored(world)
    expect(stored.slice(-2)).toMatchObject([
      { sender_id: 'zhao', kind: note.kind, countable: true, own: 1 },
      { sender_id: '', kind: 'system', countable: false },
    ])
  })
  test('[CARD9] a handler reads members, bans and the clock of its decision', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    const seen: unknown[] = []
    lab.steps.set('look', async (call) => {
      const member = await call.findMember(id('sun'))
      seen.push(
        call.now,
        call.at,
        call.actorId,
        call.actor?.role,
        call.senderId,
        member?.name,
        await call.findMember(id('zhou')),
        await call.isBanned(id('sun')),
        (await call.findUser(id('zhou')))?.name,
        call.disbanded,
        call.randomHex(4).length,
      )
    })
    world.time.moveTo(world.time.now() + 7_000)
    await world.as('he').act(at, counter, 'do', { step: 'look' })
    const now = world.time.now()
    expect(seen).toEqual([now, now - 7_000, 'he', 'admin', 'li', '孙老师', undefined, false, '老周', false, 8])
  })
  test('[CARD9] nothing of an action is published before it is committed', async () => {
    await using opened = await open()
    const { lab, world, at } = opened
    const line = world.listen('sun')
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    let during = 0
    lab.steps.set('slow', async (call) => {
      call.setState({ total: 1 })
      await call.post({ kind: note.kind, body: { text: '说' } })
      await turns(30)
      during = line.changesOf(`group/${world.groupId}`).length
    })
    await world.as('zhao').act(at, counter, 'do', { step: 'slow' })
    await world.settle()
    expect(during).toBe(0)
    expect(line.changesOf(`group/${world.groupId}`)).toHaveLength(1)
  })
})

test('[CARD8] what moves money or stock needs a key, and is not for guests: posts and actions', async () => {
  await using opened = await open()
  const { world, at } = opened
  const { principal } = world.as('zhao')
  const buy = (more: object) => refusalOf(world.core.act({ principal, ...at, action: 'buy', input: {}, ...more }))
  expect(await buy({})).toBe('idempotency.key_missing')
  expect(await buy({ principal: { ...principal, guest: true }, clientId: 'k' })).toBe('auth.guest_forbidden')
  expect(await buy({ clientId: 'k' })).toBeNull()
  const post = (guest: boolean) =>
    refusalOf(
      world.core.post({
        appId: principal.appId,
        groupId: world.groupId,
        senderId: id('zhao'),
        guest,
        kind: commerce.kind,
        body: {},
        clientId: `g${guest}`,
      }),
    )
  expect([await post(true), await post(false)]).toEqual(['auth.guest_forbidden', null])
})

test('[CARD4] a state larger than its limit in bytes is a bug, in an action and at the opening', async () => {
  await using opened = await open({ cardStateBytesMax: 300 })
  const { lab, world, at } = opened
  lab.steps.set('grow', (call) => call.setState({ total: 1, note: '长'.repeat(110) }))
  expect(await refusalOf(world.as('li').act(at, counter, 'do', { step: 'grow' }))).toBe('server.bug')
  lab.openings.set('big', () => '长'.repeat(110))
  expect(await refusalOf(world.as('li').post(world.groupId, openedCard, { step: 'big' }))).toBe('server.bug')
  lab.steps.set('fit', (call) => call.setState({ total: 1, note: '长'.repeat(80) }))
  expect(await refusalOf(world.as('li').act(at, counter, 'do', { step: 'fit' }))).toBeNull()
  expect(world.takeBugs()).toHaveLength(2)
})
