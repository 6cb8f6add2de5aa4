/** Messages 消息: text, picture and the lines of the system; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  fileAnswer,
  fileBody,
  GroupIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  TextSchema,
  Type,
  UserIdSchema,
  type Static,
  int32Max,
  CursorSchema,
} from '@qun/contract'

/** For the rules, which know their own contract alone. */
export { dayNumberIn, midnightOf } from '@qun/contract'

/** Code points of a text; more is `message.too_long`. */
export const textLengthMax = 5_000
/** People named in one message; more is `mention.too_many`. */
export const mentionsMax = 50
/** Different emoji on one message; more is `reaction.limit`. */
export const reactionKindsMax = 20
/** Of one person, likewise. */
export const ownReactionsMax = 10
/** How long a text may be edited by its sender, in milliseconds (mechanics C-10). */
export const editWindowMs = 24 * 3_600_000
/** Bytes of an uploaded picture. */
export const imageBytesMax = 20 * 1_024 * 1_024

// ── shared parts ──
/** A user id, or `*` for everybody 所有人. */
export const MentionSchema = Type.Union([Type.Literal('*'), UserIdSchema])
const Mentions = Type.Array(MentionSchema, {
  maxItems: 200,
  description: 'Whom the text names; at most 50. `*` is everybody.',
})

export const ReactionCount = closed({
  emoji: Type.String({ maxLength: 40 }),
  count: Type.Integer({ minimum: 1 }),
})
export type ReactionCount = Static<typeof ReactionCount>
/** In the order they were first used; an emoji that nobody keeps is gone. */
const Reactions = Type.Array(ReactionCount, { maxItems: 20 })
/** What the viewer reacted with. */
const ReactionsMine = closed({ reactions: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 }) })
const Quote = closed(
  { seq: SeqSchema },
  { description: 'A message of this group with a smaller seq; clients show it as it is now.' },
)

const reactionRefusals = {
  'reaction.invalid': refusal(422, 'after-change', '不支持的表情回应', 'A reaction is exactly one emoji'),
  'reaction.limit': refusal(
    409,
    'after-change',
    '这条消息的表情种类已满',
    'This message has too many different reactions',
  ),
} as const
const react = {
  by: 'member',
  doc: 'Adds or takes back one emoji of the actor. Repeating it changes nothing.',
  input: closed({ emoji: Type.String({ minLength: 1, maxLength: 40 }), on: Type.Boolean() }),
  errors: ['reaction.invalid', 'reaction.limit'],
} as const

export const textRefusals = {
  'message.empty': refusal(422, 'after-change', '消息不能为空', 'The message is empty'),
  'message.too_long': refusal(422, 'after-change', '消息太长', 'The message is too long'),
  'message.abusive_unicode': refusal(
    422,
    'after-change',
    '消息含有滥用的字符',
    'The message abuses combining characters',
  ),
  'message.quote_invalid': refusal(422, 'after-change', '引用的消息不存在', 'The quoted message cannot be seen'),
  'mention.not_member': refusal(422, 'after-change', '提及的人不在群里', 'A mentioned person is not in the group'),
  'mention.too_many': refusal(422, 'after-change', '提及的人太多', 'Too many people are mentioned'),
  'mention.all_forbidden': refusal(
    403,
    'after-change',
    '只有群主和管理员可以 @所有人',
    'Only the owner and admins may mention everybody',
  ),
  'mention.all_limited': refusal(
    429,
    'later',
    '@所有人 太频繁，请稍后再试',
    'Everybody was mentioned too often; try again later',
  ),
} as const

