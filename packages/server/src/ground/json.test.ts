/** Reading JSON from strangers: nothing that passes can surprise what comes after. */
import { Refusal } from '@qun/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkTexts, depthOf, hasDuplicateKeys, isStorable, jsonDepthMax, readJson } from './json.ts'

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

test('whatever passes equals what JSON.parse reads, and every other text is refused by a code', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.json({ stringUnit: 'binary' })), (text) => {
      const code = codeOf(() => {
        const value = readJson(text)
        checkTexts(value)
        expect(value).toEqual(JSON.parse(text))
      })
      if (code !== undefined)
        expect(code).toMatch(/^request\.(malformed|too_deep|encoding|unknown_field|duplicate_key)$/)
    }),
  )
})

test('no string that passes is unstorable, wherever it stands', () => {
  const bad = fc.constantFrom(
    '\0',
    '\u0001',
    '\b',
    '\f',
    '\u001f',
    '\u007f',
    '\uFFFF',
    '\uFFFE',
    '\uFDD0',
    '\u{1FFFF}',
    '\uD800',
    '\uDC00',
  )
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), bad, fc.string(), (value, char, around) => {
      expect(isStorable(around + char)).toBe(false)
      for (const planted of [[value, { a: around + char }], { [around + char]: value }]) {
        for (const text of [JSON.stringify(planted), escapeAll(JSON.stringify(planted))]) {
          expect(codeOf(() => checkTexts(readJson(text)))).toMatch(/^request\.(encoding|unknown_field)$/)
        }
      }
    }),
  )
})
const escapeAll = (json: string) =>
  json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

test('all Chinese, emoji and right-to-left text passes', () => {
  for (const text of ['山茶咖啡', '👨‍👩‍👧‍👦', 'שלום', '\u202Ex', 'a\tb\r\nc', '\u0085', 'e\u0301'.repeat(9)])
    expect(isStorable(text)).toBe(true)
})

test('depth is counted outside of strings only, up to the limit', () => {
  expect(depthOf('{"a":"[[[[","b":[{}]}')).toBe(3)
  expect(depthOf('"\\"[[["')).toBe(0)
  expect(codeOf(() => readJson('['.repeat(jsonDepthMax) + ']'.repeat(jsonDepthMax)))).toBeUndefined()
  expect(codeOf(() => readJson('['.repeat(jsonDepthMax + 1) + ']'.repeat(jsonDepthMax + 1)))).toBe('request.too_deep')
})

test('the depth is never below that of the parsed value', () => {
  const depth = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
      expect(depthOf(JSON.stringify(value))).toBe(depth(value))
    }),
  )
})

test('keys that reach a prototype are refused at any depth and in any spelling', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    expect(codeOf(() => readJson(`{"a":[{"${key}":1}]}`))).toBe('request.unknown_field')
    expect(codeOf(() => readJson(`{"a":"${key}"}`))).toBeUndefined()
  }
  expect(codeOf(() => readJson('{"\\u005f_proto__":1}'))).toBe('request.unknown_field')
})

test('[AUTH-23] a key named twice is found, one that only looks so is not', () => {
  expect(hasDuplicateKeys('{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}')).toBe(false)
  expect(hasDuplicateKeys('{"a":"a","b":"a"}')).toBe(false)
  expect(hasDuplicateKeys('{"a":1, "a" :2}')).toBe(true)
  expect(hasDuplicateKeys('{"x":{"a":1,"\\u0061":2}}')).toBe(true)
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, key) => {
      const text = JSON.stringify(value)
      expect(hasDuplicateKeys(text)).toBe(false)
      expect(hasDuplicateKeys(`{${JSON.stringify(key)}:${text},${JSON.stringify(key)}:${text}}`)).toBe(true)
    }),
  )
})

test('[I16] a key that is named twice is refused, wherever it is and however it is spelt', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"b":{}},{"a":1,"b":{"c":1,"c":[]}}]',
    '{"a":{"a":1},"b":":","a":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":1}',
  ])
    expect(
      codeOf(() => readJson(text)),
      text,
    ).toBe('request.duplicate_key')
  for (const text of ['{"a":{"a":1},"b":{"a":1}}', '[{"a":1},{"a":1}]', '{"a":":","b":"\\":\\""}', '[]', '":"', '1'])
    expect(
      codeOf(() => readJson(text)),
      text,
    ).toBeUndefined()
})
test('[I16] what is written once is never taken for twice, and what is written twice always is', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
      fc.string(),
      fc.nat(),
      (object, more, n) => {
        const text = JSON.stringify(object)
        expect(codeOf(() => readJson(text))).not.toBe('request.duplicate_key')
        const keys = Object.keys(object)
        const key = keys[n % keys.length] as string
        const again = `${text.slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(more)}}`
        expect(codeOf(() => readJson(again))).toBe('request.duplicate_key')
      },
    ),
  )
})
