/** The front page's few pictograms; decorative, their buttons carry the names. */
import type { ReactNode } from 'react'

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}
export const SunIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="4.2" />
    <path d="M12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M18.5 5.5l-1.4 1.4M6.9 17.1l-1.4 1.4" />
  </Icon>
)
export const MoonIcon = () => (
  <Icon>
    <path d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2z" />
  </Icon>
)
export const LanguageIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.7" />
    <path d="M3.5 12h17M12 3.3c2.6 2.5 3.8 5.4 3.8 8.7s-1.2 6.2-3.8 8.7c-2.6-2.5-3.8-5.4-3.8-8.7s1.2-6.2 3.8-8.7z" />
  </Icon>
)
export const ChevronIcon = () => (
  <Icon>
    <path d="M6.5 9.5l5.5 5.5 5.5-5.5" />
  </Icon>
)
