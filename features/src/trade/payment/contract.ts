/** Payments 支付对账: what a provider tells, and its days compared with the books. Shapes on the wire only. */
import {
  closed,
  defineEndpoint,
  ledgerRefusals,
  MillisSchema,
  nullable,
  oneOf,
  paymentRefusals,
  refusal,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

/** For the rules, which know their own contract alone. */
export { DAY, dayIn, wallIn } from '@qun/contract'

/** Differences told in one report; `differenceCount` says how many there are. */
export const differencesShownMax = 200

const Provider = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$', description: 'The name of the provider’s port.' })
const Key = Type.String({ minLength: 1, maxLength: 400, description: 'The key of an instruction.' })
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const LocalDay = Type.String({ pattern: '^20\\d\\d-\\d\\d-\\d\\d$', description: 'A local date: `2026-11-25`.' })
export type LocalDay = Static<typeof LocalDay>

const what = oneOf('unknown', 'amount', 'contradicts', 'missing', 'twice')
/** What the provider says of a key, and what stands here; null for nothing. */
export const Difference = closed({
  provider: Provider,
  key: Type.String({ maxLength: 400 }),
  what,
  told: nullable(Amount),
  ours: nullable(Amount),
})
export type Difference = Static<typeof Difference>

const facts = { 'payment.differed': Difference } as const
const paymentOwn = {
  'payment.provider_unknown': refusal(404, 'never', '没有这个支付渠道', 'There is no such provider'),
  'payment.instruction_not_found': refusal(404, 'never', '没有这条支付指令', 'There is no such instruction'),
  'payment.difference_not_found': refusal(404, 'never', '没有这条未处理的差异', 'There is no such open difference'),
  'payment.day_invalid': refusal(
    422,
    'after-change',
    '只能核对已经结束的日期',
    'Only a day that is over can be compared',
  ),
  'payment.provider_silent': refusal(409, 'later', '支付渠道没有给出账单', 'The provider gave no statement'),
} as const
const refusals = { ...ledgerRefusals, ...paymentRefusals, ...paymentOwn }

// ── instructions ──
export const takeCallback = defineEndpoint({
  name: 'payments.takeCallback',
  method: 'POST',
  path: '/payments/:provider/callbacks',
  doc:
    'The host passes on a call-back of its provider as it came: headers and body byte for byte, since the signature ' +
    'covers them. Repeats change nothing and are answered 200.',
  by: 'server',
  params: closed({ provider: Provider }),
  body: closed({
    headers: Type.Array(
      closed({ name: Type.String({ minLength: 1, maxLength: 200 }), value: Type.String({ maxLength: 8_192 }) }),
      { maxItems: 100 },
    ),
    body: Type.String({ maxLength: 65_536 }),
  }),
  answer: closed({
    /** `taken`: it settled the instruction; `replayed`: that was settled already; `pending`: it is not settled yet. */
    outcome: oneOf('taken', 'replayed', 'pending'),
  }),
  errors: ['payment.provider_unknown', 'event.signature_invalid', 'ledger.provider_mismatch'],
  refusals,
  facts,
})
export const Instruction = closed({
  key: Type.String(),
  provider: Type.String(),
  kind: oneOf('charge', 'pay-out', 'refund'),
  currency: Type.String(),
  amount: Amount,
  userId: UserIdSchema,
  state: oneOf('created', 'sent', 'unknown', 'confirmed', 'failed'),
  providerRef: nullable(Type.String()),
  settledAt: nullable(MillisSchema),
  attempts: Type.Integer({ minimum: 0 }),
  /** What went wrong the last time it was asked. */
  trouble: nullable(Type.String()),
  createdAt: MillisSchema,
})
export type Instruction = Static<typeof Instruction>
export const instructionOf = defineEndpoint({
  name: 'payments.getInstruction',
  method: 'GET',
  path: '/payments/instructions',
  doc: 'What became of an instruction to a provider.',
  by: 'server',
  query: closed({ key: Key }),
  answer: closed({ instruction: Instruction }),
  errors: ['payment.instruction_not_found'],
  refusals,
})

// ── days compared ──
export const Report = closed({
  provider: Provider,
  day: LocalDay,
  /** When it was made, the last time. */
  at: MillisSchema,
  /** Payments the statement lists. */
  lines: Type.Integer({ minimum: 0 }),
  /** Instructions the statement settled, whose answer had been lost. */
  settled: Type.Integer({ minimum: 0 }),
  differenceCount: Type.Integer({ minimum: 0 }),
  differences: Type.Array(Difference, { maxItems: differencesShownMax }),
  /** Why there is no statement yet; null when the day was compared. */
  trouble: nullable(Type.String()),
})
export type Report = Static<typeof Report>
export const compareDay = defineEndpoint({
  name: 'payments.compareDay',
  method: 'POST',
  path: '/payments/:provider/reconciliations',
  doc: 'Compares a day that is over with the provider’s statement, as it happens by itself each night. May run again.',
  by: 'server',
  params: closed({ provider: Provider }),
  body: closed({ day: LocalDay }),
  answer: closed({ report: Report }),
  errors: ['payment.provider_unknown', 'payment.day_invalid', 'payment.provider_silent'],
  refusals,
  facts,
})
export const reportsOf = defineEndpoint({
  name: 'payments.listReports',
  method: 'GET',
  path: '/payments/:provider/reconciliations',
  doc: 'The days compared, the latest first.',
  by: 'server',
  params: closed({ provider: Provider }),
  query: closed({
    before: Type.Optional(LocalDay),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 30 })),
  }),
  answer: closed({ reports: Type.Array(Report), more: Type.Boolean() }),
  errors: ['payment.provider_unknown'],
  refusals,
})
export const openDifferences = defineEndpoint({
  name: 'payments.listDifferences',
  method: 'GET',
  path: '/payments/differences',
  doc: 'What somebody has yet to look into, oldest first.',
  by: 'server',
  query: closed({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })) }),
  answer: closed({ differences: Type.Array(closed({ ...Difference.properties, at: MillisSchema })) }),
})
export const closeDifference = defineEndpoint({
  name: 'payments.closeDifference',
  method: 'POST',
  path: '/payments/differences/close',
  doc: 'Notes what somebody found out about a difference.',
  by: 'server',
  body: closed({ provider: Provider, key: Key, what, note: Type.String({ minLength: 1, maxLength: 1_000 }) }),
  answer: closed({}),
  errors: ['payment.difference_not_found'],
  refusals,
})
