/** Calls of join links and invitations after an order, each as it can be made: tried at once and beside the others. */
import type { Scene } from '@qun/testing'

const rule = { active: true, on: 'paid', coolDownDays: 0, maxPerMonth: 31, message: '来坐坐' }
export const scenes: Readonly<Record<string, Scene>> = {
  async links(stage) {
    const made = await stage.call('joinLinks.create', 'wang', { params: stage.inGroup, body: { maxUses: 1 } })
    const { linkId } = made.link
    return [
      { name: 'joinLinks.create', who: 'li', params: stage.inGroup, body: { label: '门口海报' } },
      { name: 'joinLinks.revoke', who: 'wang', params: { ...stage.inGroup, linkId } },
      { name: 'invites.accept', who: 'zhou', params: { code: made.code } },
      { name: 'members.add', who: 'he', params: stage.inGroup, body: { userIds: ['zhou'] } },
    ]
  },
  async offers(stage) {
    const shopId = `shop-${stage.n}`
    const userId = `buyer${stage.n}`
    await stage.call('users.put', 'host', { params: { userId }, body: { name: userId } })
    await stage.call('orderInvitation.set', 'he', { params: stage.inGroup, body: { ...rule, shopId } })
    const order = { eventId: `i-${stage.n}`, orderId: `i-${stage.n}`, kind: 'paid', userId, shopId, at: stage.now }
    await stage.call('orders.report', 'host', { body: order })
    await stage.world.core.settle()
    const params = { orderId: order.orderId }
    const { offerId } = await stage.call('orderInvitation.outcome', 'host', { params })
    return [
      { name: 'orderInvitation.set', who: 'he', params: stage.inGroup, body: { ...rule, shopId, active: false } },
      { name: 'offers.accept', who: userId, params: { offerId } },
      { name: 'offers.dismiss', who: userId, params: { offerId }, body: { never: true } },
      { name: 'offers.preference', who: userId, body: { welcome: false } },
      { name: 'members.add', who: 'he', params: stage.inGroup, body: { userIds: [userId] } },
    ]
  },
}
