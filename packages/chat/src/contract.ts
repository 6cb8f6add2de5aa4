/** The contracts of every feature that ships: the only list of cards, requests and records. Holds no behaviour. */
import type { Card, Endpoint, SyncedRecord } from '@qun/contract'
import * as invitation from '@qun/features/people/invitation/contract'
import * as luckyDraw from '@qun/features/plays/lucky-draw/contract'
import * as merchant from '@qun/features/people/merchant/contract'
import * as membership from '@qun/features/people/membership/contract'
import * as message from '@qun/features/words/message/contract'
import * as redPacket from '@qun/features/plays/red-packet/contract'
import * as coupon from '@qun/features/trade/coupon/contract'
import * as order from '@qun/features/trade/order/contract'
import * as product from '@qun/features/trade/product/contract'
import * as flashSale from '@qun/features/plays/flash-sale/contract'
import * as budget from '@qun/features/trade/budget/contract'
import * as buyerShow from '@qun/features/plays/buyer-show/contract'
import * as poll from '@qun/features/plays/poll/contract'
import * as relayList from '@qun/features/plays/relay-list/contract'
import * as checkIn from '@qun/features/plays/check-in/contract'
import * as groupBuy from '@qun/features/plays/group-buy/contract'
import * as points from '@qun/features/trade/points/contract'
import * as memberLevel from '@qun/features/people/member-level/contract'
import * as payment from '@qun/features/trade/payment/contract'

/** Cards of any shape: a registry forgets what each one holds. */
type AnyCard = Card<any, any, any, any, any>
type AnyEndpoint = Endpoint<any, any, any, any>

export const cards = [
  message.textMessage,
  message.imageMessage,
  message.systemLine,
  luckyDraw.luckyDraw,
  redPacket.redPacket,
  coupon.coupon,
  product.product,
  flashSale.flashSale,
  buyerShow.buyerShow,
  poll.poll,
  relayList.relayList,
  checkIn.checkIn,
  groupBuy.groupBuy,
  memberLevel.memberLevel,
] as const satisfies readonly AnyCard[]

export const endpoints: readonly AnyEndpoint[] = [
  message.editsOf,
  message.reactorsOf,
  message.uploadImage,
  message.mediaOf,
  membership.createGroup,
  membership.createGroupForHost,
  membership.changeGroup,
  membership.disbandGroup,
  membership.addMembers,
  membership.leaveGroup,
  membership.removeMember,
  membership.bansOf,
  membership.unbanMember,
  membership.setRole,
  membership.transferGroup,
  membership.setNickname,
  membership.muteMember,
  membership.unmuteMember,
  merchant.putMerchantEndpoint,
  merchant.listMerchantsEndpoint,
  merchant.suspendMerchant,
  merchant.listStaffEndpoint,
  merchant.putStaff,
  merchant.removeStaff,
  merchant.merchantOfGroup,
  invitation.createJoinLink,
  invitation.joinLinksOf,
  invitation.revokeJoinLink,
  invitation.previewInvite,
  invitation.acceptInvite,
  invitation.orderInvitationOf,
  invitation.setOrderInvitation,
  invitation.invitationOfOrder,
  invitation.acceptOffer,
  invitation.dismissOffer,
  invitation.setOfferPreference,
  buyerShow.ordersToShow,
  poll.votersOf,
  checkIn.boardOf,
  relayList.linesOf,
  relayList.exportOf,
  relayList.orderSumOf,
  relayList.makeOrders,
  relayList.orderedLists,
  relayList.takeOrders,
  flashSale.saleForHost,
  flashSale.holdForHost,
  flashSale.takeForHost,
  flashSale.payHold,
  flashSale.cancelHold,
  order.postOrderEvent,
  order.orderOf,
  order.parkedOrders,
  product.putProduct,
  product.putProducts,
  product.removeProduct,
  product.listProducts,
  product.setProductLinks,
  product.searchProducts,
  product.offerableProducts,
  product.resolveLink,
  product.setShelf,
  coupon.setStacking,
  coupon.stackingOf,
  coupon.createStock,
  coupon.stockOf,
  coupon.changeStock,
  coupon.deleteStock,
  coupon.issueBatch,
  coupon.quoteBasket,
  coupon.lockCoupons,
  coupon.useCoupons,
  coupon.releaseCoupons,
  coupon.returnCoupons,
  coupon.redeemCoupon,
  coupon.voidCoupon,
  coupon.myCoupons,
  coupon.showCode,
  luckyDraw.entriesOf,
  luckyDraw.proofOf,
  luckyDraw.beaconsOf,
  redPacket.claimsOf,
  redPacket.purseOf,
  redPacket.vouchersOf,
  groupBuy.teamsOf,
  groupBuy.placeForHost,
  groupBuy.bindOrder,
  groupBuy.payPlace,
  groupBuy.instructionsForHost,
  groupBuy.settleInstruction,
  memberLevel.myLevel,
  memberLevel.levelsOf,
  memberLevel.honoursOf,
  memberLevel.markHelpful,
  memberLevel.grantPoints,
  points.myPoints,
  points.myStatement,
  points.grantPoints,
  points.deductPoints,
  points.reversePoints,
  points.pointsOf,
  points.statementOf,
  points.expirePoints,
  points.fundPoints,
  budget.setBudget,
  budget.listBudgets,
  budget.budgetSpent,
  payment.takeCallback,
  payment.instructionOf,
  payment.compareDay,
  payment.reportsOf,
  payment.openDifferences,
  payment.closeDifference,
]

export const records: readonly SyncedRecord[] = [
  merchant.merchantStaff,
  coupon.heldCoupon,
  invitation.invitationOffer,
  product.liveProduct,
  product.productShelf,
  memberLevel.shownLevels,
]
