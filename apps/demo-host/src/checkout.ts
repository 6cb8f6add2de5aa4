/**
 * The shop's checkout: what something costs, an order for it, its payment, and giving it up. What Qun keeps for a buyer
 * (pieces of a flash sale, a place in a team, a coupon) is asked for and settled here, by the shop's own key.
 */
import { stockLeft } from './catalogue.ts'
import { pendingMs, type Kept, type Order, type OrderBook } from './orders.ts'
import { QunCallFailed, type QunCalls } from './qun-calls.ts'
import { personOf, productOf, productIdIn, type Lang, type Product } from './story.ts'

/** What somebody wants to buy, as their phone says it: nothing of it is believed about prices. */
export interface Wish {
  readonly productId?: string
  readonly quantity?: number
  readonly groupId?: string
  readonly couponId?: string
  readonly kept?: Kept
}
/** What it costs, as the checkout shows it. */
export interface Bill {
  readonly productId: string
  readonly quantity: number
  /** At list price. */
  readonly listFen: number
  /** What they cost here, before a coupon. */
  readonly goodsFen: number
  readonly couponFen: number
  readonly payableFen: number
  readonly groupId?: string
  readonly couponId?: string
  readonly kept?: Kept
  /** Until when it is kept. */
  readonly until?: number
}
/** Why the shop says no; shown to the buyer. */
export class CheckoutRefused extends Error {
  readonly status: number
  constructor(status: number, code: string) {
    super(code)
    this.status = status
  }
}
export interface CheckoutParts {
  readonly qun: QunCalls
  readonly orders: OrderBook
  readonly now: () => number
}
export interface Checkout {
  readBill(userId: string, wish: Wish): Promise<Bill>
  /** An order that waits to be paid; what Qun keeps for it is held for this order from now on. */
  place(userId: string, wish: Wish): Promise<Order>
  /** Takes the (pretended) payment and says so to Qun; refused, nothing was sold and nothing is charged. */
  pay(userId: string, orderId: string): Promise<Order>
  /** Gives up what was not paid. */
  cancel(userId: string, orderId: string): Promise<Order>
}

const quantityMax = 9
const pathOf = ({ kind, groupId, seq }: Kept) =>
  `/${kind === 'flash-sale' ? 'flash-sales' : 'group-buys'}/${encodeURIComponent(groupId)}/${seq}`
interface KeptView {
  readonly userId: string
  readonly productId: string | null
  readonly quantity: number
  readonly amountFen: number
  readonly until: number
  readonly status: string
}
interface Quote {
  readonly discountFen: number
  readonly payableFen: number
}
/** What Qun refuses for good is the buyer's answer; that it is away is told as it is. */
async function asked<T>(call: Promise<unknown>): Promise<T> {
  try {
    return (await call) as T
  } catch (error) {
    if (error instanceof QunCallFailed && error.status < 500 && error.status !== 429)
      throw new CheckoutRefused(409, error.code)
    throw error
  }
}
const basketOf = (product: Product, lang: Lang, { quantity, unitFen }: { quantity: number; unitFen: number }) => ({
  lines: [{ lineId: '1', sku: productIdIn(product.id, lang), categories: [product.shelf], unitFen, quantity }],
})

