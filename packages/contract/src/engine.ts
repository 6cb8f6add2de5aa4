/** The engine's own requests: messages, history, actions, read positions, people and tokens. Features add theirs. */
import { PictureSchema } from './address.ts'
import { defineEndpoint } from './endpoint.ts'
import {
  ClientIdSchema,
  GroupIdSchema,
  KeyIdSchema,
  PlaceSchema,
  SeqSchema,
  UserIdSchema,
  VersionSchema,
} from './ids.ts'
import { SpeakAs } from './merchant.ts'
import { BadgeSchema, ConversationRow, MemberRow, MessageRow, MineRow } from './rows.ts'
import { ChangesFrame, SnapshotFrame } from './frame.ts'
import { closed, CursorSchema, nullable, oneOf, Type } from './schema.ts'
import { nameText } from './text.ts'
import { MillisSchema } from './time.ts'

const group = closed({ groupId: GroupIdSchema })
const message = closed({ groupId: GroupIdSchema, seq: SeqSchema })
const empty = closed({})
/** Page size of lists; larger is `request.invalid`. */
const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })

export const PostBody = closed({
  clientId: ClientIdSchema,
  kind: Type.String({ maxLength: 40 }),
  body: Type.Unknown(),
  as: Type.Optional(SpeakAs),
})
export const Posted = closed({
  groupId: GroupIdSchema,
  seq: SeqSchema,
  version: VersionSchema,
  at: MillisSchema,
  replayed: Type.Boolean({ description: 'True when this clientId had been posted before.' }),
})

export const ActedAnswer = closed({
  seq: SeqSchema,
  version: VersionSchema,
  state: Type.Unknown(),
  mine: Type.Unknown({ description: 'Null when the viewer has no part of their own.' }),
  replayed: Type.Boolean(),
})

