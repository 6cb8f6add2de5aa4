/** Properties of what makes a show a real one. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPurchase, likesAfter, replaces } from './rules.ts'

test('[BS1] [BS4] only what was paid for and kept is a purchase', () => {
  expect(['paid', 'received', 'refunded', 'cancelled', ''].map(isPurchase)).toEqual([true, true, false, false, false])
})
test('[BS5] the count is the number of people who like it now, whatever they do', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean())), (moves) => {
      const likes = new Set<number>()
      let count = 0
      for (const [who, on] of moves) {
        count = likesAfter(count, likes.has(who), on)
        if (on) likes.add(who)
        else likes.delete(who)
      }
      expect(count).toBe(likes.size)
    }),
  )
})
test('[BS6] the latest state of an order wins, in whichever order it is told', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), (instants) => {
      let known: number | undefined
      for (const at of instants) if (replaces(known, at)) known = at
      expect(known).toBe(Math.max(...instants))
    }),
  )
})
