/** What the card and its sheets are handed. Types only. */
import type { CardFaceProps } from '@qun/ui'
import type { relayList } from '../contract.ts'

export type RelayFace = CardFaceProps<typeof relayList>
