/** How a relay list behaves, through a whole world: nobody overwrites anybody. */
import type { UserId } from '@qun/contract'
import { refusalOf, shopId, startWorld, type At, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  exportOf,
  linesOf,
  makeOrders,
  orderedLists,
  orderSumOf,
  relayList,
  takeOrders,
  type OrderSum,
  type RelayBody,
  type Values,
} from './contract.ts'
import feature from './server.ts'

const minute = 60_000
const open = () => startWorld({ features: [message, membership, feature], watching: ['wang', 'li', 'zhao'] })
const body: RelayBody = {
  title: '周六面包',
  fields: [
    { name: '几个', kind: 'number', required: true, min: 1, max: 9 },
    { name: '口味', kind: 'select', required: false, options: [{ name: '原味', capacity: 2 }, { name: '核桃' }] },
    { name: '电话', kind: 'phone', required: false },
  ],
  unitPriceFen: 1_800,
  perMember: 1,
  editing: 'own',
  anonymousAmounts: false,
}
const start = (world: World, more: Partial<RelayBody> = {}, groupId = world.groupId) =>
  world.as('wang').post(groupId, relayList, { ...body, ...more })
const join = (world: World, name: string, at: At, values: Values = [1, null, null]) =>
  refusalOf(world.as(name).act(at, relayList, 'join', { values }))
const linesFor = async (world: World, name: string, at: At) =>
  (await world.as(name).call(linesOf, { params: at, query: { limit: 200 } })).lines

describe('joining', () => {
  test('[RL1] [RL2] fifty at once are fifty lines, numbered 1 to 50', async () => {
    await using world = await open()
    const names = Array.from({ length: 50 }, (_, n) => `guest${n}`)
    for (const name of names) await world.core.putUser(world.as(name).principal.appId, { userId: name as UserId, name })
    const groupId = await world.makeGroup(['wang', ...names])
    const at = await start(world, {}, groupId)
    const codes = await Promise.all(names.map((name, n) => join(world, name, at, [(n % 9) + 1, null, null])))
    expect(codes.filter((code) => code !== null)).toEqual([])
    const lines = await linesFor(world, 'wang', at)
    expect(lines.map(({ no }) => no)).toEqual(names.map((_, n) => n + 1))
    expect(new Set(lines.map(({ userId }) => userId)).size).toBe(50)
    for (const { userId, values } of lines) expect(values[0]).toBe((Number(userId.slice(5)) % 9) + 1)
    expect((await world.read(at, relayList)).lines).toHaveLength(10)
  })
  test('[RL4] [RL6] capacity, options and lines per member hold; what does not fit is told where', async () => {
    await using world = await open()
    const at = await start(world, { capacity: 3, perMember: 2 })
    const codes = await Promise.all([
      ...['li', 'zhao', 'sun'].map((name) => join(world, name, at, [1, 0, null])),
      join(world, 'he', at, [0, null, null]),
    ])
    expect(codes.toSorted()).toEqual([null, null, 'relay_list.option_full', 'relay_list.values'].toSorted())
    expect(await join(world, 'wang', at)).toBe(null)
    expect(await join(world, 'he', at)).toBe('relay_list.full')
    const wide = await start(world, { perMember: 2 })
    for (const expected of [null, null, 'relay_list.limit']) expect(await join(world, 'li', wide)).toBe(expected)
  })
})

describe('changing', () => {
  test('[RL3] [RL5] the latest version alone changes a line, by its owner, or with a reason by who runs it', async () => {
    await using world = await open()
    const at = await start(world)
    await join(world, 'li', at)
    const update = (name: string, version: number, more: object = {}) =>
      refusalOf(world.as(name).act(at, relayList, 'update', { no: 1, version, values: [5, 1, null], ...more }))
    const both = await Promise.all([update('li', 1), update('li', 1)])
    expect(both.toSorted()).toEqual([null, 'precondition.failed'].toSorted())
    expect(await update('zhao', 2)).toBe('group.permission')
    expect(await update('wang', 2)).toBe('group.permission')
    expect(await update('wang', 2, { reason: '面粉不够' })).toBe(null)
    expect((await world.read(at, relayList)).lines[0]).toMatchObject({ version: 3, reason: '面粉不够' })
    expect(await world.as('li').mine(at)).toEqual({ lines: [{ no: 1, values: [5, 1, null], version: 3 }] })
  })
  test('[RL1] [RL5] a withdrawn line keeps its number, its room is free', async () => {
    await using world = await open()
    const at = await start(world, { capacity: 1 })
    await join(world, 'li', at)
    expect(await join(world, 'zhao', at)).toBe('relay_list.full')
    const withdraw = () => refusalOf(world.as('li').act(at, relayList, 'withdraw', { no: 1, version: 1 }))
    expect([await withdraw(), await withdraw()]).toEqual([null, null])
    expect(await join(world, 'zhao', at)).toBe(null)
    const lines = await linesFor(world, 'sun', at)
    expect(lines.map(({ no, withdrawn }) => [no, withdrawn])).toEqual([
      [1, true],
      [2, false],
    ])
    expect(await join(world, 'li', at)).toBe('relay_list.full')
    const frozen = await start(world, { editing: 'none' })
    await join(world, 'li', frozen)
    expect(await refusalOf(world.as('li').act(frozen, relayList, 'withdraw', { no: 1, version: 1 }))).toBe(
      'group.permission',
    )
  })
})

