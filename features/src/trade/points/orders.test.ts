/** Grants that hang on orders, told twice at once, and taken back by the host and by the order's end. */
import { budgetOf } from '@qun/ledger'
import { dayBudget, dayIn, defaultZone, mainMerchant, type UserId } from '@qun/contract'
import { appId, refusalOf, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { tell } from '../order/fixtures.ts'
import { deductPoints, grantPoints, pointsOf, reversePoints } from './contract.ts'
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
