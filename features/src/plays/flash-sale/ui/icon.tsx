/** The sign of a flash sale: a lightning bolt, drawn for the product. */
import { icon } from '@qun/ui'

export const SaleIcon = icon('Sale', <path d="M13 3 5 13.5h5.5L10 21l9-11h-6z" />)
