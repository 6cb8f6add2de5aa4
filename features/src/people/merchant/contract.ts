/** Merchants 商家: who they are, who works for them, and whose group this is; shapes on the wire only. */
import {
  AbilitySchema,
  closed,
  defineEndpoint,
  defineRecord,
  GroupIdSchema,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  refusal,
  SeqSchema,
  SpokenAs,
  Type,
  UserIdSchema,
  type Static,
  nameText,
} from '@qun/contract'

export const abilitiesMax = 6
/** Staff that a merchant’s own people may put on its list; the host may put more. */
export const staffMax = 500
const merchant = closed({ merchantId: MerchantIdSchema })
const employee = closed({ merchantId: MerchantIdSchema, userId: UserIdSchema })
const empty = closed({})
const Name = Type.String({ minLength: 1, maxLength: 60 })
const givenPost = nameText({ maxLength: 40, description: 'What a post 岗位 is called: 店长, 导购.' })
const Post = Type.String({ minLength: 1, maxLength: 40, description: 'What a post 岗位 is called: 店长, 导购.' })
const Abilities = Type.Array(AbilitySchema, { maxItems: abilitiesMax, uniqueItems: true })
const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })

export const merchantRefusals = {
  'merchant.parent_invalid': refusal(
    409,
    'never',
    '所属商家和积分计划不能更改，且最多四级',
    'A merchant keeps the one it was made under and its programme of points, at most four levels deep',
  ),
  'merchant.ability_missing': refusal(
    403,
    'after-change',
    '不能授予自己没有的权限',
    'You cannot give an ability you do not hold',
  ),
  'merchant.has_branches': refusal(
    409,
    'after-change',
    '请先注销其下属的商家或门店',
    'Some belong to this merchant still: end those first',
  ),
  'merchant.staff_full': refusal(409, 'after-change', '工作人员已达上限', 'There are as many staff as there may be'),
  'merchant.not_staff': refusal(
    409,
    'after-change',
    '此人不是该商家的工作人员',
    'This person does not work for the shop',
  ),
} as const

const Behind = closed({ merchantId: MerchantIdSchema, groupId: GroupIdSchema })
/** What was decided about a merchant and its people, for features and the host: of the app or of one group. */
export const merchantFacts = {
  'merchant.staff-set': closed({
    merchantId: MerchantIdSchema,
    userId: UserIdSchema,
    post: nullable(Post),
    abilities: Abilities,
  }),
  'merchant.suspended': closed({ merchantId: MerchantIdSchema, suspended: Type.Boolean() }),
  /** Gone for good; that it gives nothing any more is told beside it. */
  'merchant.ended': closed({ merchantId: MerchantIdSchema }),
  /** A group of theirs passed to somebody who works there, because its owner no longer does. */
  'merchant.group-passed': closed({ merchantId: MerchantIdSchema, fromId: UserIdSchema, toId: UserIdSchema }),
  /** Nobody of the merchant may run it: its owner stays until somebody may, or the host decides. */
  'merchant.group-unmanaged': closed({ merchantId: MerchantIdSchema, groupId: GroupIdSchema, ownerId: UserIdSchema }),
  /** Where a round ended that lets people go, or passes groups on, stops them or ends their plays: the next goes on. */
  'merchant.letting-go': closed({ merchantId: MerchantIdSchema, after: UserIdSchema }),
  'merchant.leaving': closed({ merchantId: MerchantIdSchema, userId: UserIdSchema, after: GroupIdSchema }),
  'merchant.taking-up': closed({ merchantId: MerchantIdSchema, after: Behind }),
  'merchant.stopping': closed({ merchantId: MerchantIdSchema, after: Behind }),
  'merchant.plays-ending': closed({ after: Type.Integer({ minimum: 0 }) }),
} as const

/** Key: the merchant's id. Their own client offers what they may give. */
export const merchantStaff = defineRecord({
  kind: 'merchant-staff',
  stream: 'user',
  doc: 'What the viewer may do for a merchant they work for; gone once they do no more.',
  body: closed({ name: Name, post: Post, abilities: Abilities }),
})

