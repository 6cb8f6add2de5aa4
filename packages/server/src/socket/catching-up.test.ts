/** Coming back over a real socket, whatever lies between: long answers, slow readers, crowds at the entrance. */
import { features } from '@qun/chat/server'
import type { GroupId, UserId } from '@qun/contract'
import { textLengthMax } from '@qun/features/words/message/contract'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { createEntrance } from '../ground/doors.ts'
import { socketLimits } from '../ground/rates.ts'
import { makeShopGroup, startTestServer, tokenOf, type TestServer } from '../testing/test-server.ts'
import { WireClient } from '../testing/wire-client.ts'

let world: TestServer
beforeAll(async () => {
  world = await startTestServer({ pgUrl: inject('pgUrl'), features })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})
let clients: WireClient[] = []
afterEach(() => {
  for (const client of clients) client.close()
  clients = []
  world.clock.pass(20_000)
})
async function connect(): Promise<WireClient> {
  const client = await WireClient.open(world.url)
  clients.push(client)
  return client
}
const token = (userId: string) => tokenOf(world.app, userId, world.clock.now())
const enter = async (userId: string) => (await connect()).enter(token(userId))
const principal = (userId: string) => ({ appId: world.app.appId, userId: userId as UserId, guest: false })
let posts = 0
/** Posts so many texts of li's, past the budgets of people. */
async function postTexts(groupId: string, count: number, text: string): Promise<number[]> {
  const { core } = world.server
  posts++
  const request = { ...principal('li'), groupId: groupId as GroupId, senderId: 'li' as UserId, kind: 'text' }
  const posted = await Promise.all(
    Array.from({ length: count }, (_, i) => core.post({ ...request, body: { text }, clientId: `t-${posts}-${i}` })),
  )
  return posted.map(({ seq }) => seq)
}
/** All frames answering request `id`, once it is done. */
async function answerTo(client: WireClient, id: number): Promise<any[]> {
  const isEnd = (frame: any) => frame.id === id && (frame.op === 'done' || frame.op === 'error')
  await client.until(() => client.frames.some(isEnd) || client.closedWith !== undefined)
  expect([client.closedWith, client.closeReason]).toEqual([undefined, ''])
  return client.frames.filter((frame) => frame.id === id)
}
const open = (client: WireClient, id: number, groupId: string, from?: number) =>
  client.send({ op: 'subscribe', id, groups: [{ groupId, level: 'open', ...(from === undefined ? {} : { from }) }] })
const bytesOf = (rows: readonly unknown[]) =>
  rows.reduce((sum: number, row) => sum + Buffer.byteLength(JSON.stringify(row)), 0)

describe('long answers', () => {
  const worst = '🧋'.repeat(textLengthMax)
  let groupId: string
  beforeAll(async () => {
    groupId = await makeShopGroup(world)
    const { core } = world.server
    const seqs = await postTexts(groupId, 50, worst)
    await Promise.all(
      seqs.map((seq) =>
        core.act({
          principal: principal('li'),
          groupId: groupId as GroupId,
          seq,
          action: 'edit',
          input: { text: worst, ifEdits: 0 },
        }),
      ),
    )
  })
  test('[SYNC21] a group of the longest texts there may be, all edited, opens for everybody', async () => {
    const { pageBytesMax } = world.server.core.limits
    for (const userId of ['wang', 'zhao', 'sun']) {
      const client = await enter(userId)
      open(client, 1, groupId)
      const [snapshot, done] = await answerTo(client, 1)
      expect([snapshot.op, done.op]).toEqual(['snapshot', 'done'])
      expect(snapshot.messages.length).toBeGreaterThan(3)
      expect(bytesOf(snapshot.messages)).toBeLessThan(pageBytesMax * 1.1)
      expect(snapshot.lowSeq).toBe(snapshot.messages[0].seq)
      open(client, 2, groupId, 0)
      const pages = (await answerTo(client, 2)).filter((frame) => frame.op === 'changes')
      expect(pages.length).toBeGreaterThan(5)
      for (const page of pages) expect(bytesOf(page.rows)).toBeLessThan(pageBytesMax * 1.1)
      const rows = pages.flatMap((page) => page.rows)
      expect(rows.filter((row) => row.kind === 'text')).toHaveLength(50)
      for (const [i, page] of pages.entries()) expect(page.from).toBe(i === 0 ? 0 : pages[i - 1].to)
    }
  })
  test('[SYNC21] a reader that does not read is sent a page and no more, and all once it does', async () => {
    const client = await enter('he')
    client.socket.pause()
    const ids = Array.from({ length: 8 }, (_, i) => i + 1)
    for (const id of ids) open(client, id, groupId, 0)
    let most = 0
    let sameFor = 0
    // What the kernel does not take stays here: it grows until the first page that finds no room, and no further.
    for (let last = -1; sameFor < 50;) {
      await new Promise((resolve) => setImmediate(resolve))
      const queued = world.server.gateway.queuedBytesMax
      sameFor = queued === last && queued > 0 ? sameFor + 1 : 0
      last = queued
      most = Math.max(most, queued)
    }
    expect(most).toBeLessThan(socketLimits.queuedBytesMax)
    client.socket.resume()
    for (const id of ids) {
      const rows = (await answerTo(client, id)).flatMap((frame) => frame.rows ?? [])
      expect(rows.filter((row) => row.kind === 'text')).toHaveLength(50)
    }
  })
})

