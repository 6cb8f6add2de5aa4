/** Relay list 接龙: a list members add lines to, each their own; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  GroupIdSchema,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type BodyOf,
  type MineOf,
  type StateOf,
  type Static,
  int32Max,
  nameText,
} from '@qun/contract'

export const fieldsMax = 8
export const linesShown = 10
export const linesPerMemberMax = 5
/** Lines of one list: what a group of some hundreds writes with room to spare. */
export const linesMax = 2_000
/** Lines of one pasted list. */
export const importMax = 200

const Name = nameText({ maxLength: 20 })
export const Field = closed({
  name: Name,
  kind: oneOf('text', 'number', 'select', 'phone', 'note'),
  required: Type.Boolean(),
  /** Of a number. */
  min: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  max: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  step: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  /** Of a choice; `capacity` is how many lines may choose it. */
  options: Type.Optional(
    Type.Array(closed({ name: Name, capacity: Type.Optional(Type.Integer({ minimum: 1, maximum: linesMax })) }), {
      minItems: 1,
      maxItems: 20,
    }),
  ),
})
export type Field = Static<typeof Field>
/** One per field, in their order; null for one left empty. A choice is the index of its option. */
const Values = Type.Array(
  nullable(Type.Union([Type.String({ maxLength: 200 }), Type.Integer({ minimum: -int32Max, maximum: int32Max })])),
  {
    maxItems: fieldsMax,
  },
)
export type Values = Static<typeof Values>

export const Line = closed({
  no: Type.Integer({ minimum: 1 }),
  userId: UserIdSchema,
  name: Type.String(),
  /** As everybody may see them. */
  values: Values,
  version: Type.Integer({ minimum: 1 }),
  withdrawn: Type.Boolean(),
  /** Why the sender or an admin changed it. */
  reason: Type.Optional(Type.String()),
})
export type Line = Static<typeof Line>

export const relayRefusals = {
  'relay_list.values': refusal(422, 'after-change', '填写内容不符合要求', 'A value does not fit its field'),
  'relay_list.full': refusal(409, 'later', '接龙已满', 'The list is full'),
  'relay_list.option_full': refusal(409, 'after-change', '这个选项已满', 'That option is full'),
  'relay_list.limit': refusal(409, 'never', '已达每人行数上限', 'No more lines for one member'),
  'relay_list.closed': refusal(409, 'never', '接龙已截止', 'The list is closed'),
  'relay_list.locked': refusal(409, 'never', '已生成订单，不能再改', 'Orders were made; it cannot change'),
  'relay_list.line_unknown': refusal(404, 'never', '没有这一行', 'There is no such line'),
  'relay_list.fields_invalid': refusal(422, 'after-change', '接龙项目设置有误', 'The fields do not fit'),
  'relay_list.import_empty': refusal(422, 'after-change', '没有可导入的行', 'No line could be read'),
  'relay_list.empty': refusal(
    409,
    'after-change',
    '还没有人接龙，没有订单可生成',
    'Nobody is on the list: no orders to make',
  ),
} as const

