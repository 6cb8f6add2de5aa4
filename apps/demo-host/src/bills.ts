/** What something costs: from the shop's own prices, from Qun what it keeps for a buyer and what a coupon takes off. */
import type { Bill, Kept, Wish } from './dealings.ts'
import { QunCallFailed, type QunCalls } from './qun-calls.ts'
import { personOf, productOf, productIdIn, shopIdIn, type Lang, type Product } from './story.ts'

/** Why the shop says no; shown to the buyer. */
export class CheckoutRefused extends Error {
  readonly status: number
  constructor(status: number, code: string) {
    super(code)
    this.status = status
  }
}
const quantityMax = 9
/** The card in Qun's API. */
export const pathOf = ({ kind, groupId, seq }: Kept) =>
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
export async function asked<T>(call: Promise<unknown>): Promise<T> {
  try {
    return (await call) as T
  } catch (error) {
    if (error instanceof QunCallFailed && error.status < 500 && error.status !== 429)
      throw new CheckoutRefused(409, error.code)
    throw error
  }
}
/** A basket of one product as Qun prices it. */
export const basketOf = (
  product: Product,
  lang: Lang,
  { quantity, unitFen }: { quantity: number; unitFen: number },
) => ({
  merchantId: shopIdIn(lang),
  lines: [{ lineId: '1', sku: productIdIn(product.id, lang), categories: [product.shelf], unitFen, quantity }],
})

export const langOf = (userId: string): Lang => personOf(userId)?.lang ?? 'zh'

export type ReadBill = (userId: string, wish: Wish) => Promise<Bill>
export function createBills(qun: QunCalls): ReadBill {
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
  return async (userId, wish) => {
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
}
