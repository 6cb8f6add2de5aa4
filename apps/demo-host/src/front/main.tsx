/** Starts the front page of the demo. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { lookOf } from '../look.ts'
import { FrontPage } from './front-page.tsx'
import './front.css'

const root = document.querySelector('#root')
const asked = new URLSearchParams(location.search)
if (root) {
  createRoot(root).render(
    <StrictMode>
      <FrontPage
        start={lookOf(location.search)}
        inviteCode={asked.get('invite') ?? undefined}
        productId={asked.get('product') ?? undefined}
      />
    </StrictMode>,
  )
}
