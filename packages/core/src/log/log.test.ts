/** The log: positions, bodies, retries, recalls, and the clock of a group. */
import { systemLine, textMessage } from '@qun/features/words/message/contract'
import { seeded, startWorld, refusalOf, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { countRows, counter, createLab, id, listStored, note, opened, postCounter, upTo } from '../fixtures.ts'

const { features } = createLab()
const open = (limits = {}) => startWorld({ features, limits, watching: ['wang', 'li'] })
const say = (world: World, name: string, text: string, clientId?: string) =>
  world.as(name).post(world.groupId, note, { text }, clientId)

describe('positions', () => {
  test('[LOG1] eight writers in four groups: every group counts 1, 2, 3 … without a hole', async () => {
    await using world = await open({ appendBatchMax: 16 })
    const groupIds = [world.groupId]
    for (let i = 0; i < 3; i++) groupIds.push(await world.makeGroup(['wang', 'he', 'li', 'zhao', 'sun']))
    const names = ['wang', 'he', 'li', 'zhao', 'sun', 'wang', 'li', 'zhao']
    const posts = names.flatMap((name, w) =>
      groupIds.flatMap((groupId) => upTo(12).map((n) => world.as(name).post(groupId, note, { text: `${w} ${n}` }))),
    )
    const answered = await Promise.all(posts)
    for (const groupId of groupIds) {
      const stored = await listStored(world, groupId)
      expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
      const seqs = answered.filter((at) => at.groupId === groupId).map((at) => at.seq)
      expect(seqs.toSorted((a, b) => a - b)).toEqual(
        stored.filter((row) => row.kind === note.kind).map((row) => row.seq),
      )
      expect(stored.map((row) => row.ordinal)).toEqual(
        stored.map((_, i) => stored.slice(0, i + 1).filter((row) => row.countable).length),
      )
    }
  })
  test('[LOG1] posts by the group commit, by decisions and by handlers share one sequence', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['wang'] })
    lab.openings.set('first', () => '一')
    lab.steps.set('speak', async (call) => {
      await call.post({ kind: note.kind, body: { text: '卡片说' }, senderId: call.actorId })
    })
    const at = await postCounter(world)
    await Promise.all([
      say(world, 'li', '平常'),
      world.as('zhao').post(world.groupId, opened, { step: 'first' }),
      world.as('sun').post(world.groupId, textMessage, { text: '@', mentions: [id('li')] }),
      world.as('he').act(at, counter, 'do', { step: 'speak' }),
      lab.decide(world.as('wang'), async (call) =>
        (await call.group(world.groupId)).post({ kind: note.kind, body: { text: '端点说' } }),
      ),
      say(world, 'li', '又一句'),
    ])
    const stored = await listStored(world)
    expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
    expect(stored.filter((row) => row.kind === note.kind)).toHaveLength(4)
  })
  test('[LOG2] what one connection posts in order is in that order, whichever way each post takes', async () => {
    await using world = await open()
    const line = world.listen('li')
    await world.settle()
    const ids = upTo(30).map((n) =>
      n % 5 === 0
        ? line.send(world.groupId, 'text', { text: `第 ${n} 句`, mentions: ['zhao'] }, `c-${n}`)
        : line.send(world.groupId, note.kind, { text: `第 ${n} 句` }, `c-${n}`),
    )
    await world.settle()
    const seqs = ids.map((sent) => {
      const answer = line.answersTo(sent)[0]
      return answer?.op === 'sent' ? answer.seq : Number.NaN
    })
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(new Set(seqs).size).toBe(30)
  })
  test('[LOG3] instants never go back along the positions, though the clock of a node does', async () => {
    await using world = await open()
    let skewMs = 0
    const other = await world.startNode({ now: () => world.time.now() + skewMs })
    for (const skew of [3_600_000, -3_600_000, 0, 60_000, -1]) {
      skewMs = skew
      await other.post({
        appId: world.as('li').principal.appId,
        groupId: world.groupId,
        senderId: id('li'),
        kind: note.kind,
        body: { text: `${skew}` },
        clientId: `s${skew}`,
      })
      await say(world, 'zhao', `${skew}`)
      await world.as('sun').post(world.groupId, textMessage, { text: '@', mentions: [id('li')] })
    }
    const ats = (await listStored(world)).map((row) => row.at)
    expect(ats).toEqual(ats.toSorted((a, b) => a - b))
  })
})

