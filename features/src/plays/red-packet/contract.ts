/** Red packet 红包: an amount in shares that members open, first come first served; shapes on the wire only. */
import {
  CampaignName,
  closed,
  defineCard,
  defineEndpoint,
  GroupIdSchema,
  MerchantIdSchema,
  ledgerRefusals,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type BodyOf,
  type MineOf,
  type StateOf,
  type Static,
  int32Max,
  nameText,
} from '@qun/contract'

/** Shares of one packet; WeChat's limit. */
export const countMax = 100
/** Highest share in minor units: 200 yuan, WeChat's limit for one packet of one person. */
export const shareMax = 20_000
/** How long a packet waits for its members, in milliseconds: a day, as everywhere. */
export const packetLifeMs = 86_400_000
/** Wrong phrases of one member before they must wait, and how long, in milliseconds. */
export const triesMax = 5
export const triesWaitMs = 10 * 60_000

/** Minor units: fen of CNY, points. */
const Amount = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const Count = Type.Integer({ minimum: 1, maximum: countMax })
const Currency = Type.String({
  minLength: 1,
  maxLength: 80,
  description: '`points`; `CNY` where the host pays cash; `voucher:<id>` for pieces, such as coupons of a stock.',
})
const Hex32 = Type.String({ pattern: '^[0-9a-f]{64}$' })

export const packetRefusals = {
  'redpacket.amount_too_small': refusal(422, 'after-change', '金额不够分', 'Too little for so many shares'),
  'redpacket.share_limit': refusal(422, 'after-change', '单个红包超过上限', 'A share would be above the limit'),
  'redpacket.count_invalid': refusal(422, 'after-change', '红包个数不能超过群人数', 'More shares than members'),
  'redpacket.recipient_invalid': refusal(
    422,
    'after-change',
    '专属红包只能发给一位其他群成员',
    'An exclusive packet is one share for another member',
  ),
  'redpacket.phrase_invalid': refusal(422, 'after-change', '口令无效', 'The passphrase cannot be used'),
  'redpacket.no_points': refusal(
    409,
    'never',
    '好友群没有商家积分，不能发积分红包',
    'Points are a shop’s: a friends’ group has none to send',
  ),
  'redpacket.budget_forbidden': refusal(403, 'never', '不能使用该预算', 'You may not spend this budget'),
  'redpacket.voucher_forbidden': refusal(
    403,
    'never',
    '只有群主和管理员能发券红包',
    'Only who runs the group gives these',
  ),
  'redpacket.voucher_uneven': refusal(
    422,
    'after-change',
    '券只能平均分，每个红包张数相同',
    'Pieces are shared evenly, as many to each',
  ),
  'redpacket.voucher_unavailable': refusal(
    409,
    'after-change',
    '这张券不能发或数量不足',
    'It cannot be given here, or not so many',
  ),
  'redpacket.voucher_limit': refusal(403, 'never', '你领的这种券已达上限', 'You have as many of these as one may'),
  'redpacket.voucher_not_eligible': refusal(403, 'never', '你不符合这张券的领取条件', 'These are not for you'),
  'redpacket.voucher_over': refusal(410, 'later', '这张券现在不能领取', 'These are not to be had now'),
  'redpacket.empty': refusal(409, 'never', '手慢了，红包派完了', 'All shares are taken'),
  'redpacket.expired': refusal(410, 'never', '红包已过期', 'The packet has expired'),
  'redpacket.revoked': refusal(410, 'never', '红包已被撤销', 'The sender took the packet back'),
  'redpacket.not_recipient': refusal(403, 'never', '这是给别人的专属红包', 'This packet is for somebody else'),
  'redpacket.own': refusal(403, 'never', '不能领取自己发的红包', 'You sent this packet yourself'),
  'redpacket.joined_late': refusal(403, 'never', '红包发出时你还不在群里', 'You joined after it was sent'),
  'redpacket.password_wrong': refusal(403, 'after-change', '口令不对', 'That is not the passphrase'),
  'redpacket.ticket_required': refusal(403, 'after-change', '请先拆开红包', 'Open the packet’s view first'),
  'redpacket.ticket_invalid': refusal(403, 'after-change', '请重新打开红包', 'Open the packet’s view again'),
  'redpacket.not_recallable': refusal(409, 'never', '红包不能撤回', 'A red packet cannot be recalled'),
  'redpacket.not_revocable': refusal(409, 'never', '已有人领取，不能撤销', 'Somebody has opened it already'),
  'redpacket.not_found': refusal(404, 'never', '红包不存在', 'There is no such packet'),
} as const

