/** Many decisions at once: floors hold, refs act once, nothing waits in a circle. */
import { memberDay, staffDay, type UserId } from '@qun/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { balanceOf } from './accounts.ts'
import { budgetOf, lockSpendings, setBudget, spend, unspend, unspendAll } from './budgets.ts'
import { move, startLab } from './fixtures.ts'
import { reverse, transfer, transferAll, type LedgerCall } from './transfers.ts'

const mint = 'issuer/points'
const shop = { merchantId: 'shop', timeZone: 'Asia/Shanghai' }
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

test('[LDG4] of 64 payments at once from an account with funds for 10, ten go through', async () => {
  await using lab = await startLab({ poolSize: 16 })
  await lab.decide((call) => transfer(call, move(mint, 'user/a', 100)))
  const said = await Promise.all(
    upTo(64).map((i) => lab.refusal((call) => transfer(call, move('user/a', `user/b${i}`, 10)))),
  )
  expect(said.filter((code) => code === null)).toHaveLength(10)
  expect(said.filter((code) => code === 'ledger.insufficient_funds')).toHaveLength(54)
  await lab.decide(async (call) => expect(await balanceOf(call, 'user/a', 'points')).toBe(0))
})
test('[LDG6] [LDG7] a ref posted 32 times at once moves once, and so does its reversal', async () => {
  await using lab = await startLab({ poolSize: 16 })
  const grant = move(mint, 'user/a', 5, { ref: 'once' })
  const posted = await Promise.all(upTo(32).map(() => lab.decide((call) => transfer(call, grant))))
  expect(posted.filter(({ replayed }) => !replayed)).toHaveLength(1)
  expect(new Set(posted.map(({ transferId }) => transferId)).size).toBe(1)
  const undone = await Promise.all(
    upTo(16).map((i) => lab.refusal((call) => reverse(call, { ref: 'once', by: `undo/${i}`, reason: 'x' }))),
  )
  expect(undone.filter((code) => code === null)).toHaveLength(1)
  expect(undone.filter((code) => code === 'ledger.already_reversed')).toHaveLength(15)
})
test('[LDG6] one ref on different accounts at once: one is posted, the others are refused', async () => {
  await using lab = await startLab({ poolSize: 16 })
  const said = await Promise.all(
    upTo(16).map((i) => lab.refusal((call) => transfer(call, move(`issuer/${i}`, `user/${i}`, 5, { ref: 'one' })))),
  )
  expect(said.filter((code) => code === null)).toHaveLength(1)
  expect(said.filter((code) => code === 'idempotency.key_reused')).toHaveLength(15)
})
test('[LDG5] transfers in every direction between the same accounts, new ones among them, never meet a deadlock', async () => {
  await using lab = await startLab({ poolSize: 16 })
  let runs = 0
  for (const round of upTo(10)) {
    await Promise.all(
      upTo(24).map((i) =>
        lab.decide((call) => {
          runs += 1
          const names = upTo(4).map((n) => `issuer/r${round}-${(i * 7 + n * (1 + (i % 3))) % 9}`)
          const [a, b, c] = [...new Set(names)] as [string, string, string]
          return transferAll(call, [move(a, b, 1), move(b, c, 1)])
        }),
      ),
    )
  }
  // A deadlock would have been run again by the store.
  expect(runs).toBe(240)
})
test('[LDG5] value given and taken back at once, with what it counts for, never meets a deadlock', async () => {
  await using lab = await startLab({ poolSize: 16 })
  const against = [staffDay(shop, 'he' as UserId, 0), memberDay(shop, 'li' as UserId, 0)]
  const give = async (call: LedgerCall, ref: string) => {
    await spend(call, { ref, currency: 'points', amount: 3, against })
    await transfer(call, move('issuer/points', 'user/li', 3, { ref }))
  }
  const takeBack = async (call: LedgerCall, ref: string) => {
    await lockSpendings(call, [ref])
    await reverse(call, { ref, by: `${ref}/back`, reason: 'test.back' })
    await unspend(call, ref)
  }
  for (const i of upTo(24)) await lab.decide((call) => give(call, `g/${i}`))
  let runs = 0
  const counted = (run: (call: LedgerCall) => Promise<void>) =>
    lab.decide((call) => {
      runs += 1
      return run(call)
    })
  await Promise.all(
    upTo(24).flatMap((i) => [counted((call) => takeBack(call, `g/${i}`)), counted((call) => give(call, `more/${i}`))]),
  )
  // A deadlock would have been run again by the store.
  expect(runs).toBe(48)
  expect(await lab.decide((call) => balanceOf(call, 'user/li', 'points'))).toBe(72)
})
test('[LDG8] of 40 spendings at once on a budget for 25, twenty-five are counted; each taken back once', async () => {
  await using lab = await startLab({ poolSize: 16 })
  const budget = { scope: 'staff-day', subject: 'he/2026-01-01' }
  const currency = 'points'
  await lab.decide((call) => setBudget(call, { scope: budget.scope, currency, cap: 50 }))
  const said = await Promise.all(
    upTo(40).map((i) => lab.refusal((call) => spend(call, { ref: `s/${i}`, currency, amount: 2, against: [budget] }))),
  )
  expect(said.filter((code) => code === null)).toHaveLength(25)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(15)
  const left = () => lab.decide((call) => budgetOf(call, { ...budget, currency }))
  expect(await left()).toEqual({ cap: 50, spent: 50 })
  const first = said.indexOf(null)
  await Promise.all(upTo(16).map(() => lab.decide((call) => unspend(call, `s/${first}`))))
  expect(await left()).toEqual({ cap: 50, spent: 48 })
})
test('[LDG8] one key told 32 times at once, on two days, is counted once; many keys never meet a deadlock', async () => {
  await using lab = await startLab({ poolSize: 16 })
  const keyOf = (who: number, day = 0) => staffDay(shop, `p${who}` as UserId, day * 86_400_000)
  await Promise.all(
    upTo(32).map((i) =>
      lab.decide((call) => spend(call, { ref: 'once', currency: 'points', amount: 3, against: [keyOf(0, i % 2)] })),
    ),
  )
  const sum = async () => {
    const { rows } = await lab.decide(({ tx }) =>
      sql<{ sum: number }>`SELECT sum(spent)::bigint AS sum FROM ledger_spent`.execute(tx),
    )
    return rows[0]?.sum
  }
  expect(await sum()).toBe(3)
  let runs = 0
  await Promise.all(
    upTo(48).map((i) =>
      lab.decide((call) => {
        runs += 1
        const against = upTo(5).map((n) => keyOf((i * 7 + n * (1 + (i % 3))) % 9))
        if (i % 4 === 3)
          return unspendAll(
            call,
            upTo(i).map((n) => ({ ref: `m/${n}`, keep: 0 })),
          )
        return spend(call, { ref: `m/${i}`, currency: 'points', amount: 1, against })
      }),
    ),
  )
  expect(runs).toBe(48)
})
test('[LDG5] caps asked for after value moved are a bug that is told, unless they were held before', async () => {
  await using lab = await startLab()
  const one = { ref: 'one', currency: 'points', amount: 1, against: [staffDay(shop, 'p' as UserId, 0)] }
  await lab.decide((call) => spend(call, one))
  const late = (run: (call: LedgerCall) => Promise<void>) =>
    lab.decide(async (call) => {
      await transfer(call, move(mint, 'user/a', 1))
      await run(call)
    })
  await expect(late((call) => spend(call, { ...one, ref: 'two' }))).rejects.toThrow('two: caps are counted before')
  await expect(late((call) => unspend(call, 'one'))).rejects.toThrow('one: caps are counted before')
  await expect(late((call) => lockSpendings(call, ['one']))).rejects.toThrow('one: caps are counted before')
  await lab.decide(async (call) => {
    await lockSpendings(call, ['one'])
    await transfer(call, move(mint, 'user/a', 1))
    await unspend(call, 'one')
  })
  expect(await lab.decide((call) => budgetOf(call, { ...one.against[0]!, currency: 'points' }))).toMatchObject({
    spent: 0,
  })
})
