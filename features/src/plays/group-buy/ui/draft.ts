/** What a merchant has typed so far, and the card it makes; pure, so that the form only draws it. */
import { DAY, isCampaign, type BodyOf } from '@qun/contract'
import { fenOf, formFaults, spanMs, wholeOf, type FormFaults, type PickedProduct, type Span } from '@qun/ui'
import { offerLifeMaxMs, sizeMax, teamLifeMaxMs, type groupBuy } from '../contract.ts'
import { buyTexts } from './texts.ts'

export interface StepDraft {
  /** Tells rows apart while they are added and removed. */
  readonly id: number
  readonly size: string
  readonly price: string
}
export interface BuyDraft {
  readonly product: PickedProduct | undefined
  readonly steps: readonly StepDraft[]
  readonly stock: string
  readonly perMember: string
  readonly refunds: string
  readonly team: Span
  readonly offer: Span
  readonly late: 'refund' | 'new-team'
  /** Whose budget it counts against; blank for none. */
  readonly campaign: string
}
export const emptyDraft = (refunds: string): BuyDraft => ({
  product: undefined,
  steps: [{ id: 1, size: '3', price: '' }],
  stock: '20',
  perMember: '1',
  refunds,
  team: { amount: '24', unit: 'hours' },
  offer: { amount: '3', unit: 'days' },
  late: 'refund',
  campaign: '',
})
/** Two people more than the step before it. */
export function nextStep({ steps }: BuyDraft, id: number): StepDraft {
  const size = Math.min(sizeMax, (wholeOf(steps.at(-1)?.size ?? '', sizeMax) ?? 2) + 2)
  return { id, size: String(size), price: '' }
}

export function faultsOf(draft: BuyDraft): FormFaults {
  const { product } = draft
  const least = wholeOf(draft.steps[0]?.size ?? '', sizeMax) ?? 0
  const stock = wholeOf(draft.stock, 1_000_000)
  const campaign = draft.campaign.trim()
  const [teamMs, offerMs] = [spanMs(draft.team), spanMs(draft.offer)]
  return {
    ...(product === undefined && { product: formFaults.required }),
    ...stepFaults(draft),
    ...(stock === undefined && { stock: formFaults.number }),
    ...(stock !== undefined && stock < least && { stock: buyTexts.stockLow }),
    ...(stock !== undefined && stock > (product?.stock ?? stock) && { stock: buyTexts.stockHigh }),
    ...(wholeOf(draft.perMember, 99) === undefined && { perMember: formFaults.number }),
    ...(draft.refunds.trim() === '' && { refunds: formFaults.required }), // [E-22]
    ...((teamMs === undefined || teamMs > teamLifeMaxMs) && { team: buyTexts.timeInvalid }),
    ...((offerMs === undefined || offerMs > offerLifeMaxMs) && { offer: buyTexts.timeInvalid }),
    ...(campaign !== '' && !isCampaign(campaign) && { campaign: buyTexts.campaignFault }),
  }
}
/** [MER4] As the server says it: each below the one before, the first below the list price, none under the floor. */
function stepFaults({ steps, product }: BuyDraft): FormFaults {
  const faults: Record<string, FormFaults[string]> = {}
  let before = { size: 1, price: product?.priceFen ?? 0 }
  for (const [at, step] of steps.entries()) {
    const [size, price] = [wholeOf(step.size, sizeMax), fenOf(step.price)]
    if (size === undefined || size < 2) faults[`size-${step.id}`] = formFaults.number
    else if (size <= before.size) faults[`size-${step.id}`] = buyTexts.ladderInvalid
    if (!price) faults[`price-${step.id}`] = formFaults.money
    else if (price >= before.price && before.price > 0)
      faults[`price-${step.id}`] = at === 0 ? buyTexts.priceHigh : buyTexts.ladderInvalid
    else if (product?.floorFen === null) faults[`price-${step.id}`] = buyTexts.noFloor
    else if (price < (product?.floorFen ?? 0)) faults[`price-${step.id}`] = buyTexts.belowFloor
    before = { size: size ?? before.size, price: price ?? before.price }
  }
  return faults
}

/** The card of a draft without faults; times count from `now`, the server's. */
export function bodyOf(draft: BuyDraft, now: number): BodyOf<typeof groupBuy> {
  return {
    productId: draft.product?.productId ?? '',
    // What was seen: if it is no longer the catalogue's, the server says so.
    ...(draft.product && { singlePriceFen: draft.product.priceFen }),
    ladder: draft.steps.map((step) => ({ size: Number(step.size), priceFen: fenOf(step.price) ?? 0 })),
    stock: Number(draft.stock),
    perMember: Number(draft.perMember),
    refunds: draft.refunds.trim(),
    teamMs: spanMs(draft.team) ?? DAY,
    endsAt: Math.round(now) + (spanMs(draft.offer) ?? DAY),
    late: draft.late,
    ...(draft.campaign.trim() !== '' && { campaign: draft.campaign.trim() }),
  }
}
