/** What the host's orders do with places, in any order, repeated and late; and the audits that watch over it. */
import { HOUR, type MineOf, type UserId } from '@qun/contract'
import { refusalOf, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { tell } from '../../trade/order/fixtures.ts'
import { bindOrder, groupBuy, instructionsForHost, payPlace } from './contract.ts'
import { openWorld } from './fixtures.ts'
import { audits } from './store-audits.ts'

const offer = (world: World): Promise<At> =>
  world.as('wang').post(world.groupId, groupBuy, {
    ...{
      productId: 'roll',
      refunds: '七天内可退',
      stock: 99,
      ladder: [{ size: 2, priceFen: 1_900 }],
      perMember: 2,
      teamMs: HOUR,
    },
    ...{ endsAt: world.time.now() + 24 * HOUR, late: 'refund' as const },
  })
const start = (world: World, at: At, who: string) => world.as(who).act(at, groupBuy, 'start', { quantity: 1 })
const join = (world: World, at: At, who: string) => world.as(who).act(at, groupBuy, 'join', { teamNo: 1, quantity: 1 })
let keys = 0
const body = (who: string, orderId: string) => ({ userId: who as UserId, orderId })
const bind = (world: World, at: At, who: string, orderId: string) =>
  refusalOf(world.asServer().call(bindOrder, { params: at, body: body(who, orderId), key: `b${++keys}` }))
const paid = async (world: World, at: At, who: string, orderId: string) =>
  (await world.asServer().call(payPlace, { params: at, body: body(who, orderId), key: `p${++keys}` })).status
const hear = async (world: World, orderId: string, status: string) => {
  await world.asServer().call(tell, { body: { orderId, status } })
  await world.settle()
}
const due = async (world: World) =>
  (await world.asServer().call(instructionsForHost, { query: {} })).instructions
    .map((one) => `${one.what} ${one.orderId}`)
    .toSorted()
const placeOf = async (world: World, at: At, who: string) =>
  ((await world.as(who).mine(at)) as MineOf<typeof groupBuy> | null)?.place ?? null

const hearOf = async (world: World, orderId: string, userId: string, status = 'paid') => {
  await world.asServer().call(tell, { body: { orderId, status, userId } })
  await world.settle()
}
const others = 'group_buy.order_others'

describe('orders of other people', () => {
  test('[GB20] told before, it is bound to nobody else’s place and pays for none; its own person’s it does', async () => {
    await using world = await openWorld()
    const at = await offer(world)
    await start(world, at, 'li')
    await start(world, at, 'zhao')
    await hearOf(world, 'o1', 'zhao')
    expect(await bind(world, at, 'li', 'o1')).toBe(others)
    expect(await refusalOf(paid(world, at, 'li', 'o1'))).toBe(others)
    expect(await placeOf(world, at, 'li')).toMatchObject({ status: 'held' })
    expect(await due(world)).toEqual([])
    expect(await paid(world, at, 'zhao', 'o1')).toBe('paid')
  })
  test('[GB20] bound before that was told: its money goes back, and the place is kept for its person', async () => {
    await using world = await openWorld()
    const at = await offer(world)
    await start(world, at, 'li')
    expect(await bind(world, at, 'li', 'o1')).toBe(null)
    await hearOf(world, 'o1', 'zhao')
    expect(await due(world)).toEqual(['void o1'])
    expect(await placeOf(world, at, 'li')).toMatchObject({ status: 'held' })
    expect(await paid(world, at, 'li', 'o2')).toBe('paid')
  })
  test('[GB20] [GB12] paid before that was told: an open team loses it, a completed one’s capture is dropped, once', async () => {
    await using world = await openWorld()
    const at = await offer(world)
    await start(world, at, 'li')
    expect(await paid(world, at, 'li', 'o1')).toBe('paid')
    for (let times = 0; times < 2; times++) await hearOf(world, 'o1', 'sun')
    expect(await due(world)).toEqual(['void o1'])
    expect(await world.read(at, groupBuy)).toMatchObject({ openCount: 0, left: 99 })
    await start(world, at, 'li')
    expect(await paid(world, at, 'li', 'o2')).toBe('paid')
    await world.as('zhao').act(at, groupBuy, 'join', { teamNo: 2, quantity: 1 })
    expect(await paid(world, at, 'zhao', 'o3')).toBe('won')
    for (let times = 0; times < 2; times++) await hearOf(world, 'o3', 'sun', 'received')
    expect(await due(world)).toEqual(['capture o2', 'void o1'])
    expect(await world.read(at, groupBuy)).toMatchObject({ soldCount: 1, left: 98 })
  })
})

describe('orders', () => {
  test.each(['cancelled', 'refunded'])('[V5] [GB12] bound, %s, then reported as paid: void', async (status) => {
    await using world = await openWorld()
    const at = await offer(world)
    await start(world, at, 'li')
    await paid(world, at, 'li', 'o1')
    await join(world, at, 'zhao')
    expect(await bind(world, at, 'zhao', 'o2')).toBe(null)
    await hear(world, 'o2', status)
    for (let times = 0; times < 2; times++) expect(await paid(world, at, 'zhao', 'o2')).toBe('lost')
    expect(await due(world)).toEqual(['void o2'])
    expect((await world.read(at, groupBuy)).teams).toMatchObject([{ paidCount: 1, heldCount: 0 }])
    // The place is free for an order that stands.
    await join(world, at, 'zhao')
    expect(await paid(world, at, 'zhao', 'o3')).toBe('won')
    expect(await due(world)).toEqual(['capture o1', 'capture o3', 'void o2'])
  })
  test('[V5] [GB12] one that ended before anybody said what it is for is neither bound nor counted', async () => {
    await using world = await openWorld()
    const at = await offer(world)
    await hear(world, 'o1', 'cancelled')
    await hear(world, 'o1', 'paid')
    await start(world, at, 'li')
    expect(await bind(world, at, 'li', 'o1')).toBe('group_buy.order_ended')
    expect(await paid(world, at, 'li', 'o1')).toBe('lost')
    expect(await due(world)).toEqual(['void o1'])
    expect(await placeOf(world, at, 'li')).toMatchObject({ status: 'held' })
    expect(await paid(world, at, 'li', 'o2')).toBe('paid')
  })
  test('[GB10] one that was paid before anybody said what it is for counts once that is said', async () => {
    await using world = await openWorld()
    const at = await offer(world)
    await hear(world, 'o1', 'paid')
    await start(world, at, 'li')
    for (let times = 0; times < 2; times++) expect(await bind(world, at, 'li', 'o1')).toBe(null)
    expect(await placeOf(world, at, 'li')).toMatchObject({ status: 'paid', teamNo: 1 })
  })
  test.each([
    ['first', ['o1', 'o2']],
    ['second', ['o2', 'o1']],
  ])('[V6] [GB10] [GB11] two bound to one place, the %s paid first: it counts, the other goes back', async (_, ids) => {
    for (const isHeard of [true, false]) {
      await using world = await openWorld()
      const at = await offer(world)
      await start(world, at, 'li')
      for (const orderId of ['o1', 'o2']) expect(await bind(world, at, 'li', orderId)).toBe(null)
      const pay = (orderId: string) => (isHeard ? hear(world, orderId, 'paid') : paid(world, at, 'li', orderId))
      for (const orderId of [...ids, ...ids]) await pay(orderId)
      expect(await due(world)).toEqual([`void ${ids[1]}`])
      await join(world, at, 'zhao')
      await paid(world, at, 'zhao', 'o3')
      expect(await due(world)).toEqual(['capture o3', `capture ${ids[0]}`, `void ${ids[1]}`].toSorted())
      expect(await bind(world, at, 'li', 'o9')).toBe('group_buy.place_paid')
    }
  })
  test('[V6] [GB11] two paid at once on two nodes: one counts', async () => {
    await using world = await openWorld()
    const nodes = [world.core, await world.startNode()]
    let turn = 0
    world.route = () => nodes[turn++ % 2] as typeof world.core
    const at = await offer(world)
    await start(world, at, 'li')
    for (const orderId of ['o1', 'o2']) await bind(world, at, 'li', orderId)
    const told = await Promise.all(['o1', 'o2'].map((orderId) => paid(world, at, 'li', orderId)))
    expect(told.toSorted()).toEqual(['lost', 'paid'])
    expect(await due(world)).toHaveLength(1)
  })
  test('[V6] [GB12] one of two cancelled takes no place away, both do', async () => {
    await using world = await openWorld()
    const at = await offer(world)
    await start(world, at, 'li')
    for (const orderId of ['o1', 'o2']) await bind(world, at, 'li', orderId)
    await hear(world, 'o1', 'cancelled')
    expect(await world.read(at, groupBuy)).toMatchObject({ heldCount: 1 })
    await hear(world, 'o2', 'cancelled')
    expect(await world.read(at, groupBuy)).toMatchObject({ heldCount: 0 })
  })
})

const dear = sql`UPDATE messages SET body = jsonb_set(body::jsonb, '{ladder,0,priceFen}', '1')::json WHERE kind = 'group-buy'`
const planted = [
  ['MER4', dear],
  ['MER4', sql`UPDATE group_buy_offers SET floor_fen = 1901`],
  ['MER4', sql`UPDATE group_buy_offers SET floor_fen = NULL`],
  ['MER4', sql`DELETE FROM group_buy_offers`],
  ['GB2', sql`UPDATE group_buy_places SET quantity = 3 WHERE user_id = 'li'`],
  ['GB10', sql`UPDATE group_buy_places SET order_id = 'o2' WHERE order_id = 'o1'`],
  ['GB10', sql`UPDATE group_buy_orders SET place_id = 'place_x' WHERE order_id = 'o1'`],
  [
    'V6',
    sql`INSERT INTO group_buy_orders SELECT app_id, 'o8', group_id, seq, place_id, 1, NULL FROM group_buy_orders
    WHERE order_id = 'o1'`,
  ],
  ['GB12', sql`UPDATE group_buy_orders SET ended_at = 1 WHERE order_id = 'o1'`],
  ['GB12', sql`UPDATE group_buy_orders SET ended_at = 1 WHERE order_id = 'o3'`],
] as const
test.each(planted)('[MER9] [MER4] [V6] [GB2] [GB10] [GB12] audit %s: a planted breach is found', async (id, plant) => {
  const world = await openWorld()
  const at = await offer(world)
  await start(world, at, 'li')
  await paid(world, at, 'li', 'o1')
  await join(world, at, 'zhao')
  await paid(world, at, 'zhao', 'o2')
  await start(world, at, 'sun')
  await paid(world, at, 'sun', 'o3')
  await hear(world, 'o4', 'cancelled')
  const find = () =>
    world.store.reading('*', (tx) => Promise.all(audits.map(async (one) => [one.id, await one.find(tx, 0)] as const)))
  expect((await find()).flatMap(([, found]) => found)).toEqual([])
  await world.store.transaction('*', async (tx) => {
    // A wall of the store stands in the way of one.
    await sql`DROP INDEX group_buy_places_order`.execute(tx)
    await plant.execute(tx)
  })
  expect((await find()).flatMap(([name, found]) => (found.length > 0 ? [name] : []))).toContain(id)
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow(`audit ${id}`)
})
