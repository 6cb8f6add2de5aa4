/** The faces of a buyer show: the card in the conversation and the form in the plus menu. */
import { CameraIcon, defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { buyerShow } from '../contract.ts'
import './buyer-show.css'
import { BuyerShowCard } from './card.tsx'
import { showTexts } from './texts.ts'

/** Loaded when somebody first shows something. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).BuyerShowForm }))
function Compose(props: ComposeProps<typeof buyerShow>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [defineCardUI(buyerShow, { Card: BuyerShowCard, Compose, icon: <CameraIcon />, label: showTexts.kind })]
