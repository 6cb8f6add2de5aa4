/** What a sale may cost: the host's catalogue decides, and stands still while a sale is posted. */
import type { Ability, GroupId, UserId } from '@qun/contract'
import { appId, refusalOf, shopId, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import { createGroupForHost } from '../../people/membership/contract.ts'
import { putProduct, removeProduct } from '../../trade/product/contract.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import { flashSale } from './contract.ts'
import { openWorld, start } from './fixtures.ts'

const open = () => openWorld([], [merchants])
const told = (world: World, patch: object) => refusalOf(start(world, patch))
let keys = 0
/** The host posts in its own name, by its key. */
const byHost = (world: World, patch: object, groupId: GroupId = world.groupId) => {
  const now = world.time.now()
  const terms = { refunds: '七天内可退', stock: 1, perMember: 1, startsAt: now, endsAt: now + 3_600_000 }
  const body = { productId: 'guji', priceFen: 5_800, ...terms, ...patch }
  const post = { appId, groupId, kind: flashSale.kind, body, clientId: `f-${++keys}` }
  return refusalOf(world.core.post({ ...post, senderId: '' as UserId, asServer: true }))
}
async function groupOf(world: World, merchantId: string, parentId?: string): Promise<GroupId> {
  const body = { name: merchantId, ...(parentId === undefined ? {} : { parentId }) }
  await world.asServer().call(putMerchantEndpoint, { params: { merchantId }, body })
  const work = { post: '店长', abilities: ['issue'] as Ability[] }
  await world.asServer().call(putStaff, { params: { merchantId, userId: 'wang' as UserId }, body: work })
  const group = { name: '门店群', ownerId: 'wang' as UserId, merchantId }
  return (await world.asServer().call(createGroupForHost, { body: group })).groupId
}

test('[FS11] [MER4] title, picture, list price and merchant are the catalogue’s, whatever the sender wrote', async () => {
  await using world = await open()
  await aProduct(world, 'guji', { title: '古吉 日晒', image: '/art/guji.svg' })
  const forged = { title: '假的', image: 'https://evil.test/x', merchant: { merchantId: 'other', name: '别家' } }
  const at = await start(world, forged)
  const { message } = await world.core.message(world.as('wang').principal, at.groupId, at.seq)
  expect(message.body).toMatchObject({
    ...{ productId: 'guji', title: '古吉 日晒', image: '/art/guji.svg', url: '/p/guji' },
    ...{ priceFen: 5_800, originalPriceFen: 8_800, merchant: { merchantId: shopId, name: '山茶咖啡' } },
  })
  expect(await told(world, { originalPriceFen: 9_900 })).toBe('card.price_mismatch')
  expect(await told(world, { originalPriceFen: 8_800 })).toBeNull()
})

test('[FS11] [MER4] at the floor and up to the stock, not a fen below nor a piece more; without a floor not below the list price', async () => {
  await using world = await open()
  await aProduct(world, 'guji', { floorFen: 5_000, stock: 3 })
  const bare = { productId: 'kiva' }
  const kiva = { merchantId: shopId, title: 'Kiva', priceFen: 8_800, url: '/p/kiva' }
  await world.asServer().call(putProduct, { params: bare, body: kiva })
  expect(await told(world, { priceFen: 5_000, stock: 3 })).toBeNull()
  expect(await told(world, { priceFen: 4_999, stock: 3 })).toBe('product.below_floor')
  expect(await told(world, { priceFen: 5_000, stock: 4 })).toBe('product.stock_exceeded')
  for (const priceFen of [0, 5_000, 8_799]) expect(await told(world, { ...bare, priceFen })).toBe('product.no_floor')
  expect(await told(world, { ...bare, priceFen: 8_800 })).toBe('flash_sale.price_invalid')
  // The host's own key sells below a list price without a floor, and below no floor.
  expect(await byHost(world, { ...bare, priceFen: 1 })).toBeNull()
  expect(await byHost(world, { priceFen: 4_999 })).toBe('product.below_floor')
  expect(await byHost(world, { priceFen: 5_000, stock: 4 })).toBe('product.stock_exceeded')
})

test('[FS11] [MER4] [V4] the product is on, and of the group’s merchant or one it belongs to', async () => {
  await using world = await open()
  const [brand, east] = [await groupOf(world, 'brand'), await groupOf(world, 'east', 'brand')]
  for (const merchantId of ['brand', 'east']) await aProduct(world, merchantId, { merchantId })
  await aProduct(world, 'off', { state: 'off' })
  await aProduct(world, 'gone')
  await world.asServer().call(removeProduct, { params: { productId: 'gone' } })
  expect(await told(world, { productId: 'nothing' })).toBe('product.not_found')
  for (const productId of ['off', 'gone']) expect(await told(world, { productId })).toBe('product.gone')
  for (const productId of ['brand', 'east']) expect(await told(world, { productId })).toBe('product.not_merchants')
  const codes = async (groupId: GroupId) => [
    await byHost(world, { productId: 'guji' }, groupId),
    await byHost(world, { productId: 'brand' }, groupId),
    await byHost(world, { productId: 'east' }, groupId),
  ]
  expect(await codes(east)).toEqual(['product.not_merchants', null, null])
  expect(await codes(brand)).toEqual(['product.not_merchants', null, 'product.not_merchants'])
})

test('[FS11] [MER4] a floor that rises while a sale is posted: the sale waits for it, and is refused', async () => {
  await using world = await open()
  const waiters = async () => {
    const { rows } = await world.store.reading('*', (tx) => sql`SELECT FROM pg_locks WHERE NOT granted`.execute(tx))
    return rows.length
  }
  const posting = await world.store.transaction(appId, async (tx) => {
    await sql`UPDATE product_products SET body = body || '{"floorFen": 6000}' WHERE product_id = 'guji'`.execute(tx)
    const code = told(world, {})
    // It is posted, or it waits: whichever comes first.
    const isPosted = code.then(() => true)
    const soon = async (): Promise<boolean> => ((await waiters()) > 0 ? false : Promise.race([isPosted, soon()]))
    expect(await soon()).toBe(false)
    return { code }
  })
  expect(await posting.code).toBe('product.below_floor')
})

test('[E-22] [FS14] a sale with an empty line in its rules is not published', async () => {
  await using world = await open()
  for (const refunds of ['', '  ', undefined]) expect(await told(world, { refunds })).toBe('request.invalid')
  for (const name of ['stock', 'perMember', 'startsAt', 'endsAt', 'priceFen', 'productId'])
    expect(await told(world, { [name]: undefined })).toBe('request.invalid')
  expect(await told(world, {})).toBeNull()
})
