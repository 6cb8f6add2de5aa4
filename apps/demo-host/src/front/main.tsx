/** Starts the front page of the demo. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { lookOf } from '../look.ts'
import { FrontPage } from './front-page.tsx'
import './front.css'

/** What an address of the checkout asks for: a hold or a place, in which group, on which card. */
function keptIn(query: URLSearchParams): string | undefined {
  const [hold, place] = [query.get('hold'), query.get('place')]
  const id = hold ?? place
  const parts = [hold === null ? 'group-buy' : 'flash-sale', query.get('group'), query.get('seq'), id]
  return id === null ? undefined : `#/pay/${parts.map((part) => encodeURIComponent(part ?? '')).join('/')}`
}

const root = document.querySelector('#root')
const asked = new URLSearchParams(location.search)
if (root) {
  createRoot(root).render(
    <StrictMode>
      <FrontPage
        start={lookOf(location.search)}
        inviteCode={asked.get('invite') ?? undefined}
        productId={asked.get('product') ?? undefined}
        kept={keptIn(asked)}
      />
    </StrictMode>,
  )
}