// ── text ──
export const textMessage = defineCard({
  kind: 'text',
  doc: 'A text message 文字消息, perhaps quoting another and naming people.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({
    text: Type.String({
      description: 'Plain text, at most 5,000 code points. White space at its end is cut; nothing else is changed.',
    }),
    quote: Type.Optional(Quote),
    mentions: Type.Optional(Mentions),
  }),
  state: closed({
    /** The text as it reads after the latest edit; absent while as posted. */
    edited: Type.Optional(closed({ text: Type.String(), at: MillisSchema, mentions: Type.Optional(Mentions) })),
    edits: Type.Integer({ minimum: 0, description: 'How often it was edited; the next edit must name this number.' }),
    reactions: Reactions,
  }),
  initial: { edits: 0, reactions: [] },
  mine: ReactionsMine,
  actions: {
    edit: {
      by: 'sender',
      needs: 'talk-as',
      doc: 'Replaces the text within 24 hours; earlier texts stay readable. People named by an edit are not notified.',
      input: closed({
        text: Type.String(),
        mentions: Type.Optional(Mentions),
        ifEdits: Type.Integer({
          minimum: 0,
          maximum: int32Max,
          description: '`state.edits` as the editor saw it; another number is `precondition.failed`.',
        }),
      }),
      errors: [
        'precondition.failed',
        'message.edit_window',
        'message.empty',
        'message.too_long',
        'message.abusive_unicode',
        'mention.not_member',
        'mention.too_many',
        'mention.all_forbidden',
        'merchant.not_speaker',
      ],
    },
    react,
  },
  facts: {
    'text.edited': closed({ seq: SeqSchema, edits: Type.Integer() }),
    'text.reacted': closed({ seq: SeqSchema, userId: UserIdSchema, emoji: Type.String(), on: Type.Boolean() }),
  },
  refusals: {
    ...textRefusals,
    ...reactionRefusals,
    'message.edit_window': refusal(409, 'never', '超过可编辑时间', 'It is too late to edit it'),
  },
  summary: (body, state) => (state?.edited?.text ?? body.text).replace(/\s+/g, ' ').slice(0, 100),
})

// ── picture ──
const mediaNotFound = refusal(404, 'never', '图片不存在', 'There is no such picture')
export const mediaIdPattern = '^med_[0-9a-f]{32}$'
export const MediaIdSchema = Type.String({ pattern: mediaIdPattern, description: 'What the upload answered.' })
const Side = Type.Integer({ minimum: 1, maximum: 20_000, description: 'Pixels, after turning it upright.' })

export const imageMessage = defineCard({
  kind: 'image',
  doc: 'A picture 图片, uploaded before by the same person into the same group.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({
    mediaId: MediaIdSchema,
    /** As the upload answered. */
    w: Side,
    h: Side,
    alt: Type.Optional(Type.String({ maxLength: 300, description: 'What it shows, for people who cannot see it.' })),
    quote: Type.Optional(Quote),
  }),
  state: closed({
    /** A tiny `data:image/webp` picture to show while the real one loads. */
    preview: Type.String({ maxLength: 2_000 }),
    reactions: Reactions,
  }),
  mine: ReactionsMine,
  actions: { react },
  facts: {
    'image.reacted': closed({ seq: SeqSchema, userId: UserIdSchema, emoji: Type.String(), on: Type.Boolean() }),
  },
  refusals: {
    ...reactionRefusals,
    'media.not_found': mediaNotFound,
    'media.dimensions': refusal(422, 'after-change', '图片尺寸不符', 'The size is not that of the uploaded picture'),
    'message.quote_invalid': textRefusals['message.quote_invalid'],
  },
  summary: (body) => {
    const alt = body.alt?.slice(0, 60) ?? ''
    return { 'zh-CN': alt === '' ? '[图片]' : `[图片] ${alt}`, en: alt === '' ? '[Picture]' : `[Picture] ${alt}` }
  },
})

// ── lines of the system ──
const Person = closed({ userId: UserIdSchema, name: Type.String({ maxLength: 80 }) })
export type Person = Static<typeof Person>
const by = Type.Optional(Person)
/** At most ten names; `count` is how many there really are. */
const People = Type.Array(Person, { minItems: 1, maxItems: 10 })
const Count = Type.Integer({ minimum: 1, maximum: int32Max })

