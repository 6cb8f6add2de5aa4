/** Amounts as people type them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fenOf, spanMs, wholeOf } from './form-parts.tsx'

describe('money as typed', () => {
  test('yuan become fen without fractions', () => {
    expect(['59', '0.1', '12.05', '0'].map(fenOf)).toEqual([5_900, 10, 1_205, 0])
  })
  test('what is no amount is refused', () => {
    expect(['', '1.234', '-1', '1e3', '１２', 'abc', '.5'].map(fenOf)).toEqual(
      Array.from({ length: 7 }, () => undefined),
    )
  })
  test('every amount in fen survives being typed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (fen) => {
        expect(fenOf(`${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`)).toBe(fen)
      }),
    )
  })
})

test('counts and spans are whole numbers from 1 to their most', () => {
  expect(['1', ' 99 ', '100', '0', '1.5', '', '-1', '1e2'].map((typed) => wholeOf(typed, 99))).toEqual([
    1,
    99,
    ...Array.from({ length: 6 }, () => undefined),
  ])
  expect(spanMs({ amount: '2', unit: 'hours' })).toBe(7_200_000)
  expect(spanMs({ amount: '1000', unit: 'days' })).toBeUndefined()
})
