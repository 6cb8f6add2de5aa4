/** What the host's checkout and its orders say of holds; glue between requests, order facts and holds. */
import type { UserId } from '@qun/contract'
import { serveEndpoint, type EndpointServer, type Reaction } from '@qun/core'
import { isVoid, type ProductKeeper } from '../../shared/offer/server.ts'
import { cancelHold, flashSale, holdForHost, payHold, saleForHost, takeForHost } from './contract.ts'
import { lateFault, payFault } from './rules.ts'
import { behindOf, giveBack, nothing, refund, type SaleCall, setLeft, take } from './server-holds.ts'
import { isOver, keepSold } from './server-offer.ts'
import {
  bindOrder,
  endOrder,
  findHold,
  lockOrder,
  moveHolds,
  nameOrder,
  placesOfOrder,
  type StoredHold,
} from './store.ts'

type Keeper = ProductKeeper | undefined

const saleWith = (keeper: Keeper) =>
  serveEndpoint(saleForHost, async (call) => {
    const sale = await call.readCard(flashSale, call.params)
    const { body, state } = sale
    const { title = '', productId, priceFen, startsAt, publicStartsAt = null, endsAt } = body
    const ended = state.phase === 'ended' || call.now >= endsAt
    const told = { title, productId, priceFen, left: state.left, startsAt, publicStartsAt, endsAt, ended }
    return { ...told, void: await isVoid(sale, keeper), ...call.params, ...behindOf(sale) }
  })
/** [MER6] What was not paid is void once the group may not sell it any more. */
const holdWith = (keeper: Keeper) =>
  serveEndpoint(holdForHost, async (call) => {
    const sale = await call.readCard(flashSale, call.params)
    const { title = '', productId, priceFen } = sale.body
    const hold = await findHold(sale, call.params.holdId)
    if (hold === undefined) return call.fail('flash_sale.no_hold')
    const { userId, quantity, until, state, orderId } = hold
    const isOpen = state === 'held' || state === 'lapsed'
    const status = isOpen && (await isVoid(sale, keeper)) ? ('void' as const) : state
    const { groupId, seq } = call.params
    const told = { userId, title, productId, quantity, priceFen, amountFen: priceFen * quantity, until, orderId }
    return { ...told, status, groupId, seq, ...behindOf(sale) }
  })

const takeWith = (keeper: Keeper) =>
  serveEndpoint(takeForHost, async (call) => {
    const { userId, quantity } = call.body
    const sale = await call.card(flashSale, call.params)
    if (sale.disbanded) call.fail('group.dissolved')
    if (sale.body === null) call.fail('message.not_found') // It was recalled.
    const member = await sale.findMember(userId)
    const hold = await take(sale, { userId, quantity, isMember: member?.active === true }, keeper)
    return { ...hold, ...call.params, ...behindOf(sale) }
  })

/**
 * [V3] [FS6] Makes a hold ready that is paid after its time: it lapses if no sweep came by, and takes pieces anew, or
 * is refused. What else its buyer holds by the clock counts against the limit.
 */
