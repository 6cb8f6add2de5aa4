/** The rows that travel on streams: `group/<id>` carries what all members see, `user/<id>` what one person sees. */
import { Type, type Static } from 'typebox'
import { ClientIdSchema, GroupIdSchema, SeqSchema, UserIdSchema, VersionSchema } from './ids.ts'
import { MerchantIdSchema, merchantDepthMax, SpokenAs } from './merchant.ts'
import { closed, nullable, oneOf } from './schema.ts'
import { TextSchema } from './text.ts'
import { MillisSchema } from './time.ts'

export const RoleSchema = oneOf('owner', 'admin', 'member')
/** Whom a person speaks for; a bot or staff member can never appear without it. */
export const BadgeSchema = oneOf('merchant', 'staff', 'creator', 'rider', 'bot', 'official')

export const MessageRow = closed({
  row: Type.Literal('message'),
  seq: SeqSchema,
  version: VersionSchema,
  senderId: Type.String({ description: 'Empty for lines of the system.' }),
  clientId: ClientIdSchema,
  kind: Type.String(),
  body: Type.Unknown({ description: 'Fixed when posted; null once recalled.' }),
  state: Type.Unknown({ description: 'Owned by the server; null once recalled.' }),
  ordinal: Type.Integer({ minimum: 0, description: "The group's count of countable messages up to this one." }),
  own: Type.Integer({ minimum: 0, description: "The sender's count of countable messages up to this one." }),
  at: MillisSchema,
  /** The shop the sender speaks as 以店铺身份; decided when it was posted. */
  as: Type.Optional(SpokenAs),
  recalled: Type.Optional(closed({ by: Type.String(), at: MillisSchema })),
})
export type MessageRow = Static<typeof MessageRow>

export const MemberRow = closed({
  row: Type.Literal('member'),
  userId: UserIdSchema,
  version: VersionSchema,
  role: RoleSchema,
  name: Type.String({ description: 'Nickname in this group, else the name of the user.' }),
  avatar: Type.String({ description: 'A picture address, or empty.' }),
  badge: nullable(BadgeSchema),
  joinedAt: MillisSchema,
  mutedUntil: Type.Integer({ minimum: 0, description: 'Epoch milliseconds; 0 when free to speak.' }),
  active: Type.Boolean({ description: 'False once left or removed; the row stays so that old words keep a name.' }),
})
export type MemberRow = Static<typeof MemberRow>

export const GroupSettings = closed({
  description: Type.String({ maxLength: 500 }),
  capacity: Type.Integer({ minimum: 2, maximum: 20_000 }),
  history: oneOf('none', 'recent', 'all'),
  muteAll: Type.Boolean(),
  roster: oneOf('members', 'admins'),
})
export type GroupSettings = Static<typeof GroupSettings>

export const GroupRow = closed({
  row: Type.Literal('group'),
  groupId: GroupIdSchema,
  version: VersionSchema,
  name: Type.String(),
  avatar: Type.String(),
  ownerId: UserIdSchema,
  memberCount: Type.Integer({ minimum: 0 }),
  settings: GroupSettings,
  merchantPath: Type.Optional(
    Type.Array(MerchantIdSchema, {
      minItems: 1,
      maxItems: merchantDepthMax,
      description: 'The merchant 商家 behind the group, then those it belongs to; absent for a friends’ group 好友群.',
    }),
  ),
  createdAt: MillisSchema,
  disbandedAt: Type.Optional(MillisSchema),
})
export type GroupRow = Static<typeof GroupRow>

/** The last words of a group and its counters: all that a list of conversations needs. */
export const Head = closed({
  groupId: GroupIdSchema,
  version: VersionSchema,
  lastSeq: Type.Integer({ minimum: 0 }),
  lastOrdinal: Type.Integer({ minimum: 0 }),
  at: MillisSchema,
  last: nullable(
    closed({
      seq: SeqSchema,
      senderId: Type.String(),
      /** With the shop’s name before it for who speaks as a shop. */
      senderName: Type.String(),
      senderBadge: Type.Optional(BadgeSchema),
      as: Type.Optional(SpokenAs),
      kind: Type.String(),
      summary: TextSchema,
    }),
  ),
  own: Type.Optional(Type.Integer({ description: "The viewer's own countable messages; sent when it changed." })),
  mentions: Type.Optional(Type.Array(SeqSchema, { description: 'Positions that newly mention the viewer.' })),
  group: Type.Optional(
    closed(
      { name: Type.String(), avatar: Type.String(), memberCount: Type.Integer({ minimum: 0 }) },
      { description: "The group's face; sent when it changed." },
    ),
  ),
})
export type Head = Static<typeof Head>

/** One user's view of a group. Unread = head.lastOrdinal − readOrdinal − (own − readOwn). */
export const ConversationRow = closed({
  row: Type.Literal('conversation'),
  groupId: GroupIdSchema,
  version: VersionSchema,
  active: Type.Boolean(),
  role: RoleSchema,
  joinSeq: Type.Integer({ minimum: 0, description: 'Only messages after it are visible to this member.' }),
  readSeq: Type.Integer({ minimum: 0 }),
  readOrdinal: Type.Integer({ minimum: 0 }),
  readOwn: Type.Integer({ minimum: 0 }),
  own: Type.Integer({ minimum: 0 }),
  pinned: Type.Boolean(),
  quiet: Type.Boolean({ description: 'Do-not-disturb 免打扰.' }),
  name: Type.String(),
  avatar: Type.String(),
  memberCount: Type.Integer({ minimum: 0 }),
  /** Faces for the group's picture: avatars of its first members. */
  faces: Type.Array(closed({ name: Type.String(), avatar: Type.String() }), { maxItems: 9 }),
  mentions: Type.Array(SeqSchema, { description: 'Unread positions that mention the viewer.' }),
  head: Head,
})
export type ConversationRow = Static<typeof ConversationRow>

/** What only this viewer may see of one message. */
export const MineRow = closed({
  row: Type.Literal('mine'),
  groupId: GroupIdSchema,
  seq: SeqSchema,
  version: VersionSchema,
  kind: Type.String(),
  body: Type.Unknown(),
  hidden: Type.Boolean({ description: 'Deleted for this viewer alone.' }),
})
export type MineRow = Static<typeof MineRow>

export const RecordRow = closed({
  row: Type.Literal('record'),
  kind: Type.String(),
  key: Type.String(),
  version: VersionSchema,
  body: Type.Unknown({ description: 'Null once removed.' }),
})
export type RecordRow = Static<typeof RecordRow>

export type GroupStreamRow = MessageRow | MemberRow | GroupRow | RecordRow
export type UserStreamRow = ConversationRow | MineRow | RecordRow
export type Row = GroupStreamRow | UserStreamRow
export const RowSchema = Type.Union([MessageRow, MemberRow, GroupRow, ConversationRow, MineRow, RecordRow])

/** Names a row within its stream: what a later version of the same row replaces. */
export function rowKey(row: Row): string {
  switch (row.row) {
    case 'message':
      return `m${row.seq}`
    case 'member':
      return `u${row.userId}`
    case 'group':
      return 'g'
    case 'conversation':
      return `c${row.groupId}`
    case 'mine':
      return `i${row.groupId}/${row.seq}`
    case 'record':
      return `r${row.kind}/${row.key}`
  }
}
