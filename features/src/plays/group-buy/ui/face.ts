/** What the card and its sheets are handed. Types only. */
import type { CardFaceProps } from '@qun/ui'
import type { groupBuy } from '../contract.ts'

export type BuyFace = CardFaceProps<typeof groupBuy>
