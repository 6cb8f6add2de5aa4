/** Coupon 优惠券: an offer in a group that members claim, and their own coupons; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  Type,
  type Static,
  int32Max,
} from '@qun/contract'
import {
  Coupon,
  couponFacts,
  CouponId,
  couponRefusals,
  perUserMax,
  StockId,
  StockStatus,
  Terms,
  Title,
} from './contract-terms.ts'

export * from './contract-host.ts'
export * from './contract-terms.ts'

export const coupon = defineCard({
  kind: 'coupon',
  doc: 'An offer of coupons: members of the group claim, as long as there are some.',
  post: { by: 'admin' },
  gives: 'issued',
  body: closed({
    title: Title,
    /** A stock of the host; only the host offers it. Its terms are filled in. Absent: the card makes its own stock. */
    stockId: Type.Optional(StockId),
    terms: Type.Optional(Terms),
    /** Whom to ask about it. A missing or blank one is `coupon.undisclosed`. */
    contact: Type.Optional(Type.String({ maxLength: 100 })),
    /** Filled in: whose coupons these are. Of what the host gives in no merchant's name, the name may be ''. */
    merchant: Type.Optional(closed({ merchantId: MerchantIdSchema, name: Type.String({ maxLength: 60 }) })),
  }),
  state: closed({
    stockId: StockId,
    /** Whose coupons these are, where not the host's own. */
    merchantId: Type.Optional(MerchantIdSchema),
    status: StockStatus,
    total: Type.Integer({ minimum: 0 }),
    left: Type.Integer({ minimum: 0 }),
    /** Claimed on this card; a stock may be offered by several. */
    claimedCount: Type.Integer({ minimum: 0 }),
    perDay: nullable(Type.Integer({ minimum: 1 })),
    /** The last day on which somebody claimed, and what it has left; null without a daily limit. */
    day: nullable(closed({ key: Type.String(), left: Type.Integer({ minimum: 0 }) })),
    claimUntil: MillisSchema,
    /** When the next coupon of this card falls due; null while none is out. */
    sweepAt: nullable(MillisSchema),
  }),
  mine: closed({
    coupons: Type.Array(closed({ couponId: CouponId, validFrom: MillisSchema, validUntil: MillisSchema }), {
      maxItems: perUserMax,
    }),
  }),
  actions: {
    claim: {
      by: 'member',
      doc: 'Gives the actor one coupon.',
      input: closed({}),
      errors: [
        'coupon.not_started',
        'coupon.expired',
        'coupon.sold_out',
        'coupon.day_sold_out',
        'coupon.paused',
        'coupon.limit',
        'coupon.not_eligible',
        'budget.exhausted',
        'auth.guest_forbidden',
      ],
      commerce: true,
    },
    manage: {
      by: 'admin',
      needs: 'issue',
      doc: 'Pauses, resumes, ends, or changes how many there are. For stocks made in this group; the host keeps its own.',
      input: closed({
        status: Type.Optional(oneOf('active', 'paused', 'ended')),
        total: Type.Optional(Type.Integer({ minimum: -int32Max, maximum: int32Max })),
      }),
      errors: [
        'coupon.state',
        'coupon.stock_below_issued',
        'coupon.invalid',
        'group.permission',
        'merchant.not_issuer',
        'merchant.suspended',
      ],
    },
  },
  facts: couponFacts,
  refusals: couponRefusals,
  summary: (body) => ({ 'zh-CN': `[优惠券] ${body.title}`, en: `[Coupon] ${body.title}` }),
})

export const CouponList = oneOf('available', 'used', 'over')
export type CouponList = Static<typeof CouponList>
export const myCoupons = defineEndpoint({
  name: 'coupons.mine',
  method: 'GET',
  path: '/my/coupons',
  doc:
    'The viewer’s coupons by what became of them. `available` has those an order holds, too; soonest to end first. ' +
    'The others: latest first.',
  by: 'user',
  query: closed({
    list: Type.Optional(CouponList),
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  }),
  answer: closed({ coupons: Type.Array(Coupon), cursor: nullable(Type.String()) }),
  errors: ['cursor.invalid'],
})
export const showCode = defineEndpoint({
  name: 'coupons.showCode',
  method: 'POST',
  path: '/my/coupons/:couponId/codes',
  doc:
    'A fresh code to redeem the coupon with at a counter, shown in this answer alone: only a hash of it is kept. It ' +
    'lives ten minutes, and the one before it ends now. A repeated request shows another.',
  by: 'user',
  params: closed({ couponId: CouponId }),
  body: closed({}),
  answer: closed({ code: Type.String({ description: 'Twenty digits.' }), expiresAt: MillisSchema }),
  secretAnswer: true,
  refusals: couponRefusals,
  errors: ['coupon.not_found', 'coupon.state', 'coupon.expired', 'coupon.already_used', 'coupon.not_started'],
})
