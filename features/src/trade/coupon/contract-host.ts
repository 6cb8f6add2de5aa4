/** What the host asks of coupons: stocks, batches, prices of a basket, and what an order does with them. */
import {
  closed,
  defineEndpoint,
  GroupIdSchema,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  Type,
  UserIdSchema,
  type Static,
  int32Max,
} from '@qun/contract'
import {
  Coupon,
  couponFacts,
  CouponId,
  couponOrigin,
  couponRefusals,
  CouponState,
  OrderId,
  StockId,
  StockStatus,
  Terms,
  Title,
} from './contract-terms.ts'

/** People one call gives coupons to; more are more calls of the same batch. */
export const batchMax = 500
/** Coupons one call names; how many of them a basket takes is the list's to say. */
export const perOrderMax = 10
/** Coupons a basket takes at most, whatever the list says: all ways to apply them are looked at. */
export const stackMax = 4
export const stackGroupsMax = 20

const Count = Type.Integer({ minimum: 0 })
const merchantId = Type.Optional({ ...MerchantIdSchema, description: 'Whose; the host’s own (`main`) unless told.' })
const stock = closed({ stockId: StockId })
const empty = closed({})
const shared = { by: 'server', refusals: couponRefusals, facts: couponFacts } as const

export const Stock = closed({
  stockId: StockId,
  /** Whose: groups of this merchant, or of those that belong to it, offer it. */
  merchantId: MerchantIdSchema,
  title: Type.String(),
  /** As they are now: changes of total, day and window are in them. */
  terms: Terms,
  status: StockStatus,
  issued: Count,
  available: Count,
  /** Set aside for red packets that are open. */
  setAside: Count,
  /** How many coupons of it are in which state by now. */
  counts: closed({ issued: Count, locked: Count, used: Count, returned: Count, expired: Count, voided: Count }),
  /** Cards that offer it. */
  offers: Type.Array(closed({ groupId: GroupIdSchema, seq: Type.Integer() })),
  createdAt: MillisSchema,
})
export const createStock = defineEndpoint({
  ...shared,
  name: 'coupons.createStock',
  method: 'POST',
  path: '/coupon-stocks',
  doc: 'Makes a stock of coupons. It is offered in a group by posting a `coupon` card with its `stockId`, or issued in batches.',
  body: closed({ merchantId, title: Title, terms: Terms, status: Type.Optional(oneOf('draft', 'active')) }),
  answer: stock,
  status: 201,
  commerce: true,
  errors: ['merchant.not_found', 'coupon.invalid', 'coupon.cap_missing', 'coupon.stack_unknown', 'card.url_scheme'],
})
const Most = Type.Integer({ minimum: 1, maximum: stackMax })
export const Stacking = closed({
  groups: Type.Array(closed({ name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }), most: Most }), {
    minItems: 1,
    maxItems: stackGroupsMax,
    description: 'Stack groups, each once, `default` among them, and how many coupons of each a basket takes.',
  }),
  /** How many coupons a basket takes in all. */
  most: Most,
})
export type Stacking = Static<typeof Stacking>
export const setStacking = defineEndpoint({
  ...shared,
  name: 'coupons.setStacking',
  method: 'PUT',
  path: '/coupon-stacking',
  doc:
    'Sets which stack groups a merchant has and how many coupons a basket takes. Stocks name one of them when they ' +
    'are made; coupons of a group that left the list count as `default`. Orders that hold coupons keep the list they had.',
  query: closed({ merchantId }),
  body: Stacking,
  answer: Stacking,
  errors: ['merchant.not_found', 'coupon.stacking_invalid'],
})
export const stackingOf = defineEndpoint({
  ...shared,
  name: 'coupons.stacking',
  method: 'GET',
  path: '/coupon-stacking',
  doc:
    'The stack groups of a merchant; until they are set, the host’s own; until those are, `default` alone and one ' +
    'coupon a basket.',
  query: closed({ merchantId }),
  answer: Stacking,
})
export const stockOf = defineEndpoint({
  ...shared,
  name: 'coupons.stock',
  method: 'GET',
  path: '/coupon-stocks/:stockId',
  doc: 'A stock with its counts, by state.',
  params: stock,
  answer: Stock,
  errors: ['coupon.not_found'],
})
export const changeStock = defineEndpoint({
  ...shared,
  name: 'coupons.changeStock',
  method: 'PATCH',
  path: '/coupon-stocks/:stockId',
  doc: 'Changes how many there are and when they are claimed; pauses, resumes or ends. Coupons given out keep their terms.',
  params: stock,
  body: closed({
    status: Type.Optional(oneOf('active', 'paused', 'ended')),
    total: Type.Optional(Type.Integer({ minimum: -int32Max, maximum: int32Max })),
    perDay: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: int32Max }))),
    claimUntil: Type.Optional(MillisSchema),
  }),
  answer: closed({ status: StockStatus, total: Count, available: Count }),
  errors: ['coupon.not_found', 'coupon.invalid', 'coupon.stock_below_issued', 'coupon.state'],
})
export const deleteStock = defineEndpoint({
  ...shared,
  name: 'coupons.deleteStock',
  method: 'DELETE',
  path: '/coupon-stocks/:stockId',
  doc: 'Removes a stock of which nobody holds a coupon that could still be used.',
  params: stock,
  answer: empty,
  errors: ['coupon.not_found', 'coupon.in_use'],
})
export const issueBatch = defineEndpoint({
  ...shared,
  name: 'coupons.issue',
  method: 'POST',
  path: '/coupon-stocks/:stockId/batches/:batchId',
  doc:
    'Gives each person one coupon, once per batch however often it is asked: repeat it after any failure. All of the ' +
    'call or nothing; people at their limit, or whose day has no room for it, are left out and named. Larger batches ' +
    'are several calls with one `batchId`.',
  params: closed({ stockId: StockId, batchId: Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}$' }) }),
  body: closed({
    userIds: Type.Array(UserIdSchema, { minItems: 1, maxItems: batchMax }),
    /** Who of the staff gives them: they count against that day. */
    staffId: Type.Optional(UserIdSchema),
  }),
  answer: closed({
    /** Made by this call. */
    issued: Count,
    /** Of these people, how many have a coupon of this batch now. */
    held: Count,
    atLimit: Type.Array(UserIdSchema),
    /** Whose `member-day` has no room for one. */
    dayFull: Type.Array(UserIdSchema),
  }),
  status: 201,
  errors: [
    'coupon.not_found',
    'coupon.sold_out',
    'coupon.day_sold_out',
    'coupon.paused',
    'coupon.expired',
    'budget.exhausted',
    'merchant.suspended',
  ],
})

export const Line = closed({
  lineId: Type.String({ minLength: 1, maxLength: 64 }),
  sku: Type.String({ minLength: 1, maxLength: 64 }),
  categories: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 20 })),
  storeId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** Of one piece, as the host’s own catalogue says. */
  unitFen: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
  quantity: Type.Integer({ minimum: 1, maximum: 10_000 }),
})
export const Basket = closed({
  merchantId: Type.Optional({
    ...MerchantIdSchema,
    description:
      'Who sells all of it: coupons of others do not fit (`coupon.scope`), and its list says how many go together. ' +
      'Of an app with several merchants a basket without it takes coupons of the host’s own alone.',
  }),
  lines: Type.Array(Line, { minItems: 1, maxItems: 200 }),
  shippingFen: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_000 })),
})
export type Basket = Static<typeof Basket>
/** What a basket costs with coupons: each discount split over the lines so that parts add up exactly. */
export const Quote = closed({
  goodsFen: Count,
  shippingFen: Count,
  discountFen: Count,
  payableFen: Count,
  /** What is left to pay of each line: no refund of a line gives back more. */
  lines: Type.Array(closed({ lineId: Type.String(), discountFen: Count, payableFen: Count })),
  shipping: closed({ discountFen: Count, payableFen: Count }),
  /** In the order in which they were applied. */
  coupons: Type.Array(
    closed({
      couponId: CouponId,
      discountFen: Count,
      shares: Type.Array(closed({ lineId: Type.String(), discountFen: Count })),
    }),
  ),
})
export type Quote = Static<typeof Quote>

