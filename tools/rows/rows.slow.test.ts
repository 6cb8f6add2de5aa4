/**
 * What the statements of all worlds cost in a shop of promised size: five million messages, a group of twenty thousand,
 * a person in five hundred groups, a hundred thousand groups. The table of it: `npm run rows`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isWhole } from '@qun/testing/share'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { promised, type Sizes } from './big-tables.ts'
import { type ManyRows, openManyRows } from './many-rows.ts'
import type { Measured } from './measure.ts'
import { type Timed, timePaths } from './paths.ts'
import { rowExceptions } from './row-exceptions.ts'

const buildMs = 600_000
/** Only where all runs are whole: making five million rows takes longer than a share of the gate may. */
const isPromised = isWhole(7) && isWhole(8)
/** Whose statements are asked: everybody's where all is whole, else those of what every connection reads. */
const asked = isPromised ? ['features', 'packages'] : ['packages/core/src/read', 'packages/core/src/sync/sync.test.ts']
/** Other runs are of a shop small enough to be made in a moment: they show that rows and table can be made. */
const small: Sizes = { messages: 100_000, members: 20_000, groupsOfOne: 100, groups: 2_000 }
const sizes = isPromised ? promised : small
/** What a person in five hundred groups waits for, and what each of the others asks of the database; milliseconds. */
const goals: Readonly<Record<string, { readonly [K in 'ms' | 'databaseMs' | 'statements']?: number }>> = {
  list: { ms: 200 },
  connect: { ms: 300, statements: 4 },
  resume: { ms: 300, statements: 4 },
  'resume, nothing new': { ms: 300, statements: 4 },
  snapshot: { databaseMs: 30 },
  changes: { databaseMs: 30 },
  'changes from the beginning': { databaseMs: 30 },
  history: { databaseMs: 30 },
  roster: { databaseMs: 30 },
  'read, who speaks seldom': { databaseMs: 30 },
  'read, who speaks all the time': { databaseMs: 30 },
  'read, who never spoke': { databaseMs: 30 },
}
/** Fewer mean that the worlds were not heard. */
const statementsMin = isPromised ? 300 : 40
const root = join(import.meta.dirname, '../..')

describe('statements on many rows', () => {
  let folder: string
  let rows: ManyRows
  let measured: Measured[]
  let timed: Timed[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qun-rows-'))
    const statements = join(folder, 'statements')
    // Whether those tests pass is their own business: what they sent counts.
    await promisify(execFile)(process.execPath, ['tools/rows/collect.ts', statements, ...asked], {
      cwd: root,
      maxBuffer: 2 ** 26,
    }).catch(() => undefined)
    rows = await openManyRows(join(folder, 'data'), sizes, () => undefined)
    timed = await timePaths(rows.url, sizes)
    measured = await rows.measureAll(statements)
  }, 2 * buildMs)
  afterAll(async () => {
    await rows[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('the worlds were heard', () => {
    expect(measured.length).toBeGreaterThan(statementsMin)
  })
  test('none reads a whole table, sorts a whole group or meets thousands of rows', () => {
    // What is small may be read whole: then only how often it is met says anything.
    if (!isPromised) return expect(measured.every(({ text }) => text !== '')).toBe(true)
    const faulty = measured.filter(({ text }) => rowExceptions.every(({ part }) => !text.includes(part)))
    expect(faulty.flatMap(({ text, faults }) => faults.map((fault) => `${fault}: ${text}`))).toEqual([])
  })
  test('what people wait for takes what is promised, and the same few statements', () => {
    const late = timed.flatMap((one) =>
      Object.entries(goals[one.path] ?? {}).flatMap(([what, most]) =>
        one[what as keyof (typeof goals)[string]] > most ? [`${one.path}: ${what} ${one[what as 'ms']} > ${most}`] : [],
      ),
    )
    expect(late).toEqual([])
    expect(timed.map(({ path }) => path)).toEqual(Object.keys(goals))
  })
  test('a bad statement is found', async () => {
    const [found] = await rows.measure([
      {
        text: `SELECT user_id FROM members WHERE app_id = $1 AND group_id = $2 ORDER BY nickname LIMIT 9`,
        values: ['shop', 'grp_giant000'],
      },
    ])
    // A small shop's table is read whole besides.
    const wanted = [expect.stringContaining('sorts'), expect.stringContaining('meets')]
    expect(found?.faults).toEqual(expect.arrayContaining(wanted))
  })
})
