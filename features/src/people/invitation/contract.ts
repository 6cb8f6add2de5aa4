/** Invitation 邀请入群: join links 入群链接, and offers made after an order; shapes on the wire only. */
import {
  closed,
  defineEndpoint,
  defineRecord,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  Type,
  UserIdSchema,
  type Static,
  AskedMs,
  nameText,
} from '@qun/contract'

/** How long a link works unless told, in milliseconds (C-07: a personal code lives seven days). */
export const linkLifeMs = 7 * 86_400_000
/** Longest life a plain member may give a link. Admins may make links without an end. */
export const memberLinkLifeMaxMs = 30 * 86_400_000
/** Working links one person may have in one group. */
export const linksPerPersonMax = 50
/** How long an offer waits for an answer, in milliseconds. */
export const offerLifeMs = 14 * 86_400_000

const group = closed({ groupId: GroupIdSchema })
const empty = closed({})
/** 22 url-safe characters: 128 random bits. Any text is taken; what is no code is `invite.not_found`. */
const code = closed({ code: Type.String({ minLength: 1, maxLength: 200 }) })
const LinkId = Type.String({ pattern: '^lnk_[0-9a-f]{24}$' })
const OfferId = Type.String({ pattern: '^ofr_[0-9a-f]{24}$' })
const Face = closed({ name: Type.String(), avatar: Type.String() })

export const invitationRefusals = {
  'invite.not_found': refusal(404, 'never', '邀请不存在', 'There is no such invitation'),
  'invite.expired': refusal(410, 'never', '邀请已过期', 'The invitation has expired'),
  'invite.revoked': refusal(410, 'never', '邀请已失效', 'The invitation was withdrawn'),
  'invite.exhausted': refusal(410, 'never', '邀请名额已用完', 'The invitation was used up'),
  'invite.limit': refusal(
    409,
    'after-change',
    '有效的邀请链接太多，请先停用一些',
    'Too many working links; revoke some first',
  ),
  'invite.life': refusal(422, 'after-change', '邀请有效期不符合要求', 'The life of the link is not allowed'),
} as const

const joined = closed({ userId: UserIdSchema, source: Type.String(), inviterId: Type.Optional(UserIdSchema) })
export const invitationFacts = {
  'membership.joined': joined,
  'invitation.link-created': closed({ linkId: LinkId, byId: nullable(UserIdSchema) }),
  'invitation.link-revoked': closed({ linkId: LinkId, byId: nullable(UserIdSchema) }),
  'invitation.offered': closed({ offerId: OfferId, userId: UserIdSchema, orderId: Type.String() }),
  'invitation.accepted': closed({ offerId: OfferId, userId: UserIdSchema, orderId: Type.String() }),
  'invitation.dismissed': closed({
    offerId: OfferId,
    userId: UserIdSchema,
    orderId: Type.String(),
    never: Type.Boolean(),
  }),
  'invitation.withdrawn': closed({ offerId: OfferId, userId: UserIdSchema, orderId: Type.String() }),
} as const

// ── join links ──
export const JoinLink = closed({
  linkId: LinkId,
  /** What the maker calls it: `door poster`. */
  label: Type.String(),
  byId: nullable(UserIdSchema),
  createdAt: MillisSchema,
  expiresAt: nullable(MillisSchema),
  maxUses: nullable(Type.Integer({ minimum: 1 })),
  uses: Type.Integer({ minimum: 0 }),
  revokedAt: nullable(MillisSchema),
  source: Type.String(),
})
export type JoinLink = Static<typeof JoinLink>

