/** Serves orders: takes the host's events and tells of them in facts. Knows no play. */
import { createHash } from 'node:crypto'
import type { AnswerOf, UserId } from '@qun/contract'
import { defineFeature, serveEndpoint, type Call } from '@qun/core'
import { orderOf, parkedOrders, postOrderEvent, type Order } from './contract.ts'
import { canonical, foldEvent, nothing, orderFrom, plainItems, statusOf, type Folded } from './rules.ts'
import * as store from './store.ts'
import type { StoredOrder } from './store.ts'

/** Parked orders that get another turn with a report: few, so that a report stays quick. */
const turnsPerReport = 5
/** Parked orders of one person taken up at once. */
const turnsPerPerson = 50

const foldedOf = (order: StoredOrder) => JSON.parse(order.folded) as Folded
const wireOf = (order: StoredOrder): Order | undefined => {
  const change = orderFrom(order.orderId, order.userId, foldedOf(order))
  return change && { ...change, parkedAt: order.parkedAt }
}

/** [OR1] [O1] The order is locked; what it says follows from the set of its events. */
const report = serveEndpoint(postOrderEvent, async (call): Promise<AnswerOf<typeof postOrderEvent>> => {
  const { body, tx, appId, now } = call
  const { source = 'host', eventId, kind, orderId, userId, at, shopId, amountFen, items, groupId } = body
  const hash = createHash('sha256')
    .update(canonical({ ...body, source }))
    .digest('hex')
  const seen = await store.addEvent(tx, appId, { source, eventId, hash, orderId, kind, at }, now)
  if (seen === 'other') call.fail('idempotency.key_reused')
  if (seen === 'again') return { outcome: 'replayed' }
  const known = await store.lockOrder(tx, appId, { orderId, userId, folded: JSON.stringify(nothing) })
  if (known.userId !== userId) call.fail('idempotency.key_reused', { detail: 'the order belongs to another person' })
  const folded = foldEvent(foldedOf(known), {
    source,
    eventId,
    kind,
    at,
    shopId,
    ...(amountFen === undefined ? {} : { amountFen }),
    ...(items === undefined ? {} : { items: plainItems(items) }),
    ...(groupId === undefined ? {} : { groupId }),
  })
  const isKnown = (await call.findUser(userId)) !== undefined
  await tell(call, { ...known, folded: JSON.stringify(folded) }, isKnown)
  const waiting = await store.lockParked(tx, appId, turnsPerReport)
  await takeUp(call, waiting, orderId)
  // In a long line this person's own orders may stand further back.
  const isLong = waiting.length === turnsPerReport
  if (isKnown && isLong) await takeUp(call, await store.lockParked(tx, appId, turnsPerPerson, userId))
  return { outcome: isKnown ? 'recorded' : 'parked' }
})

/** [OR3] Tells reactions of an order once per change, as soon as its person is known; parks it until then. */
async function tell(call: Call, order: StoredOrder, isKnown: boolean): Promise<void> {
  const folded = foldedOf(order)
  const change = orderFrom(order.orderId, order.userId, folded)
  const said = change === undefined ? null : canonical(change)
  const isNews = isKnown && said !== order.told
  if (isNews && change !== undefined) call.recordForApp('order.changed', change)
  await store.saveOrder(call.tx, call.appId, {
    ...order,
    told: isNews ? said : order.told,
    parkedAt: isKnown ? null : call.now,
    status: statusOf(folded)?.status,
  })
}
/** [O4] Tells of parked orders whose person is known by now; the others go to the end of the line. */
async function takeUp(call: Call, orders: readonly StoredOrder[], exceptOrderId?: string): Promise<void> {
  for (const order of orders) {
    if (order.orderId === exceptOrderId) continue
    await tell(call, order, (await call.findUser(order.userId)) !== undefined)
  }
}

const read = serveEndpoint(orderOf, async (call) => {
  const found = await store.findOrder(call.tx, call.appId, call.params.orderId)
  const order = found && wireOf(found)
  return order === undefined ? call.fail('order.not_found') : { order }
})
const parked = serveEndpoint(parkedOrders, async (call) => {
  const orders = await store.listParked(call.tx, call.appId, call.query.limit ?? 50)
  return { orders: orders.flatMap((order) => wireOf(order) ?? []) }
})

export default defineFeature({
  name: 'order',
  migrations: store.migrations,
  endpoints: [report, read, parked],
  reactions: [
    {
      // Who joins a group is known from then on.
      name: 'order.take-up',
      on: 'membership.joined',
      async handle(call) {
        const { userId } = call.fact.data as { userId: UserId }
        await takeUp(call, await store.lockParked(call.tx, call.appId, turnsPerPerson, userId))
      },
    },
  ],
  audits: store.audits,
})
