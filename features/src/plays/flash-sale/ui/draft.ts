/** What a merchant has typed so far, and the card it makes; pure, so that the form only draws it. */
import { HOUR, isSafeAddress, MINUTE, type BodyOf } from '@qun/contract'
import { fenOf, formFaults, spanMs, wholeOf, type FormFaults, type Span } from '@qun/ui'
import type { flashSale } from '../contract.ts'
import { saleTexts } from './texts.ts'

export interface SaleDraft {
  readonly title: string
  readonly price: string
  readonly original: string
  readonly stock: string
  readonly perMember: string
  readonly url: string
  readonly startsIn: '0' | '30' | '60' | '120'
  /** Minutes members begin before everybody else; `none` is a sale for members alone. */
  readonly lead: 'none' | '30' | '60' | '1440'
  readonly lasts: Span
}
export const emptyDraft: SaleDraft = {
  title: '',
  price: '',
  original: '',
  stock: '20',
  perMember: '1',
  url: '',
  startsIn: '0',
  lead: 'none',
  lasts: { amount: '2', unit: 'hours' },
}

export function faultsOf(draft: SaleDraft): FormFaults {
  const price = fenOf(draft.price)
  const original = fenOf(draft.original)
  return {
    ...(draft.title.trim() === '' && { title: formFaults.required }),
    ...(price === undefined && { price: formFaults.money }),
    ...(original === undefined && { original: formFaults.money }),
    ...(price !== undefined && original !== undefined && price >= original && { price: saleTexts.priceHigh }),
    ...(wholeOf(draft.stock, 100_000) === undefined && { stock: formFaults.number }),
    ...(wholeOf(draft.perMember, 99) === undefined && { perMember: formFaults.number }),
    ...(draft.url.trim() !== '' && !isSafeAddress(draft.url.trim()) && { url: saleTexts.urlInvalid }),
    ...(spanMs(draft.lasts) === undefined && { lasts: formFaults.number }),
  }
}

/** The card of a draft without faults; times count from `now`, the server's. The public joins before the end. */
export function bodyOf(draft: SaleDraft, now: number): BodyOf<typeof flashSale> {
  const startsAt = Math.round(now) + Number(draft.startsIn) * MINUTE
  const lastsMs = spanMs(draft.lasts) ?? HOUR
  const leadMs = draft.lead === 'none' ? undefined : Number(draft.lead) * MINUTE
  return {
    title: draft.title.trim(),
    priceFen: fenOf(draft.price) ?? 0,
    originalPriceFen: fenOf(draft.original) ?? 0,
    stock: Number(draft.stock),
    perMember: Number(draft.perMember),
    ...(draft.url.trim() !== '' && { url: draft.url.trim() }),
    startsAt,
    publicStartsAt: leadMs === undefined ? null : startsAt + leadMs,
    endsAt: startsAt + (leadMs ?? 0) + lastsMs,
  }
}
