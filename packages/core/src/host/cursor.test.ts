/** Where a list goes on is what the server wrote, or nothing. */
import { int32Max, MillisSchema, Type, UserIdSchema, type UserId } from '@qun/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineCursor } from './cursor.ts'

const cursor = defineCursor(
  Type.Integer({ minimum: 1, maximum: int32Max }),
  MillisSchema,
  UserIdSchema,
  Type.String({ maxLength: 8 }),
)
const codeOf = (text: string): string => {
  try {
    cursor.read(text)
    return 'taken'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}
const textOf = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

test('[I4] a cursor is read as it was written', () => {
  const place = [3, 1_767_225_600_000, '李小姐' as UserId, '👍'] as const
  expect(cursor.read(cursor.write(place))).toEqual(place)
  expect(cursor.readIf(undefined)).toBeUndefined()
})
test.each([
  ['nothing', ''],
  ['no base64', '%%%'],
  ['no JSON', textOf('[1,2')],
  ['not a list', textOf({ length: 4 })],
  ['too short', textOf([1, 0, 'li'])],
  ['too long', textOf([1, 0, 'li', '', 1])],
  ['a number above its column', textOf([2_147_483_648, 0, 'li', ''])],
  ['a number below its column', textOf([0, 0, 'li', ''])],
  ['a number above all columns', textOf('[1,1e19,"li",""]')],
  ['half a number', textOf([1, 0.5, 'li', ''])],
  ['a number as text', textOf(['1', 0, 'li', ''])],
  ['a number spelt otherwise', textOf('[1.0,0,"li",""]')],
  ['nothing for a number', textOf([null, 0, 'li', ''])],
  ['NUL', textOf([1, 0, 'li', '\0'])],
  ['half a character', textOf('[1,0,"li","\\ud800"]')],
  ['no user id', textOf([1, 0, 'l\u200Bi', ''])],
  ['a text that is too long', textOf([1, 0, 'li', 'x'.repeat(9)])],
  ['blanks', textOf('[1, 0, "li", ""]')],
  ['padding', `${textOf([1, 0, 'li', ''])}==`],
  ['more behind it', `${textOf([1, 0, 'li', ''])}!`],
])('[I4] a cursor with %s is refused', (_what, text) => {
  expect(codeOf(text)).toBe('cursor.invalid')
})
test('[I4] whatever is taken was written here', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.jsonValue().map(textOf), fc.base64String()), (text) => {
      const code = codeOf(text)
      if (code === 'taken') expect(cursor.write(cursor.read(text))).toBe(text)
      else expect(code).toBe('cursor.invalid')
    }),
  )
})
