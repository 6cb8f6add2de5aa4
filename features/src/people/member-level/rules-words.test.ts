/** What counts as words of substance, case by case, and near-duplicates. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hasEmoji,
  isEcho,
  isNear,
  isQuestion,
  isStockOnly,
  isSubstantive,
  printOf,
  saidIn,
  withEcho,
  type Echo,
} from './rules-words.ts'

describe('substance', () => {
  test.each([
    '海盐卷还有吗',
    '下午三点',
    '@王店长 今天几点关门？',
    '收到，明天来拿',
    '谢谢老板，味道很好',
    'see you there',
    '[微笑] 真好吃 😋',
    '打卡点在二楼',
    '好吃',
  ])('[ML2] 「%s」 counts', (text) => {
    expect(isSubstantive(saidIn(text))).toBe(true)
  })
  test.each([
    '',
    '😀😀😀',
    '👨‍👩‍👧‍👦🇨🇳',
    '[微笑][微笑]',
    '@王店长 @小何',
    '收到',
    '收到收到！',
    '谢谢谢谢',
    '好的，谢谢老板~',
    '+1',
    '1',
    '666',
    '666666',
    '抢到了',
    '打卡',
    '哈哈哈哈',
    '啊啊啊啊啊',
    '。。。。。',
    'ok',
    'OK thanks',
    'hello',
    'a',
    '嗯嗯',
    '好',
    '卷',
    '12345',
  ])('[ML2] 「%s」 does not', (text) => {
    expect(isSubstantive(saidIn(text))).toBe(false)
  })
  test('[ML2] stock phrases are told as a pattern of them would tell, however a text is cut', () => {
    const pattern =
      /^(?:(?:谢谢老板|谢谢|老板大气|抢到了|没抢到|抢到|好的|好|thank you|thanks|ok|no|\d|[了的哈~+])\s*)+$/iu
    const pieces = [
      '谢谢',
      '老板',
      '谢谢老板',
      '抢',
      '到',
      '了',
      '没',
      '好',
      '的',
      'OK',
      'no',
      'thank',
      ' ',
      'you',
      '7',
      '卷',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 8 }), (cut) => {
        const text = cut.join('').trim()
        fc.pre(text !== '')
        expect(isStockOnly(text)).toBe(pattern.test(text))
      }),
    )
  })
  test('[ML2] a long text of digits or laughter with one word at its end is read at once', () => {
    for (const piece of ['1', '哈', '谢谢', 'ok ', '了哈']) {
      expect(isStockOnly(piece.repeat(2_000) + '卷')).toBe(false)
      expect(isStockOnly(piece.repeat(2_000).trim())).toBe(true)
    }
  })
  test('[ML2] any text is read without harm, and what was said says the same again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const said = saidIn(text)
        expect(saidIn(said)).toBe(said)
        expect(printOf(said)).toMatch(/^[0-9a-f]{16}$/)
      }),
    )
  })
  test('questions and smiles', () => {
    expect(['还有吗', '几点开门', 'where is it', '真的？'].every(isQuestion)).toBe(true)
    expect(isQuestion('三点开门')).toBe(false)
    expect([hasEmoji('好吃😋'), hasEmoji('好吃')]).toEqual([true, false])
  })
})

describe('near-duplicates', () => {
  const near = (a: string, b: string) => isNear(printOf(saidIn(a)), printOf(saidIn(b)))
  test('[ML3] the same words with other dress are the same; other words are not', () => {
    expect(near('今天的海盐卷还有吗', '今天的，海盐卷，还有吗！！😀')).toBe(true)
    expect(near('See you there', 'see you there!!!')).toBe(true)
    expect(near('今天的海盐卷还有吗', '明天几点可以去拿蛋糕')).toBe(false)
    expect(near('好吃', '好喝')).toBe(false)
  })
  test('[ML3] a print is what it always was: those written down are compared with new ones', () => {
    const prints = {
      '': 'c12312b27254bad3',
      好: '02fbe08bad106b3a',
      新人求关注求带走: '45a1e26fd9df34db',
      'The apples were good': '00738892430110cb',
      '𠀀😀苹果': '016004d004844540',
      ['苹果'.repeat(200)]: 'abe804d8dcdcc5d5',
    }
    for (const [text, print] of Object.entries(prints)) expect(printOf(text)).toBe(print)
  })
  test('[ML3] more than three others within ten minutes make an echo', () => {
    const print = printOf('新人求关注求带走')
    const echo = (userId: string, at: number): Echo => ({ userId, at, print })
    let heard: Echo[] = []
    for (const [at, userId] of ['a', 'b', 'c', 'c', 'd'].entries()) heard = withEcho(heard, echo(userId, at))
    expect(isEcho(heard, echo('e', 10))).toBe(true)
    expect(isEcho(heard, echo('d', 10))).toBe(false)
    expect(isEcho(heard, echo('e', 10 * 60_000 + 10))).toBe(false)
  })
})
