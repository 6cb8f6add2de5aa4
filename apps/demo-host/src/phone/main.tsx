/** Starts the shop's app inside one phone. */
import '@qun/ui/styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { lookOf } from '../look.ts'
import { personOf } from '../story.ts'
import { PhoneApp } from './phone-app.tsx'
import './shop.css'
import './buying.css'

const root = document.querySelector('#root')
const userId = new URLSearchParams(location.search).get('persona') ?? 'li'
if (root) {
  createRoot(root).render(
    <StrictMode>
      <PhoneApp userId={userId} lang={personOf(userId)?.lang ?? 'zh'} startTheme={lookOf(location.search).theme} />
    </StrictMode>,
  )
}
