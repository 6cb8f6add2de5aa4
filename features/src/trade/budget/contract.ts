/** Budgets 预算: caps of what the shop gives away, set and read by the host. Shapes on the wire only. */
import {
  BudgetScope,
  closed,
  CursorSchema,
  defineEndpoint,
  ledgerRefusals,
  nullable,
  refusal,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

const Currency = Type.String({ minLength: 1, maxLength: 80, description: '`points`; `CNY`, in fen.' })
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export const budgetRefusals = {
  'budget.subject_invalid': refusal(
    422,
    'after-change',
    '按天的预算需指定人员和有效日期，活动预算不需要',
    'A budget per day is somebody’s, of a date; a campaign’s is nobody’s',
  ),
} as const

export const Cap = closed({ scope: BudgetScope, currency: Currency, cap: Amount })
export type Cap = Static<typeof Cap>
export const setBudget = defineEndpoint({
  name: 'budgets.set',
  method: 'PUT',
  path: '/budgets',
  doc: 'Caps what a scope spends of a currency; null lifts the cap. What was spent stays counted.',
  by: 'server',
  body: closed({ scope: BudgetScope, currency: Currency, cap: nullable(Amount) }),
  answer: closed({}),
  refusals: ledgerRefusals,
  errors: ['ledger.currency_unknown'],
})
export const listBudgets = defineEndpoint({
  name: 'budgets.list',
  method: 'GET',
  path: '/budgets',
  doc: 'The caps as they are, in the order of scope and currency.',
  by: 'server',
  query: closed({
    cursor: Type.Optional(CursorSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 100 })),
  }),
  answer: closed({ budgets: Type.Array(Cap), cursor: nullable(Type.String()) }),
  errors: ['cursor.invalid'],
})
export const SpentQuery = closed({
  scope: BudgetScope,
  currency: Currency,
  userId: Type.Optional(UserIdSchema),
  day: Type.Optional(
    Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A local date, `2026-11-25`; today unless told.' }),
  ),
})
export type SpentQuery = Static<typeof SpentQuery>
export const budgetSpent = defineEndpoint({
  name: 'budgets.spent',
  method: 'GET',
  path: '/budgets/spent',
  doc: 'What a person gave or was given on a day, or what was given in the name of a campaign, beside its cap.',
  by: 'server',
  query: SpentQuery,
  answer: closed({ cap: nullable(Amount), spent: Amount }),
  refusals: budgetRefusals,
  errors: ['budget.subject_invalid'],
})
