/** Membership 群成员: making groups, and who is in them with which role; shapes on the wire only. */
import {
  MerchantIdSchema,
  closed,
  defineEndpoint,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  RoleSchema,
  Type,
  UserIdSchema,
  PictureSchema,
  AskedMs,
} from '@qun/contract'
import { creationRefusals } from './contract-creation.ts'

export * from './contract-creation.ts'
/** [I12] Of all that people read as a name. */
export { isNameText } from '@qun/contract'

/** Characters of a group's name. */
export const groupNameMax = 60
/** Characters of a nickname. */
export const nicknameMax = 20
/** Groups a person may make within a day. */
export const createdPerDayMax = 20
/** People a member may put into a fresh group without asking them; more need to accept an invitation. */
export const startWithMax = 40
/** Shortest and longest mute, in milliseconds: a minute and thirty days. */
export const muteMinMs = 60_000
export const muteMaxMs = 30 * 86_400_000

const group = closed({ groupId: GroupIdSchema })
const member = closed({ groupId: GroupIdSchema, userId: UserIdSchema })
const empty = closed({})
const Name = Type.String({
  description: '1–60 characters without control or direction characters; else `group.name_invalid`.',
})
const Description = Type.String({ maxLength: 500 })
const History = oneOf('none', 'recent', 'all')
const Roster = oneOf('members', 'admins')

export const membershipRefusals = {
  ...creationRefusals,
  'group.name_invalid': refusal(422, 'after-change', '群名不符合要求', 'The group’s name is not allowed'),
  'group.create_limited': refusal(429, 'later', '今天创建的群太多了', 'Too many groups were created today'),
  'member.name_invalid': refusal(422, 'after-change', '群昵称不符合要求', 'The nickname is not allowed'),
  'member.name_impersonation': refusal(
    409,
    'after-change',
    '群昵称与管理人员过于相似',
    'The nickname looks like that of the people who run this group',
  ),
  'member.name_reserved': refusal(409, 'after-change', '群昵称含有保留字', 'The nickname uses a reserved word'),
  'mute.duration': refusal(
    422,
    'after-change',
    '禁言时长须在 1 分钟到 30 天之间',
    'A mute lasts from a minute to thirty days',
  ),
} as const

/** `source` says how somebody came: `host`, `created`, `added`, `link:<linkId>`, `order:<orderId>`; kept for life. */
export const membershipFacts = {
  'membership.created': closed({ ownerId: UserIdSchema, name: Type.String() }),
  'membership.joined': closed({ userId: UserIdSchema, source: Type.String(), inviterId: Type.Optional(UserIdSchema) }),
  'membership.left': closed({ userId: UserIdSchema }),
  'membership.removed': closed({ userId: UserIdSchema, byId: nullable(UserIdSchema), banned: Type.Boolean() }),
  'membership.unbanned': closed({ userId: UserIdSchema, byId: nullable(UserIdSchema) }),
  'membership.role-set': closed({ userId: UserIdSchema, role: RoleSchema, byId: nullable(UserIdSchema) }),
  'membership.transferred': closed({ fromId: UserIdSchema, toId: UserIdSchema }),
  'membership.muted': closed({
    userId: UserIdSchema,
    until: Type.Integer({ minimum: 0 }),
    byId: nullable(UserIdSchema),
  }),
  'membership.changed': closed({ fields: Type.Array(Type.String()), byId: nullable(UserIdSchema) }),
  'membership.disbanded': closed({ byId: nullable(UserIdSchema) }),
} as const

