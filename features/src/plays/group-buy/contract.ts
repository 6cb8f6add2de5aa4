/** Group buy 拼团: members form teams, and a team that is large enough buys at its price; shapes on the wire only. */
import {
  CampaignName,
  closed,
  defineCard,
  GroupIdSchema,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  SeqSchema,
  Type,
  UserIdSchema,
} from '@qun/contract'
import {
  behind,
  groupBuyRefusals,
  OrderId,
  PlaceId,
  Price,
  Quantity,
  sizeMax,
  Step,
  stepsMax,
  Team,
  TeamNo,
  teamsShown,
} from './contract-parts.ts'

/** For the rules, which know their own contract alone. */
export { isSafeAddress } from '@qun/contract'
export * from './contract-host.ts'
export * from './contract-parts.ts'

/** What became of the viewer's last place, once it is over. */
const Outcome = closed({
  teamNo: nullable(TeamNo),
  what: oneOf('completed', 'refunded'),
  /** Of one piece when completed; what goes back in all when refunded. */
  amountFen: Type.Integer({ minimum: 0 }),
})
const Place = closed({
  placeId: PlaceId,
  /** Null while its buyer, who will lead a team, has not paid. */
  teamNo: nullable(TeamNo),
  quantity: Quantity,
  status: oneOf('held', 'paid'),
  /** Until when a held place waits to be paid. */
  until: MillisSchema,
})

const joining = [
  'group_buy.void',
  'group_buy.ended',
  'group_buy.sold_out',
  'group_buy.limit',
  'group_buy.already_in',
  'product.gone',
] as const

export const groupBuy = defineCard({
  kind: 'group-buy',
  doc: 'Members form teams; a team of enough people buys at its price, and otherwise everybody gets their money back.',
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
          'The host’s checkout, the product’s own page unless told; the place is added as `place`. https or a path.',
      }),
    ),
    singlePriceFen: Type.Optional({
      ...Price,
      description: 'The list price. In a request: what the sender saw. As posted: the catalogue’s.',
    }),
    ladder: Type.Array(Step, {
      minItems: 1,
      maxItems: stepsMax,
      description:
        'Sizes rise, prices fall. The first size makes a team; the last fills it. Joining authorises the first price.',
    }),
    stock: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Pieces, of all teams.' }),
    perMember: Quantity,
    refunds: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '\\S',
      description: 'How refunds go, in the shop’s own words.',
    }),
    teamMs: Type.Integer({
      minimum: 1,
      maximum: 8_640_000_000_000_000,
      description: 'How long a team has, from its leader’s payment.',
    }),
    endsAt: MillisSchema,
    late: oneOf('new-team', 'refund'),
    /** Its prices are cut for this campaign, and count against its budget. */
    campaign: Type.Optional(CampaignName),
  }),
  state: closed({
    phase: oneOf('on', 'ended', 'cancelled'),
    /** It ended because its product left the catalogue or went to another merchant, or its merchant was suspended. */
    void: Type.Optional(Type.Literal(true)),
    /** Pieces free now; absent on offers from before each had a stock. */
    left: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Places kept for people who are paying. */
    heldCount: Type.Integer({ minimum: 0 }),
    teamCount: Type.Integer({ minimum: 0 }),
    openCount: Type.Integer({ minimum: 0 }),
    completedCount: Type.Integer({ minimum: 0 }),
    /** Pieces of completed teams. */
    soldCount: Type.Integer({ minimum: 0 }),
    /** Open teams, oldest first, at most ten; `groupBuys.teams` has all. */
    teams: Type.Array(Team, { maxItems: teamsShown }),
    cancelled: Type.Optional(closed({ reason: Type.String(), at: MillisSchema })),
  }),
  mine: closed({
    place: nullable(Place),
    /** Pieces of completed teams. */
    boughtCount: Type.Integer({ minimum: 0 }),
    outcome: Type.Optional(Outcome),
  }),
  actions: {
    start: {
      by: 'member',
      doc: 'Keeps a place for the actor, who leads a new team once they have paid.',
      input: closed({ quantity: Quantity }),
      errors: [...joining, 'auth.guest_forbidden'],
      commerce: true,
    },
    join: {
      by: 'member',
      doc: 'Keeps a place of a team for the actor to pay; asking again answers the same place.',
      input: closed({ teamNo: TeamNo, quantity: Quantity }),
      errors: [
        ...joining,
        'group_buy.team_not_found',
        'group_buy.team_full',
        'group_buy.team_over',
        'auth.guest_forbidden',
      ],
      commerce: true,
    },
    release: {
      by: 'member',
      doc: 'Gives the actor’s unpaid place up.',
      input: closed({}),
      errors: ['group_buy.no_place'],
    },
    withdraw: {
      by: 'member',
      doc: 'A leader ends their team while alone in it; the money goes back.',
      input: closed({}),
      errors: ['group_buy.no_place', 'group_buy.not_alone', 'auth.guest_forbidden'],
      commerce: true,
    },
    cancel: {
      by: 'admin',
      doc: 'Ends the offer with a reason everybody sees; open teams get their money back.',
      input: closed({ reason: Type.String({ minLength: 1, maxLength: 120 }) }),
      errors: ['group_buy.ended'],
    },
  },
  facts: {
    'group-buy.team-opened': closed({
      ...behind,
      seq: SeqSchema,
      teamNo: TeamNo,
      userId: UserIdSchema,
      until: MillisSchema,
    }),
    'group-buy.joined': closed({
      ...behind,
      seq: SeqSchema,
      teamNo: TeamNo,
      userId: UserIdSchema,
      orderId: OrderId,
      paidCount: Type.Integer(),
    }),
    'group-buy.completed': closed({
      ...behind,
      seq: SeqSchema,
      teamNo: TeamNo,
      priceFen: Price,
      userIds: Type.Array(UserIdSchema, { maxItems: sizeMax }),
    }),
    'group-buy.failed': closed({
      ...behind,
      seq: SeqSchema,
      teamNo: TeamNo,
      why: oneOf('deadline', 'withdrawn', 'cancelled', 'empty', 'void'),
    }),
    'group-buy.refunded': closed({
      ...behind,
      seq: SeqSchema,
      userId: UserIdSchema,
      orderId: OrderId,
      amountFen: Type.Integer(),
      why: oneOf('deadline', 'withdrawn', 'cancelled', 'late', 'host', 'void'),
    }),
    /** [GB18] Products left: offers of theirs behind this one are still to be looked at. */
    'group-buy.voiding': closed({
      productIds: Type.Array(Type.String()),
      after: closed({ groupId: GroupIdSchema, seq: SeqSchema }),
    }),
  },
  refusals: groupBuyRefusals,
  summary: (body) => ({ 'zh-CN': `[拼团] ${body.title ?? ''}`, en: `[Group buy] ${body.title ?? ''}` }),
})
