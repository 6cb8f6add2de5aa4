/** [PO10] What was granted for an order goes back when the order ends. Knows orders by their fact's name alone. */
import { Refusal, type UserId } from '@qun/contract'
import type { Call, Reaction } from '@qun/core'
import { balanceOf, findTransfer, lockSpendings, reverse, transfer, unspend } from '@qun/ledger'
import { clawBackOf, wordOf } from './server-refs.ts'
import { endOrder, listOrderGrants, lockOrder, markTaken, namePerson, type OrderGrant } from './store.ts'

const reason = 'points.claw-back'
const [unpaid, undone] = [['ledger.insufficient_funds', 'ledger.account_frozen'], ['ledger.already_reversed']]

interface Taken {
  readonly amount: number
  readonly missing: number
  /** Why nothing came back, where that is none of the person's doing. */
  readonly refused?: string
}
/** Runs what the ledger may refuse, which leaves the decision as it was; a store in trouble is for the next try. */
async function codeOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    if (error instanceof Refusal && /^(?:ledger|idempotency)\./.test(error.code)) return error.code
    throw error
  }
}
/** Whose account a grant went to, and where it came from: an issuer, or a fund, which has it back too [PO6]. */
interface Ways {
  readonly account: string
  readonly source: string
}
async function waysOf(call: Call, { ref }: OrderGrant, userId: UserId): Promise<Ways> {
  const { legs = [] } = (await findTransfer(call, ref)) ?? {}
  const to = (isIt: (amount: number) => boolean) => legs.find(({ amount }) => isIt(amount))?.account
  return {
    account: to((amount) => amount > 0) ?? `user/${userId}`,
    source: to((amount) => amount < 0) ?? 'issuer/points',
  }
}
/**
 * How much of a grant came back: all of it, or what the person has left, to where it came from; nothing when the host
 * took it back before. What the books refuse is told and ends there: other orders of the app wait behind this one.
 */
async function takeBack(call: Call, grant: OrderGrant, { account, source }: Ways): Promise<Taken> {
  const { ref, currency, amount } = grant
  const by = clawBackOf(ref)
  const fault = await codeOf(() => reverse(call, { ref, by, reason }))
  if (fault === undefined) {
    await unspend(call, ref)
    return { amount, missing: 0 }
  }
  if (undone.includes(fault)) return { amount: 0, missing: 0 }
  if (!unpaid.includes(fault)) return { amount: 0, missing: amount, refused: fault }
  const left = Math.min(amount, await balanceOf(call, account, currency))
  if (left === 0) return { amount: 0, missing: amount }
  const legs = [
    { account, amount: -left },
    { account: source, amount: left },
  ]
  const refused = await codeOf(() => transfer(call, { ref: by, currency, reason, legs }))
  // Frozen: nothing leaves it, and the host is told what is missing.
  if (refused !== undefined && unpaid.includes(refused)) return { amount: 0, missing: amount }
  if (refused !== undefined) return { amount: 0, missing: amount, refused }
  await unspend(call, ref, amount - left)
  return { amount: left, missing: amount - left }
}

export const onOrder: Reaction = {
  name: 'points.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status, userId } = call.fact.data as { orderId: string; status: string; userId: UserId }
    // Also of an order nothing was granted for yet: it carries nothing of another's, nor anything after its end.
    const order = await lockOrder(call, orderId, userId)
    if (order.userId !== userId) await namePerson(call, orderId, userId)
    if (order.ended || (status !== 'refunded' && status !== 'cancelled')) return
    await endOrder(call, orderId)
    const grants = await listOrderGrants(call, orderId)
    await lockSpendings(
      call,
      grants.map(({ ref }) => ref),
    )
    for (const grant of grants) {
      const ways = await waysOf(call, grant, userId)
      const taken = await takeBack(call, grant, ways)
      await markTaken(call, orderId, grant.ref, taken.amount)
      const ref = wordOf(grant.ref)
      const person = ways.account.slice('user/'.length)
      call.recordForApp('points.clawed-back', { orderId, userId: person, ref, ...taken })
    }
  },
}
