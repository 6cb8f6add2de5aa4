/** Properties of the rules of a flash sale. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countAfter } from './rules.ts'

test('[FS2] each member counts once', () => {
  fc.assert(
    fc.property(fc.array(fc.constant('member'), { maxLength: 300 }), (members) => {
      expect(members.reduce(countAfter, 0)).toBe(members.length)
    }),
  )
})
