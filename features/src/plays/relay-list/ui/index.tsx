/** The faces of a relay list: the card in the conversation and the form in the plus menu. */
import { defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { relayList } from '../contract.ts'
import { RelayListCard } from './card.tsx'
import { ListIcon } from './icon.tsx'
import './relay-list.css'
import { relayTexts } from './texts.ts'

/** Loaded when somebody first starts a list. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).RelayListForm }))
function Compose(props: ComposeProps<typeof relayList>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [defineCardUI(relayList, { Card: RelayListCard, Compose, icon: <ListIcon />, label: relayTexts.kind })]