export const SystemBody = Type.Union([
  closed({ what: Type.Literal('created'), by, name: Type.String() }),
  closed({
    what: Type.Literal('joined'),
    people: People,
    count: Count,
    via: oneOf('added', 'link', 'order', 'host'),
    by,
  }),
  closed({ what: Type.Literal('left'), people: People, count: Count }),
  closed({ what: Type.Literal('removed'), people: People, count: Count, by }),
  closed({ what: Type.Literal('renamed'), name: Type.String(), by }),
  closed({ what: Type.Literal('role'), person: Person, role: oneOf('admin', 'member'), by }),
  closed({ what: Type.Literal('transferred'), person: Person, by }),
  closed({ what: Type.Literal('muted'), person: Person, until: MillisSchema, by }),
  closed({ what: Type.Literal('unmuted'), person: Person, by }),
  closed({ what: Type.Literal('mute-all'), on: Type.Boolean(), by }),
  closed({ what: Type.Literal('disbanded'), by }),
  /** A line of the host or of a feature. */
  closed({ what: Type.Literal('note'), text: TextSchema }),
])
export type SystemBody = Static<typeof SystemBody>

export const systemLine = defineCard({
  kind: 'system',
  doc: 'A line of the system 系统消息; never counted as unread.',
  post: { by: 'server' },
  gives: 'nothing',
  body: SystemBody,
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: {},
  facts: {},
  refusals: {
    'message.system': refusal(409, 'never', '系统消息不能撤回', 'A line of the system cannot be recalled'),
  },
  countable: false,
  summary: systemText,
})

