/** Serves buyer shows: glue between the contract, the rules, and orders as facts told of them. */
import type { StateOf, UserId } from '@qun/contract'
import {
  defineFeature,
  serveCard,
  serveEndpoint,
  type CardCall,
  type Feature,
  type Guard,
  type OpenCall,
  type Reaction,
} from '@qun/core'
import { buyerShow, ordersToShow, type MyOrder, type ShownItem, type ShownPicture } from './contract.ts'
import { isEachOnce, isPurchase, likesAfter, replaces } from './rules.ts'
import { addShow, audits, dropShow, findOrder, keepOrder, listOrders, listShows, migrations } from './store.ts'

const itemsMax = 3

/** Who keeps the pictures of a group. Called within the show's decision; neither feature names the other. */
export interface PictureKeeper {
  /** Ties a picture to the show; false when its poster may not show it. */
  show(call: OpenCall<typeof buyerShow>, picture: ShownPicture): Promise<boolean>
  /** Lets go of the pictures of a show that is recalled. */
  recalled(call: CardCall<typeof buyerShow>): Promise<void>
}
export interface BuyerShowOptions {
  /** Without it shows have no pictures. */
  readonly pictures?: PictureKeeper
}

async function open(
  call: OpenCall<typeof buyerShow>,
  keeper: PictureKeeper | undefined,
): Promise<StateOf<typeof buyerShow>> {
  const { orderId } = call.body
  const order = orderId === undefined ? undefined : await findOrder(call.tx, call.appId, orderId)
  if (orderId !== undefined) {
    if (order?.userId !== call.actorId) return call.fail('buyer_show.order_unknown') // [BS2]
    if (!(await addShow(call.tx, call.appId, orderId, call))) call.fail('buyer_show.shown')
  }
  await showPictures(call, keeper)
  const verified = order !== undefined && isPurchase(order.status)
  call.record('buyer-show.shown', { seq: call.seq, userId: call.actorId, verified, orderId: orderId ?? null })
  return { verified, items: [...(order?.items ?? [])], likeCount: 0 }
}

/** [BS7] [BS8] All of them, or the show is refused. */
async function showPictures(call: OpenCall<typeof buyerShow>, keeper: PictureKeeper | undefined): Promise<void> {
  const { pictures = [] } = call.body
  if (!isEachOnce(pictures)) call.fail('buyer_show.pictures_invalid')
  for (const picture of pictures)
    if ((await keeper?.show(call, picture)) !== true) call.fail('buyer_show.pictures_invalid')
}

const cardWith = (keeper: PictureKeeper | undefined) =>
  serveCard(buyerShow, {
    open: (call) => open(call, keeper),
    actions: {
      async like(call, { on }) {
        const was = (await call.mineOf(call.actorId))?.liked ?? false
        if (was === on) return // [BS5]
        call.setState({ ...call.state, likeCount: likesAfter(call.state.likeCount, was, on) })
        call.setMine(call.actorId, { liked: on })
        call.record('buyer-show.liked', { seq: call.seq, userId: call.actorId, on })
      },
    },
    async recalled(call) {
      await dropShow(call.tx, call.appId, call) // The order is free to be shown again.
      await keeper?.recalled(call)
    },
  })

/** [BS7] What was posted before is shown only while its poster sees it there. */
const pictures: Guard = {
  name: 'buyer-show.pictures',
  kinds: [buyerShow.kind],
  async post(attempt) {
    const { pictures: shown = [] } = attempt.body as { pictures?: readonly ShownPicture[] }
    for (const { seq } of shown)
      if (seq !== undefined && (await attempt.sightOf(seq)) !== 'visible') attempt.fail('buyer_show.pictures_invalid')
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

export function createBuyerShow(options: BuyerShowOptions = {}): Feature {
  return defineFeature({
    name: 'buyer-show',
    migrations,
    cards: [cardWith(options.pictures)],
    endpoints: [orders],
    guards: [pictures],
    reactions: [onOrder],
    audits,
  })
}
export default createBuyerShow()
