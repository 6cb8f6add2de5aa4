/** Properties of ballots and counts, and a long random run against the simplest of models. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choicesFault, countsAfter, isSame, optionsFit } from './rules.ts'

test('[PL1] [PL2] a ballot holds known options, each once, and not too many', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 8 })), fc.integer({ min: 1, max: 6 }), (choices, choicesMax) => {
      const fault = choicesFault(choices, 6, choicesMax)
      const isPlain = new Set(choices).size === choices.length && choices.every((one) => one >= 0 && one < 6)
      if (!isPlain) expect(fault).toBe('poll.option')
      else expect(fault).toBe(choices.length > choicesMax ? 'poll.too_many' : undefined)
    }),
  )
})
test('[PL3] [PL4] whatever people vote and change, the counts are those of the last ballots', () => {
  const ballots = fc.array(fc.tuple(fc.nat(20), fc.uniqueArray(fc.nat(5), { maxLength: 4 })), { maxLength: 200 })
  fc.assert(
    fc.property(ballots, (moves) => {
      const held = new Map<number, number[]>()
      let counts = [0, 0, 0, 0, 0, 0]
      for (const [who, choices] of moves) {
        counts = countsAfter(counts, held.get(who) ?? [], choices)
        held.set(who, choices)
      }
      const recount = counts.map((_, option) => [...held.values()].filter((ballot) => ballot.includes(option)).length)
      expect(counts).toEqual(recount)
    }),
  )
})
test('[PL1] the order of choices says nothing; options that read alike are one', () => {
  expect(isSame([1, 2], [2, 1])).toBe(true)
  expect(isSame([1], [1, 2])).toBe(false)
  expect(optionsFit(['面包', ' 面包 '], 1)).toBe(false)
  expect(optionsFit(['a', ' '], 1)).toBe(false)
  expect(optionsFit(['周六', '周日'], 2)).toBe(true)
})
