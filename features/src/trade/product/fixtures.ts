/** For tests of features that offer products: the shop's catalogue, as the host tells it. */
import { shopId, type World } from '@qun/testing'
import { putProduct, type ProductInput } from './contract.ts'

/** Tells of a product of the shop that may be sold at any price, and of as many pieces as one likes. */
export async function aProduct<W extends World>(world: W, productId: string, more: Partial<ProductInput> = {}) {
  const body = { merchantId: shopId, title: productId, priceFen: 8_800, floorFen: 0, url: `/p/${productId}`, ...more }
  await world.asServer().call(putProduct, { params: { productId }, body })
  return world
}
