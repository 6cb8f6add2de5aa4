/** The faces of a lucky draw: the card in the conversation and the form in the plus menu. */
import { defineCardUI, GiftIcon, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { luckyDraw } from '../contract.ts'
import { LuckyDrawCard } from './card.tsx'
import './lucky-draw.css'
import { drawTexts } from './texts.ts'

/** Loaded when somebody first starts a draw: most members never do. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).LuckyDrawForm }))
function Compose(props: ComposeProps<typeof luckyDraw>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [
  defineCardUI(luckyDraw, {
    Card: LuckyDrawCard,
    Compose,
    icon: <GiftIcon />,
    label: drawTexts.kind,
  }),
]
