/** Orders 订单 as the host tells of them: what became of one, as a fact of the app. Shapes on the wire only. */
import {
  closed,
  defineEndpoint,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

export const OrderItem = closed({
  /** The host's product, when the catalogue knows it. */
  productId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  title: Type.String({ maxLength: 80 }),
  image: Type.Optional(Type.String({ maxLength: 2_000 })),
  quantity: Type.Integer({ minimum: 1, maximum: 10_000 }),
})
export type OrderItem = Static<typeof OrderItem>

/** What an order is after all events known by now, whatever their order of arrival. */
export const OrderStatus = oneOf('paid', 'received', 'refunded', 'cancelled')
export type OrderStatus = Static<typeof OrderStatus>

const OrderId = Type.String({ minLength: 1, maxLength: 128 })
const ShopId = Type.String({ minLength: 1, maxLength: 64 })
const AmountFen = Type.Integer({ minimum: 0, maximum: 100_000_000_000 })

/** What is known of an order. */
const order = {
  orderId: Type.String(),
  userId: UserIdSchema,
  shopId: Type.String(),
  status: OrderStatus,
  /** When the host says it happened. */
  at: MillisSchema,
  /** What was paid, in fen; absent when the host did not tell. */
  amountFen: Type.Optional(Type.Integer({ minimum: 0 })),
  items: Type.Array(OrderItem, { maxItems: 100 }),
  /** The group in which it was bought, when the host told. */
  groupId: Type.Optional(GroupIdSchema),
}
export const orderFacts = {
  /** An order's state changed; facts of one app come in order, each change once. The fact's `groupId` is ''. */
  'order.changed': closed(order),
} as const
export type OrderChange = Static<(typeof orderFacts)['order.changed']>

/** An order as the host reads it back. */
export const Order = closed({
  ...order,
  /** Since when it waits for its person to become known; null when it does not. */
  parkedAt: nullable(MillisSchema),
})
export type Order = Static<typeof Order>

export const postOrderEvent = defineEndpoint({
  name: 'orders.report',
  method: 'POST',
  path: '/order-events',
  doc:
    'The host tells what became of an order. Idempotent by `source` and `eventId`; order of arrival does not matter. ' +
    'Events of people Qun does not know yet are kept. What follows from it (an invitation, points) comes by itself.',
  by: 'server',
  body: closed({
    /** Which of the host's systems speaks; ids of events are its own. */
    source: Type.Optional(Type.String({ minLength: 1, maxLength: 64, default: 'host' })),
    eventId: Type.String({ minLength: 1, maxLength: 128 }),
    kind: OrderStatus,
    orderId: OrderId,
    userId: UserIdSchema,
    shopId: ShopId,
    at: MillisSchema,
    amountFen: Type.Optional(AmountFen),
    items: Type.Optional(
      Type.Array(
        closed({
          productId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          title: Type.String({ maxLength: 10_000, description: 'Kept up to 80 characters, as plain text.' }),
          image: Type.Optional(Type.String({ maxLength: 2_000, description: 'Kept when it is https.' })),
          quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
        }),
        { maxItems: 100 },
      ),
    ),
    groupId: Type.Optional(GroupIdSchema),
  }),
  answer: closed({
    outcome: oneOf('recorded', 'parked', 'replayed'),
  }),
  status: 202,
  errors: ['idempotency.key_reused'],
  facts: orderFacts,
})

const orderRefusals = {
  'order.not_found': refusal(404, 'never', '订单不存在', 'There is no such order'),
} as const
export const orderOf = defineEndpoint({
  name: 'orders.get',
  method: 'GET',
  path: '/orders/:orderId',
  doc: 'An order as all its events together say.',
  by: 'server',
  params: closed({ orderId: OrderId }),
  answer: closed({ order: Order }),
  refusals: orderRefusals,
  errors: ['order.not_found'],
})
export const parkedOrders = defineEndpoint({
  name: 'orders.parked',
  method: 'GET',
  path: '/parked-orders',
  doc: 'Orders of people Qun was not told of, longest waiting first. One that waits for a day is worth a look.',
  by: 'server',
  query: closed({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })) }),
  answer: closed({ orders: Type.Array(Order) }),
})
