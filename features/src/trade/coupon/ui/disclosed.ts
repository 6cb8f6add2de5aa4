/** What people must be told of an offer of coupons (E-22), from its body: for the card, and for the form before it. */
import { mainMerchant, type LocalText } from '@qun/contract'
import type { DisclosedCoupon } from '@qun/ui'
import type { OfferFace } from './face.ts'
import {
  audienceTexts,
  couponTexts,
  dayText,
  limitText,
  scopeText,
  thresholdText,
  totalText,
  validText,
  worthText,
} from './texts.ts'

type Body = OfferFace['body']
export interface Reader {
  readonly text: (words: LocalText) => string
  readonly date: (at: number) => string
}
const refunds = {
  return: couponTexts.refundReturn,
  extend: couponTexts.refundExtend,
  void: couponTexts.refundVoid,
} as const
/** One from before there were rules says what it has. `until`: claims may end earlier or later than they were to. */
export function disclosedOf(
  { title, merchant, contact = '', terms }: Body & { readonly terms: NonNullable<Body['terms']> },
  { text, date }: Reader,
  until: number = terms.claim.until,
): DisclosedCoupon {
  const { audience = {}, perDay, total, perUser, claim, refund = 'return' } = terms
  const people = audienceTexts(audience)
  const conditions = [thresholdText(terms), ...(people.length > 0 ? people : [couponTexts.audienceAll])]
  const daily = perDay === undefined || perDay === null ? [] : [dayText(perDay)]
  const platform = merchant?.merchantId === mainMerchant ? text(couponTexts.platform) : ''
  return {
    what: 'coupon',
    organiser: merchant?.name || platform,
    offer: title.trim() === '' ? '' : `${title} · ${text(worthText(terms))}`,
    quantity: total > 0 ? [totalText(total), ...daily].map(text).join(' · ') : '',
    conditions: conditions.map(text).join(' · '),
    applies: text(scopeText(terms)),
    from: claim.from,
    until,
    validity: text(validText(terms, date)),
    limit: text(limitText(perUser)),
    refunds: text(refunds[refund]),
    transfer: text(couponTexts.notPassedOn),
    contact,
  }
}
