/** [I14] A fault is told the same way alone and among a hundred. */
import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { faultsOf } from './faults.ts'
import { closed, nullable, Type } from './schema.ts'

const schema = closed({
  name: Type.String({ maxLength: 9 }),
  lines: Type.Array(closed({ n: Type.Integer() })),
  over: Type.Optional(nullable(closed({ at: Type.Integer() }))),
  what: Type.Optional(
    Type.Union([closed({ is: Type.Literal('a'), x: Type.Integer() }), closed({ is: Type.Literal('b') })]),
  ),
})
const validator = Compile(schema)
const told = (value: unknown) => faultsOf(validator, schema, value)
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`more${i}`, i]))

test.each([1, 7, 8, 9, 100, 5_000])('[I14] %i unknown fields are unknown fields, with pointers', (count) => {
  for (const rest of [{ name: '山茶', lines: [] }, { name: 1, lines: 2 }, {}]) {
    const { code, errors, detail } = told({ ...rest, ...many(count) })
    expect(code).toBe('request.unknown_field')
    const unknown = errors.filter((each) => each.code === 'request.unknown_field').map(({ pointer }) => pointer)
    expect(unknown).toEqual(Array.from({ length: Math.min(count, 10) }, (_, i) => `/more${i}`))
    expect(errors.length).toBeLessThanOrEqual(10)
    expect(detail).toBe('must not have additional properties')
  }
})
test('[I14] they are found in lists, in what may be null, and in the alternative that was meant', () => {
  const lines = Array.from({ length: 20 }, (_, n) => (n === 19 ? { n, odd: 1 } : { n }))
  const pointers = (value: object) => told({ name: 'x', lines: [], ...value }).errors.map(({ pointer }) => pointer)
  expect(pointers({ lines })).toEqual(['/lines/19/odd'])
  expect(pointers({ over: { at: 1, ...many(9) } })).toEqual(Array.from({ length: 9 }, (_, i) => `/over/more${i}`))
  expect(pointers({ what: { is: 'b', 'x/~': 1 } })).toContain('/what/x~1~0')
})
test('[I14] what is only wrong is told as wrong, and what is missing by its name', () => {
  const { code, errors } = told({ name: 'x'.repeat(10) })
  expect(code).toBe('request.invalid')
  expect(errors).toEqual([
    { pointer: '/lines', code: 'request.invalid' },
    { pointer: '/name', code: 'request.invalid' },
  ])
})