export const createJoinLink = defineEndpoint({
  name: 'joinLinks.create',
  method: 'POST',
  path: '/groups/:groupId/join-links',
  doc:
    'Makes a join link. Its code is shown in this answer alone: only a hash of it is kept. A repeated request makes ' +
    'another link; the one before stays in the list and may be revoked.',
  by: 'member',
  params: group,
  body: closed({
    label: Type.Optional(nameText({ minLength: 0, maxLength: 60 })),
    lifeMs: Type.Optional(nullable(AskedMs('Milliseconds; seven days unless told. Null never ends, for admins.'))),
    maxUses: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 100_000 }))),
    source: Type.Optional(
      Type.String({ maxLength: 40, description: 'Kept with everybody who joins by it: `poster`, `live`.' }),
    ),
  }),
  answer: closed({ link: JoinLink, code: Type.String() }),
  status: 201,
  secretAnswer: true,
  refusals: invitationRefusals,
  errors: ['invite.limit', 'invite.life', 'group.dissolved', 'auth.guest_forbidden'],
  facts: invitationFacts,
})
export const joinLinksOf = defineEndpoint({
  name: 'joinLinks.list',
  method: 'GET',
  path: '/groups/:groupId/join-links',
  doc: 'Links of the group, latest first, at most 200: admins see all, members their own.',
  by: 'member',
  params: group,
  answer: closed({ links: Type.Array(JoinLink) }),
})
export const revokeJoinLink = defineEndpoint({
  name: 'joinLinks.revoke',
  method: 'DELETE',
  path: '/groups/:groupId/join-links/:linkId',
  doc: 'Ends a link; nobody joins by it afterwards. Its maker or an admin may.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema, linkId: LinkId }),
  answer: empty,
  errors: ['invite.not_found', 'group.permission'],
  facts: invitationFacts,
})
export const GroupFace = closed({
  groupId: GroupIdSchema,
  name: Type.String(),
  avatar: Type.String(),
  description: Type.String(),
  memberCount: Type.Integer(),
  faces: Type.Array(Face, { maxItems: 9 }),
})
export const previewInvite = defineEndpoint({
  name: 'invites.preview',
  method: 'GET',
  path: '/invites/:code',
  doc: 'What a link leads to. Uses nothing up and joins nobody, however often it is opened.',
  by: 'user',
  params: code,
  answer: closed({
    outcome: oneOf('ok', 'already_member', 'full', 'blacklisted'),
    group: GroupFace,
    /** Who shared the link; null for the host or somebody who left. */
    inviter: nullable(Face),
    expiresAt: nullable(MillisSchema),
  }),
  errors: ['invite.not_found', 'invite.expired', 'invite.revoked', 'invite.exhausted', 'group.dissolved'],
  guesses: ['invite.not_found'],
})
export const acceptInvite = defineEndpoint({
  name: 'invites.accept',
  method: 'POST',
  path: '/invites/:code/accept',
  doc: 'Joins by a link. Joining again answers the same membership and uses nothing up.',
  by: 'user',
  params: code,
  body: empty,
  answer: closed({ groupId: GroupIdSchema, joined: Type.Boolean({ description: 'False when already a member.' }) }),
  errors: [
    'invite.not_found',
    'invite.expired',
    'invite.revoked',
    'invite.exhausted',
    'member.blacklisted',
    'group.full',
    'group.dissolved',
  ],
  guesses: ['invite.not_found'],
  facts: invitationFacts,
})

// ── after an order ──
/** An invitation into a group that waits for this person's answer; drop it from sight at `expiresAt`. */
export const invitationOffer = defineRecord({
  kind: 'invitation-offer',
  stream: 'user',
  doc: 'An invitation after an order 订单后邀请, on the stream of the invited person; its key is `offerId`.',
  body: closed({
    offerId: OfferId,
    groupId: GroupIdSchema,
    groupName: Type.String(),
    avatar: Type.String(),
    faces: Type.Array(Face, { maxItems: 9 }),
    memberCount: Type.Integer(),
    orderId: Type.String(),
    shopName: Type.Optional(Type.String()),
    /** What the shop says. */
    message: Type.String(),
    items: Type.Array(closed({ title: Type.String(), image: Type.Optional(Type.String()) }), { maxItems: 3 }),
    expiresAt: MillisSchema,
  }),
})
export const OrderInvitationRule = closed({
  active: Type.Boolean(),
  on: oneOf('paid', 'received'),
  shopId: Type.String({ minLength: 1, maxLength: 64 }),
  shopName: Type.Optional(nameText({ minLength: 0, maxLength: 60 })),
  coolDownDays: Type.Integer({
    minimum: 0,
    maximum: 365,
    description: 'Days between two asks of one person, by any group.',
  }),
  maxPerMonth: Type.Integer({
    minimum: 1,
    maximum: 31,
    description: 'Asks of one person within 30 days, by any group.',
  }),
  message: Type.String({ maxLength: 200 }),
})
export type OrderInvitationRule = Static<typeof OrderInvitationRule>

