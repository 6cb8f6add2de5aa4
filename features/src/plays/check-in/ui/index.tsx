/** The faces of a check-in: the card in the conversation and the form in the plus menu. */
import { defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { checkIn } from '../contract.ts'
import { CheckInCard } from './card.tsx'
import './check-in.css'
import { CalendarIcon } from './icons.tsx'
import { checkInTexts } from './texts.ts'

/** Loaded when somebody first starts a programme: most members never do. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).CheckInForm }))
function Compose(props: ComposeProps<typeof checkIn>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [defineCardUI(checkIn, { Card: CheckInCard, Compose, icon: <CalendarIcon />, label: checkInTexts.kind })]