describe('bodies', () => {
  test('[LOG4] a body comes out as it went in, by frames, by snapshot and by history, and no action changes it', async () => {
    await using world = await open()
    const random = seeded(7)
    const alphabet = ['a', '"', '\\', '\n', '\u2028', '群', '𠮷', 'e\u0301', '👩‍👩‍👧', '\u202e', '<', '/', '\t', '{"a":1}']
    const texts = upTo(20).map(() =>
      upTo(12)
        .map(() => alphabet[Math.floor(random() * alphabet.length)])
        .join(''),
    )
    const line = world.listen('zhao')
    await world.settle()
    line.subscribe(world.groupId)
    await world.settle()
    for (const text of texts) await say(world, 'li', text)
    await world.settle()
    const bodies = (rows: readonly { kind: string; body: unknown }[]) =>
      rows.filter((row) => row.kind === note.kind).map((row) => (row.body as { text: string }).text)
    const live = line
      .changesOf(`group/${world.groupId}`)
      .flatMap((frame) => frame.rows)
      .filter((row) => row.row === 'message')
    expect(bodies(live)).toEqual(texts)
    expect(bodies((await world.core.snapshot(world.as('sun').principal, world.groupId)).messages)).toEqual(texts)
    expect(bodies((await world.core.history(world.as('sun').principal, world.groupId, {})).messages)).toEqual(texts)
    const at = await postCounter(world, '不变')
    await world.as('zhao').act(at, counter, 'add', { by: 1 })
    expect((await world.core.message(world.as('sun').principal, at.groupId, at.seq)).message.body).toEqual({
      title: '不变',
    })
  })
  test('[LOG5] a recall blanks body and state on every way to read; position, sender and ordinal stay', async () => {
    await using world = await open()
    const secret = '可颂的配方'
    const at = await say(world, 'li', secret)
    await say(world, 'zhao', '哦')
    const before = (await listStored(world)).find((row) => row.seq === at.seq)
    const behind = world.core.changes(world.as('zhao').principal, world.groupId, 0)
    expect(JSON.stringify(await behind)).toContain(secret)
    const answer = await world.as('li').recall(at)
    expect(await world.as('li').recall(at)).toEqual(answer)
    await world.settle()
    const principal = world.as('zhao').principal
    const read = [
      await world.core.snapshot(principal, world.groupId),
      await world.core.history(principal, world.groupId, {}),
      await world.core.changes(principal, world.groupId, 0),
      await world.core.message(principal, world.groupId, at.seq),
      await world.core.conversations(principal),
      world.as('wang').views(),
      world.as('wang').client?.conversations.get(),
    ]
    expect(JSON.stringify(read)).not.toContain(secret)
    const { message } = await world.core.message(principal, world.groupId, at.seq)
    expect(message).toMatchObject({
      seq: at.seq,
      body: null,
      state: null,
      ordinal: before?.ordinal,
      own: before?.own,
      recalled: { by: 'li' },
    })
    expect(await countRows(world, 'messages', sql`body::text LIKE ${`%${secret}%`}`)).toBe(0)
  })
  test('[LOG6] one takes back one’s own within two minutes; admins what is not above them, at any time', async () => {
    await using world = await open()
    const mine = await say(world, 'li', '早')
    const his = await say(world, 'he', '通知')
    const hers = await say(world, 'wang', '店规')
    expect(await refusalOf(world.as('zhao').recall(mine))).toBe('message.not_owner')
    world.time.moveTo(world.time.now() + world.core.limits.recallWindowMs)
    await world.as('li').recall(mine)
    const late = await say(world, 'li', '再早')
    world.time.moveTo(world.time.now() + world.core.limits.recallWindowMs + 1)
    expect(await refusalOf(world.as('li').recall(late))).toBe('message.recall_window')
    expect(await refusalOf(world.as('he').recall(hers))).toBe('message.not_owner')
    await world.as('he').recall(late)
    await world.as('he').recall(his)
    await world.as('wang').recall(hers)
    expect(await refusalOf(world.as('wang').recall({ groupId: world.groupId, seq: 1 }))).toBe('message.system')
    expect(await refusalOf(world.as('li').recall({ groupId: world.groupId, seq: 999 }))).toBe('message.not_found')
    expect(await refusalOf(world.as('zhou').recall(mine))).toBe('message.not_found')
  })
  test('[LOG7] a kind may refuse to be recalled in its state, and gives back what it holds when it is', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['li'] })
    const at = await postCounter(world)
    lab.locked = 'lab.locked'
    expect(await refusalOf(world.as('li').recall(at))).toBe('lab.locked')
    lab.locked = undefined
    lab.onRecall = (call) =>
      call.putUserRecord(call.senderId, lab.feature.records?.[1] as never, 'back', { text: `${call.state.total}` })
    await world.as('zhao').act(at, counter, 'add', { by: 3 })
    await world.as('li').recall(at)
    await world.settle()
    expect(world.as('li').client?.records.get().get('lab-offer/back')?.body).toEqual({ text: '3' })
    expect(await refusalOf(world.as('zhao').act(at, counter, 'add', { by: 1 }))).toBe('message.recalled')
  })
})

