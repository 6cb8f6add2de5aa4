/** The faces of a flash sale: the card in the conversation and the form in the plus menu. */
import { defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { flashSale } from '../contract.ts'
import { FlashSaleCard } from './card.tsx'
import './flash-sale.css'
import { SaleIcon } from './icon.tsx'
import { saleTexts } from './texts.ts'

/** Loaded when somebody first starts a sale: most members never do. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).FlashSaleForm }))
function Compose(props: ComposeProps<typeof flashSale>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [defineCardUI(flashSale, { Card: FlashSaleCard, Compose, icon: <SaleIcon />, label: saleTexts.kind })]
