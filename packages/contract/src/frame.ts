/**
 * What travels on the socket: JSON text frames, one schema each. The client speaks first (`auth`); the server
 * answers `hello`. A live message always says from which version to which, so a client can see a gap.
 */
import { Type, type Static } from 'typebox'
import { ClientIdSchema, GroupIdSchema, PlaceSchema, SeqSchema, UserIdSchema, VersionSchema } from './ids.ts'
import { FaultSchema } from './refusal.ts'
import { SpeakAs } from './merchant.ts'
import { GroupRow, Head, MemberRow, MessageRow, MineRow, RecordRow, RowSchema } from './rows.ts'
import { closed, int32Max, oneOf } from './schema.ts'
import { MillisSchema } from './time.ts'

/** Bumped when a contract changes the wire; see the history in packages/chat/src/protocol.ts. */
const RequestId = Type.Integer({
  minimum: 1,
  maximum: int32Max,
  description: "The client's number of this request.",
})
/** `group/<groupId>` or `user/<userId>`. */
export const StreamSchema = Type.String({ pattern: '^(group|user)/.{1,80}$' })
export type Stream = `group/${string}` | `user/${string}`
const LevelSchema = oneOf('open', 'listed')
/** `open`: every row. `listed`: heads only, at most once a second. */
export type Level = Static<typeof LevelSchema>

// ── from the client ──
export const AuthFrame = closed({
  op: Type.Literal('auth'),
  token: Type.String({ minLength: 1, maxLength: 16_384 }),
  protocol: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max })),
  epoch: Type.Optional(Type.String({ maxLength: 64 })),
  /** Where the client's own stream stands; absent on a first visit. */
  version: Type.Optional(VersionSchema),
})
export const SubscribeFrame = closed({
  op: Type.Literal('subscribe'),
  id: RequestId,
  groups: Type.Array(closed({ groupId: GroupIdSchema, level: LevelSchema, from: Type.Optional(VersionSchema) }), {
    minItems: 1,
  }),
})
export const PullFrame = closed({
  op: Type.Literal('pull'),
  id: RequestId,
  stream: StreamSchema,
  from: VersionSchema,
})
export const SendFrame = closed({
  op: Type.Literal('send'),
  id: RequestId,
  groupId: GroupIdSchema,
  clientId: ClientIdSchema,
  kind: Type.String({ maxLength: 40 }),
  body: Type.Unknown(),
  as: Type.Optional(SpeakAs),
})
export const ReadFrame = closed({
  op: Type.Literal('read'),
  id: RequestId,
  groupId: GroupIdSchema,
  seq: PlaceSchema,
})
export const TypingFrame = closed({ op: Type.Literal('typing'), groupId: GroupIdSchema })
export const PingFrame = closed({ op: Type.Literal('ping') })
export const clientFrames = {
  auth: AuthFrame,
  subscribe: SubscribeFrame,
  pull: PullFrame,
  send: SendFrame,
  read: ReadFrame,
  typing: TypingFrame,
  ping: PingFrame,
} as const
export type ClientFrame = {
  [K in keyof typeof clientFrames]: Static<(typeof clientFrames)[K]>
}[keyof typeof clientFrames]

// ── from the server ──
export const HelloFrame = closed({
  op: Type.Literal('hello'),
  protocol: Type.Integer(),
  epoch: Type.String(),
  userId: UserIdSchema,
  now: MillisSchema,
  pingMs: Type.Integer({ description: 'How often the client should ping.' }),
})
/**
 * Rows of one stream that changed after `from` up to `to`, each once in its latest state. Apply only when
 * `from` ≤ the cursor; then the cursor is `to`. With `more`, the answer to a pull stopped at its row limit.
 */
