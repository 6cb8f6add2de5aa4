/** What a millisecond on the thread's accounts counts for, by clocks of ours. */
import { WorkShares } from '@qun/storage'
import { expect, test } from 'vitest'
import { ThreadPrice } from './thread-price.ts'

/** A thread that is busy for a share of the time, of which so much of each ten milliseconds is on the accounts. */
function thread() {
  const clock = { now: 0, busyMs: 0 }
  const price = new ThreadPrice(
    () => clock.now,
    () => clock.busyMs,
  )
  const pass = (ms: number, busyShare: number, charged: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.now += 10
      clock.busyMs += 10 * busyShare
      price.of(charged)
    }
  }
  const now = () => price.of(1)
  return { clock, price, pass, now }
}

test('[FAIR8] where the thread was busy for longer than the accounts say, a millisecond counts for what it was', () => {
  const { pass, now } = thread()
  pass(5_000, 0.9, 4.5)
  expect(now()).toBeCloseTo(2, 1)
  pass(5_000, 0.9, 9)
  expect(now()).toBeCloseTo(1, 1)
})

test('[FAIR8] a thread with time to spare takes what the accounts say, and nothing makes everybody poor', () => {
  const { pass, now } = thread()
  pass(5_000, 0.3, 0.1)
  expect(now()).toBe(1)
  pass(5_000, 1, 0.1)
  expect(now()).toBe(4)
  // Work that is dear on paper alone is not made cheaper.
  pass(5_000, 0.6, 20)
  expect(now()).toBe(1)
})

test('[FAIR8] an onset is heard within a second, and forgotten within a few', () => {
  const { pass, now } = thread()
  pass(10_000, 0.1, 0.5)
  pass(700, 1, 2)
  expect(now()).toBeGreaterThan(2)
  pass(2_000, 0.1, 0.5)
  expect(now()).toBe(1)
})

test('[FAIR8] what the thread did in a long quiet does not make the first who come afterwards pay for it', () => {
  const { clock, now } = thread()
  clock.now += 3_600_000
  clock.busyMs += 36_000
  expect([now(), now()]).toEqual([1, 1])
  clock.now += 3_600_000
  clock.busyMs += 3_000_000
  expect(now()).toBe(4)
})

test('[FAIR8] who takes much of a busy thread rests for as long as it really was', () => {
  const rested = [1, 3].map((dearness) => {
    const { clock, price, pass } = thread()
    const accounts = new WorkShares(
      { processors: 1, person: 0.2, personBurstMs: 20 },
      () => clock.now,
      (ms) => price.of(ms),
    )
    pass(5_000, 0.9, 9 / dearness)
    accounts.ask({ appId: 'other', userId: 'sun' })
    accounts.ask({ appId: 'shop', userId: 'li' })
    accounts.charge({ appId: 'shop', userId: 'li' }, 30)
    return accounts.restOf({ appId: 'shop', userId: 'li' })
  })
  expect(rested[0]).toBeCloseTo(50, 0)
  expect(rested[1]).toBeGreaterThan(300)
})