export const engineEndpoints = {
  post: defineEndpoint({
    name: 'messages.post',
    method: 'POST',
    path: '/groups/:groupId/messages',
    doc:
      'Posts a message or a card. Idempotent for ever by `clientId`: a retry answers 200 with the first position. ' +
      'With a key and `Qun-Act-As` the host posts with that person’s rights; without, in its own name, in a ' +
      'merchant’s group, where it is shown as the shop.',
    by: 'member',
    orHost: true,
    params: group,
    body: PostBody,
    answer: Posted,
    status: 201,
    errors: [
      'card.unknown_type',
      'message.recalled',
      'message.type_forbidden',
      'merchant.not_issuer',
      'merchant.not_speaker',
      'merchant.suspended',
      'member.muted',
      'group.dissolved',
      'card.too_large',
      'idempotency.key_reused',
    ],
  }),
  history: defineEndpoint({
    name: 'messages.list',
    method: 'GET',
    path: '/groups/:groupId/messages',
    doc: 'Messages before or after a position, in order of `seq`; with the viewer’s own parts. Nothing before the viewer joined.',
    by: 'member',
    params: group,
    query: closed({
      before: Type.Optional(SeqSchema),
      after: Type.Optional(PlaceSchema),
      limit: Type.Optional(Limit),
    }),
    answer: closed({ messages: Type.Array(MessageRow), mine: Type.Array(MineRow), members: Type.Array(MemberRow) }),
  }),
  message: defineEndpoint({
    name: 'messages.get',
    method: 'GET',
    path: '/groups/:groupId/messages/:seq',
    doc: 'One message in its latest state.',
    by: 'member',
    params: message,
    answer: closed({ message: MessageRow, mine: nullable(MineRow) }),
    errors: ['message.not_found'],
  }),
  act: defineEndpoint({
    name: 'messages.act',
    method: 'POST',
    path: '/groups/:groupId/messages/:seq/actions/:action',
    doc: 'Asks a card to do something. One route for all actions of all cards; the body is the action’s input.',
    by: 'member',
    params: closed({
      groupId: GroupIdSchema,
      seq: SeqSchema,
      action: Type.String({ pattern: '^[a-z][a-zA-Z_-]{0,39}$' }),
    }),
    body: Type.Unknown(),
    answer: ActedAnswer,
    errors: [
      'message.not_found',
      'message.recalled',
      'message.not_owner',
      'card.unknown_action',
      'group.dissolved',
      'member.muted',
      'idempotency.key_reused',
      'idempotency.key_missing',
      'auth.guest_forbidden',
    ],
  }),
  recall: defineEndpoint({
    name: 'messages.recall',
    method: 'POST',
    path: '/groups/:groupId/messages/:seq/recall',
    doc: 'Takes a message back for everybody: one’s own within two minutes, another’s of a lower role at any time.',
    by: 'member',
    params: message,
    body: empty,
    answer: closed({ seq: SeqSchema, version: VersionSchema }),
    errors: ['message.not_found', 'message.not_owner', 'message.recall_window', 'group.dissolved'],
  }),
  hide: defineEndpoint({
    name: 'messages.hide',
    method: 'PUT',
    path: '/groups/:groupId/messages/:seq/hidden',
    doc: 'Deletes a message for the viewer alone.',
    by: 'member',
    params: message,
    body: closed({ hidden: Type.Boolean() }),
    answer: empty,
    errors: ['message.not_found'],
  }),
  snapshot: defineEndpoint({
    name: 'groups.get',
    method: 'GET',
    path: '/groups/:groupId',
    doc: 'A group as it stands: its row, its latest messages, and the people in them.',
    by: 'member',
    params: group,
    answer: SnapshotFrame,
  }),
  changes: defineEndpoint({
    name: 'groups.changes',
    method: 'GET',
    path: '/groups/:groupId/changes',
    doc: 'Rows that changed after a version, oldest change first, each once and in its latest state.',
    by: 'member',
    params: group,
    query: closed({ from: VersionSchema }),
    answer: ChangesFrame,
    errors: ['sync.reset'],
  }),
  members: defineEndpoint({
    name: 'members.list',
    method: 'GET',
    path: '/groups/:groupId/members',
    doc: 'Members in the order of role, then joining.',
    by: 'member',
    params: group,
    query: closed({ cursor: Type.Optional(CursorSchema), limit: Type.Optional(Limit) }),
    answer: closed({ members: Type.Array(MemberRow), cursor: nullable(Type.String()) }),
    errors: ['cursor.invalid', 'group.roster_hidden'],
    refusals: {
      'group.roster_hidden': {
        status: 403,
        retry: 'never',
        title: { 'zh-CN': '群成员列表不公开', en: 'The member list is hidden' },
      },
    },
  }),
  read: defineEndpoint({
    name: 'conversations.read',
    method: 'PUT',
    path: '/groups/:groupId/read',
    doc: 'Moves the viewer’s read position; it never goes back.',
    by: 'member',
    params: group,
    body: closed({ seq: PlaceSchema }),
    answer: closed({ readSeq: Type.Integer(), unread: Type.Integer() }),
    errors: ['read.seq_out_of_range'],
  }),
  conversations: defineEndpoint({
    name: 'conversations.list',
    method: 'GET',
    path: '/conversations',
    doc: 'The viewer’s groups with their last words and exact unread.',
    by: 'user',
    answer: closed({ conversations: Type.Array(ConversationRow), version: VersionSchema }),
  }),
  conversation: defineEndpoint({
    name: 'conversations.set',
    method: 'PATCH',
    path: '/conversations/:groupId',
    doc: 'Pins a conversation or makes it quiet, for the viewer alone.',
    by: 'member',
    params: group,
    body: closed({ pinned: Type.Optional(Type.Boolean()), quiet: Type.Optional(Type.Boolean()) }),
    answer: empty,
  }),
  me: defineEndpoint({
    name: 'users.me',
    method: 'GET',
    path: '/me',
    doc: 'Who the token speaks for.',
    by: 'user',
    answer: closed({ userId: UserIdSchema, name: Type.String(), avatar: Type.String(), badge: nullable(BadgeSchema) }),
  }),
  upsertUser: defineEndpoint({
    name: 'users.put',
    method: 'PUT',
    path: '/users/:userId',
    doc: 'Tells Qun about a person of the host: name, picture, badge. Renames travel to every group.',
    by: 'server',
    params: closed({ userId: UserIdSchema }),
    body: closed({
      name: nameText({ maxLength: 40 }),
      avatar: Type.Optional(PictureSchema),
      badge: Type.Optional(nullable(BadgeSchema)),
      minor: Type.Optional(
        Type.Boolean({
          description: 'Under age: refused draws, red packets and whatever else the law keeps from them.',
        }),
      ),
    }),
    answer: closed({ userId: UserIdSchema }),
    errors: ['media.external_not_allowed'],
  }),
  mint: defineEndpoint({
    name: 'tokens.mint',
    method: 'POST',
    path: '/tokens',
    doc: 'Mints a short-lived user token. A host with a signing key mints its own; this is for hosts without a JWT library.',
    by: 'server',
    body: closed({
      userId: UserIdSchema,
      ttlSeconds: Type.Optional(Type.Integer({ minimum: 30, maximum: 86_400, default: 3_600 })),
      guest: Type.Optional(Type.Boolean()),
    }),
    answer: closed({ token: Type.String(), expiresAt: MillisSchema }),
    status: 201,
  }),
  revoke: defineEndpoint({
    name: 'tokens.revoke',
    method: 'POST',
    path: '/users/:userId/revoke',
    doc: 'Ends all of a person’s tokens minted so far, or one by its `jti`; open sockets close within five seconds.',
    by: 'server',
    params: closed({ userId: UserIdSchema }),
    body: closed({
      jti: Type.Optional(Type.String({ maxLength: 128 })),
      reason: Type.Optional(oneOf('logout', 'erased')),
    }),
    answer: empty,
  }),
  keys: defineEndpoint({
    name: 'keys.list',
    method: 'GET',
    path: '/keys',
    doc: 'The keys of the app, youngest first, without what is secret of them: when each was made, last used and revoked.',
    by: 'server',
    answer: closed({
      keys: Type.Array(
        closed({
          keyId: KeyIdSchema,
          kind: oneOf('api', 'signing'),
          label: Type.String(),
          createdAt: MillisSchema,
          lastUsedAt: nullable(MillisSchema),
          revokedAt: nullable(MillisSchema),
        }),
      ),
    }),
  }),
  revokeKey: defineEndpoint({
    name: 'keys.revoke',
    method: 'POST',
    path: '/keys/:keyId/revoke',
    doc:
      'Ends an API key or a signing key for good, also the one that calls: at once on this node, within five seconds on ' +
      'all. Make its successor first, by `qun key create`.',
    by: 'server',
    params: closed({ keyId: KeyIdSchema }),
    body: empty,
    answer: empty,
    errors: ['key.not_found'],
  }),
} as const