/** What a system line says, in each language. */
export function systemText(line: SystemBody): { 'zh-CN': string; en: string } {
  const both = (zh: string, en: string) => ({ 'zh-CN': zh, en })
  const actor = 'by' in line ? line.by?.name : undefined
  switch (line.what) {
    case 'created':
      return both(
        `${actor ?? '商家'}创建了群「${line.name}」`,
        `${actor ?? 'The shop'} created the group “${line.name}”`,
      )
    case 'joined': {
      const zh = namesIn(line, 'zh-CN')
      const en = namesIn(line, 'en')
      if (line.via === 'order') return both(`${zh}下单后加入了群聊`, `${en} joined after an order`)
      if (line.via === 'added' && actor !== undefined)
        return both(`${actor}邀请${zh}加入了群聊`, `${actor} added ${en}`)
      if (line.via === 'link' && actor !== undefined) {
        return both(`${zh}通过${actor}分享的链接加入了群聊`, `${en} joined with ${actor}’s link`)
      }
      return both(`${zh}加入了群聊`, `${en} joined the group`)
    }
    case 'left':
      return both(`${namesIn(line, 'zh-CN')}退出了群聊`, `${namesIn(line, 'en')} left the group`)
    case 'removed':
      return both(`${namesIn(line, 'zh-CN')}被移出群聊`, `${namesIn(line, 'en')} was removed from the group`)
    case 'renamed':
      return both(`群名改为「${line.name}」`, `The group is now called “${line.name}”`)
    case 'role':
      return line.role === 'admin'
        ? both(`${line.person.name}成为管理员`, `${line.person.name} is an admin now`)
        : both(`${line.person.name}不再是管理员`, `${line.person.name} is no longer an admin`)
    case 'transferred':
      return both(`${line.person.name}成为新群主`, `${line.person.name} is the owner now`)
    case 'muted':
      return both(`${line.person.name}被禁言`, `${line.person.name} was muted`)
    case 'unmuted':
      return both(`${line.person.name}已解除禁言`, `${line.person.name} may speak again`)
    case 'mute-all':
      return line.on
        ? both('已开启全员禁言', 'Only the owner and admins may speak')
        : both('已关闭全员禁言', 'Everybody may speak again')
    case 'disbanded':
      return both('群已解散', 'The group was disbanded')
    case 'note':
      return typeof line.text === 'string' ? both(line.text, line.text) : line.text
  }
}
function namesIn(line: { people: readonly Person[]; count: number }, locale: 'zh-CN' | 'en'): string {
  const names = line.people.slice(0, 3).map((person) => person.name)
  const more = line.count - names.length
  if (locale === 'zh-CN') return names.join('、') + (more > 0 ? `等 ${line.count} 人` : '')
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

// ── requests ──
const message = closed({ groupId: GroupIdSchema, seq: SeqSchema })
const mediaRefusals = {
  'media.not_found': mediaNotFound,
  'media.too_large': refusal(413, 'after-change', '图片不能超过 20 MB', 'A picture may have 20 MiB'),
  'media.type_forbidden': refusal(
    415,
    'after-change',
    '只能发送 JPEG、PNG、WebP 或 GIF 图片',
    'Only JPEG, PNG, WebP and GIF pictures can be sent',
  ),
  'media.type_mismatch': refusal(415, 'after-change', '图片内容与类型不符', 'The content is not what its type says'),
  'media.corrupt': refusal(422, 'after-change', '图片已损坏', 'The picture is damaged'),
  'media.pixels': refusal(422, 'after-change', '图片像素过大', 'The picture has too many pixels'),
  'media.frames': refusal(422, 'after-change', '动图帧数过多', 'The picture has too many frames'),
  'media.quota': refusal(409, 'later', '今日上传已达上限', 'The day’s uploads are used up'),
} as const

export const editsOf = defineEndpoint({
  name: 'messages.edits',
  method: 'GET',
  path: '/groups/:groupId/messages/:seq/edits',
  doc: 'What a text read before each edit, oldest first; the first is as posted. Empty when never edited or recalled.',
  by: 'member',
  params: message,
  answer: closed({ edits: Type.Array(closed({ text: Type.String(), at: MillisSchema })) }),
  errors: ['message.not_found'],
})
export const reactorsOf = defineEndpoint({
  name: 'messages.reactors',
  method: 'GET',
  path: '/groups/:groupId/messages/:seq/reactions',
  doc: 'Who reacted, oldest first. `cursor` continues a page.',
  by: 'member',
  params: message,
  query: closed({
    emoji: Type.Optional(Type.String({ maxLength: 40 })),
    cursor: Type.Optional(CursorSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  }),
  answer: closed({
    reactors: Type.Array(closed({ userId: UserIdSchema, name: Type.String(), emoji: Type.String(), at: MillisSchema })),
    cursor: nullable(Type.String()),
  }),
  errors: ['message.not_found', 'cursor.invalid'],
})
export const uploadImage = defineEndpoint({
  name: 'media.upload',
  method: 'POST',
  path: '/groups/:groupId/media',
  doc:
    'Takes a picture of at most 20 MiB and 40 megapixels, turns it upright, strips what cameras write into it, and ' +
    'keeps it at most 2,560 pixels wide or high. Gone after 24 hours unless posted.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema }),
  body: fileBody({ bytesMax: imageBytesMax, contentTypes: ['image/*', 'application/octet-stream'] }),
  answer: closed({ mediaId: MediaIdSchema, w: Side, h: Side, preview: Type.String() }),
  status: 201,
  refusals: mediaRefusals,
  errors: [
    'media.too_large',
    'media.type_forbidden',
    'media.type_mismatch',
    'media.corrupt',
    'media.pixels',
    'media.frames',
    'media.quota',
  ],
})
export const mediaOf = defineEndpoint({
  name: 'media.get',
  method: 'GET',
  path: '/groups/:groupId/media/:mediaId',
  doc:
    'The bytes of a picture, for members who may see a message or card with it, and its uploader before. ' +
    'Fetch it with the token in the header.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema, mediaId: MediaIdSchema }),
  query: closed({ size: Type.Optional(oneOf('thumb', 'full')) }),
  answer: fileAnswer(),
  errors: ['media.not_found', 'message.not_found'],
})