export const ChangesFrame = closed({
  op: Type.Literal('changes'),
  stream: StreamSchema,
  from: VersionSchema,
  to: VersionSchema,
  rows: Type.Array(RowSchema),
  id: Type.Optional(RequestId),
  more: Type.Optional(Type.Boolean()),
})
/**
 * A group as it stands: replaces what the client held. Messages before `lowSeq` are read by the history route. Over a
 * socket all that did not fit into the frame came before it, in `part` frames with its `id`. Over HTTP `more` says that
 * records or own parts are left out: changes from 0 and the history have them.
 */
export const SnapshotFrame = closed({
  op: Type.Literal('snapshot'),
  stream: StreamSchema,
  version: VersionSchema,
  lowSeq: Type.Integer({ minimum: 0, description: 'Lowest position contained; 1 + joinSeq means: from the start.' }),
  group: GroupRow,
  messages: Type.Array(MessageRow),
  members: Type.Array(MemberRow),
  records: Type.Array(RecordRow),
  mine: Type.Array(MineRow),
  id: Type.Optional(RequestId),
  more: Type.Optional(Type.Boolean()),
})
/** Rows that go with the snapshot which answers the same request, and come before it: nothing is shown of them yet. */
export const PartFrame = closed({
  op: Type.Literal('part'),
  stream: StreamSchema,
  rows: Type.Array(RowSchema),
  id: RequestId,
})
/** The cursor is of no use (another epoch, or ahead of the server): drop the stream and start over. */
export const ResetFrame = closed({
  op: Type.Literal('reset'),
  code: Type.Literal('sync.reset'),
  stream: StreamSchema,
  reason: oneOf('ahead', 'epoch', 'gone'),
  id: Type.Optional(RequestId),
})
export const HeadsFrame = closed({ op: Type.Literal('heads'), heads: Type.Array(Head) })
export const SentFrame = closed({
  op: Type.Literal('sent'),
  id: RequestId,
  groupId: GroupIdSchema,
  clientId: ClientIdSchema,
  seq: SeqSchema,
  version: VersionSchema,
  at: MillisSchema,
  replayed: Type.Boolean(),
})
export const DoneFrame = closed({ op: Type.Literal('done'), id: RequestId })
export const ErrorFrame = closed({
  op: Type.Literal('error'),
  id: Type.Optional(RequestId),
  code: Type.String(),
  status: Type.Integer(),
  retry: oneOf('never', 'after-change', 'later'),
  title: Type.String(),
  detail: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(FaultSchema)),
  retry_after: Type.Optional(Type.Number()),
})
export const TypingNotice = closed({ op: Type.Literal('typing'), groupId: GroupIdSchema, userId: UserIdSchema })
export const PongFrame = closed({ op: Type.Literal('pong'), now: MillisSchema })
export const ExpiringFrame = closed({ op: Type.Literal('auth.expiring'), expiresAt: MillisSchema })
export const GoawayFrame = closed({ op: Type.Literal('goaway'), retry_in_ms: Type.Integer({ minimum: 0 }) })
export const serverFrames = {
  hello: HelloFrame,
  changes: ChangesFrame,
  snapshot: SnapshotFrame,
  part: PartFrame,
  reset: ResetFrame,
  heads: HeadsFrame,
  sent: SentFrame,
  done: DoneFrame,
  error: ErrorFrame,
  typing: TypingNotice,
  pong: PongFrame,
  'auth.expiring': ExpiringFrame,
  goaway: GoawayFrame,
} as const
export type ServerFrame = {
  [K in keyof typeof serverFrames]: Static<(typeof serverFrames)[K]>
}[keyof typeof serverFrames]

/** Why a socket was closed; ranges follow RFC 6455, ours begin at 4400. */
export const closeCodes = {
  protocol: 1002,
  binary: 1003,
  encoding: 1007,
  tooBig: 1009,
  restart: 1012,
  tryLater: 1013,
  badFrames: 4400,
  auth: 4401,
  forbidden: 4403,
  slow: 4408,
  replaced: 4409,
  rate: 4429,
} as const
