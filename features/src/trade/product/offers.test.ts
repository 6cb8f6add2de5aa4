/** Whose a product is and what it may be sold for: told by the host, kept, and shown to those alone who may sell. */
import type { Ability, UserId } from '@qun/contract'
import { refusalOf, shopId, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff, removeStaff } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import { createGroupForHost } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { listProducts, offerableProducts, putProduct, searchProducts } from './contract.ts'
import { aProduct } from './fixtures.ts'
import { offerFault, type OfferTerms } from './rules.ts'
import feature from './server.ts'
import { migrations } from './store.ts'

const open = () => startWorld({ features: [message, membership, merchants, feature], watching: [] })
const offerable = async (world: World, who: string, groupId = world.groupId) =>
  (await world.as(who).call(offerableProducts, { params: { groupId }, query: {} })).products

test('[MER4] a product is of a merchant the host made, and its floor is at most its price', async () => {
  await using world = await open()
  const put = (more: object) => refusalOf(aProduct(world, 'guji', more))
  expect(await put({ merchantId: 'nobody' })).toBe('merchant.not_found')
  expect(await put({ floorFen: 8_801 })).toBe('product.price_invalid')
  expect(await put({ floorFen: 8_800 })).toBeNull()
  const { products } = await world.asServer().call(listProducts, { query: {} })
  expect(products).toMatchObject([{ productId: 'guji', merchantId: shopId, floorFen: 8_800 }])
})

test('[MER4] floors are told to staff who may issue, of products of their merchant and those above; to nobody else', async () => {
  await using world = await open()
  await world.asServer().call(putMerchantEndpoint, { params: { merchantId: 'other' }, body: { name: '隔壁' } })
  await aProduct(world, 'guji', { floorFen: 5_000, stock: 250 })
  await aProduct(world, 'off', { state: 'off' })
  await aProduct(world, 'theirs', { merchantId: 'other' })
  expect(await offerable(world, 'wang')).toMatchObject([{ productId: 'guji', floorFen: 5_000, stock: 250 }])
  const asks = (who: string, groupId = world.groupId) => refusalOf(offerable(world, who, groupId))
  expect(await asks('li')).toBe('group.permission')
  await world.asServer().call(removeStaff, { params: { merchantId: shopId, userId: 'wang' as UserId } })
  expect(await asks('wang')).toBe('merchant.not_issuer')
  const work = { post: '客服', abilities: ['talk-as', 'manage'] as Ability[] }
  await world.asServer().call(putStaff, { params: { merchantId: shopId, userId: 'wang' as UserId }, body: work })
  expect(await asks('wang')).toBe('merchant.not_issuer')
  expect(await asks('wang', await world.makeFriendsGroup(['wang', 'li']))).toBe('merchant.not_issuer')
  // What admins find for a card says nothing of floors.
  const { products } = await world.as('wang').call(searchProducts, { params: { groupId: world.groupId }, query: {} })
  expect(JSON.stringify(products)).not.toContain('floor')
})

test('[MER4] a store’s staff find their own products and those of the merchant it belongs to', async () => {
  await using world = await open()
  const merchant = (merchantId: string, parentId?: string) =>
    world.asServer().call(putMerchantEndpoint, {
      params: { merchantId },
      body: { name: merchantId, ...(parentId === undefined ? {} : { parentId }) },
    })
  await merchant('brand')
  await merchant('east', 'brand')
  for (const merchantId of ['brand', 'east', shopId]) await aProduct(world, `p-${merchantId}`, { merchantId })
  const work = { post: '店长', abilities: ['issue'] as Ability[] }
  await world.asServer().call(putStaff, { params: { merchantId: 'east', userId: 'li' as UserId }, body: work })
  const group = { name: '门店群', ownerId: 'li' as UserId, merchantId: 'east' }
  const { groupId } = await world.asServer().call(createGroupForHost, { body: group })
  expect((await offerable(world, 'li', groupId)).map((one) => one.productId)).toEqual(['p-brand', 'p-east'])
})

test('[MER4] two who tell of the same new product at once stand in line, and one of them is told that it is new', async () => {
  await using world = await open()
  for (let n = 0; n < 6; n++) {
    const body = { merchantId: shopId, title: '新品', priceFen: 100, url: '/p/new' }
    const put = () => world.asServer().call(putProduct, { params: { productId: `new-${n}` }, body })
    const changed = (await Promise.all([put(), put(), put()])).filter((one) => one.changed)
    expect(changed).toHaveLength(1)
  }
})

test('[MER4] what was in the catalogue before merchants is of the one the app’s groups became', async () => {
  await using world = await open()
  await aProduct(world, 'old')
  await world.store.transaction('*', async (tx) => {
    await sql`ALTER TABLE product_products DROP COLUMN merchant_id`.execute(tx)
    await sql`UPDATE product_products SET body = body - 'merchantId'`.execute(tx)
    for (const statement of migrations.find(({ id }) => id === 'product-002')!.up) await sql.raw(statement).execute(tx)
  })
  const { products } = await world.asServer().call(listProducts, { query: {} })
  expect(products).toMatchObject([{ productId: 'old', merchantId: 'main' }])
  expect(await refusalOf(aProduct(world, 'old', { merchantId: 'main', title: '又改' }))).toBeNull()
})

test('[MER4] why an offer is refused: one thing wrong at a time', () => {
  const product = { merchantId: 'east', state: 'on' as const, priceFen: 8_800, floorFen: 5_000, stock: 9 }
  const terms: OfferTerms = { productId: 'p', priceFen: 5_000, pieces: 9, listFen: 8_800, merchantId: 'east' }
  const fault = (more: object = {}, asked: object = {}, path: string[] | null = ['east', 'brand'], isHost = false) =>
    offerFault({ ...product, ...more }, { ...terms, ...asked }, { path, isHost })
  expect(fault()).toBeUndefined()
  expect(offerFault(undefined, terms, { path: ['east'], isHost: true })).toBe('product.not_found')
  for (const path of [null, [], ['brand'], ['west', 'brand']]) expect(fault({}, {}, path)).toBe('product.not_merchants')
  for (const state of ['off', 'gone']) expect(fault({ state })).toBe('product.gone')
  for (const listFen of [undefined, 8_700]) expect(fault({}, { listFen })).toBe('card.price_mismatch')
  expect(fault({ merchantId: 'brand' })).toBe('product.changed_meanwhile')
  expect(fault({}, { priceFen: 4_999 })).toBe('product.below_floor')
  expect(fault({}, { priceFen: 4_999 }, ['east'], true)).toBe('product.below_floor')
  const { floorFen: _, ...bare } = product
  const of = (isHost: boolean, priceFen: number) => offerFault(bare, { ...terms, priceFen }, { path: ['east'], isHost })
  expect([of(false, 8_799), of(true, 0), of(false, 8_800)]).toEqual(['product.no_floor', undefined, undefined])
  expect(fault({}, { pieces: 10 })).toBe('product.stock_exceeded')
  expect(fault({ stock: null }, { pieces: 100_000 })).toBeUndefined()
})