const newGroup = closed({
  name: Name,
  avatar: Type.Optional(PictureSchema),
  description: Type.Optional(Description),
  memberIds: Type.Optional(Type.Array(UserIdSchema, { maxItems: startWithMax, uniqueItems: true })),
})
const creationErrors = [
  'group.name_invalid',
  'group.create_limited',
  'group.creation_denied',
  'user.not_found',
  'auth.guest_forbidden',
  'media.external_not_allowed',
]
export const createGroup = defineEndpoint({
  name: 'groups.create',
  method: 'POST',
  path: '/groups',
  doc: 'Makes a group with the caller as its owner, and at most forty people with it; at most twenty groups a day.',
  by: 'user',
  body: newGroup,
  answer: closed({ groupId: GroupIdSchema }),
  status: 201,
  refusals: membershipRefusals,
  errors: creationErrors,
  facts: membershipFacts,
})
/** [MER1] By the engine's word: who manages the merchant, or one it belongs to. */
export const createGroupForMerchant = defineEndpoint({
  name: 'groups.createForMerchant',
  method: 'POST',
  path: '/me/merchants/:merchantId/groups',
  doc: 'Makes a group of a merchant the caller manages, with the caller as its owner.',
  by: 'staff',
  ability: 'manage',
  params: closed({ merchantId: MerchantIdSchema }),
  body: newGroup,
  answer: closed({ groupId: GroupIdSchema }),
  status: 201,
  refusals: membershipRefusals,
  errors: [...creationErrors, 'merchant.not_found', 'merchant.permission', 'merchant.ended'],
  facts: membershipFacts,
})
export const createGroupForHost = defineEndpoint({
  name: 'groups.createForHost',
  method: 'POST',
  path: '/host/groups',
  doc: 'The host makes a group with an owner, members and settings.',
  by: 'server',
  body: closed({
    name: Name,
    ownerId: UserIdSchema,
    /** The merchant 商家 whose group it is, for good; absent for a friends' group 好友群. */
    merchantId: Type.Optional(MerchantIdSchema),
    avatar: Type.Optional(PictureSchema),
    adminIds: Type.Optional(Type.Array(UserIdSchema, { maxItems: 100, uniqueItems: true })),
    memberIds: Type.Optional(Type.Array(UserIdSchema, { maxItems: 500, uniqueItems: true })),
    settings: Type.Optional(
      closed({
        description: Type.Optional(Description),
        capacity: Type.Optional(Type.Integer({ minimum: 2, maximum: 20_000 })),
        history: Type.Optional(History),
        muteAll: Type.Optional(Type.Boolean()),
        roster: Type.Optional(Roster),
      }),
    ),
  }),
  answer: closed({ groupId: GroupIdSchema }),
  status: 201,
  errors: [
    'group.name_invalid',
    'user.not_found',
    'group.full',
    'merchant.not_found',
    'merchant.ended',
    'media.external_not_allowed',
  ],
  facts: membershipFacts,
})
export const changeGroup = defineEndpoint({
  name: 'groups.change',
  method: 'PATCH',
  path: '/groups/:groupId',
  doc: 'Changes name, picture, description or rules of a group.',
  by: 'admin',
  params: group,
  body: closed({
    name: Type.Optional(Name),
    avatar: Type.Optional(PictureSchema),
    description: Type.Optional(Description),
    history: Type.Optional(History),
    muteAll: Type.Optional(Type.Boolean()),
    roster: Type.Optional(Roster),
  }),
  answer: empty,
  errors: ['group.name_invalid', 'group.dissolved', 'media.external_not_allowed'],
  facts: membershipFacts,
})
export const disbandGroup = defineEndpoint({
  name: 'groups.disband',
  method: 'POST',
  path: '/groups/:groupId/disband',
  doc: 'Ends a group for good; its members keep reading it.',
  by: 'owner',
  params: group,
  body: empty,
  answer: empty,
  errors: ['group.dissolved'],
  facts: membershipFacts,
})
export const addMembers = defineEndpoint({
  name: 'members.add',
  method: 'POST',
  path: '/groups/:groupId/members',
  doc: 'Puts people into the group; those already in it stay as they are. All or none.',
  by: 'admin',
  params: group,
  body: closed({ userIds: Type.Array(UserIdSchema, { minItems: 1, maxItems: 100, uniqueItems: true }) }),
  answer: closed({ added: Type.Array(UserIdSchema), already: Type.Array(UserIdSchema) }),
  errors: ['user.not_found', 'group.full', 'group.dissolved', 'member.blacklisted'],
  facts: membershipFacts,
})
export const leaveGroup = defineEndpoint({
  name: 'members.leave',
  method: 'POST',
  path: '/groups/:groupId/leave',
  doc: 'The caller leaves. The owner transfers or disbands first.',
  by: 'member',
  params: group,
  body: empty,
  answer: empty,
  errors: ['group.owner_required'],
  facts: membershipFacts,
})
export const removeMember = defineEndpoint({
  name: 'members.remove',
  method: 'POST',
  path: '/groups/:groupId/members/:userId/remove',
  doc:
    'Takes a person of a lower role out of the group; with `ban` they cannot come back on any way. ' +
    'Banning works for people outside, too.',
  by: 'admin',
  params: member,
  body: closed({ ban: Type.Optional(Type.Boolean()) }),
  answer: empty,
  errors: ['member.not_in_group', 'group.owner_required', 'group.permission', 'group.dissolved'],
  facts: membershipFacts,
})
export const bansOf = defineEndpoint({
  name: 'members.bans',
  method: 'GET',
  path: '/groups/:groupId/bans',
  doc: 'Who is banned from the group 黑名单, latest first; at most 500.',
  by: 'admin',
  params: group,
  answer: closed({
    bans: Type.Array(
      closed({ userId: UserIdSchema, name: Type.String(), byId: nullable(UserIdSchema), at: MillisSchema }),
    ),
  }),
})
export const unbanMember = defineEndpoint({
  name: 'members.unban',
  method: 'DELETE',
  path: '/groups/:groupId/bans/:userId',
  doc: 'Lets a banned person join again; they are not put back.',
  by: 'admin',
  params: member,
  answer: empty,
  errors: ['member.not_in_group'],
  facts: membershipFacts,
})
export const setRole = defineEndpoint({
  name: 'members.setRole',
  method: 'PUT',
  path: '/groups/:groupId/members/:userId/role',
  doc: 'The owner makes a member an admin, or an admin a member. Ownership moves by transfer alone.',
  by: 'owner',
  params: member,
  body: closed({ role: RoleSchema }),
  answer: empty,
  errors: ['member.not_in_group', 'group.permission', 'group.dissolved'],
  facts: membershipFacts,
})
export const transferGroup = defineEndpoint({
  name: 'groups.transfer',
  method: 'POST',
  path: '/groups/:groupId/transfer',
  doc: 'Makes another member the owner; the former owner becomes an admin.',
  by: 'owner',
  params: group,
  body: closed({ userId: UserIdSchema }),
  answer: empty,
  errors: ['member.not_in_group', 'group.dissolved'],
  facts: membershipFacts,
})
export const setNickname = defineEndpoint({
  name: 'members.setNickname',
  method: 'PUT',
  path: '/groups/:groupId/nickname',
  doc: 'The caller’s name in this group; null gives their own name back.',
  by: 'member',
  params: group,
  body: closed({ nickname: nullable(Type.String({ maxLength: 200 })) }),
  answer: closed({ nickname: nullable(Type.String()) }),
  errors: ['member.name_invalid', 'member.name_impersonation', 'member.name_reserved', 'group.dissolved'],
})
export const muteMember = defineEndpoint({
  name: 'members.mute',
  method: 'PUT',
  path: '/groups/:groupId/members/:userId/mute',
  doc: 'A person of a lower role may not speak for a minute to thirty days.',
  by: 'admin',
  params: member,
  body: closed({ durationMs: AskedMs('Milliseconds.') }),
  answer: closed({ until: MillisSchema }),
  errors: ['mute.duration', 'member.not_in_group', 'group.permission', 'group.dissolved'],
  facts: membershipFacts,
})
export const unmuteMember = defineEndpoint({
  name: 'members.unmute',
  method: 'DELETE',
  path: '/groups/:groupId/members/:userId/mute',
  doc: 'Lets a muted person speak again.',
  by: 'admin',
  params: member,
  answer: empty,
  errors: ['member.not_in_group', 'group.permission', 'group.dissolved'],
  facts: membershipFacts,
})
