/** What a merchant has typed so far, and the card it makes; pure, so that the form only draws it. */
import { isCampaign, MINUTE, SECOND, type BodyOf, type LocalText } from '@qun/contract'
import { fenOf, formFaults, gapsIn, spanMs, wholeOf, type DisclosedName, type FormFaults, type Span } from '@qun/ui'
import { unitsMax, type Entropy, type luckyDraw, type OfferedChain } from '../contract.ts'
import { firstRoundAfter, roundAt } from '../rules.ts'
import { disclosedOf } from './disclosed.ts'
import { afterTexts } from './texts-after.ts'
import { drawTexts } from './texts.ts'

export interface PrizeDraft {
  /** Tells rows apart while they are added and removed. */
  readonly id: number
  readonly name: string
  readonly quantity: string
  /** Yuan as typed. */
  readonly worth: string
}
export type EntropyMode = Entropy['mode']
/** With the time for entries as a span. */
export interface DrawDraft extends Span {
  readonly title: string
  readonly prizes: readonly PrizeDraft[]
  /** How long after entries close the draw is held. */
  readonly drawAfterMs: number
  readonly organiser: string
  readonly contact: string
  readonly conditions: string
  readonly method: string
  /** As chosen; absent takes the strongest there is. */
  readonly entropy?: EntropyMode
  /** The chain of public randomness the server offers; absent while it is not known or there is none. */
  readonly chain?: OfferedChain
  /** Days in which winners claim; '0' sets no limit. */
  readonly claimDays: '0' | '7' | '30'
  /** Asked only while there are days to claim. */
  readonly unclaimed: 'void' | 'redraw'
  /** Whose budget the prizes count against; blank for none. */
  readonly campaign: string
}
export type DrawBody = BodyOf<typeof luckyDraw>
export const drawAfterChoices = [10 * SECOND, MINUTE, 10 * MINUTE] as const
/** A round is told by the relays a moment after it is made. */
const roundLagMs = 5 * SECOND

export function emptyDraft(organiser: string, word: (text: LocalText) => string): DrawDraft {
  return {
    title: '',
    prizes: [{ id: 1, name: '', quantity: '1', worth: '' }],
    amount: '30',
    unit: 'minutes',
    drawAfterMs: drawAfterChoices[0],
    organiser,
    contact: word(drawTexts.contactDefault),
    conditions: word(drawTexts.conditionsDefault),
    method: word(drawTexts.methodDefault),
    claimDays: '7',
    unclaimed: 'void',
    campaign: '',
  }
}

/** [E-22] Where a line of the rules is typed; prizes have faults of their own, and the rest is never empty. */
const fieldOf: Partial<Record<DisclosedName, keyof DrawDraft>> = {
  organiser: 'organiser',
  contact: 'contact',
  conditions: 'conditions',
  redeem: 'method',
}
export function faultsOf(draft: DrawDraft): FormFaults {
  const faults: Record<string, LocalText> = {}
  if (draft.title.trim() === '') faults['title'] = formFaults.required
  for (const gap of gapsIn(disclosedOf(bodyOf(draft, 0), 0, { text: (words) => words['zh-CN'], entryCount: 0 }))) {
    const field = fieldOf[gap]
    if (field !== undefined) faults[field] = formFaults.required
  }
  if (draft.campaign.trim() !== '' && !isCampaign(draft.campaign.trim())) faults['campaign'] = afterTexts.campaignFault
  if (spanMs(draft) === undefined) faults['amount'] = formFaults.number
  for (const prize of draft.prizes) {
    if (prize.name.trim() === '') faults[`name-${prize.id}`] = formFaults.required
    if (wholeOf(prize.quantity, unitsMax) === undefined) faults[`quantity-${prize.id}`] = formFaults.number
    if (fenOf(prize.worth) === undefined) faults[`worth-${prize.id}`] = formFaults.money
  }
  return faults
}

/** [LD22] The public beacon where one is offered, else numbers of those who enter; or what was chosen. */
export function entropyModeOf({ entropy, chain }: Pick<DrawDraft, 'entropy' | 'chain'>): EntropyMode {
  if (entropy === undefined || (entropy === 'beacon' && chain === undefined)) return chain ? 'beacon' : 'group'
  return entropy
}
/** [LD22] What the draw adds to its seed, and from when on that is there. */
function entropyFor(draft: DrawDraft, closesAt: number): { readonly entropy: Entropy; readonly readyAt: number } {
  const mode = entropyModeOf(draft)
  if (mode !== 'beacon' || draft.chain === undefined)
    return { entropy: { mode: mode === 'none' ? 'none' : 'group' }, readyAt: closesAt }
  const round = firstRoundAfter(draft.chain, closesAt)
  return { entropy: { mode, chain: draft.chain.chain, round }, readyAt: roundAt(draft.chain, round) + roundLagMs }
}

/** The card of a draft without faults; times count from `now`, the server's. */
export function bodyOf(draft: DrawDraft, now: number): DrawBody {
  const closesAt = Math.round(now) + (spanMs(draft) ?? 0)
  const { entropy, readyAt } = entropyFor(draft, closesAt)
  return {
    title: draft.title.trim(),
    prizes: draft.prizes.map((prize) => ({
      name: prize.name.trim(),
      quantity: Number(prize.quantity),
      valueFen: fenOf(prize.worth) ?? 0,
    })),
    closesAt,
    drawsAt: Math.max(closesAt + draft.drawAfterMs, readyAt),
    organiser: draft.organiser.trim(),
    contact: draft.contact.trim(),
    conditions: draft.conditions.trim(),
    method: draft.method.trim(),
    entropy,
    ...(draft.campaign.trim() !== '' && { campaign: draft.campaign.trim() }),
    ...(draft.claimDays !== '0' && { claimDays: Number(draft.claimDays), unclaimed: draft.unclaimed }),
  }
}
