/** The faces of a poll: the card in the conversation and the form in the plus menu. */
import { defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { poll } from '../contract.ts'
import { PollCard } from './card.tsx'
import { PollIcon } from './icon.tsx'
import './poll.css'
import { pollTexts } from './texts.ts'

/** Loaded when somebody first asks. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).PollForm }))
function Compose(props: ComposeProps<typeof poll>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [defineCardUI(poll, { Card: PollCard, Compose, icon: <PollIcon />, label: pollTexts.kind })]
