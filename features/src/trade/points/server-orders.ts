/** [PO10] What was granted for an order goes back when the order ends. Knows orders by their fact's name alone. */
import { Refusal, type UserId } from '@qun/contract'
import type { Call, Reaction } from '@qun/core'
import { balanceOf, lockSpendings, reverse, transfer, unspend } from '@qun/ledger'
import { endOrder, listOrderGrants, lockOrder, markTaken, type OrderGrant } from './store.ts'

const reason = 'points.claw-back'
const [unpaid, undone] = [['ledger.insufficient_funds', 'ledger.account_frozen'], ['ledger.already_reversed']]

/** How much of a grant came back: all of it, or what the person has left; 0 when the host took it back before. */
async function takeBack(call: Call, grant: OrderGrant, userId: UserId): Promise<number> {
  const { ref, currency, amount } = grant
  try {
    await reverse(call, { ref, by: `${ref}/refund`, reason })
    await unspend(call, ref)
    return amount
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (undone.includes(error.code)) return 0
    if (!unpaid.includes(error.code)) throw error
  }
  const account = `user/${userId}`
  const left = Math.min(amount, await balanceOf(call, account, currency))
  if (left === 0) return 0
  const legs = [
    { account, amount: -left },
    { account: 'issuer/points', amount: left },
  ]
  try {
    await transfer(call, { ref: `${ref}/refund`, currency, reason, legs })
  } catch (error) {
    // Frozen: nothing leaves it, and the host is told what is missing.
    if (error instanceof Refusal && unpaid.includes(error.code)) return 0
    throw error
  }
  await unspend(call, ref, amount - left)
  return left
}

export const onOrder: Reaction = {
  name: 'points.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status, userId } = call.fact.data as { orderId: string; status: string; userId: UserId }
    if (status !== 'refunded' && status !== 'cancelled') return
    // Also of an order nothing was granted for yet: what is asked for it from now on is refused.
    const order = await lockOrder(call, orderId, userId)
    if (order.ended) return
    await endOrder(call, orderId)
    const grants = await listOrderGrants(call, orderId)
    await lockSpendings(
      call,
      grants.map(({ ref }) => ref),
    )
    for (const grant of grants) {
      const taken = await takeBack(call, grant, order.userId)
      await markTaken(call, orderId, grant.ref, taken)
      const ref = grant.ref.slice('points/'.length)
      const missing = grant.amount - taken
      call.recordForApp('points.clawed-back', { orderId, userId: order.userId, ref, amount: taken, missing })
    }
  },
}
