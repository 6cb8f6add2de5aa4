/** The sign of coupons: a ticket with its notches, drawn for the product. */
import { icon } from '@qun/ui'

export const CouponIcon = icon(
  'Coupon',
  <>
    <path d="M4 6.5h16a1 1 0 0 1 1 1v2.6a2 2 0 0 0 0 3.8v2.6a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-2.6a2 2 0 0 0 0-3.8V7.5a1 1 0 0 1 1-1z" />
    <path d="M14.5 9.2v1.4m0 2.8v1.4" />
  </>,
)
