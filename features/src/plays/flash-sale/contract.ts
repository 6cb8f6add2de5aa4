/** Flash sale 限时抢购: a few pieces for a short time, members first; shapes on the wire only. */
import {
  CampaignName,
  closed,
  defineCard,
  defineEndpoint,
  GroupIdSchema,
  ledgerRefusals,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

/** How long a place is held for its buyer to pay, in milliseconds: as long as common checkouts keep an order open. */
export const holdMs = 15 * 60_000
/** Longest time between posting and the end of a sale, in milliseconds: thirty days. */
export const saleLifeMaxMs = 30 * 86_400_000

const PriceFen = Type.Integer({ minimum: 0, maximum: 1_000_000_00 })
const Quantity = Type.Integer({ minimum: 1, maximum: 99 })
const HoldId = Type.String({ pattern: '^hold_[0-9a-f]{24}$' })
export const Hold = closed({
  holdId: HoldId,
  quantity: Quantity,
  /** Until when it waits to be paid. */
  until: MillisSchema,
})
export type Hold = Static<typeof Hold>

/** [V3] What a hold may become; the store writes nothing else. Of `lapsed` its time went by unpaid. */
export const holdMoves = {
  held: ['sold', 'lapsed', 'released', 'cancelled'],
  lapsed: ['sold', 'cancelled'],
  released: [],
  cancelled: [],
  sold: ['refunded'],
  refunded: [],
} as const
export type HoldState = keyof typeof holdMoves
export type NextState<From extends HoldState> = (typeof holdMoves)[From][number]

/** [MER6] Whose offer it is, and who of the staff posted it; null for the host in its own name. */
const behind = { merchantId: nullable(MerchantIdSchema), staffId: nullable(UserIdSchema) } as const
const behindInGroup = { ...behind, groupId: GroupIdSchema, seq: SeqSchema } as const

export const flashRefusals = {
  'flash_sale.not_started': refusal(409, 'later', '还没开抢', 'The sale has not begun'),
  'flash_sale.ended': refusal(410, 'never', '抢购已结束', 'The sale is over'),
  'flash_sale.sold_out': refusal(409, 'later', '已抢完', 'All pieces are taken'),
  'flash_sale.limit': refusal(409, 'never', '已达每人限购数量', 'No more pieces for one person'),
  'flash_sale.no_hold': refusal(404, 'never', '没有这个占位', 'There is no such hold'),
  'flash_sale.hold_over': refusal(410, 'never', '占位已失效', 'The hold is over'),
  'flash_sale.hold_paid': refusal(409, 'never', '占位已由另一个订单付款', 'Another order paid for the hold'),
  'flash_sale.order_used': refusal(409, 'never', '订单已用于另一个占位', 'The order pays for another hold'),
  'flash_sale.order_ended': refusal(409, 'never', '订单已取消或退款', 'The order was cancelled or refunded'),
  'flash_sale.order_others': refusal(409, 'never', '订单属于另一个人', 'The order is another person’s'),
  'flash_sale.void': refusal(
    410,
    'never',
    '活动已失效：商品或商家已停止销售',
    'The sale is void: its product or its shop does not sell any more',
  ),
  'flash_sale.times_invalid': refusal(422, 'after-change', '抢购时间设置有误', 'The times of the sale do not fit'),
  'flash_sale.price_invalid': refusal(422, 'after-change', '抢购价应低于原价', 'The price is not below the usual one'),
  'flash_sale.undisclosed': refusal(
    422,
    'after-change',
    '活动规则不完整，不能发布',
    'What must be disclosed is not all there',
  ),
  'budget.exhausted': ledgerRefusals['budget.exhausted'],
  'ledger.amount_limit': ledgerRefusals['ledger.amount_limit'],
  'product.not_found': refusal(404, 'never', '没有这个商品', 'There is no such product'),
  'product.gone': refusal(409, 'never', '商品已下架', 'The product is gone'),
  'card.url_scheme': refusal(422, 'after-change', '链接地址不被允许', 'The address is not allowed'),
} as const

export const flashSale = defineCard({
  kind: 'flash-sale',
  doc: 'A few pieces at a price, for a short time, members of the group first.',
  post: { by: 'admin' },
  gives: 'issued',
  body: closed({
    productId: Type.String({ minLength: 1, maxLength: 64, description: 'A product of the group’s merchant, on sale.' }),
    title: Type.Optional(Type.String({ maxLength: 80, description: 'Filled in from the catalogue.' })),
    image: Type.Optional(Type.String({ maxLength: 2_000, description: 'Filled in from the catalogue.' })),
    /** Filled in from the catalogue: whose the product is. */
    merchant: Type.Optional(closed({ merchantId: MerchantIdSchema, name: Type.String({ maxLength: 60 }) })),
    url: Type.Optional(
      Type.String({
        maxLength: 2_000,
        description:
          'The host’s checkout, the product’s own page unless told; the hold is added as `hold`. https or a path.',
      }),
    ),
    priceFen: PriceFen,
    originalPriceFen: Type.Optional({
      ...PriceFen,
      description: 'The list price. In a request: what the sender saw. As posted: the catalogue’s.',
    }),
    stock: Type.Integer({ minimum: 1, maximum: 100_000 }),
    perMember: Quantity,
    refunds: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '\\S',
      description: 'How refunds go, in the shop’s own words.',
    }),
    startsAt: MillisSchema,
    publicStartsAt: Type.Optional(nullable(MillisSchema)),
    endsAt: MillisSchema,
    /** Its price is cut for this campaign, and counts against its budget. */
    campaign: Type.Optional(CampaignName),
  }),
  state: closed({
    phase: oneOf('on', 'ended'),
    /** It ended because its product left the catalogue or went to another merchant, or its merchant was suspended. */
    void: Type.Optional(Type.Literal(true)),
    /** Pieces free now. */
    left: Type.Integer({ minimum: 0 }),
    soldCount: Type.Integer({ minimum: 0 }),
  }),
  mine: closed({
    hold: nullable(Hold),
    boughtCount: Type.Integer({ minimum: 0 }),
  }),
  actions: {
    take: {
      by: 'member',
      doc: 'Holds pieces for the actor to pay; while a hold stands it answers the same one.',
      input: closed({ quantity: Quantity }),
      errors: [
        'flash_sale.not_started',
        'flash_sale.ended',
        'flash_sale.sold_out',
        'flash_sale.limit',
        'flash_sale.void',
        'product.gone',
        'auth.guest_forbidden',
      ],
      commerce: true,
    },
    release: { by: 'member', doc: 'Gives the actor’s hold up.', input: closed({}), errors: ['flash_sale.no_hold'] },
  },
  facts: {
    'flash-sale.taken': closed({ ...behind, seq: SeqSchema, userId: UserIdSchema, quantity: Quantity }),
    'flash-sale.sold': closed({
      ...behind,
      seq: SeqSchema,
      userId: UserIdSchema,
      quantity: Quantity,
      orderId: Type.String(),
    }),
    'flash-sale.returned': closed({
      ...behind,
      seq: SeqSchema,
      userId: UserIdSchema,
      quantity: Quantity,
      why: oneOf('timeout', 'void', 'given_up', 'cancelled', 'refunded'),
    }),
    'flash-sale.sold-out': closed({ seq: SeqSchema }),
    'flash-sale.ended': closed({ seq: SeqSchema, soldCount: Type.Integer() }),
    /** [FS13] Products left: sales of theirs behind this one are still to be looked at. */
    'flash-sale.voiding': closed({
      productIds: Type.Array(Type.String()),
      after: closed({ groupId: GroupIdSchema, seq: SeqSchema }),
    }),
  },
  refusals: flashRefusals,
  summary: (body) => ({ 'zh-CN': `[限时抢购] ${body.title ?? ''}`, en: `[Flash sale] ${body.title ?? ''}` }),
})

