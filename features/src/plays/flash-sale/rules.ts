/** Who may take how many pieces when, and what becomes of a hold: pure, no clock, no storage, no chance. */
import { saleLifeMaxMs, type flashRefusals, type HoldState } from './contract.ts'

type Fault = keyof typeof flashRefusals

export interface Sale {
  readonly startsAt: number
  readonly publicStartsAt?: number | null
  readonly endsAt: number
  readonly perMember: number
}

/** [FS1] The code with which somebody is refused at an instant, if they are. */
export function timeFault(
  sale: Sale,
  isMember: boolean,
  now: number,
): 'flash_sale.not_started' | 'flash_sale.ended' | undefined {
  if (now >= sale.endsAt) return 'flash_sale.ended'
  const startsAt = isMember ? sale.startsAt : sale.publicStartsAt
  return startsAt === undefined || startsAt === null || now < startsAt ? 'flash_sale.not_started' : undefined
}
/**
 * [FS2] [FS3] The code with which a quantity is refused, if it is. `takenCount` is what the person holds and
 * bought.
 */
export function countFault(
  sale: Sale,
  quantity: number,
  takenCount: number,
  left: number,
): 'flash_sale.limit' | 'flash_sale.sold_out' | undefined {
  if (takenCount + quantity > sale.perMember) return 'flash_sale.limit'
  return quantity > left ? 'flash_sale.sold_out' : undefined
}
/** Times follow each other and lie ahead; a sale for members alone names no public start. */
export function timesFit(sale: Sale, now: number): boolean {
  const { startsAt, publicStartsAt, endsAt } = sale
  if (endsAt <= now || endsAt <= startsAt || endsAt > now + saleLifeMaxMs) return false
  return (
    publicStartsAt === undefined || publicStartsAt === null || (publicStartsAt >= startsAt && publicStartsAt < endsAt)
  )
}

// ── prices ──
/**
 * [MER5] What a sale may give away at most: what each piece costs less than its list price, for all of them. The one
 * place where the merchant's caps can ask for it, when a card is posted.
 */
export function cutOf(
  body: { readonly priceFen: number; readonly stock: number },
  product: { readonly priceFen: number },
): number {
  return Math.max(0, product.priceFen - body.priceFen) * body.stock
}

// ── holds ──
/** What a payment is about, as far as its hold and its order go. */
export interface Payment {
  readonly state: HoldState
  /** The order was told to be cancelled or refunded, before or after whatever else was told of it. */
  readonly isOrderEnded: boolean
  /** The order paid for another hold, of whatever sale. */
  readonly isOrderUsed: boolean
}
/** [V3] [FS6] [FS10] The code with which a payment is refused whatever the sale is like, if it is. */
export function payFault({ state, isOrderEnded, isOrderUsed }: Payment): Fault | undefined {
  if (isOrderEnded) return 'flash_sale.order_ended'
  if (isOrderUsed) return 'flash_sale.order_used'
  if (state === 'sold') return 'flash_sale.hold_paid'
  return state === 'held' || state === 'lapsed' ? undefined : 'flash_sale.hold_over'
}
/** [V3] [FS6] What was paid after its time takes pieces anew: before the end, within the limit, if there are any. */
export function lateFault(
  sale: Sale,
  quantity: number,
  { takenCount, left, now }: { readonly takenCount: number; readonly left: number; readonly now: number },
): Fault | undefined {
  return now >= sale.endsAt ? 'flash_sale.ended' : countFault(sale, quantity, takenCount, left)
}
