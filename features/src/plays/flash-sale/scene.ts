/** Calls of flash sales, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

const minute = 60_000
export const scenes: Readonly<Record<string, Scene>> = {
  async sale(stage) {
    const productId = `sale-${stage.n}`
    const body = { merchantId: 'camellia', title: '古吉 200 克', priceFen: 8_800, floorFen: 5_000, url: '/p/guji' }
    await stage.call('products.put', 'host', { params: { productId }, body })
    const at = await stage.post('wang', 'flash-sale', {
      ...{ productId, priceFen: 5_800, stock: 2, perMember: 1, refunds: '七天内可退' },
      ...{ startsAt: stage.now, publicStartsAt: stage.now + 1, endsAt: stage.now + 120 * minute },
    })
    await stage.make({ name: 'flash-sale.take', who: 'li', at, body: { quantity: 1 } })
    const { holdId } = ((await stage.world.as('li').mine(at)) as { hold: { holdId: string } }).hold
    const params = { ...at, holdId }
    return [
      { name: 'flash-sale.take', who: 'zhao', at, body: { quantity: 1 } },
      { name: 'flashSales.take', who: 'host', params: at, body: { userId: 'sun', quantity: 1 } },
      { name: 'flash-sale.release', who: 'li', at },
      { name: 'flashSales.pay', who: 'host', params, body: { orderId: `f-${stage.n}` } },
      { name: 'flashSales.cancel', who: 'host', params },
    ]
  },
}
