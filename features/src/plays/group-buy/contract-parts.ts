/** Sizes, shapes and refusals that the card of a group buy and its endpoints share; shapes on the wire only. */
import {
  closed,
  ledgerRefusals,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  refusal,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

/** How long a place is kept for its buyer to pay, in milliseconds: as long as common checkouts keep an order open. */
export const holdMs = 15 * 60_000
/** Longest time between posting and the end of an offer, and of a team, in milliseconds: thirty days, three days. */
export const offerLifeMaxMs = 30 * 86_400_000
export const teamLifeMaxMs = 3 * 86_400_000
export const teamLifeMinMs = 60_000
/** Places of a team, and steps of a ladder. */
export const sizeMax = 50
export const stepsMax = 5
/** Open teams and faces of a team that travel with the card; a page of the endpoint has the rest. */
export const teamsShown = 10
export const facesShown = 8

export const Price = Type.Integer({ minimum: 1, maximum: 100_000_000 })
export const Quantity = Type.Integer({ minimum: 1, maximum: 99 })
export const TeamNo = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
export const PlaceId = Type.String({ pattern: '^place_[0-9a-f]{24}$' })
export const OrderId = Type.String({ minLength: 1, maxLength: 128 })

/** [MER6] Whose offer it is, and who of the staff posted it; null for the host in its own name. */
export const behind = { merchantId: nullable(MerchantIdSchema), staffId: nullable(UserIdSchema) } as const

/** With `size` places paid, each piece costs `priceFen`. */
export const Step = closed({ size: Type.Integer({ minimum: 2, maximum: sizeMax }), priceFen: Price })
export type Step = Static<typeof Step>

/** An open team, or one of the past where `status` says so. */
export const Team = closed({
  teamNo: TeamNo,
  leaderId: UserIdSchema,
  leaderName: Type.String(),
  /** Who has paid, the leader first; at most eight of them. */
  faces: Type.Array(UserIdSchema, { maxItems: facesShown }),
  paidCount: Type.Integer({ minimum: 0 }),
  /** Places kept for people who are paying. */
  heldCount: Type.Integer({ minimum: 0 }),
  until: MillisSchema,
})
export type Team = Static<typeof Team>

export const groupBuyRefusals = {
  'budget.exhausted': ledgerRefusals['budget.exhausted'],
  'ledger.amount_limit': ledgerRefusals['ledger.amount_limit'],
  'group_buy.ended': refusal(410, 'never', '拼团已结束', 'The group buy is over'),
  'group_buy.sold_out': refusal(409, 'later', '已拼完', 'All pieces are taken'),
  'group_buy.limit': refusal(409, 'never', '已达每人限购数量', 'No more pieces for one person'),
  'group_buy.already_in': refusal(409, 'after-change', '你已在一个团里', 'You are in a team already'),
  'group_buy.team_not_found': refusal(404, 'never', '没有这个团', 'There is no such team'),
  'group_buy.team_full': refusal(409, 'later', '这个团已满', 'The team is full'),
  'group_buy.team_over': refusal(410, 'never', '这个团已结束', 'The team is over'),
  'group_buy.no_place': refusal(404, 'never', '没有这个名额', 'There is no such place'),
  'group_buy.not_alone': refusal(
    409,
    'never',
    '已有人参团，不能退出；若未成团会自动退款',
    'Others count on you; if the team fails the money goes back by itself',
  ),
  'group_buy.order_used': refusal(409, 'never', '订单已用于另一个名额', 'The order pays for another place'),
  'group_buy.order_ended': refusal(409, 'never', '订单已取消或退款', 'The order was cancelled or refunded'),
  'group_buy.order_others': refusal(409, 'never', '订单属于另一个人', 'The order is another person’s'),
  'group_buy.place_paid': refusal(409, 'never', '名额已由另一个订单付款', 'Another order paid for the place'),
  'group_buy.amount_differs': refusal(409, 'never', '支付金额不符', 'The amount paid is not that of the place'),
  'group_buy.void': refusal(
    410,
    'never',
    '活动已失效：商品或商家已停止销售',
    'The group buy is void: its product or its shop does not sell any more',
  ),
  'group_buy.ladder_invalid': refusal(
    422,
    'after-change',
    '阶梯价设置有误：人数递增，价格递减且低于单买价',
    'The price ladder does not fit: sizes rise, prices fall and stay below the single price',
  ),
  'group_buy.times_invalid': refusal(422, 'after-change', '拼团时间设置有误', 'The times of the group buy do not fit'),
  'group_buy.stock_invalid': refusal(422, 'after-change', '库存不够成一个团', 'The stock does not suffice for a team'),
  'group_buy.locked': refusal(409, 'never', '已有人参团，请先取消', 'People take part; cancel it first'),
  'group_buy.undisclosed': refusal(
    422,
    'after-change',
    '活动规则不完整，不能发布',
    'What must be disclosed is not all there',
  ),
  'product.not_found': refusal(404, 'never', '没有这个商品', 'There is no such product'),
  'product.gone': refusal(409, 'never', '商品已下架', 'The product is gone'),
  'card.url_scheme': refusal(422, 'after-change', '链接地址不被允许', 'The address is not allowed'),
} as const
