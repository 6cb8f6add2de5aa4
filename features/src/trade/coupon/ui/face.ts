/** What the card and its sheets are handed. Types only. */
import type { CardFaceProps } from '@qun/ui'
import type { coupon } from '../contract.ts'

export type OfferFace = CardFaceProps<typeof coupon>
