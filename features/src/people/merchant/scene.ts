/** Calls of merchants, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async merchants(stage) {
    const params = { merchantId: `shop-${stage.n}` }
    await stage.call('merchants.put', 'host', { params, body: { name: '山茶' } })
    const employee = { ...params, userId: 'li' }
    const work = { post: '导购', abilities: ['issue'] }
    await stage.call('merchantStaff.put', 'host', { params: { ...params, userId: 'he' }, body: work })
    const mine = { merchantId: `mine-${stage.n}` }
    await stage.call('merchants.put', 'host', { params: mine, body: { name: '山茶' } })
    const hire = (userId: string, abilities: readonly string[]) =>
      stage.call('merchantStaff.put', 'host', { params: { ...mine, userId }, body: { post: '店长', abilities } })
    await hire('wang', ['manage', 'issue'])
    await hire('sun', ['talk-as'])
    const gone = { merchantId: `gone-${stage.n}` }
    await stage.call('merchants.put', 'host', { params: gone, body: { name: '快闪店' } })
    return [
      { name: 'merchants.end', who: 'host', params: gone },
      { name: 'merchants.put', who: 'host', params, body: { name: '山茶咖啡' } },
      { name: 'merchants.suspend', who: 'host', params, body: { suspended: true } },
      { name: 'merchantStaff.put', who: 'host', params: employee, body: work },
      { name: 'merchants.giveGroup', who: 'host', params: stage.inGroup, body: { userId: 'he' } },
      { name: 'merchantStaff.putMine', who: 'wang', params: { ...mine, userId: 'zhao' }, body: work },
      { name: 'merchantStaff.removeMine', who: 'wang', params: { ...mine, userId: 'sun' } },
      { name: 'merchants.nameMine', who: 'wang', params: mine, body: { name: '山茶咖啡馆' } },
      { name: 'merchantStaff.remove', who: 'host', params: { ...params, userId: 'he' } },
    ]
  },
}
