/** What a coupon is: its terms, its states, its refusals and facts. Shapes on the wire only. */
import {
  CampaignName,
  closed,
  defineRecord,
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
  type Static,
  nameText,
} from '@qun/contract'

/** For the rules, which know their own contract alone. */
export { dayIn, isTimeZone, mainMerchant } from '@qun/contract'

/** Highest worth of one coupon, in fen: a hundred thousand yuan. */
export const faceMaxFen = 10_000_000
export const stockMax = 1_000_000
export const perUserMax = 20
/** Levels a member may reach in a group, by feature member-level. */
export const levelMax = 6
/** Entries of one list of a scope. */
export const scopeMax = 50
/** How long an order holds its coupons while it waits to be paid (C-04), in milliseconds. */
export const lockMs = 30 * 60_000
/** How long before its end a coupon's holder is reminded, in milliseconds. */
export const remindMs = 24 * 3_600_000
/** What refund policy `extend` adds from the instant of the refund, in milliseconds. */
export const extendMs = 7 * 86_400_000
/** How long a shown code may be redeemed, in milliseconds: a stolen picture of it is of no use tomorrow. */
export const codeLifeMs = 10 * 60_000
/** Longest time between a stock's making and the end of its last coupon, in milliseconds: two years. */
export const lifeMaxMs = 730 * 86_400_000
/** The stack group of a stock that names none; every list has it. */
export const defaultStack = 'default'

export const StockId = Type.String({ pattern: '^cps_[0-9a-f]{24}$' })
export const CouponId = Type.String({ pattern: '^cpn_[0-9a-f]{24}$' })
export const OrderId = Type.String({ minLength: 1, maxLength: 128 })
export const Title = nameText({ maxLength: 40 })

// Numbers are bounded by `termsFault`, which answers `coupon.invalid` and names the field.
const Whole = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
const Ids = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: scopeMax })

/** full 满减, percent 折扣, direct 立减, shipping 运费券, exchange 兑换券. */
export const CouponKind = oneOf('full', 'percent', 'direct', 'shipping', 'exchange')
export type CouponKind = Static<typeof CouponKind>
export const RefundPolicy = oneOf('return', 'extend', 'void')

export const Terms = closed({
  kind: CouponKind,
  /** full, direct: what it takes off. shipping: at most this much of the freight. */
  amountFen: Type.Optional(Whole),
  /** percent: how much it takes off, in hundredths of a percent: 1500 is 15 % off, 8.5 折. */
  offBp: Type.Optional(Whole),
  /** percent, exchange: never takes off more than this. */
  capFen: Type.Optional(Whole),
  /** Goods in its scope must cost at least this much. */
  thresholdFen: Type.Optional(Whole),
  /** exchange: one piece of this is free. */
  exchange: Type.Optional(closed({ sku: Type.String({ minLength: 1, maxLength: 64 }), name: Title })),
  /** What it may be used for; a list that is absent allows all. */
  scope: Type.Optional(
    closed({ skus: Type.Optional(Ids), categories: Type.Optional(Ids), stores: Type.Optional(Ids) }),
  ),
  total: Whole,
  /** Given out per day of `timeZone` at most. */
  perDay: Type.Optional(nullable(Whole)),
  perUser: Whole,
  /** When it can be claimed: from the first instant, up to and without the last. */
  claim: closed({ from: MillisSchema, until: MillisSchema }),
  /** When it can be used. `relative`: days of 24 hours from the claim. */
  validity: Type.Union([
    closed({ mode: Type.Literal('absolute'), from: MillisSchema, until: MillisSchema }),
    closed({ mode: Type.Literal('relative'), afterDays: Whole, forDays: Whole }),
  ]),
  /** Who may claim: members of the group of whom all that is told here is true. */
  audience: Type.Optional(
    closed({
      /** Groups in which it may be offered; any when absent. */
      groupIds: Type.Optional(Type.Array(GroupIdSchema, { maxItems: scopeMax })),
      /** Members for at least so many days. */
      memberDays: Type.Optional(Whole),
      /** New members: for at most so many days. */
      newDays: Type.Optional(Whole),
      /** Who ever reached this level in the group, 2 to 6 (feature member-level). */
      levelMin: Type.Optional(Whole),
      /** These people alone. The server keeps who they are: cards and coupons tell how many in their place. */
      userIds: Type.Optional(Type.Array(UserIdSchema, { maxItems: scopeMax, uniqueItems: true })),
      /** Set by the server in place of `userIds`. */
      userCount: Type.Optional(Whole),
      /** Set by the server: where a card's people wait until it is posted. */
      namedId: Type.Optional(Type.String({ pattern: '^cpa_[0-9a-f]{32}$' })),
    }),
  ),
  /** Who pays for it; decides the order in which discounts are applied. */
  funder: Type.Optional(oneOf('shop', 'platform')),
  /** Coupons are given for this campaign, and count against its budget. */
  campaign: Type.Optional(CampaignName),
  /** Of the list the host gives (`coupons.setStacking`): how many of a group one order takes; `default` unless told. */
  stackGroup: Type.Optional(nameText({ maxLength: 40 })),
  /** What becomes of a used one when its order is refunded or cancelled. */
  refund: Type.Optional(RefundPolicy),
  /** Whose days `perDay` counts; the merchant’s unless told. */
  timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  note: Type.Optional(Type.String({ maxLength: 200 })),
  /** Where it is used: https, or a path of the host's own site. The coupon's id is added as `coupon`. */
  url: Type.Optional(Type.String({ maxLength: 1_000 })),
})
export type Terms = Static<typeof Terms>