export function createCheckout({ qun, orders, now }: CheckoutParts): Checkout {
  const langOf = (userId: string): Lang => personOf(userId)?.lang ?? 'zh'
  /** What Qun keeps, if it is this person's and can still be paid. */
  const readKept = async (userId: string, kept: Kept): Promise<KeptView> => {
    const name = kept.kind === 'flash-sale' ? 'holds' : 'places'
    const view = await asked<KeptView>(qun.call('GET', `${pathOf(kept)}/${name}/${encodeURIComponent(kept.id)}`))
    if (view.userId !== userId) throw new CheckoutRefused(404, 'not_yours')
    if (view.status === 'void') throw new CheckoutRefused(409, 'offer_void')
    if (view.status !== 'held') throw new CheckoutRefused(409, 'kept_over')
    return view
  }
  const billOfKept = async (userId: string, kept: Kept): Promise<Bill> => {
    const { productId, quantity, amountFen, until } = await readKept(userId, kept)
    const product = productId === null ? undefined : productOf(productId)
    if (product === undefined) throw new CheckoutRefused(404, 'no_such_product')
    const listFen = product.priceFen * quantity
    const sums = { listFen, goodsFen: amountFen, couponFen: 0, payableFen: amountFen }
    return { productId: product.id, quantity, ...sums, groupId: kept.groupId, kept, until }
  }
  const billOf = async (userId: string, wish: Wish): Promise<Bill> => {
    if (wish.kept !== undefined) return billOfKept(userId, wish.kept)
    const product = wish.productId === undefined ? undefined : productOf(wish.productId)
    if (product === undefined) throw new CheckoutRefused(404, 'no_such_product')
    const quantity = Math.min(quantityMax, Math.max(1, Math.trunc(wish.quantity ?? 1)))
    // Only Qun knows who is in a group; what a phone says is worth no discount.
    const { groupId = '' } = wish
    const isFromGroup = groupId !== '' && (await qun.isMember(userId, groupId))
    const unitFen = isFromGroup ? (product.groupPriceFen ?? product.priceFen) : product.priceFen
    const goodsFen = unitFen * quantity
    const { couponId } = wish
    const bill = {
      ...{ productId: product.id, quantity, listFen: product.priceFen * quantity, goodsFen },
      ...(isFromGroup && { groupId }),
    }
    if (couponId === undefined) return { ...bill, couponFen: 0, payableFen: goodsFen }
    const basket = basketOf(product, langOf(userId), { quantity, unitFen })
    const quote = await asked<Quote>(qun.call('POST', '/coupon-quotes', { userId, couponIds: [couponId], basket }))
    return { ...bill, couponId, couponFen: quote.discountFen, payableFen: quote.payableFen }
  }

  const cancelled = (order: Order): Order =>
    orders.move(order.orderId, ['pending', 'authorised'], { state: 'cancelled', endedAt: now() }) ?? order
  /** Holds for the order what Qun keeps; if Qun says no there is no order. */
  const holdFor = async (order: Order): Promise<void> => {
    const { orderId, userId, couponId, kept } = order
    try {
      if (couponId !== undefined) {
        const product = productOf(order.productId) as Product
        const unitFen = (order.amountFen + (order.couponFen ?? 0)) / order.quantity
        const basket = basketOf(product, langOf(userId), { quantity: order.quantity, unitFen })
        const body = { userId, couponIds: [couponId], basket }
        await asked(qun.call('POST', `/coupon-orders/${orderId}/lock`, body))
      }
      if (kept?.kind === 'group-buy')
        await asked(qun.call('POST', `${pathOf(kept)}/orders`, { userId, orderId, placeId: kept.id }))
    } catch (error) {
      cancelled(order)
      throw error
    }
  }
  /** Says to Qun that it is paid: `authorised` when the money is only taken once a team is large enough. */
  const settle = async (order: Order): Promise<'paid' | 'authorised'> => {
    const { orderId, userId, couponId, kept, amountFen } = order
    if (couponId !== undefined) await asked(qun.call('POST', `/coupon-orders/${orderId}/use`, {}))
    if (kept?.kind === 'flash-sale') await asked(qun.call('POST', `${pathOf(kept)}/holds/${kept.id}/paid`, { orderId }))
    if (kept?.kind !== 'group-buy') return 'paid'
    const body = { userId, orderId, placeId: kept.id, amountFen }
    const { status } = await asked<{ status: string }>(qun.call('POST', `${pathOf(kept)}/paid`, body))
    if (status === 'lost' || status === 'refunded') throw new CheckoutRefused(409, 'kept_over')
    return 'authorised'
  }
  const own = (userId: string, orderId: string): Order => {
    const order = orders.find(orderId)
    if (order?.userId !== userId) throw new CheckoutRefused(404, 'no_such_order')
    return order
  }

  const checkout: Checkout = {
    readBill: billOf,
    async place(userId, wish) {
      const known = wish.kept && orders.findPending(userId, wish.kept.id)
      if (known !== undefined) return known
      const bill = await billOf(userId, wish)
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
      await holdFor(order)
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
        const state = await settle(order)
        return orders.move(orderId, ['pending'], { state, paidAt: now() }) ?? own(userId, orderId)
      } catch (error) {
        if (error instanceof CheckoutRefused) cancelled(order)
        throw error
      }
    },
    async cancel(userId, orderId) {
      const order = own(userId, orderId)
      if (order.state !== 'pending') throw new CheckoutRefused(409, 'paid_already')
      const { couponId, kept } = order
      if (couponId !== undefined) await asked(qun.call('POST', `/coupon-orders/${orderId}/release`, {}))
      if (kept?.kind === 'flash-sale') await asked(qun.call('POST', `${pathOf(kept)}/holds/${kept.id}/cancel`, {}))
      // A place goes back when Qun hears that its order was cancelled.
      return cancelled(order)
    },
  }
  return checkout
}
