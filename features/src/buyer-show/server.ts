/** Serves buyer shows: glue between the contract, the rules, and orders as facts told of them. */
import type { StateOf, UserId } from '@qun/contract'
import {
  defineFeature,
  serveCard,
  serveEndpoint,
  type Audit,
  type Guard,
  type OpenCall,
  type Reaction,
} from '@qun/core'
import { sql } from 'kysely'
import { buyerShow, ordersToShow, type MyOrder, type ShownItem } from './contract.ts'
import { isPurchase, likesAfter, replaces } from './rules.ts'
import { addShow, dropShow, findOrder, keepOrder, listOrders, listShows, migrations } from './store.ts'

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

const audits: readonly Audit[] = [
  {
    id: 'BS1',
    doc: 'A show with the badge has an order of its poster that was paid or received.',
    async find(tx) {
      const { rows } = await sql<{ place: string }>`SELECT m.app_id || '/' || m.group_id || '/' || m.seq AS place
        FROM messages m LEFT JOIN buyer_show_orders o ON o.app_id = m.app_id AND o.order_id = m.body->>'orderId'
          AND o.user_id = m.sender_id AND o.status IN ('paid', 'received')
        WHERE m.kind = 'buyer-show' AND m.recalled_at IS NULL AND (m.state->>'verified')::boolean AND o.order_id IS NULL
        LIMIT 100`.execute(tx)
      return rows.map(({ place }) => `the badge of ${place}`)
    },
  },
  {
    id: 'BS5',
    doc: 'The likes of a show are the people who like it now.',
    async find(tx) {
      const { rows } = await sql<{ place: string }>`SELECT m.app_id || '/' || m.group_id || '/' || m.seq AS place
        FROM messages m LEFT JOIN (SELECT app_id, group_id, seq, count(*) FILTER (WHERE (body->>'liked')::boolean) AS n
          FROM mine WHERE kind = 'buyer-show' GROUP BY 1, 2, 3) l USING (app_id, group_id, seq)
        WHERE m.kind = 'buyer-show' AND m.recalled_at IS NULL AND (m.state->>'likeCount')::bigint <> coalesce(l.n, 0)
        LIMIT 100`.execute(tx)
      return rows.map(({ place }) => `the likes of ${place}`)
    },
  },
]

export default defineFeature({
  name: 'buyer-show',
  migrations,
  cards: [card],
  endpoints: [orders],
  guards: [pictures],
  reactions: [onOrder],
  audits,
})
