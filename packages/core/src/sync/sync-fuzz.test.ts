/** Seeded fuzz of a whole world: loss, repetition, reordering, reconnects; and in the end everybody agrees. */
import { fuzzWorld } from '@qun/testing'
import { describe, test } from 'vitest'
import { fuzzMoves, upTo } from '../fixtures.ts'

describe('fuzz', () => {
  test.each(upTo(6))('[SYNC20] [M8] seed %i', async (seed) => {
    await fuzzWorld(fuzzMoves, seed, 80)
  })
})
