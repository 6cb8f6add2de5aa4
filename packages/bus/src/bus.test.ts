/** How topics are built; knows no engine. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { topicOf } from './bus.ts'

test('other parts give another topic', () => {
  expect(topicOf('a:b', 'c')).not.toBe(topicOf('a', 'b:c'))
  const part = fc.oneof(fc.string({ maxLength: 4 }), fc.stringMatching(/^[0-9:,]{0,6}$/))
  const parts = fc.array(part, { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(topicOf(...one) === topicOf(...other)).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 2_000 },
  )
})

test('the same parts give the same topic', () => {
  expect(topicOf('shop', 'group', '群1')).toBe('4:shop,5:group,2:群1')
})