export const redPacket = defineCard({
  kind: 'red-packet',
  doc: 'An amount in shares that members open, first come first served; what nobody opened goes back after a day.',
  post: { by: 'member', commerce: true },
  gives: ({ budget, currency }) => (budget !== undefined || currency.startsWith('voucher:') ? 'issued' : 'own'),
  body: closed({
    currency: Currency,
    amount: Type.Integer({ ...Amount, description: 'All shares together, in minor units.' }),
    count: Count,
    /** `equal` 普通, `lucky` 拼手气 (double mean, shuffled), `exciting` 拼手气·刺激 (line cut: the same mean, wilder). */
    split: oneOf('equal', 'lucky', 'exciting'),
    greeting: Type.Optional(nameText({ minLength: 0, maxLength: 40 })),
    /** Exclusive 专属: the one member who may open it. */
    recipientId: Type.Optional(UserIdSchema),
    /** Passphrase 口令: what to type. Taken out before the packet is stored: no member is ever sent it. */
    phrase: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    /** What helps to guess it, shown to everybody. */
    hint: Type.Optional(Type.String({ maxLength: 60 })),
    /** Set by the server in place of `phrase`. */
    phraseId: Type.Optional(Type.String({ pattern: '^phr_[0-9a-f]{32}$' })),
    /** The shop's budget that pays, for its staff alone; the sender pays without it. */
    budget: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' })),
    /** The campaign it is given for; only beside `budget`. */
    campaign: Type.Optional(CampaignName),
  }),
  state: closed({
    phase: oneOf('open', 'finished', 'expired', 'revoked'),
    claimedCount: Type.Integer({ minimum: 0 }),
    expiresAt: MillisSchema,
    /** SHA-256 of a secret and all shares in their order; the secret is shown once it is over. */
    commit: Type.String(),
    /** [MER3] Of points: whose they are, where not the host's own. */
    programme: Type.Optional(MerchantIdSchema),
    /** What a piece is called, where the packet gives pieces. */
    unit: Type.Optional(Type.String()),
    /** A ticket is needed to open it: action `ticket`. */
    ticketed: Type.Optional(Type.Boolean()),
    /** From here on: only once it is over. */
    endedAt: Type.Optional(MillisSchema),
    claimedSum: Type.Optional(Type.Integer({ minimum: 0 })),
    refunded: Type.Optional(Type.Integer({ minimum: 0 })),
    /** 手气最佳: only of a complete packet of several random shares. */
    luckiest: Type.Optional(closed({ userId: UserIdSchema, name: Type.String(), amount: Amount })),
  }),
  initial: { phase: 'open', claimedCount: 0, expiresAt: 0, commit: '' },
  mine: closed({
    amount: Type.Optional(Amount),
    at: Type.Optional(MillisSchema),
    /** 1 for who opened it first. */
    place: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Wrong phrases, and when the last was. */
    tries: Type.Optional(Type.Integer({ minimum: 1 })),
    triedAt: Type.Optional(MillisSchema),
    ticket: Type.Optional(Type.String()),
  }),
  actions: {
    open: {
      by: 'member',
      doc: 'Takes the next share for the actor; opening again answers the first result.',
      input: closed({
        phrase: Type.Optional(Type.String({ maxLength: 40 })),
        ticket: Type.Optional(Type.String({ maxLength: 64 })),
      }),
      errors: [
        'redpacket.empty',
        'redpacket.expired',
        'redpacket.revoked',
        'redpacket.not_recipient',
        'redpacket.own',
        'redpacket.joined_late',
        'redpacket.password_wrong',
        'redpacket.ticket_required',
        'redpacket.ticket_invalid',
        'member.muted',
        'user.minor_restricted',
        'rate.limited',
        'budget.exhausted',
        'redpacket.voucher_limit',
        'redpacket.voucher_not_eligible',
        'redpacket.voucher_over',
        'auth.guest_forbidden',
      ],
      commerce: true,
    },
    ticket: {
      by: 'member',
      doc: 'Gives the actor a ticket for one try, where the host asks for tickets.',
      input: closed({}),
      errors: [],
    },
    revoke: {
      by: 'sender',
      doc: 'Takes the packet back before anybody opened it; the whole amount is returned.',
      input: closed({}),
      errors: ['redpacket.not_revocable'],
      commerce: true,
    },
  },
  facts: {
    'red-packet.sent': closed({
      seq: SeqSchema,
      userId: Type.String({ description: 'Empty for the host.' }),
      currency: Currency,
      amount: Amount,
      count: Count,
    }),
    'red-packet.opened': closed({ seq: SeqSchema, userId: UserIdSchema, currency: Currency, amount: Amount }),
    'red-packet.finished': closed({ seq: SeqSchema, currency: Currency, amount: Amount, count: Count }),
    'red-packet.lucky_king': closed({ seq: SeqSchema, userId: UserIdSchema, currency: Currency, amount: Amount }),
    'red-packet.expired': closed({ seq: SeqSchema, currency: Currency, refunded: Type.Integer({ minimum: 0 }) }),
    'red-packet.revoked': closed({ seq: SeqSchema, currency: Currency, refunded: Type.Integer({ minimum: 0 }) }),
  },
  refusals: { ...ledgerRefusals, ...packetRefusals },
  summary: ({ greeting = '' }) =>
    greeting === ''
      ? { 'zh-CN': '[红包]', en: '[Red packet]' }
      : { 'zh-CN': `[红包] ${greeting}`, en: `[Red packet] ${greeting}` },
})
export type PacketBody = BodyOf<typeof redPacket>
export type PacketState = StateOf<typeof redPacket>
export type PacketMine = MineOf<typeof redPacket>

