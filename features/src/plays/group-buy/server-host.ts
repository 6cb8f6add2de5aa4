/** What the host's checkout and its orders say of places; glue between requests, order facts and the teams. */
import type { UserId } from '@qun/contract'
import { serveEndpoint, type EndpointServer, type Reaction, type ReactionCall } from '@qun/core'
import { isVoid, type ProductKeeper } from '../../shared/offer/server.ts'
import {
  bindOrder,
  groupBuy,
  instructionsForHost,
  payPlace,
  placeForHost,
  settleInstruction,
  teamsOf,
} from './contract.ts'
import { keepIfOver } from './server-offer.ts'
import {
  behindOf,
  giveBack,
  type OfferCall,
  type Paid,
  pay,
  refuseMoney,
  returnSold,
  teamsFrom,
  unseat,
} from './server-teams.ts'
import {
  dropInstruction,
  dueInstructions,
  findLastPlace,
  findPlace,
  finishInstruction,
  instruct,
  openTeams,
  type Place,
  placeOfOrder,
} from './store.ts'
import { bindOrder as keepOrder, hasOtherOrder, lockOrder, type StoredOrder } from './store-orders.ts'

type Keeper = ProductKeeper | undefined

// ── readings ──
const teams = serveEndpoint(teamsOf, async (call) => {
  const offer = await call.readCard(groupBuy, call.params)
  const page = await openTeams(offer, { after: call.query.after ?? 0, limit: call.query.limit ?? 50 })
  const named = { ...offer, findMembers: (userIds: Iterable<UserId>) => call.findUsers(userIds) }
  return { teams: await teamsFrom(named, page), openCount: offer.state.openCount }
})
const placeWith = (keeper: Keeper) =>
  serveEndpoint(placeForHost, async (call) => {
    const offer = await call.readCard(groupBuy, call.params)
    const place = await findPlace(offer, call.params.placeId)
    if (place === undefined) return call.fail('group_buy.no_place')
    const { title = '', productId } = offer.body
    const { userId, quantity, amountFen, teamNo, until } = place
    const isOpen = place.status === 'held' || place.status === 'returned'
    const status = isOpen && (await isVoid(offer, keeper)) ? ('void' as const) : place.status // [MER6]
    const { groupId, seq } = call.params
    const told = { userId, title, productId, quantity, amountFen, teamNo, until, status }
    return { ...told, groupId, seq, ...behindOf(offer) }
  })
const instructions = serveEndpoint(instructionsForHost, async (call) => {
  const { limit = 100, afterAt = -1, afterOrderId = '' } = call.query
  return { instructions: await dueInstructions(call.tx, call.appId, { afterAt, afterOrderId, limit }) }
})

// ── orders and payments ──
interface Asked {
  readonly userId: UserId
  readonly orderId: string
  readonly placeId?: string | undefined
}
/**
 * [GB10] The place an order, which is locked, is about: the one it paid for, the one it is for, the one named, or the
 * person's own.
 */
async function findAsked(card: OfferCall, order: StoredOrder, { userId, orderId, placeId }: Asked): Promise<Place> {
  const known = await placeOfOrder(card.tx, card.appId, orderId)
  const home = known ?? order
  if (home.groupId !== null && (home.groupId !== card.groupId || home.seq !== card.seq)) {
    return card.fail('group_buy.order_used')
  }
  const isForAnother = order.placeId !== null && placeId !== undefined && placeId !== order.placeId
  if (known === undefined && isForAnother) card.fail('group_buy.order_used')
  const namedId = order.placeId ?? placeId
  const place = known ?? (await (namedId === undefined ? findLastPlace(card, userId) : findPlace(card, namedId)))
  if (place === undefined || place.userId !== userId) return card.fail('group_buy.no_place')
  return place
}
/** [GB20] Whether it was told to be of somebody else than who keeps the place. */
const isOthers = (order: StoredOrder, place: Place): boolean => order.userId !== null && order.userId !== place.userId
/** [V5] [V6] What becomes of a payment that was not told before; the place is another order's, or nobody's yet. */
async function take(
  card: OfferCall,
  { order, place, orderId }: { readonly order: StoredOrder; readonly place: Place; readonly orderId: string },
  keeper: Keeper,
): Promise<Paid> {
  if (order.isEnded) return refuseMoney(card, place, orderId, 'host')
  if (isOthers(order, place)) return refuseMoney(card, place, orderId, 'host')
  if (order.placeId === null) await keepOrder(card, orderId, place.placeId)
  const isFree = place.orderId === null && card.body !== null
  if (!isFree) return refuseMoney(card, place, orderId)
  const paid = await pay(card, place, orderId, () => isVoid(card, keeper))
  // One that came too late may have given places back, or ended a team.
  await keepIfOver(card)
  return paid
}
const bindWith = (keeper: Keeper) =>
  serveEndpoint(bindOrder, async (call) => {
    const { orderId } = call.body
    const order = await lockOrder(call.tx, call.appId, orderId)
    const card = await call.card(groupBuy, call.params)
    if (order.isEnded) call.fail('group_buy.order_ended')
    const place = await findAsked(card, order, call.body)
    const { placeId, amountFen } = place
    const answer = { placeId, amountFen, ...call.params, ...behindOf(card) }
    if (order.placeId !== null) return answer
    if (isOthers(order, place)) call.fail('group_buy.order_others')
    if (place.orderId !== null) call.fail('group_buy.place_paid')
    await keepOrder(card, orderId, placeId)
    // Its payment was heard of before anybody knew what it is for.
    if (order.isPaid) await take(card, { order: { ...order, placeId }, place, orderId }, keeper)
    return answer
  })
