/** A group's rows, older pages, and answers to actions. */
import type { MessageRow } from '@qun/contract'
import { expect, test } from 'vitest'
import { settle } from '../test/clock.ts'
import type { Peer } from '../test/peer.ts'
import { groupId, startOnline, text, wordsOf, type World } from '../test/world.ts'
import { emptyGroup, withChanges, withSnapshot, type Snapshot } from './group-view.ts'

/** A world whose history route the peer answers; `gate` lets a test hold an answer that was already read. */
async function startWithHistory(count: number, joinSeq = 0) {
  const asked: string[] = []
  let gate: Promise<void> | undefined
  const route = { peer: undefined as Peer | undefined }
  const world: World = await startOnline({
    fetch: async (url) => {
      asked.push(String(url))
      const query = new URL(String(url)).searchParams
      const page = route.peer?.history(groupId, Number(query.get('before')), Math.min(4, Number(query.get('limit'))))
      await gate
      return Response.json(page)
    },
  })
  route.peer = world.peer
  world.peer.putConversation(groupId, { joinSeq })
  for (let i = 1; i <= count; i++) world.peer.post(groupId, 'wang', `c${i}`, `m${i}`)
  const group = world.client.open(groupId)
  await settle()
  const hold = () => {
    let open = (): void => {}
    gate = new Promise((resolve) => (open = resolve))
    return () => {
      gate = undefined
      open()
    }
  }
  return { ...world, group, asked, hold }
}
const seqs = (group: { get(): { messages: readonly { seq: number }[] } }) => group.get().messages.map((one) => one.seq)

test('older pages go before, up to the first message the viewer may see', async () => {
  const { group, asked } = await startWithHistory(14, 3)
  expect(seqs(group)).toEqual([10, 11, 12, 13, 14])
  expect(group.get().atStart).toBe(false)
  const [first, second] = [group.loadOlder(), group.loadOlder()]
  expect([await first, await second]).toEqual([true, true])
  expect(asked).toEqual([`https://chat.example.com/v1/groups/${groupId}/messages?before=10&limit=50`])
  expect(seqs(group)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14])
  expect(await group.loadOlder()).toBe(true)
  expect(seqs(group)[0]).toBe(4)
  expect(group.get().atStart).toBe(true)
  expect(await group.loadOlder()).toBe(false)
  expect(asked).toHaveLength(2)
})

test('loadUntil walks back to a message, or says that it cannot be seen', async () => {
  const { group } = await startWithHistory(20, 3)
  expect(await group.loadUntil(9)).toBe(true)
  expect(seqs(group)[0]).toBeLessThanOrEqual(9)
  expect(await group.loadUntil(2)).toBe(false)
  expect(await group.loadUntil(99)).toBe(false)
})

test('a message that changes while its page is under way is not shown as it was', async () => {
  const { group, peer, hold } = await startWithHistory(12)
  const release = hold()
  const loading = group.loadOlder()
  await settle()
  peer.setState(groupId, 5, 'changed')
  peer.setMine(groupId, 6, 'mine')
  await settle()
  release()
  await loading
  const shown = (seq: number) => group.get().messages.find((one) => one.seq === seq)
  expect(shown(5)?.state).toBe('changed')
  expect(shown(6)?.mine?.body).toBe('mine')
})

test('a page that was asked before another snapshot is asked for again', async () => {
  const { group, peer, hold } = await startWithHistory(12)
  const release = hold()
  const loading = group.loadOlder()
  await settle()
  peer.push({ op: 'reset', code: 'sync.reset', stream: `group/${groupId}`, reason: 'ahead' })
  for (let i = 13; i <= 20; i++) peer.post(groupId, 'wang', `c${i}`, `m${i}`)
  await settle()
  release()
  expect(await loading).toBe(true)
  expect(seqs(group)).toEqual(
    Array.from({ length: seqs(group).length }, (_, index) => 20 - seqs(group).length + index + 1),
  )
})

test('a failed page can be asked for again', async () => {
  let isDown = true
  const { client, peer, clock } = await startOnline({
    fetch: async () => {
      if (isDown) throw new TypeError('network')
      return Response.json(peer.history(groupId, 6, 50))
    },
  })
  for (let i = 1; i <= 10; i++) peer.post(groupId, 'wang', `c${i}`, `m${i}`)
  const group = client.open(groupId)
  await expect(group.loadOlder()).rejects.toMatchObject({ code: 'client.offline' })
  await settle()
  const loading = group.loadOlder()
  const failed = expect(loading).rejects.toMatchObject({
    code: 'client.offline',
    problem: { status: 0, retry: 'later' },
  })
  await clock.pass(5_000)
  await failed
  isDown = false
  expect(await group.loadOlder()).toBe(true)
  expect(seqs(group)).toHaveLength(10)
})

