/** Names of statements stay within their bound. */
import { expect, test } from 'vitest'
import { createStatementNames } from './statement-names.ts'

test('a text is named from its second use on, always the same, and another after a change of tables', () => {
  const names = createStatementNames()
  expect(names.nameOf('select 1')).toBe(undefined)
  const name = names.nameOf('select 1')
  expect(name).toBeDefined()
  expect(names.nameOf('select 1')).toBe(name)
  names.renew()
  names.nameOf('select 1')
  expect(names.nameOf('select 1')).not.toBe(name)
})

test('at most 200 texts are named, none of them twice the same, and no long one', () => {
  const names = createStatementNames()
  const use = (text: string) => names.nameOf(text) ?? names.nameOf(text)
  const given = Array.from({ length: 1_000 }, (_, index) => use(`select ${index}`)).filter((name) => name !== undefined)
  expect(given).toHaveLength(200)
  expect(new Set(given).size).toBe(200)
  expect(use(`select '${'x'.repeat(10_000)}'`)).toBe(undefined)
})
