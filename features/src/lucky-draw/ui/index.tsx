/** The faces of a lucky draw: the card in the conversation and the form in the plus menu. */
import { defineCardUI, GiftIcon } from '@qun/ui'
import { luckyDraw } from '../contract.ts'
import { LuckyDrawCard } from './card.tsx'
import { LuckyDrawForm } from './compose.tsx'
import './lucky-draw.css'
import { drawTexts } from './texts.ts'

export default [
  defineCardUI(luckyDraw, {
    Card: LuckyDrawCard,
    Compose: LuckyDrawForm,
    icon: <GiftIcon />,
    label: drawTexts.kind,
  }),
]
