/** What the card and its sheets are handed. Types only. */
import type { CardFaceProps } from '@qun/ui'
import type { poll } from '../contract.ts'

export type PollFace = CardFaceProps<typeof poll>
