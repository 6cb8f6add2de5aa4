/** What a sale is among the cards that offer products of the catalogue. Knows no hold. */
import type { BodyOf } from '@qun/contract'
import type { OfferKind } from '../../shared/offer/server.ts'
import { flashRefusals, flashSale } from './contract.ts'

export const offerKind: OfferKind<BodyOf<typeof flashSale>> = {
  kind: flashSale.kind,
  refusals: flashRefusals,
  undisclosed: 'flash_sale.undisclosed',
  table: 'flash_sale_offers',
  listField: 'originalPriceFen',
  lowestFen: ({ priceFen }) => priceFen,
}
