/** The sign of products: a shopping bag, drawn for the product. */
import { icon } from '@qun/ui'

export const BagIcon = icon(
  'Bag',
  <>
    <path d="M5.2 8.5h13.6l1 11.5H4.2z" />
    <path d="M8.6 11V7.4a3.4 3.4 0 0 1 6.8 0V11" />
  </>,
)
