/** Names that are allowed, names that imitate, and who ranks above whom. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanGroupName, cleanNickname, isMuteDuration, isReservedName, outranks, skeletonOf } from './rules.ts'

describe('names', () => {
  test.each([
    '',
    '   ',
    '\u200b',
    'a\u0000b',
    '山茶\u202e咖啡',
    '\u2067abc',
    'a\nb',
    'x'.repeat(61),
    `a${'\u0301'.repeat(5)}`,
  ])('[MB3] %j names no group', (name) => expect(cleanGroupName(name)).toBeUndefined())
  test('[MB3] names are trimmed and counted in code points', () => {
    expect(cleanGroupName(' 山茶咖啡 ☕️ 老客群 ')).toBe('山茶咖啡 ☕️ 老客群')
    expect(cleanGroupName('🧋'.repeat(60))).toBe('🧋'.repeat(60))
    expect(cleanNickname('茶'.repeat(21))).toBeUndefined()
  })
  test('[MB3] what is kept is kept again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (name) => {
        const clean = cleanGroupName(name)
        if (clean !== undefined) expect(cleanGroupName(clean)).toBe(clean)
      }),
    )
  })
})

describe('imitation', () => {
  test.each([
    ['Cyrillic а', 'w\u0430ng', 'wang'],
    ['full width', 'ｗａｎｇ', 'wang'],
    ['zero width', 'wa\u200bng', 'wang'],
    ['case', 'WANG', 'wang'],
    ['accents', 'wáng', 'wang'],
    ['one for l', 'l1 na', 'Il na'],
    ['rn for m', 'rnary', 'mary'],
    ['spaces', '王 店 长', '王店长'],
    ['marks of punctuation', '「王店长」', '王店长'],
    ['a variation selector', '王店长\ufe0f', '王店长'],
    ['Greek', 'ωανg', 'wavg'],
    ['Cyrillic capitals', '\u0421\u0410M\u0415LLI\u0410', 'camellia'],
  ])('[MB4] %s does not hide a name', (_, forged, real) => {
    expect(skeletonOf(forged)).toBe(skeletonOf(real))
  })
  test('[MB4] different people stay different', () => {
    const names = ['王店长', '小何', '小李', '赵阿姨', '孙老师', '老周', 'wang', 'li', 'zhao', 'Mary', 'Marc']
    expect(new Set(names.map(skeletonOf)).size).toBe(names.length)
  })
  test('[MB4] a skeleton is its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (name) => {
        expect(skeletonOf(skeletonOf(name))).toBe(skeletonOf(name))
      }),
    )
  })
  test('[MB5] words of office are reserved, words that contain them by chance are not', () => {
    for (const name of [
      '群主',
      '本群 管理员',
      '官方客服',
      '官\u200b方',
      'Ａdmin',
      '4dmin'.replace('4', 'a'),
      'SYSTEM',
    ]) {
      expect(isReservedName(name), name).toBe(true)
    }
    for (const name of ['badminton', '小李', '咖啡系统工程师', 'ownership'])
      expect(isReservedName(name), name).toBe(false)
  })
})

test('[MB6] only a strictly stronger role may act on a person', () => {
  expect(outranks('owner', 'admin')).toBe(true)
  expect(outranks('admin', 'member')).toBe(true)
  for (const [actor, target] of [
    ['admin', 'admin'],
    ['admin', 'owner'],
    ['owner', 'owner'],
    ['member', 'member'],
    ['', 'member'],
  ] as const) {
    expect(outranks(actor, target)).toBe(false)
  }
})
test('[MB8] a mute lasts from a minute to thirty days', () => {
  for (const durationMs of [-1_000, 0, 59_999, 30 * 86_400_000 + 1, 100 * 365 * 86_400_000])
    expect(isMuteDuration(durationMs)).toBe(false)
  for (const durationMs of [60_000, 600_000, 30 * 86_400_000]) expect(isMuteDuration(durationMs)).toBe(true)
})