const packet = closed({ groupId: GroupIdSchema, seq: SeqSchema })
export const Claim = closed({
  /** 1 for who opened it first. */
  place: Type.Integer({ minimum: 1 }),
  userId: UserIdSchema,
  name: Type.String(),
  avatar: Type.String(),
  at: MillisSchema,
  /** Null for who has not opened it, while it is open. */
  amount: nullable(Amount),
})
export type Claim = Static<typeof Claim>
export const claimsOf = defineEndpoint({
  name: 'redPackets.claims',
  method: 'GET',
  path: '/groups/:groupId/red-packets/:seq/claims',
  doc: 'Who opened a packet, first one first. Amounts are shown after one’s own, and to all once it is over.',
  by: 'member',
  params: packet,
  query: closed({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max, description: 'The last `place` one has.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 100 })),
  }),
  answer: closed({
    claims: Type.Array(Claim),
    claimedCount: Type.Integer({ minimum: 0 }),
    /** Once it is over: `commit` is SHA-256 of `secret:share,share,…`, and the nth to open it got the nth share. */
    proof: nullable(closed({ secret: Hex32, shares: Type.Array(Amount) })),
  }),
  refusals: { 'redpacket.not_found': packetRefusals['redpacket.not_found'] },
  errors: ['redpacket.not_found', 'message.not_found'],
})
export const purseOf = defineEndpoint({
  name: 'redPackets.purse',
  method: 'GET',
  path: '/groups/:groupId/red-packets/purse',
  doc: 'What the caller can send packets of here, and the limits of a packet. No points in a friends’ group.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema }),
  answer: closed({
    purses: Type.Array(closed({ currency: Currency, balance: nullable(Type.Integer()) })),
    shareMax: Amount,
    countMax: Count,
  }),
})

/** Pieces of one kind that packets of a group may give. */
export const Voucher = closed({
  currency: Currency,
  title: Type.String(),
  left: Type.Integer({ minimum: 0 }),
  /** The most one member may have. */
  most: Type.Integer({ minimum: 1 }),
})
export type Voucher = Static<typeof Voucher>
export const vouchersOf = defineEndpoint({
  name: 'redPackets.vouchers',
  method: 'GET',
  path: '/groups/:groupId/red-packets/vouchers',
  doc: 'What packets of a group may give beside points: coupons the group offers. None where nobody keeps any.',
  by: 'admin',
  params: closed({ groupId: GroupIdSchema }),
  answer: closed({ vouchers: Type.Array(Voucher) }),
})