/** A world in which `act` is answered with what `answer` gives. */
async function startWithAction(answer: (peer: Peer) => object | Promise<object>) {
  const keys: (string | null)[] = []
  const route = { peer: undefined as Peer | undefined }
  const world: World = await startOnline({
    fetch: async (_, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key'))
      return Response.json(route.peer ? await answer(route.peer) : {})
    },
  })
  route.peer = world.peer
  world.peer.post(groupId, 'wang', 'c1', 'draw', 'lucky-draw')
  const group = world.client.open(groupId)
  await settle()
  return { ...world, group, keys }
}

test('act shows the answer before its frame arrives; the frame then adds nothing', async () => {
  const { group, peer, keys } = await startWithAction(() => {
    peer.network = () => {}
    const version = peer.setState(groupId, 1, { entries: 1 })
    return { seq: 1, version, state: { entries: 1 }, mine: { ticket: 7 }, replayed: false }
  })
  expect(await group.act(text, 1, 'enter', {})).toEqual({ state: { entries: 1 }, mine: { ticket: 7 } })
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(group.get().messages[0]).toMatchObject({ state: { entries: 1 }, mine: { body: { ticket: 7 } } })
  peer.network = (frame, deliver) => deliver(frame)
  peer.setMine(groupId, 1, { ticket: 7, seat: 'A' })
  peer.putRecord(groupId, 'x', 1)
  await settle()
  expect(group.get().messages[0]).toMatchObject({ state: { entries: 1 }, mine: { body: { ticket: 7, seat: 'A' } } })
})

test('act: an answer older than what the streams brought meanwhile changes nothing', async () => {
  const { group, peer } = await startWithAction(async () => {
    const version = peer.setState(groupId, 1, { entries: 1 })
    peer.setState(groupId, 1, { entries: 2 })
    peer.setMine(groupId, 1, { ticket: 8 })
    await settle()
    return { seq: 1, version, state: { entries: 1 }, mine: { ticket: 7 }, replayed: false }
  })
  await group.act(text, 1, 'enter', {})
  expect(group.get().messages[0]).toMatchObject({ state: { entries: 2 }, mine: { body: { ticket: 8 } } })
})

test('act: a frame from before the answer does not put the state back', async () => {
  const kept: (() => void)[] = []
  const { group, peer } = await startWithAction((peer) => {
    peer.network = (frame, deliver) => void kept.push(() => deliver(frame))
    peer.setState(groupId, 1, { entries: 1 })
    const version = peer.setState(groupId, 1, { entries: 2 })
    return { seq: 1, version, state: { entries: 2 }, mine: null, replayed: false }
  })
  await group.act(text, 1, 'enter', {})
  const seen: unknown[] = []
  group.subscribe(() => seen.push(group.get().messages[0]?.state))
  for (const run of kept) {
    run()
    await settle()
  }
  expect(peer.messages(groupId)[0]?.state).toEqual({ entries: 2 })
  expect(seen.every((state) => JSON.stringify(state) === '{"entries":2}')).toBe(true)
  expect(group.get().version).toBe(peer.groups.get(groupId)?.version)
})

test('frames before the snapshot follow it', () => {
  const row = (seq: number, version: number) => ({ row: 'message', seq, version, senderId: 'wang' }) as MessageRow
  const early = withChanges(emptyGroup, {
    op: 'changes',
    stream: `group/${groupId}`,
    from: 5,
    to: 6,
    rows: [row(3, 6)],
  })
  expect(early.state).toMatchObject({ ready: false, messages: [] })
  const snapshot = { version: 5, lowSeq: 2, messages: [row(2, 5)], members: [], records: [], mine: [] }
  const step = withSnapshot(early.state, snapshot as unknown as Snapshot)
  expect(step.state.messages.map((one) => one.seq)).toEqual([2, 3])
  expect(step.state.cursor).toMatchObject({ version: 6, held: [] })
  expect(withSnapshot(step.state, snapshot as unknown as Snapshot).state).toBe(step.state)
})

test('hide takes the message out of the view at once', async () => {
  const { group, peer } = await startWithAction(() => ({}))
  await group.hide(1)
  expect(wordsOf(group.get())).toEqual([])
  peer.setMine(groupId, 1, null, false)
  await settle()
  expect(wordsOf(group.get())).toEqual(['draw'])
})
