/** Flash sale: a card its members join once. Shapes on the wire only. */
import { closed, defineCard, MillisSchema, refusal, SeqSchema, Type, UserIdSchema } from '@qun/contract'

export const flashSale = defineCard({
  kind: 'flash-sale',
  doc: 'A card its members join once.',
  post: { by: 'member' },
  body: closed({ title: Type.String({ minLength: 1, maxLength: 60 }) }),
  state: closed({ count: Type.Integer({ minimum: 0 }) }),
  initial: { count: 0 },
  mine: closed({ at: MillisSchema }),
  actions: {
    join: { by: 'member', doc: 'Joins the actor, once.', input: closed({}), errors: ['flash_sale.joined'] },
  },
  facts: { 'flash-sale.joined': closed({ seq: SeqSchema, userId: UserIdSchema }) },
  refusals: { 'flash_sale.joined': refusal(409, 'never', '你已参与', 'You have joined already') },
  summary: (body) => ({ 'zh-CN': `[Flash sale] ${body.title}`, en: `[Flash sale] ${body.title}` }),
})