const sale = closed({ groupId: GroupIdSchema, seq: SeqSchema })
const hold = closed({ groupId: GroupIdSchema, seq: SeqSchema, holdId: HoldId })
const empty = closed({})
export const saleForHost = defineEndpoint({
  name: 'flashSales.get',
  method: 'GET',
  path: '/flash-sales/:groupId/:seq',
  doc: 'A sale as the host shows it to people outside of the group, who begin later.',
  by: 'server',
  params: sale,
  answer: closed({
    title: Type.String(),
    productId: nullable(Type.String()),
    priceFen: Type.Integer(),
    left: Type.Integer(),
    /** For members of the group. */
    startsAt: MillisSchema,
    /** For everybody else; null when the sale is for members alone. */
    publicStartsAt: nullable(MillisSchema),
    endsAt: MillisSchema,
    ended: Type.Boolean(),
    /** Its product left or is of another merchant, or its merchant is suspended: nothing is held or paid any more. */
    void: Type.Boolean(),
    ...behindInGroup,
  }),
  errors: ['message.not_found'],
})
export const holdForHost = defineEndpoint({
  name: 'flashSales.hold',
  method: 'GET',
  path: '/flash-sales/:groupId/:seq/holds/:holdId',
  doc: 'A hold as the host’s checkout needs it: whose it is, of what, how many pieces, and what they cost.',
  by: 'server',
  params: hold,
  answer: closed({
    userId: UserIdSchema,
    title: Type.String(),
    productId: nullable(Type.String()),
    quantity: Quantity,
    /** Of one piece, and of all. */
    priceFen: Type.Integer(),
    amountFen: Type.Integer(),
    until: MillisSchema,
    /** `void`: unpaid, and never to be: the merchant may not sell it any more. */
    status: oneOf('held', 'lapsed', 'released', 'cancelled', 'sold', 'refunded', 'void'),
    orderId: nullable(Type.String()),
    ...behindInGroup,
  }),
  refusals: flashRefusals,
  errors: ['message.not_found', 'flash_sale.no_hold'],
})
export const takeForHost = defineEndpoint({
  name: 'flashSales.take',
  method: 'POST',
  path: '/flash-sales/:groupId/:seq/holds',
  doc: 'Holds pieces for a person; whether they are a member of the group decides when they may begin.',
  by: 'server',
  params: sale,
  body: closed({ userId: UserIdSchema, quantity: Quantity }),
  answer: closed({ ...Hold.properties, ...behindInGroup }),
  status: 201,
  commerce: true,
  refusals: flashRefusals,
  errors: [
    'message.not_found',
    'flash_sale.not_started',
    'flash_sale.ended',
    'flash_sale.sold_out',
    'flash_sale.limit',
    'flash_sale.void',
    'product.gone',
    'group.dissolved',
  ],
})
export const payHold = defineEndpoint({
  name: 'flashSales.pay',
  method: 'POST',
  path: '/flash-sales/:groupId/:seq/holds/:holdId/paid',
  doc:
    'The host says that a hold was paid by an order. Repeating it changes nothing. What is refused was not sold: the ' +
    'host gives the money back. A hold whose time went by is still sold before the end, while pieces and the limit allow.',
  by: 'server',
  params: hold,
  body: closed({ orderId: Type.String({ minLength: 1, maxLength: 128 }) }),
  answer: closed({ quantity: Quantity, ...behindInGroup }),
  commerce: true,
  refusals: flashRefusals,
  errors: [
    'message.not_found',
    'flash_sale.no_hold',
    'flash_sale.hold_over',
    'flash_sale.hold_paid',
    'flash_sale.order_used',
    'flash_sale.order_ended',
    'flash_sale.order_others',
    'flash_sale.void',
    'flash_sale.ended',
    'flash_sale.limit',
    'flash_sale.sold_out',
    'group.dissolved',
  ],
})
export const cancelHold = defineEndpoint({
  name: 'flashSales.cancel',
  method: 'POST',
  path: '/flash-sales/:groupId/:seq/holds/:holdId/cancel',
  doc: 'The host gives a hold back that nobody paid. Repeating it changes nothing.',
  by: 'server',
  params: hold,
  body: empty,
  answer: empty,
  refusals: flashRefusals,
  errors: ['message.not_found', 'flash_sale.no_hold', 'flash_sale.hold_paid'],
})
