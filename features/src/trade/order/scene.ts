/** Calls of orders, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async order(stage) {
    const orderId = `o-${stage.n}`
    const order = { orderId, userId: 'li', shopId: 's1', at: stage.now }
    return ['paid', 'refunded', 'cancelled'].map((kind) => ({
      ...{ name: 'orders.report', who: 'host', body: { ...order, eventId: `${orderId}-${kind}`, kind } },
    }))
  },
}
