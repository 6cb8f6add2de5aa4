/** The faces of coupons: the offer in the conversation, its form, and the viewer's own coupons on the group page. */
import { defineCardUI, defineGroupSection, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { coupon } from '../contract.ts'
import { CouponCard } from './card.tsx'
import './coupon.css'
import { CouponIcon } from './icon.tsx'
import { couponTexts } from './texts.ts'
import { WalletSection } from './wallet-sheet.tsx'

/** Loaded when somebody first makes one: most members never do. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).CouponForm }))
function Compose(props: ComposeProps<typeof coupon>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export const sections = [defineGroupSection({ name: 'coupon', order: 320, Section: WalletSection })]
export default [defineCardUI(coupon, { Card: CouponCard, Compose, icon: <CouponIcon />, label: couponTexts.kind })]