export const orderInvitationOf = defineEndpoint({
  name: 'orderInvitation.get',
  method: 'GET',
  path: '/groups/:groupId/order-invitation',
  doc: 'When customers are invited into this group after an order; null when never set.',
  by: 'admin',
  params: group,
  answer: closed({ rule: nullable(OrderInvitationRule) }),
})
export const setOrderInvitation = defineEndpoint({
  name: 'orderInvitation.set',
  method: 'PUT',
  path: '/groups/:groupId/order-invitation',
  doc: 'Invites customers of a shop into this group once their order is paid or received.',
  by: 'admin',
  params: group,
  body: OrderInvitationRule,
  answer: empty,
  errors: ['group.dissolved'],
})
/** Why nobody was invited after an order. `waiting`: it is not yet what the rule wants. */
export const NoInvitation = oneOf(
  'waiting',
  'ended',
  'no_rule',
  'already_member',
  'already_asked',
  'cool_down',
  'month_limit',
  'never',
  'full',
  'blacklisted',
)
export type NoInvitation = Static<typeof NoInvitation>
export const invitationOfOrder = defineEndpoint({
  name: 'orderInvitation.outcome',
  method: 'GET',
  path: '/orders/:orderId/invitation',
  doc: 'What an order led to: an offer and what became of it, or why nobody was invited. `none`: nothing yet.',
  by: 'server',
  params: closed({ orderId: Type.String({ minLength: 1, maxLength: 128 }) }),
  answer: closed({
    outcome: oneOf('none', 'offered', 'accepted', 'dismissed', 'withdrawn', 'recorded'),
    /** When `recorded`. */
    reason: Type.Optional(NoInvitation),
    offerId: Type.Optional(OfferId),
  }),
})
const offer = closed({ offerId: OfferId })
export const acceptOffer = defineEndpoint({
  name: 'offers.accept',
  method: 'POST',
  path: '/invitation-offers/:offerId/accept',
  doc: 'Joins the group of an offer made to the caller. Repeating it answers the same.',
  by: 'user',
  params: offer,
  body: empty,
  answer: closed({ groupId: GroupIdSchema, joined: Type.Boolean() }),
  refusals: invitationRefusals,
  errors: [
    'invite.not_found',
    'invite.expired',
    'invite.revoked',
    'member.blacklisted',
    'group.full',
    'group.dissolved',
  ],
  facts: invitationFacts,
})
export const dismissOffer = defineEndpoint({
  name: 'offers.dismiss',
  method: 'POST',
  path: '/invitation-offers/:offerId/dismiss',
  doc: 'Declines an offer; with `never` the person is not asked after an order again.',
  by: 'user',
  params: offer,
  body: closed({ never: Type.Optional(Type.Boolean()) }),
  answer: empty,
  errors: ['invite.not_found'],
  facts: invitationFacts,
})
export const setOfferPreference = defineEndpoint({
  name: 'offers.preference',
  method: 'PUT',
  path: '/me/order-invitations',
  doc: 'Whether the caller may be invited after an order: takes “never ask again” back, or says it.',
  by: 'user',
  body: closed({ welcome: Type.Boolean() }),
  answer: closed({ welcome: Type.Boolean() }),
})
