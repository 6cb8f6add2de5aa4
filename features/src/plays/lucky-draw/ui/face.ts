/** What the card and its sheets are handed. Types only. */
import type { CardFaceProps } from '@qun/ui'
import type { luckyDraw } from '../contract.ts'

export type DrawFace = CardFaceProps<typeof luckyDraw>