describe('retries', () => {
  test('[LOG8] [P3] a retry answers with the first place for ever: by the group commit, by a decision, after years', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['li'] })
    let openings = 0
    lab.openings.set('first', () => `第 ${++openings} 次`)
    const ways: ((key: string) => Promise<{ seq: number }>)[] = [
      (key) => say(world, 'li', '一样', key),
      (key) => world.as('li').post(world.groupId, opened, { step: 'first' }, key),
      (key) => world.as('li').post(world.groupId, textMessage, { text: '有空格 ', mentions: [id('zhao')] }, key),
      (key) => world.as('li').post(world.groupId, textMessage, { text: '引用 ', quote: { seq: 1 } }, key),
    ]
    const first: number[] = []
    for (const [i, way] of ways.entries()) first.push((await way(`k${i}`)).seq)
    const count = (await listStored(world)).length
    const again = async () => {
      for (const [i, way] of ways.entries()) expect((await way(`k${i}`)).seq).toBe(first[i])
    }
    await again()
    world.time.moveTo(world.time.now() + 5 * 365 * 86_400_000)
    await again()
    expect(openings).toBe(1)
    expect(await listStored(world)).toHaveLength(count)
  })
  test('[LOG8] sixty-four identical posts at once, on two nodes, make one message', async () => {
    await using world = await open()
    const other = await world.startNode()
    const request = {
      appId: world.as('li').principal.appId,
      groupId: world.groupId,
      senderId: id('li'),
      kind: note.kind,
      body: { text: '一次' },
      clientId: 'once',
    }
    const mention = { ...request, kind: 'text', body: { text: '一次', mentions: ['zhao'] }, clientId: 'once-more' }
    for (const asked of [request, mention]) {
      const answers = await Promise.all(upTo(64).map((n) => (n % 2 === 0 ? world.core : other).post(asked)))
      expect(new Set(answers.map((answer) => answer.seq)).size).toBe(1)
      expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1)
    }
    expect((await listStored(world)).filter((row) => row.sender_id === 'li')).toHaveLength(2)
    const stored = await listStored(world)
    expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
  })
  test('[LOG9] the same key with other words, or of another kind, is refused; of another person or group it is another key', async () => {
    await using world = await open()
    await say(world, 'li', '原话', 'k')
    expect(await refusalOf(say(world, 'li', '别的', 'k'))).toBe('idempotency.key_reused')
    expect(await refusalOf(world.as('li').post(world.groupId, counter, { title: '原话' }, 'k'))).toBe(
      'idempotency.key_reused',
    )
    expect(
      await refusalOf(world.as('li').post(world.groupId, textMessage, { text: '@', mentions: [id('zhao')] }, 'k')),
    ).toBe('idempotency.key_reused')
    const both = await Promise.allSettled([say(world, 'sun', '甲', 'same'), say(world, 'sun', '乙', 'same')])
    expect(both.map((one) => one.status)).toEqual(['fulfilled', 'rejected'])
    const otherGroup = await world.makeGroup(['wang', 'li'])
    await world.as('zhao').post(world.groupId, note, { text: '原话' }, 'k')
    await world.as('li').post(otherGroup, note, { text: '别的' }, 'k')
    expect((await listStored(world)).filter((row) => row.client_id === 'k')).toHaveLength(2)
  })
  test('[LOG10] a refused post leaves nothing behind, and its key is free', async () => {
    const lab = createLab()
    await using world = await startWorld({ features: lab.features, watching: ['li'] })
    const before = await world.core.snapshot(world.as('wang').principal, world.groupId)
    lab.openings.set('broken', () => {
      throw new Error('planted')
    })
    expect(await refusalOf(world.as('li').post(world.groupId, note, { text: 1 } as never, 'k'))).toBe('request.invalid')
    expect(await refusalOf(world.as('li').post(world.groupId, textMessage, { text: '' }, 'k'))).toBe('message.empty')
    expect(
      await refusalOf(
        world.core.post({
          appId: world.as('li').principal.appId,
          groupId: world.groupId,
          senderId: id('li'),
          kind: 'nobody',
          body: {},
          clientId: 'k',
        }),
      ),
    ).toBe('card.unknown_type')
    expect(await refusalOf(world.as('li').post(world.groupId, opened, { step: 'broken' }, 'k'))).toBe('server.bug')
    expect(world.takeBugs()).toHaveLength(1)
    const after = await world.core.snapshot(world.as('wang').principal, world.groupId)
    expect(after).toEqual(before)
    expect(await countRows(world, 'facts', sql`name LIKE 'lab%'`)).toBe(0)
    await say(world, 'li', '好了', 'k')
  })
})

