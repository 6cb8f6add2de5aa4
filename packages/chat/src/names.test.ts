/** [I12] One rule for every text a person reads as a name or a title, whoever gives it. */
import { emptyOrNamePattern, isNameText, namePattern, Type, userIdPattern } from '@qun/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listInputs } from './fixtures.ts'

interface Shape {
  readonly type?: string
  readonly pattern?: string
  readonly anyOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}
/** What a field is called that is read as a name or a title. */
const nameLike =
  /\/(name|title|label|nickname|post|shopName|organiser|greeting|question|option|options|stackGroup|zh-CN|en)(\/\*)?$/
/** Those that follow another rule, and which. */
const others: Readonly<Record<string, string>> = {
  'groups.create body/name': 'the group’s own rule, which answers group.name_invalid',
  'groups.createForHost body/name': 'the same',
  'groups.createForMerchant body/name': 'the same',
  'groups.change body/name': 'the same',
  'members.setNickname body/nickname': 'the nickname’s own rule, which knows whom it looks like',
  'orders.report body/items/*/title': 'kept as one plain line of 80 characters, however it comes',
  'products.put body/title': 'the same',
  'products.putMany body/products/*/title': 'the same',
  'product body/items/*/title': 'as the catalogue has it',
  'coupon body/merchant/name': 'as the host named it',
  'flash-sale body/title': 'as the catalogue has it',
  'flash-sale body/merchant/name': 'the same',
  'group-buy body/title': 'the same',
  'group-buy body/merchant/name': 'the same',
  'system body/text/zh-CN': 'a line, not a name',
  'system body/text/en': 'the same',
  'payments.takeCallback body/headers/*/name': 'of a header; nobody reads it',
}
/** What the server writes itself repeats names that are there. */
const isRepeated = (at: string) => /^(system|member-level) body\//.test(at) && at.endsWith('/name')

function unruledIn(shape: Shape, at: string): string[] {
  const below = [
    ...Object.entries(shape.properties ?? {}).flatMap(([name, each]) => unruledIn(each, `${at}/${name}`)),
    ...(shape.items === undefined ? [] : unruledIn(shape.items, `${at}/*`)),
    ...(shape.anyOf ?? []).flatMap((each) => unruledIn(each, at)),
  ]
  const isRuled = shape.pattern !== undefined
  return shape.type === 'string' && !isRuled && nameLike.test(at) ? [...below, at] : below
}

test('[I12] every name and every title of a request is held to the rule', () => {
  const unruled = new Set(listInputs().flatMap(([name, schema]) => unruledIn(schema, name)))
  expect([...unruled].filter((at) => !(at in others) && !isRepeated(at))).toEqual([])
  // What is on the list and gone is taken off it.
  expect(Object.keys(others).filter((at) => !unruled.has(at))).toEqual([])
})
test('[I12] a title without the rule is found', () => {
  const schema = Type.Object({ list: Type.Array(Type.Object({ title: Type.String({ maxLength: 9 }) })) })
  expect(unruledIn(schema, 'x')).toEqual(['x/list/*/title'])
})

describe('the rule', () => {
  test.each([
    ...['王店长', 'Li', 'ÀÉÎ', '山茶咖啡·老友群', '9折', '!', '👍', '👩‍🚀', '👨‍👩‍👧', '❤️‍🔥', '👩🏽‍🚀', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ...['مرحبا', 'می‌خواهم', 'क्‍ष', 'שלום', ' 前后 ', 'a\u00A0b', 'e\u0301'],
  ])('[I12] %j is a name', (text) => expect(isNameText(text)).toBe(true))
  test.each([
    ...['', ' ', '\u3000', '\u2028', 'a\nb', 'a\rb', 'a\tb', 'a\0b', 'a\u0085b', 'a\u2028b', 'a\u2029b'],
    ...[
      '\u202Egpj.exe',
      'a\u202Ab',
      'a\u202Bb',
      'a\u202Cb',
      'a\u202Db',
      'a\u2066b',
      'a\u2067b',
      'a\u2068b',
      'a\u2069b',
    ],
    ...[
      '\u3164',
      '王\u3164店长',
      '\u2800',
      'a\u2800b',
      '\u115F',
      '\u1160',
      '\uFFA0',
      '\u200B',
      '王\u200B店长',
      '\u200D',
    ],
    ...[
      '王\u200D店',
      'a\u200Cb',
      '\u2060',
      'a\u2060b',
      '\uFEFFa',
      'a\u00ADb',
      'a\u200Eb',
      'a\u200Fb',
      '\u180E',
      '\uFE0F',
    ],
    ...['\u{E0061}', 'a\u{E0061}b', '\u0301', 'a\u0301\u0301\u0301\u0301', '👍\u200D', '\uFFF9a', '\u206Fa'],
  ])('[I12] %j is none', (text) => expect(isNameText(text)).toBe(false))
  test('[I12] one that may be empty is empty or a name', () => {
    const pattern = new RegExp(emptyOrNamePattern, 'u')
    expect(['', '王', ' ', '\u3164'].map((text) => pattern.test(text))).toEqual([true, true, false, false])
  })
  test('[I12] a user id has letters one can see', () => {
    const pattern = new RegExp(userIdPattern, 'u')
    for (const id of ['li', '李', 'user-1@shop.example', '사람']) expect(pattern.test(id)).toBe(true)
    for (const id of ['\u3164', 'li\u3164', '\u115F', '\uFFA0', '\u200B', 'li\u202E', ''])
      expect(pattern.test(id)).toBe(false)
  })
  test('[I12] it is quick about a long text', () => {
    const ids = new RegExp(userIdPattern, 'u')
    const pattern = new RegExp(namePattern, 'u')
    for (const unit of ['a', '李', '1', '👩\u200D', 'a\u0301', '\u3164', ' ', '🏴\u{E0061}']) {
      const began = performance.now()
      pattern.test(unit.repeat(20_000))
      ids.test(unit.repeat(20_000))
      expect(performance.now() - began, unit).toBeLessThan(2_000)
    }
  })
  test('[I12] what is a name is one beside another name', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 })
    fc.assert(fc.property(text, (one) => !isNameText(one) || isNameText(`${one}王`)))
  })
})
