/**
 * The shop's checkout: an order, its payment, and giving it up. What Qun keeps for a buyer (pieces of a flash sale, a
 * place in a team, a coupon) is held and settled here, by the shop's own key.
 */
import { asked, basketOf, CheckoutRefused, createBills, langOf, pathOf, type ReadBill } from './bills.ts'
import { stockLeft } from './catalogue.ts'
import type { Order, Wish } from './dealings.ts'
import { pendingMs, type OrderBook } from './orders.ts'
import type { QunCalls } from './qun-calls.ts'
import { productOf, type Product } from './story.ts'

export interface CheckoutParts {
  readonly qun: QunCalls
  readonly orders: OrderBook
  readonly now: () => number
}
export interface Checkout {
  readonly readBill: ReadBill
  /** An order that waits to be paid; what Qun keeps for it is held for this order from now on. */
  place(userId: string, wish: Wish): Promise<Order>
  /** Takes the (pretended) payment and says so to Qun; refused, nothing was sold and nothing is charged. */
  pay(userId: string, orderId: string): Promise<Order>
  /** Gives up what was not paid. */
  cancel(userId: string, orderId: string): Promise<Order>
  /** Gives back what was paid. Qun hears of it with the order, and takes back or gives back what hangs on it. */
  refund(userId: string, orderId: string): Order
}

/** What an order does with what Qun keeps for it. */
const holdsIn = (qun: QunCalls) => ({
  /** Holds for the order what Qun keeps; if Qun says no there is no order. */
  holdFor: async (order: Order): Promise<void> => {
    const { orderId, userId, couponId, kept } = order
    if (couponId !== undefined) {
      const product = productOf(order.productId) as Product
      const unitFen = (order.amountFen + (order.couponFen ?? 0)) / order.quantity
      const basket = basketOf(product, langOf(userId), { quantity: order.quantity, unitFen })
      const body = { userId, couponIds: [couponId], basket }
      await asked(qun.call('POST', `/coupon-orders/${orderId}/lock`, body))
    }
    if (kept?.kind === 'group-buy')
      await asked(qun.call('POST', `${pathOf(kept)}/orders`, { userId, orderId, placeId: kept.id }))
  },
  /** Says to Qun that it is paid: `authorised` when the money is only taken once a team is large enough. */
  settle: async (order: Order): Promise<'paid' | 'authorised'> => {
    const { orderId, userId, couponId, kept, amountFen } = order
    if (couponId !== undefined) await asked(qun.call('POST', `/coupon-orders/${orderId}/use`, {}))
    if (kept?.kind === 'flash-sale') await asked(qun.call('POST', `${pathOf(kept)}/holds/${kept.id}/paid`, { orderId }))
    if (kept?.kind !== 'group-buy') return 'paid'
    const body = { userId, orderId, placeId: kept.id, amountFen }
    const { status } = await asked<{ status: string }>(qun.call('POST', `${pathOf(kept)}/paid`, body))
    if (status === 'lost' || status === 'refunded') throw new CheckoutRefused(409, 'kept_over')
    return 'authorised'
  },
  giveUp: async ({ orderId, couponId, kept }: Order): Promise<void> => {
    if (couponId !== undefined) await asked(qun.call('POST', `/coupon-orders/${orderId}/release`, {}))
    if (kept?.kind === 'flash-sale') await asked(qun.call('POST', `${pathOf(kept)}/holds/${kept.id}/cancel`, {}))
  },
})

export function createCheckout({ qun, orders, now }: CheckoutParts): Checkout {
  const readBill = createBills(qun)
  const holds = holdsIn(qun)
  const cancelled = (order: Order): Order =>
    orders.move(order.orderId, ['pending', 'authorised'], { state: 'cancelled', endedAt: now() }) ?? order
  const own = (userId: string, orderId: string): Order => {
    const order = orders.find(orderId)
    if (order?.userId !== userId) throw new CheckoutRefused(404, 'no_such_order')
    return order
  }

  const checkout: Checkout = {
    readBill,
    async place(userId, wish) {
      const known = wish.kept && orders.findPending(userId, wish.kept.id)
      if (known !== undefined) return known
      const bill = await readBill(userId, wish)
      const product = productOf(bill.productId) as Product
      // What Qun keeps was counted when it was offered.
      const left = bill.kept === undefined ? stockLeft(product, orders) : undefined
      if (left !== undefined && left < bill.quantity) throw new CheckoutRefused(409, 'sold_out')
      const order = orders.add({
        ...{ userId, productId: bill.productId, quantity: bill.quantity },
        ...{ amountFen: bill.payableFen, listFen: bill.listFen },
        ...(bill.couponId !== undefined && { couponId: bill.couponId, couponFen: bill.couponFen }),
        ...(bill.groupId !== undefined && { groupId: bill.groupId }),
        ...(bill.kept !== undefined && { kept: bill.kept }),
      })
      try {
        await holds.holdFor(order)
      } catch (error) {
        // If Qun says no there is no order.
        cancelled(order)
        throw error
      }
      return order
    },
    async pay(userId, orderId) {
      const order = own(userId, orderId)
      if (order.state !== 'pending') return order
      if (order.kept === undefined && now() >= order.placedAt + pendingMs) {
        // Its pieces may be others' by now.
        await checkout.cancel(userId, orderId)
        throw new CheckoutRefused(409, 'order_over')
      }
      try {
        const state = await holds.settle(order)
        return orders.move(orderId, ['pending'], { state, paidAt: now() }) ?? own(userId, orderId)
      } catch (error) {
        if (error instanceof CheckoutRefused) cancelled(order)
        throw error
      }
    },
    async cancel(userId, orderId) {
      const order = own(userId, orderId)
      if (order.state !== 'pending') throw new CheckoutRefused(409, 'order_closed')
      await holds.giveUp(order)
      // A place goes back when Qun hears that its order was cancelled.
      return cancelled(order)
    },
    refund(userId, orderId) {
      const order = own(userId, orderId)
      if (order.state === 'refunded') return order
      const refunded = orders.move(orderId, ['paid', 'received'], { state: 'refunded', endedAt: now() })
      if (refunded === undefined) throw new CheckoutRefused(409, 'order_closed')
      return refunded
    },
  }
  return checkout
}
