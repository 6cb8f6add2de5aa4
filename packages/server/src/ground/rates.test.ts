/** Budgets: exact within their window, apart per key, and forgotten when over. */
import { Refusal } from '@qun/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { budgets, Limiter, userKey } from './rates.ts'

function clocked(overrides = {}) {
  let now = 1_000
  return { limiter: new Limiter(() => now, overrides), pass: (durationMs: number) => void (now += durationMs) }
}

test('[MSG-23] 20 pass, the 21st is told how long to wait, after which it passes', () => {
  const { limiter, pass } = clocked()
  for (let i = 0; i < 20; i++) limiter.check('send', 'li')
  pass(4_000)
  expect(limiter.waitOf('send', 'li')).toBe(6_000)
  expect(limiter.waitOf('send', 'zhao')).toBe(0)
  pass(6_000)
  expect(limiter.waitOf('send', 'li')).toBe(0)
})

test('a refusal names the wait', () => {
  const { limiter } = clocked({ send: 1 })
  limiter.check('send', 'li')
  try {
    limiter.check('send', 'li')
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toMatchObject({ code: 'rate.limited', more: { retryAfterMs: 10_000 } })
  }
})

test('0 lifts a budget; looking does not count', () => {
  const { limiter } = clocked({ send: 0, mint: 1 })
  for (let i = 0; i < 1_000; i++) limiter.check('send', 'li')
  for (let i = 0; i < 5; i++) expect(limiter.isSpent('mint', 'li')).toBe(false)
  limiter.check('mint', 'li')
  expect(limiter.isSpent('mint', 'li')).toBe(true)
})

test('never more than the limit within a window that began with the first use', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), (waits) => {
      const { limiter, pass } = clocked()
      let at = 0
      let beganAt = -Infinity
      let count = 0
      for (const waitMs of waits) {
        pass(waitMs)
        at += waitMs
        if (limiter.waitOf('send', 'li') > 0) continue
        if (at - beganAt >= budgets.send.windowMs) [beganAt, count] = [at, 0]
        expect(++count).toBeLessThanOrEqual(budgets.send.limit)
      }
    }),
  )
})

test('[T4] no two pairs of app and user share a key', () => {
  const part = fc.stringMatching(/^[a-z0-9:]{1,6}$/)
  fc.assert(
    fc.property(part, part, part, part, (appA, userA, appB, userB) => {
      expect(userKey(appA, userA) === userKey(appB, userB)).toBe(appA === appB && userA === userB)
    }),
  )
})

test('every budget says why', () => {
  for (const budget of Object.values(budgets)) expect(budget.reason.length).toBeGreaterThan(10)
})
test('[SPOOL13] what is charged afterwards is taken also where less is left', () => {
  const { limiter, pass } = clocked({ upload: 6 })
  limiter.check('upload', 'li')
  limiter.charge('upload', 'li', 4)
  expect(limiter.isSpent('upload', 'li')).toBe(false)
  limiter.check('upload', 'li')
  limiter.charge('upload', 'li', 4)
  expect(limiter.waitOf('upload', 'li')).toBe(60_000)
  pass(60_000)
  expect(limiter.waitOf('upload', 'li')).toBe(0)
})
