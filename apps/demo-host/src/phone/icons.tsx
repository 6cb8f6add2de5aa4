/** The shop app's own pictograms; decorative. */
import type { ReactNode } from 'react'

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      width="24"
      height="24"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}
export const ShopIcon = () => (
  <Icon>
    <path d="M5 8.5h11.5v6.2a4.8 4.8 0 0 1-4.8 4.8H9.8A4.8 4.8 0 0 1 5 14.7V8.5zM16.5 9.8h1.2a2.7 2.7 0 0 1 0 5.4h-1.3M8 5.8c-.8-.9.8-1.6 0-2.5M12 5.8c-.8-.9.8-1.6 0-2.5" />
  </Icon>
)
export const BubbleIcon = () => (
  <Icon>
    <path d="M4 6.8A2.8 2.8 0 0 1 6.8 4h10.4A2.8 2.8 0 0 1 20 6.8v7.4a2.8 2.8 0 0 1-2.8 2.8H11l-4.4 3.4V17A2.8 2.8 0 0 1 4 14.2V6.8z" />
  </Icon>
)
export const BagIcon = () => (
  <Icon>
    <path d="M5.5 8.5h13l.9 10a2 2 0 0 1-2 2.1H6.6a2 2 0 0 1-2-2.1l.9-10zM8.7 11V7.2a3.3 3.3 0 0 1 6.6 0V11" />
  </Icon>
)
export const PersonIcon = () => (
  <Icon>
    <circle cx="12" cy="8.2" r="3.9" />
    <path d="M4.6 20a7.5 7.5 0 0 1 14.8 0" />
  </Icon>
)
export const BackIcon = () => (
  <Icon>
    <path d="M15 5l-7 7 7 7" />
  </Icon>
)
export const PinIcon = () => (
  <Icon>
    <path d="M12 21s6.5-5.6 6.5-11a6.5 6.5 0 0 0-13 0c0 5.4 6.5 11 6.5 11z" />
    <circle cx="12" cy="10" r="2.3" />
  </Icon>
)
export const TicketIcon = () => (
  <Icon>
    <path d="M3.5 8.2A1.7 1.7 0 0 1 5.2 6.5h13.6a1.7 1.7 0 0 1 1.7 1.7v2.1a1.9 1.9 0 0 0 0 3.6v2a1.7 1.7 0 0 1-1.7 1.7H5.2a1.7 1.7 0 0 1-1.7-1.7v-2a1.9 1.9 0 0 0 0-3.6V8.2zM14.5 9.5v1.4M14.5 13.2v1.4" />
  </Icon>
)
