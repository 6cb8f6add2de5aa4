/** Budgets 预算: caps of what the shop gives away, set and read by the host. Shapes on the wire only. */
import {
  BudgetScope,
  closed,
  CursorSchema,
  defineEndpoint,
  ledgerRefusals,
  MerchantIdSchema,
  nullable,
  refusal,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

const Currency = Type.String({
  minLength: 1,
  maxLength: 80,
  description: '`points`, whichever programme the merchant has; `CNY`, in fen.',
})
const MerchantId = Type.Optional({
  ...MerchantIdSchema,
  description: 'Whose; without it the app’s own cap, for every merchant that has none.',
})
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export const budgetRefusals = {
  'budget.subject_invalid': refusal(
    422,
    'after-change',
    '按天的预算需指定人员和有效日期，商家和活动的预算不需要人员',
    'A budget of a person’s day is of somebody, of a date; a merchant’s or a campaign’s is nobody’s',
  ),
} as const

export const Cap = closed({ merchantId: MerchantId, scope: BudgetScope, currency: Currency, cap: Amount })
export type Cap = Static<typeof Cap>
export const setBudget = defineEndpoint({
  name: 'budgets.set',
  method: 'PUT',
  path: '/budgets',
  doc:
    'Caps what a merchant’s scope spends of a currency. Null forgets the cap: then the app’s holds, else the ' +
    'default. What was spent stays counted.',
  by: 'server',
  body: closed({ merchantId: MerchantId, scope: BudgetScope, currency: Currency, cap: nullable(Amount) }),
  answer: closed({}),
  refusals: ledgerRefusals,
  errors: ['ledger.currency_unknown', 'merchant.not_found'],
})
export const listBudgets = defineEndpoint({
  name: 'budgets.list',
  method: 'GET',
  path: '/budgets',
  doc: 'The caps that were told, in the order of scope, merchant and currency; each scope’s of the app first.',
  by: 'server',
  query: closed({
    cursor: Type.Optional(CursorSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 100 })),
  }),
  answer: closed({ budgets: Type.Array(Cap), cursor: nullable(Type.String()) }),
  errors: ['cursor.invalid'],
})
export const SpentQuery = closed({
  merchantId: Type.Optional({ ...MerchantIdSchema, description: 'Whose; `main` unless told.' }),
  scope: BudgetScope,
  currency: Currency,
  userId: Type.Optional(UserIdSchema),
  day: Type.Optional(
    Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      description: 'A local date of the merchant, `2026-11-25`; today unless told. Of a month any of its days.',
    }),
  ),
})
export type SpentQuery = Static<typeof SpentQuery>
export const budgetSpent = defineEndpoint({
  name: 'budgets.spent',
  method: 'GET',
  path: '/budgets/spent',
  doc: 'What a person gave or was given on a day, a merchant on a day or in a month, or a campaign, beside its cap.',
  by: 'server',
  query: SpentQuery,
  answer: closed({ cap: nullable(Amount), spent: Amount }),
  refusals: budgetRefusals,
  errors: ['budget.subject_invalid', 'merchant.not_found', 'ledger.currency_unknown'],
})
