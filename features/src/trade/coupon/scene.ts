/** Calls of coupons, each as it can be made: tried twice at once and beside the others. */
import { shopId, type Scene, type Stage } from '@qun/testing'

const day = 86_400_000
const terms = (now: number, total = 2) => ({
  ...{ kind: 'direct', amountFen: 500, total, perUser: 1, claim: { from: now, until: now + 7 * day } },
  validity: { mode: 'relative', afterDays: 0, forDays: 7 },
})
const basket = { merchantId: shopId, lines: [{ lineId: 'a', sku: 'latte', unitFen: 3_000, quantity: 2 }] }
async function claimed(stage: Stage) {
  const at = await stage.post('wang', 'coupon', { title: '老友券', contact: '店内', terms: terms(stage.now) })
  await stage.make({ name: 'coupon.claim', who: 'li', at })
  const mine = (await stage.world.as('li').mine(at)) as { coupons: { couponId: string }[] }
  return { at, couponId: mine.coupons[0]?.couponId ?? '' }
}
export const scenes: Readonly<Record<string, Scene>> = {
  async offer(stage) {
    const at = await stage.post('wang', 'coupon', { title: '开业券', contact: '店内', terms: terms(stage.now, 1) })
    return [
      { name: 'coupon.claim', who: 'li', at },
      { name: 'coupon.claim', who: 'zhao', at },
      { name: 'coupon.manage', who: 'he', at, body: { total: 3 } },
      { name: 'coupon.manage', who: 'he', at, body: { status: 'paused' } },
      { name: 'coupon.manage', who: 'he', at, body: { status: 'ended' } },
    ]
  },
  async stock(stage) {
    const made = { title: '店庆券', terms: terms(stage.now, 1) }
    const { stockId } = await stage.call('coupons.createStock', 'host', { body: made })
    return [
      { name: 'coupons.createStock', who: 'host', body: made },
      {
        name: 'coupons.setStacking',
        who: 'host',
        body: { groups: [{ name: 'default', most: 1 }], most: 1 },
      },
      { name: 'coupons.changeStock', who: 'host', params: { stockId }, body: { total: 2 } },
      { name: 'coupons.deleteStock', who: 'host', params: { stockId } },
      { name: 'coupons.issue', who: 'host', params: { stockId, batchId: 'a' }, body: { userIds: ['zhao'] } },
      { name: 'coupons.issue', who: 'host', params: { stockId, batchId: 'b' }, body: { userIds: ['sun'] } },
    ]
  },
  async held(stage) {
    const { couponId } = await claimed(stage)
    const order = { userId: 'li', couponIds: [couponId], basket }
    const orderId = `c-${stage.n}`
    return [
      { name: 'coupons.quote', who: 'host', body: order },
      { name: 'coupons.lock', who: 'host', params: { orderId }, body: order },
      { name: 'coupons.lock', who: 'host', params: { orderId: `${orderId}-other` }, body: order },
      { name: 'coupons.redeem', who: 'host', body: { couponId, userId: 'li', orderId: `${orderId}-counter`, basket } },
      { name: 'coupons.void', who: 'host', params: { couponId }, body: { userId: 'li' } },
      { name: 'coupons.showCode', who: 'li', params: { couponId } },
    ]
  },
  async ordered(stage) {
    const { couponId } = await claimed(stage)
    const params = { orderId: `c-${stage.n}` }
    const body = { userId: 'li', couponIds: [couponId], basket }
    await stage.call('coupons.lock', 'host', { params, body })
    return [
      { name: 'coupons.use', who: 'host', params },
      { name: 'coupons.release', who: 'host', params },
      { name: 'coupons.return', who: 'host', params },
      { name: 'coupons.void', who: 'host', params: { couponId }, body: { userId: 'li' }, isRefused: true },
    ]
  },
}