/** `returned` came back from a refunded order and may be used like `issued`. */
export const CouponState = oneOf('issued', 'locked', 'used', 'returned', 'expired', 'voided')
export type CouponState = Static<typeof CouponState>
export const StockStatus = oneOf('draft', 'active', 'paused', 'ended')
export type StockStatus = Static<typeof StockStatus>

/** One coupon as its holder and the host see it. It has no code: codes are shown once and kept as hashes. */
export const Coupon = closed({
  couponId: CouponId,
  stockId: StockId,
  title: Type.String(),
  terms: Terms,
  state: CouponState,
  validFrom: MillisSchema,
  validUntil: MillisSchema,
  /** The order that holds or used it. */
  orderId: nullable(Type.String()),
  lockedUntil: nullable(MillisSchema),
  claimedAt: MillisSchema,
  usedAt: nullable(MillisSchema),
  /** The holder was reminded that it ends soon. */
  isReminded: Type.Boolean(),
  /** Where it was claimed, if in a group. */
  groupId: nullable(GroupIdSchema),
  /** Whose it is: it is used with that merchant, or with those that belong to it. */
  merchantId: MerchantIdSchema,
})
export type Coupon = Static<typeof Coupon>

/** The holder's coupons that are not over, live; what is over leaves the stream and is found by `coupons.mine`. */
export const heldCoupon = defineRecord({
  kind: 'coupon',
  stream: 'user',
  doc: 'A coupon its holder can still use, or that an order holds for them.',
  body: Coupon,
})

