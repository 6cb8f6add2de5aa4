/** What people read of a flash sale, in both languages. */
export const saleTexts = {
  kind: { 'zh-CN': '限时抢购', en: 'Flash sale' },
  take: { 'zh-CN': '立即抢', en: 'Get it now' },
  pay: { 'zh-CN': '去付款', en: 'Pay now' },
  giveUp: { 'zh-CN': '放弃占位', en: 'Give up the hold' },
  held: { 'zh-CN': '已为你留货', en: 'Held for you' },
  heldHint: { 'zh-CN': '请在店铺中完成付款', en: 'Finish paying in the shop' },
  soldOut: { 'zh-CN': '已抢完', en: 'Sold out' },
  mayReturn: { 'zh-CN': '未付款的会放回，稍后再看看', en: 'Unpaid pieces come back; look again later' },
  ended: { 'zh-CN': '抢购已结束', en: 'The sale is over' },
  begins: { 'zh-CN': '开抢倒计时', en: 'Begins in' },
  membersOnly: { 'zh-CN': '群成员专享', en: 'Members only' },
  product: { 'zh-CN': '商品', en: 'Product' },
  price: { 'zh-CN': '抢购价（元）', en: 'Sale price (¥)' },
  stock: { 'zh-CN': '抢购数量', en: 'Pieces on sale' },
  perMember: { 'zh-CN': '每人限购', en: 'Pieces per person' },
  refunds: { 'zh-CN': '退款规则', en: 'How refunds go' },
  refundsFirst: {
    'zh-CN': '未付款的占位自动取消；收货后 7 天内可退，款项原路退回。',
    en: 'Unpaid holds lapse. Returns within 7 days of receipt; the money goes back the way it came.',
  },
  startsIn: { 'zh-CN': '多久后开抢', en: 'Starts after' },
  atOnce: { 'zh-CN': '立即', en: 'At once' },
  lead: { 'zh-CN': '群成员先抢', en: 'Members first, by' },
  leadNone: { 'zh-CN': '仅限群成员', en: 'Members only' },
  lasts: { 'zh-CN': '抢购时长', en: 'Lasts' },
  minutes30: { 'zh-CN': '30 分钟', en: '30 minutes' },
  hour: { 'zh-CN': '1 小时', en: '1 hour' },
  hours2: { 'zh-CN': '2 小时', en: '2 hours' },
  tomorrow: { 'zh-CN': '24 小时', en: '24 hours' },
  campaign: { 'zh-CN': '活动名称，计入其预算（选填）', en: 'Campaign, for its budget (optional)' },
  campaignFault: { 'zh-CN': '只能用字母、数字和 _ . -', en: 'Letters, digits and _ . - only' },
  void: {
    'zh-CN': '活动已失效：商品或商家已停止销售',
    en: 'The sale is void: its product or its shop does not sell any more',
  },
  publish: { 'zh-CN': '发布抢购', en: 'Publish the sale' },
  priceHigh: { 'zh-CN': '抢购价应低于店铺标价', en: 'It must be below the list price' },
  belowFloor: { 'zh-CN': '低于商品底价', en: 'Below the floor of the product' },
  noFloor: { 'zh-CN': '商品未设底价，不能低于标价出售', en: 'The product has no floor: it is not sold for less' },
  stockHigh: { 'zh-CN': '超过商品库存', en: 'More than there are' },
}
export const leftText = (left: number) => ({ 'zh-CN': `剩 ${left} 件`, en: `${left} left` })
export const piecesText = (count: number) => ({ 'zh-CN': `${count} 件`, en: `${count} pieces` })
/** What a piece costs, and what it costs in the shop. */
export const termsText = (price: string, list: string) => ({
  'zh-CN': `抢购价 ${price}，店铺标价 ${list}`,
  en: `${price}; list price ${list}`,
})
export const limitText = (count: number) => ({ 'zh-CN': `每人限 ${count} 件`, en: `${count} per person` })
export const boughtText = (count: number) => ({ 'zh-CN': `已买 ${count} 件`, en: `${count} bought` })
export const earlyText = (span: { 'zh-CN': string; en: string }) => ({
  'zh-CN': `群成员早抢 ${span['zh-CN']}`,
  en: `Members start ${span.en} early`,
})
/** A span in whole hours or minutes. */
export function spanText(ms: number): { 'zh-CN': string; en: string } {
  const minutes = Math.round(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  if (hours === 0) return { 'zh-CN': `${minutes} 分钟`, en: `${minutes} min` }
  const rest = minutes % 60
  return {
    'zh-CN': rest === 0 ? `${hours} 小时` : `${hours} 小时 ${rest} 分`,
    en: rest === 0 ? `${hours} h` : `${hours} h ${rest} min`,
  }
}
