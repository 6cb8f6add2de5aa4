import { test } from 'vitest'
import { seeded } from '@qun/testing'
import { ledgerAudits } from './audits.ts'
import { startLab, move } from './fixtures.ts'
import { transfer, transferAll, reverse } from './transfers.ts'
test('time', async () => {
  const sums: Record<string, [number, number]> = {}
  await using lab = await startLab({ statementTimeoutMs: 200000, sqlLog: ({ text, durationMs }) => { const k = text.slice(0, 60); const h = (sums[k] ??= [0, 0]); h[0] += 1; h[1] += durationMs } })
  const random = seeded(1)
  const t0 = performance.now()
  for (let i = 0; i < 200; i++)
    await lab.decide((call) =>
      transferAll(
        call,
        Array.from({ length: 100 }, (_, k) => {
          const to = `user/u${Math.floor(random() * 5000)}`
          return move('issuer/points', to, 5, {
            ref: `r${i}-${k}`,
            legs: [
              { account: 'issuer/points', amount: -5 },
              {
                account: to,
                amount: 5,
                ...(random() < 0.5 ? { expiresAt: lab.now + 1000 + Math.floor(random() * 5) } : {}),
              },
            ],
          })
        }),
      ),
    )
  console.log('transferAll of 100 x200', performance.now() - t0)
  const t1 = performance.now()
  for (let i = 0; i < 200; i++) await lab.decide((call) => reverse(call, { ref: `r${i}-3`, by: `u${i}`, reason: 'x' }))
  console.log('200 reversals', performance.now() - t1)
  for (const k of Object.keys(sums)) delete sums[k]
  const t2 = performance.now()
  for (let i = 0; i < 300; i++) await lab.decide((call) => transfer(call, move('issuer/a', `user/u${i}`, 1)))
  console.log('300 single transfers', performance.now() - t2)
  console.log(JSON.stringify(sums, null, 1))
  for (const { id, find } of ledgerAudits) {
    const t = performance.now()
    await lab.store.reading('*', (tx) => find(tx, 1))
    console.log(id, Math.round(performance.now() - t))
  }
}, 300000)
