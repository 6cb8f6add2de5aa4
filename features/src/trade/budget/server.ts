/** Serves the host's budgets: glue between the contract and the ledger, which counts. */
import {
  BudgetScope,
  campaignBudget,
  dayBudget,
  dayIn,
  isPoints,
  MerchantIdSchema,
  merchantDay,
  merchantMonth,
  scopeOf,
  Type,
  type BudgetKey,
} from '@qun/contract'
import {
  defineCursor,
  defineFeature,
  issuerNamed,
  knownMerchant,
  serveEndpoint,
  type Call,
  type GroupIssuer,
} from '@qun/core'
import * as ledger from '@qun/ledger'
import { budgetSpent, Cap, listBudgets, setBudget, type SpentQuery } from './contract.ts'

const set = serveEndpoint(setBudget, async (call) => {
  const { merchantId, scope, currency, cap } = call.body
  if (merchantId !== undefined) await knownMerchant(call, merchantId)
  // Caps of points are told of `points`, whichever programme the merchant has.
  if (isPoints(currency) && currency !== 'points') call.fail('ledger.currency_unknown', { detail: currency })
  const told = merchantId === undefined ? scope : scopeOf(merchantId, scope)
  await ledger.setBudget(call, { scope: told, currency, cap })
  return {}
})

const limitDefault = 100
const capCursor = defineCursor(BudgetScope, Type.Union([MerchantIdSchema, Type.Literal('')]), Cap.properties.currency)
const list = serveEndpoint(listBudgets, async (call) => {
  const { cursor, limit = limitDefault } = call.query
  const place = capCursor.readIf(cursor)
  const [scope = '', merchantId = '', currency = ''] = place ?? []
  const after = { scope: merchantId === '' ? scope : scopeOf(merchantId, scope), currency }
  const found = await ledger.listBudgets(call, { limit: limit + 1, ...(place === undefined ? {} : { after }) })
  const budgets = found.slice(0, limit).map(capOf)
  const last = found.length > limit ? budgets.at(-1) : undefined
  const next = last === undefined ? null : capCursor.write([last.scope, last.merchantId ?? '', last.currency])
  return { budgets, cursor: next }
})
function capOf({ scope, currency, cap }: ledger.Budget): Cap {
  const [within = '', merchantId] = scope.split('@')
  return { ...(merchantId === undefined ? {} : { merchantId }), scope: within, currency, cap }
}

/** [BU6] */
function keyOf(call: Call, issuer: GroupIssuer, { scope, userId, day }: SpentQuery): BudgetKey {
  const { merchantId, timeZone } = issuer
  if (day !== undefined && !isDate(day)) return call.fail('budget.subject_invalid')
  if (scope === 'staff-day' || scope === 'member-day') {
    if (userId === undefined) return call.fail('budget.subject_invalid')
    return dayBudget(merchantId, scope, userId, day ?? dayIn(timeZone, call.now))
  }
  if (userId !== undefined) return call.fail('budget.subject_invalid')
  if (scope === 'merchant-day' || scope === 'merchant-month') {
    const whole = scope === 'merchant-day' ? merchantDay : merchantMonth
    // Noon of a date in UTC is that date.
    return day === undefined
      ? whole(issuer, call.now)
      : whole({ ...issuer, timeZone: 'UTC' }, Date.parse(`${day}T12:00:00Z`))
  }
  if (day !== undefined) return call.fail('budget.subject_invalid')
  return campaignBudget(merchantId, scope.slice('campaign/'.length))
}
function isDate(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && dayIn('UTC', at) === day
}
const spent = serveEndpoint(budgetSpent, async (call) => {
  const { query } = call
  const issuer = await issuerNamed(call, query.merchantId)
  if (isPoints(query.currency) && query.currency !== 'points') call.fail('ledger.currency_unknown')
  const currency = isPoints(query.currency) ? issuer.points : query.currency
  return ledger.budgetOf(call, { ...keyOf(call, issuer, query), currency })
})

export default defineFeature({
  name: 'budget',
  migrations: ledger.ledgerMigrations,
  audits: ledger.ledgerAudits,
  endpoints: [set, list, spent],
})
