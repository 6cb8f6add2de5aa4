/** What a look for work costs where much waits: every row it sees is found along an index, and it sees few. */
import type { Tx } from '@qun/storage'
import { startWorld } from '@qun/testing'
import { sql, type RawBuilder } from 'kysely'
import { expect, test } from 'vitest'
import { createLab } from '../fixtures.ts'
import { lookForGroups } from './folds.ts'
import { lookForJobs } from './jobs.ts'
import { leaseHead, lookForHeads, lookForOrphans } from './reaction-queue.ts'
import { headsMax, queuesMax } from './reactions.ts'
import { batchMax, deleteKeys, deleteOrphans } from './sweep.ts'
import { lookForTimers } from './timers.ts'
import { never } from './tries.ts'
import { alongIndexes } from './walk.ts'

interface Step {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Disabled?: boolean
  readonly Plans?: readonly Step[]
}
const stepsOf = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)]

/** How a statement runs where no table may be read from end to end: what is read so all the same, and rows seen. */
async function explain(tx: Tx, statement: RawBuilder<unknown>): Promise<{ disabled: string[]; seen: number }> {
  const { rows } = await sql<{
    'QUERY PLAN': { Plan: Step }[] | string
  }>`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`.execute(tx)
  const answer = rows[0]!['QUERY PLAN']
  const plan = typeof answer === 'string' ? (JSON.parse(answer) as { Plan: Step }[]) : answer
  const steps = stepsOf(plan[0]!.Plan)
  const scans = steps.filter((step) => step['Relation Name'] !== undefined && step['Node Type'].includes('Scan'))
  return {
    disabled: steps.filter((step) => step.Disabled === true).map((step) => step['Node Type']),
    seen: scans.reduce(
      (sum, step) => sum + step['Actual Loops'] * (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)),
      0,
    ),
  }
}

const many = 5_000
/** Two steps for each of a batch that is deleted: no look sees more. */
const seenMax = 2 * batchMax
/** Streams, jobs, timers, groups and keys by the thousand: due, held, set aside, and of names that nobody knows. */
async function fill(tx: Tx, now: number): Promise<void> {
  const state = sql`CASE n % 4 WHEN 0 THEN ${now + 60_000}::bigint WHEN 1 THEN ${sql.lit(never)} ELSE 0 END`
  const name = sql`CASE WHEN n % 5 = 0 THEN 'known' ELSE 'unknown' END`
  const series = sql`generate_series(1, ${many}) AS n`
  for (const statement of [
    sql`INSERT INTO reaction_queue (app_id, group_id, reaction, fact_seq, lease_until)
      SELECT 'shop', 'flood' || n, ${name}, k, ${state} FROM ${series}, generate_series(1, 6) AS k`,
    sql`INSERT INTO jobs (app_id, group_id, seq, job, kind, input, run_at)
      SELECT 'shop', 'flood' || n, n, 'due', ${name}, '{}', ${state} FROM ${series}`,
    sql`INSERT INTO timers (app_id, timer, next_at) SELECT 'app' || n, ${name}, ${state} FROM ${series}`,
    sql`INSERT INTO groups (app_id, group_id, name, owner_id, settings, last_at, created_at, version, last_seq)
      SELECT 'shop', 'flood' || n, '', '', '{}', 0, 0, n, n FROM ${series}`,
    sql`INSERT INTO folds (app_id, group_id, fold, version, seq)
      SELECT 'shop', 'flood' || n, 'known', n, n FROM ${series}`,
    sql`INSERT INTO idempotency (app_id, caller, key, fingerprint, at) SELECT 'shop', 'li', n, 0, n FROM ${series}`,
  ])
    await statement.execute(tx)
}
const head = { app_id: 'shop', reaction: 'known', group_id: 'flood5' }
const looks = (now: number, apps: readonly string[] | undefined): Record<string, RawBuilder<unknown>> => ({
  reactions: lookForHeads({
    after: { app_id: '', reaction: '' },
    marks: [{ app_id: 'shop', reaction: 'known', group_id: 'flood50' }],
    known: ['known'],
    apps,
    queuesMax,
    headsMax,
  }),
  jobs: lookForJobs({ after: { app_id: '', kind: '', job: '' }, known: ['known/due'], apps, now }),
  timers: lookForTimers({ known: ['known'], apps, now }),
  groups: lookForGroups({ after: { app_id: '' as never, group_id: '' }, known: ['known'], apps }),
  orphans: lookForOrphans({ app_id: '', reaction: '' }, apps),
  lease: leaseHead(head, 1, { lease: 'mine', now, leaseMs: 1 }),
  'old keys': deleteKeys(now),
  'orphaned facts': deleteOrphans(head),
})

test.each([
  ['of all apps', undefined],
  ['of some apps', ['shop', 'rival']],
])('[WORK5] a look %s goes along indexes and sees few rows, whatever waits or was set aside', async (_, apps) => {
  await using world = await startWorld({ features: createLab().features, watching: [] })
  const now = world.time.now()
  const found: Record<string, { disabled: string[]; seen: number }> = {}
  const planted: { disabled: string[]; seen: number }[] = []
  await world.store
    .transaction('*', async (tx) => {
      await fill(tx, now)
      await alongIndexes.execute(tx)
      for (const [name, statement] of Object.entries(looks(now, apps))) found[name] = await explain(tx, statement)
      planted.push(
        await explain(tx, sql`SELECT FROM jobs WHERE input::text = '' LIMIT 1`),
        await explain(tx, sql`SELECT FROM jobs WHERE run_at > 0 AND input::text = '' ORDER BY run_at LIMIT 1`),
      )
      throw new Error('taken back')
    })
    .catch((error: unknown) => expect((error as Error).message).toBe('taken back'))
  for (const [name, { disabled, seen }] of Object.entries(found)) {
    expect(disabled, name).toEqual([])
    expect(seen, name).toBeLessThanOrEqual(seenMax)
  }
  expect(Object.keys(found)).toHaveLength(8)
  // What the two checks are for is seen by them.
  expect(planted[0]?.disabled).not.toEqual([])
  expect(planted[1]?.seen).toBeGreaterThan(seenMax)
})