test('[SYNC21] a phone 1,990 messages of 120 characters behind catches up', async () => {
  const groupId = await makeShopGroup(world)
  const { version } = await world.server.core.snapshot(principal('sun'), groupId as GroupId)
  const seqs = []
  for (let n = 0; n < 10; n++)
    seqs.push(...(await postTexts(groupId, 199, '好'.repeat(110) + `${n}`.padStart(10, '茶'))))
  const client = await enter('sun')
  open(client, 1, groupId, version)
  const rows = (await answerTo(client, 1)).flatMap((frame) => frame.rows ?? [])
  expect(rows.filter((row) => row.row === 'message').map((row) => row.seq)).toEqual(seqs.toSorted((a, b) => a - b))
})

describe('asking for much', () => {
  test('[LIMIT8] [I7] a group named a hundred times in one frame is read once', async () => {
    const groupId = await makeShopGroup(world)
    const client = await enter('zhao')
    const groups = Array.from({ length: 100 }, () => ({ groupId, level: 'open' }))
    client.send({ op: 'subscribe', id: 1, groups })
    expect((await answerTo(client, 1)).map((frame) => frame.op)).toEqual(['snapshot', 'done'])
  })
  test('[LIMIT8] each group of a frame costs one reading of the viewer’s budget', async () => {
    const client = await enter('zhao')
    const groups = Array.from({ length: 100 }, (_, i) => ({
      groupId: `grp_${`${i}`.padStart(32, '0')}`,
      level: 'listed',
    }))
    for (const id of [1, 2, 3]) client.send({ op: 'subscribe', id, groups })
    const codes = []
    for (const id of [1, 2, 3]) codes.push((await answerTo(client, id)).at(-1).code)
    expect(codes).toEqual(['group.not_found', 'group.not_found', 'rate.limited'])
  })
  test('[LIMIT8] more questions than may wait are refused, and those before them answered in their order', async () => {
    const groupId = await makeShopGroup(world)
    const client = await enter('zhao')
    for (let id = 1; id <= 110; id++) client.send({ op: 'pull', id, stream: `group/${groupId}`, from: 0 })
    for (let id = 1; id <= 110; id++) await answerTo(client, id)
    const refused = client.frames.filter((frame) => frame.op === 'error')
    expect(refused.every((frame) => frame.code === 'rate.limited')).toBe(true)
    const done = client.frames.filter((frame) => frame.op === 'done').map((frame) => frame.id)
    expect(done.length + refused.length).toBe(110)
    expect(done).toEqual(done.toSorted((a: number, b: number) => a - b))
  })
})

describe('the entrance', () => {
  test('[SYNC23] whoever is refused makes room at once, though their client does not answer', async () => {
    const right = token('li')
    for (let n = 0; n < socketLimits.perUser; n++) await (await connect()).enter(right)
    for (let n = 0; n < 40; n++) {
      const client = await connect()
      client.send({ op: 'auth', token: right })
      // It reads nothing, and so never learns that it is to close.
      client.socket.pause()
    }
    expect((await enter('sun')).frames[0]).toMatchObject({ op: 'hello', userId: 'sun' })
  })
  test('[SYNC23] apps take turns, a person holds a few places, and who left the queue is not let in', async () => {
    const entrance = createEntrance(undefined, 4, 0)
    const entered: string[] = []
    const ask = (appId: string, userId: string) => {
      const one = { owner: { appId, userId, isGone: false }, leave: (): void => void (one.owner.isGone = true) }
      void entrance.take(one.owner).then(
        (end) => {
          entered.push(`${appId}/${userId}`)
          one.leave = end
        },
        () => undefined,
      )
      return one
    }
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const crowd = [...Array(6).keys()].map(() => ask('big', 'loop'))
    const others = ['li', 'sun', 'he'].map((person) => ask('big', person))
    const small = ask('small', 'zhao')
    await turn()
    expect(entered).toEqual(['big/loop', 'big/loop', 'big/loop', 'big/li'])
    others[1]?.leave()
    others[1]?.leave()
    others[0]?.leave()
    await turn()
    expect(entered.slice(4)).toEqual(['big/he'])
    const late = ask('big', 'wang')
    others[2]?.leave()
    await turn()
    expect(entered.slice(5)).toEqual(['small/zhao'])
    small.leave()
    small.leave()
    await turn()
    expect(entered.slice(6)).toEqual(['big/wang'])
    for (const place of crowd.slice(0, 3)) place.leave()
    await turn()
    expect(entered.slice(7)).toEqual(['big/loop', 'big/loop', 'big/loop'])
    for (const place of [...crowd, ...others, late]) place.leave()
    await turn()
    expect(entered).toHaveLength(10)
  })
})
