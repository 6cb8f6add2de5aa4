/** What the host's checkout and its orders say of places; glue between requests, order facts and the teams. */
import type { UserId } from '@qun/contract'
import { serveEndpoint, type EndpointServer, type Reaction } from '@qun/core'
import {
  bindOrder,
  groupBuy,
  instructionsForHost,
  payPlace,
  placeForHost,
  settleInstruction,
  teamsOf,
} from './contract.ts'
import { giveBack, type OfferCall, type Paid, pay, refuseMoney, returnSold, teamsFrom, unseat } from './server-teams.ts'
import {
  bindPlace,
  dropInstruction,
  dueInstructions,
  findLastPlace,
  findPlace,
  finishInstruction,
  lockOrder,
  openTeams,
  type Place,
  placeOfOrder,
} from './store.ts'

// ── readings ──
const teams = serveEndpoint(teamsOf, async (call) => {
  const offer = await call.readCard(groupBuy, call.params)
  const page = await openTeams(offer, { after: call.query.after ?? 0, limit: call.query.limit ?? 50 })
  const named = { ...offer, findMembers: (userIds: Iterable<UserId>) => call.findUsers(userIds) }
  return { teams: await teamsFrom(named, page), openCount: offer.state.openCount }
})
const placeOf = serveEndpoint(placeForHost, async (call) => {
  const offer = await call.readCard(groupBuy, call.params)
  const place = await findPlace(offer, call.params.placeId)
  if (place === undefined) return call.fail('group_buy.no_place')
  const { title, productId = null } = offer.body
  const { userId, quantity, amountFen, teamNo, until, status } = place
  return { userId, title, productId, quantity, amountFen, teamNo, until, status }
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
 * [GB10] The place an order is about, with the order locked: the one it pays for already, the one named, or the
 * person's own.
 */
async function findAsked(card: OfferCall, { userId, orderId, placeId }: Asked): Promise<Place> {
  const known = await placeOfOrder(card.tx, card.appId, orderId)
  if (known !== undefined && (known.groupId !== card.groupId || known.seq !== card.seq)) {
    return card.fail('group_buy.order_used')
  }
  const named = placeId === undefined ? findLastPlace(card, userId) : findPlace(card, placeId)
  const place = known ?? (await named)
  if (place === undefined || place.userId !== userId) return card.fail('group_buy.no_place')
  const isWaiting = place.status === 'held' || place.status === 'returned'
  if (known !== undefined && isWaiting && placeId !== undefined && known.placeId !== placeId) {
    card.fail('group_buy.order_used')
  }
  return place
}
const bind = serveEndpoint(bindOrder, async (call) => {
  await lockOrder(call.tx, call.appId, call.body.orderId)
  const card = await call.card(groupBuy, call.params)
  const place = await findAsked(card, call.body)
  const { placeId, amountFen, orderId, status } = place
  if (orderId !== null && orderId !== call.body.orderId && status !== 'held' && status !== 'returned') {
    call.fail('group_buy.order_used')
  }
  if (orderId !== call.body.orderId) await bindPlace(card, placeId, call.body.orderId)
  return { placeId, amountFen }
})
const paid = serveEndpoint(payPlace, async (call): Promise<Paid> => {
  await lockOrder(call.tx, call.appId, call.body.orderId)
  const card = await call.card(groupBuy, call.params)
  const place = await findAsked(card, call.body)
  const { placeId, teamNo, amountFen, orderId, status } = place
  const isWaiting = status === 'held' || status === 'returned'
  if (!isWaiting && orderId === call.body.orderId) return { placeId, teamNo, status }
  if (call.body.amountFen !== undefined && call.body.amountFen !== amountFen) call.fail('group_buy.amount_differs')
  return isWaiting && card.body !== null
    ? pay(card, place, call.body.orderId)
    : refuseMoney(card, place, call.body.orderId)
})
const done = serveEndpoint(settleInstruction, async (call) => {
  if (!(await finishInstruction(call.tx, call.appId, call.body))) call.fail('group_buy.no_place')
  return {}
})

/** [GB12] By the fact's name alone: a shop whose host tells of no orders has none of it. */
export const onOrder: Reaction = {
  name: 'group-buy.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status } = call.fact.data as { orderId: string; status: string }
    const known = await placeOfOrder(call.tx, call.appId, orderId)
    if (known === undefined) return
    await lockOrder(call.tx, call.appId, orderId)
    const card: OfferCall = await call.card(groupBuy, known)
    const place = await findPlace(card, known.placeId)
    if (place === undefined || place.orderId !== orderId || card.body === null) return
    const isWaiting = place.status === 'held' || place.status === 'returned'
    if (status === 'paid' || status === 'received') {
      if (isWaiting) await pay(card, place, orderId)
      return
    }
    if (place.status === 'held') await giveBack(card, [place])
    else if (place.status === 'paid') await unseat(card, place)
    else if (place.status === 'won') {
      await dropInstruction(call.tx, call.appId, orderId)
      await returnSold(card, place)
    } else if (place.status === 'lost') await finishInstruction(call.tx, call.appId, { orderId, what: 'void' })
  },
}

export const endpoints: readonly EndpointServer[] = [teams, placeOf, instructions, bind, paid, done]
