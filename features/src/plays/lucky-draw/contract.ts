/** Lucky draw 抽奖: members enter until a set time, then the server draws winners anyone can verify; shapes only. */
import {
  CampaignName,
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
  type Static,
  int32Max,
  nameText,
} from '@qun/contract'

/** Different prizes of a draw, and units of all prizes together. */
export const prizesMax = 10
export const unitsMax = 200
/** Highest worth of one unit of a prize in fen: RMB 50,000, the legal cap for prize draws in China. */
export const prizeCapFen = 5_000_000
/** Chances one entry may have. */
export const weightMax = 20
/** Chances one order may give, of all draws together. */
export const chancesPerOrderMax = 20
/** Winners shown on the card; the proof lists all. */
export const winnersShownMax = 30

const Hex32 = Type.String({ pattern: '^[0-9a-f]{64}$' })
export const Prize = closed({
  name: nameText({ maxLength: 40 }),
  quantity: Type.Integer({ minimum: 1, maximum: unitsMax }),
  valueFen: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Worth of one unit, in fen. Must be told.',
    }),
  ),
  image: Type.Optional(Type.String({ maxLength: 2_000 })),
})
export type Prize = Static<typeof Prize>
/**
 * What the draw adds to the server's secret seed. `none`: nothing. `group`: a random text of each entrant's device.
 * `beacon`: a round of a public randomness beacon (drand) that does not exist before entries close.
 */
export const Entropy = Type.Union([
  closed({ mode: oneOf('none', 'group') }),
  closed({
    mode: Type.Literal('beacon'),
    chain: Type.String({ pattern: '^[a-z0-9-]{1,64}$', description: 'A drand chain: its hash or its name.' }),
    round: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  }),
])
export type Entropy = Static<typeof Entropy>
export const Winner = closed({
  /** Index into `body.prizes`. */
  prize: Type.Integer({ minimum: 0 }),
  entryNo: Type.Integer({ minimum: 1 }),
  userId: UserIdSchema,
  name: Type.String(),
})
export type Winner = Static<typeof Winner>

const closedToEntries = refusal(409, 'never', '抽奖已截止', 'The draw is closed')
const staffExcluded = refusal(403, 'never', '主办方和工作人员不能参与', 'The organiser and staff may not enter')
const seedSealed = refusal(403, 'later', '开奖前不公开种子', 'The seed is sealed until the draw')

