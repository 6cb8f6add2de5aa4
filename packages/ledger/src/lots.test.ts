/** Value with an end date: what is spent first, what has lapsed, and the job that moves it once. */
import { describe, expect, test } from 'vitest'
import { balanceOf } from './accounts.ts'
import { expire, lotsOf } from './expiry.ts'
import { move, startLab, type Lab } from './fixtures.ts'
import { reverse, transfer } from './transfers.ts'

const mint = 'issuer/points'
const DAY = 86_400_000
const points = { account: 'user/a', currency: 'points' }

const grant = (lab: Lab, amount: number, days?: number, ref?: string) =>
  lab.decide((call) => {
    const credit = { account: 'user/a', amount, ...(days === undefined ? {} : { expiresAt: lab.now + days * DAY }) }
    return transfer(
      call,
      move(mint, 'user/a', amount, {
        legs: [{ account: mint, amount: -amount }, credit],
        ...(ref === undefined ? {} : { ref }),
      }),
    )
  })
const pay = (lab: Lab, amount: number, ref?: string) =>
  lab.refusal((call) => transfer(call, move('user/a', 'user/b', amount, ref === undefined ? {} : { ref })))
const sweep = (lab: Lab, limit = 100) => lab.decide((call) => expire(call, { currency: 'points', to: mint, limit }))
const balance = (lab: Lab) => lab.decide((call) => balanceOf(call, 'user/a', 'points'))
const lots = (lab: Lab) =>
  lab.decide(async (call) => (await lotsOf(call, { ...points, limit: 10 })).map((lot) => lot.remaining))

describe('value with an end date', () => {
  test('[LDG10] what lapses soonest is spent first, what never lapses last', async () => {
    await using lab = await startLab()
    await grant(lab, 10)
    await grant(lab, 20, 60)
    await grant(lab, 30, 30)
    expect(await lots(lab)).toEqual([30, 20])
    expect(await pay(lab, 35)).toBeNull()
    expect(await lots(lab)).toEqual([15])
    expect(await pay(lab, 20)).toBeNull()
    expect(await lots(lab)).toEqual([])
    expect(await balance(lab)).toBe(5)
  })
  test('[LDG11] what has lapsed is not spent though no job ran, and lapses once', async () => {
    await using lab = await startLab()
    await grant(lab, 10)
    await grant(lab, 20, 1)
    lab.now += DAY - 1
    expect(await balance(lab)).toBe(30)
    expect(await sweep(lab)).toEqual({ expired: [], more: false })
    lab.now += 1
    expect(await balance(lab)).toBe(10)
    expect(await pay(lab, 11)).toBe('ledger.insufficient_funds')
    expect(await pay(lab, 4)).toBeNull()
    const runs = await Promise.all([1, 2, 3, 4].map(() => sweep(lab)))
    expect(runs.flatMap(({ expired }) => expired)).toEqual([{ account: 'user/a', amount: 20 }])
    expect(await balance(lab)).toBe(6)
    expect(await sweep(lab)).toEqual({ expired: [], more: false })
  })
  test('[LDG11] a job takes those due longest first, and says that others wait', async () => {
    await using lab = await startLab()
    for (const [n, days] of [3, 1, 2].entries())
      await lab.decide((call) =>
        transfer(
          call,
          move(mint, `user/u${n}`, 5, {
            legs: [
              { account: mint, amount: -5 },
              { account: `user/u${n}`, amount: 5, expiresAt: lab.now + days * DAY },
            ],
          }),
        ),
      )
    lab.now += 5 * DAY
    expect(await sweep(lab, 2)).toEqual({
      expired: [
        { account: 'user/u1', amount: 5 },
        { account: 'user/u2', amount: 5 },
      ],
      more: true,
    })
    expect(await sweep(lab, 2)).toEqual({ expired: [{ account: 'user/u0', amount: 5 }], more: false })
  })
  test('[LDG10] what comes back by a reversal has the date it had, also when that has passed', async () => {
    await using lab = await startLab()
    await grant(lab, 20, 1, 'grant')
    expect(await pay(lab, 15, 'pay')).toBeNull()
    await lab.decide((call) => reverse(call, { ref: 'pay', by: 'back', reason: 'test.back' }))
    expect(await lots(lab)).toEqual([20])
    expect(await pay(lab, 15, 'again')).toBeNull()
    lab.now += DAY
    expect((await sweep(lab)).expired).toEqual([{ account: 'user/a', amount: 5 }])
    await lab.decide((call) => reverse(call, { ref: 'again', by: 'back/2', reason: 'test.back' }))
    expect(await balance(lab)).toBe(0)
    expect((await sweep(lab)).expired).toEqual([{ account: 'user/a', amount: 15 }])
    const undo = (ref: string) => lab.refusal((call) => reverse(call, { ref, by: `undo/${ref}`, reason: 'x' }))
    expect(await undo('grant')).toBe('ledger.insufficient_funds')
    expect(await undo('expiry/points/user/a/5')).toBe('ledger.not_reversible')
  })
})
