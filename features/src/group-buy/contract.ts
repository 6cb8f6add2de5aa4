/** Group buy: a card its members join once. Shapes on the wire only. */
import { closed, defineCard, MillisSchema, refusal, SeqSchema, Type, UserIdSchema } from '@qun/contract'

export const groupBuy = defineCard({
  kind: 'group-buy',
  doc: 'A card its members join once.',
  post: { by: 'member' },
  body: closed({ title: Type.String({ minLength: 1, maxLength: 60 }) }),
  state: closed({ count: Type.Integer({ minimum: 0 }) }),
  initial: { count: 0 },
  mine: closed({ at: MillisSchema }),
  actions: {
    join: { by: 'member', doc: 'Joins the actor, once.', input: closed({}), errors: ['group_buy.joined'] },
  },
  facts: { 'group-buy.joined': closed({ seq: SeqSchema, userId: UserIdSchema }) },
  refusals: { 'group_buy.joined': refusal(409, 'never', '你已参与', 'You have joined already') },
  summary: (body) => ({ 'zh-CN': `[Group buy] ${body.title}`, en: `[Group buy] ${body.title}` }),
})