export const couponRefusals = {
  'coupon.invalid': refusal(422, 'after-change', '优惠券设置有误', 'The terms of the coupon do not fit'),
  'coupon.undisclosed': refusal(
    422,
    'after-change',
    '活动规则不完整，不能发布',
    'What must be disclosed is not all there',
  ),
  'coupon.cap_missing': refusal(
    422,
    'after-change',
    '请填写最多优惠多少',
    'The coupon does not say how much it takes off at most',
  ),
  'coupon.stack_unknown': refusal(
    422,
    'after-change',
    '叠加组不在商家的列表里',
    'The stack group is not on the list of the merchant',
  ),
  'coupon.stacking_invalid': refusal(422, 'after-change', '叠加规则设置有误', 'The list of stack groups does not fit'),
  'coupon.not_found': refusal(404, 'never', '优惠券不存在', 'There is no such coupon'),
  'coupon.not_started': refusal(409, 'later', '还没到时间', 'It is not time yet'),
  'coupon.expired': refusal(410, 'never', '已过期', 'It is over'),
  'coupon.sold_out': refusal(409, 'later', '已领完', 'All of them are claimed'),
  'coupon.day_sold_out': refusal(409, 'later', '今日已领完，明天再来', 'All of today are claimed; come back tomorrow'),
  'coupon.paused': refusal(409, 'later', '领取已暂停', 'Claiming is paused'),
  'coupon.limit': refusal(409, 'never', '已达每人领取上限', 'You have as many as one person may have'),
  'coupon.not_eligible': refusal(403, 'never', '不在领取范围内', 'This coupon is not for you'),
  'coupon.threshold': refusal(422, 'after-change', '未达到使用门槛', 'The order is below the threshold'),
  'coupon.scope': refusal(422, 'after-change', '商品不在使用范围内', 'Nothing in the order is in its scope'),
  'coupon.not_stackable': refusal(422, 'after-change', '不能与其他优惠券同时使用', 'It does not go with the others'),
  'coupon.already_used': refusal(409, 'never', '优惠券已被使用', 'It is used, or held by another order'),
  'coupon.state': refusal(409, 'never', '优惠券当前状态不允许此操作', 'The state of the coupon does not allow this'),
  'coupon.order_ended': refusal(409, 'never', '订单已取消或退款', 'The order was cancelled or refunded'),
  'coupon.stock_below_issued': refusal(
    409,
    'after-change',
    '总量不能少于已发放数量',
    'There cannot be fewer than were given out',
  ),
  'coupon.in_use': refusal(409, 'never', '已有人领取，不能删除', 'People hold coupons of it'),
  'coupon.code_over': refusal(410, 'after-change', '券码已失效，请刷新', 'The code is over; show a fresh one'),
  'budget.exhausted': ledgerRefusals['budget.exhausted'],
  'ledger.amount_limit': ledgerRefusals['ledger.amount_limit'],
  'card.url_scheme': refusal(422, 'after-change', '链接地址不被允许', 'The address is not allowed'),
} as const

/** [MER6] Beside what it is: whose, offered on which card if on one, and who of the staff gave it. */
export const couponOrigin = {
  merchantId: MerchantIdSchema,
  groupId: nullable(GroupIdSchema),
  seq: nullable(SeqSchema),
  staffId: nullable(UserIdSchema),
}
const what = { couponId: CouponId, stockId: StockId, userId: UserIdSchema, ...couponOrigin }
const ordered = closed({ ...what, orderId: Type.String() })
export const couponFacts = {
  'coupon.claimed': closed({ ...what, validUntil: MillisSchema }),
  'coupon.locked': ordered,
  'coupon.used': ordered,
  /** Back from its order, and what it is now. */
  'coupon.returned': closed({ ...what, orderId: Type.String(), state: CouponState }),
  /**
   * [C4] An order was told paid, or to be another person's, and of what it was priced with these could not be used: so
   * nothing of it was. What it had is free again.
   */
  'coupon.order-short': closed({ orderId: Type.String(), userId: UserIdSchema, couponIds: Type.Array(CouponId) }),
  'coupon.expired': closed(what),
  /** It ends within a day and was not used: whoever sends reminders decides within the member's budget. */
  'coupon.expiring': closed({ ...what, validUntil: MillisSchema }),
  'coupon.sold-out': closed({ stockId: StockId }),
  /** [MER2] Who of the staff changed a stock of the group, and what it is since. */
  'coupon.managed': closed({
    stockId: StockId,
    byId: UserIdSchema,
    status: StockStatus,
    total: Type.Integer({ minimum: 0 }),
  }),
  /** Total, window or status changed: cards that offer it follow. */
  'coupon.stock-changed': closed({ stockId: StockId }),
} as const
