/** What the shop itself says, in both languages; the chat brings its own words. */
import type { Words } from '../story.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

export const words = {
  home: say('首页', 'Shop'),
  chats: say('消息', 'Chats'),
  me: say('我的', 'Me'),
  tabs: say('主导航', 'Main'),
  unread: say('条未读', 'unread'),
  hello: say('今早刚烘好的古吉', 'Guji, roasted this morning'),
  heroLine: say('豆子周二烘好，面包每天七点半出炉。', 'Beans roasted on Tuesday, bread at half past seven.'),
  heroButton: say('看看这支豆子', 'See the beans'),
  buy: say('立即购买', 'Buy now'),
  groupPrice: say('群友价', 'Group price'),
  gone: say('这件商品已经不卖了', 'This is no longer sold'),
  back: say('返回', 'Back'),
  about: say('说明', 'About'),
  delivery: say('配送', 'Delivery'),
  deliveryLine: say('三公里内 30 分钟送到，满 ¥59 免运费', 'Within 3 km in 30 minutes, free from ¥59'),
  checkout: say('确认订单', 'Your order'),
  goods: say('商品金额', 'Goods'),
  groupOff: say('群友价优惠', 'Group price'),
  saleOff: say('限时抢购优惠', 'Flash sale'),
  teamOff: say('拼团优惠', 'Group buy'),
  coupon: say('优惠券', 'Coupon'),
  couponNone: say('不使用优惠券', 'No coupon'),
  couponEmpty: say('没有可用的券', 'None to use'),
  couponPick: say('张可用', 'to use'),
  couponUntil: say('有效期至', 'Until'),
  freight: say('配送费', 'Delivery'),
  freightFree: say('免', 'Free'),
  quantity: say('数量', 'Quantity'),
  keptSale: say('抢购占位，请在时间内付款', 'Held for you; pay in time'),
  keptTeam: say('名额已保留，请在时间内付款', 'Your place is kept; pay in time'),
  teamNote: say(
    '现在只是预授权。成团后才扣款，未成团全额退回。',
    'Authorised only: taken once the team is large enough, else all of it goes back.',
  ),
  cashier: say('收银台', 'Cashier'),
  toPay: say('待付款', 'To pay'),
  payNow: say('确认支付', 'Pay now'),
  giveUp: say('取消订单', 'Cancel the order'),
  later: say('稍后再付', 'Later'),
  goPay: say('去付款', 'Pay'),
  paidToast: say('支付成功', 'Paid'),
  authorisedToast: say('已预授权，等待成团', 'Authorised; waiting for the team'),
  cancelledToast: say('订单已取消', 'The order is cancelled'),
  address: say('送到', 'Deliver to'),
  addressLine: say('槐树街 12 号 3 楼', '12 Scholar Tree Street, 3rd floor'),
  total: say('合计', 'Total'),
  pay: say('支付', 'Pay'),
  payNote: say('演示支付，不会真的扣款', 'A demo: no money moves'),
  cancel: say('取消', 'Cancel'),
  orders: say('我的订单', 'My orders'),
  ordersTab: say('订单', 'Orders'),
  noOrders: say('还没有订单', 'No orders yet'),
  noOrdersHint: say('买点什么，付款后会出现在这里', 'Buy something and it will be here'),
  goShop: say('去逛逛', 'Go to the shop'),
  pending: say('待付款', 'Waiting for payment'),
  authorised: say('已预授权，等待成团', 'Authorised, waiting for the team'),
  cancelled: say('已取消', 'Cancelled'),
  paid: say('已付款，骑手在路上', 'Paid, on its way'),
  received: say('已收货', 'Received'),
  refunded: say('已退款', 'Refunded'),
  confirm: say('确认收货', 'Confirm receipt'),
  refund: say('退款', 'Refund'),
  refundNow: say('确认退款', 'Refund now'),
  keepOrder: say('再想想', 'Keep the order'),
  refundedToast: say('已退款，款项原路退回', 'Refunded the way it was paid'),
  signingIn: say('正在登录', 'Signing in'),
  failed: say('没有连上店里的服务器', "The shop's server did not answer"),
  retry: say('再试一次', 'Try again'),
  signedInAs: say('当前身份', 'Signed in as'),
  ownGroups: say('我的群', 'My groups'),
} as const

/** What the shop, or Qun behind it, refuses at the checkout. */
const refusals: Readonly<Record<string, Words>> = {
  sold_out: say('已经卖完了', 'Sold out'),
  kept_over: say('占位已失效，没有扣款', 'It is no longer kept; nothing was charged'),
  order_closed: say('订单已结束，不能再操作', 'The order has ended; nothing changed'),
  order_over: say('订单已超时，请重新下单', 'The order took too long; order again'),
  offer_void: say('活动已失效，没有扣款', 'The offer is void; nothing was charged'),
  not_yours: say('这不是你的占位', 'It is not kept for you'),
  'coupon.threshold': say('未达到优惠券的使用门槛', 'Below what the coupon asks for'),
  'coupon.scope': say('这张券不能用于这件商品', 'The coupon is not for this'),
  'coupon.state': say('这张券正被另一个订单占用', 'Another order holds this coupon'),
  'coupon.expired': say('优惠券已过期', 'The coupon is over'),
  'flash_sale.hold_over': say('占位已失效，没有扣款', 'It is no longer held; nothing was charged'),
  'flash_sale.ended': say('抢购已结束，没有扣款', 'The sale is over; nothing was charged'),
  'flash_sale.sold_out': say('已抢完，没有扣款', 'All pieces are taken; nothing was charged'),
  'flash_sale.void': say('活动已失效，没有扣款', 'The offer is void; nothing was charged'),
}
export const refusalText = (code: string): Words =>
  refusals[code] ?? say('没有成功，没有扣款', 'It did not work; nothing was charged')
export const quantityText = (n: number) => say(`共 ${n} 件`, n === 1 ? '1 piece' : `${n} pieces`)
export const pointsText = (n: number) => say(`获得 ${n} 积分`, `${n} points earned`)
export const pointsGoneText = (n: number) => say(`已收回 ${n} 积分`, `${n} points taken back`)
/** What else moves with a refund. */
export function refundNote({ points, hasCoupon }: { readonly points: number; readonly hasCoupon: boolean }): Words {
  const zh = [...(points > 0 ? [`收回这一单的 ${points} 积分`] : []), ...(hasCoupon ? ['优惠券按规则退还'] : [])]
  const en = [
    ...(points > 0 ? [`the ${points} points of this order go back`] : []),
    ...(hasCoupon ? ['the coupon returns by its rules'] : []),
  ]
  if (zh.length === 0) return words.payNote
  return say(`退款同时${zh.join('，')}。`, `With it ${en.join(', and ')}.`)
}
export const savedText = (price: string) => say(`已优惠 ${price}`, `${price} saved`)
