/** The sign of a group buy: two people who share a bag, drawn for the product. */
import { icon } from '@qun/ui'

export const TeamIcon = icon(
  'Team',
  <>
    <circle cx="7" cy="6.6" r="2.6" />
    <circle cx="17" cy="6.6" r="2.6" />
    <path d="M2.8 15.5c0-2.6 1.8-4.4 4.2-4.4 1 0 1.9.3 2.6.8M21.2 15.5c0-2.6-1.8-4.4-4.2-4.4-1 0-1.9.3-2.6.8" />
    <path d="M7.6 15h8.8l.9 6H6.7z" />
    <path d="M10 15v-.8a2 2 0 0 1 4 0v.8" />
  </>,
)
