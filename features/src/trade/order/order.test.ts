/** What the host tells of orders, what it is answered, and what reactions hear. */
import type { GroupId, UserId } from '@qun/contract'
import { defineFeature } from '@qun/core'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { orderOf, parkedOrders, postOrderEvent, type OrderChange } from './contract.ts'
import order from './server.ts'

const id = (name: string) => name as UserId
/** A world with a reaction that writes down what it hears. */
async function open(): Promise<{ world: World; heard: OrderChange[] } & AsyncDisposable> {
  const heard: OrderChange[] = []
  const ear = defineFeature({
    name: 'ear',
    reactions: [
      { name: 'ear.hear', on: 'order.changed', handle: (call) => void heard.push(call.fact.data as OrderChange) },
    ],
  })
  const world = await startWorld({ features: [message, membership, order, ear] })
  return { world, heard, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}
type Kind = OrderChange['status']
const tell = (world: World, kind: Kind, more: object = {}) =>
  world.asServer().call(postOrderEvent, {
    body: { eventId: `o1-${kind}`, kind, orderId: 'o1', userId: id('zhou'), shopId: 'camellia', at: 1_000, ...more },
  })
const read = async (world: World, orderId = 'o1') =>
  (await world.asServer().call(orderOf, { params: { orderId } })).order

describe('reports', () => {
  test('[OR1] [OR3] an event counts once, however many tell it at once; each change is told once', async () => {
    await using scene = await open()
    const { world, heard } = scene
    const all = await Promise.all(Array.from({ length: 8 }, () => tell(world, 'paid', { amountFen: 8_800 })))
    expect(all.filter(({ outcome }) => outcome === 'recorded')).toHaveLength(1)
    expect(all.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(7)
    await tell(world, 'paid', { eventId: 'again', amountFen: 8_800 })
    await world.settle()
    expect(heard).toEqual([
      { orderId: 'o1', userId: 'zhou', shopId: 'camellia', status: 'paid', at: 1_000, amountFen: 8_800, items: [] },
    ])
    await tell(world, 'received', { at: 2_000, groupId: world.groupId })
    await world.settle()
    expect(heard.map(({ status, groupId }) => [status, groupId])).toEqual([
      ['paid', undefined],
      ['received', world.groupId],
    ])
  })
  test('[OR1] ORD-05 the id of an event with other words is refused, unless another source speaks', async () => {
    await using scene = await open()
    const { world } = scene
    await tell(world, 'paid')
    expect(await refusalOf(tell(world, 'paid', { shopId: 'other' }))).toBe('idempotency.key_reused')
    expect(await refusalOf(tell(world, 'paid', { eventId: 'x', userId: id('li') }))).toBe('idempotency.key_reused')
    expect((await tell(world, 'paid', { source: 'pos' })).outcome).toBe('recorded')
    expect((await tell(world, 'paid', { source: 'host' })).outcome).toBe('replayed')
  })
  test('[O1] [OR2] ORD-06 refunded before paid: the final state is right', async () => {
    await using scene = await open()
    const { world, heard } = scene
    for (const kind of ['refunded', 'received', 'paid'] as const) await tell(world, kind, { at: 3_000 })
    await world.settle()
    expect((await read(world)).status).toBe('refunded')
    expect(new Set(heard.map(({ status }) => status))).toEqual(new Set(['refunded']))
  })
  test('[O1] many events of one order at once end where they would one by one', async () => {
    await using scene = await open()
    const { world, heard } = scene
    const kinds: Kind[] = ['paid', 'received', 'cancelled', 'refunded']
    await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        tell(world, kinds[i % 4] as Kind, { eventId: `e${i}`, at: 1_000 + ((i * 7) % 24), amountFen: i }),
      ),
    )
    await world.settle()
    const final = await read(world)
    // The refund with the earliest instant; the amount of the earliest event of all.
    expect(final).toMatchObject({ status: 'refunded', at: 1_001, amountFen: 0 })
    expect(heard.at(-1)).toMatchObject({ status: 'refunded', at: 1_001, amountFen: 0 })
  })
  test('[OR4] ORD-13 markup and long words are inert and cut', async () => {
    await using scene = await open()
    const { world } = scene
    const title = `<img onerror=alert(1)>{{token}}${'长'.repeat(9_900)}`
    await tell(world, 'paid', { items: [{ title, image: 'http://a.example/x.png' }] })
    const [item] = (await read(world)).items
    expect(Array.from(item?.title ?? '')).toHaveLength(80)
    expect(item).toMatchObject({ quantity: 1 })
    expect(item).not.toHaveProperty('image')
  })
  test('an unknown order is not found; only the host reads and reports', async () => {
    await using scene = await open()
    const { world } = scene
    expect(await refusalOf(read(world, 'nothing'))).toBe('order.not_found')
    expect(await refusalOf(world.as('wang').call(orderOf, { params: { orderId: 'o1' } }))).toBe('auth.scope')
  })
})

describe('people nobody told of', () => {
  const stranger = { userId: id('xin'), orderId: 'ox' }
  const waiting = async (world: World) =>
    (await world.asServer().call(parkedOrders, { query: {} })).orders.map((each) => each.orderId)

  test('[O4] ORD-10 their orders are parked, folded on, and told once they are known', async () => {
    await using scene = await open()
    const { world, heard } = scene
    expect((await tell(world, 'paid', { ...stranger, eventId: 'x1' })).outcome).toBe('parked')
    expect((await tell(world, 'received', { ...stranger, eventId: 'x2', at: 2_000 })).outcome).toBe('parked')
    await world.settle()
    expect(heard).toEqual([])
    expect(await waiting(world)).toEqual(['ox'])
    await world.core.putUser('shop' as never, { userId: id('xin'), name: '小新' })
    await tell(world, 'paid')
    await world.settle()
    expect(heard.map(({ orderId, status }) => [orderId, status])).toContainEqual(['ox', 'received'])
    expect(heard.filter(({ orderId }) => orderId === 'ox')).toHaveLength(1)
    expect(await waiting(world)).toEqual([])
  })
  test('[O4] a line of strangers holds up nobody: who joins or orders again is taken up at once', async () => {
    await using scene = await open()
    const { world, heard } = scene
    for (let i = 0; i < 12; i++)
      await tell(world, 'paid', { userId: id(`ghost-${i}`), orderId: `g${i}`, eventId: `g${i}` })
    await tell(world, 'paid', { ...stranger, eventId: 'x1' })
    await world.core.putUser('shop' as never, { userId: id('xin'), name: '小新' })
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('xin')] } })
    await world.settle()
    expect(heard.map(({ orderId }) => orderId)).toEqual(['ox'])
    expect((await waiting(world)).length).toBe(12)
    for (let i = 0; i < 12; i++) await world.core.putUser('shop' as never, { userId: id(`ghost-${i}`), name: '客' })
    for (let i = 0; i < 3; i++) await tell(world, 'paid', { orderId: `l${i}`, eventId: `l${i}`, userId: id('li') })
    await world.settle()
    expect(await waiting(world)).toEqual([])
    // Each once, also when a person's order stands both among the first and among their own.
    expect(new Set(heard.map(({ orderId }) => orderId)).size).toBe(heard.length)
    expect(heard.length).toBe(1 + 12 + 3)
  })
  test('a group is kept as told', async () => {
    const none = `grp_${'0'.repeat(32)}` as GroupId
    await using scene = await open()
    const { world } = scene
    await tell(world, 'paid', { groupId: none })
    expect((await read(world)).groupId).toBe(none)
  })
})
