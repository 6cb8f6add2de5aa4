/** What a group buy decides, pure: no clock, no storage, no chance. */
import {
  isSafeAddress,
  offerLifeMaxMs,
  teamLifeMaxMs,
  teamLifeMinMs,
  type groupBuyRefusals,
  type Step,
} from './contract.ts'

type Fault = keyof typeof groupBuyRefusals

/** What rules need of a card's body. */
export interface Offer {
  readonly singlePriceFen: number
  readonly ladder: readonly Step[]
  readonly stock?: number
  readonly perMember: number
  readonly teamMs: number
  readonly endsAt: number
  readonly url?: string
}
/** How full a team is. */
export interface Fill {
  readonly paidCount: number
  readonly heldCount: number
  readonly until: number
}

// ── the offer ──
/** [GB15] Sizes rise, prices fall, the first stays below the price of one alone. */
export function ladderFits({ ladder, singlePriceFen }: Pick<Offer, 'ladder' | 'singlePriceFen'>): boolean {
  return ladder.every((step, i) => {
    const before = ladder[i - 1]
    if (before === undefined) return step.priceFen < singlePriceFen
    return step.size > before.size && step.priceFen < before.priceFen
  })
}
/** [GB15] */
export function offerFault(offer: Offer, now: number): Fault | undefined {
  if (!ladderFits(offer)) return 'group_buy.ladder_invalid'
  const livesMs = offer.endsAt - now
  const isTimed = offer.teamMs >= teamLifeMinMs && offer.teamMs <= teamLifeMaxMs
  if (!isTimed || livesMs < teamLifeMinMs || livesMs > offerLifeMaxMs) return 'group_buy.times_invalid'
  if (offer.stock !== undefined && offer.stock < firstStep(offer.ladder).size) return 'group_buy.stock_invalid'
  if (offer.url !== undefined && !isSafeAddress(offer.url)) return 'card.url_scheme'
  return undefined
}

// ── prices ──
export function firstStep(ladder: readonly Step[]): Step {
  const [first] = ladder
  if (first === undefined) throw new Error('a ladder has a step')
  return first
}
/** Places of a team: with these it is full. */
export const capacityOf = (ladder: readonly Step[]): number => (ladder.at(-1) ?? firstStep(ladder)).size
/** [GB6] The step that many paid places reach; undefined while they make no team. */
export const stepAt = (ladder: readonly Step[], paidCount: number): Step | undefined =>
  ladder.findLast((step) => paidCount >= step.size)
/** The next step to reach, if there is one. */
export const stepAfter = (ladder: readonly Step[], paidCount: number): Step | undefined =>
  ladder.find((step) => paidCount < step.size)
/** The lowest price of a piece: that of a full team. */
export const lowestFen = (ladder: readonly Step[]): number => Math.min(...ladder.map((step) => step.priceFen))
/**
 * [MER5] What an offer may give away at most: what each piece of a full team costs less than its list price, for all of
 * them. The one place where the merchant's caps can ask for it, when a card is posted.
 */
export function cutOf(
  body: { readonly ladder: readonly Step[]; readonly stock: number },
  product: { readonly priceFen: number },
): number {
  return Math.max(0, product.priceFen - lowestFen(body.ladder)) * body.stock
}
/** What is authorised when a place is paid: the price of the smallest team. */
export const authorisedFen = (ladder: readonly Step[], quantity: number): number =>
  firstStep(ladder).priceFen * quantity

// ── teams ──
/** [GB5] A team's deadline, fixed when its leader pays. */
export const untilOf = (offer: Pick<Offer, 'teamMs' | 'endsAt'>, now: number): number =>
  Math.min(now + offer.teamMs, offer.endsAt)
/** [GB1] Why nobody more may take a place of it. */
export function teamFault(ladder: readonly Step[], team: Fill, now: number): Fault | undefined {
  if (now >= team.until) return 'group_buy.team_over'
  return team.paidCount + team.heldCount >= capacityOf(ladder) ? 'group_buy.team_full' : undefined
}
/** [GB2] [GB3] Why so many pieces cannot be kept; `boughtCount` are the person's of completed teams. */
export function piecesFault(
  perMember: number,
  quantity: number,
  boughtCount: number,
  left: number | undefined,
): Fault | undefined {
  if (boughtCount + quantity > perMember) return 'group_buy.limit'
  return left !== undefined && left < quantity ? 'group_buy.sold_out' : undefined
}
/** [GB8] */
export const isAlone = (team: Pick<Fill, 'paidCount' | 'heldCount'>): boolean =>
  team.paidCount === 1 && team.heldCount === 0
