/** Member level 群等级, titles 头衔 and weekly honours 群荣誉: what talking in a group earns; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  defineRecord,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type LocalText,
  type Static,
  int32Max,
} from '@qun/contract'

/** For the rules, which know their own contract alone. */
export { dayNumberIn, midnightOf } from '@qun/contract'

/** Points at which levels 1 to 6 begin (mechanics C-06). */
export const levelsAt = [0, 30, 120, 360, 900, 2_000] as const
const title = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })
export const levelTitles: readonly LocalText[] = [
  title('潜水', 'Listener'),
  title('冒泡', 'Ripple'),
  title('吐槽', 'Voice'),
  title('活跃', 'Regular'),
  title('话唠', 'Talker'),
  title('传说', 'Legend'),
]
/** What each level adds to the one before; a host or another feature may ask for them, nothing here enforces them. */
export const levelRights = ['image', 'link', 'poll', 'topic', 'co-host'] as const
/** Members whose level stands beside their name, the highest first. */
export const shownMax = 200

export const Honour = oneOf('talkative', 'strong_newbie', 'performer', 'emotion', 'answerer', 'connector')
export type Honour = Static<typeof Honour>
export const honourNames: Readonly<Record<Honour, LocalText>> = {
  talkative: title('龙王', 'Dragon of talk'),
  strong_newbie: title('冒尖小春笋', 'Spring shoot'),
  performer: title('群聊之火', 'Spark'),
  emotion: title('快乐之源', 'Joy-bringer'),
  answerer: title('解惑者', 'Answerer'),
  connector: title('搭桥人', 'Bridge-builder'),
}
export const Level = Type.Integer({ minimum: 1, maximum: 6 })
const Points = Type.Integer({ minimum: 0 })
/** One of a week's honours; `figure` is what it was counted by. */
export const Award = closed({
  honour: Honour,
  userId: UserIdSchema,
  name: Type.String(),
  figure: Type.Integer({ minimum: 1, maximum: int32Max }),
})
export type Award = Static<typeof Award>

export const levelFacts = {
  'member-level.reached': closed({ userId: UserIdSchema, level: Level }),
  'member-level.honour': closed({ userId: UserIdSchema, honour: Honour, weekAt: MillisSchema }),
} as const

export const memberLevel = defineCard({
  kind: 'member-level',
  doc: 'The honours of a week, posted by the system when a new week’s talk begins.',
  post: { by: 'server' },
  gives: 'nothing',
  body: closed({
    /** When the week began. */
    weekAt: MillisSchema,
    honours: Type.Array(Award, { minItems: 1, maxItems: 6 }),
  }),
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: {},
  facts: levelFacts,
  refusals: {},
  countable: false,
  summary: ({ honours }) => ({
    'zh-CN': `[群荣誉] ${honours.map((one) => `${honourNames[one.honour]['zh-CN']} ${one.name}`).join('、')}`,
    en: `[Honours] ${honours.map((one) => `${honourNames[one.honour].en} ${one.name}`).join(', ')}`,
  }),
})

/** One row a group, small enough for every snapshot. */
export const shownLevels = defineRecord({
  kind: 'member-level-shown',
  stream: 'group',
  doc: 'Levels from 2 on of at most 200 members, and last week’s honours: what stands beside names.',
  body: closed({
    levels: Type.Record(Type.String(), Level),
    honours: Type.Array(closed({ userId: UserIdSchema, honour: Honour }), { maxItems: 6 }),
    weekAt: nullable(MillisSchema),
  }),
})

const group = closed({ groupId: GroupIdSchema })
export const myLevel = defineEndpoint({
  name: 'memberLevels.mine',
  method: 'GET',
  path: '/groups/:groupId/levels/mine',
  doc: 'The caller’s level here, how far the next one is, and what today still gives.',
  by: 'member',
  params: group,
  answer: closed({
    level: Level,
    points: Points,
    /** Points at which this level and the next begin; null at the top. */
    levelAt: Points,
    nextAt: nullable(Points),
    todayPoints: Points,
    todayMax: Points,
    rights: Type.Array(oneOf(...levelRights)),
  }),
})
export const levelsOf = defineEndpoint({
  name: 'memberLevels.list',
  method: 'GET',
  path: '/groups/:groupId/levels',
  doc: 'Members by points, highest first; a page begins at rank `after` and leaves out who left the group.',
  by: 'member',
  params: group,
  query: closed({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 50 })),
  }),
  answer: closed({
    /** True when a next page may have more. */
    more: Type.Boolean(),
    members: Type.Array(
      closed({
        rank: Type.Integer({ minimum: 1 }),
        userId: UserIdSchema,
        name: Type.String(),
        level: Level,
        points: Points,
      }),
    ),
  }),
})
export const honoursOf = defineEndpoint({
  name: 'memberLevels.honours',
  method: 'GET',
  path: '/groups/:groupId/honours',
  doc: 'Honours of past weeks, the latest week first.',
  by: 'member',
  params: group,
  query: closed({
    before: Type.Optional(MillisSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: 12, description: 'Honours, not weeks.' })),
  }),
  answer: closed({
    honours: Type.Array(closed({ weekAt: MillisSchema, honour: Honour, userId: UserIdSchema, figure: Type.Integer() })),
  }),
})
const notAnswer = refusal(422, 'after-change', '这条消息不是别人的回答', 'The message is no answer of somebody else')
const notAsker = refusal(403, 'never', '只有提问者和管理员可以采纳', 'Only the asker and admins may mark an answer')
export const markHelpful = defineEndpoint({
  name: 'memberLevels.helpful',
  method: 'POST',
  path: '/groups/:groupId/levels/helpful',
  doc: 'The asker, or who runs the group, marks an answer (a message that quotes) as helpful. Once for each.',
  by: 'member',
  params: group,
  body: closed({ seq: SeqSchema }),
  answer: closed({ userId: UserIdSchema, points: Points }),
  refusals: { 'member_level.not_answer': notAnswer, 'member_level.not_asker': notAsker },
  errors: ['message.not_found', 'member_level.not_answer', 'member_level.not_asker'],
  facts: levelFacts,
})
export const grantPoints = defineEndpoint({
  name: 'memberLevels.grant',
  method: 'POST',
  path: '/groups/:groupId/levels/grants',
  doc: 'The host gives points, such as for taking part in an event. Repeating a `ref` changes nothing.',
  by: 'server',
  params: group,
  body: closed({
    userId: UserIdSchema,
    ref: Type.String({ minLength: 1, maxLength: 128 }),
    /** 4, for an event, unless told. */
    points: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  }),
  answer: closed({ points: Points }),
  errors: ['group.not_found', 'member.not_in_group'],
  facts: levelFacts,
  commerce: true,
})
