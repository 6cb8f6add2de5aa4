/** The chat with every feature's faces: what an app embeds. Features are registered here, one line each. */
import * as invitation from '@qun/features/people/invitation/ui'
import * as luckyDraw from '@qun/features/plays/lucky-draw/ui'
import * as merchant from '@qun/features/people/merchant/ui'
import * as membership from '@qun/features/people/membership/ui'
import * as message from '@qun/features/words/message/ui'
import { QunChat as BareChat, type FeatureUI, type QunChatProps } from '@qun/ui'
import '@qun/ui/styles.css'
import * as redPacket from '@qun/features/plays/red-packet/ui'
import * as coupon from '@qun/features/trade/coupon/ui'
import * as product from '@qun/features/trade/product/ui'
import * as flashSale from '@qun/features/plays/flash-sale/ui'
import * as buyerShow from '@qun/features/plays/buyer-show/ui'
import * as poll from '@qun/features/plays/poll/ui'
import * as relayList from '@qun/features/plays/relay-list/ui'
import * as checkIn from '@qun/features/plays/check-in/ui'
import * as groupBuy from '@qun/features/plays/group-buy/ui'
import * as points from '@qun/features/trade/points/ui'
import * as memberLevel from '@qun/features/people/member-level/ui'

/** Hand it to `QunProvider` as `features` where an app arranges the parts itself. */
export const features: readonly FeatureUI[] = [
  message,
  membership,
  merchant,
  invitation,
  luckyDraw,
  redPacket,
  coupon,
  product,
  flashSale,
  buyerShow,
  poll,
  relayList,
  checkIn,
  groupBuy,
  points,
  memberLevel,
  // One line for each feature.
]
export const cardUIs = features

/** Drop-in chat with all features; `cards` adds the app's own. It fills its parent, which needs a height. */
export function QunChat(props: QunChatProps) {
  return <BareChat features={features} {...props} />
}
export { InvitationOffers, InviteAddress, JoinPage, OfferBanner } from '@qun/features/people/invitation/ui'
export { ProductBuying, type Purchase } from '@qun/features/trade/product/ui'
export { Panes, QunProvider, type QunChatProps } from '@qun/ui'
