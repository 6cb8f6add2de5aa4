/** The life of holds under the card's lock: taken, given back, refunded. Knows no request. */
import type { MineOf, UserId } from '@qun/contract'
import type { CardCall } from '@qun/core'
import { isPaused, isVoid, type ProductKeeper } from '../../shared/offer/server.ts'
import { type flashSale, holdMs, type Hold } from './contract.ts'
import { countFault, timeFault } from './rules.ts'
import { isOver, keepSold } from './server-offer.ts'
import { addHold, moveHolds, type StoredHold } from './store.ts'

export type SaleCall = CardCall<typeof flashSale>
type Mine = MineOf<typeof flashSale>
export const nothing: Mine = { hold: null, boughtCount: 0 }

/** [MER6] Whose offer it is, and who posted it. */
export const behindOf = ({ body, senderId }: Pick<SaleCall, 'body' | 'senderId'>) => ({
  // Recalled, it has no body any more.
  merchantId: (body as SaleCall['body'] | null)?.merchant?.merchantId ?? null,
  staffId: (senderId as string) === '' ? null : senderId,
})
/** Who wants pieces, and whether as a member. */
export interface Taker {
  readonly userId: UserId
  readonly quantity: number
  readonly isMember: boolean
}
/** Holds pieces for somebody; while a hold stands it is answered again. */
export async function take(
  call: SaleCall,
  { userId, quantity, isMember }: Taker,
  keeper: ProductKeeper | undefined,
): Promise<Hold> {
  const mine = (await call.mineOf(userId)) ?? nothing
  if (mine.hold !== null && call.now < mine.hold.until) return mine.hold // [FS4]
  if (call.state.void === true) call.fail('flash_sale.void')
  const late = call.state.phase === 'ended' ? 'flash_sale.ended' : timeFault(call.body, isMember, call.now)
  if (late !== undefined) call.fail(late)
  if (mine.hold !== null) await giveBack(call, [{ ...mine.hold, userId }], 'timeout')
  const { boughtCount } = mine
  const fault = countFault(call.body, quantity, boughtCount, call.state.left)
  if (fault !== undefined) call.fail(fault)
  if (await isVoid(call, keeper)) call.fail('flash_sale.void') // [MER6]
  if (await isPaused(call, keeper)) call.fail('product.gone')
  const standing = call.body.stock - call.state.left - call.state.soldCount
  const hold: Hold = { holdId: `hold_${call.randomHex(12)}`, quantity, until: call.now + holdMs }
  await addHold(call, { ...hold, userId }, call.now)
  setLeft(call, call.state.left - quantity)
  call.setMine(userId, { hold, boughtCount })
  call.record('flash-sale.taken', { ...behindOf(call), seq: call.seq, userId, quantity })
  // All holds last equally long, so the first is due first: while one stands, the sweep is planned already.
  if (standing === 0) call.schedule(hold.until, 'sweep')
  return hold
}

type Given = Pick<StoredHold, 'holdId' | 'userId' | 'quantity'>
const afterHeld = { timeout: 'lapsed', void: 'lapsed', given_up: 'released', cancelled: 'cancelled' } as const
/** [FS5] Unpaid pieces go back on sale and their holders are told; the caller has seen that they are still held. */
export async function giveBack(call: SaleCall, holds: readonly Given[], why: keyof typeof afterHeld): Promise<void> {
  await moveHolds(
    call,
    holds.map((hold) => hold.holdId),
    ['held', afterHeld[why]],
  )
  for (const hold of holds) await putBack(call, hold, why)
  if (isOver(call)) await keepSold(call)
}
/** [FS7] */
export async function refund(call: SaleCall, hold: Given): Promise<void> {
  await moveHolds(call, [hold.holdId], ['sold', 'refunded'])
  await putBack(call, hold, 'refunded')
  if (isOver(call)) await keepSold(call)
}
type Why = keyof typeof afterHeld | 'refunded'
async function putBack(call: SaleCall, { holdId, userId, quantity }: Given, why: Why): Promise<void> {
  const mine = (await call.mineOf(userId)) ?? nothing
  const isSold = why === 'refunded'
  call.setMine(userId, {
    hold: mine.hold?.holdId === holdId ? null : mine.hold,
    boughtCount: mine.boughtCount - (isSold ? quantity : 0),
  })
  setLeft(call, call.state.left + quantity, isSold ? -quantity : 0)
  call.record('flash-sale.returned', { ...behindOf(call), seq: call.seq, userId, quantity, why })
}
export function setLeft(call: SaleCall, left: number, sold = 0): void {
  if (left === 0 && call.state.left > 0) call.record('flash-sale.sold-out', { seq: call.seq })
  call.setState({ ...call.state, left, soldCount: call.state.soldCount + sold })
}
