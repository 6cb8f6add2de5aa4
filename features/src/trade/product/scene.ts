/** Calls of the catalogue, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async product(stage) {
    const [productId, other] = [`guji-${stage.n}`, `kiva-${stage.n}`]
    const body = { merchantId: 'camellia', title: '古吉 日晒', priceFen: 8_800, stock: 40, url: '/p/guji' }
    for (const each of [productId, other])
      await stage.call('products.put', 'host', { params: { productId: each }, body })
    await stage.post('wang', 'product', { items: [{ productId }] })
    return [
      { name: 'products.put', who: 'host', params: { productId }, body: { ...body, priceFen: 7_800 } },
      {
        ...{ name: 'products.putMany', who: 'host' },
        body: { products: [other, productId].map((each) => ({ ...body, productId: each, stock: 3 })) },
      },
      { name: 'products.remove', who: 'host', params: { productId } },
      { name: 'products.setLinks', who: 'host', body: { patterns: ['https://shop.example/p/{productId}'] } },
      { name: 'products.setShelf', who: 'he', params: stage.inGroup, body: { productIds: [productId, other] } },
    ]
  },
}
