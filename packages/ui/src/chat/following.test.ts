/** When the list follows its end, and where that end is. */
import { expect, it } from 'vitest'
import { endOffset, isFollowing } from './following.ts'

const atEnd = { offset: 1_400, scrollSize: 2_000, viewportSize: 600 }

it('follows whoever is at the end, or close to it', () => {
  expect(isFollowing(false, 0, atEnd)).toBe(true)
  expect(isFollowing(false, 1_400, { ...atEnd, offset: 1_341 })).toBe(true)
  expect(isFollowing(true, 1_400, { ...atEnd, offset: 1_340 })).toBe(false)
})
it('goes on following when the end moves away from the reader', () => {
  expect(isFollowing(true, 1_400, { ...atEnd, scrollSize: 2_400 })).toBe(true)
  expect(isFollowing(true, 1_400, { ...atEnd, viewportSize: 300 })).toBe(true)
})
it('does not begin following on the way down', () => {
  expect(isFollowing(false, 500, { ...atEnd, offset: 900 })).toBe(false)
})
it.each([
  ['a line came', { ...atEnd, scrollSize: 2_080 }, 1_480],
  ['the composer grew', { ...atEnd, viewportSize: 520 }, 1_480],
  ['the keyboard closed and the browser kept the end', { ...atEnd, offset: 1_200, viewportSize: 800 }, undefined],
  ['all of it shows already', atEnd, undefined],
  ['a fraction of a pixel is missing', { ...atEnd, offset: 1_399.4 }, undefined],
  ['everything fits', { offset: 0, scrollSize: 600, viewportSize: 600 }, undefined],
  ['the list is not displayed', { offset: 0, scrollSize: 2_000, viewportSize: 0 }, undefined],
])('finds the end when %s', (_, box, expected) => {
  expect(endOffset(box)).toBe(expected)
})