describe('seeing', () => {
  test('[RL6] a telephone number is whole for its owner, the sender and admins alone', async () => {
    await using world = await open()
    const at = await start(world)
    await join(world, 'li', at, [1, null, '13800138000'])
    const phoneFor = async (name: string) => (await linesFor(world, name, at))[0]?.values[2]
    expect(await phoneFor('zhao')).toBe('138****8000')
    for (const name of ['li', 'wang', 'he']) expect(await phoneFor(name)).toBe('13800138000')
    expect(JSON.stringify(await world.read(at, relayList))).not.toContain('13800138000')
    expect(await refusalOf(world.as('zhou').call(linesOf, { params: at }))).toBe('group.not_found')
  })
  test('[RL7] [RL9] a pasted list is taken in, and the table goes out whole, to who runs it', async () => {
    await using world = await open()
    const at = await start(world, { fields: [{ name: '谁', kind: 'text', required: true }, body.fields[0]!] })
    const text = '接龙\n1. 小林 x2\n2. =1+1 x3\n哎'
    expect(await refusalOf(world.as('zhao').act(at, relayList, 'import', { text }))).toBe('group.permission')
    await world.as('wang').act(at, relayList, 'import', { text })
    expect(await world.as('wang').mine(at)).toEqual({ lines: [], imported: { count: 2, bad: [1, 4] } })
    expect(await refusalOf(world.as('wang').act(at, relayList, 'import', { text: '哎' }))).toBe(
      'relay_list.import_empty',
    )
    const out = await world.as('he').call(exportOf, { params: at })
    expect(out.csv).toContain(`"2","'=1+1","'=1+1","3"`)
    expect(out.text).toBe('周六面包\n1. 小林 x2\n2. =1+1 x3')
    expect(await refusalOf(world.as('zhao').call(exportOf, { params: at }))).toBe('group.permission')
  })
})

describe('ending', () => {
  test('[RL8] closed by its time or by who runs it, and locked for good by orders', async () => {
    await using world = await open()
    const at = await start(world, { endsAt: world.time.now() + minute })
    await join(world, 'li', at, [3, null, null])
    await world.pass(minute)
    expect((await world.read(at, relayList)).phase).toBe('closed')
    expect(await join(world, 'zhao', at)).toBe('relay_list.closed')
    const drafts = await world.asServer().call(makeOrders, { params: at, body: {} })
    expect(drafts.drafts).toEqual([{ no: 1, userId: 'li', name: '小李', values: [3, null, null], quantity: 3 }])
    expect(await world.asServer().call(makeOrders, { params: at, body: {} })).toEqual(drafts)
    const edit = world.as('li').act(at, relayList, 'update', { no: 1, version: 1, values: [4, null, null] })
    expect(await refusalOf(edit)).toBe('relay_list.locked')
    const other = await start(world)
    expect(await refusalOf(world.as('li').act(other, relayList, 'close', {}))).toBe('group.permission')
    await world.as('he').act(other, relayList, 'close', {})
    expect(await join(world, 'li', other)).toBe('relay_list.closed')
    expect(await refusalOf(start(world, { fields: [body.fields[0]!, body.fields[0]!] }))).toBe(
      'relay_list.fields_invalid',
    )
  })
})

