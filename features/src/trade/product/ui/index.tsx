/** The faces of products: the card, its form, the shelf on the group page, the offer for a pasted link. */
import { defineCardUI, defineGroupSection, type Catalogue } from '@qun/ui'
import { product } from '../contract.ts'
import { ProductCard } from './card.tsx'
import { ProductForm } from './compose.tsx'
import { BagIcon } from './icon.tsx'
import { OfferPicker } from './offer-picker.tsx'
import { PasteBanner } from './paste-banner.tsx'
import './product.css'
import { ShelfSection } from './shelf-section.tsx'
import { productTexts } from './texts.ts'

export { ProductBuying, type Purchase } from './buying.ts'

export default [
  defineCardUI(product, {
    Card: ProductCard,
    Compose: ProductForm,
    icon: <BagIcon size={28} />,
    label: productTexts.kind,
  }),
]
export const sections = [
  defineGroupSection({ name: 'product', title: productTexts.shelf, order: 220, Section: ShelfSection }),
]
export const banners = [defineGroupSection({ name: 'product-paste', order: 500, Section: PasteBanner })]
/** What forms of other plays choose from. */
export const catalogue: Catalogue = { Picker: OfferPicker }
