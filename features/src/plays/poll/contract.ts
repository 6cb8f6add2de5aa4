/** Poll 投票: a question with options, each member one ballot; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  int32Max,
  nameText,
} from '@qun/contract'

export const optionsMax = 20
const Option = nameText({ maxLength: 60 })
/** Indexes into the options. */
const Choices = Type.Array(Type.Integer({ minimum: 0, maximum: int32Max }), { maxItems: optionsMax })

export const pollRefusals = {
  'poll.option': refusal(422, 'after-change', '没有这个选项', 'There is no such option'),
  'poll.too_many': refusal(422, 'after-change', '选择的选项太多', 'Too many options were chosen'),
  'poll.fixed': refusal(409, 'never', '投票后不能更改', 'A vote in this poll cannot be changed'),
  'poll.closed': refusal(409, 'never', '投票已结束', 'The poll is closed'),
  'poll.anonymous': refusal(403, 'never', '匿名投票不公开投票人', 'An anonymous poll tells nobody who voted'),
  'poll.hidden': refusal(403, 'later', '结束后公布结果', 'Results are shown when the poll closes'),
  'poll.add_forbidden': refusal(403, 'never', '不能添加选项', 'This poll takes no more options'),
  'poll.options_full': refusal(409, 'never', '选项已满', 'There is no room for another option'),
  'poll.option_exists': refusal(409, 'after-change', '已有相同选项', 'There is such an option already'),
  'poll.options_invalid': refusal(422, 'after-change', '选项设置有误', 'Options or choices do not fit'),
  'poll.time_invalid': refusal(422, 'after-change', '截止时间有误', 'The end does not lie ahead'),
} as const

export const poll = defineCard({
  kind: 'poll',
  doc: 'A question with options; each member has one ballot.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({
    question: nameText({ maxLength: 120 }),
    options: Type.Array(Option, { minItems: 2, maxItems: optionsMax }),
    /** How many options one may choose. */
    choicesMax: Type.Integer({ minimum: 1, maximum: optionsMax }),
    anonymous: Type.Boolean(),
    mayChange: Type.Boolean(),
    mayAdd: Type.Boolean({ description: 'Members may add options.' }),
    hideResults: Type.Boolean({ description: 'Counts are shown when the poll closes.' }),
    closesAt: Type.Optional(MillisSchema),
  }),
  state: closed({
    phase: oneOf('open', 'closed'),
    options: Type.Array(Type.String(), { maxItems: optionsMax }),
    /** How many chose each option; absent while results are hidden. */
    counts: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))),
    voterCount: Type.Integer({ minimum: 0 }),
    closedAt: Type.Optional(MillisSchema),
  }),
  mine: closed({ choices: Choices }),
  actions: {
    vote: {
      by: 'member',
      doc: 'The actor’s ballot; the same again changes nothing, none chosen takes it back.',
      input: closed({ choices: Choices }),
      errors: ['poll.option', 'poll.too_many', 'poll.fixed', 'poll.closed'],
    },
    add: {
      by: 'member',
      doc: 'Adds an option, where the poll lets members.',
      input: closed({ option: Option }),
      errors: ['poll.add_forbidden', 'poll.options_full', 'poll.option_exists', 'poll.closed'],
    },
    close: {
      by: 'member',
      doc: 'Closes the poll; its sender or an admin may. Closing again changes nothing.',
      input: closed({}),
      errors: ['group.permission'],
    },
  },
  facts: {
    'poll.voted': closed({
      seq: SeqSchema,
      /** Null in an anonymous poll. */
      userId: nullable(UserIdSchema),
    }),
    'poll.closed': closed({ seq: SeqSchema, voterCount: Type.Integer(), counts: Type.Array(Type.Integer()) }),
  },
  refusals: pollRefusals,
  summary: (body) => ({ 'zh-CN': `[投票] ${body.question}`, en: `[Poll] ${body.question}` }),
})

export const votersOf = defineEndpoint({
  name: 'polls.voters',
  method: 'GET',
  path: '/groups/:groupId/polls/:seq/voters',
  doc: 'Who chose an option, in the order of voting. Not of an anonymous poll, nor while results are hidden.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema, seq: SeqSchema }),
  query: closed({
    option: Type.Integer({ minimum: 0, maximum: optionsMax }),
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max, description: 'How many one has already.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  }),
  answer: closed({
    voters: Type.Array(closed({ userId: UserIdSchema, name: Type.String(), avatar: Type.String() })),
    more: Type.Boolean(),
  }),
  refusals: pollRefusals,
  errors: ['message.not_found', 'poll.anonymous', 'poll.hidden', 'poll.option'],
})
