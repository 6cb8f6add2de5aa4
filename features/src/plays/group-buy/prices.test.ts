/** What the steps of a group buy may cost: the host's catalogue decides. */
import { HOUR, type UserId } from '@qun/contract'
import { appId, refusalOf, shopId, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { aProduct } from '../../trade/product/fixtures.ts'
import { putProduct } from '../../trade/product/contract.ts'
import { groupBuy } from './contract.ts'
import { startShop } from './fixtures.ts'

const open = () => startShop([], { watching: [] })
const bodyOf = (world: World, patch: object) => ({
  ...{
    productId: 'roll',
    refunds: '七天内可退',
    ladder: [{ size: 2, priceFen: 1_900 }],
    stock: 9,
    perMember: 1,
    teamMs: HOUR,
  },
  ...{ endsAt: world.time.now() + 24 * HOUR, late: 'refund' as const },
  ...patch,
})
const told = (world: World, patch: object) =>
  refusalOf(world.as('wang').post(world.groupId, groupBuy, bodyOf(world, patch)))
const ladder = (...prices: number[]) => ({ ladder: prices.map((priceFen, n) => ({ size: 2 + n, priceFen })) })
let keys = 0
const byHost = (world: World, patch: object) => {
  const post = { appId, groupId: world.groupId, kind: groupBuy.kind, clientId: `g-${++keys}` }
  return refusalOf(world.core.post({ ...post, body: bodyOf(world, patch), senderId: '' as UserId, asServer: true }))
}

test('[GB16] [MER4] title and list price are the catalogue’s, and the price alone is what one piece costs there', async () => {
  await using world = await open()
  const at = await world.as('wang').post(world.groupId, groupBuy, bodyOf(world, { title: '假的' }))
  const { message } = await world.core.message(world.as('wang').principal, at.groupId, at.seq)
  expect(message.body).toMatchObject({
    ...{ title: '海盐卷', singlePriceFen: 2_900, url: '/p/roll' },
    merchant: { merchantId: shopId, name: '山茶咖啡' },
  })
  expect(await told(world, { singlePriceFen: 3_900 })).toBe('card.price_mismatch')
  expect(await told(world, ladder(2_900))).toBe('group_buy.ladder_invalid')
})

test('[GB16] [MER4] no step stands below the floor, no more pieces than the stock; without a floor none below the list price', async () => {
  await using world = await open()
  await aProduct(world, 'roll', { title: '海盐卷', priceFen: 2_900, floorFen: 1_500, stock: 9 })
  expect(await told(world, ladder(1_900, 1_500))).toBeNull()
  expect(await told(world, ladder(1_900, 1_499))).toBe('product.below_floor')
  expect(await told(world, { stock: 10 })).toBe('product.stock_exceeded')
  expect(await told(world, { productId: 'nothing' })).toBe('product.not_found')
  const bare = { productId: 'bare' }
  const body = { merchantId: shopId, title: '素', priceFen: 2_900, url: '/p/bare' }
  await world.asServer().call(putProduct, { params: bare, body })
  expect(await told(world, bare)).toBe('product.no_floor')
  expect(await byHost(world, bare)).toBeNull()
  expect(await byHost(world, ladder(1_499))).toBe('product.below_floor')
})

test('[E-22] [GB19] an offer with an empty line in its rules is not published', async () => {
  await using world = await open()
  for (const refunds of ['', '  ', undefined]) expect(await told(world, { refunds })).toBe('request.invalid')
  for (const name of ['stock', 'perMember', 'endsAt', 'ladder', 'productId'])
    expect(await told(world, { [name]: undefined })).toBe('request.invalid')
  expect(await told(world, {})).toBeNull()
})
