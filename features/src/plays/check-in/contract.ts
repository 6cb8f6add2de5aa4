/** Check-in 打卡: once a day, by days in a row or in all, with milestones; shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  GroupIdSchema,
  ledgerRefusals,
  MillisSchema,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type BodyOf,
  type MineOf,
  type Static,
  int32Max,
  nameText,
} from '@qun/contract'
import { MediaIdSchema } from '../../words/message/contract.ts'

/** For the rules, which know their own contract alone. */
export { dayIn, isTimeZone, wallIn } from '@qun/contract'

/** Days of one's own that a client is sent: two months of a calendar. */
export const daysShown = 62
/** A missed day may be made up this many days later. */
export const makeUpAgeMax = 3
export const makeUpSpanMs = 30 * 86_400_000
export const topMax = 10
export const milestonesMax = 10

const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A local date of the programme.' })
export const Milestone = closed({
  days: Type.Integer({ minimum: 1, maximum: 1_000 }),
  points: Type.Integer({ minimum: 1, maximum: 100_000 }),
})
export type Milestone = Static<typeof Milestone>
const Minute = Type.Integer({ minimum: 0, maximum: 1_440, description: 'Minutes since local midnight.' })
export const Standing = closed({ userId: UserIdSchema, name: Type.String(), days: Type.Integer({ minimum: 1 }) })

export const checkInRefusals = {
  ...ledgerRefusals,
  'check_in.window': refusal(409, 'later', '现在不在打卡时间', 'It is not the time to check in'),
  'check_in.ended': refusal(410, 'never', '打卡已结束', 'The programme is over'),
  'check_in.proof_missing': refusal(422, 'after-change', '请按要求提交打卡内容', 'The proof it asks for is missing'),
  'check_in.photo_unknown': refusal(
    422,
    'after-change',
    '请选择自己在本群上传的图片',
    'The picture is not one that you uploaded here',
  ),
  'check_in.photo_used': refusal(
    409,
    'after-change',
    '这张图片已经打过卡',
    'The picture was used for a check-in before',
  ),
  'check_in.photo_unavailable': refusal(422, 'after-change', '这里不能用图片打卡', 'Pictures cannot be asked for here'),
  'check_in.day_invalid': refusal(422, 'after-change', '这一天不能补卡', 'That day cannot be made up'),
  'check_in.make_up_none': refusal(409, 'later', '补卡次数已用完', 'No make-up is left'),
  'check_in.zone_invalid': refusal(422, 'after-change', '时区无效', 'The time zone is unknown'),
  'check_in.window_invalid': refusal(422, 'after-change', '打卡时间设置有误', 'The daily window does not fit'),
  'check_in.milestones_invalid': refusal(422, 'after-change', '奖励设置有误', 'The milestones do not ascend'),
} as const

export const checkIn = defineCard({
  kind: 'check-in',
  doc: 'A programme of daily check-ins with milestones.',
  post: { by: 'admin' },
  gives: (body) => (body.milestones.length > 0 ? 'issued' : 'nothing'),
  body: closed({
    title: nameText({ maxLength: 60 }),
    /** IANA name; days begin at its midnight. */
    timeZone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'IANA name; the merchant’s, or the app’s, unless told.',
      }),
    ),
    opens: Minute,
    closes: Minute,
    mode: oneOf('consecutive', 'cumulative'),
    milestones: Type.Array(Milestone, { maxItems: milestonesMax, description: 'Ascending by days.' }),
    proof: oneOf('none', 'text', 'photo', 'location'),
    /** Make-ups per thirty days. */
    makeUps: Type.Integer({ minimum: 0, maximum: 10 }),
    leaderboard: Type.Boolean(),
    endsAt: Type.Optional(MillisSchema),
  }),
  state: closed({
    phase: oneOf('open', 'ended'),
    /** The latest day anybody checked in on, and how many did. */
    today: Day,
    todayCount: Type.Integer({ minimum: 0 }),
    memberCount: Type.Integer({ minimum: 0 }),
    /** Most days first; empty where there is no leaderboard. */
    top: Type.Array(Standing, { maxItems: topMax }),
  }),
  mine: closed({
    /** Days of the last two months, ascending; made-up ones are in `madeUp` too. */
    days: Type.Array(Day, { maxItems: daysShown }),
    madeUp: Type.Array(Day, { maxItems: daysShown }),
    streak: Type.Integer({ minimum: 0 }),
    total: Type.Integer({ minimum: 0 }),
    /** Milestones reached, by their days. */
    reached: Type.Array(Type.Integer(), { maxItems: milestonesMax }),
    makeUpsLeft: Type.Integer({ minimum: 0 }),
  }),
  actions: {
    check: {
      by: 'member',
      doc: 'Checks in for today; again on the same day it answers the same.',
      input: closed({
        text: Type.Optional(Type.String({ maxLength: 500 })),
        mediaId: Type.Optional(MediaIdSchema),
        /** The message of one's own that shows the picture; absent for a fresh upload. */
        mediaSeq: Type.Optional(SeqSchema),
        place: Type.Optional(
          closed({
            lat: Type.Number({ minimum: -90, maximum: 90 }),
            lng: Type.Number({ minimum: -180, maximum: 180 }),
            name: Type.Optional(nameText({ minLength: 0, maxLength: 80 })),
          }),
        ),
      }),
      errors: [
        'check_in.window',
        'check_in.ended',
        'check_in.proof_missing',
        'check_in.photo_unknown',
        'check_in.photo_used',
        'auth.guest_forbidden',
      ],
      commerce: true,
    },
    make_up: {
      by: 'member',
      doc: 'Makes a missed day up; again it answers the same.',
      input: closed({ day: Day }),
      errors: ['check_in.ended', 'check_in.day_invalid', 'check_in.make_up_none', 'auth.guest_forbidden'],
      commerce: true,
    },
    end: { by: 'admin', doc: 'Ends the programme.', input: closed({}), errors: [] },
  },
  facts: {
    'check-in.done': closed({
      seq: SeqSchema,
      userId: UserIdSchema,
      day: Day,
      streak: Type.Integer(),
      madeUp: Type.Boolean(),
    }),
    'check-in.milestone': closed({
      seq: SeqSchema,
      userId: UserIdSchema,
      days: Type.Integer(),
      points: Type.Integer(),
    }),
    'check-in.ended': closed({ seq: SeqSchema, memberCount: Type.Integer() }),
  },
  refusals: checkInRefusals,
  summary: (body) => ({ 'zh-CN': `[打卡] ${body.title}`, en: `[Check-in] ${body.title}` }),
})
export type CheckInBody = BodyOf<typeof checkIn>
export type CheckInMine = MineOf<typeof checkIn>

export const boardOf = defineEndpoint({
  name: 'checkIns.board',
  method: 'GET',
  path: '/groups/:groupId/check-ins/:seq/board',
  doc: 'Members by days, most first, where the programme has a leaderboard; empty elsewhere.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema, seq: SeqSchema }),
  query: closed({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max, description: 'How many one has already.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  }),
  answer: closed({ standings: Type.Array(Standing), more: Type.Boolean() }),
  errors: ['message.not_found'],
})
