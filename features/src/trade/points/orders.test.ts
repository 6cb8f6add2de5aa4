/** Grants that hang on orders, told twice at once, and taken back by the host and by the order's end. */
import { budgetOf, transfer } from '@qun/ledger'
import { dayBudget, dayIn, defaultZone, mainMerchant, type UserId } from '@qun/contract'
import { appId, refusalOf, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { tell } from '../order/fixtures.ts'
import { deductPoints, fundPoints, grantPoints, pointsOf, reversePoints } from './contract.ts'
import { openWorld } from './fixtures.ts'

const li = 'li' as UserId
let keys = 0
const key = () => ({ key: `k${++keys}` })
const grant = (world: World, ref: string, amount: number) =>
  world.asServer().call(grantPoints, { ...key(), body: { ref, userId: li, amount, orderId: 'o-1' } })
const reverse = (world: World, ref: string) =>
  refusalOf(world.asServer().call(reversePoints, { ...key(), body: { ref, by: `${ref}/back` } }))
const balance = async (world: World) => (await world.asServer().call(pointsOf, { params: { userId: li } })).balance
const counted = async (world: World) => {
  const day = dayBudget(mainMerchant, 'member-day', li, dayIn(defaultZone, world.time.now()))
  return (await world.store.reading(appId, (tx) => budgetOf({ tx, appId }, { ...day, currency: 'points' }))).spent
}
interface ClawedBack {
  readonly orderId: string
  readonly userId: string
  readonly ref: string
  readonly amount: number
}
const clawedBack = async (world: World): Promise<ClawedBack[]> => {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{
      data: ClawedBack
    }>`SELECT data::jsonb AS data FROM facts WHERE name = 'points.clawed-back' ORDER BY fact_seq`.execute(tx),
  )
  return rows.map(({ data }) => data)
}
async function refund(world: World): Promise<void> {
  await world.asServer().call(tell, { body: { orderId: 'o-1', userId: li, status: 'refunded' } })
  await world.core.settle()
}

