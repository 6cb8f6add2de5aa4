/** What the card and its sheets are handed. Types only. */
import type { CardFaceProps } from '@qun/ui'
import type { checkIn } from '../contract.ts'

export type CheckInFace = CardFaceProps<typeof checkIn>