export const MerchantView = closed({
  merchantId: MerchantIdSchema,
  name: Name,
  path: Type.Array(MerchantIdSchema, { description: 'Itself, then those it belongs to.' }),
  programme: MerchantIdSchema,
  suspendedAt: nullable(MillisSchema),
  endedAt: nullable({ ...MillisSchema, description: 'Since when it is gone for good.' }),
})
export const StaffView = closed({ userId: UserIdSchema, post: Post, abilities: Abilities, since: MillisSchema })
export type StaffView = Static<typeof StaffView>

export const putMerchantEndpoint = defineEndpoint({
  name: 'merchants.put',
  method: 'PUT',
  path: '/merchants/:merchantId',
  doc: 'Makes a merchant, or names it anew. Whom it belongs to is told once.',
  by: 'server',
  params: merchant,
  body: closed({
    name: nameText({ maxLength: 60 }),
    parentId: Type.Optional(MerchantIdSchema),
    programme: Type.Optional({
      ...MerchantIdSchema,
      description:
        'Whose points it gives: merchants that name the same share them. Its own unless told; told once. The host’s ' +
        'own (`main`) keeps its own.',
    }),
  }),
  answer: MerchantView,
  refusals: merchantRefusals,
  errors: ['merchant.not_found', 'merchant.parent_invalid', 'merchant.ended'],
})
export const listMerchantsEndpoint = defineEndpoint({
  name: 'merchants.list',
  method: 'GET',
  path: '/merchants',
  doc: 'The merchants of the app in the order of their ids.',
  by: 'server',
  query: closed({ after: Type.Optional(MerchantIdSchema), limit: Type.Optional(Limit) }),
  answer: closed({ merchants: Type.Array(MerchantView), more: Type.Boolean() }),
})
export const suspendMerchant = defineEndpoint({
  name: 'merchants.suspend',
  method: 'PUT',
  path: '/merchants/:merchantId/suspended',
  doc: 'A suspended merchant, and those that belong to it, give nothing; their members keep their conversation.',
  by: 'server',
  params: merchant,
  body: closed({ suspended: Type.Boolean() }),
  answer: empty,
  errors: ['merchant.not_found', 'merchant.ended'],
  facts: merchantFacts,
})
export const endMerchantEndpoint = defineEndpoint({
  name: 'merchants.end',
  method: 'DELETE',
  path: '/merchants/:merchantId',
  doc:
    'A merchant is gone for good: its plays end, nobody works for it, and its groups stay their members’ own. ' +
    'Nothing brings it back, and nobody takes its id again. Repeating it changes nothing.',
  by: 'server',
  params: merchant,
  answer: empty,
  refusals: merchantRefusals,
  errors: ['merchant.not_found', 'merchant.has_branches'],
  facts: merchantFacts,
})
export const listStaffEndpoint = defineEndpoint({
  name: 'merchantStaff.list',
  method: 'GET',
  path: '/merchants/:merchantId/staff',
  doc: 'Who works for a merchant, in the order of their ids.',
  by: 'server',
  params: merchant,
  query: closed({ after: Type.Optional(UserIdSchema), limit: Type.Optional(Limit) }),
  answer: closed({ staff: Type.Array(StaffView), more: Type.Boolean() }),
  errors: ['merchant.not_found'],
})
export const putStaff = defineEndpoint({
  name: 'merchantStaff.put',
  method: 'PUT',
  path: '/merchants/:merchantId/staff/:userId',
  doc: 'A person works for a merchant in a post, with these abilities from now on.',
  by: 'server',
  params: employee,
  body: closed({
    post: givenPost,
    abilities: Abilities,
  }),
  answer: empty,
  errors: ['merchant.not_found', 'user.not_found', 'merchant.ended'],
  facts: merchantFacts,
})
export const removeStaff = defineEndpoint({
  name: 'merchantStaff.remove',
  method: 'DELETE',
  path: '/merchants/:merchantId/staff/:userId',
  doc: 'A person works for a merchant no more; what they could do ends at once.',
  by: 'server',
  params: employee,
  answer: empty,
  errors: ['merchant.not_found'],
  facts: merchantFacts,
})
/** The wire tells members the shop; the host sees the person behind it, whatever they are called by now. */
export const writerOf = defineEndpoint({
  name: 'merchants.writerOf',
  method: 'GET',
  path: '/host/groups/:groupId/messages/:seq/writer',
  doc: 'Who really wrote a message, and as which shop they spoke.',
  by: 'server',
  params: closed({ groupId: GroupIdSchema, seq: SeqSchema }),
  answer: closed({
    userId: Type.String({ description: 'Empty for lines of the system.' }),
    name: Type.String({ description: 'Their own name, as the host told it.' }),
    as: nullable(SpokenAs),
    at: MillisSchema,
  }),
  errors: ['message.not_found'],
})
export const giveGroup = defineEndpoint({
  name: 'merchants.giveGroup',
  method: 'PUT',
  path: '/host/groups/:groupId/owner',
  doc: 'The host gives a merchant’s group to somebody who works there; who owned it becomes a member. Makes them a member.',
  by: 'server',
  params: closed({ groupId: GroupIdSchema }),
  body: closed({ userId: UserIdSchema }),
  answer: empty,
  errors: ['group.not_found', 'group.dissolved', 'group.full', 'member.blacklisted', 'merchant.not_staff'],
  refusals: merchantRefusals,
  facts: merchantFacts,
})
// ── by staff who manage, from their own client ──
const ofStaff = { by: 'staff', ability: 'manage' } as const
export const myStaff = defineEndpoint({
  name: 'merchantStaff.mine',
  method: 'GET',
  path: '/me/merchants/:merchantId/staff',
  doc: 'Who works for a merchant the caller manages, in the order of their ids.',
  ...ofStaff,
  params: merchant,
  query: closed({ after: Type.Optional(UserIdSchema), limit: Type.Optional(Limit) }),
  answer: closed({
    staff: Type.Array(closed({ ...StaffView.properties, name: Type.String() })),
    more: Type.Boolean(),
    /** What the caller may give to others. */
    held: Abilities,
  }),
  errors: ['merchant.not_found', 'merchant.permission'],
})
export const putMyStaff = defineEndpoint({
  name: 'merchantStaff.putMine',
  method: 'PUT',
  path: '/me/merchants/:merchantId/staff/:userId',
  doc: 'A person works for a merchant the caller manages. Nobody gives an ability they do not hold.',
  ...ofStaff,
  params: employee,
  body: closed({ post: givenPost, abilities: Abilities }),
  answer: empty,
  refusals: merchantRefusals,
  errors: [
    'merchant.not_found',
    'merchant.permission',
    'merchant.ability_missing',
    'merchant.staff_full',
    'user.not_found',
  ],
  facts: merchantFacts,
})
export const removeMyStaff = defineEndpoint({
  name: 'merchantStaff.removeMine',
  method: 'DELETE',
  path: '/me/merchants/:merchantId/staff/:userId',
  doc: 'A person works no more for a merchant the caller manages.',
  ...ofStaff,
  params: employee,
  answer: empty,
  refusals: merchantRefusals,
  errors: ['merchant.not_found', 'merchant.permission'],
  facts: merchantFacts,
})
export const nameMyMerchant = defineEndpoint({
  name: 'merchants.nameMine',
  method: 'PUT',
  path: '/me/merchants/:merchantId/name',
  doc: 'Names a merchant the caller manages anew. What was said under the former name keeps it.',
  ...ofStaff,
  params: merchant,
  body: closed({ name: nameText({ maxLength: 60 }) }),
  answer: empty,
  errors: ['merchant.not_found', 'merchant.permission'],
})
export const merchantOfGroup = defineEndpoint({
  name: 'merchants.ofGroup',
  method: 'GET',
  path: '/groups/:groupId/merchant',
  doc: 'Whose group this is; null for a friends’ group.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema }),
  answer: closed({
    merchant: nullable(closed({ merchantId: MerchantIdSchema, name: Name, suspended: Type.Boolean() })),
  }),
})
