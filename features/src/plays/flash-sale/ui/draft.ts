/** What a merchant has typed so far, and the card it makes; pure, so that the form only draws it. */
import { HOUR, isCampaign, MINUTE, type BodyOf } from '@qun/contract'
import { fenOf, formFaults, spanMs, wholeOf, type FormFaults, type PickedProduct, type Span } from '@qun/ui'
import type { flashSale } from '../contract.ts'
import { saleTexts } from './texts.ts'

export interface SaleDraft {
  readonly product: PickedProduct | undefined
  readonly price: string
  readonly stock: string
  readonly perMember: string
  readonly refunds: string
  readonly startsIn: '0' | '30' | '60' | '120'
  /** Minutes members begin before everybody else; `none` is a sale for members alone. */
  readonly lead: 'none' | '30' | '60' | '1440'
  readonly lasts: Span
  /** Whose budget it counts against; blank for none. */
  readonly campaign: string
}
export const emptyDraft = (refunds: string): SaleDraft => ({
  product: undefined,
  price: '',
  stock: '20',
  perMember: '1',
  refunds,
  startsIn: '0',
  lead: 'none',
  lasts: { amount: '2', unit: 'hours' },
  campaign: '',
})

export function faultsOf(draft: SaleDraft): FormFaults {
  const { product } = draft
  const price = fenOf(draft.price)
  const stock = wholeOf(draft.stock, 100_000)
  const campaign = draft.campaign.trim()
  return {
    ...(product === undefined && { product: formFaults.required }),
    ...(price === undefined && { price: formFaults.money }),
    ...(product !== undefined && price !== undefined && priceFault(product, price)),
    ...(stock === undefined && { stock: formFaults.number }),
    ...(stock !== undefined && stock > (product?.stock ?? stock) && { stock: saleTexts.stockHigh }),
    ...(wholeOf(draft.perMember, 99) === undefined && { perMember: formFaults.number }),
    ...(draft.refunds.trim() === '' && { refunds: formFaults.required }), // [E-22]
    ...(spanMs(draft.lasts) === undefined && { lasts: formFaults.number }),
    ...(campaign !== '' && !isCampaign(campaign) && { campaign: saleTexts.campaignFault }),
  }
}

/** [MER4] As the server says it: below the list price, and not below the floor. */
function priceFault({ priceFen, floorFen }: PickedProduct, price: number): FormFaults {
  if (floorFen === null) return { price: saleTexts.noFloor }
  if (price >= priceFen) return { price: saleTexts.priceHigh }
  return price < floorFen ? { price: saleTexts.belowFloor } : {}
}

/** The card of a draft without faults; times count from `now`, the server's. The public joins before the end. */
export function bodyOf(draft: SaleDraft, now: number): BodyOf<typeof flashSale> {
  const startsAt = Math.round(now) + Number(draft.startsIn) * MINUTE
  const lastsMs = spanMs(draft.lasts) ?? HOUR
  const leadMs = draft.lead === 'none' ? undefined : Number(draft.lead) * MINUTE
  return {
    productId: draft.product?.productId ?? '',
    // What was seen: if it is no longer the catalogue's, the server says so.
    ...(draft.product && { originalPriceFen: draft.product.priceFen }),
    priceFen: fenOf(draft.price) ?? 0,
    stock: Number(draft.stock),
    perMember: Number(draft.perMember),
    refunds: draft.refunds.trim(),
    startsAt,
    publicStartsAt: leadMs === undefined ? null : startsAt + leadMs,
    endsAt: startsAt + (leadMs ?? 0) + lastsMs,
    ...(draft.campaign.trim() !== '' && { campaign: draft.campaign.trim() }),
  }
}
