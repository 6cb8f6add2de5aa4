/** Races: a deadline against a payment, one order for two offers. */
import { HOUR, MINUTE, type UserId } from '@qun/contract'
import { refusalOf, type At, type World, type WorldOptions } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { groupBuy, instructionsForHost, payPlace } from './contract.ts'
import { startShop } from './fixtures.ts'

const id = (name: string) => name as UserId
const begin = (options: Partial<WorldOptions> = {}) => startShop([], options)
const offer = (world: World) =>
  world.as('wang').post(world.groupId, groupBuy, {
    productId: 'roll',
    refunds: '七天内可退',
    stock: 99,
    ladder: [{ size: 3, priceFen: 1_900 }],
    perMember: 1,
    teamMs: HOUR,
    endsAt: world.time.now() + 24 * HOUR,
    late: 'refund',
  })
const start = (world: World, at: At, who: string) => world.as(who).act(at, groupBuy, 'start', { quantity: 1 })
const join = (world: World, at: At, who: string) => world.as(who).act(at, groupBuy, 'join', { teamNo: 1, quantity: 1 })
let keys = 0
const paid = (world: World, at: At, who: string) =>
  world.asServer().call(payPlace, { params: at, body: { userId: id(who), orderId: `o-${who}` }, key: `pay-${++keys}` })
const due = async (world: World) =>
  (await world.asServer().call(instructionsForHost, { query: {} })).instructions.map((one) => one.what)
async function open(world: World, at: At, who: string) {
  await start(world, at, who)
  return paid(world, at, who)
}
async function comeIn(world: World, at: At, who: string) {
  await join(world, at, who)
  return paid(world, at, who)
}

describe('races', () => {
  test('[GB7] [GB11] the deadline races the last payment on three nodes: all captured or all given back', async () => {
    for (let round = 0; round < 6; round++) {
      await using world = await begin({ watching: [] })
      const nodes = [world.core, await world.startNode(), await world.startNode()]
      const at = await offer(world)
      await open(world, at, 'li')
      await comeIn(world, at, 'zhao')
      world.time.moveTo(world.time.now() + HOUR - 1)
      await join(world, at, 'sun')
      world.time.moveTo(world.time.now() + (round % 2))
      await Promise.all([paid(world, at, 'sun'), ...nodes.map((node) => node.settle())])
      await world.pass(MINUTE)
      const what = await due(world)
      expect(what).toEqual(round % 2 === 0 ? ['capture', 'capture', 'capture'] : ['void', 'void', 'void'])
    }
  })
  test('[GB10] one order reported for two offers at once counts in one', async () => {
    await using world = await begin({ watching: [] })
    const second = await world.startNode()
    const [a, b] = [await offer(world), await offer(world)]
    await start(world, a, 'li')
    await start(world, b, 'li')
    let turn = 0
    world.route = () => (turn++ % 2 === 0 ? world.core : second)
    const codes = await Promise.all([refusalOf(paid(world, a, 'li')), refusalOf(paid(world, b, 'li'))])
    expect(codes.toSorted()).toEqual(['group_buy.order_used', null].toSorted())
  })
})
