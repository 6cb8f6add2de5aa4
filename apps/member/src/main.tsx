/** Starts the member app. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { MemberApp } from './member-app.tsx'
import './member.css'

const root = document.querySelector('#root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MemberApp />
    </StrictMode>,
  )
}
