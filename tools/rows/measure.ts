/**
 * Asks a database of many rows for the plan of each statement that worlds sent, with values of its giant group, and
 * counts what a reading touches. Rows are counted, not milliseconds, so a busy machine finds the same.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planOf, type PlanNode, type Statement } from '@qun/storage/testing'
import type { Client } from 'pg'
import { big } from './big-tables.ts'

export interface Measured {
  readonly text: string
  /** Rows met by scans, kept or not; undefined of what writes or locks: that is planned alone. */
  readonly rows: number | undefined
  readonly ms: number | undefined
  /** The planner's own estimate for any values. */
  readonly genericRows: number
  readonly plan: string
  readonly faults: readonly string[]
}
/** A statement that meets more rows grows with something it should not grow with. */
export const rowsMax = 5_000
/** A table of fewer rows may be read as a whole. */
const smallTable = 1_000

/**
 * Tables that features of tests have, what tests send to be found (the breach of the double calls too), and texts that
 * have no plan or several statements.
 */
const unmeasured =
  /\blab_|\/\* planted \*\/|^select "seq" from "messages" where|^\s*(?:begin|commit|rollback|savepoint|release|set|analyze)\b|;/i

/** Statements kept by collect.ts, with the groups of their small worlds renamed to the giant one. */
export async function readStatements(folder: string): Promise<Statement[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
  const statements = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8')
      return JSON.parse(text.replaceAll(/grp_0{8,}[0-9a-f]+/g, big.groupId)) as Statement
    }),
  )
  return statements.filter(({ text }) => !unmeasured.test(text))
}

export async function measure(client: Client, statement: Statement): Promise<Measured> {
  const text = statement.text.trim().replaceAll(/\s+/g, ' ')
  const custom = await planOf(client, statement, 'custom')
  const generic = await planOf(client, statement, 'generic')
  const isReading =
    /^(?:select|with)\b/i.test(text) &&
    !/\b(?:for update|for share|insert into|update|delete from|nextval|set_config)\b/i.test(text)
  const faults = [...new Set([custom, generic].flatMap((plan) => largeIn(plan)))]
  if (!isReading)
    return {
      text,
      rows: undefined,
      ms: undefined,
      genericRows: metIn(generic, 'Plan Rows'),
      plan: shape(custom),
      faults,
    }
  const { plan, ms } = await analyze(client, statement)
  const rows = metIn(plan, 'Actual Rows')
  if (rows > rowsMax) faults.push(`meets ${Math.round(rows)} rows`)
  return { text, rows, ms, genericRows: metIn(generic, 'Plan Rows'), plan: shape(plan), faults }
}

async function analyze(client: Client, { text, values }: Statement): Promise<{ plan: PlanNode; ms: number }> {
  await client.query('SAVEPOINT plan')
  try {
    const asked = `EXPLAIN (ANALYZE, BUFFERS off, TIMING off, FORMAT JSON) ${text}`
    let best: { plan: PlanNode; ms: number } | undefined
    // The first try finds its pages on the disk, and another program may take the processor from any.
    for (let tries = 1; tries <= 3; tries++) {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode; 'Execution Time': number }] }>(
        asked,
        values as unknown[],
      )
      const [{ Plan: plan, 'Execution Time': ms }] = (rows[0] as (typeof rows)[number])['QUERY PLAN']
      if (best === undefined || ms < best.ms) best = { plan, ms }
    }
    return best as { plan: PlanNode; ms: number }
  } finally {
    await client.query('ROLLBACK TO plan')
  }
}

type Counted = PlanNode & { readonly [key: string]: unknown }
const numberOf = (plan: PlanNode, key: string) => Number((plan as Counted)[key] ?? 0)

/** Rows that scans hand on or throw away, over all their loops. */
function metIn(plan: PlanNode, counted: 'Actual Rows' | 'Plan Rows'): number {
  const below = (plan.Plans ?? []).map((part) => metIn(part, counted)).reduce((sum, n) => sum + n, 0)
  if (plan['Relation Name'] === undefined || !plan['Node Type'].includes('Scan')) return below
  const loops = counted === 'Actual Rows' ? numberOf(plan, 'Actual Loops') : 1
  const lost = numberOf(plan, 'Rows Removed by Filter') + numberOf(plan, 'Rows Removed by Index Recheck')
  return below + loops * (numberOf(plan, counted) + lost)
}
/** Whole tables read, whole ranges sorted. */
function largeIn(plan: PlanNode): string[] {
  const below = (plan.Plans ?? []).flatMap(largeIn)
  const rows = numberOf(plan, 'Plan Rows')
  if (plan['Node Type'] === 'Seq Scan' && numberOf(plan, 'Total Cost') > smallTable / 10)
    return [`reads all of ${plan['Relation Name'] ?? ''}`, ...below]
  if (plan['Node Type'] === 'Sort' && numberOf(plan.Plans?.[0] as PlanNode, 'Plan Rows') > rowsMax)
    return [`sorts ${rows} rows`, ...below]
  return below
}
function shape(plan: PlanNode): string {
  const own = [plan['Node Type'].replace('Index Only Scan', 'Index Scan'), plan['Relation Name']]
    .filter((part) => part !== undefined)
    .join(' ')
  const scans = (plan.Plans ?? []).map(shape)
  return plan['Relation Name'] === undefined
    ? scans.filter((part) => part !== '').join(' · ')
    : [own, ...scans].join(' · ')
}
