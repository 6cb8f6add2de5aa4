/** What a message may say and how reactions add up, for any input. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reactionKindsMax, textLengthMax, type ReactionCount } from './contract.ts'
import {
  countReaction,
  distinctMentions,
  isReaction,
  mentionAllCoolDownMs,
  mentionAllWaitMs,
  mentionFault,
  normaliseText,
  textFault,
  withMentionAll,
  type MentionedAll,
} from './rules.ts'

describe('texts', () => {
  test('[MS1] only white space at the end is cut, and cutting again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const kept = normaliseText(text)
        expect(text.startsWith(kept)).toBe(true)
        expect(text.slice(kept.length).trim()).toBe('')
        expect(normaliseText(kept)).toBe(kept)
      }),
    )
    expect(normaliseText('  两个空格\n\n')).toBe('  两个空格')
    expect(normaliseText('e\u0301 ≠ \u00e9')).toBe('e\u0301 ≠ \u00e9')
  })
  test.each([
    ['nothing', ''],
    ['spaces', ' \n\t\u3000'],
    ['zero width', '\u200b\u200d\ufeff'],
    ['variation selectors', '\ufe0f\ufe0e'],
    ['controls', '\u202e\u2066'],
    ['Hangul fillers', '\u3164\u115f'],
    ['an empty Braille cell', '\u2800'],
    ['marks alone', '\u0301\u0302'],
  ])('[MS2] %s is no message', (_, text) => {
    expect(textFault(text)).toBe('message.empty')
  })
  test.each(['.', '好', '❤️', '👩‍👩‍👧', '0', 'ل', '\u202eabc'])('[MS2] %s is a message', (text) => {
    expect(textFault(text)).toBeUndefined()
  })
  test('[MS12] control characters and halves of pairs are refused, line breaks and tabs are not', () => {
    const controls = [...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)), '\u007f']
    for (const char of controls)
      expect([char, textFault(`a${char}b`)]).toEqual([char, '\n\t'.includes(char) ? undefined : 'request.encoding'])
    for (const half of ['\ud83e', '\uddcb', '\uddcb\ud83e']) expect(textFault(`a${half}`)).toBe('request.encoding')
    expect(textFault('🧋\u0085')).toBeUndefined()
  })
  test('[MS3] length is counted in code points', () => {
    expect(textFault('群'.repeat(textLengthMax))).toBeUndefined()
    expect(textFault('🧋'.repeat(textLengthMax))).toBeUndefined()
    expect(textFault('a'.repeat(textLengthMax + 1))).toBe('message.too_long')
    expect(textFault('🧋'.repeat(textLengthMax + 1))).toBe('message.too_long')
  })
  test('[MS4] stacks of marks are refused, also with joiners between them; honest scripts are not', () => {
    expect(textFault(`a${'\u0300'.repeat(300)}`)).toBe('message.abusive_unicode')
    expect(textFault(`a${'\u0300'.repeat(11)}`)).toBe('message.abusive_unicode')
    expect(textFault(`a${'\u0300\u200d'.repeat(11)}`)).toBe('message.abusive_unicode')
    expect(textFault(`a${'\u0300'.repeat(10)}`)).toBeUndefined()
    expect(textFault('a\u0301'.repeat(100))).toBeUndefined()
    expect(textFault('བསྒྲུབས་ན་འགྲུབ། กำลังใจ 1️⃣2️⃣3️⃣')).toBeUndefined()
  })
  test('[MS4] a hostile text is judged in linear time', () => {
    const started = performance.now()
    textFault(`a${'\u0300\u200d'.repeat(9)}`.repeat(260))
    expect(performance.now() - started).toBeLessThan(100)
  })
})

describe('mentions', () => {
  test('[MS6] fifty people at most, each once', () => {
    const people = Array.from({ length: 51 }, (_, i) => `u${i}`)
    expect(mentionFault(people, 'owner')).toBe('mention.too_many')
    expect(mentionFault(people.slice(1), 'member')).toBeUndefined()
    expect(distinctMentions(['li', 'zhao', 'li'])).toEqual(['li', 'zhao'])
  })
  test('[MS7] members do not name everybody', () => {
    expect(mentionFault(['*'], 'member')).toBe('mention.all_forbidden')
    for (const role of ['owner', 'admin', 'server']) expect(mentionFault(['*'], role)).toBeUndefined()
  })
  test('[MS8] three times a day of the group, five minutes apart', () => {
    const noon = Date.UTC(2026, 0, 1, 4)
    const wait = (last: MentionedAll | undefined, now: number) => mentionAllWaitMs(last, now, 'Asia/Shanghai')
    const once = withMentionAll(undefined, noon, 'Asia/Shanghai')
    expect([wait(undefined, noon), wait(once, noon + 1_000)]).toEqual([0, mentionAllCoolDownMs - 1_000])
    expect(wait({ ...once, count: 2 }, noon + mentionAllCoolDownMs)).toBe(0)
    expect(wait({ ...once, count: 3 }, noon + mentionAllCoolDownMs)).toBe(12 * 3_600_000 - mentionAllCoolDownMs)
    expect(wait({ ...once, count: 3 }, noon + 12 * 3_600_000)).toBe(0)
  })
  test('[MS8] [MER8] [V10] a date ends at the group’s midnight, and does not come again with a zone told anew', () => {
    // Midnight of the 2nd in Shanghai; in New York it is the 1st, eleven o’clock in the morning.
    const midnight = Date.UTC(2026, 0, 1, 16)
    const zones = ['Asia/Shanghai', 'America/New_York'] as const
    const days = zones.map((zone) => [-1, 0].map((ms) => withMentionAll(undefined, midnight + ms, zone).day))
    const first = Date.UTC(2026, 0, 1) / 86_400_000
    expect(days).toEqual([
      [first, first + 1],
      [first, first],
    ])
    const full = { day: first + 1, count: 3, at: midnight }
    const now = midnight + mentionAllCoolDownMs
    expect(mentionAllWaitMs(full, now, 'America/New_York')).toBe(Date.UTC(2026, 0, 3, 5) - now)
    expect(withMentionAll({ ...full, count: 2 }, now, 'America/New_York')).toEqual({ ...full, at: now })
  })
})

describe('reactions', () => {
  test('[RE1] exactly one emoji', () => {
    for (const emoji of ['👍', '❤️', '👍🏽', '👩‍👩‍👧', '🇨🇳', '1️⃣', '🫶']) expect(isReaction(emoji)).toBe(true)
    for (const text of ['', 'a', '1', '👍👍', '👍 ', '好', '<b>', '\u200d', '❤️x']) expect(isReaction(text)).toBe(false)
  })
  const emoji = fc.constantFrom('👍', '❤️', '🎉')
  test('[RE2] [RE3] counts equal a recount after any sequence', () => {
    const steps = fc.array(fc.record({ who: fc.constantFrom('li', 'zhao', 'sun'), emoji }), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (list) => {
        const rows = new Set<string>()
        let counts: ReactionCount[] = []
        for (const step of list) {
          const row = `${step.who}/${step.emoji}`
          const on = !rows.has(row)
          if (on) rows.add(row)
          else rows.delete(row)
          counts = countReaction(counts, step.emoji, on) ?? counts
        }
        for (const each of ['👍', '❤️', '🎉']) {
          const told = counts.find((count) => count.emoji === each)?.count ?? 0
          expect(told).toBe([...rows].filter((row) => row.endsWith(`/${each}`)).length)
        }
        expect(counts.every((count) => count.count > 0)).toBe(true)
      }),
    )
  })
  test('[RE2] the twenty-first kind is refused, a further one of a known kind is not', () => {
    const full = Array.from({ length: reactionKindsMax }, (_, i) => ({
      emoji: String.fromCodePoint(0x1f600 + i),
      count: 1,
    }))
    expect(countReaction(full, '🧋', true)).toBeUndefined()
    expect(countReaction(full, '\u{1f600}', true)?.[0]?.count).toBe(2)
  })
})
