/** Properties of lines: what fits, what is shown, pasted and exported. */
import type { UserId } from '@qun/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Field } from './contract.ts'
import {
  chosenAfter,
  csvCell,
  csvOf,
  draftsOf,
  fieldsFit,
  isOverfull,
  maskPhone,
  parsePasted,
  pastedValues,
  publicValues,
  sumOf,
  textOf,
  valueFaults,
} from './rules.ts'

const fields: Field[] = [
  { name: '姓名', kind: 'text', required: true },
  { name: '几份', kind: 'number', required: true, min: 1, max: 9, step: 2 },
  { name: '口味', kind: 'select', required: false, options: [{ name: '原味', capacity: 2 }, { name: '核桃' }] },
  { name: '电话', kind: 'phone', required: false },
]
test('[RL6] values fit their fields', () => {
  expect(valueFaults(fields, ['小林', 3, 0, '138 0013 8000'])).toEqual([])
  expect(valueFaults(fields, ['小林', 2, null, null])).toEqual([1])
  expect(valueFaults(fields, [' ', 11, 2, 'abc'])).toEqual([0, 1, 2, 3])
  expect(valueFaults(fields, ['小林'])).toEqual([0, 1, 2, 3])
  expect(valueFaults(fields, [null, '3', 'a', 3])).toEqual([0, 1, 2, 3])
})
test('[RL6] a telephone number is masked, whatever it looks like', () => {
  expect(maskPhone('13800138000')).toBe('138****8000')
  fc.assert(fc.property(fc.stringMatching(/^\+?\d[\d -]{4,18}\d$/), (phone) => !maskPhone(phone).includes(phone)))
  expect(publicValues({ fields, anonymousAmounts: true }, ['小林', 3, 0, '13800138000'])).toEqual([
    '小林',
    null,
    0,
    '138****8000',
  ])
})
test('[RL4] options are counted as their lines choose them, and overfull ones are seen', () => {
  const line = fc.tuple(fc.constant('x'), fc.constant(1), fc.constantFrom(0, 1, null), fc.constant(null))
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      let chosen: number[][] = []
      for (const values of lines) chosen = chosenAfter(fields, chosen, undefined, values)
      for (const values of lines.slice(1)) chosen = chosenAfter(fields, chosen, values, lines[0])
      const first = lines[0]?.[2]
      const expected = [0, 1].map((option) => (first === option ? lines.length : 0))
      if (lines.length > 0) expect(chosen[2]).toEqual(expected)
      expect(isOverfull(fields, chosen)).toBe((chosen[2]?.[0] ?? 0) > 2)
    }),
  )
})
test('[RL7] a pasted line of many blanks or digits is read at once', () => {
  const blanks = ' '.repeat(20_000)
  expect(parsePasted(`1.${blanks}小林${blanks}x${blanks}2${blanks}`).lines).toEqual([{ name: '小林', quantity: 2 }])
  for (const bad of [`1. 小林${'x '.repeat(10_000)}三`, `1. 小林 ${'1'.repeat(20_000)}份`, '1'.repeat(20_000)])
    expect(parsePasted(bad)).toEqual({ lines: [], bad: [1] })
})
test('[RL7] a pasted list is read line by line; what is none is told', () => {
  const pasted = parsePasted('周六面包接龙\n1. 小林 x2\n2、老周 3\n\n3. 阿青\n4.王 大 x1\n没有编号\n5. ')
  expect(pasted.lines).toEqual([
    { name: '小林', quantity: 2 },
    { name: '老周', quantity: 3 },
    { name: '阿青', quantity: 1 },
    { name: '王 大', quantity: 1 },
  ])
  expect(pasted.bad).toEqual([1, 7, 8])
  expect(pastedValues(fields, { name: '小林', quantity: 2 })).toEqual(['小林', 2, null, null])
})
test('[RL9] no cell is a formula, and every cell reads back', () => {
  for (const evil of ['=HYPERLINK("x")', "+cmd|' /C calc'!A0", '-2+3', '@SUM(1)', '\t=1', '\r=1', '＝1', ' =1'])
    expect(csvCell(evil).slice(0, 2)).toBe(`"'`)
  expect(csvCell('say "hi", 小林')).toBe('"say ""hi"", 小林"')
  const line = { no: 1, name: '小林', values: ['=1', 3, 1, null], withdrawn: false }
  expect(csvOf(fields, [line])).toContain(`"1","小林","'=1","3","核桃","",""`)
  expect(textOf('面包', fields, [line, { ...line, no: 2, withdrawn: true }])).toBe('面包\n1. 小林 x3\n2. –')
})
test('[RL6] fields that make no sense are refused', () => {
  expect(fieldsFit(fields)).toBe(true)
  expect(fieldsFit([...fields, fields[0]!])).toBe(false)
  expect(fieldsFit([{ name: 'x', kind: 'select', required: true }])).toBe(false)
  expect(fieldsFit([{ name: 'x', kind: 'number', required: true, min: 5, max: 1 }])).toBe(false)
  expect(fieldsFit([{ name: 'x', kind: 'text', required: true, options: [{ name: 'a' }] }])).toBe(false)
})
test('[RL10] a sum is that of the drafts, one of each line that stands; without a price there is no amount', () => {
  const line = fc.record({ quantity: fc.integer({ min: 0, max: 1_000_000 }), withdrawn: fc.boolean() })
  fc.assert(
    fc.property(fc.array(line), fc.option(fc.nat(100_000_00), { nil: undefined }), (made, price) => {
      const lines = made.map(({ quantity, withdrawn }, at) => ({
        ...{ no: at + 1, userId: 'li' as UserId, name: '小李', withdrawn },
        values: ['小李', quantity, null, null],
      }))
      const body = { fields, ...(price !== undefined && { unitPriceFen: price }) }
      const standing = made.filter(({ withdrawn }) => !withdrawn)
      const quantity = standing.reduce((sum, one) => sum + one.quantity, 0)
      const amountFen = price === undefined || standing.length === 0 ? null : quantity * price
      const drafts = draftsOf(body, lines)
      expect(sumOf(body, drafts)).toEqual({ lineCount: standing.length, quantity, amountFen })
      expect(drafts.every(({ no }) => lines[no - 1]?.withdrawn === false)).toBe(true)
    }),
  )
})