describe('orders', () => {
  const sumFor = (world: World, name: string, at: At) => world.as(name).call(orderSumOf, { params: at })
  const order = (
    world: World,
    name: string,
    at: At,
    { lineCount, quantity }: Pick<OrderSum, 'lineCount' | 'quantity'>,
  ) => refusalOf(world.as(name).act(at, relayList, 'order', { lineCount, quantity }))
  const waiting = async (world: World) =>
    (await world.asServer().call(orderedLists, { query: {} })).lists.map(({ seq, byId, lineCount }) => [
      seq,
      byId,
      lineCount,
    ])

  test('[RL10] [RL8] who runs it makes orders of what they confirmed, once; the list is locked for good', async () => {
    await using world = await open()
    const at = await start(world, { perMember: 2, endsAt: world.time.now() + minute })
    expect(await order(world, 'wang', at, { lineCount: 0, quantity: 0 })).toBe('relay_list.empty')
    for (const values of [
      [3, null, null],
      [2, 0, null],
    ] as const)
      await join(world, 'li', at, [...values])
    await join(world, 'zhao', at)
    const sum = await sumFor(world, 'wang', at)
    expect(sum).toEqual({ lineCount: 3, quantity: 6, amountFen: 10_800 })
    expect(await refusalOf(sumFor(world, 'li', at))).toBe('group.permission')
    expect(await order(world, 'li', at, sum)).toBe('group.permission')
    await world.as('zhao').act(at, relayList, 'withdraw', { no: 3, version: 1 })
    expect(await order(world, 'wang', at, sum)).toBe('precondition.failed')
    await world.as('li').act(at, relayList, 'update', { no: 2, version: 1, values: [4, 0, null] })
    expect(await order(world, 'wang', at, { lineCount: 2, quantity: 5 })).toBe('precondition.failed')
    const now = await sumFor(world, 'wang', at)
    expect(now).toEqual({ lineCount: 2, quantity: 7, amountFen: 12_600 })
    const both = await Promise.all([order(world, 'wang', at, now), order(world, 'he', at, now)])
    expect([...both, await order(world, 'wang', at, sum)]).toEqual([null, null, null])
    expect((await world.read(at, relayList)).phase).toBe('ordered')
    const edit = { no: 1, version: 1, values: [4, null, null] }
    expect(await refusalOf(world.as('li').act(at, relayList, 'update', edit))).toBe('relay_list.locked')
    expect(await refusalOf(world.as('he').act(at, relayList, 'withdraw', { no: 1, version: 1, reason: '缺货' }))).toBe(
      'relay_list.locked',
    )
    expect(await join(world, 'zhao', at)).toBe('relay_list.locked')
    await world.pass(minute)
    expect((await world.read(at, relayList)).phase).toBe('ordered')
  })
  test('[RL11] the host finds the list until it took it, and reads the same drafts however often', async () => {
    await using world = await open()
    const [at, own] = [await start(world), await start(world)]
    for (const list of [at, own]) await join(world, 'li', list, [3, null, '13800138000'])
    await order(world, 'wang', at, { lineCount: 1, quantity: 3 })
    await world.asServer().call(makeOrders, { params: own, body: {} })
    expect(await waiting(world)).toEqual([[at.seq, 'wang', 1]])
    const read = () => world.asServer().call(makeOrders, { params: at, body: {} })
    const { drafts } = await read()
    expect(drafts).toEqual([{ no: 1, userId: 'li', name: '小李', values: [3, null, '13800138000'], quantity: 3 }])
    expect(await waiting(world)).toHaveLength(1)
    const take = () => world.asServer().call(takeOrders, { params: at, body: {} })
    expect([await take(), await take()]).toEqual([{}, {}])
    expect(await waiting(world)).toEqual([])
    expect((await read()).drafts).toEqual(drafts)
    expect(await refusalOf(world.as('wang').call(orderedLists, { query: {} }))).toBe('auth.scope')
  })
  test('[MER4] [MER6] [RL12] the host is told whose list it is and no price of anybody’s, among friends and in a shop’s group', async () => {
    await using world = await open()
    const friends = await world.makeFriendsGroup(['li', 'zhao'])
    const host = world.asServer()
    for (const [groupId, merchantId] of [
      [friends, null],
      [world.groupId, shopId],
    ] as const) {
      // Any member posts a list, and says a price of one fen.
      const at = await world.as('li').post(groupId, relayList, { ...body, unitPriceFen: 1 })
      await join(world, 'zhao', at, [9, null, null])
      expect(await sumFor(world, 'li', at)).toEqual({ lineCount: 1, quantity: 9, amountFen: 9 })
      expect(await order(world, 'li', at, { lineCount: 1, quantity: 9 })).toBeNull()
      const origin = { ...at, merchantId, posterId: 'li' }
      const { lists } = await host.call(orderedLists, { query: {} })
      expect(lists).toEqual([{ ...origin, byId: 'li', lineCount: 1, at: world.time.now() }])
      const told = await host.call(makeOrders, { params: at, body: {} })
      expect(told).toEqual({
        ...origin,
        drafts: [{ no: 1, userId: 'zhao', name: '赵阿姨', values: [9, null, null], quantity: 9 }],
      })
      await host.call(takeOrders, { params: at, body: {} })
    }
  })
})
