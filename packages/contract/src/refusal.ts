/**
 * Refusals: every error a caller can meet has a stable code, an HTTP status and advice on retrying.
 * This file holds the codes of the engine and the server; a feature declares its own beside its card.
 */
import { Type, type Static } from 'typebox'
import { closed, oneOf } from './schema.ts'
import type { LocalText } from './text.ts'

export type Retry = 'never' | 'after-change' | 'later'
export interface RefusalKind {
  readonly status: number
  readonly retry: Retry
  readonly title: LocalText
}
export type RefusalKinds = Readonly<Record<string, RefusalKind>>

const kind = (status: number, retry: Retry, zh: string, en: string): RefusalKind => ({
  status,
  retry,
  title: { 'zh-CN': zh, en },
})
/** Declares one refusal: status, retry advice, and what a person reads in both languages. */
export const refusal = kind

export const coreRefusals = {
  'auth.missing': kind(401, 'after-change', '缺少凭证', 'No credential was given'),
  'auth.token_malformed': kind(401, 'after-change', '令牌格式错误', 'The token is malformed'),
  'auth.token_alg': kind(401, 'after-change', '令牌算法不被接受', "The token's algorithm is not accepted"),
  'auth.token_signature': kind(401, 'after-change', '令牌签名无效', "The token's signature is invalid"),
  'auth.token_key_unknown': kind(401, 'after-change', '未知的签名密钥', 'The signing key is unknown'),
  'auth.token_key_retired': kind(401, 'after-change', '签名密钥已停用', 'The signing key is retired'),
  'auth.token_expired': kind(401, 'after-change', '令牌已过期', 'The token has expired'),
  'auth.token_not_yet_valid': kind(401, 'later', '令牌尚未生效', 'The token is not valid yet'),
  'auth.token_issuer': kind(401, 'after-change', '令牌签发方不符', "The token's issuer does not match"),
  'auth.token_audience': kind(401, 'after-change', '令牌受众不符', "The token's audience does not match"),
  'auth.token_lifetime': kind(401, 'after-change', '令牌有效期过长', 'The token lives too long'),
  'auth.token_revoked': kind(401, 'after-change', '令牌已被吊销', 'The token was revoked'),
  'auth.subject_gone': kind(401, 'never', '用户已注销', 'The user is gone'),
  'key.not_found': kind(404, 'never', '没有这个密钥', 'There is no such key'),
  'auth.scope': kind(403, 'never', '无权调用此接口', 'The credential may not do this'),
  'auth.guest_forbidden': kind(403, 'after-change', '游客不能进行此操作', 'Guests may not do this'),
  'auth.expiring': kind(401, 'after-change', '令牌即将过期', 'The token is about to expire'),
  'request.malformed': kind(400, 'after-change', '请求无法解析', 'The request cannot be parsed'),
  'request.invalid': kind(400, 'after-change', '请求不合规范', 'The request breaks its schema'),
  'request.duplicate_key': kind(400, 'after-change', '请求重复了字段', 'The request names a field twice'),
  'request.duplicate_id': kind(409, 'never', '相同编号的请求正在处理', 'A request with this number is under way'),
  'request.unknown_field': kind(400, 'after-change', '请求含有未知字段', 'The request has an unknown field'),
  'request.encoding': kind(400, 'after-change', '文本编码无效', 'The text is not valid Unicode for storage'),
  'request.too_deep': kind(400, 'after-change', '请求嵌套过深', 'The request is nested too deeply'),
  'request.too_large': kind(413, 'after-change', '请求过大', 'The request is too large'),
  'request.header_too_large': kind(431, 'after-change', '请求头过大', 'The request headers are too large'),
  'request.uri_too_long': kind(414, 'after-change', '网址过长', 'The address is too long'),
  'request.media_type': kind(415, 'after-change', '不支持的内容类型', 'The content type is not supported'),
  'request.timeout': kind(408, 'later', '请求超时', 'The request took too long'),
  'request.method': kind(405, 'never', '不支持的请求方法', 'The method is not allowed'),
  'route.not_found': kind(404, 'never', '没有这个接口', 'There is no such route'),
  'idempotency.key_missing': kind(400, 'after-change', '缺少 Idempotency-Key', 'Idempotency-Key is missing'),
  'idempotency.key_reused': kind(422, 'never', '幂等键已用于其他请求', 'The key was used for another request'),
  'idempotency.in_progress': kind(409, 'later', '相同请求正在处理', 'The same request is being handled'),
  'precondition.failed': kind(412, 'after-change', '内容已被修改', 'It has changed meanwhile'),
  'rate.limited': kind(429, 'later', '操作太频繁，请稍后再试', 'Too many requests; try again later'),
  'conn.limit': kind(429, 'later', '连接数过多', 'Too many connections'),
  'conn.replaced': kind(409, 'after-change', '已在太多设备上登录', 'Connected on too many other devices'),
  'batch.too_large': kind(422, 'after-change', '批量过大', 'The batch is too large'),
  'cursor.invalid': kind(400, 'after-change', '分页游标无效', 'The cursor is invalid'),
  'op.unknown': kind(400, 'never', '未知的操作', 'The operation is unknown'),
  'ws.origin': kind(403, 'never', '来源不被允许', 'The origin is not allowed'),
  'ws.version': kind(426, 'never', '协议版本不受支持', 'The protocol version is not supported'),
  'sync.reset': kind(409, 'after-change', '需要重新同步', 'A full sync is needed'),
  'group.not_found': kind(404, 'never', '群不存在', 'There is no such group'),
  'group.permission': kind(403, 'after-change', '群内权限不足', 'Your role in the group does not allow this'),
  'group.dissolved': kind(410, 'never', '群已解散', 'The group was disbanded'),
  'group.full': kind(409, 'later', '群成员已满', 'The group is full'),
  'group.owner_required': kind(409, 'after-change', '群必须有群主', 'A group must have an owner'),
  'member.not_in_group': kind(404, 'never', '不是群成员', 'Not a member of the group'),
  'member.blacklisted': kind(403, 'never', '你已被移出并不能再加入', 'You were removed and may not join again'),
  'member.groups_full': kind(409, 'later', '加入的群太多', 'This person is in too many groups'),
  'member.muted': kind(403, 'later', '你已被禁言', 'You are muted'),
  'user.minor_restricted': kind(403, 'never', '未成年人不能参与', 'Minors may not take part'),
  'risk.blocked': kind(403, 'never', '当前账号暂时无法参与', 'This account cannot take part at present'),
  'user.not_found': kind(404, 'never', '用户不存在', 'There is no such user'),
  'message.not_found': kind(404, 'never', '消息不存在', 'There is no such message'),
  'message.not_owner': kind(403, 'never', '只能操作自己的消息', 'It is not your message'),
  'message.recalled': kind(409, 'never', '消息已撤回', 'The message was recalled'),
  'message.recall_window': kind(409, 'never', '超过可撤回时间', 'It is too late to recall it'),
  'message.type_forbidden': kind(403, 'never', '不能发送此类消息', 'You may not post this kind'),
  'merchant.not_issuer': kind(
    403,
    'never',
    '只有商家的工作人员可以在商家自己的群里发放',
    'Only the shop’s staff may give this, in the shop’s own groups',
  ),
  'merchant.not_speaker': kind(
    403,
    'after-change',
    '只有商家的工作人员可以在商家自己的群里以店铺身份发言',
    'Only the shop’s staff may speak as the shop, in its own groups',
  ),
  'merchant.permission': kind(403, 'after-change', '你的岗位没有此权限', 'Your post at the shop does not allow this'),
  'merchant.suspended': kind(409, 'later', '商家已暂停活动', 'The shop is suspended'),
  'merchant.ended': kind(410, 'never', '商家已注销', 'The shop is gone for good'),
  'merchant.not_found': kind(404, 'never', '商家不存在', 'There is no such merchant'),
  'read.seq_out_of_range': kind(422, 'after-change', '已读位置超出范围', 'The read position is past the end'),
  'card.unknown_type': kind(422, 'never', '未知的消息类型', 'The kind is unknown'),
  'card.too_large': kind(422, 'after-change', '卡片内容过大', "The card's content is too large"),
  'card.unknown_action': kind(404, 'never', '没有这个动作', 'The card has no such action'),
  'media.external_not_allowed': kind(
    422,
    'after-change',
    '图片须来自允许的网址',
    'Pictures come from addresses the host lists',
  ),
  'store.unavailable': kind(503, 'later', '存储暂不可用', 'The store is unavailable'),
  'storage.full': kind(507, 'later', '存储空间已满', 'The storage is full'),
  'server.draining': kind(503, 'later', '服务正在重启', 'The server is restarting'),
  'server.overloaded': kind(503, 'later', '服务繁忙', 'The server is overloaded'),
  'server.bug': kind(500, 'later', '服务内部错误', 'Something went wrong on our side'),
} as const satisfies RefusalKinds

