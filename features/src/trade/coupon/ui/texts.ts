/** What people read of coupons, in both languages. */
import type { Locale, LocalText } from '@qun/contract'
import type { CouponKind, Terms } from '../contract.ts'

export const couponTexts = {
  kind: { 'zh-CN': '优惠券', en: 'Coupon' },
  claim: { 'zh-CN': '立即领取', en: 'Get it' },
  claimMore: { 'zh-CN': '再领一张', en: 'Get another' },
  claimed: { 'zh-CN': '已领取', en: 'It is yours' },
  over: { 'zh-CN': '已使用或失效', en: 'Used or over' },
  held: { 'zh-CN': '订单占用中', en: 'Held by an order' },
  useIt: { 'zh-CN': '去使用', en: 'Use it' },
  see: { 'zh-CN': '查看我的券', en: 'See my coupon' },
  soldOut: { 'zh-CN': '已领完', en: 'All claimed' },
  daySoldOut: { 'zh-CN': '今日已领完，明天再来', en: 'All of today are claimed; come back tomorrow' },
  ended: { 'zh-CN': '活动已结束', en: 'The offer is over' },
  paused: { 'zh-CN': '领取已暂停', en: 'Claiming is paused' },
  starts: { 'zh-CN': '开抢倒计时', en: 'Starts in' },
  membersOnly: { 'zh-CN': '群专享', en: 'Members only' },
  details: { 'zh-CN': '使用说明', en: 'Terms' },
  // ── details and managing ──
  refund: { 'zh-CN': '退款后', en: 'After a refund' },
  refundReturn: { 'zh-CN': '未过期则退回', en: 'Comes back while valid' },
  refundExtend: { 'zh-CN': '退回并至少延长 7 天', en: 'Comes back for at least 7 days' },
  refundVoid: { 'zh-CN': '不退回', en: 'Does not come back' },
  notPassedOn: {
    'zh-CN': '仅限本人使用，不可转让，不兑换现金',
    en: 'For its holder alone; not passed on, not paid out',
  },
  platform: { 'zh-CN': '平台', en: 'The platform' },
  note: { 'zh-CN': '备注', en: 'Note' },
  pause: { 'zh-CN': '暂停领取', en: 'Pause' },
  resume: { 'zh-CN': '恢复领取', en: 'Resume' },
  end: { 'zh-CN': '结束活动', en: 'End the offer' },
  endAsk: { 'zh-CN': '结束这次发券？', en: 'End this offer?' },
  endSays: {
    'zh-CN': '结束后不能恢复。已领取的券仍可使用。',
    en: 'It cannot be resumed. Coupons people hold can still be used.',
  },
  // ── my coupons ──
  mine: { 'zh-CN': '我的优惠券', en: 'My coupons' },
  available: { 'zh-CN': '可用', en: 'Available' },
  used: { 'zh-CN': '已使用', en: 'Used' },
  gone: { 'zh-CN': '已失效', en: 'Over' },
  voided: { 'zh-CN': '已作废', en: 'Taken back' },
  expired: { 'zh-CN': '已过期', en: 'Expired' },
  returned: { 'zh-CN': '已退回', en: 'Came back' },
  soon: { 'zh-CN': '即将过期', en: 'Ends soon' },
  none: { 'zh-CN': '这里还没有优惠券', en: 'No coupons here' },
  noneHint: { 'zh-CN': '群里发券时，第一时间来领吧', en: 'When the group gives some out, they will be here' },
  // ── the code ──
  code: { 'zh-CN': '券码', en: 'Code' },
  codeHint: { 'zh-CN': '到店出示给店员，请勿截图转发', en: 'Show it at the counter; do not pass it on' },
  fresh: { 'zh-CN': '刷新券码', en: 'Show a fresh code' },
  codeOver: { 'zh-CN': '券码已失效', en: 'This code is over' },
  back: { 'zh-CN': '返回', en: 'Back' },
  redeemed: { 'zh-CN': '已核销', en: 'Redeemed' },
  // ── the form ──
  title: { 'zh-CN': '券名称', en: 'Name' },
  sort: { 'zh-CN': '类型', en: 'Kind' },
  amount: { 'zh-CN': '减免金额（元）', en: 'Amount off (¥)' },
  shippingAmount: { 'zh-CN': '最多减运费（元）', en: 'Off shipping at most (¥)' },
  percent: { 'zh-CN': '减免比例（%，15 即 8.5 折）', en: 'Percent off' },
  cap: { 'zh-CN': '最多减（元）', en: 'At most (¥)' },
  threshold: { 'zh-CN': '满多少可用（元）', en: 'Minimum order (¥)' },
  thresholdFree: { 'zh-CN': '使用门槛（元，选填）', en: 'Minimum order (¥, optional)' },
  exchangeName: { 'zh-CN': '兑换什么', en: 'Exchanged for' },
  exchangeSku: { 'zh-CN': '商品编号', en: 'Product id' },
  total: { 'zh-CN': '发放总数', en: 'How many' },
  perUser: { 'zh-CN': '每人限领', en: 'Per person' },
  perDay: { 'zh-CN': '每天最多（选填）', en: 'Per day (optional)' },
  lasts: { 'zh-CN': '领取时长', en: 'Claimed within' },
  days: { 'zh-CN': '领取后几天内有效', en: 'Valid for days' },
  skus: { 'zh-CN': '限定商品编号（选填，逗号分隔）', en: 'Only for product ids (optional, commas)' },
  url: { 'zh-CN': '使用页面（选填）', en: 'Where to use it (optional)' },
  audience: { 'zh-CN': '谁可以领', en: 'Who may claim' },
  audienceAll: { 'zh-CN': '群里所有人', en: 'Everybody in the group' },
  campaign: { 'zh-CN': '活动名称，计入其预算（选填）', en: 'Campaign, for its budget (optional)' },
  campaignFault: { 'zh-CN': '只能用字母、数字和 _ . -', en: 'Letters, digits and _ . - only' },
  contact: { 'zh-CN': '联系方式', en: 'Contact' },
  contactFirst: { 'zh-CN': '群内 @管理员', en: '@admin in this group' },
  noteField: { 'zh-CN': '使用说明（选填）', en: 'Terms (optional)' },
  moreSettings: { 'zh-CN': '更多设置', en: 'More settings' },
  publish: { 'zh-CN': '发到群里', en: 'Offer it' },
  percentFault: { 'zh-CN': '请填写 1–100', en: 'Enter 1 to 100' },
  thresholdFault: { 'zh-CN': '不能低于减免金额', en: 'It cannot be below the amount off' },
  urlFault: { 'zh-CN': '请填写 https 链接', en: 'Enter an https address' },
  perDayFault: { 'zh-CN': '不能超过发放总数', en: 'It cannot be more than there are' },
  sample: { 'zh-CN': '预览', en: 'Preview' },
} as const