export const luckyDraw = defineCard({
  kind: 'lucky-draw',
  doc: 'A draw of prizes among the members who enter, with a proof that nobody chose the winners.',
  post: { by: 'admin' },
  gives: 'issued',
  body: closed({
    title: nameText({ maxLength: 60 }),
    prizes: Type.Array(Prize, { minItems: 1, maxItems: prizesMax, description: 'Best first: drawn in this order.' }),
    closesAt: Type.Optional(MillisSchema),
    drawsAt: Type.Optional(MillisSchema),
    /** What the law wants told before anyone enters; a missing or blank one is `draw.disclosure_missing`. */
    organiser: Type.Optional(nameText({ minLength: 0, maxLength: 60 })),
    contact: Type.Optional(Type.String({ maxLength: 100 })),
    conditions: Type.Optional(Type.String({ maxLength: 500 })),
    method: Type.Optional(
      Type.String({
        maxLength: 500,
        description: 'How winners get their prize, until when, and what becomes of prizes nobody takes.',
      }),
    ),
    entropy: Type.Optional(Entropy),
    /** Its prizes are given for this campaign, and count against its budget. */
    campaign: Type.Optional(CampaignName),
    claimDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60,
        description:
          'Winners say within so many days that they want their prize; `unclaimed` tells what becomes of the rest.',
      }),
    ),
    /**
     * What becomes of prizes nobody claimed in time. `void`, also when absent: the organiser's again. `redraw`: drawn
     * once more, as draw `<drawId>#2`, among those who have not won; needs `claimDays`.
     */
    unclaimed: Type.Optional(oneOf('void', 'redraw')),
    /** Members may earn chances beyond their own one: at most so many together, and how, told before anyone enters. */
    chances: Type.Optional(
      closed({
        most: Type.Integer({ minimum: 2, maximum: weightMax }),
        how: Type.String({ maxLength: 200 }),
      }),
    ),
  }),
  state: closed({
    phase: oneOf('open', 'closed', 'drawn', 'cancelled'),
    entryCount: Type.Integer({ minimum: 0 }),
    /** Names the draw inside its hashes. */
    drawId: Type.String(),
    /** SHA-256 of the seed; shown from the start. */
    commit: Hex32,
    /** SHA-256 of the list of entries; shown when entries close. */
    listHash: Type.Optional(Hex32),
    /** Shown when drawn, never before. */
    seed: Type.Optional(Hex32),
    /** The beacon's randomness; absent unless the draw uses one. */
    beacon: Type.Optional(Type.String()),
    /** Since when the draw waits for its round of the beacon, because no relay tells it. */
    awaitsBeaconSince: Type.Optional(MillisSchema),
    drawnAt: Type.Optional(MillisSchema),
    winnerCount: Type.Integer({ minimum: 0 }),
    /** In the order drawn; at most 30, the proof has all. */
    winners: Type.Array(Winner, { maxItems: winnersShownMax }),
    /** The second draw, of what first winners did not claim in time. */
    redraw: Type.Optional(
      closed({
        at: MillisSchema,
        /** Units nobody had claimed. */
        count: Type.Integer({ minimum: 1 }),
        winnerCount: Type.Integer({ minimum: 0 }),
        winners: Type.Array(Winner, { maxItems: winnersShownMax }),
      }),
    ),
    /** Prizes nobody claimed in time: the organiser's again. */
    unclaimedCount: Type.Optional(Type.Integer({ minimum: 0 })),
    cancelled: Type.Optional(closed({ reason: Type.String(), at: MillisSchema })),
  }),
  mine: closed({
    entryNo: Type.Integer({ minimum: 1 }),
    /** Index of the prize won; absent while not drawn, or when none was won. */
    prize: Type.Optional(Type.Integer({ minimum: 0 })),
    claimedAt: Type.Optional(MillisSchema),
    /** Won in the second draw; its days to claim count from there. */
    isRedrawn: Type.Optional(Type.Boolean()),
    /** Not claimed in time, and drawn again for somebody else. */
    isLapsed: Type.Optional(Type.Boolean()),
  }),
  actions: {
    enter: {
      by: 'member',
      doc: 'Enters the actor once; entering again answers the same entry.',
      input: closed({
        nonce: Type.Optional(
          Type.String({
            pattern: '^[0-9a-f]{32}$',
            description: '16 random bytes of the entrant’s own device; needed with entropy `group`.',
          }),
        ),
      }),
      errors: [
        'draw.closed',
        'draw.staff_excluded',
        'draw.nonce_missing',
        'auth.guest_forbidden',
        'user.minor_restricted',
      ],
      // Prizes are stock: guests, whom anybody can make by the dozen, do not take part.
      commerce: true,
    },
    claim: {
      by: 'member',
      doc: 'A winner wants the prize; claiming again answers the same.',
      input: closed({}),
      errors: ['draw.not_winner', 'draw.claim_expired'],
      commerce: true,
    },
    cancel: {
      by: 'admin',
      doc: 'Ends a draw without winners, while entries are open and with a reason everybody sees.',
      input: closed({ reason: Type.String({ minLength: 1, maxLength: 120 }) }),
      errors: ['draw.closed'],
    },
  },
  facts: {
    'lucky-draw.entered': closed({ seq: SeqSchema, userId: UserIdSchema, entryNo: Type.Integer() }),
    'lucky-draw.closed': closed({ seq: SeqSchema, entryCount: Type.Integer(), listHash: Hex32 }),
    'lucky-draw.drawn': closed({ seq: SeqSchema, winnerCount: Type.Integer() }),
    'lucky-draw.claimed': closed({ seq: SeqSchema, userId: UserIdSchema, prize: Type.Integer() }),
    'lucky-draw.redrawn': closed({ seq: SeqSchema, count: Type.Integer(), winnerCount: Type.Integer() }),
    'lucky-draw.unclaimed': closed({ seq: SeqSchema, count: Type.Integer() }),
    /** [LD27] An order ended that had given a chance: taken back, or `kept` because entries had closed before. */
    'lucky-draw.chance-returned': closed({
      seq: SeqSchema,
      userId: UserIdSchema,
      chanceId: Type.String(),
      orderId: Type.String(),
      what: oneOf('taken', 'kept'),
    }),
    'lucky-draw.cancelled': closed({ seq: SeqSchema, reason: Type.String() }),
  },
  refusals: {
    'draw.closed': closedToEntries,
    'draw.staff_excluded': staffExcluded,
    'draw.nonce_missing': refusal(
      422,
      'after-change',
      '缺少参与者随机数',
      'This draw needs a random number of the entrant',
    ),
    'draw.disclosure_missing': refusal(
      422,
      'after-change',
      '抽奖信息公示不完整',
      'What must be told about a draw is missing',
    ),
    'draw.prize_cap': refusal(422, 'after-change', '奖品价值超过上限', 'A prize is worth more than the law allows'),
    'draw.prizes_invalid': refusal(422, 'after-change', '奖品总数过多', 'There are too many prizes'),
    'draw.times_invalid': refusal(422, 'after-change', '抽奖时间设置有误', 'The times of the draw do not fit'),
    'draw.beacon_round': refusal(422, 'after-change', '公开随机数轮次无效', 'The beacon’s round cannot be used'),
    'draw.locked': refusal(409, 'never', '已有人参与，不能撤回', 'People have entered; it cannot be recalled'),
    'draw.not_winner': refusal(403, 'never', '你没有中奖', 'You did not win'),
    'draw.claim_expired': refusal(410, 'never', '领奖已截止', 'The time to claim is over'),
    'draw.seed_sealed': seedSealed,
    'budget.exhausted': ledgerRefusals['budget.exhausted'],
    'ledger.amount_limit': ledgerRefusals['ledger.amount_limit'],
  },
  summary: (body) => ({ 'zh-CN': `[抽奖] ${body.title}`, en: `[Lucky draw] ${body.title}` }),
})

