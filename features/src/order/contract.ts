/** Orders 订单 as the host tells of them: what became of one, as a fact of the app. Shapes on the wire only. */
import { closed, MillisSchema, oneOf, Type, UserIdSchema, type Static } from '@qun/contract'

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

export const orderFacts = {
  /** An order's state changed; facts of one app come in order, each change once. The fact's `groupId` is ''. */
  'order.changed': closed({
    orderId: Type.String(),
    userId: UserIdSchema,
    shopId: Type.String(),
    status: OrderStatus,
    /** When the host says it happened. */
    at: MillisSchema,
    /** What was paid, in fen; absent when the host did not tell. */
    amountFen: Type.Optional(Type.Integer({ minimum: 0 })),
    items: Type.Array(OrderItem, { maxItems: 100 }),
  }),
} as const
