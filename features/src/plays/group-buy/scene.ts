/** Calls of group buys, each as it can be made: tried twice at once and beside the others. */
import type { Scene, Stage } from '@qun/testing'

const hour = 3_600_000
async function offer(stage: Stage) {
  const productId = `roll-${stage.n}`
  const body = { merchantId: 'camellia', title: '海盐卷', priceFen: 2_900, floorFen: 1_500, url: '/p/roll' }
  await stage.call('products.put', 'host', { params: { productId }, body })
  return stage.post('wang', 'group-buy', {
    ...{ productId, refunds: '七天内可退', ladder: [{ size: 2, priceFen: 1_900 }], stock: 9 },
    ...{ perMember: 1, teamMs: hour, endsAt: stage.now + 24 * hour, late: 'refund' },
  })
}
export const scenes: Readonly<Record<string, Scene>> = {
  async team(stage) {
    const at = await offer(stage)
    const order = (who: string) => ({ userId: who, orderId: `g-${stage.n}-${who}` })
    await stage.make({ name: 'group-buy.start', who: 'li', at, body: { quantity: 1 } })
    await stage.call('groupBuys.paid', 'host', { params: at, body: order('li') })
    await stage.make({ name: 'group-buy.join', who: 'zhao', at, body: { teamNo: 1, quantity: 1 } })
    return [
      { name: 'group-buy.start', who: 'sun', at, body: { quantity: 1 } },
      { name: 'group-buy.release', who: 'zhao', at },
      { name: 'groupBuys.order', who: 'host', params: at, body: order('zhao') },
      { name: 'groupBuys.paid', who: 'host', params: at, body: order('zhao') },
      { name: 'group-buy.cancel', who: 'he', at, body: { reason: '缺货' } },
    ]
  },
  async alone(stage) {
    const at = await offer(stage)
    await stage.make({ name: 'group-buy.start', who: 'li', at, body: { quantity: 1 } })
    await stage.call('groupBuys.paid', 'host', { params: at, body: { userId: 'li', orderId: `g-${stage.n}` } })
    return [
      { name: 'group-buy.withdraw', who: 'li', at },
      { name: 'group-buy.join', who: 'zhao', at, body: { teamNo: 1, quantity: 1 } },
    ]
  },
  async over(stage) {
    const at = await offer(stage)
    const orderId = `g-${stage.n}`
    await stage.make({ name: 'group-buy.start', who: 'li', at, body: { quantity: 1 } })
    await stage.call('groupBuys.paid', 'host', { params: at, body: { userId: 'li', orderId } })
    await stage.make({ name: 'group-buy.withdraw', who: 'li', at })
    return [{ name: 'groupBuys.instructionDone', who: 'host', body: { orderId, what: 'void' } }]
  },
}
