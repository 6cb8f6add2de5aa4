/** Member level: a card its members join once. Shapes on the wire only. */
import { closed, defineCard, MillisSchema, refusal, SeqSchema, Type, UserIdSchema } from '@qun/contract'

export const memberLevel = defineCard({
  kind: 'member-level',
  doc: 'A card its members join once.',
  post: { by: 'member' },
  body: closed({ title: Type.String({ minLength: 1, maxLength: 60 }) }),
  state: closed({ count: Type.Integer({ minimum: 0 }) }),
  initial: { count: 0 },
  mine: closed({ at: MillisSchema }),
  actions: {
    join: { by: 'member', doc: 'Joins the actor, once.', input: closed({}), errors: ['member_level.joined'] },
  },
  facts: { 'member-level.joined': closed({ seq: SeqSchema, userId: UserIdSchema }) },
  refusals: { 'member_level.joined': refusal(409, 'never', '你已参与', 'You have joined already') },
  summary: (body) => ({ 'zh-CN': `[Member level] ${body.title}`, en: `[Member level] ${body.title}` }),
})