async function admitLate(sale: SaleCall, { userId, quantity }: StoredHold): Promise<void> {
  if (sale.disbanded) sale.fail('group.dissolved')
  // Recalled, it has nothing to sell any more.
  if (sale.body === null || sale.state.phase === 'ended') sale.fail('flash_sale.ended')
  const mine = (await sale.mineOf(userId)) ?? nothing
  const isDue = mine.hold !== null && sale.now >= mine.hold.until
  if (mine.hold !== null && isDue) await giveBack(sale, [{ ...mine.hold, userId }], 'timeout')
  const takenCount = mine.boughtCount + (isDue ? 0 : (mine.hold?.quantity ?? 0))
  const { left } = sale.state
  const fault = lateFault(sale.body, quantity, { takenCount, left, now: sale.now })
  if (fault !== undefined) sale.fail(fault)
}
async function sell(sale: SaleCall, hold: StoredHold, orderId: string): Promise<void> {
  const { holdId, userId, quantity } = hold
  const isLate = hold.state === 'lapsed' || sale.now >= hold.until
  if (isLate) await admitLate(sale, hold)
  await moveHolds(sale, [holdId], isLate ? ['lapsed', 'sold'] : ['held', 'sold'], orderId)
  await bindOrder(sale, orderId, holdId)
  setLeft(sale, sale.state.left - (isLate ? quantity : 0), quantity)
  const mine = (await sale.mineOf(userId)) ?? nothing
  const kept = mine.hold?.holdId === holdId ? null : mine.hold
  sale.setMine(userId, { hold: kept, boughtCount: mine.boughtCount + quantity })
  if (isOver(sale)) await keepSold(sale)
  sale.record('flash-sale.sold', { ...behindOf(sale), seq: sale.seq, userId, quantity, orderId })
}
/** The order is locked before the card, here and where orders are heard of: nobody waits in a circle. */
const payWith = (keeper: Keeper) =>
  serveEndpoint(payHold, async (call) => {
    const { orderId } = call.body
    const order = await lockOrder(call.tx, call.appId, orderId)
    const sale = await call.card(flashSale, call.params)
    const hold = await findHold(sale, call.params.holdId)
    if (hold === undefined) return call.fail('flash_sale.no_hold')
    const { state, quantity } = hold
    const { groupId, seq } = call.params
    const answer = { quantity, groupId, seq, ...behindOf(sale) }
    if (state === 'sold' && hold.orderId === orderId) return answer // [FS6]
    if (order.userId !== null && order.userId !== hold.userId) call.fail('flash_sale.order_others') // [FS15]
    const isOrderUsed = order.holdId !== null && order.holdId !== hold.holdId
    const fault = payFault({ state, isOrderEnded: order.isEnded, isOrderUsed })
    if (fault !== undefined) call.fail(fault)
    if (await isVoid(sale, keeper)) call.fail('flash_sale.void') // [MER6]
    await sell(sale, hold, orderId)
    return answer
  })

const cancel = serveEndpoint(cancelHold, async (call) => {
  const sale = await call.card(flashSale, call.params)
  const hold = await findHold(sale, call.params.holdId)
  if (hold === undefined) return call.fail('flash_sale.no_hold')
  if (hold.state === 'sold') call.fail('flash_sale.hold_paid')
  if (hold.state === 'held') await giveBack(sale, [hold], 'cancelled')
  // Its pieces are back already; from now on no late payment takes it up again.
  if (hold.state === 'lapsed') await moveHolds(sale, [hold.holdId], ['lapsed', 'cancelled'])
  return {}
})

/**
 * [FS7] [FS10] [FS15] By the fact's name alone: a shop whose host tells of no orders has none of it. Whose order it is
 * and that it ended are kept whatever it was for: it may be reported as paid only later.
 */
export const onOrder: Reaction = {
  name: 'flash-sale.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status, userId } = call.fact.data as { orderId: string; status: string; userId?: UserId }
    const isEnded = status === 'cancelled' || status === 'refunded'
    if (userId !== undefined) await nameOrder(call.tx, call.appId, orderId, userId)
    if (isEnded) await endOrder(call.tx, call.appId, orderId, call.now)
    for (const { groupId, seq, holdId } of await placesOfOrder(call.tx, call.appId, orderId)) {
      const sale = await call.card(flashSale, { groupId, seq })
      const hold = await findHold(sale, holdId)
      const isOthers = userId !== undefined && hold?.userId !== userId
      if (hold?.state === 'sold' && (isEnded || isOthers)) await refund(sale, hold)
    }
  },
}

export const endpointsWith = (keeper: Keeper): readonly EndpointServer[] => [
  saleWith(keeper),
  holdWith(keeper),
  takeWith(keeper),
  payWith(keeper),
  cancel,
]
