/** Serves the host's budgets: glue between the contract and the ledger, which counts. */
import { budgetZone, dayBudget, dayIn, type BudgetKey } from '@qun/contract'
import { defineCursor, defineFeature, serveEndpoint, type Call, type Feature } from '@qun/core'
import * as ledger from '@qun/ledger'
import { budgetSpent, Cap, listBudgets, setBudget, type SpentQuery } from './contract.ts'

export interface BudgetOptions {
  /** Whose days budgets count; the plays are made with the same. */
  readonly timeZone?: string
}

const set = serveEndpoint(setBudget, async (call) => {
  await ledger.setBudget(call, call.body)
  return {}
})

const limitDefault = 100
const capCursor = defineCursor(Cap.properties.scope, Cap.properties.currency)
const list = serveEndpoint(listBudgets, async (call) => {
  const { cursor, limit = limitDefault } = call.query
  const place = capCursor.readIf(cursor)
  const after = place === undefined ? {} : { after: { scope: place[0], currency: place[1] } }
  const found = await ledger.listBudgets(call, { limit: limit + 1, ...after })
  const budgets = found.slice(0, limit)
  const last = found.length > limit ? budgets.at(-1) : undefined
  return { budgets, cursor: last === undefined ? null : capCursor.write([last.scope, last.currency]) }
})

/** [BU6] */
function keyOf(call: Call, { scope, userId, day }: SpentQuery, timeZone: string): BudgetKey {
  const isDaily = scope === 'staff-day' || scope === 'member-day'
  if (!isDaily) {
    if (userId !== undefined || day !== undefined) call.fail('budget.subject_invalid')
    return { scope, subject: '' }
  }
  if (userId === undefined || (day !== undefined && !isDate(day))) return call.fail('budget.subject_invalid')
  return dayBudget(scope, userId, day ?? dayIn(timeZone, call.now))
}
function isDate(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && dayIn('UTC', at) === day
}

export function createBudget({ timeZone = budgetZone }: BudgetOptions = {}): Feature {
  return defineFeature({
    name: 'budget',
    migrations: ledger.ledgerMigrations,
    audits: ledger.ledgerAudits,
    endpoints: [
      set,
      list,
      serveEndpoint(budgetSpent, (call) =>
        ledger.budgetOf(call, { ...keyOf(call, call.query, timeZone), currency: call.query.currency }),
      ),
    ],
  })
}

export default createBudget()
