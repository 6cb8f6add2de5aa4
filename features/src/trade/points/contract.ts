/** Points 积分: a member's wallet, and what the host does with it. Shapes on the wire only. */
import {
  CampaignName,
  closed,
  defineEndpoint,
  GroupIdSchema,
  ledgerRefusals,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  Type,
  UserIdSchema,
  type Static,
  int32Max,
  nameText,
} from '@qun/contract'

/** For the rules, which know their own contract alone. */
export { DAY, HOUR, isTimeZone, MINUTE, SECOND, wallIn } from '@qun/contract'

/** Lots shown of a wallet; a merchant that lets points lapse by months has at most so many in two years. */
export const lotsShownMax = 24
/** Accounts one call of the host clears of what has lapsed. */
export const expireMax = 500
/** Programmes whose wallets stand side by side, those with most points first. */
export const walletsMax = 50
/** Grants an order may carry; more are refused. */
export const grantsPerOrderMax = 20

const Amount = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const Balance = Type.Integer({ minimum: 0 })
export const Words = closed({ 'zh-CN': Type.String({ maxLength: 60 }), en: Type.String({ maxLength: 60 }) })
export type Words = Static<typeof Words>
/** The same as somebody tells it. */
const Reason = closed({
  'zh-CN': nameText({ minLength: 0, maxLength: 60 }),
  en: nameText({ minLength: 0, maxLength: 60 }),
})
const Ref = Type.String({
  pattern: '^[A-Za-z0-9_.:/-]{1,120}$',
  description: 'The host’s own key of this movement, unique for ever: a retry repeats it.',
})
const Name = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' })

