/** Serves the money side: glue between the host's providers, the ledger's instructions and the reports of days. */
import type { AppId, UserId } from '@qun/contract'
import { defineFeature, serveEndpoint, type Call, type Feature, type Timer } from '@qun/core'
import {
  advance,
  compareStatement,
  findInstruction,
  ledgerAudits,
  ledgerMigrations,
  listExceptions,
  listOverdue,
  openExceptions,
  resolveException,
  takeCallback as take,
  type PaymentException,
  type PaymentProvider,
  type ProviderWord,
} from '@qun/ledger'
import {
  closeDifference,
  compareDay,
  differencesShownMax,
  instructionOf,
  openDifferences,
  reportsOf,
  takeCallback,
  type LocalDay,
  type Report,
} from './contract.ts'
import { boundsOf, dueDay, isDate, todayIn } from './rules.ts'
import { keepReport, lastCompared, listReports, migrations } from './store.ts'

export interface PaymentOptions {
  /** The ports of the host; of each app its own where several apps share a server. */
  readonly providers?: readonly PaymentProvider[] | ((appId: AppId) => readonly PaymentProvider[])
  /** Whose days are compared. */
  readonly timeZone?: string
  /** The hour of the night from which the day before is compared: 3. */
  readonly hour?: number
}
interface Terms {
  readonly providersOf: (appId: AppId) => readonly PaymentProvider[]
  readonly timeZone: string
  readonly hour: number
}
const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Whoever asked for a payment comes first; after this it is asked again for them. */
const graceMs = minuteMs

function providerOf(call: Call & { readonly params: { readonly provider: string } }, terms: Terms): PaymentProvider {
  const found = terms.providersOf(call.appId).find(({ name }) => name === call.params.provider)
  return found ?? call.fail('payment.provider_unknown')
}
/** [PM2] [PM5] Once for each: what was listed before is not told again. */
function tell(call: Call, found: readonly PaymentException[]): void {
  for (const { provider, key, what, told, ours } of found)
    call.recordForApp('payment.differed', { provider, key, what, told, ours })
}

// ── call-backs ──
/** [PM1] [PM2] */
const takeIn = (terms: Terms) =>
  serveEndpoint(takeCallback, async (call) => {
    const provider = providerOf(call, terms)
    const headers = Object.fromEntries(call.body.headers.map(({ name, value }) => [name.toLowerCase(), value]))
    const taken = await take(call, provider, { headers, body: call.body.body })
    if (taken.outcome !== 'mismatch') return { outcome: taken.outcome }
    tell(call, taken.found)
    return call.failKeeping('ledger.provider_mismatch', { detail: taken.what })
  })
const readInstruction = serveEndpoint(instructionOf, async (call) => {
  const found = await findInstruction(call, call.query.key)
  if (found === undefined) return call.fail('payment.instruction_not_found')
  const { account: _, of: __, nextAt: ___, userId, ...instruction } = found
  return { instruction: { ...instruction, userId: userId as UserId } }
})
/** [PM3] One at a time, each in a decision of its own; a silent provider is left alone until the next minute. */
const asking = (terms: Terms): Timer => ({
  name: 'payment.ask',
  everyMs: minuteMs,
  async run(call) {
    let isWanted = false
    for (const provider of terms.providersOf(call.appId)) {
      const of = { provider: provider.name, before: call.now - graceMs, limit: 1 }
      const [key] = await listOverdue(call, of)
      if (key === undefined) continue
      if ((await advance(call, provider, key)).isSilent) return
      isWanted = true
    }
    if (isWanted) call.again()
  },
})

// ── days compared ──
interface Statement {
  readonly lines: readonly ProviderWord[]
  readonly trouble: string | null
}
async function statementOf(provider: PaymentProvider, day: LocalDay, { timeZone }: Terms): Promise<Statement> {
  const { from, until } = boundsOf(day, timeZone)
  try {
    return { lines: await provider.statement(from, until), trouble: null }
  } catch (error) {
    return { lines: [], trouble: error instanceof Error ? error.message.slice(0, 200) : 'no answer' }
  }
}
/** [PM5] The report of a day that has a statement. */
async function compare(
  call: Call,
  provider: string,
  day: LocalDay,
  { lines, timeZone }: Statement & Terms,
): Promise<Report> {
  const compared = await compareStatement(call, provider, { ...boundsOf(day, timeZone), lines })
  const { differences, settled } = compared
  tell(call, await listExceptions(call, differences))
  const differenceCount = differences.length
  const shown = differences.slice(0, differencesShownMax)
  return { ...emptyReport(call, provider, day), lines: lines.length, settled, differenceCount, differences: shown }
}
const emptyReport = (call: Call, provider: string, day: LocalDay): Report => ({
  ...{ provider, day, at: call.now, lines: 0, settled: 0, differenceCount: 0, differences: [], trouble: null },
})
const compareNow = (terms: Terms) =>
  serveEndpoint(compareDay, async (call) => {
    const provider = providerOf(call, terms)
    const { day } = call.body
    if (!isDate(day) || day >= todayIn(terms.timeZone, call.now)) call.fail('payment.day_invalid')
    const statement = await statementOf(provider, day, terms)
    if (statement.trouble !== null) return call.fail('payment.provider_silent', { detail: statement.trouble })
    const report = await compare(call, provider.name, day, { ...statement, ...terms })
    await keepReport(call, report, false)
    return { report }
  })
/** [PM4] A day per run, so that each is a decision of its own; the hour's next run takes up what had no statement. */
const comparing = (terms: Terms): Timer => ({
  name: 'payment.reconcile',
  everyMs: hourMs,
  async run(call) {
    for (const provider of terms.providersOf(call.appId)) {
      const last = await lastCompared(call, provider.name)
      const day = dueDay({ ...terms, now: call.now }, last.day)
      if (day === undefined || last.triedAt >= call.periodAt) continue
      const statement = await statementOf(provider, day, terms)
      const { trouble } = statement
      const report =
        trouble === null
          ? await compare(call, provider.name, day, { ...statement, ...terms })
          : { ...emptyReport(call, provider.name, day), trouble }
      await keepReport(call, report, true)
      if (trouble === null) return call.again()
    }
  },
})
const readReports = (terms: Terms) =>
  serveEndpoint(reportsOf, async (call) => {
    const { before, limit = 30 } = call.query
    const of = { provider: providerOf(call, terms).name, before, limit: limit + 1 }
    const found = await listReports(call, of)
    return { reports: found.slice(0, limit), more: found.length > limit }
  })

export function createPayment(options: PaymentOptions = {}): Feature {
  const { providers = [], timeZone = 'Asia/Shanghai', hour = 3 } = options
  const providersOf = typeof providers === 'function' ? providers : () => providers
  const terms: Terms = { providersOf, timeZone, hour }
  return defineFeature({
    name: 'payment',
    migrations: [...ledgerMigrations, ...migrations],
    audits: ledgerAudits,
    endpoints: [
      takeIn(terms),
      readInstruction,
      compareNow(terms),
      readReports(terms),
      serveEndpoint(openDifferences, async (call) => ({
        differences: await openExceptions(call, call.query.limit ?? 50),
      })),
      serveEndpoint(closeDifference, async (call) => {
        if (!(await resolveException(call, call.body))) call.fail('payment.difference_not_found')
        return {}
      }),
    ],
    timers: [asking(terms), comparing(terms)],
  })
}

export default createPayment()
