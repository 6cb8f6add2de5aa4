/** The viewer's coupons as their own stream has them, with what the clock says of each. */
import type { Locale } from '@qun/contract'
import { useQun, useReadable, useServerNow } from '@qun/ui'
import type { Coupon } from '../contract.ts'
import { stateAt } from '../rules.ts'

/** Names the record of `heldCoupon`; the contract itself would bring the schema library along. */
const recordKind = 'coupon'

export interface Held {
  readonly coupon: Coupon
  readonly state: Coupon['state']
}
/** Those that can still be used or that an order holds, soonest to end first. */
export function useHeld(): readonly Held[] {
  const { client } = useQun()
  const records = useReadable(client.records)
  const now = useServerNow()
  return [...records.values()]
    .filter((row) => row.kind === recordKind && row.body !== null)
    .map((row) => row.body as Coupon)
    .map((coupon) => ({ coupon, state: stateAt(coupon, now) }))
    .filter(({ state }) => state !== 'expired')
    .toSorted((a, b) => a.coupon.validUntil - b.coupon.validUntil)
}
/** Where a coupon is used, told which one; undefined when its terms name no place. */
export function placeOf({ terms, couponId }: Pick<Coupon, 'terms' | 'couponId'>): string | undefined {
  const { url } = terms
  return url === undefined ? undefined : `${url}${url.includes('?') ? '&' : '?'}coupon=${encodeURIComponent(couponId)}`
}
/** 3月11日 12:00 */
export function whenText(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at)
}
export function dateText(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' }).format(at)
}
