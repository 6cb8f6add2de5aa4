/** docs/bad-input.md and the product, held together: each row is tested, and each code is what the contracts say. */
import { coreRefusals, type RefusalKinds } from '@qun/contract'
import { cards, endpoints } from '@qun/chat/contract'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isTest, readTree } from './tidy/tree.ts'

const root = join(import.meta.dirname, '..')
interface Row {
  readonly id: string
  readonly status: string
  readonly code: string
}
/** The rows of all tables; a code stands in backticks, a dash says that nothing is refused. */
function rowsOf(page: string): Row[] {
  const row = /^\| ([A-Z]+-?\d+) \|.*\| (\d{3}|–) \| (`[a-z_.]+`|–) \|$/gm
  return [...page.matchAll(row)].map(([, id = '', status = '', code = '']) => ({
    id,
    status,
    code: code.replaceAll('`', ''),
  }))
}
function statusOf(): ReadonlyMap<string, number> {
  const kinds: (RefusalKinds | undefined)[] = [
    coreRefusals,
    ...[...cards, ...endpoints].map(({ refusals }) => refusals),
  ]
  return new Map(
    kinds.flatMap((each) => Object.entries(each ?? {}).map(([code, { status }]) => [code, status] as const)),
  )
}
/** What is wrong with rows, given the texts of all tests. */
function faultsOf(rows: readonly Row[], tests: string): string[] {
  const known = statusOf()
  return rows.flatMap(({ id, status, code }) => [
    ...(new RegExp(`\\b${id}\\b`).test(tests) ? [] : [`${id} has no test titled by it`]),
    ...(code === '–' || known.has(code) ? [] : [`${id}: no contract has ${code}`]),
    ...((code === '–' ? status === '–' : String(known.get(code)) === status)
      ? []
      : [`${id}: ${code} is ${known.get(code)}`]),
  ])
}

const page = readFileSync(join(root, 'docs/bad-input.md'), 'utf8')
const tests = readTree(root)
  .files.filter(({ path }) => isTest(path) && !path.startsWith('tools/'))
  .map(({ text }) => text)
  .join('\n')

test('each row of the page has a test titled by its id, and a code the contracts have with that status', () => {
  const rows = rowsOf(page)
  expect(faultsOf(rows, tests)).toEqual([])
  // Every line of a table is a row that was read.
  expect(rows).toHaveLength(page.split('\n').filter((line) => /^\| (?!id |--)/.test(line)).length)
})
test('a row without a test, of an unknown code, and of another status is found', () => {
  const planted = [
    '| I4 | x | 400 | `cursor.invalid` |',
    '| ZZ-9 | x | 400 | `no.code` |',
    '| I4 | x | 500 | `cursor.invalid` |',
  ]
  expect(faultsOf(rowsOf(planted.join('\n')), tests)).toEqual([
    'ZZ-9 has no test titled by it',
    'ZZ-9: no contract has no.code',
    'ZZ-9: no.code is undefined',
    'I4: cursor.invalid is 400',
  ])
})
