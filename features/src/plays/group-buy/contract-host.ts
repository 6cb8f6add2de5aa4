/** What a group buy asks of the host's checkout, and the pages of its teams; shapes on the wire only. */
import {
  closed,
  defineEndpoint,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  SeqSchema,
  Type,
  UserIdSchema,
  type Static,
  int32Max,
} from '@qun/contract'
import { behind, groupBuyRefusals, OrderId, PlaceId, Quantity, Team, TeamNo } from './contract-parts.ts'

const offer = closed({ groupId: GroupIdSchema, seq: SeqSchema })
const behindInGroup = { ...behind, groupId: GroupIdSchema, seq: SeqSchema } as const
const AmountFen = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

// ── for members ──
export const teamsOf = defineEndpoint({
  name: 'groupBuys.teams',
  method: 'GET',
  path: '/groups/:groupId/group-buys/:seq/teams',
  doc: 'Open teams in the order of opening, those after `after`.',
  by: 'member',
  params: offer,
  query: closed({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max, description: 'The last `teamNo` one has.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  }),
  answer: closed({ teams: Type.Array(Team), openCount: Type.Integer() }),
  errors: ['message.not_found'],
})

// ── for the host's checkout ──
export const placeForHost = defineEndpoint({
  name: 'groupBuys.place',
  method: 'GET',
  path: '/group-buys/:groupId/:seq/places/:placeId',
  doc: 'A place as the host’s checkout needs it: whose it is, how many pieces, and what to authorise.',
  by: 'server',
  params: closed({ groupId: GroupIdSchema, seq: SeqSchema, placeId: PlaceId }),
  answer: closed({
    userId: UserIdSchema,
    title: Type.String(),
    productId: nullable(Type.String()),
    quantity: Quantity,
    /** To be authorised, not captured: the first price of the ladder for all pieces. */
    amountFen: AmountFen,
    teamNo: nullable(TeamNo),
    until: MillisSchema,
    /** `void`: unpaid, and never to be: the merchant may not sell it any more. */
    status: oneOf('held', 'returned', 'paid', 'won', 'lost', 'refunded', 'void'),
    ...behindInGroup,
  }),
  refusals: groupBuyRefusals,
  errors: ['message.not_found', 'group_buy.no_place'],
})
/** Without `placeId` it is about the place this person keeps now, or kept last. */
const placeOf = { userId: UserIdSchema, orderId: OrderId, placeId: Type.Optional(PlaceId) }
export const bindOrder = defineEndpoint({
  name: 'groupBuys.order',
  method: 'POST',
  path: '/group-buys/:groupId/:seq/orders',
  doc:
    'The host made an order for a place; its payment is heard from order events, before or after. Of several orders ' +
    'for a place the one paid first counts, the others are voided once paid. Repeating it changes nothing.',
  by: 'server',
  params: offer,
  body: closed(placeOf),
  answer: closed({ placeId: PlaceId, amountFen: AmountFen, ...behindInGroup }),
  commerce: true,
  refusals: groupBuyRefusals,
  errors: [
    'message.not_found',
    'group_buy.no_place',
    'group_buy.order_used',
    'group_buy.order_ended',
    'group_buy.order_others',
    'group_buy.place_paid',
  ],
})
export const payPlace = defineEndpoint({
  name: 'groupBuys.paid',
  method: 'POST',
  path: '/group-buys/:groupId/:seq/paid',
  doc:
    'The host authorised the payment of an order for a place. It answers what became of it: in a team, or to be ' +
    'given back, as that of an order is that was cancelled or refunded before. Repeating it changes nothing.',
  by: 'server',
  params: offer,
  body: closed({ ...placeOf, amountFen: Type.Optional(AmountFen) }),
  answer: closed({
    placeId: PlaceId,
    teamNo: nullable(TeamNo),
    status: oneOf('paid', 'won', 'lost', 'refunded'),
    ...behindInGroup,
  }),
  commerce: true,
  refusals: groupBuyRefusals,
  errors: [
    'message.not_found',
    'group_buy.no_place',
    'group_buy.order_used',
    'group_buy.order_others',
    'group_buy.amount_differs',
  ],
})

// ── what the host is to do with the money ──
/** `capture`: take what was authorised, or the part of it that is the team's price. `void`: let all of it go. */
export const Instruction = closed({
  orderId: OrderId,
  what: oneOf('capture', 'void'),
  userId: UserIdSchema,
  amountFen: AmountFen,
  ...behindInGroup,
  at: MillisSchema,
})
export type Instruction = Static<typeof Instruction>
export const instructionsForHost = defineEndpoint({
  name: 'groupBuys.instructions',
  method: 'GET',
  path: '/group-buys/instructions',
  doc: 'What the host has still to capture or void, oldest first; what is done leaves the list.',
  by: 'server',
  query: closed({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 100 })),
    /** The last one of the page before: its `at` and its `orderId`. */
    afterAt: Type.Optional(MillisSchema),
    afterOrderId: Type.Optional(OrderId),
  }),
  answer: closed({ instructions: Type.Array(Instruction) }),
})
export const settleInstruction = defineEndpoint({
  name: 'groupBuys.instructionDone',
  method: 'POST',
  path: '/group-buys/instructions/done',
  doc: 'The host has captured or voided an order’s payment as told. Repeating it changes nothing.',
  by: 'server',
  body: closed({ orderId: OrderId, what: oneOf('capture', 'void') }),
  answer: closed({}),
  commerce: true,
  refusals: groupBuyRefusals,
  errors: ['group_buy.no_place'],
})
