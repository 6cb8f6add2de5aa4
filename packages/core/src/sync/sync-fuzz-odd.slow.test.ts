/** Half of the fuzz of two hundred seeds, for one of two workers; QUN_FUZZ_FROM and QUN_FUZZ_COUNT choose others. */
import { fuzzWorld, lengthOf, turnOf } from '@qun/testing'
import { describe, test } from 'vitest'
import { fuzzMoves, upTo } from '../fixtures.ts'

const from = Number(process.env['QUN_FUZZ_FROM'] ?? 101)
const count = Number(process.env['QUN_FUZZ_COUNT'] ?? 200)
const seeds = upTo(count).map((n) => from + n - 1)

describe('fuzz', () => {
  test.each(seeds.filter((seed) => seed % 2 === 1))('[SYNC20] seed %i', async (seed) => {
    await fuzzWorld(fuzzMoves, seed, lengthOf(80, turnOf(seed)))
  })
})
