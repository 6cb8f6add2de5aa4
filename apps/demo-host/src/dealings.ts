/** What the shop's back end and its app say to each other about buying: plain shapes without behaviour. */

/** What Qun keeps for the buyer and the order pays for: pieces of a sale, a place in a team. */
export interface Kept {
  readonly kind: 'flash-sale' | 'group-buy'
  readonly groupId: string
  readonly seq: number
  readonly id: string
}
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
/** `authorised`: paid for, and taken only once the team is large enough. */
export type OrderState = 'pending' | 'authorised' | 'paid' | 'received' | 'cancelled' | 'refunded'
export type OrderStep = 'paid' | 'received' | 'cancelled' | 'refunded'
export interface Order {
  readonly orderId: string
  readonly userId: string
  readonly productId: string
  readonly quantity: number
  /** What is to pay, or was paid. */
  readonly amountFen: number
  /** At list price, before the group's price, a sale or a coupon. */
  readonly listFen: number
  /** What the coupon took off. */
  readonly couponFen?: number
  readonly couponId?: string
  /** The group it was bought from. */
  readonly groupId?: string
  readonly kept?: Kept
  readonly state: OrderState
  readonly placedAt: number
  readonly paidAt?: number
  readonly receivedAt?: number
  readonly endedAt?: number
  /** Points the shop gave for it. */
  readonly points?: number
  /** Steps Qun has not been told of yet, oldest first. */
  readonly untold: readonly OrderStep[]
}