const Version = Type.Integer({ minimum: 1, maximum: int32Max, description: 'The version of the line one has.' })
const No = Type.Integer({ minimum: 1, maximum: int32Max })
const Confirmed = Type.Integer({ minimum: 0, maximum: int32Max })
const Reason = Type.String({ minLength: 1, maxLength: 120 })
export const relayList = defineCard({
  kind: 'relay-list',
  doc: 'A list members add lines to, each their own.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({
    title: nameText({ maxLength: 60 }),
    note: Type.Optional(Type.String({ maxLength: 500 })),
    fields: Type.Array(Field, { minItems: 1, maxItems: fieldsMax }),
    /** What the sender says a piece costs, in fen, for people to read; the first number field says how many. */
    unitPriceFen: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_00 })),
    capacity: Type.Optional(Type.Integer({ minimum: 1, maximum: linesMax })),
    perMember: Type.Integer({ minimum: 1, maximum: linesPerMemberMax }),
    /** `own`: members change their own lines; `none`: only the sender and admins do. */
    editing: oneOf('own', 'none'),
    /** Numbers are shown to the sender and admins alone. */
    anonymousAmounts: Type.Boolean(),
    endsAt: Type.Optional(MillisSchema),
  }),
  state: closed({
    phase: oneOf('open', 'closed', 'ordered'),
    /** Lines that stand. */
    lineCount: Type.Integer({ minimum: 0 }),
    lastNo: Type.Integer({ minimum: 0 }),
    /** The first ten; all by the endpoint. */
    lines: Type.Array(Line, { maxItems: linesShown }),
    /** Per field, how many lines chose each option; empty for other fields. */
    chosen: Type.Array(Type.Array(Type.Integer({ minimum: 0 })), { maxItems: fieldsMax }),
  }),
  mine: closed({
    lines: Type.Array(closed({ no: No, values: Values, version: Version }), { maxItems: linesPerMemberMax }),
    /** Of the last list pasted: lines taken, and the numbers of those that could not be read. */
    imported: Type.Optional(
      closed({ count: Type.Integer(), bad: Type.Array(Type.Integer(), { maxItems: importMax }) }),
    ),
  }),
  actions: {
    join: {
      by: 'member',
      doc: 'Adds a line of the actor’s.',
      input: closed({ values: Values }),
      errors: [
        'relay_list.values',
        'relay_list.full',
        'relay_list.option_full',
        'relay_list.limit',
        'relay_list.closed',
        'relay_list.locked',
      ],
    },
    update: {
      by: 'member',
      doc: 'Changes a line: one’s own, or any with a reason for the sender and admins.',
      input: closed({ no: No, version: Version, values: Values, reason: Type.Optional(Reason) }),
      errors: [
        'relay_list.values',
        'relay_list.option_full',
        'relay_list.closed',
        'relay_list.locked',
        'relay_list.line_unknown',
        'group.permission',
        'precondition.failed',
      ],
    },
    withdraw: {
      by: 'member',
      doc: 'Withdraws a line; its number stays, struck.',
      input: closed({ no: No, version: Version, reason: Type.Optional(Reason) }),
      errors: [
        'relay_list.closed',
        'relay_list.locked',
        'relay_list.line_unknown',
        'group.permission',
        'precondition.failed',
      ],
    },
    import: {
      by: 'member',
      doc: 'Adds the lines of a pasted list, “1. 小林 x2”; the sender and admins may.',
      input: closed({ text: Type.String({ minLength: 1, maxLength: 20_000 }) }),
      errors: [
        'relay_list.import_empty',
        'relay_list.full',
        'relay_list.closed',
        'relay_list.locked',
        'group.permission',
      ],
    },
    close: {
      by: 'member',
      doc: 'Closes the list; the sender and admins may.',
      input: closed({}),
      errors: ['group.permission'],
    },
    order: {
      by: 'member',
      doc: 'Makes an order draft of each line and locks the list for good; the sender and admins may.',
      // What was confirmed. A list that has others by now is refused, so that nobody orders what they did not see.
      input: closed({ lineCount: Confirmed, quantity: Confirmed }),
      errors: ['group.permission', 'relay_list.empty', 'precondition.failed'],
      commerce: true,
    },
  },
  facts: {
    'relay-list.joined': closed({ seq: SeqSchema, userId: UserIdSchema, no: No }),
    'relay-list.changed': closed({ seq: SeqSchema, userId: UserIdSchema, no: No, withdrawn: Type.Boolean() }),
    'relay-list.closed': closed({ seq: SeqSchema, lineCount: Type.Integer() }),
    /** `byId`: who made the orders in the chat; absent where the host did. */
    'relay-list.ordered': closed({ seq: SeqSchema, lineCount: Type.Integer(), byId: Type.Optional(UserIdSchema) }),
  },
  refusals: relayRefusals,
  summary: (body) => ({ 'zh-CN': `[接龙] ${body.title}`, en: `[Sign-up list] ${body.title}` }),
})
export type RelayBody = BodyOf<typeof relayList>
export type RelayState = StateOf<typeof relayList>
export type RelayMine = MineOf<typeof relayList>

