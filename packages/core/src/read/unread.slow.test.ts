/** The long random walk of one reader; QUN_TEST_SEED repeats one, and a failure names its seed. */
import { randomInt } from 'node:crypto'
import { lengthOf, walkUnread } from '@qun/testing'
import { expect, test } from 'vitest'
import { unreadMoves } from '../fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_UNREAD_STEPS'] ?? lengthOf(100_000, 5))

test(`[UNREAD1] ${steps} moves show no difference (seed ${seed})`, async () => {
  expect(await walkUnread(unreadMoves, seed, steps)).toBeGreaterThan(steps / 100)
})
