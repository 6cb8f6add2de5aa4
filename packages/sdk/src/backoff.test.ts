/** When a client comes back. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterEnding, backoffBaseMs, backoffCapMs, backoffMs } from './backoff.ts'

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('[P8] the wait is anywhere below the doubling bound, and never above fifteen seconds', () => {
  fc.assert(
    fc.property(fc.nat(200), unit, (failures, chance) => {
      const delayMs = backoffMs(failures, chance)
      expect(delayMs).toBeGreaterThanOrEqual(0)
      expect(delayMs).toBeLessThanOrEqual(Math.min(backoffCapMs, backoffBaseMs * 2 ** failures))
    }),
  )
  expect(backoffMs(20, 0)).toBe(0)
  expect(backoffMs(20, 0.999)).toBeGreaterThan(14_900)
})

test('goaway: never sooner than the server asked, nor much later', () => {
  fc.assert(
    fc.property(fc.nat(60_000), fc.nat(10), unit, (goawayMs, failures, chance) => {
      const next = afterEnding({ code: 1012, failures, onlineMs: 0, goawayMs }, chance)
      if (next.final) throw new Error('goaway is not the end')
      expect(next.delayMs).toBeGreaterThanOrEqual(goawayMs)
      expect(next.delayMs).toBeLessThanOrEqual(goawayMs + Math.max(1_000, goawayMs * 0.2))
    }),
  )
})

test.each([1012, 1013, 4408])('close %i: back within a second, then by the common backoff', (code) => {
  expect(afterEnding({ code, failures: 0, onlineMs: 0 }, 0.99)).toMatchObject({ delayMs: 990, failures: 1 })
  expect(afterEnding({ code, failures: 4, onlineMs: 0 }, 0.5)).toMatchObject({ delayMs: 4_000, failures: 5 })
})

test.each([4403, 4409])('close %i is final', (code) => {
  expect(afterEnding({ code, failures: 0, onlineMs: 60_000 }, 0.5)).toEqual({ final: true })
})

test('close 4401 asks for another token at once, and a second time by the backoff', () => {
  expect(afterEnding({ code: 4401, failures: 0, onlineMs: 0 }, 0.9)).toMatchObject({ delayMs: 0, freshToken: true })
  expect(afterEnding({ code: 4401, failures: 1, onlineMs: 0 }, 0.9)).toMatchObject({ delayMs: 900, freshToken: true })
})

test('close 4429 waits at least five seconds', () => {
  expect(afterEnding({ code: 4429, failures: 0, onlineMs: 0 }, 0)).toMatchObject({ delayMs: 5_000 })
})

test('a connection that lasted starts the count over; one that flaps does not', () => {
  expect(afterEnding({ code: 1006, failures: 6, onlineMs: 10_000 }, 0.5)).toMatchObject({ failures: 1 })
  expect(afterEnding({ code: 1006, failures: 6, onlineMs: 9_999 }, 0.5)).toMatchObject({ failures: 7 })
})