const Wanted = {
  userId: UserIdSchema,
  couponIds: Type.Array(CouponId, { minItems: 1, maxItems: perOrderMax, uniqueItems: true }),
  basket: Basket,
} as const
const order = closed({ orderId: OrderId })
const unfit = [
  'merchant.not_found',
  'merchant.suspended',
  'coupon.not_found',
  'coupon.threshold',
  'coupon.scope',
  'coupon.not_stackable',
] as const
const untimely = ['coupon.not_started', 'coupon.expired', 'coupon.already_used', 'coupon.state'] as const
export const quoteBasket = defineEndpoint({
  ...shared,
  name: 'coupons.quote',
  method: 'POST',
  path: '/coupon-quotes',
  doc: 'Whether coupons fit a basket, and what it costs with them. Holds nothing.',
  body: closed(Wanted),
  answer: Quote,
  errors: [...unfit, ...untimely],
})
export const lockCoupons = defineEndpoint({
  ...shared,
  name: 'coupons.lock',
  method: 'POST',
  path: '/coupon-orders/:orderId/lock',
  doc:
    'Holds coupons for an order that waits to be paid: all for half an hour, or none. A coupon is held by one ' +
    'order at a time. Asking again for the same order answers alike. Of an order that was reported as paid before ' +
    'they are used at once, and `lockedUntil` is now.',
  params: order,
  body: closed(Wanted),
  answer: closed({ quote: Quote, lockedUntil: MillisSchema }),
  errors: [...unfit, ...untimely, 'coupon.order_ended'],
})
const Settled = closed({ coupons: Type.Array(closed({ couponId: CouponId, state: CouponState })) })
const settles = { ...shared, method: 'POST', params: order, body: empty, answer: Settled } as const
export const useCoupons = defineEndpoint({
  ...settles,
  name: 'coupons.use',
  path: '/coupon-orders/:orderId/use',
  doc: 'The order was paid: what it holds is used. Happens by itself with reported orders. Repeating is harmless.',
  errors: ['coupon.not_found', 'coupon.expired', 'coupon.state', 'coupon.already_used', 'coupon.order_ended'],
})
export const releaseCoupons = defineEndpoint({
  ...settles,
  name: 'coupons.release',
  path: '/coupon-orders/:orderId/release',
  doc: 'The order was given up before it was paid: what it holds is free again. Repeating is harmless.',
  errors: ['coupon.not_found', 'coupon.state'],
})
export const returnCoupons = defineEndpoint({
  ...settles,
  name: 'coupons.return',
  path: '/coupon-orders/:orderId/return',
  doc: 'The order was refunded: what it used comes back by each coupon’s policy, once. Happens by itself with reported orders.',
  errors: ['coupon.not_found'],
})
export const redeemCoupon = defineEndpoint({
  ...shared,
  name: 'coupons.redeem',
  method: 'POST',
  path: '/coupon-redemptions',
  doc:
    'Uses a coupon at once, at a counter: by the code its holder shows, or by its id and holder. `orderId` is the ' +
    'receipt’s number: asking again for it answers alike. With a basket it is priced first.',
  body: closed({
    code: Type.Optional(Type.String({ maxLength: 40, description: 'As shown; spaces are ignored.' })),
    couponId: Type.Optional(CouponId),
    userId: Type.Optional(UserIdSchema),
    orderId: OrderId,
    basket: Type.Optional(Basket),
  }),
  answer: closed({ coupon: Coupon, origin: closed(couponOrigin), userId: UserIdSchema, quote: nullable(Quote) }),
  commerce: true,
  errors: [...unfit, ...untimely, 'coupon.order_ended', 'coupon.code_over', 'coupon.invalid'],
  guesses: ['coupon.not_found'],
})
export const voidCoupon = defineEndpoint({
  ...shared,
  name: 'coupons.void',
  method: 'POST',
  path: '/coupons/:couponId/void',
  doc: 'Takes a coupon away that nobody used and no order holds.',
  params: closed({ couponId: CouponId }),
  body: closed({ userId: UserIdSchema }),
  answer: closed({ state: CouponState }),
  errors: ['coupon.not_found', 'coupon.state'],
})