const draw = closed({ groupId: GroupIdSchema, seq: SeqSchema })
/** One line of the hashed list: the member's id is hashed with the draw's, so that only who knows it finds it. */
export const EntryLine = closed({
  entryNo: Type.Integer({ minimum: 1 }),
  userHash: Hex32,
  weight: Type.Integer({ minimum: 1 }),
  nonce: Type.Optional(Type.String()),
})
export type EntryLine = Static<typeof EntryLine>
export const entriesOf = defineEndpoint({
  name: 'draws.entries',
  method: 'GET',
  path: '/groups/:groupId/draws/:seq/entries',
  doc: 'The entries of a draw in order, as they go into the hashed list; every member can look for their own.',
  by: 'member',
  params: draw,
  query: closed({
    after: Type.Optional(Type.Integer({ minimum: 0, maximum: int32Max, description: 'The last `entryNo` one has.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 1_000 })),
  }),
  answer: closed({ drawId: Type.String(), entries: Type.Array(EntryLine), entryCount: Type.Integer() }),
  errors: ['message.not_found'],
})
const ProvenWinners = Type.Array(
  closed({ prize: Type.Integer(), entryNo: Type.Integer(), userId: UserIdSchema, name: Type.String() }),
)
/** All that is needed to repeat the draw, but the entries. */
export const Proof = closed({
  drawId: Type.String(),
  commit: Hex32,
  seed: Hex32,
  listHash: Hex32,
  entropy: Entropy,
  /** Empty without a beacon. */
  beacon: Type.String(),
  entryCount: Type.Integer(),
  quantities: Type.Array(Type.Integer({ minimum: 1 })),
  /** The most chances an entry may have, as told before anyone entered; 1 when absent. */
  weightMost: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Numbers of entries that were drawn and set aside, because their member is staff or banned by then. */
  voided: Type.Array(Type.Integer()),
  winners: ProvenWinners,
  /** The second draw: whose prizes were not claimed in time, by entry, and who won these then. */
  redraw: Type.Optional(
    closed({
      drawId: Type.String({ description: 'The first one’s with `#2`: it goes into the key.' }),
      lapsed: Type.Array(Type.Integer({ minimum: 1 })),
      voided: Type.Array(Type.Integer()),
      winners: ProvenWinners,
    }),
  ),
})
export type Proof = Static<typeof Proof>
export const proofOf = defineEndpoint({
  name: 'draws.proof',
  method: 'GET',
  path: '/groups/:groupId/draws/:seq/proof',
  doc: 'The revealed seed and all winners; with the entries it repeats the draw. `draw.seed_sealed` until drawn.',
  by: 'member',
  params: draw,
  answer: closed({
    proof: Proof,
    body: Type.Unknown({ description: 'The card’s body as published: what was told before anyone entered.' }),
  }),
  refusals: { 'draw.seed_sealed': seedSealed },
  errors: ['message.not_found', 'draw.seed_sealed'],
})
/** A chain of a beacon: from its times follows which round a draw uses. */
export const OfferedChain = closed({
  chain: Type.String({ description: 'As `entropy` names it.' }),
  genesisAt: Type.Integer({ minimum: 0, description: 'When round 1 was made, in epoch milliseconds.' }),
  periodMs: Type.Integer({ minimum: 1, description: 'From one round to the next.' }),
})
export type OfferedChain = Static<typeof OfferedChain>
export const beaconsOf = defineEndpoint({
  name: 'draws.beacons',
  method: 'GET',
  path: '/groups/:groupId/draws/beacons',
  doc: 'The chains of public randomness a new draw may count on, best first; none where the server reaches no relay.',
  by: 'member',
  params: closed({ groupId: GroupIdSchema }),
  answer: closed({ chains: Type.Array(OfferedChain) }),
})
export const grantChance = defineEndpoint({
  name: 'draws.grantChance',
  method: 'PUT',
  path: '/groups/:groupId/draws/:seq/chances/:chanceId',
  doc:
    'The host gives a member one more chance in an open draw that told of chances; before or after entering. A ' +
    '`chanceId` (of what earned it) is spent once in a draw: repeated for the same person it answers alike. A chance ' +
    'of an order goes back by itself when that is cancelled or refunded before entries close.',
  by: 'server',
  params: closed({
    groupId: GroupIdSchema,
    seq: SeqSchema,
    chanceId: Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}$' }),
  }),
  body: closed({
    userId: UserIdSchema,
    orderId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'The order that gave it, if one did.' }),
    ),
  }),
  answer: closed({ weight: Type.Integer({ minimum: 1, description: 'What the person’s entry counts now.' }) }),
  refusals: {
    'draw.closed': closedToEntries,
    'draw.staff_excluded': staffExcluded,
    'draw.not_eligible': refusal(403, 'never', '不符合条件', 'The person or the chance does not count in this draw'),
    'draw.order_ended': refusal(409, 'never', '订单已取消或退款', 'The order was cancelled or refunded'),
    'draw.order_spent': refusal(409, 'never', '该订单的抽奖机会已用完', 'The order gave as many chances as one may'),
  },
  errors: [
    'message.not_found',
    'draw.closed',
    'draw.staff_excluded',
    'draw.not_eligible',
    'draw.order_ended',
    'draw.order_spent',
    'user.minor_restricted',
  ],
})