export const kindTexts: Readonly<Record<CouponKind, LocalText>> = {
  full: { 'zh-CN': '满减券', en: 'Spend and save' },
  percent: { 'zh-CN': '折扣券', en: 'Percent off' },
  direct: { 'zh-CN': '立减券', en: 'Money off' },
  shipping: { 'zh-CN': '运费券', en: 'Shipping' },
  exchange: { 'zh-CN': '兑换券', en: 'Exchange' },
}

/** 5, 5.50: yuan without cents that are none. */
export function yuanText(fen: number): string {
  return fen % 100 === 0 ? String(fen / 100) : (fen / 100).toFixed(2)
}
export interface Worth {
  readonly before?: string
  readonly main: string
  readonly after?: string
}
/** The big words of a coupon's face: ¥5, 8.5 折, Free. */
export function worthOf(terms: Terms, locale: Locale): Worth {
  const { kind, amountFen, offBp = 0, exchange } = terms
  const isChinese = locale === 'zh-CN'
  if (kind === 'exchange') return { main: exchange?.name ?? '' }
  if (kind === 'percent')
    return isChinese
      ? { main: String((10_000 - offBp) / 1_000), after: '折' }
      : { main: String(offBp / 100), after: '% off' }
  if (amountFen === undefined) return { main: isChinese ? '免运费' : 'Free shipping' }
  return { before: '¥', main: yuanText(amountFen) }
}
export function worthText(terms: Terms): LocalText {
  const words = (locale: Locale) => {
    const { before = '', main, after = '' } = worthOf(terms, locale)
    return `${before}${main}${after}`
  }
  const zh = words('zh-CN')
  const en = words('en')
  if (terms.kind === 'exchange') return { 'zh-CN': `兑换「${zh}」一份`, en: `One ${en}` }
  const cap = terms.capFen === undefined ? undefined : yuanText(terms.capFen)
  return {
    'zh-CN': cap === undefined ? zh : `${zh}，最多减 ¥${cap}`,
    en: cap === undefined ? en : `${en}, at most ¥${cap}`,
  }
}
export function thresholdText({ thresholdFen = 0, kind }: Terms): LocalText {
  if (thresholdFen > 0) return { 'zh-CN': `满 ¥${yuanText(thresholdFen)} 可用`, en: `From ¥${yuanText(thresholdFen)}` }
  return kind === 'shipping' ? { 'zh-CN': '运费立减', en: 'Off shipping' } : { 'zh-CN': '无门槛', en: 'No minimum' }
}
export function scopeText({ scope = {}, exchange }: Terms): LocalText {
  const { skus, categories, stores } = scope
  if (exchange !== undefined) return { 'zh-CN': `限「${exchange.name}」`, en: `For ${exchange.name}` }
  const zh: string[] = []
  const en: string[] = []
  if (categories !== undefined) {
    zh.push(`限${categories.join('、')}`)
    en.push(`For ${categories.join(', ')}`)
  }
  if (skus !== undefined) {
    zh.push(`限 ${skus.length} 款商品`)
    en.push(skus.length === 1 ? 'One product' : `${skus.length} products`)
  }
  if (stores !== undefined) {
    zh.push(`限 ${stores.length} 家门店`)
    en.push(stores.length === 1 ? 'One store' : `${stores.length} stores`)
  }
  return zh.length === 0 ? { 'zh-CN': '全场通用', en: 'All goods' } : { 'zh-CN': zh.join(' · '), en: en.join(' · ') }
}
export function validText(terms: Terms, dateText: (at: number) => string): LocalText {
  const { validity } = terms
  if (validity.mode === 'absolute') {
    const span = `${dateText(validity.from)} – ${dateText(validity.until)}`
    return { 'zh-CN': span, en: span }
  }
  const { afterDays, forDays } = validity
  const days = forDays === 1 ? '1 day' : `${forDays} days`
  return afterDays === 0
    ? { 'zh-CN': `领取后 ${forDays} 天内有效`, en: `Valid ${days} from claiming` }
    : { 'zh-CN': `领取 ${afterDays} 天后起 ${forDays} 天内有效`, en: `Valid ${days}, from day ${afterDays + 1}` }
}
export const untilText = (when: string): LocalText => ({ 'zh-CN': `${when} 前有效`, en: `Until ${when}` })
export const fromText = (when: string): LocalText => ({ 'zh-CN': `${when} 起可用`, en: `From ${when}` })
export const usedText = (when: string): LocalText => ({ 'zh-CN': `${when} 使用`, en: `Used ${when}` })
export const totalText = (count: number): LocalText => ({ 'zh-CN': `共 ${count} 张`, en: `${count} in all` })
export const leftText = (left: number): LocalText => ({ 'zh-CN': `剩 ${left} 张`, en: `${left} left` })
export const limitText = (count: number): LocalText => ({ 'zh-CN': `每人 ${count} 张`, en: `${count} per person` })
export const dayText = (count: number): LocalText => ({ 'zh-CN': `每天 ${count} 张`, en: `${count} a day` })
export const newText = (count: number): LocalText => ({
  'zh-CN': `新成员（入群 ${count} 天内）`,
  en: count === 1 ? 'New members, within a day' : `New members, within ${count} days`,
})
export const levelText = (level: number): LocalText => ({
  'zh-CN': `群等级 ${level} 级及以上`,
  en: `Level ${level} or higher`,
})
export const namedText = (count: number): LocalText => ({
  'zh-CN': `限指定的 ${count} 人`,
  en: count === 1 ? 'For one person' : `For ${count} people by name`,
})
/** Who may claim, beside being in the group: each in words, all of them needed. */
export function audienceTexts(audience: NonNullable<Terms['audience']>): LocalText[] {
  const { memberDays, newDays, levelMin, userCount } = audience
  return [
    ...(memberDays === undefined ? [] : [daysText(memberDays)]),
    ...(newDays === undefined ? [] : [newText(newDays)]),
    ...(levelMin === undefined ? [] : [levelText(levelMin)]),
    ...(userCount === undefined ? [] : [namedText(userCount)]),
  ]
}
export const daysText = (count: number): LocalText => ({
  'zh-CN': `入群满 ${count} 天`,
  en: `Members for ${count} days`,
})
export const countText = (count: number): LocalText => ({
  'zh-CN': `${count} 张可用`,
  en: count === 1 ? '1 to use' : `${count} to use`,
})
export const heldUntilText = (when: string): LocalText => ({ 'zh-CN': `占用至 ${when}`, en: `Held until ${when}` })