test('[LOG11] paging through history meets every visible position once while people post and recall', async () => {
  await using world = await open()
  const first = []
  for (const n of upTo(40)) first.push(await say(world, 'li', `${n}`))
  const backwards: number[] = []
  let before: number | undefined
  for (let page = 0; ; page++) {
    const { messages } = await world.core.history(world.as('sun').principal, world.groupId, {
      limit: 7,
      ...(before === undefined ? {} : { before }),
    })
    if (messages.length === 0) break
    backwards.unshift(...messages.map((row) => row.seq))
    before = messages[0]?.seq
    await say(world, 'zhao', `插话 ${page}`)
    await world.as('li').recall(first[page * 5] ?? (first[0] as never))
  }
  const { join_seq: joinSeq } = await readMember(world, 'sun')
  expect(backwards).toEqual(upTo(backwards.at(-1) ?? 0).filter((seq) => seq > joinSeq))
  const forwards: number[] = []
  for (;;) {
    const { messages } = await world.core.history(world.as('sun').principal, world.groupId, {
      after: forwards.at(-1) ?? 0,
      limit: 7,
    })
    if (messages.length === 0) break
    forwards.push(...messages.map((row) => row.seq))
  }
  expect(forwards).toEqual(upTo((await listStored(world)).length).filter((seq) => seq > joinSeq))
})
async function readMember(world: World, name: string): Promise<{ join_seq: number }> {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{
      join_seq: number
    }>`SELECT join_seq FROM members WHERE group_id = ${world.groupId} AND user_id = ${name}`.execute(tx),
  )
  return rows[0] as { join_seq: number }
}

test('[LOG14] hiding deletes a message for one viewer, on all their devices, and keeps what they hold of it', async () => {
  await using world = await open()
  const tablet = world.anotherDevice('li')
  await tablet.open(world.groupId)
  const at = await postCounter(world)
  await world.as('li').act(at, counter, 'add', { by: 2 })
  await world.as('li').hide(at)
  await world.as('li').act(at, counter, 'add', { by: 3 })
  await world.settle()
  const isShown = (person: { views(): readonly { messages: readonly { seq: number }[] }[] }) =>
    person.views()[0]?.messages.some((row) => row.seq === at.seq)
  expect([isShown(world.as('li')), isShown(tablet), isShown(world.as('wang'))]).toEqual([false, false, true])
  const { principal } = world.as('li')
  const { mine } = await world.core.message(principal, at.groupId, at.seq)
  expect(mine).toMatchObject({ hidden: true, body: { added: 5 } })
  await world.as('li').hide(at, false)
  await world.settle()
  expect([isShown(world.as('li')), isShown(tablet)]).toEqual([true, true])
  expect(await world.as('li').mine(at)).toEqual({ added: 5 })
})

test('[LOG12] lines of the system carry no sender, are not counted, and only the engine’s own code makes them', async () => {
  await using world = await open()
  const stored = await listStored(world)
  expect(stored.length).toBeGreaterThan(0)
  for (const row of stored)
    expect(row).toMatchObject({ sender_id: '', kind: systemLine.kind, countable: false, ordinal: 0 })
  expect(await refusalOf(world.as('wang').post(world.groupId, systemLine, { what: 'note', text: '冒充' }, 'k'))).toBe(
    'message.type_forbidden',
  )
})
