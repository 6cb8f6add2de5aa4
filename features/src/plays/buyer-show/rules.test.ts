/** Properties of what makes a show a real one. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isEachOnce, isPurchase, likesAfter, replaces } from './rules.ts'

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
test('[BS7] a picture is shown once, wherever it comes from', () => {
  const pictures = fc.array(fc.record({ mediaId: fc.constantFrom('a', 'b', 'c', 'd') }), { maxLength: 3 })
  fc.assert(
    fc.property(pictures, (shown) => {
      const isTwice = shown.some((one, at) => shown.slice(at + 1).some(({ mediaId }) => mediaId === one.mediaId))
      expect(isEachOnce(shown)).toBe(!isTwice)
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