const list = closed({ groupId: GroupIdSchema, seq: SeqSchema })
export const linesOf = defineEndpoint({
  name: 'relayLists.lines',
  method: 'GET',
  path: '/groups/:groupId/relay-lists/:seq/lines',
  doc: 'All lines in order, withdrawn ones too. Telephone numbers whole for the sender, admins and their owner.',
  by: 'member',
  params: list,
  query: closed({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max, description: 'The last `no` one has.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 100 })),
  }),
  answer: closed({ lines: Type.Array(Line), more: Type.Boolean() }),
  errors: ['message.not_found'],
})
export const exportOf = defineEndpoint({
  name: 'relayLists.export',
  method: 'GET',
  path: '/groups/:groupId/relay-lists/:seq/export',
  doc: 'The whole list for the sender and admins: as a table (CSV), and as text for other chats.',
  by: 'member',
  params: list,
  answer: closed({ csv: Type.String(), text: Type.String() }),
  errors: ['message.not_found', 'group.permission'],
})

// ── orders ──
/** What a list comes to by its sender's own price, for whoever runs it; no amount where no price was set. */
export const OrderSum = closed({
  lineCount: Type.Integer({ minimum: 0 }),
  quantity: Type.Integer({ minimum: 0 }),
  amountFen: nullable(Type.Integer({ minimum: 0 })),
})
export type OrderSum = Static<typeof OrderSum>
export const orderSumOf = defineEndpoint({
  name: 'relayLists.orderSum',
  method: 'GET',
  path: '/groups/:groupId/relay-lists/:seq/order-sum',
  doc: 'What making orders of the list comes to, for the sender and admins to confirm.',
  by: 'member',
  params: list,
  answer: OrderSum,
  errors: ['message.not_found', 'group.permission'],
})
export const OrderDraft = closed({
  no: No,
  userId: UserIdSchema,
  name: Type.String(),
  values: Values,
  quantity: Type.Integer({ minimum: 0 }),
})
/** [MER6] Where the list stands, whose group that is (null among friends), and who posted it (null: the host). */
const origin = {
  groupId: GroupIdSchema,
  seq: SeqSchema,
  merchantId: nullable(MerchantIdSchema),
  posterId: nullable(UserIdSchema),
} as const
export type OrderDraft = Static<typeof OrderDraft>
export const makeOrders = defineEndpoint({
  name: 'relayLists.orders',
  method: 'POST',
  path: '/relay-lists/:groupId/:seq/orders',
  doc:
    'Makes an order draft of each line and locks the list for good. Repeating it answers the same drafts. They ' +
    'name no amount: any member posts a list, and its price is their own word; the host prices what it sells.',
  by: 'server',
  params: list,
  body: closed({}),
  answer: closed({ drafts: Type.Array(OrderDraft), ...origin }),
  refusals: relayRefusals,
  errors: ['message.not_found'],
})
/** A list whose orders somebody made in the chat. */
export const OrderedList = closed({
  ...origin,
  byId: UserIdSchema,
  lineCount: Type.Integer({ minimum: 1 }),
  at: MillisSchema,
})
export type OrderedList = Static<typeof OrderedList>
export const orderedLists = defineEndpoint({
  name: 'relayLists.ordered',
  method: 'GET',
  path: '/relay-lists/ordered',
  doc: 'Lists whose orders were made in the chat and that the host has not taken yet, oldest first.',
  by: 'server',
  query: closed({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })) }),
  answer: closed({ lists: Type.Array(OrderedList) }),
})
export const takeOrders = defineEndpoint({
  name: 'relayLists.ordersTaken',
  method: 'POST',
  path: '/relay-lists/:groupId/:seq/orders/taken',
  doc: 'The host has the drafts of a list, which leaves `relayLists.ordered`. Repeating it changes nothing.',
  by: 'server',
  params: list,
  body: closed({}),
  answer: closed({}),
})
