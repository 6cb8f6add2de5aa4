/** The sign of a relay list: numbered lines, drawn for the product. */
import { icon } from '@qun/ui'

export const ListIcon = icon(
  'List',
  <>
    <path d="M9 6.5h11M9 12h11M9 17.5h11" />
    <path d="M4.8 6.5v.01M4.8 12v.01M4.8 17.5v.01" strokeWidth="2.8" />
  </>,
)
