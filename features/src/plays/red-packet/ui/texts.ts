/** What the faces of a red packet say, in both languages. */
import type { LocalText } from '@qun/contract'
import { moneyText } from '@qun/ui'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })
const many = (n: number, one: string, other: string) => `${n.toLocaleString('en')} ${n === 1 ? one : other}`

export const packetTexts = {
  noPoints: {
    'zh-CN': '积分由商家发放，好友群里没有可以发的积分',
    en: 'Points are a shop’s: a friends’ group has none to send',
  },
  kind: say('红包', 'Red packet'),
  greeting: say('恭喜发财，大吉大利', 'Best wishes'),
  lucky: say('拼手气红包', 'Lucky packet'),
  equal: say('普通红包', 'Equal packet'),
  exclusive: say('专属红包', 'Exclusive packet'),
  passphrase: say('口令红包', 'Passphrase packet'),
  open: say('领取红包', 'Open it'),
  opened: say('已领取', 'Opened'),
  finished: say('已被领完', 'All taken'),
  expired: say('已过期', 'Expired'),
  revoked: say('已撤销', 'Taken back'),
  coin: say('開', 'Open'),
  coinLabel: say('拆开红包', 'Open the red packet'),
  opening: say('正在拆…', 'Opening…'),
  late: say('手慢了，红包派完了', 'Too late, all shares are taken'),
  expiredLong: say('红包超过 24 小时未领完，已过期', 'The packet has expired'),
  revokedLong: say('发红包的人撤销了这个红包', 'The sender took the packet back'),
  phrase: say('口令', 'Passphrase'),
  phraseAsk: say('输入口令', 'Type the passphrase'),
  saved: say('已存入你的积分', 'Added to your points'),
  savedCoupons: say('已放入你的券包', 'Added to your coupons'),
  coupons: say('券红包', 'Coupon packet'),
  give: say('发什么', 'What it gives'),
  points: say('积分', 'Points'),
  eachCoupons: say('每个几张', 'Coupons each'),
  luckiest: say('手气最佳', 'Luckiest'),
  claims: say('领取详情', 'Who opened it'),
  amountHidden: say('领取后可见', 'Shown after yours'),
  revoke: say('撤销红包', 'Take it back'),
  revokeAsk: say('撤销这个红包？', 'Take this packet back?'),
  revokeText: say('还没有人领取，全部金额会退回给你。', 'Nobody has opened it. The whole amount is returned to you.'),
  revokeCoupons: say('还没有人领取，券会退回库存。', 'Nobody has opened it. The coupons can be claimed again.'),
  proof: say(
    '红包金额在发出时就已定好并公布了指纹，打开先后不影响大小。',
    'Shares were fixed and fingerprinted when it was sent; being first does not matter.',
  ),
  // the form
  kindLabel: say('红包类型', 'Kind'),
  kindLucky: say('拼手气', 'Lucky'),
  kindEqual: say('普通', 'Equal'),
  kindExclusive: say('专属', 'Exclusive'),
  kindPassphrase: say('口令', 'Passphrase'),
  total: say('总积分', 'Points in all'),
  each: say('每个积分', 'Points each'),
  amount: say('积分', 'Points'),
  count: say('红包个数', 'Shares'),
  recipient: say('发给谁', 'For'),
  recipientChoose: say('选择群成员', 'Choose a member'),
  phraseHint: say(
    '群友输入一样的口令才能打开；口令不会出现在群里。',
    'Members must type exactly this. It is never shown in the group.',
  ),
  hint: say('口令提示（可不填）', 'A hint (optional)'),
  greetingLabel: say('祝福语', 'Greeting'),
  exciting: say('更刺激：大小差距更大', 'Wilder: shares differ more'),
  send: say('塞进红包', 'Send the packet'),
  allOf: say('共', 'In all'),
  missing: say('请填写', 'Please fill in'),
  noBalance: say('余额不足', 'More than you have'),
  tooSmall: say('每个至少 1 积分', 'At least 1 point for each'),
} as const

/** What a packet is of: its currency and, where it gives pieces, what one is called. */
export interface Given {
  readonly currency: string
  readonly unit?: string | undefined
}
export function amountText({ currency, unit }: Given, amount: number): LocalText {
  if (unit !== undefined) return say(`${couponZh(unit)} ×${amount}`, `${unit} coupon × ${amount}`)
  if (currency === 'CNY') return say(moneyText(amount), moneyText(amount))
  return say(`${amount.toLocaleString('en')} 积分`, many(amount, 'point', 'points'))
}
const couponZh = (title: string) => (title.endsWith('券') ? title : `${title} 券`)
/** Set smaller, beside the figure; undefined where the amount is one word. */
export const unitText = ({ currency, unit }: Given, amount: number): LocalText | undefined =>
  currency === 'CNY' || unit !== undefined ? undefined : say('积分', amount === 1 ? 'point' : 'points')
export const voucherText = (title: string, left: number) =>
  say(`${title}（还有 ${left} 张）`, `${title} (${left} left)`)
export const mostText = (most: number) => say(`每人最多 ${most} 张`, `At most ${most} a person`)
export const leftText = (left: number) => say(`只剩 ${left} 张`, `Only ${left} left`)
export const ofText = (name: string) => say(`${name}的红包`, `A red packet from ${name}`)
export const forText = (name: string) => say(`给 ${name} 的专属红包`, `For ${name} alone`)
export const notForText = (name: string) => say(`这是给 ${name} 的专属红包`, `This one is for ${name} alone`)
export const hintText = (hint: string) => say(`提示：${hint}`, `Hint: ${hint}`)
export const openedCountText = (n: number, count: number, total: LocalText) =>
  say(`已领取 ${n}/${count} 个，共 ${total['zh-CN']}`, `${n} of ${count} opened, ${total.en} in all`)
export const finishedText = (count: number, total: LocalText, took: LocalText) =>
  say(
    `${count} 个红包共 ${total['zh-CN']}，${took['zh-CN']}被抢光`,
    `${many(count, 'share', 'shares')}, ${total.en}, all taken in ${took.en}`,
  )
export const expiredText = (n: number, count: number, back: LocalText) =>
  say(`领取 ${n}/${count} 个，退回 ${back['zh-CN']}`, `${n} of ${count} opened, ${back.en} returned`)
export const balanceText = (balance: LocalText) => say(`余额 ${balance['zh-CN']}`, `You have ${balance.en}`)
export const countMaxText = (max: number) => say(`最多 ${max} 个`, `At most ${max}`)
export const shareMaxText = (max: LocalText) => say(`单个不超过 ${max['zh-CN']}`, `At most ${max.en} each`)
/** How long a packet lasted: seconds, then minutes, then hours. */
export function tookText(ms: number): LocalText {
  const seconds = Math.max(1, Math.round(ms / 1_000))
  if (seconds < 120) return say(`${seconds} 秒`, `${seconds} s`)
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return say(`${minutes} 分钟`, `${minutes} min`)
  const hours = Math.round(minutes / 60)
  return say(`${hours} 小时`, many(hours, 'hour', 'hours'))
}
