/** What cards of both plays offer of one product together: never more pieces than the host told. */
import { HOUR, merchantDay, MINUTE, type GroupId, type UserId } from '@qun/contract'
import { budgetOf } from '@qun/ledger'
import { appId, refusalOf, shopId, shopIssuer, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import { createGroupForHost, setRole } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import { flashSale, payHold } from '../../plays/flash-sale/contract.ts'
import { createFlashSale } from '../../plays/flash-sale/server.ts'
import { groupBuy, payPlace } from '../../plays/group-buy/contract.ts'
import { createGroupBuy } from '../../plays/group-buy/server.ts'
import { tell, teller } from '../../trade/order/fixtures.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import product, { offeredProducts } from '../../trade/product/server.ts'
import message from '../../words/message/server.ts'

const plays = [createFlashSale({ products: [offeredProducts] }), createGroupBuy({ products: [offeredProducts] })]
const open = async (stock: number | null) => {
  const features = [message, membership, merchants, teller, product, ...plays]
  return tellStock(await startWorld({ features, watching: [] }), stock)
}
const tellStock = (world: World, stock: number | null) => aProduct(world, 'guji', { floorFen: 1_000, stock })
const sale = (world: World, stock: number, groupId: GroupId = world.groupId): Promise<At> =>
  world.as('wang').post(groupId, flashSale, {
    ...{ productId: 'guji', priceFen: 5_800, stock, perMember: 2, refunds: '七天内可退' },
    ...{ startsAt: world.time.now(), endsAt: world.time.now() + HOUR },
  })
const buy = (world: World, stock: number, groupId: GroupId = world.groupId): Promise<At> =>
  world.as('wang').post(groupId, groupBuy, {
    ...{ productId: 'guji', refunds: '七天内可退', stock, ladder: [{ size: 2, priceFen: 1_900 }], perMember: 2 },
    ...{ teamMs: HOUR, endsAt: world.time.now() + 2 * HOUR, late: 'refund' as const },
  })
const exceeded = 'product.stock_exceeded'

test('[MER4] [FS11] [GB16] offers of a product in all groups and both plays together stay within its stock', async () => {
  await using world = await open(6)
  const other = await world.makeGroup(['wang', 'li'])
  const first = await sale(world, 2)
  await buy(world, 2, other)
  expect(await refusalOf(sale(world, 3, other))).toBe(exceeded)
  expect(await refusalOf(buy(world, 3))).toBe(exceeded)
  expect(await refusalOf(sale(world, 2, other))).toBeNull()
  expect(await refusalOf(sale(world, 1))).toBe(exceeded)
  // Recalled, its pieces are anybody's again, once.
  await world.as('wang').recall(first)
  expect(await refusalOf(buy(world, 3))).toBe(exceeded)
  expect(await refusalOf(buy(world, 2))).toBeNull()
  expect(await refusalOf(sale(world, 1))).toBe(exceeded)
})
test('[MER4] of a product whose stock nobody told there is no sum; told later, or lower, it holds for what is posted then', async () => {
  await using world = await open(null)
  await sale(world, 50)
  const running = await sale(world, 50)
  await tellStock(world, 100)
  expect(await refusalOf(sale(world, 1))).toBe(exceeded)
  await tellStock(world, 1)
  // What runs goes on as it was allowed.
  expect(await refusalOf(world.as('li').act(running, flashSale, 'take', { quantity: 2 }))).toBeNull()
  await tellStock(world, 101)
  expect(await refusalOf(sale(world, 2))).toBe(exceeded)
  expect(await refusalOf(sale(world, 1))).toBeNull()
})
test('[MER4] once an offer is over only what somebody may still pay counts, and nothing once it is sold or given back', async () => {
  await using world = await open(4)
  const at = await sale(world, 4)
  await world.pass(58 * MINUTE)
  const take = (who: string) => refusalOf(world.as(who).act(at, flashSale, 'take', { quantity: 1 }))
  expect([await take('li'), await take('zhao'), await take('sun')]).toEqual([null, null, null])
  await world.pass(2 * MINUTE)
  expect(await refusalOf(sale(world, 2))).toBe(exceeded)
  expect(await refusalOf(sale(world, 1))).toBeNull()
  const holdId = (await world.as('li').mine<typeof flashSale>(at))?.hold?.holdId ?? ''
  await world.asServer().call(payHold, { params: { ...at, holdId }, body: { orderId: 'o1' } })
  await world.as('zhao').act(at, flashSale, 'release', {})
  expect(await refusalOf(sale(world, 3))).toBe(exceeded)
  expect(await refusalOf(sale(world, 2))).toBeNull()
  await world.pass(15 * MINUTE)
  expect(await refusalOf(sale(world, 1))).toBeNull()
  expect(await refusalOf(sale(world, 1))).toBe(exceeded)
})
test('[MER4] a team that is open when its offer was cancelled keeps its pieces until its money goes back', async () => {
  await using world = await open(4)
  const at = await buy(world, 4)
  expect(await refusalOf(world.as('li').act(at, groupBuy, 'start', { quantity: 2 }))).toBeNull()
  await world.asServer().call(payPlace, { params: at, body: { userId: 'li' as UserId, orderId: 'o1' } })
  await world.as('wang').act(at, groupBuy, 'cancel', { reason: '缺货' })
  expect(await refusalOf(buy(world, 3))).toBe(exceeded)
  await world.settle()
  expect(await refusalOf(buy(world, 4))).toBeNull()
  await world.asServer().call(tell, { body: { orderId: 'o1', status: 'cancelled' } })
  await world.settle()
  expect(await refusalOf(buy(world, 2))).toBe(exceeded)
})
test('[MER4] sixty-four at once, of both plays: exactly as many as there are pieces', async () => {
  await using world = await open(10)
  const groups = [world.groupId, await world.makeGroup(['wang']), await world.makeGroup(['wang'])]
  const said = await Promise.all(
    Array.from({ length: 64 }, (_, n) =>
      refusalOf((n % 2 === 0 ? sale : buy)(world, 2, groups[n % groups.length] as GroupId)),
    ),
  )
  expect(said.filter((code) => code === null)).toHaveLength(5)
  expect(said.filter((code) => code === exceeded)).toHaveLength(59)
})
test('[MER2] [MER4] [MER5] staff of a store sell the brand’s product in the store’s group alone, at its floor, against the store’s caps', async () => {
  await using world = await open(9)
  const host = world.asServer()
  const [brand, store] = [shopId, 'store']
  await host.call(putMerchantEndpoint, { params: { merchantId: store }, body: { name: '门店', parentId: brand } })
  const body = { post: '店员', abilities: ['issue' as const] }
  await host.call(putStaff, { params: { merchantId: store, userId: 'sun' as UserId }, body })
  const made = { merchantId: store, name: '门店群', ownerId: 'sun' as UserId, memberIds: ['li' as UserId] }
  const { groupId } = await host.call(createGroupForHost, { body: made })
  const sun = { groupId: world.groupId, userId: 'sun' as UserId }
  await world.as('wang').call(setRole, { params: sun, body: { role: 'admin' } })
  const post = (at: GroupId, priceFen: number) =>
    refusalOf(
      world.as('sun').post(at, flashSale, {
        ...{ productId: 'guji', priceFen, stock: 2, perMember: 2, refunds: '七天内可退' },
        ...{ startsAt: world.time.now(), endsAt: world.time.now() + HOUR },
      }),
    )
  expect(await post(world.groupId, 1_000)).toBe('merchant.not_issuer')
  expect(await post(groupId, 999)).toBe('product.below_floor')
  expect(await post(groupId, 1_000)).toBeNull()
  const spent = (merchantId: string) =>
    world.store.transaction(appId, async (tx) => {
      const key = merchantDay({ ...shopIssuer, merchantId }, world.time.now())
      return (await budgetOf({ tx, appId }, { ...key, currency: 'CNY' })).spent
    })
  expect([await spent(store), await spent(brand)]).toEqual([2 * 7_800, 0])
  await aProduct(world, 'own', { merchantId: store, stock: 9 })
  const above = world.as('wang').post(world.groupId, flashSale, {
    ...{ productId: 'own', priceFen: 5_800, stock: 1, perMember: 1, refunds: '可退' },
    ...{ startsAt: world.time.now(), endsAt: world.time.now() + HOUR },
  })
  expect(await refusalOf(above)).toBe('product.not_merchants')
})
test('[MER9] [MER4] the audit tells of an offer that is not counted with all its pieces', async () => {
  const world = await open(9)
  await sale(world, 3)
  await world.store.transaction('*', (tx) => sql`UPDATE offer_pieces SET pieces = 2`.execute(tx))
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('audit MER4')
})
