/** Many decisions at once: floors hold, refs act once, nothing waits in a circle. */
import { expect, test } from 'vitest'
import { balanceOf } from './accounts.ts'
import { spend, setBudget, budgetOf } from './budgets.ts'
import { move, startLab } from './fixtures.ts'
import { reverse, transfer, transferAll } from './transfers.ts'

const mint = 'issuer/points'
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
test('[LDG8] of 40 spendings at once on a budget for 25, twenty-five are counted', async () => {
  await using lab = await startLab({ poolSize: 16 })
  const budget = { scope: 'staff-day', currency: 'points' }
  await lab.decide((call) => setBudget(call, { ...budget, cap: 50 }))
  const said = await Promise.all(
    upTo(40).map(() => lab.refusal((call) => spend(call, { ...budget, subject: 'he/2026-01-01', amount: 2 }))),
  )
  expect(said.filter((code) => code === null)).toHaveLength(25)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(15)
  const left = await lab.decide((call) => budgetOf(call, { ...budget, subject: 'he/2026-01-01' }))
  expect(left).toEqual({ cap: 50, spent: 50 })
})