export type CoreCode = keyof typeof coreRefusals

/** A field that is at fault, or a condition that is not met. */
export const FaultSchema = closed({
  pointer: Type.String(),
  code: Type.String(),
  have: Type.Optional(Type.Integer({ description: 'Of a condition: what there is.' })),
  needed: Type.Optional(Type.Integer({ description: 'Of a condition: what it takes, or the most there may be.' })),
})
export interface RefusalDetail {
  /** What stood in the way, in plain words, for a developer. Never shown to members. */
  readonly detail?: string
  /** Which fields are at fault, as JSON pointers; of a condition, how far it is met. */
  readonly errors?: readonly Static<typeof FaultSchema>[]
  /** Milliseconds after which a retry may succeed. */
  readonly retryAfterMs?: number
}

/** A caller's fault with a declared code. Thrown by the engine; turned into problem+json by the server. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly kind: RefusalKind
  readonly more: RefusalDetail
  constructor(code: string, kind: RefusalKind, more: RefusalDetail = {}) {
    super(more.detail === undefined ? code : `${code}: ${more.detail}`)
    this.code = code
    this.kind = kind
    this.more = more
  }
}
/** A refusal with one of the engine's own codes. */
export function refuse(code: CoreCode, more: RefusalDetail = {}): Refusal {
  return new Refusal(code, coreRefusals[code], more)
}

/** The body of every error over HTTP (RFC 9457) and, without `type`, of socket errors. */
export const ProblemSchema = closed({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  retry: oneOf('never', 'after-change', 'later'),
  detail: Type.Optional(Type.String()),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(FaultSchema)),
  retry_after: Type.Optional(Type.Number({ description: 'Seconds.' })),
})
export type Problem = Static<typeof ProblemSchema>