test('[PO1] [PO10] a grant for an order that is told 32 times at once is one, on two nodes', async () => {
  await using world = await openWorld()
  const second = await world.startNode()
  const server = second.registry.endpoints.get(grantPoints.name)
  const body = { ref: 'g', userId: li, amount: 50, orderId: 'o-1' }
  const there = (n: number) =>
    second.call(server as never, {
      ...{ appId, caller: { kind: 'server' as const }, params: {}, query: {}, body },
      idempotencyKey: `there-${n}`,
    })
  const told = await Promise.all(
    Array.from({ length: 32 }, (_, n) => refusalOf(n % 2 === 0 ? grant(world, 'g', 50) : there(n))),
  )
  expect(told).toEqual(told.map(() => null))
  expect([await balance(world), await counted(world)]).toEqual([50, 50])
  await refund(world)
  expect([await balance(world), await counted(world)]).toEqual([0, 0])
})
test('[PO5] [PO10] what an ended order took back of a grant, the host does not take once more', async () => {
  await using world = await openWorld()
  await grant(world, 'g', 50)
  await world.asServer().call(deductPoints, { ...key(), body: { ref: 'd', userId: li, amount: 30 } })
  await refund(world)
  expect([await balance(world), await counted(world)]).toEqual([0, 30])
  await world.asServer().call(grantPoints, { ...key(), body: { ref: 'other', userId: li, amount: 100 } })
  expect(await reverse(world, 'g')).toBe('ledger.already_reversed')
  expect(await balance(world)).toBe(100)
})
test('[PO5] [PO10] a reversal and the end of its order at once take a grant back once', async () => {
  await using world = await openWorld()
  for (let round = 0; round < 8; round++) {
    const ref = `g-${round}`
    const orderId = `o-${round}`
    const body = { ref, userId: li, amount: 50, orderId }
    await world.asServer().call(grantPoints, { ...key(), body })
    const spent = { ref: `d-${round}`, userId: li, amount: 20 }
    await world.asServer().call(deductPoints, { ...key(), body: spent })
    const before = await balance(world)
    const ending = world
      .asServer()
      .call(tell, { body: { orderId, userId: li, status: 'cancelled' } })
      .then(() => world.core.settle())
    const more = { ref: `more-${round}`, userId: li, amount: 100 }
    const [told] = await Promise.all([
      reverse(world, ref),
      ending,
      world.asServer().call(grantPoints, { ...key(), body: more }),
    ])
    // Taken back whole or as far as it was there by then, by the one or the other.
    expect([null, 'ledger.already_reversed', 'ledger.insufficient_funds']).toContain(told)
    const left = (await balance(world)) - before
    expect([50, 100 - Math.min(50, before)]).toContain(left)
  }
})
test('[PO5] [PO10] what the host took back before the end of the order stays that, and nothing is missing', async () => {
  await using world = await openWorld()
  await grant(world, 'g', 50)
  expect(await reverse(world, 'g')).toBe(null)
  await world.asServer().call(grantPoints, { ...key(), body: { ref: 'other', userId: li, amount: 100 } })
  await refund(world)
  expect(await balance(world)).toBe(100)
  expect(await clawedBack(world)).toEqual([{ orderId: 'o-1', userId: 'li', ref: 'g', amount: 0, missing: 0 }])
})
test('[PO10] one ref told for two orders at once is one grant of one of them, and goes back once', async () => {
  await using world = await openWorld()
  for (let round = 0; round < 4; round++) {
    const give = (orderId: string) =>
      world.asServer().call(grantPoints, { ...key(), body: { ref: `g-${round}`, userId: li, amount: 50, orderId } })
    const orders = [1, 2].map((n) => `o-${round}-${n}`)
    await Promise.all(orders.map(give))
    await world.asServer().call(deductPoints, { ...key(), body: { ref: `d-${round}`, userId: li, amount: 30 } })
    for (const orderId of orders) {
      await world.asServer().call(tell, { body: { orderId, userId: li, status: 'refunded' } })
      await world.core.settle()
      await world.asServer().call(grantPoints, { ...key(), body: { ref: `m-${orderId}`, userId: li, amount: 10 } })
    }
    // Twenty were left when the order ended; of the ten that came in between none went.
    const told = (await clawedBack(world)).filter(({ ref }) => ref === `g-${round}`)
    expect(told).toHaveLength(1)
    const all = await balance(world)
    await world.asServer().call(deductPoints, { ...key(), body: { ref: `rest-${round}`, userId: li, amount: all } })
    expect(all).toBe(told[0]?.orderId === orders[0] ? 20 : 10)
  }
})
test('[PO6] [PO10] what comes back of a grant that a fund paid comes back into the fund', async () => {
  await using world = await openWorld()
  const fill = (ref: string, amount: number) =>
    world.asServer().call(fundPoints, { ...key(), body: { ref, fund: 'spring', amount } })
  await fill('f', 1_000)
  const body = { ref: 'g', userId: li, amount: 100, orderId: 'o-1', fund: 'spring' }
  await world.asServer().call(grantPoints, { ...key(), body })
  await world.asServer().call(deductPoints, { ...key(), body: { ref: 'd', userId: li, amount: 70 } })
  await refund(world)
  expect((await fill('f2', 1)).balance).toBe(931)
})
test('[PO10] refs the host chose stand in the way of no refund, of no fund, and of no other order', async () => {
  await using world = await openWorld()
  await grant(world, 'g', 100)
  for (const ref of ['g/refund', 'fund/f'])
    await world.asServer().call(grantPoints, { ...key(), body: { ref, userId: li, amount: 5 } })
  const fill = () => world.asServer().call(fundPoints, { ...key(), body: { ref: 'f', fund: 'spring', amount: 9 } })
  expect([await fill(), await fill()]).toMatchObject([{ replayed: false }, { replayed: true }])
  await refund(world)
  expect(await balance(world)).toBe(10)
})
test('[PO6] a fund that was filled under a name of before is not filled once more', async () => {
  await using world = await openWorld()
  const legs = [
    { account: 'issuer/points', amount: -9 },
    { account: 'budget/spring', amount: 9 },
  ]
  await world.store.transaction(appId, (tx) =>
    transfer(
      { tx, appId, now: world.time.now(), randomHex: () => 'ab'.repeat(12) },
      { ref: 'points/fund/f', currency: 'points', reason: 'points.fund', legs },
    ),
  )
  const fill = () => world.asServer().call(fundPoints, { ...key(), body: { ref: 'f', fund: 'spring', amount: 9 } })
  expect([await fill(), await fill()]).toMatchObject([
    { balance: 9, replayed: true },
    { balance: 9, replayed: true },
  ])
})
test('[PO10] what the books refuse to give back is told, and the orders after it are heard', async () => {
  await using world = await openWorld()
  await grant(world, 'g', 50)
  // Somebody bound a grant to the order that the books do not know.
  await world.store.transaction(appId, (tx) =>
    sql`INSERT INTO points_order_grants (app_id, order_id, ref, currency, amount)
      VALUES (${appId}, 'o-1', 'points/a-gone', 'points', 7)`.execute(tx),
  )
  const body = { ref: 'next', userId: li, amount: 20, orderId: 'o-2' }
  await world.asServer().call(grantPoints, { ...key(), body })
  await refund(world)
  await world.asServer().call(tell, { body: { orderId: 'o-2', userId: li, status: 'refunded' } })
  await world.core.settle()
  expect(await balance(world)).toBe(0)
  expect(await clawedBack(world)).toEqual([
    { orderId: 'o-1', userId: 'li', ref: 'a-gone', amount: 0, missing: 7, refused: 'ledger.not_reversible' },
    { orderId: 'o-1', userId: 'li', ref: 'g', amount: 50, missing: 0 },
    { orderId: 'o-2', userId: 'li', ref: 'next', amount: 20, missing: 0 },
  ])
})
test('[PO10] an order is whose the host told it is: it carries nothing of another person', async () => {
  await using world = await openWorld()
  const give = (ref: string, userId: string, orderId = 'o-1') =>
    refusalOf(
      world.asServer().call(grantPoints, { ...key(), body: { ref, userId: userId as UserId, amount: 10, orderId } }),
    )
  const paid = async (orderId: string, userId: string) => {
    await world.asServer().call(tell, { body: { orderId, userId, status: 'paid' } })
    await world.core.settle()
  }
  await paid('o-1', 'zhao')
  expect([await give('a', 'li'), await give('b', 'zhao')]).toEqual(['points.order_invalid', null])
  // Granted before it was told: it goes back with its order, from who has it.
  expect(await give('c', 'li', 'o-2')).toBe(null)
  await paid('o-2', 'zhao')
  expect([await give('d', 'li', 'o-2'), await give('e', 'zhao', 'o-2')]).toEqual(['points.order_invalid', null])
  await world.asServer().call(tell, { body: { orderId: 'o-2', userId: 'zhao', status: 'cancelled' } })
  await world.core.settle()
  expect((await clawedBack(world)).map(({ userId, amount }) => [userId, amount])).toEqual([
    ['li', 10],
    ['zhao', 10],
  ])
  expect(await balance(world)).toBe(0)
})
