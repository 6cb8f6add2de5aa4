/** The signs of a check-in, drawn for the product: a calendar with a tick, a flame. */
import { icon } from '@qun/ui'

export const CalendarIcon = icon(
  'Calendar',
  <>
    <rect x="4" y="5.5" width="16" height="14" rx="2.5" />
    <path d="M8 3.5v4M16 3.5v4M8.5 13l2.5 2.5 4.5-4.5" />
  </>,
)
export const FlameIcon = icon(
  'Flame',
  <path
    d="M12.6 2.5c.7 3.3-.6 5-2.2 6.9C8.7 11.3 6.5 13 6.5 16a5.5 5.5 0 0 0 11 0c0-2.3-1-3.7-2-5-.2 1.4-.8 2.2-1.7 2.7.5-3.9.2-8.2-1.2-11.2z"
    fill="currentColor"
    stroke="none"
  />,
)
