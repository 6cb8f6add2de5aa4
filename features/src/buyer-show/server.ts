/** Serves buyer shows: glue between the contract, the rules, and orders as facts told of them. */
import type { StateOf, UserId } from '@qun/contract'
import { defineFeature, serveCard, serveEndpoint, type Guard, type OpenCall, type Reaction } from '@qun/core'
import { buyerShow, ordersToShow, type MyOrder, type ShownItem } from './contract.ts'
import { isPurchase, likesAfter, replaces } from './rules.ts'
import { addShow, audits, dropShow, findOrder, keepOrder, listOrders, listShows, migrations } from './store.ts'

const itemsMax = 3

async function open(call: OpenCall<typeof buyerShow>): Promise<StateOf<typeof buyerShow>> {
  const { orderId } = call.body
  const order = orderId === undefined ? undefined : await findOrder(call.tx, call.appId, orderId)
  if (orderId !== undefined) {
    if (order?.userId !== call.actorId) return call.fail('buyer_show.order_unknown') // [BS2]
    if (!(await addShow(call.tx, call.appId, orderId, call))) call.fail('buyer_show.shown')
  }
  const verified = order !== undefined && isPurchase(order.status)
  call.record('buyer-show.shown', { seq: call.seq, userId: call.actorId, verified, orderId: orderId ?? null })
  return { verified, items: [...(order?.items ?? [])], likeCount: 0 }
}

const card = serveCard(buyerShow, {
  open,
  actions: {
    async like(call, { on }) {
      const was = (await call.mineOf(call.actorId))?.liked ?? false
      if (was === on) return // [BS5]
      call.setState({ ...call.state, likeCount: likesAfter(call.state.likeCount, was, on) })
      call.setMine(call.actorId, { liked: on })
      call.record('buyer-show.liked', { seq: call.seq, userId: call.actorId, on })
    },
  },
  // Shown again after a recall: the order is free.
  recalled: (call) => dropShow(call.tx, call.appId, call),
})

/** [BS7] What is not to be seen by who posts cannot be shown. */
const pictures: Guard = {
  name: 'buyer-show.pictures',
  kinds: [buyerShow.kind],
  async post(attempt) {
    const { pictures: shown = [] } = attempt.body as { pictures?: readonly { seq: number }[] }
    for (const { seq } of shown) if (!(await attempt.isVisible(seq))) attempt.fail('buyer_show.pictures_invalid')
    return undefined
  },
}

const orders = serveEndpoint(ordersToShow, async (call) => {
  const known = await listOrders(call.tx, call.appId, call.actorId)
  return { orders: known.map(({ orderId, status, at, items }) => ({ orderId, status, at, items: [...items] })) }
})

interface OrderFact {
  readonly orderId: string
  readonly userId: UserId
  readonly status: MyOrder['status']
  readonly at: number
  readonly items: readonly ShownItem[]
}
/** [BS4] [BS6] By the fact's name alone: a shop whose host tells of no orders has no badges. */
const onOrder: Reaction = {
  name: 'buyer-show.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, userId, status, at, items } = call.fact.data as OrderFact
    const known = await findOrder(call.tx, call.appId, orderId)
    if (!replaces(known?.at, at)) return
    const shown = items
      .slice(0, itemsMax)
      .map(({ title, image }) => ({ title, ...(image === undefined ? {} : { image }) }))
    await keepOrder(call.tx, call.appId, { orderId, userId, status, at, items: shown })
    if (isPurchase(status)) return
    for (const place of await listShows(call.tx, call.appId, orderId)) {
      const show = await call.card(buyerShow, place)
      if (!show.state.verified) continue
      show.setState({ ...show.state, verified: false })
      show.record('buyer-show.unverified', { seq: show.seq, orderId })
    }
  },
}

export default defineFeature({
  name: 'buyer-show',
  migrations,
  cards: [card],
  endpoints: [orders],
  guards: [pictures],
  reactions: [onOrder],
  audits,
})
