/** [I4] Every number somebody may send has in its contract the range that what keeps it has. */
import { Type } from '@qun/contract'
import { expect, test } from 'vitest'
import { listInputs } from './fixtures.ts'

interface Shape {
  readonly type?: string
  readonly anyOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly minimum?: number
  readonly maximum?: number
  readonly patternProperties?: Readonly<Record<string, Shape>>
}
/** What is measured, not counted. */
const fractions = ['check-in.check/place/lat', 'check-in.check/place/lng']
/** Where a schema takes numbers, and has no bounds or bounds that no column has. */
function unboundedIn(shape: Shape, at: string): string[] {
  const inner = [
    ...Object.entries({ ...shape.properties, ...shape.patternProperties }).map(
      ([name, each]) => [each, `${at}/${name}`] as const,
    ),
    ...(shape.items === undefined ? [] : [[shape.items, `${at}/*`] as const]),
    ...(shape.anyOf ?? []).map((each) => [each, at] as const),
  ]
  const below = inner.flatMap(([each, path]) => unboundedIn(each, path))
  if (shape.type === 'number' && !fractions.includes(at)) return [...below, `${at} is no integer`]
  if (shape.type !== 'integer' && shape.type !== 'number') return below
  const { minimum, maximum } = shape
  return Number.isSafeInteger(minimum) && Number.isSafeInteger(maximum) ? below : [...below, at]
}
test('[I4] every number of a path, a query, a body, an action and a frame has a range', () => {
  expect(listInputs().flatMap(([name, schema]) => unboundedIn(schema, name))).toEqual([])
})
test('[I4] a number without a range is found, wherever it is', () => {
  const schema = Type.Object({
    list: Type.Array(Type.Union([Type.Object({ deep: Type.Integer({ minimum: 0 }) }), Type.Null()])),
    price: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    far: Type.Integer({ minimum: 0, maximum: 1e19 }),
    fine: Type.Integer({ minimum: 0, maximum: 9 }),
  })
  expect(unboundedIn(schema, '')).toEqual(['/list/*/deep', '/price is no integer', '/far'])
})
