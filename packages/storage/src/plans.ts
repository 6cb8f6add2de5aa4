/** Reads the plans PostgreSQL makes, for tests: a whole table read, a whole range sorted. Knows no table by name. */
import { Client } from 'pg'

export interface PlanNode {
  readonly 'Node Type': string
  readonly Disabled?: boolean
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Recheck Cond'?: string
  readonly 'Subplan Name'?: string
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly Plans?: readonly PlanNode[]
}

/** Statements that have no plan: of transactions, and of administration. */
const planless =
  /^\s*(?:begin|commit|rollback|savepoint|release|set|lock|analyze|vacuum|create|alter|drop|notify|listen)\b/i

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * The faults of each statement, in words; none if it finds all its rows by index and sorts only what is few. Asked of
 * small tables: scans and sorts are switched off, so a plan that still has one knows no other way, however large the
 * tables grow. Both the plan for these values and the one for any values are asked for.
 */
export async function planFaults(url: string, statements: readonly Statement[]): Promise<string[][]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(
      `BEGIN; SELECT set_config('qun.app_id', '*', false); SET enable_seqscan = off; SET enable_sort = off`,
    )
    const faults: string[][] = []
    for (const statement of statements) faults.push(await faultsOf(client, statement))
    return faults
  } finally {
    await client.end()
  }
}

async function faultsOf(client: Client, { text, values }: Statement): Promise<string[]> {
  // Several statements in one text are of administration.
  if (planless.test(text) || text.includes(';')) return []
  const faults: string[] = []
  for (const mode of ['custom', 'generic'] as const) {
    const found = disabledIn(await planOf(client, { text, values }, mode))
    if (found.length > 0) faults.push(`${found.join(', ')} (${mode} plan) in: ${text.trim().replaceAll(/\s+/g, ' ')}`)
  }
  return faults
}

/** The plan for these values, or the one for any values: that text goes without them. */
export async function planOf(
  client: Client,
  { text, values }: Statement,
  mode: 'custom' | 'generic',
): Promise<PlanNode> {
  const asked = `EXPLAIN (FORMAT JSON${mode === 'generic' ? ', GENERIC_PLAN' : ''}) ${text}`
  await client.query('SAVEPOINT plan')
  try {
    const { rows } =
      mode === 'generic'
        ? await client.query<Explained>(asked)
        : await client.query<Explained>(asked, values as unknown[])
    return (rows[0] as Explained)['QUERY PLAN'][0].Plan
  } finally {
    await client.query('ROLLBACK TO plan')
  }
}
interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }]
}

/** Nodes the planner was told not to use and used all the same, unless what they work on is bounded. */
export function disabledIn(plan: PlanNode): string[] {
  const here =
    plan.Disabled === true && !(plan['Node Type'].includes('Sort') && (plan.Plans ?? []).every(isBounded))
      ? [[plan['Node Type'], plan['Relation Name']].filter((part) => part !== undefined).join(' of ')]
      : []
  return [...here, ...(plan.Plans ?? []).flatMap(disabledIn)]
}

/** What yields as many rows as the statement says at most: a limit, a list that came along, one row. */
function isBounded(plan: PlanNode): boolean {
  const parts = (plan.Plans ?? []).filter((part) => part['Subplan Name'] === undefined)
  switch (plan['Node Type']) {
    case 'Limit':
    case 'Function Scan':
    case 'Values Scan':
    case 'Result':
    case 'Table Function Scan':
      return parts.every((part) => plan['Node Type'] === 'Limit' || isBounded(part))
    case 'Aggregate':
    case 'Append':
    case 'Merge Append':
    case 'Nested Loop':
    case 'Hash Join':
    case 'Hash':
    case 'Memoize':
    case 'Materialize':
    case 'Subquery Scan':
    case 'Unique':
    case 'Sort':
    case 'Incremental Sort':
    case 'WindowAgg':
    case 'LockRows':
    case 'ModifyTable':
    case 'ProjectSet':
      return parts.length > 0 && parts.every(isBounded)
    default:
      return false
  }
}
