/** What the faces of a group buy say, in both languages. */
import type { LocalText } from '@qun/contract'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })
const many = (n: number, one: string, other: string) => `${n} ${n === 1 ? one : other}`

export const buyTexts = {
  kind: say('拼团', 'Group buy'),
  joinTeam: say('去参团', 'Join'),
  pay: say('去支付', 'Pay'),
  release: say('放弃名额', 'Give it up'),
  held: say('名额已保留', 'A place is kept for you'),
  payHint: say('请在店铺的结算页完成支付', 'Finish the payment at the shop’s checkout'),
  invite: say('喊人来拼', 'Invite people'),
  invited: say('邀请语已复制，发给朋友吧', 'The invitation is copied; send it to friends'),
  myTeam: say('我的团', 'My team'),
  secured: say('已成团', 'The team is on'),
  withdraw: say('退出并退款', 'Withdraw, get the money back'),
  withdrawAsk: say('退出这个团？', 'Leave this team?'),
  withdrawHint: say(
    '还没有别人加入，预授权的钱会全部退回。',
    'Nobody else has joined yet. All of the authorised money goes back.',
  ),
  ended: say('已结束', 'Over'),
  endedNote: say('拼团已结束', 'The group buy is over'),
  soldOut: say('已拼完', 'All pieces are taken'),
  mayReturn: say('有人放弃时会再放出', 'Pieces given up come back'),
  single: say('单买', 'Alone'),
  details: say('玩法与规则', 'Rules, and how it works'),
  reason: say('取消原因', 'Cancelled'),
  noTeams: say('还没有人开团，来当第一个', 'No team yet; be the first'),
  teams: say('正在拼的团', 'Open teams'),
  paying: say('付款中', 'paying'),
  empty: say('空位', 'free place'),
  leader: say('团长', 'leader'),
  void: say('活动已失效：商品或商家已停止销售', 'The offer is void: its product or its shop does not sell any more'),
  // how it works
  howStart: say(
    '开团或参团后，在店铺完成支付，只是预授权，不会立刻扣款。',
    'Start or join a team and pay at the shop. It is authorised only, not taken.',
  ),
  howDone: say(
    '人数够了才扣款；满员立即成团，人越多单价越低。',
    'Money is taken only once the team is large enough; a full team buys at once, and more people pay less each.',
  ),
  howFail: say(
    '到时间人数不够，预授权自动全额退回。',
    'If too few have joined by the time, all of it goes back by itself.',
  ),
  howLateRefund: say(
    '付款太晚、团已满或已结束的，自动退回。',
    'A payment that comes after the team is full or over goes back by itself.',
  ),
  howLateTeam: say(
    '付款太晚、团已满或已结束的，自动为你开一个新团。',
    'A payment that comes after the team is full or over opens a new team with you as its leader.',
  ),
  howLeave: say('团长在没有别人加入前可以退出。', 'A leader may leave while nobody else has joined.'),
  campaign: say('活动名称，计入其预算（选填）', 'Campaign, for its budget (optional)'),
  campaignFault: say('只能用字母、数字和 _ . -', 'Letters, digits and _ . - only'),
  cancelOffer: say('取消拼团', 'Cancel the offer'),
  cancelAsk: say('取消这次拼团？', 'Cancel this group buy?'),
  cancelReason: say('原因（所有成员可见）', 'Reason, shown to every member'),
  cancelNeedsReason: say('请写下原因', 'Please give a reason'),
  // the form
  product: say('商品', 'Product'),
  stepSize: say('人数', 'People'),
  stepPrice: say('每件价（元）', 'Each (¥)'),
  ladder: say('阶梯价：人越多越便宜', 'Price ladder: more people, lower price'),
  addStep: say('再加一档', 'Add a step'),
  removeStep: say('删除这一档', 'Remove this step'),
  stock: say('拼团数量', 'Pieces on offer'),
  perMember: say('每人限购', 'Limit for one person'),
  teamLasts: say('每个团的时间', 'Time of a team'),
  offerLasts: say('活动多久后结束', 'The offer ends after'),
  refunds: say('退款规则', 'How refunds go'),
  refundsFirst: say(
    '未成团全额退回；收货后 7 天内可退，款项原路退回。',
    'Without a team all of it goes back. Returns within 7 days of receipt; the money goes back the way it came.',
  ),
  late: say('付款太晚时', 'A late payment'),
  lateRefund: say('自动退款', 'goes back'),
  lateTeam: say('自动开新团', 'opens a new team'),
  publish: say('发布拼团', 'Start the group buy'),
  ladderInvalid: say('人数要递增，价格要递减', 'Sizes rise, prices fall'),
  priceHigh: say('拼团价要低于单买价', 'Below the price alone'),
  belowFloor: say('低于商品底价', 'Below the floor of the product'),
  noFloor: say('商品未设底价，不能低于标价出售', 'The product has no floor: it is not sold for less'),
  stockHigh: say('超过商品库存', 'More than there are'),
  stockLow: say('不够一个团的人数', 'Not enough for a team'),
  timeInvalid: say(
    '团的时间 1 分钟到 3 天，活动最长 30 天',
    'A team has 1 minute to 3 days, the offer 30 days at most',
  ),
} as const

export const piecesText = (n: number) => say(`${n} 件`, many(n, 'piece', 'pieces'))
export const termsText = (steps: string, single: string) => say(`${steps}；单买 ${single}`, `${steps}; alone ${single}`)
export const startText = (price: string) => say(`开团 ${price}`, `Start a team · ${price}`)
export const payText = (price: string) => say(`去支付 ${price}`, `Pay ${price}`)
export const sizeText = (n: number) => say(`${n} 人团`, `Team of ${n}`)
export const stepText = (size: number, price: string) => say(`${size} 人 ${price}`, `${size} for ${price}`)
export const missingText = (n: number) => say(`还差 ${n} 人`, `${n} more needed`)
export const missingTeamText = (n: number) => say(`还差 ${n} 人成团`, `${many(n, 'person', 'people')} more to buy`)
export const nextStepText = (n: number, price: string) =>
  say(`再来 ${n} 人，每件 ${price}`, `${n} more and each costs ${price}`)
export const leftText = (n: number) => say(`剩 ${n} 件`, `${many(n, 'piece', 'pieces')} left`)
export const doneText = (n: number) => say(`已成 ${n} 团`, `${many(n, 'team', 'teams')} made`)
export const limitText = (n: number) => say(`每人限 ${n} 件`, `${n} each at most`)
export const allTeamsText = (n: number) => say(`查看全部 ${n} 个团`, `All ${n} teams`)
export const boughtText = (n: number, price: string) =>
  say(`拼团成功，每件 ${price}，共 ${n} 件`, `Your team bought: ${many(n, 'piece', 'pieces')} at ${price}`)
export const refundedText = (price: string) =>
  say(`没有成团，${price} 已原路退回`, `No team this time; ${price} goes back`)
export const teamOfText = (name: string) => say(`${name}的团`, `${name}’s team`)
export const inviteText = (title: string, price: string, missing: number) =>
  say(
    `我在拼「${title}」，每件 ${price}，还差 ${missing} 人，一起来！`,
    `I am buying “${title}” at ${price}; ${missing} more needed. Join me!`,
  )
export const stepLabelText = (n: number) => say(`第 ${n} 档`, `Step ${n}`)
