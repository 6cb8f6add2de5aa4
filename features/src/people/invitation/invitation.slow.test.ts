/** A rush of orders: none is lost, and what follows from them is there soon after, by the clock on the wall. */
import type { UserId } from '@qun/contract'
import { lengthOf, startWorld } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../../words/message/server.ts'
import { postOrderEvent } from '../../trade/order/contract.ts'
import order from '../../trade/order/server.ts'
import { setOrderInvitation } from './contract.ts'
import invitation from './server.ts'

/** Once in ten commits; a tenth of them the other times. */
const orders = lengthOf(1_000, 5)
/** Reports under way at once. */
const lanes = 32

test(
  '[OI1] a thousand orders at once: none lost, every customer invited within thirty seconds',
  { timeout: 300_000 },
  async () => {
    await using world = await startWorld({ features: [message, membership, order, invitation], watching: [] })
    const rule = { active: true, on: 'paid', shopId: 's', coolDownDays: 7, maxPerMonth: 2, message: '' } as const
    await world.as('wang').call(setOrderInvitation, { params: { groupId: world.groupId }, body: rule })
    for (let i = 0; i < orders; i++)
      await world.core.putUser('shop' as never, { userId: `u${i}` as UserId, name: '客' })
    const startedAt = performance.now()
    let next = 0
    const lane = async () => {
      for (let i = next++; i < orders; i = next++) {
        const body = {
          eventId: `e${i}`,
          kind: 'paid',
          orderId: `o${i}`,
          userId: `u${i}` as UserId,
          shopId: 's',
          at: i,
        } as const
        await world.asServer().call(postOrderEvent, { body })
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    const takenMs = performance.now() - startedAt
    await world.settle()
    const doneMs = performance.now() - startedAt
    const { rows } = await world.store.reading('shop', (tx) =>
      sql<{ n: number }>`SELECT count(*)::int AS n FROM invitation_offers WHERE phase = 'open'`.execute(tx),
    )
    expect(rows[0]?.n).toBe(orders)
    expect(doneMs, `taken after ${Math.round(takenMs)} ms`).toBeLessThan(30_000)
  },
)
