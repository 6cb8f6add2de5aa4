/** The faces of merchants: whose group this is, on its page. */
import { defineGroupSection } from '@qun/ui'
import { MerchantSection } from './section.tsx'

export const sections = [defineGroupSection({ name: 'merchant', order: 190, Section: MerchantSection })]
