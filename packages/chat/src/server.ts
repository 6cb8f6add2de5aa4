/** The features that ship, as the server runs them: the only list of them. */
import type { Feature } from '@qun/core'
import invitation from '@qun/features/people/invitation/server'
import luckyDraw, { luckyDrawWith } from '@qun/features/plays/lucky-draw/server'
import merchant from '@qun/features/people/merchant/server'
import membership from '@qun/features/people/membership/server'
import message, { cardPictures } from '@qun/features/words/message/server'
import { createRedPacket } from '@qun/features/plays/red-packet/server'
import coupon, { couponVouchers } from '@qun/features/trade/coupon/server'
import product, { offeredProducts } from '@qun/features/trade/product/server'
import { createFlashSale } from '@qun/features/plays/flash-sale/server'
import { createBuyerShow } from '@qun/features/plays/buyer-show/server'
import poll from '@qun/features/plays/poll/server'
import relayList from '@qun/features/plays/relay-list/server'
import { createCheckIn } from '@qun/features/plays/check-in/server'
import { createGroupBuy } from '@qun/features/plays/group-buy/server'
import budget from '@qun/features/trade/budget/server'
import points from '@qun/features/trade/points/server'
import memberLevel from '@qun/features/people/member-level/server'
import order from '@qun/features/trade/order/server'
import payment from '@qun/features/trade/payment/server'
import timeZone from '@qun/features/people/time-zone/server'

export const features: readonly Feature[] = [
  message,
  membership,
  merchant,
  invitation,
  luckyDraw,
  createRedPacket({ vouchers: [couponVouchers] }),
  coupon,
  product,
  createFlashSale({ products: [offeredProducts] }),
  createBuyerShow({ pictures: cardPictures }),
  poll,
  relayList,
  createCheckIn({ pictures: cardPictures }),
  createGroupBuy({ products: [offeredProducts] }),
  points,
  budget,
  memberLevel,
  order,
  payment,
  timeZone,
]

/** What an operator sets for features, as `readConfig` of the server has it, and the way out they may use. */
export interface FeatureSettings {
  readonly drand: 'on' | 'off' | readonly string[]
  readonly fetch: typeof fetch
}
/** Features that are made with settings; as they stand above, they use none. */
export const settable: readonly ((settings: FeatureSettings) => Feature)[] = [luckyDrawWith]
/** The features that ship, as an operator has set them. */
export function featuresWith(settings: FeatureSettings): readonly Feature[] {
  const set = settable.map((make) => make(settings))
  return features.map((feature) => set.find(({ name }) => name === feature.name) ?? feature)
}
export { PROTOCOL_VERSION } from './protocol.ts'