const paidWith = (keeper: Keeper) =>
  serveEndpoint(payPlace, async (call) => {
    const { orderId, amountFen } = call.body
    const order = await lockOrder(call.tx, call.appId, orderId)
    const card = await call.card(groupBuy, call.params)
    const place = await findAsked(card, order, call.body)
    const { placeId, teamNo, status } = place
    const isWaiting = status === 'held' || status === 'returned'
    const behind = { ...call.params, ...behindOf(card) }
    if (!isWaiting && place.orderId === orderId) return { placeId, teamNo, status, ...behind }
    if (isOthers(order, place)) call.fail('group_buy.order_others')
    if (amountFen !== undefined && amountFen !== place.amountFen) call.fail('group_buy.amount_differs')
    return { ...(await take(card, { order, place, orderId }, keeper)), ...behind }
  })
const done = serveEndpoint(settleInstruction, async (call) => {
  if (!(await finishInstruction(call.tx, call.appId, call.body))) call.fail('group_buy.no_place')
  return {}
})

/** [GB12] The host ended an order: its place is free again, and nothing is captured of it any more. */
async function giveUp(card: OfferCall, place: Place, orderId: string): Promise<void> {
  if (place.status === 'held') {
    // Another order for the place may still be paid.
    if (!(await hasOtherOrder(card, place.placeId, orderId))) await giveBack(card, [place])
  } else if (place.orderId !== orderId) return
  else if (place.status === 'paid') await unseat(card, place)
  else if (place.status === 'won') {
    await dropInstruction(card.tx, card.appId, orderId)
    await returnSold(card, place)
  } else if (place.status === 'lost') await finishInstruction(card.tx, card.appId, { orderId, what: 'void' })
}
/** The order's place with its card locked; undefined of an order for other things. */
async function findPlaced(
  call: ReactionCall,
  order: StoredOrder,
  orderId: string,
): Promise<{ card: OfferCall; place: Place } | undefined> {
  const home = (await placeOfOrder(call.tx, call.appId, orderId)) ?? order
  const { groupId, seq, placeId } = home
  if (groupId === null || seq === null || placeId === null) return undefined
  const card: OfferCall = await call.card(groupBuy, { groupId, seq })
  const place = await findPlace(card, placeId)
  return place && { card, place }
}
/**
 * [GB10] [GB12] By the fact's name alone: a shop whose host tells of no orders has none of it. What is told is kept
 * whatever the order is for: that may be said only later.
 */
const onOrderWith = (keeper: Keeper): Reaction => ({
  name: 'group-buy.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status, userId } = call.fact.data as { orderId: string; status: string; userId?: UserId }
    const isPaid = status === 'paid' || status === 'received'
    const told = isPaid ? { userId, paidAt: call.now } : { userId, endedAt: call.now }
    const order = await lockOrder(call.tx, call.appId, orderId, told)
    const found = await findPlaced(call, order, orderId)
    if (found === undefined) return
    const { card, place } = found
    if (!isPaid) {
      await giveUp(card, place, orderId)
      return keepIfOver(card)
    }
    if (place.orderId === orderId && isOthers(order, place)) {
      await giveUp(card, place, orderId)
      // Its money is nobody's here; of one that bought, the capture is dropped.
      if (place.status === 'paid') await instruct(card, 'void', [{ ...place, orderId }], call.now)
      return keepIfOver(card)
    }
    if (place.orderId !== orderId) await take(card, { order, place, orderId }, keeper)
  },
})

export function hostWith(keeper: Keeper): {
  readonly endpoints: readonly EndpointServer[]
  readonly reactions: readonly Reaction[]
} {
  const endpoints = [teams, placeWith(keeper), instructions, bindWith(keeper), paidWith(keeper), done]
  return { endpoints, reactions: [onOrderWith(keeper)] }
}
