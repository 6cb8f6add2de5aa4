/** The faces of a group buy: the card in the conversation and the form in the plus menu. */
import { defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { groupBuy } from '../contract.ts'
import { GroupBuyCard } from './card.tsx'
import './group-buy.css'
import { TeamIcon } from './icon.tsx'
import { buyTexts } from './texts.ts'

/** Loaded when somebody first starts a group buy: most members never do. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).GroupBuyForm }))
function Compose(props: ComposeProps<typeof groupBuy>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [defineCardUI(groupBuy, { Card: GroupBuyCard, Compose, icon: <TeamIcon />, label: buyTexts.kind })]
