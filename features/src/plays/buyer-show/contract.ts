/** Buyer show 晒单: a customer shows what they bought, with a badge the host's order gives; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'
import { MediaIdSchema } from '../../words/message/contract.ts'

export const picturesMax = 3
const Item = closed({ title: Type.String(), image: Type.Optional(Type.String()) })
export type ShownItem = Static<typeof Item>

const Picture = closed({
  mediaId: MediaIdSchema,
  /** Where its poster showed it before; a picture uploaded for this show has none. */
  seq: Type.Optional(SeqSchema),
})
export type ShownPicture = Static<typeof Picture>

export const showRefusals = {
  'buyer_show.order_unknown': refusal(404, 'never', '没有这个订单', 'There is no such order of yours'),
  'buyer_show.shown': refusal(409, 'never', '这个订单已经晒过了', 'This order was shown already'),
  'buyer_show.pictures_invalid': refusal(422, 'after-change', '图片不可用', 'A picture cannot be used'),
} as const

export const buyerShow = defineCard({
  kind: 'buyer-show',
  doc: 'A customer shows what they bought; the badge comes from the host’s order.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({
    text: Type.String({ minLength: 1, maxLength: 500 }),
    stars: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
    orderId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    pictures: Type.Optional(Type.Array(Picture, { maxItems: picturesMax })),
  }),
  state: closed({
    verified: Type.Boolean({ description: 'The order is real, the poster’s, and not given back.' }),
    items: Type.Array(Item, { maxItems: 3 }),
    likeCount: Type.Integer({ minimum: 0 }),
  }),
  mine: closed({ liked: Type.Boolean() }),
  actions: {
    like: {
      by: 'member',
      doc: 'Likes the show, or takes it back.',
      input: closed({ on: Type.Boolean() }),
      errors: [],
    },
  },
  facts: {
    'buyer-show.shown': closed({
      seq: SeqSchema,
      userId: UserIdSchema,
      verified: Type.Boolean(),
      orderId: nullable(Type.String()),
    }),
    'buyer-show.liked': closed({ seq: SeqSchema, userId: UserIdSchema, on: Type.Boolean() }),
    'buyer-show.unverified': closed({ seq: SeqSchema, orderId: Type.String() }),
  },
  refusals: showRefusals,
  summary: (body) => {
    const words = body.text.slice(0, 60)
    return { 'zh-CN': `[晒单] ${words}`, en: `[Buyer show] ${words}` }
  },
})

export const MyOrder = closed({
  orderId: Type.String(),
  status: oneOf('paid', 'received', 'refunded', 'cancelled'),
  at: MillisSchema,
  items: Type.Array(Item, { maxItems: 3 }),
})
export type MyOrder = Static<typeof MyOrder>
export const ordersToShow = defineEndpoint({
  name: 'buyerShows.orders',
  method: 'GET',
  path: '/me/orders-to-show',
  doc: 'The caller’s own orders that were paid or received, latest first, at most fifty.',
  by: 'user',
  answer: closed({ orders: Type.Array(MyOrder) }),
})
