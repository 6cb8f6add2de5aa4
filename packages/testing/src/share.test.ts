/** WorkShares of long runs. */
import { describe, expect, test } from 'vitest'
import { isWhole, lengthOf, shareAt, shareCount, turnOf, type Turn } from './share.ts'

const turns = Array.from({ length: shareCount }, (_, n) => n as Turn)

describe('a share', () => {
  test('is the same for the same commit, and ten commits in a row hold each run whole once', () => {
    for (let first = 0; first < 50; first++) {
      const shares = turns.map((n) => shareAt(first + n))
      expect(shares).toEqual(turns.map((n) => shareAt(first + n)))
      for (const turn of turns) expect(shares.filter((share) => isWhole(turn, String(share)))).toHaveLength(1)
    }
  })
  test('leaves nothing out: what is not whole is a tenth, and no less than one', () => {
    for (const turn of turns) {
      const lengths = turns.map((share) => lengthOf(1_000, turn, String(share)))
      expect(lengths.toSorted((a, b) => a - b)).toEqual([...Array<number>(9).fill(100), 1_000])
      expect(turns.map((share) => lengthOf(3, turn, String(share))).filter((length) => length === 1)).toHaveLength(9)
    }
  })
  test('is all of it unless one is named, and no other name goes', () => {
    expect(lengthOf(1_000, 3, undefined)).toBe(1_000)
    expect(lengthOf(1_000, 3, 'whole')).toBe(1_000)
    for (const name of ['10', '-1', 'all', '1.5']) expect(() => isWhole(3, name)).toThrow('QUN_SHARE')
  })
  test('of two hundred seeds is twenty, each seed in one', () => {
    const seeds = Array.from({ length: 200 }, (_, n) => 101 + n)
    for (const share of turns) expect(seeds.filter((seed) => isWhole(turnOf(seed), String(share)))).toHaveLength(20)
  })
})