export const Lot = closed({ expiresAt: MillisSchema, amount: Amount })
export const Wallet = closed({
  balance: Balance,
  /** What lapses, soonest first; the rest never does. */
  lots: Type.Array(Lot, { maxItems: lotsShownMax }),
})
export type Wallet = Static<typeof Wallet>
/** A member's own, where they are; the programme is null in a friends' group, which has none. */
export const MyWallet = closed({ ...Wallet.properties, programme: nullable(MerchantIdSchema) })
export type MyWallet = Static<typeof MyWallet>
/** [PO9] Of one programme: one merchant, or several that share their points. */
export const ProgrammeWallet = closed({
  programme: MerchantIdSchema,
  /** Its merchants' names, the one that began it first; none of a programme the host named no merchant of. */
  names: Type.Array(Type.String(), { maxItems: 3 }),
  balance: Balance,
})
export type ProgrammeWallet = Static<typeof ProgrammeWallet>
export const StatementEntry = closed({
  entryNo: Type.Integer({ minimum: 1 }),
  amount: Type.Integer({ description: 'Negative when points left.' }),
  balanceAfter: Balance,
  /** What it was for, as a person reads it. */
  title: Words,
  /** The same as a code: `red-packet.open`. */
  reason: Type.String(),
  at: MillisSchema,
})
export type StatementEntry = Static<typeof StatementEntry>
const page = closed({
  before: Type.Optional(Type.Integer({ minimum: 1, maximum: int32Max, description: 'The last `entryNo` one has.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 30 })),
})
const Statement = closed({ entries: Type.Array(StatementEntry), more: Type.Boolean() })

// ── members ──
const group = closed({ groupId: GroupIdSchema })
export const myPoints = defineEndpoint({
  name: 'points.mine',
  method: 'GET',
  path: '/groups/:groupId/points',
  doc: 'The viewer’s own points with this group’s merchant, and which of them lapse when. None in a friends’ group.',
  by: 'member',
  params: group,
  answer: MyWallet,
})
export const myStatement = defineEndpoint({
  name: 'points.statement',
  method: 'GET',
  path: '/groups/:groupId/points/statement',
  doc: 'What moved the viewer’s own points, latest first.',
  by: 'member',
  params: group,
  query: page,
  answer: Statement,
})

export const myWallets = defineEndpoint({
  name: 'points.wallets',
  method: 'GET',
  path: '/points',
  doc: 'The viewer’s own points with every merchant, side by side: what one gave is spent with that one.',
  by: 'user',
  answer: closed({ wallets: Type.Array(ProgrammeWallet, { maxItems: walletsMax }) }),
})

// ── the host ──
const merchantId = Type.Optional({
  ...MerchantIdSchema,
  description: 'Whose points; those the host gives itself (`main`) unless told.',
})
const movement = {
  'points.granted': closed({ merchantId: MerchantIdSchema, userId: UserIdSchema, amount: Amount, ref: Type.String() }),
  'points.spent': closed({ merchantId: MerchantIdSchema, userId: UserIdSchema, amount: Amount, ref: Type.String() }),
  'points.reversed': closed({ ref: Type.String(), by: Type.String() }),
  /**
   * [PO10] An order was refunded: what of its grant was there to be taken back, and what had been spent already; both
   * are nothing of what the host took back itself. `refused` when the books did not let it go back, and why.
   */
  'points.clawed-back': closed({
    orderId: Type.String(),
    userId: UserIdSchema,
    ref: Type.String(),
    amount: Balance,
    missing: Balance,
    refused: Type.Optional(Type.String()),
  }),
  'points.expired': closed({ userId: UserIdSchema, amount: Amount, programme: MerchantIdSchema }),
}
const Moved = closed({
  transferId: Type.String(),
  /** Of the person, after it. */
  balance: Balance,
  replayed: Type.Boolean({ description: 'True when this ref had been posted before: nothing moved now.' }),
})
const moving = { by: 'server', answer: Moved, refusals: ledgerRefusals, facts: movement, commerce: true } as const
const common = {
  ref: Ref,
  merchantId,
  userId: UserIdSchema,
  amount: Amount,
  title: Type.Optional(Reason),
  groupId: Type.Optional(GroupIdSchema),
}

export const grantPoints = defineEndpoint({
  ...moving,
  name: 'points.grant',
  method: 'POST',
  path: '/points/grants',
  doc: 'Gives a person points, once per `ref`; counted against their day, and the staff and campaign it names.',
  body: closed({
    ...common,
    expiresAt: Type.Optional(MillisSchema),
    expiresInMonths: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        description: 'Lapses at the end of that month from now; 0 is this one.',
      }),
    ),
    timeZone: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Of `expiresInMonths`; the merchant’s unless told.' }),
    ),
    staffId: Type.Optional(UserIdSchema),
    campaign: Type.Optional(CampaignName),
    fund: Type.Optional(Name),
    orderId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'The order they are given for: when it is refunded or cancelled, they go back by themselves.',
      }),
    ),
  }),
  errors: [
    'user.not_found',
    'merchant.not_found',
    'merchant.suspended',
    'points.order_invalid',
    'points.expiry_invalid',
    'budget.exhausted',
    'ledger.amount_limit',
    'idempotency.key_reused',
    'idempotency.key_missing',
  ],
  refusals: {
    ...ledgerRefusals,
    'points.expiry_invalid': {
      status: 422,
      retry: 'after-change',
      title: { 'zh-CN': '积分有效期有误', en: 'The points would lapse at no valid time' },
    },
    'points.order_invalid': {
      status: 409,
      retry: 'never',
      title: { 'zh-CN': '订单已退款、已取消或不属于该用户', en: 'The order has ended, or is another person’s' },
    },
  },
})
export const deductPoints = defineEndpoint({
  ...moving,
  name: 'points.deduct',
  method: 'POST',
  path: '/points/deductions',
  doc: 'Takes points of a person for something they exchange, once per `ref`.',
  body: closed(common),
  errors: [
    'user.not_found',
    'merchant.not_found',
    'ledger.insufficient_funds',
    'ledger.account_frozen',
    'idempotency.key_reused',
    'idempotency.key_missing',
  ],
})
export const reversePoints = defineEndpoint({
  ...moving,
  name: 'points.reverse',
  method: 'POST',
  path: '/points/reversals',
  doc: 'Takes back a grant or a deduction whole, once. Points that had a date come back with it.',
  body: closed({ ref: Ref, by: Ref, title: Type.Optional(Reason) }),
  answer: closed({ transferId: Type.String(), replayed: Type.Boolean() }),
  errors: [
    'ledger.not_reversible',
    'ledger.already_reversed',
    'ledger.insufficient_funds',
    'ledger.account_frozen',
    'idempotency.key_reused',
    'idempotency.key_missing',
  ],
})
const person = closed({ userId: UserIdSchema })
export const pointsOf = defineEndpoint({
  name: 'points.get',
  method: 'GET',
  path: '/users/:userId/points',
  doc: 'A person’s points with a merchant; none for somebody never heard of.',
  by: 'server',
  params: person,
  query: closed({ merchantId }),
  answer: Wallet,
  errors: ['merchant.not_found'],
})
export const statementOf = defineEndpoint({
  name: 'points.list',
  method: 'GET',
  path: '/users/:userId/points/statement',
  doc: 'What moved a person’s points with a merchant, latest first.',
  by: 'server',
  params: person,
  query: closed({ merchantId, ...page.properties }),
  answer: Statement,
  errors: ['merchant.not_found'],
})
export const expirePoints = defineEndpoint({
  name: 'points.expire',
  method: 'POST',
  path: '/points/expiries',
  doc: 'Moves what has lapsed back to its issuer, for at most 500 people a call. It also happens by itself.',
  by: 'server',
  body: closed({}),
  answer: closed({ people: Type.Integer(), amount: Type.Integer(), more: Type.Boolean() }),
  facts: movement,
})

// ── funds ──
export const fundPoints = defineEndpoint({
  name: 'points.fund',
  method: 'POST',
  path: '/points/funds',
  doc: 'Sets a merchant’s points aside under a name; grants and red packets that name the fund stop when it is empty.',
  by: 'server',
  body: closed({ ref: Ref, merchantId, fund: Name, amount: Amount }),
  answer: closed({ balance: Balance, replayed: Type.Boolean() }),
  refusals: ledgerRefusals,
  errors: [
    'merchant.not_found',
    'merchant.suspended',
    'ledger.amount_limit',
    'idempotency.key_reused',
    'idempotency.key_missing',
  ],
  commerce: true,
})
