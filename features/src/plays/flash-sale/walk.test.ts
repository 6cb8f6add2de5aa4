/** A random walk of members, host, orders and clock against the model, a move at a time; QUN_TEST_SEED repeats one. */
import { seeded } from '@qun/testing'
import { expect, test } from 'vitest'
import { openWorld, Walk } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)
const people = ['wang', 'he', 'li', 'zhao', 'sun', 'zhou']

test(`[V3] [FS2] [FS3] [FS5] [FS6] [FS7] [FS10] 250 moves end as the model says (seed ${seed})`, async () => {
  await using world = await openWorld()
  const walk = new Walk(world, seeded(seed), people)
  for (let n = 0; n < 250; n++) {
    try {
      if (n % 125 === 0) await walk.begin()
      await walk.step()
    } catch (error) {
      throw new Error(`step ${n} of seed ${seed}`, { cause: error })
    }
  }
  await walk.compare()
  const codes = ['order_ended', 'order_used', 'hold_paid', 'hold_over', 'limit', 'sold_out'].map(
    (code) => `flash_sale.${code}`,
  )
  const states = ['held', 'lapsed', 'released', 'cancelled', 'sold', 'refunded']
  expect([...walk.seen]).toEqual(expect.arrayContaining([...codes, ...states]))
}, 120_000)
